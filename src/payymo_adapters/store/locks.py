"""One runner a tenant: another says so and leaves."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from payymo_adapters.errors import ConflictError
from payymo_adapters.store.database import file_of
from payymo_adapters.store.failures import translated
from payymo_adapters.store.store import Store


@contextmanager
def only_runner(store: Store, tenant: str) -> Iterator[None]:
    """Be the only one that runs a tenant's pipeline.

    The lock goes with the process that holds it, however that ends.

    Raises:
        ConflictError: Another one runs.
    """
    file = file_of(store.engine)
    if file is None:
        with _advisory_lock(store, tenant):
            yield
    else:
        name = sha256(tenant.encode()).hexdigest()[:12]
        with _file_lock(f"{file}.{name}.lock", tenant):
            yield


@contextmanager
def _advisory_lock(store: Store, tenant: str) -> Iterator[None]:
    # A connection of its own, for as long as the run takes: the lock is the session's.
    with translated(store.name), store.engine.connect() as connection:
        asked = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 7291))")
        if not connection.scalar(asked, {"name": tenant}):
            raise _taken(tenant)
        connection.commit()
        try:
            yield
        finally:
            _let_go(connection, tenant)


def _let_go(connection: Connection, tenant: str) -> None:
    freed = text("SELECT pg_advisory_unlock(hashtextextended(:name, 7291))")
    try:
        connection.execute(freed, {"name": tenant})
        connection.commit()
    except DBAPIError:
        connection.invalidate()  # the session is gone, and the lock with it


@contextmanager
def _file_lock(path: str, tenant: str) -> Iterator[None]:
    # SQLite's own lock on a file beside the database: every system has it.
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise _taken(tenant) from None
        yield


def _taken(tenant: str) -> ConflictError:
    return ConflictError(
        f"another process runs the pipeline of {tenant!r}", advice="Let it finish"
    )
