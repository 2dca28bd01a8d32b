"""Many rows at once: COPY to a temporary table, then one statement for all of them.

On SQLite the temporary table is filled by prepared inserts; the statements are the
same. Rows that are as they were are found first, by their digests alone.
"""

# ruff: noqa: S608 - statements are made of names that stand in this package

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.engine import Row as Found

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.rows import Row, Value
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


def differing(
    books: Books, target: Target, keys: Iterable[tuple[str, str]], more: str
) -> Sequence[Found[Any]]:
    """The rows whose digest is another than the one given, or that are not there.

    Args:
        books: The tenant's.
        target: The table.
        keys: Ids and digests.
        more: Further columns of the table, which is ``t``.

    Returns:
        The id, the version (None where it is new), and the further columns.
    """
    with _temporary(books.connection, _KEYS, "id TEXT, digest TEXT"):
        _fill(books.connection, _KEYS, ("id", "digest"), keys)
        return books.connection.execute(
            text(
                f"SELECT i.id AS id, t.version AS version, {more} FROM {_KEYS} i "
                f"LEFT JOIN {target.table} t ON t.tenant = :tenant AND t.id = i.id "
                "WHERE t.digest IS NULL OR t.digest <> i.digest"
            ),
            {"tenant": books.tenant},
        ).all()


def upsert(
    books: Books,
    target: Target,
    rows: Sequence[tuple[Row, int]],
    before: Sequence[Value],
    at: datetime,
) -> None:
    """Write rows that are new or differ, and their payloads.

    Args:
        books: The tenant's.
        target: Where to.
        rows: Each with its new version.
        before: Values that stand before those of each row.
        at: What the instants are set to.
    """
    if not rows:
        return
    before = tuple(before)
    columns = ("id", *target.columns, "digest", "version", "payload")
    types = ", ".join(f"{name} {_TYPES.get(name, 'TEXT')}" for name in columns)
    with _temporary(books.connection, _ROWS, types):
        _fill(
            books.connection,
            _ROWS,
            columns,
            (
                (row.id, *before, *row.values, row.digest, version, row.payload)
                for row, version in rows
            ),
        )
        mine = {"tenant": books.tenant}
        if any(version > 1 for _, version in rows):
            books.connection.execute(text(_keep(target)), mine)
        books.connection.execute(
            text(_upsert(target)).bindparams(bindparam("now", type_=Utc)),
            {**mine, "now": at},
        )


_TYPES = {
    **dict.fromkeys(("amount", "fee", "gross", "outstanding", "total"), "BIGINT"),
    **dict.fromkeys(("booking_date", "value_date", "issue_date", "due_date"), "DATE"),
    "version": "INTEGER",
}


def _upsert(target: Target) -> str:
    columns = (*target.columns, "digest", "version", "payload")
    changed = [f"{name} = excluded.{name}" for name in (*columns, *target.restamps)]
    changed += [f"{name} = NULL" for name in target.cleared]
    stamps = ", ".join([":now"] * len(target.stamps))
    return (
        f"INSERT INTO {target.table} "
        f"(tenant, id, {', '.join((*columns, *target.stamps))}) "
        f"SELECT :tenant, id, {', '.join(columns)}, {stamps} FROM {_ROWS} WHERE 1 = 1 "
        f"ON CONFLICT (tenant, id) DO UPDATE SET {', '.join(changed)}"
    )


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


def _fill(
    connection: Connection,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Value]],
) -> None:
    listed = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        values = [tuple(row) for row in rows]
        if values:
            insert = f"INSERT INTO {name} ({listed}) VALUES ({marks})"
            connection.exec_driver_sql(insert, values)
        return
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {name} ({listed}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
