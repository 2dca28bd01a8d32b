"""One runner a tenant: another says so and leaves."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from hashlib import sha256
from pathlib import Path

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
        with _file_lock(file, tenant):
            yield


@contextmanager
def no_runners(
    store: Store, connection: Connection, tenants: Iterable[str]
) -> Iterator[None]:
    """Keep every tenant's pipeline from running.

    Args:
        store: Theirs.
        connection: Its transaction holds the locks of PostgreSQL until it ends.
        tenants: Whose.

    Raises:
        ConflictError: One of them runs.
    """
    file = file_of(store.engine)
    with ExitStack() as stack:
        for tenant in tenants:
            if file is not None:
                stack.enter_context(_file_lock(file, tenant))
            elif not _try(connection, "pg_try_advisory_xact_lock", tenant):
                raise _taken(tenant)
        yield


@contextmanager
def _advisory_lock(store: Store, tenant: str) -> Iterator[None]:
    # A connection of its own, for as long as the run takes: the lock is the session's.
    with translated(store.name), store.engine.connect() as connection:
        if not _try(connection, "pg_try_advisory_lock", tenant):
            raise _taken(tenant)
        connection.commit()
        try:
            yield
        finally:
            _let_go(connection, tenant)


def _let_go(connection: Connection, tenant: str) -> None:
    try:
        _try(connection, "pg_advisory_unlock", tenant)
        connection.commit()
    except DBAPIError:
        connection.invalidate()  # the session is gone, and the lock with it


def _try(connection: Connection, function: str, tenant: str) -> bool:
    asked = text(f"SELECT {function}(hashtextextended(:name, 7291))")
    return bool(connection.scalar(asked, {"name": tenant}))


@contextmanager
def _file_lock(database: Path, tenant: str) -> Iterator[None]:
    # SQLite's own lock on a file beside the database: every system has it.
    name = sha256(tenant.encode()).hexdigest()[:12]
    path = f"{database}.{name}.lock"
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
