"""When a bank is asked about an account, and that a consent is about to end."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from attrs import frozen
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import select

from payymo_adapters.banking import Connection
from payymo_adapters.feeds import BankFeed
from payymo_adapters.store import schema
from payymo_adapters.store.connecting import cursor, move_cursor
from payymo_adapters.store.kinds import MOST_AHEAD
from payymo_adapters.store.outbox import emit
from payymo_adapters.store.recording import add_account
from payymo_adapters.store.store import Books

ASKED, WARNED = "asked", "warned"
"""Streams: when the bank was asked last, and of which consent's end others know."""


@frozen(kw_only=True)
class Asked:
    """When a bank was asked about an account last.

    Attributes:
        at: In UTC.
        of: The ids that a consent opens it under: another consent is asked at once.
    """

    at: datetime
    of: tuple[str, ...]


def asked(connection: SqlConnection, tenant: str, feed: BankFeed) -> Asked | None:
    """When a bank was asked about an account last; None: never."""
    row = schema.sync_cursors.c
    mine = (row.tenant == tenant) & (row.account_id == feed.id) & (row.stream == ASKED)
    position = connection.scalar(select(row.position).where(mine))
    if position is None:
        return None
    at, *names = json.loads(position)
    return Asked(at=datetime.fromisoformat(at), of=tuple(names))


def note_asked(books: Books, feed: BankFeed, names: Iterable[str]) -> None:
    """Note that a bank is asked now, whatever it answers: failures count, too."""
    add_account(books, feed.id, feed.name)
    move_cursor(books, feed.id, ASKED, json.dumps([books.now.isoformat(), *names]))


def is_due(
    last: Asked | None, feed: BankFeed, names: Sequence[str], now: datetime
) -> bool:
    """Whether an account is to be asked about."""
    if last is None or last.of != tuple(names):
        return True
    # Asked at a time to come, by a clock that was wrong: not put off until then.
    return now >= last.at + feed.every or last.at > now + MOST_AHEAD


def warn_of_end(
    books: Books, consent: Connection, feeds: Sequence[BankFeed], ahead: timedelta
) -> bool:
    """Tell others, once a consent, that it ends soon.

    Args:
        books: The tenant's.
        consent: What the bank let us in by.
        feeds: The accounts that are read by it.
        ahead: How long before its end.

    Returns:
        Whether it was told now.
    """
    end = consent.expires_at
    if end is None or end - books.now > ahead:
        return False
    mark = f"{consent.provider} {consent.id} {end.isoformat()}"
    if any(cursor(books, feed.id, WARNED) == mark for feed in feeds):
        return False
    said = {
        "provider": consent.provider,
        "bank": consent.bank,
        "expires_at": end.isoformat(),
        "accounts": [feed.id for feed in feeds],
    }
    for feed in feeds:
        add_account(books, feed.id, feed.name)
        move_cursor(books, feed.id, WARNED, mark)
    emit(books, "connection.expiring", feeds[0].connection, said)
    return True
