"""How far each account was read, as ``payymo status`` says it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from payymo_adapters.bank_sync import KNOWN
from payymo_adapters.bank_turns import asked
from payymo_adapters.budget import next_day
from payymo_adapters.feeds import STRIPE, BankFeed, StripeFeed
from payymo_adapters.http_rules import utc_now
from payymo_adapters.run_settings import RunSettings
from payymo_adapters.store.connecting import is_used_up
from payymo_adapters.store.overview import read_at, sources


def source_lines(connection: Connection, settings: RunSettings) -> Iterator[str]:
    """A line for each account, and one for the invoices."""
    fed = {
        each.connection: each
        for each in settings.accounts
        if isinstance(each, BankFeed | StripeFeed)
    }
    for row in sources(connection, settings.tenant):
        feed = fed.get(row.id)
        parts = (
            _of_file(row)
            if feed is None
            else _of_feed(connection, settings.tenant, row, feed)
        )
        yield f"{source_name(row.id)}: {'; '.join(parts)}"


def unread_lines(connection: Connection, tenant: str) -> Iterator[str]:
    """A line for each of them that could not be read."""
    for row in sources(connection, tenant):
        if row.fault:
            yield f"{source_name(row.id)}: {_unread(row)}"


def source_name(connection: str) -> str:
    """What a person calls a connection: an account by its id, or the invoices."""
    return connection.removeprefix("accounts/")


def _unread(row: Any) -> str:
    return f"not read: {row.fault}"


def _of_file(row: Any) -> Iterator[str]:
    yield _unread(row) if row.fault else f"read {_time(row.changed_at)}"


def _of_feed(
    connection: Connection, tenant: str, row: Any, feed: BankFeed | StripeFeed
) -> Iterator[str]:
    if row.fault:
        yield _unread(row)
    stream = KNOWN if isinstance(feed, BankFeed) else STRIPE
    last = read_at(connection, tenant, feed.id, stream)
    if last is not None:
        yield f"last read {_time(last)}" if row.fault else f"read {_time(last)}"
    elif not row.fault:
        yield "not read yet"
    if isinstance(feed, BankFeed):
        yield f"next {_next(connection, tenant, feed, utc_now())}"
    if row.expires_at:
        over = "ended" if row.expires_at <= utc_now() else "until"
        yield f"consent {over} {row.expires_at:%Y-%m-%d}"


def _next(connection: Connection, tenant: str, feed: BankFeed, now: datetime) -> str:
    """When an account can be read again: its turn, and what the bank allows a day."""
    last = asked(connection, tenant, feed)
    if last is None:
        return "at the next run"
    at = max(now, last.at + feed.every)
    budgets = [f"{name}/transactions" for name in last.of]
    if any(is_used_up(connection, tenant, each, at.date()) for each in budgets):
        at = next_day(at)
    return "at the next run" if at <= now else f"at {_time(at)}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
