"""Open items out of PostgreSQL: a column of some thousand rows as one value.

To fetch a row and to make a value of each of its fields costs more than all the rest.
So the server joins the texts of a block, and packs its numbers as numpy reads them.
"""

# ruff: noqa: S608 - the statement is made of names that stand in this module

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from sqlalchemy import Connection

_ROWS = 2_000
_SEPARATOR, _NONE = "\x1f", "\x1e"
_LEAST = np.iinfo(np.int64).min  # stands for a number that is not there
_TEXTS = (
    *("id", "currency", "number", "creditor_reference", "reference_fields"),
    *("customer", "metadata"),
)
_NUMBERS = {
    "outstanding": "outstanding - allocated",
    "total": "total",
    "issue_date": "issue_date - DATE '1970-01-01'",
    "due_date": "due_date - DATE '1970-01-01'",
}
Column = list[str | None]
Numbers = NDArray[np.int64]


@frozen(eq=False)
class Blocks:
    """Open items in columns, in the order of their ids.

    Attributes:
        texts: By the column's name.
        numbers: By the column's name; days are counted from 1970.
    """

    texts: dict[str, Column]
    numbers: dict[str, Numbers]

    def days(self, name: str) -> NDArray[np.datetime64]:
        """A column of days; not-a-time is the least of all numbers to numpy as well."""
        return self.numbers[name].view("datetime64[D]")

    def optional(self, name: str) -> Sequence[int | None]:
        """A column of numbers that may be missing."""
        numbers = self.numbers[name]
        values: list[int | None] = numbers.tolist()
        for place in np.flatnonzero(numbers == _LEAST).tolist():
            values[place] = None
        return values


def in_blocks(connection: Connection, tenant: str) -> Blocks | None:
    """Read a tenant's open items.

    Returns:
        None where a text holds what tells the texts apart.
    """
    texts: dict[str, Column] = {name: [] for name in _TEXTS}
    packed: dict[str, list[bytes]] = {name: [] for name in _NUMBERS}
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        # Block by block: the next is made while this one is taken apart.
        for count, *block in cursor.stream(statement(_ROWS), {"tenant": tenant}):
            values = iter(block)
            for name in _TEXTS:
                parts = _parts(next(values), count, next(values))
                if parts is None:
                    return None
                texts[name] += parts
            for name in _NUMBERS:
                packed[name].append(next(values))
    numbers = {
        name: np.frombuffer(b"".join(parts), ">i8").astype(np.int64)
        for name, parts in packed.items()
    }
    return Blocks(texts, numbers)


def _parts(joined: str, count: int, known: int) -> Column | None:
    """The texts of a block; None where they cannot be told apart."""
    parts = joined.split(_SEPARATOR)
    if len(parts) != count or parts.count(_NONE) != count - known:
        return None
    if known == count:
        return parts  # type: ignore[return-value]
    return [None if part == _NONE else part for part in parts]


def statement(rows: int) -> str:
    """Open items in blocks of so many rows, in the order of their ids."""
    columns = [
        *(
            f"string_agg(coalesce({name}, E'\\x1e'), E'\\x1f'), count({name})"
            for name in _TEXTS
        ),
        *(
            f"string_agg(int8send(coalesce({number}, {_LEAST})), '')"
            for number in _NUMBERS.values()
        ),
    ]
    mine = "tenant = %(tenant)s AND status = 'open'"
    return (
        "SELECT block.* FROM (SELECT id, row_number() OVER (ORDER BY id) AS place "
        f"FROM invoices WHERE {mine}) AS first CROSS JOIN LATERAL ("
        f"SELECT count(*), {', '.join(columns)} FROM (SELECT * FROM invoices "
        f"WHERE {mine} AND id >= first.id ORDER BY id LIMIT {rows}) AS item) AS block "
        f"WHERE first.place %% {rows} = 1 ORDER BY first.id"
    )
