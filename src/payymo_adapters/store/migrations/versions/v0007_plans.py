"""What SQLite's planner takes tables to be like: one tenant's rows are many.

Without a word of it, SQLite takes a tenant for ten rows, and reads all of them where an
index has the one that is asked for. To measure it (``ANALYZE``) says what the books are
like on that day, and a plan that was good is another the day after.
"""

from collections.abc import Iterator

from alembic import op
from sqlalchemy import Connection

revision = "0007"
down_revision = "0006"

_ROWS = 1_000_000
"""Of a tenant."""
_WAITING = 10_000
"""Of a tenant, in an index of what waits for something."""
_TENANTS = 10
_ALIKE = 10
"""Rows that differ by no more than their last columns."""


def upgrade() -> None:
    """From 0006."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("ANALYZE")  # makes the table
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        for row in [*_rows(connection)]:
            statement = "INSERT INTO sqlite_stat1 VALUES (?, ?, ?)"
            connection.exec_driver_sql(statement, row)


def _rows(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """Each index that begins with the tenant, and how many rows its columns leave."""
    asked = (
        'SELECT t.name, i.name, i."unique", i.partial, count(*) FROM sqlite_schema t'
        " JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c"
        " WHERE t.type = 'table' GROUP BY 1, 2 HAVING max(c.name = 'tenant')"
    )
    found = connection.exec_driver_sql(asked).all()
    for table, index, is_unique, is_partial, columns in found:
        rows = _WAITING if is_partial else _ROWS
        left = [rows * _TENANTS, rows, *[_ALIKE] * (columns - 1)]
        if is_unique:
            left[-1] = 1
        yield table, index, " ".join(map(str, left))


def downgrade() -> None:
    """To 0006."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DELETE FROM sqlite_stat1")
