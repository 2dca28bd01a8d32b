"""A database looked over: whether it can be used, and what weakens it."""

from collections.abc import Callable
from time import perf_counter

from sqlalchemy import Connection, select, text

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.store import Store

_OLDEST = 140_000
"""PostgreSQL 14, as the server numbers it."""
_SLOW_SECONDS = 1.0


def verify(url: str, tenant: str) -> tuple[int, list[str]]:
    """Look a tenant's audit log over.

    Returns:
        How many entries it has, and where the chain is broken.

    Raises:
        ConflictError: There is no such tenant.
        StoreError: The database cannot be used.
    """
    store = Store.open(url)
    try:
        with store.reading(tenant) as connection:
            row = schema.tenants
            mine = select(row.c.audit_seq).where(row.c.id == tenant)
            entries = connection.scalar(mine)
            if entries is None:
                fault = f"there is no tenant {tenant!r}"
                raise ConflictError(fault)
            return entries, audit_faults(connection, tenant)
    finally:
        store.close()


def check(url: str, clock: Callable[[], float] = perf_counter) -> list[str]:
    """Look a database over.

    Args:
        url: Its address.
        clock: Counts seconds.

    Returns:
        What weakens it, a sentence each; nothing where all is well.

    Raises:
        StoreError: It cannot be reached or is at another revision.
    """
    store = Store.open(url)
    try:
        with store.reading() as connection:
            slow = _slowness(connection, clock)
            if connection.dialect.name == "sqlite":
                return slow + _sqlite_faults(connection)
            return slow + _postgresql_faults(connection)
    finally:
        store.close()


def _slowness(connection: Connection, clock: Callable[[], float]) -> list[str]:
    begun = clock()
    connection.execute(text("SELECT 1"))
    took = clock() - begun
    if took < _SLOW_SECONDS:
        return []
    return [f"it is slow: {took:.1f} seconds for a query that reads nothing"]


def _sqlite_faults(connection: Connection) -> list[str]:
    faults = [
        f"integrity: {row[0]}"
        for row in connection.exec_driver_sql("PRAGMA quick_check")
        if row[0] != "ok"
    ]
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    return faults + ([f"a reference leads nowhere: {tuple(broken)}"] if broken else [])


def _postgresql_faults(connection: Connection) -> list[str]:
    role = connection.execute(
        text(
            "SELECT rolname, rolsuper OR rolbypassrls AS free, "
            "current_setting('server_version_num')::int AS version "
            "FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    faults = []
    if role.free:
        faults.append(
            f"row-level security does not bind {role.rolname}: connect as a role that "
            "is neither superuser nor BYPASSRLS"
        )
    if role.version < _OLDEST:
        faults.append("the server is older than PostgreSQL 14: upgrade it")
    unbound = connection.execute(
        text(
            "SELECT relname FROM pg_class WHERE relname = ANY(:names) AND "
            "relnamespace = current_schema()::regnamespace AND "
            "NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname"
        ),
        {"names": [table.name for table in schema.metadata.sorted_tables]},
    ).scalars()
    return faults + [f"row-level security is off on {name}" for name in unbound]
