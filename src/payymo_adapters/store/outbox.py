"""Events for others, written with what they tell, and the events of others.

An event is delivered at least once and, of one subject, in order: the next waits until
the one before it was delivered. What was tried in vain for a week is set aside until a
person has it sent again. Its subject waits for it all the same: an order with gaps that
are filled later is none.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from payymo_adapters.store import schema
from payymo_adapters.store.audit import Detail, note
from payymo_adapters.store.connecting import hold_connection, note_sync
from payymo_adapters.store.store import Books, inserted

WEBHOOK = "webhook"
"""The connection that events go out by."""
MOST_ATTEMPTS = 36
"""Then an event is set aside: the waits before that are a week."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


@frozen(kw_only=True)
class Event:
    """Something that others want to know.

    Attributes:
        seq: Its place among the tenant's; the same at every delivery.
        kind: As ``match.applied``.
        subject: What it is about.
        payload: JSON.
        at: When it happened.
    """

    seq: int
    kind: str
    subject: str
    payload: str
    at: datetime

    @property
    def data(self) -> Any:
        """What is told."""
        return json.loads(self.payload)


@frozen(kw_only=True)
class Outbox:
    """How things stand with what others are told.

    Attributes:
        waiting: How many events are not delivered.
        tried: How many of them were sent, and did not arrive.
        aside: How many of these are sent no more, unless a person says so.
        fault: What went wrong last, or "" where all that was sent has arrived.
    """

    waiting: int
    tried: int
    aside: int
    fault: str


def emit(books: Books, kind: str, subject: str, payload: Detail) -> None:
    """Write an event, in the transaction of what it tells."""
    row = schema.outbox_events
    last = select(func.coalesce(func.max(row.c.seq), 0)).where(
        row.c.tenant == books.tenant
    )
    values = {
        "tenant": books.tenant,
        "seq": (books.connection.scalar(last) or 0) + 1,
        "kind": kind,
        "subject": subject,
        "payload": json.dumps(payload, sort_keys=True, ensure_ascii=False),
        "created_at": books.now,
        "next_at": books.now,
    }
    books.connection.execute(insert(row), values)


def due_events(books: Books, most: int = 100) -> Sequence[Event]:
    """The events to deliver now: of each subject the first that waits."""
    row, earlier = schema.outbox_events, schema.outbox_events.alias("earlier")
    behind = (
        select(earlier.c.seq)
        .where(
            earlier.c.tenant == books.tenant,
            earlier.c.subject == row.c.subject,
            earlier.c.seq < row.c.seq,
            earlier.c.delivered_at.is_(None),
        )
        .exists()
    )
    found = books.connection.execute(
        select(
            *(row.c.seq, row.c.kind, row.c.subject, row.c.payload),
            row.c.created_at.label("at"),
        )
        .where(
            row.c.tenant == books.tenant,
            row.c.delivered_at.is_(None),
            row.c.attempts < MOST_ATTEMPTS,
            # Later than any wait is of a clock that was wrong.
            or_(row.c.next_at <= books.now, row.c.next_at > books.now + _LONGEST_WAIT),
            ~behind,
        )
        .order_by(row.c.seq)
        .limit(most)
    )
    return [Event(**event) for event in found.mappings()]


def delivered(books: Books, event: Event) -> None:
    """Note that an event arrived."""
    _change(books, event, delivered_at=books.now)


def begin(books: Books) -> None:
    """Note that events go out by a webhook."""
    hold_connection(books, WEBHOOK, WEBHOOK, "Webhook")


def rest(books: Books) -> None:
    """Note that what was to be sent was; what went wrong is past once nothing waits."""
    found = outbox(books.connection, books.tenant)
    if found and not found.tried:
        note_sync(books, WEBHOOK)


def outbox(connection: Connection, tenant: str) -> Outbox | None:
    """How things stand; None where no webhook was ever told."""
    hook, row = schema.connections.c, schema.outbox_events.c
    mine = (hook.tenant == tenant) & (hook.id == WEBHOOK)
    told = connection.execute(select(hook.fault).where(mine)).one_or_none()
    if told is None:
        return None
    tried = func.count().filter(row.attempts > 0)
    aside = func.count().filter(row.attempts >= MOST_ATTEMPTS)
    waiting = (row.tenant == tenant) & row.delivered_at.is_(None)
    counts = select(
        func.count().label("waiting"), tried.label("tried"), aside.label("aside")
    )
    found = connection.execute(counts.where(waiting)).mappings().one()
    return Outbox(**found, fault=told.fault or "")


def postpone(books: Books, event: Event, fault: str) -> None:
    """Note that an event did not arrive: it waits, longer every time.

    Args:
        books: The tenant's.
        event: Which.
        fault: Why; never a secret.
    """
    note_sync(books, WEBHOOK, fault)
    row = schema.outbox_events.c
    mine = (row.tenant == books.tenant) & (row.seq == event.seq)
    attempts = books.connection.scalar(select(row.attempts).where(mine)) or 0
    wait = min(_FIRST_WAIT * 2 ** min(attempts, 20), _LONGEST_WAIT)
    _change(books, event, attempts=attempts + 1, next_at=books.now + wait)


def events_aside(connection: Connection, tenant: str) -> Sequence[Event]:
    """The events that are set aside, in their order."""
    row = schema.outbox_events.c
    found = connection.execute(
        select(
            *(row.seq, row.kind, row.subject, row.payload), row.created_at.label("at")
        )
        .where(_is_aside(tenant))
        .order_by(row.seq)
    )
    return [Event(**event) for event in found.mappings()]


def send_aside_again(books: Books) -> int:
    """Have what is set aside sent again, as often as at first.

    Returns:
        How many events that are.
    """
    row = schema.outbox_events
    again = update(row).where(_is_aside(books.tenant))
    done = books.connection.execute(again.values(attempts=0, next_at=books.now))
    if done.rowcount:
        note(books, "events.sent_again", WEBHOOK, {"events": done.rowcount})
    return done.rowcount


def _is_aside(tenant: str) -> ColumnElement[bool]:
    row = schema.outbox_events.c
    tried = row.attempts >= MOST_ATTEMPTS
    return and_(row.tenant == tenant, row.delivered_at.is_(None), tried)


def _change(books: Books, event: Event, **values: object) -> None:
    row = schema.outbox_events
    mine = (row.c.tenant == books.tenant) & (row.c.seq == event.seq)
    books.connection.execute(update(row).where(mine).values(values))


def take_in(books: Books, provider: str, event_id: str, payload: str) -> bool:
    """Keep a provider's event; False where it came before, which happens."""
    dialect = sqlite if books.is_sqlite else postgresql
    values = {
        "tenant": books.tenant,
        "provider": provider,
        "event_id": event_id,
        "payload": payload,
        "received_at": books.now,
    }
    row = dialect.insert(schema.webhook_inbox).values(values)
    return inserted(books, row.on_conflict_do_nothing())
