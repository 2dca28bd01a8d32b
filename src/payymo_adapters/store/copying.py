"""A database copied to another, of the same kind or not, and compared row by row.

All of it is one transaction of the target, which a crash leaves empty, and the source
stands still meanwhile. Triggers are put aside while rows go in: what they keep in step
was kept in step where the rows come from, and every other constraint holds.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from hashlib import sha256
from typing import Any

from attrs import define, frozen
from sqlalchemy import Connection, RowMapping, Table, insert, select
from sqlalchemy.exc import DBAPIError

from payymo_adapters.errors import ConflictError, StoreError
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.failures import translated
from payymo_adapters.store.locks import no_runners
from payymo_adapters.store.migrations.account_guards import ACCOUNT_CHECK
from payymo_adapters.store.store import Store, bind

_AT_ONCE = 5_000
_TABLES = tuple(schema.metadata.sorted_tables)
"""Parents before children."""


@frozen(kw_only=True)
class Copied:
    """A tenant's books, there as here.

    Attributes:
        tenant: Whose.
        rows: Of all tables.
        entries: Of the audit log, among them.
    """

    tenant: str
    rows: int
    entries: int


@define
class Digest:
    """Rows summed up, in whatever order they come.

    Attributes:
        rows: How many.
        total: The sum of their hashes.
    """

    rows: int = 0
    total: int = 0

    def add(self, row: Iterable[Any]) -> None:
        """Take in the values of a row."""
        said = json.dumps(tuple(row), default=_plain, ensure_ascii=False).encode()
        number = int.from_bytes(sha256(said).digest(), "big")
        self.rows, self.total = self.rows + 1, (self.total + number) % 2**256


@frozen
class _Side:
    """A database, within one transaction.

    Attributes:
        store: Which.
        connection: Borrowed.
    """

    store: Store
    connection: Connection

    @property
    def is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.connection.exec_driver_sql(statement)

    def tenants(self) -> list[str]:
        """Name them all; whoever wants to write waits until the transaction ends."""
        row = schema.tenants
        with translated(self.store.name):
            if not self.is_sqlite:
                # For a moment the owner sees them all; the lock stays.
                self.run("ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY")
            found = self.connection.scalars(select(row.c.id).order_by(row.c.id)).all()
            if not self.is_sqlite:
                self.run("ALTER TABLE tenants FORCE ROW LEVEL SECURITY")
            return list(found)

    def batches(self, table: Table, tenant: str) -> Iterator[Sequence[RowMapping]]:
        """The rows of a tenant, some at a time."""
        owner = table.c.id if table is schema.tenants else table.c.tenant
        with translated(self.store.name):
            bind(self.connection, tenant)
            found = self.connection.execute(
                select(table).where(owner == tenant),
                execution_options={"yield_per": _AT_ONCE},
            )
            yield from found.mappings().partitions()

    def write(self, table: Table, batch: Sequence[RowMapping]) -> None:
        """Put rows in."""
        if self.is_sqlite:
            self.connection.execute(insert(table), [dict(row) for row in batch])
            return
        asked = f"COPY {table.name} ({', '.join(table.columns.keys())}) FROM STDIN"
        driver: Any = self.connection.connection.driver_connection
        assert self.connection.dialect.dbapi
        try:
            with driver.cursor() as cursor, cursor.copy(asked) as stream:
                for row in batch:
                    stream.write_row(tuple(row.values()))
        except self.connection.dialect.dbapi.Error as error:
            raise DBAPIError(asked, None, error) from None

    def digests(self, tenant: str) -> dict[str, Digest]:
        """What a tenant's tables hold."""
        found = {table.name: Digest() for table in _TABLES}
        for table in _TABLES:
            for batch in self.batches(table, tenant):
                for row in batch:
                    found[table.name].add(row.values())
        return found

    def check_audit(self, tenant: str) -> None:
        with translated(self.store.name):
            bind(self.connection, tenant)
            faults = audit_faults(self.connection, tenant)
        if faults:
            fault = f"{self.store.name}: the audit log of {tenant!r}: {faults[0]}"
            raise StoreError(fault, advice="`payymo audit verify` says all")


def copy(source_url: str, target_url: str) -> list[Copied]:
    """Copy all that a database holds into one that holds nothing, or nothing of it.

    Args:
        source_url: As of ``Store.open``; its tables have to be the user's own.
        target_url: The same.

    Returns:
        What was copied and compared, a tenant each.

    Raises:
        ConflictError: The target is not empty, or the source's pipeline runs.
        StoreError: One of them cannot be used, or what arrived is not what was sent.
    """
    with (
        closing(Store.open(source_url)) as source,
        closing(Store.open(target_url)) as target,
        translated(target.name),
        target.engine.begin() as connection,
    ):
        there = _Side(target, connection)
        if there.tenants():
            fault = f"{target.name}: holds books already"
            raise ConflictError(fault, advice="Name an empty database")
        with _still(source) as here:
            return _copy(here, there)


@contextmanager
def _still(store: Store) -> Iterator[_Side]:
    """A side that nobody writes to, and that stays as it is."""
    with ExitStack() as stack:
        with translated(store.name):
            connection = stack.enter_context(store.engine.connect())
            connection.begin()
        yield _Side(store, connection)


def _copy(here: _Side, there: _Side) -> list[Copied]:
    tenants = here.tenants()
    with no_runners(here.store, here.connection, tenants):
        with _no_triggers(there):
            sent = {tenant: _send(here, there, tenant) for tenant in tenants}
        if not there.is_sqlite:
            there.run(*(f"ANALYZE {table.name}" for table in _TABLES))
        return [_compared(there, tenant, sent[tenant]) for tenant in tenants]


def _send(here: _Side, there: _Side, tenant: str) -> dict[str, Digest]:
    here.check_audit(tenant)
    found = {table.name: Digest() for table in _TABLES}
    for table in _TABLES:
        for batch in here.batches(table, tenant):
            for row in batch:
                found[table.name].add(row.values())
            there.write(table, batch)
    return found


def _compared(there: _Side, tenant: str, sent: dict[str, Digest]) -> Copied:
    """Say what arrived, once it is known to be what was sent."""
    came = there.digests(tenant)
    differing = [name for name in sent if sent[name] != came[name]]
    if differing:
        fault = f"{there.store.name}: not as it was sent: {', '.join(differing)}"
        raise StoreError(fault, advice="Nothing was copied; please report it")
    there.check_audit(tenant)
    return Copied(
        tenant=tenant,
        rows=sum(each.rows for each in came.values()),
        entries=came[schema.audit_log.name].rows,
    )


@contextmanager
def _no_triggers(there: _Side) -> Iterator[None]:
    # An error undoes it with all else.
    if there.is_sqlite:
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        found = there.connection.exec_driver_sql(asked).all()
        there.run(*(f"DROP TRIGGER {name}" for name, _ in found))
        yield
        there.run(*(sql for _, sql in found))
    else:
        # COPY is refused where row-level security binds, as it does the owner.
        _alter(there, "DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY")
        # It does a foreign key's work.
        there.run(f"ALTER TABLE transactions ENABLE TRIGGER {ACCOUNT_CHECK}")
        yield
        _alter(there, "ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY")


def _alter(there: _Side, change: str) -> None:
    there.run(*(f"ALTER TABLE {table.name} {change}" for table in _TABLES))


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    assert isinstance(value, date)  # or an instant, which is one as well
    return value.isoformat()
