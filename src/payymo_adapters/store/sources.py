"""Columns of many rows as a statement reads them: arrays on PostgreSQL, rows on SQLite.

PostgreSQL takes a column as one parameter, and a statement with its parameters in one
call of the driver: whoever makes the next rows meanwhile is not interrupted. SQLite
takes a prepared statement once a row. The statement is the same: it reads ``{source}``.
"""

# ruff: noqa: S608 - statements are made of names that stand in this package

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count, repeat
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Row as Found

from payymo_adapters.store.database import AT_ONCE
from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.lines import Value

Same = Mapping[str, str | int | datetime]
"""What is the same in every row, by name."""
Columns = Mapping[str, Sequence[Value]]

_KINDS = {
    **dict.fromkeys(("amount", "fee", "gross", "outstanding", "total"), "BIGINT"),
    **dict.fromkeys(("booking_date", "value_date", "issue_date", "due_date"), "DATE"),
    **dict.fromkeys(("place", "version"), "INTEGER"),
    **dict.fromkeys(("recorded_at", "changed_at", "as_of"), "TIMESTAMPTZ"),
}


def insert(
    connection: Connection, table: str, same: Same, columns: Columns, over: str = ""
) -> None:
    """Put rows into a table whose columns have these names.

    Args:
        connection: Borrowed.
        table: Which.
        same: What every row has.
        columns: What a row has of its own.
        over: What becomes of a row that is there already; an error, where it is empty.
    """
    names = (*same, *columns)
    begun = f"INSERT INTO {table} ({', '.join(names)})"
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        _each(connection, f"{begun} VALUES ({marks}) {over}", same, columns)
    else:
        asked = f"{begun} SELECT {', '.join(names)} FROM {{source}} i {over}"
        write(connection, asked, same, columns)


def write(connection: Connection, statement: str, same: Same, columns: Columns) -> None:
    """Run a statement that reads rows and returns none."""
    if connection.dialect.name == "sqlite":
        names = ", ".join(f"? AS {name}" for name in (*same, *columns))
        asked = statement.format(source=f"(SELECT {names})")
        _each(connection, asked, same, columns)
    else:
        source, values = _arrays(same, columns)
        connection.exec_driver_sql(
            statement.format(source=source), values, execution_options=AT_ONCE
        )


def _each(connection: Connection, statement: str, same: Same, columns: Columns) -> None:
    given = map(repeat, _made_plain(connection, same))
    rows = list(zip(*given, *columns.values(), strict=False))
    connection.exec_driver_sql(statement, rows)


def ask(
    connection: Connection, statement: str, same: Same, columns: Columns
) -> Sequence[Found[Any]]:
    """Run a statement that reads rows and returns others."""
    if connection.dialect.name == "sqlite":
        return _asked_of_all(connection, statement, same, columns)
    source, values = _arrays(same, columns)
    return connection.exec_driver_sql(statement.format(source=source), values).all()


def _asked_of_all(
    connection: Connection, statement: str, same: Same, columns: Columns
) -> Sequence[Found[Any]]:
    """Once for all rows, for which SQLite needs a table of them."""
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE incoming ({', '.join(columns)})"
    )
    rows = list(zip(*columns.values(), strict=True))
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(f"INSERT INTO incoming VALUES ({marks})", rows)
    names = ", ".join(f"? AS {name}" for name in same)
    asked = statement.format(source=f"(SELECT {names}, * FROM incoming)")
    held = connection.exec_driver_sql(asked, tuple(_made_plain(connection, same))).all()
    # After an error the transaction is undone, and the table with it.
    connection.exec_driver_sql("DROP TABLE incoming")
    return held


def _made_plain(connection: Connection, same: Same) -> list[object]:
    """Values as the driver takes them."""
    plain = Utc().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    assert plain
    return [
        plain(value) if isinstance(value, datetime) else value
        for value in same.values()
    ]


def _arrays(same: Same, columns: Columns) -> tuple[str, tuple[str | None, ...]]:
    """A source of rows, and its parameters."""
    parts: list[str] = []
    values: list[str | None] = []
    for name, value in same.items():
        parts.append(f"%s::{_KINDS.get(name, 'TEXT')} AS {name}")
        values.append(str(value))
    for name, column in columns.items():
        kind = _KINDS.get(name, "TEXT")
        made, given = _column(column, kind)
        parts.append(f"{made} AS {name}")
        values += given
    return f"(SELECT {', '.join(parts)})", tuple(values)


def _column(column: Sequence[Value], kind: str) -> tuple[str, Sequence[str | None]]:
    first = column[0]
    if column.count(first) == len(column):
        value = None if first is None else str(first)
        return f"%s::{kind}", (value,)
    if kind != "TEXT":
        return f"unnest(%s::{kind}[])", (_literal(column),)
    split = "string_to_array(%s::text, %s::text, %s::text)"
    return f"unnest({split})", joined(column)  # type: ignore[arg-type]


def _literal(column: Sequence[Value]) -> str:
    return f"{{{','.join(['NULL' if v is None else str(v) for v in column])}}}"


def joined(column: Sequence[str | None]) -> tuple[str, str, str]:
    r"""Texts as one, what parts them, and what stands for None; no text holds either.

    >>> joined(["a", None])
    ('a\x1f0\x1e\x1d0\x1c', '\x1f0\x1e', '\x1d0\x1c')
    """
    nones = column.count(None)
    for number in count():
        # Neither begins within the other, nor across the end of a text.
        between, none = f"\x1f{number}\x1e", f"\x1d{number}\x1c"
        texts = [none if t is None else t for t in column] if nones else column
        text = between.join(texts)  # type: ignore[arg-type]
        if text.count(between) == len(column) - 1 and text.count(none) == nones:
            return text, between, none
    raise AssertionError  # numbers do not end
