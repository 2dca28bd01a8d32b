"""Many rows at once, and one statement for all of them.

Rows that are as they were are found first, by their digests alone. Those that are new
are inserted as such, since to look for a conflict first takes half as long again:
whoever writes holds the tenant, so that nobody else can have brought them meanwhile.
"""

# ruff: noqa: S608 - statements are made of names that stand in this package

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from attrs import frozen
from sqlalchemy import select
from sqlalchemy.engine import Row as Found

from payymo_adapters.store import schema
from payymo_adapters.store.lines import Rows
from payymo_adapters.store.sources import Columns, Same, ask, insert, write
from payymo_adapters.store.store import Books

AT_ONCE = 16 * 2**20
"""Characters of payloads in a statement: PostgreSQL takes a column as one text."""


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
) -> tuple[Sequence[int], Sequence[Found[Any]]]:
    """The rows that are not there, and those whose digest is another than the one held.

    Args:
        books: The tenant's.
        target: The table.
        rows: As they came.
        more: Further columns of the table, which is ``t``.

    Returns:
        The places of those that are not there; the place, the version and the further
        columns of the others.
    """
    if not rows or not _any_known(books, target, rows):
        return range(len(rows)), []
    columns: Columns = {"place": range(len(rows)), "id": rows.id, "digest": rows.digest}
    statement = (
        f"SELECT i.place, t.version, {more} FROM {{source}} i "
        f"LEFT JOIN {_one_by_one(books, target)} t "
        "ON t.tenant = i.tenant AND t.id = i.id "
        "WHERE t.digest IS NULL OR t.digest <> i.digest"
    )
    found = ask(books.connection, statement, {"tenant": books.tenant}, columns)
    new = [row.place for row in found if row.version is None]
    return new, [row for row in found if row.version is not None]


def _any_known(books: Books, target: Target, rows: Rows) -> bool:
    """Whether any row is held between the first and the last of these.

    What comes for the first time, mostly of a time of its own, is not looked for one by
    one.
    """
    row = schema.metadata.tables[target.table].c
    within = (row.id >= min(rows.id)) & (row.id <= max(rows.id))
    # In the order of the key, so that no estimate makes it read all of the table.
    held = select(row.id).where(row.tenant == books.tenant, within).order_by(row.id)
    return books.connection.scalar(held.limit(1)) is not None


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
    mine: Same = {"tenant": books.tenant}
    # The columns before those of a row, which hold the same in all of them.
    given = dict(zip(target.columns, before, strict=False))
    stamps = dict.fromkeys(target.stamps, at)
    same: Same = {**mine, "version": 1, **given, **stamps}
    held = _held(taken.rows, target.columns[len(before) :])
    for places in _portions(taken.rows, taken.new):
        insert(books.connection, target.table, same, _at(held, places))
    for places in _portions(taken.rows, taken.changed):
        changed, over = _at(held, places), _over(target)
        write(books.connection, _keep(books, target), mine, {"id": changed["id"]})
        insert(books.connection, target.table, same, changed, over)


def _portions(rows: Rows, places: Sequence[int]) -> Iterator[Sequence[int]]:
    """Places of rows, of so many that a statement does not grow too large."""
    sizes = list(accumulate(len(rows.payload[place]) for place in places))
    begun = 0
    while begun < len(places):
        most = (sizes[begun - 1] if begun else 0) + AT_ONCE
        end = max(begun + 1, bisect_right(sizes, most))
        yield places[begun:end]
        begun = end


def _held(rows: Rows, names: Sequence[str]) -> Columns:
    """Columns of rows by name; the first is their id."""
    values = dict(zip(names, rows.columns, strict=False))
    return {"id": rows.id, "digest": rows.digest, **values, "payload": rows.payload}


def _at(columns: Columns, places: Sequence[int]) -> Columns:
    if len(places) == len(columns["id"]):
        return columns
    return {name: [held[at] for at in places] for name, held in columns.items()}


def _one_by_one(books: Books, target: Target) -> str:
    """The table, looked up by its key for each row of another.

    PostgreSQL would else read all of a table for a part of the rows.
    """
    if books.is_sqlite:
        return target.table
    mine = "o.tenant = i.tenant AND o.id = i.id"
    return f"LATERAL (SELECT * FROM {target.table} o WHERE {mine} OFFSET 0)"


def _over(target: Target) -> str:
    columns = (*target.columns, "digest", "payload", *target.restamps)
    changed = [f"{name} = excluded.{name}" for name in columns]
    changed += [f"{name} = NULL" for name in target.cleared]
    version = f"version = {target.table}.version + 1"
    return f"ON CONFLICT (tenant, id) DO UPDATE SET {', '.join((version, *changed))}"


def _keep(books: Books, target: Target) -> str:
    """What was sent before goes to the history."""
    return (
        f"INSERT INTO {target.history} "
        f"(tenant, {target.record}, version, payload, {target.taken}) "
        f"SELECT t.tenant, t.id, t.version, t.payload, t.{target.since} "
        f"FROM {{source}} i JOIN {_one_by_one(books, target)} t "
        "ON t.tenant = i.tenant AND t.id = i.id"
    )
