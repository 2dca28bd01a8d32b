"""Connections to providers: how far each was read, and how often it may be asked."""

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.store import Books, inserted


def add_connection(books: Books, connection: str, provider: str, name: str) -> None:
    """Begin a connection.

    Args:
        books: The tenant's.
        connection: Its id.
        provider: As ``bank``, ``stripe``, ``whmcs``.
        name: As a person knows it.
    """
    values = {
        "tenant": books.tenant,
        "id": connection,
        "provider": provider,
        "name": name,
        "changed_at": books.now,
    }
    books.connection.execute(insert(schema.connections), values)


def hold_connection(books: Books, connection: str, provider: str, name: str) -> None:
    """Begin a connection, unless it is there.

    Raises:
        ConflictError: It is there, and another provider's: ids of the one mean nothing
            at the other.
    """
    row = schema.connections.c
    mine = (row.tenant == books.tenant) & (row.id == connection)
    known = books.connection.scalar(select(row.provider).where(mine))
    if known is None:
        add_connection(books, connection, provider, name)
    elif known != provider:
        fault = (
            f"the source of {connection.removeprefix('accounts/')} is {known} in these "
            f"books, and cannot become {provider}: ids there mean other records"
        )
        advice = f"Name {known} again, or give what comes from there another tenant"
        raise ConflictError(fault, advice=advice)


def note_sync(books: Books, connection: str, fault: str = "") -> None:
    """Note that a connection was read now; or, with a fault, that it was not."""
    row = schema.connections
    mine = (row.c.tenant == books.tenant) & (row.c.id == connection)
    values = {"fault": fault} if fault else {"fault": None, "changed_at": books.now}
    books.connection.execute(update(row).where(mine).values(values))


def note_consent(books: Books, connection: str, expires_at: datetime | None) -> None:
    """Note when the consent that a connection stands on ends; None: not said."""
    row = schema.connections
    mine = (row.c.tenant == books.tenant) & (row.c.id == connection)
    values = {"expires_at": expires_at}
    books.connection.execute(update(row).where(mine).values(values))


def spend(books: Books, connection: str, budget: str, allowed: int) -> bool:
    """Count a call against a day's budget.

    Args:
        books: The tenant's; the day is that of their instant, in UTC.
        connection: Whose.
        budget: What the provider counts, as ``transactions``.
        allowed: How many a day.

    Returns:
        Whether the call may be made.
    """
    dialect = sqlite if books.is_sqlite else postgresql
    row = schema.call_budgets
    counted = dialect.insert(row).values(
        tenant=books.tenant,
        connection_id=connection,
        budget=budget,
        day=books.now.date(),
        used=1,
        allowed=allowed,
    )
    counted = counted.on_conflict_do_update(
        index_elements=["tenant", "connection_id", "budget", "day"],
        set_={"used": row.c.used + 1, "allowed": allowed},
        where=row.c.used < allowed,
    )
    return inserted(books, counted)


def give_back(books: Books, connection: str, budget: str) -> None:
    """Take back a call of today: it was not made, or does not count."""
    row = schema.call_budgets
    mine = _todays(books, connection, budget) & (row.c.used > 0)
    values = {"used": row.c.used - 1}
    books.connection.execute(update(row).where(mine).values(values))


def use_up(books: Books, connection: str, budget: str) -> None:
    """Allow no further call today: the provider says so."""
    row = schema.call_budgets
    mine = _todays(books, connection, budget)
    values = {"used": row.c.allowed}
    books.connection.execute(update(row).where(mine).values(values))


def is_used_up(connection: Connection, tenant: str, budget: str, day: date) -> bool:
    """Whether a budget allows no further call on a day."""
    row = schema.call_budgets.c
    mine = (row.tenant == tenant) & (row.budget == budget) & (row.day == day)
    found = select(row.budget).where(mine, row.used >= row.allowed).limit(1)
    return connection.scalar(found) is not None


def _todays(books: Books, connection: str, budget: str) -> ColumnElement[bool]:
    row = schema.call_budgets.c
    mine = (row.tenant == books.tenant) & (row.connection_id == connection)
    return mine & (row.budget == budget) & (row.day == books.now.date())


def move_cursor(books: Books, account: str, stream: str, position: str) -> None:
    """Note how far an account was read, in the transaction of what was read."""
    dialect = sqlite if books.is_sqlite else postgresql
    moved = {"position": position, "moved_at": books.now}
    row = dialect.insert(schema.sync_cursors).values(
        tenant=books.tenant, account_id=account, stream=stream, **moved
    )
    keys = ["tenant", "account_id", "stream"]
    books.connection.execute(row.on_conflict_do_update(index_elements=keys, set_=moved))


def cursor(books: Books, account: str, stream: str) -> str | None:
    """How far an account was read; None where it never was."""
    row = schema.sync_cursors.c
    mine = (row.tenant == books.tenant) & (row.account_id == account)
    found: str | None = books.connection.scalar(
        select(row.position).where(mine, row.stream == stream)
    )
    return found


def is_new_way(books: Books, account: str, way: Iterable[str]) -> bool:
    """Whether no file of an account was read in a way before; from now on, one was.

    Args:
        books: The tenant's.
        account: Which.
        way: How a file was read, as a person is told it.
    """
    told = "\n".join(way).encode(errors="backslashreplace")
    stream = f"way:{sha256(told).hexdigest()}"
    is_new = cursor(books, account, stream) is None
    if is_new:
        move_cursor(books, account, stream, "told")
    return is_new
