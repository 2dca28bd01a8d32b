"""Many rows at once: COPY to a temporary table, then one statement for all of them.

On SQLite the temporary table is filled by prepared inserts; the statements are the
same. Rows that are as they were are found first, by their digests alone. Those that are
new are inserted as such, since to look for a conflict first takes half as long again:
whoever writes holds the tenant, so that nobody else can have brought them meanwhile.
"""

# ruff: noqa: S608 - statements are made of names that stand in this package

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.engine import Row as Found

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.lines import (
    COPY_OPTIONS,
    Rows,
    Value,
    copied,
    copied_keys,
)
from payymo_adapters.store.store import Books

_KEYS = "incoming_keys"
_ROWS = "incoming_rows"


@frozen(kw_only=True)
class Target:
    """Where rows of a kind go.

    Attributes:
        table: Holds each record as it is now, and what was sent last.
        columns: Of the values before those of a row, and of the row's, in order.
        history: Holds every version of the payload before that.
        record: The history's column for the record's id.
        taken: The history's column for the instant.
        since: The table's column that it is taken from.
        stamps: The table's columns for the instant, when a row is new.
        restamps: Those that a changed row gets anew.
        cleared: Columns that a changed row loses.
    """

    table: str
    columns: tuple[str, ...]
    history: str
    record: str
    taken: str
    since: str
    stamps: tuple[str, ...]
    restamps: tuple[str, ...]
    cleared: tuple[str, ...] = ()


@frozen(kw_only=True)
class Taken:
    """The rows of a part that are written.

    Attributes:
        rows: The part.
        new: Places of those that are not known.
        changed: Places of those that are known otherwise.
    """

    rows: Rows
    new: Sequence[int]
    changed: Sequence[int]


def differing(
    books: Books, target: Target, rows: Rows, more: str
) -> Sequence[Found[Any]]:
    """The rows whose digest is another than the one held, or that are not there.

    Args:
        books: The tenant's.
        target: The table.
        rows: As they came.
        more: Further columns of the table, which is ``t``.

    Returns:
        The place, the version (None where it is new), and the further columns.
    """
    if not rows:
        return []
    with _temporary(books.connection, _KEYS, "place INTEGER, id TEXT, digest TEXT"):
        keys = zip(range(len(rows)), rows.id, rows.digest, strict=True)
        if books.is_sqlite:
            _insert(books.connection, _KEYS, keys)
        else:
            _copy(books.connection, _KEYS, copied_keys(keys))
        return books.connection.execute(
            text(
                f"SELECT i.place, t.version, {more} FROM {_KEYS} i "
                f"LEFT JOIN {_one_by_one(books, target)} t "
                "ON t.tenant = :tenant AND t.id = i.id "
                "WHERE t.digest IS NULL OR t.digest <> i.digest"
            ),
            {"tenant": books.tenant},
        ).all()


def upsert(
    books: Books, target: Target, taken: Taken, before: Sequence[str], at: datetime
) -> None:
    """Write rows that are new or differ, and their payloads.

    Args:
        books: The tenant's.
        target: Where to.
        taken: Which.
        before: Values that stand before those of each row.
        at: What the instants are set to.
    """
    fresh = _fresh(target)
    steps = (
        (taken.new, (fresh,)),
        (taken.changed, (_keep(target), f"{fresh} {_over(target)}")),
    )
    for places, statements in steps:
        if places:
            with _filled(books, target, taken.rows, before, places):
                for statement in statements:
                    _execute(books, statement, at)


def _one_by_one(books: Books, target: Target) -> str:
    """The table, looked up by its key for each row of another.

    PostgreSQL would else read all of a table for a part of the rows: it cannot know how
    many there are in a temporary table.
    """
    if books.is_sqlite:
        return target.table
    mine = "o.tenant = :tenant AND o.id = i.id"
    return f"LATERAL (SELECT * FROM {target.table} o WHERE {mine} OFFSET 0)"


_TYPES = {
    **dict.fromkeys(("amount", "fee", "gross", "outstanding", "total"), "BIGINT"),
    **dict.fromkeys(("booking_date", "value_date", "issue_date", "due_date"), "DATE"),
    "version": "INTEGER",
}


def _fresh(target: Target) -> str:
    columns = (*target.columns, "digest", "payload")
    stamps = ", ".join([":now"] * len(target.stamps))
    return (
        f"INSERT INTO {target.table} "
        f"(tenant, id, version, {', '.join((*columns, *target.stamps))}) "
        f"SELECT :tenant, id, 1, {', '.join(columns)}, {stamps} FROM {_ROWS} "
        "WHERE 1 = 1"  # without it, SQLite takes what follows for a join
    )


def _over(target: Target) -> str:
    columns = (*target.columns, "digest", "payload", *target.restamps)
    changed = [f"{name} = excluded.{name}" for name in columns]
    changed += [f"{name} = NULL" for name in target.cleared]
    version = f"version = {target.table}.version + 1"
    return f"ON CONFLICT (tenant, id) DO UPDATE SET {', '.join((version, *changed))}"


def _keep(target: Target) -> str:
    """What was sent before goes to the history."""
    return (
        f"INSERT INTO {target.history} "
        f"(tenant, {target.record}, version, payload, {target.taken}) "
        f"SELECT t.tenant, t.id, t.version, t.payload, t.{target.since} "
        f"FROM {_ROWS} i JOIN {target.table} t ON t.tenant = :tenant AND t.id = i.id"
    )


@contextmanager
def _temporary(connection: Connection, name: str, columns: str) -> Iterator[None]:
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({columns})")
    yield
    # After an error the transaction is undone, and the table with it.
    connection.exec_driver_sql(f"DROP TABLE {name}")


@contextmanager
def _filled(
    books: Books,
    target: Target,
    rows: Rows,
    before: Sequence[str],
    places: Sequence[int],
) -> Iterator[None]:
    """A temporary table of the rows at some places."""
    columns = ("id", "digest", *target.columns, "payload")
    types = ", ".join(f"{name} {_TYPES.get(name, 'TEXT')}" for name in columns)
    with _temporary(books.connection, _ROWS, types):
        if books.is_sqlite:
            held = (
                (
                    rows.id[at],
                    rows.digest[at],
                    *before,
                    *rows.values[at],
                    rows.payload[at],
                )
                for at in places
            )
            _insert(books.connection, _ROWS, held)
        else:
            _copy(books.connection, _ROWS, copied(rows, before, places))
        yield


def _execute(books: Books, statement: str, at: datetime) -> None:
    given = {"tenant": books.tenant}
    made = text(statement)
    if ":now" in statement:
        made = made.bindparams(bindparam("now", at, type_=Utc))
    books.connection.execute(made, given)


def _insert(
    connection: Connection, name: str, rows: Iterable[tuple[Value, ...]]
) -> None:
    values = list(rows)
    marks = ", ".join("?" * len(values[0]))
    connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({marks})", values)


_BLOCK = 500


def _copy(connection: Connection, name: str, lines: Iterator[bytes]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {name} FROM STDIN ({COPY_OPTIONS})"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        while block := b"".join(islice(lines, _BLOCK)):
            copy.write(block)
