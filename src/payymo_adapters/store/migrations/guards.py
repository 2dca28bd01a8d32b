"""Triggers written once for both databases.

A ``Refusal`` forbids a change, under a name that the error bears as a constraint's. An
``Effect`` keeps the rows that depend on a change in step with it. Released migrations
lean on this module: it may learn more, but must go on making what they made.
"""

from collections.abc import Iterable

from alembic import op
from attrs import frozen


@frozen
class Refusal:
    """A change that is not allowed.

    Attributes:
        name: What the error names.
        table: Where.
        event: ``INSERT``, ``DELETE``, ``UPDATE`` or ``UPDATE OF columns``.
        condition: When it is refused; ``OLD`` and ``NEW`` are the row.
    """

    name: str
    table: str
    event: str
    condition: str = "1 = 1"

    def sqlite(self) -> list[str]:
        """What makes it on SQLite."""
        return [
            (
                f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} "
                f"WHEN {self.condition} BEGIN SELECT RAISE(ABORT, '{self.name}'); END"
            ),
        ]

    def postgresql(self) -> list[str]:
        """What makes it on PostgreSQL."""
        row = "OLD" if self.event == "DELETE" else "NEW"
        body = (
            f"IF {self.condition} THEN RAISE EXCEPTION '{self.name}' USING "
            f"ERRCODE = 'check_violation', CONSTRAINT = '{self.name}'; END IF; "
            f"RETURN {row};"
        )
        return _function(self.name, self.table, f"BEFORE {self.event}", body)


@frozen
class Effect:
    """What else changes with a change.

    Attributes:
        name: The trigger's.
        table: Where.
        event: ``INSERT`` or ``UPDATE OF columns``.
        condition: When; ``OLD`` and ``NEW`` are the row.
        statements: SQL that both databases take.
    """

    name: str
    table: str
    event: str
    condition: str
    statements: tuple[str, ...]

    def sqlite(self) -> list[str]:
        """What makes it on SQLite."""
        body = " ".join(f"{statement};" for statement in self.statements)
        return [
            (
                f"CREATE TRIGGER {self.name} AFTER {self.event} ON {self.table} "
                f"WHEN {self.condition} BEGIN {body} END"
            ),
        ]

    def postgresql(self) -> list[str]:
        """What makes it on PostgreSQL."""
        statements = " ".join(f"{statement};" for statement in self.statements)
        body = f"IF {self.condition} THEN {statements} END IF; RETURN NULL;"
        return _function(self.name, self.table, f"AFTER {self.event}", body)


Guard = Refusal | Effect


def _function(name: str, table: str, event: str, body: str) -> list[str]:
    return [
        (
            f"CREATE FUNCTION payymo_{name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$guard$ BEGIN {body} END $guard$"
        ),
        (
            f"CREATE TRIGGER {name} {event} ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION payymo_{name}()"
        ),
    ]


def not_deleted(table: str) -> Guard:
    """Rows that stay."""
    return Refusal(f"{table}_are_not_deleted", table, "DELETE")


def set_up(guards: Iterable[Guard]) -> None:
    """Make the triggers."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for guard in guards:
        for statement in guard.sqlite() if sqlite else guard.postgresql():
            op.execute(statement)


def take_down(guards: Iterable[Guard]) -> None:
    """Drop the triggers."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for guard in guards:
        if sqlite:
            op.execute(f"DROP TRIGGER {guard.name}")
        else:
            op.execute(f"DROP FUNCTION payymo_{guard.name}() CASCADE")


_SETTING = "current_setting('payymo.tenant', true)"


def bind_to_tenant(column: str, tables: Iterable[str]) -> None:
    """Let PostgreSQL show and take only the rows of the tenant that was set.

    Forced, so that the tables' owner is bound as well; a superuser never is.
    """
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING ({column} = {_SETTING}) "
            f"WITH CHECK ({column} = {_SETTING})",
        )
