"""The step of a run that tells others: events of the outbox, delivered at least once.

The outcome of each is kept right after it was sent. Of one subject the next waits for
the one before it; subjects do not wait for each other.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from payymo_adapters.errors import LimitError, ProviderError
from payymo_adapters.pipeline import Run
from payymo_adapters.store.outbox import (
    Event,
    Outbox,
    begin,
    delivered,
    due_events,
    outbox,
    postpone,
    rest,
)
from payymo_adapters.webhooks import Message, message_of

LONGEST = timedelta(minutes=2)
"""How long a run tells others; what is left waits for the next one."""


@frozen(kw_only=True)
class Told:
    """What became of events.

    Attributes:
        sent: How many arrived.
        left: What waits.
    """

    sent: int
    left: Outbox


def deliver(run: Run, send: Callable[[Message], object]) -> Told:
    """Deliver what is due, for who is the only runner already.

    Args:
        run: Whose.
        send: Sends a message; raises ``ProviderError`` where it is not taken.

    Raises:
        StoreError: The database cannot do it; the next run goes on.
    """
    run.store.write(run.act(), begin)
    sent = 0
    for event in _due(run, run.clock() + LONGEST):
        try:
            send(_message(run.tenant, event))
        except LimitError:
            break  # the receiver asked for a pause with its last answer
        except ProviderError as error:
            _write(run, postpone, event, str(error))
        else:
            _write(run, delivered, event)
            sent += 1
    run.store.write(run.act(), rest)
    with run.store.reading(run.tenant) as connection:
        left = outbox(connection, run.tenant)
    assert left
    return Told(sent=sent, left=left)


def _due(run: Run, end: datetime) -> Iterator[Event]:
    """What is due until nothing is, or the time is over."""
    while batch := run.store.write(run.act(), due_events):
        for event in batch:
            if run.clock() >= end:
                return
            yield event


def _message(tenant: str, event: Event) -> Message:
    # The number tells apart what is alike; after a backup was restored it may be given
    # again, and then the time, or what is told, is another.
    said = {"tenant": tenant, "seq": event.seq, "subject": event.subject}
    return message_of(event.kind, event.at, {**said, "data": event.data})


def _write(run: Run, work: Callable[..., None], *given: Any) -> None:
    run.store.write(run.act(), lambda books: work(books, *given))
