"""What moved the balance at Stripe, recorded with how far it was read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from attrs import frozen
from sqlalchemy import select

from payymo_adapters.errors import StoreError
from payymo_adapters.feeds import STRIPE, StripeFeed
from payymo_adapters.one_name import stripe_read_as
from payymo_adapters.store import schema
from payymo_adapters.store.connecting import cursor, move_cursor
from payymo_adapters.store.doubts import put_known_aside
from payymo_adapters.store.kinds import MOST_AHEAD
from payymo_adapters.store.recording import add_account, record_transactions
from payymo_adapters.store.store import Books
from payymo_adapters.stripe.flows import Window
from payymo_adapters.sync import Synced
from payymo_core.errors import Rejected
from payymo_core.records import Transaction

OVERLAP = timedelta(days=3)
"""How far before the last reading the next one begins."""
AT_ONCE = timedelta(days=31)
"""What is read and recorded in one piece: a long history is taken up where it broke."""


@frozen(kw_only=True)
class Position:
    """How far an account was read.

    Attributes:
        until: The first moment that was not; None: nothing was.
        waiting: Ids of charges that were no money yet.
    """

    until: datetime | None = None
    waiting: tuple[str, ...] = ()


def position(books: Books, feed: StripeFeed) -> Position:
    """How far an account was read."""
    kept = cursor(books, feed.id, STRIPE)
    if kept is None:
        return Position()
    until, *waiting = json.loads(kept)
    return Position(until=datetime.fromisoformat(until), waiting=tuple(waiting))


def windows(feed: StripeFeed, read: Position, now: datetime) -> Iterator[Window]:
    """What is to be read, in pieces that follow one another without a gap."""
    since = datetime.combine(feed.since, time(), UTC)
    # Read until a time to come, by a clock that was wrong: nobody knows how far.
    if read.until is not None and read.until <= now + MOST_AHEAD:
        since = max(since, read.until - OVERLAP)
    while since < now:
        until = min(since + AT_ONCE, now)
        yield Window(since=since, until=until)
        since = until


def record_balance(
    books: Books,
    feed: StripeFeed,
    given: Sequence[Transaction | Rejected],
    payloads: Mapping[str, str],
    read: Position,
) -> Synced:
    """Record what moved the balance, and how far it was read.

    Args:
        books: The tenant's; all of it is in their transaction.
        feed: The account.
        given: As the provider made them.
        payloads: What each was made of, by id.
        read: How far it is read now.

    Raises:
        StoreError: It is read under another name already.
    """
    ids = (e.id for e in given if isinstance(e, Transaction))
    other = stripe_read_as(books, feed.id, STRIPE, ids)
    if other:
        fault = f"Stripe is read as {other!r} already: it would be there twice"
        raise StoreError(fault, advice=f"Name it {other} again in the settings file")
    add_account(books, feed.id, feed.name)
    recorded = record_transactions(books, feed.id, given, payloads)
    assert read.until is not None
    kept = json.dumps([read.until.isoformat(), *read.waiting])
    move_cursor(books, feed.id, STRIPE, kept)
    return Synced(
        recorded=recorded,
        doubts=tuple(_put_aside(books, feed, given)),
        waits=len(read.waiting),
    )


def not_in_books(
    books: Books, feed: StripeFeed, rejected: Sequence[Rejected]
) -> list[Rejected]:
    """What is missing of what was rejected; what was recorded before is put aside."""
    row = schema.transactions.c
    names = [f"{feed.id}/{each.record_id}" for each in rejected]
    known = select(row.external_id).where(row.tenant == books.tenant, row.id.in_(names))
    held = set(books.connection.scalars(known))
    return [each for each in rejected if each.record_id not in held]


def _put_aside(
    books: Books, feed: StripeFeed, given: Sequence[Transaction | Rejected]
) -> Iterator[tuple[str, str]]:
    """Put aside what was recorded once and is refused now: disputed, or paid back."""
    for each in given:
        if isinstance(each, Rejected):
            name = f"{feed.id}/{each.record_id}"
            reason = f"is not as it was: {each.fault}"
            if put_known_aside(books, name, reason):
                yield name, reason
