"""Opening a database, PostgreSQL or SQLite, the way the store needs it."""

import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError

from payymo_adapters.errors import StoreError

WAIT_SECONDS = 30
"""How long one writer waits for another before it says so."""
READ_ONLY = {"payymo_begin": "BEGIN"}
"""Execution options of a connection that will not write."""
AT_ONCE = {"payymo_at_once": True}
"""Those of a statement with much in it, which returns nothing."""


def connect(url: str) -> Engine:
    """Make an engine; it connects when it is first used.

    Args:
        url: ``postgresql://user:password@host/database``, or ``sqlite:///payymo.db``.

    Raises:
        StoreError: Not such a URL, or PostgreSQL's driver is not installed.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if find_spec("psycopg") is None:
        fault = "the driver of PostgreSQL is not installed"
        raise StoreError(fault, advice="pip install 'payymo[postgres]'")
    engine = sqlalchemy.create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        # A server that was restarted is noticed before the work begins.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": WAIT_SECONDS,
            "application_name": "payymo",
            "options": f"-c lock_timeout={WAIT_SECONDS}s -c timezone=UTC",
        },
    )
    event.listen(engine, "do_execute", _at_once)
    return engine


def named(engine: Engine) -> str:
    """Name a database as a person knows it, without the password."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        return url.database or "sqlite"
    plain = url.set(drivername="postgresql")
    return plain.render_as_string(hide_password=True)


def file_of(engine: Engine) -> Path | None:
    """The file of a SQLite database; None of any other."""
    url = engine.url
    is_file = url.get_backend_name() == "sqlite" and url.database
    return Path(str(url.database)) if is_file else None


def check_file(engine: Engine) -> None:
    """Refuse a SQLite file that is not there: to connect would make an empty one.

    Raises:
        StoreError: It is not there, though its folder is.
    """
    path = file_of(engine)
    # Of a folder that is missing, the connection says so itself.
    if path and path.parent.is_dir() and not path.exists():
        fault = f"{path}: there is no such database"
        made = f"`payymo db upgrade --database {engine.url}`"
        raise StoreError(fault, advice=f"Make it with {made}, or mend the path")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"postgresql", "sqlite"}:
        fault = "the database's URL cannot be used"
        advice = (
            "One as postgresql://user:password@host/database or sqlite:///payymo.db "
            "is wanted"
        )
        raise StoreError(fault, advice=advice)
    return parsed


def _at_once(cursor: Any, statement: str, values: Any, context: Any) -> bool:
    """Send all of a statement and wait, in one call that lets other threads work.

    The driver would else stop for each piece that the connection takes, and each time
    wait for a thread that is busy.
    """
    if not context.execution_options.get("payymo_at_once"):
        return False
    dbapi, encoding = context.dialect.dbapi, cursor.connection.info.encoding
    given = [None if value is None else value.encode(encoding) for value in values]
    first, *others = statement.split("%s")
    parts = [first, *(f"${n}{part}" for n, part in enumerate(others, 1))]
    result = cursor.connection.pgconn.exec_params("".join(parts).encode(), given)
    if result.status != dbapi.pq.ExecStatus.COMMAND_OK:
        raise dbapi.errors.error_from_result(result, encoding)
    return True


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        fault = "a database in memory forgets everything"
        raise StoreError(fault, advice="Name a file, as sqlite:///payymo.db")
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": WAIT_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # ``_begin`` says when; DDL is part of it, too
    for pragma in (
        "journal_mode = WAL",
        "foreign_keys = ON",
        # A posting is planned on the disk before anything is sent.
        "synchronous = FULL",
        # Room for the rows that a bulk upsert asks of, and, 64 MiB at the most, for the
        # pages it writes.
        "temp_store = MEMORY",
        "cache_size = -65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # Whoever will write takes the lock at once: a reader that turns into a writer
    # could be refused in the middle of its work.
    options = connection.get_execution_options()
    connection.exec_driver_sql(options.get("payymo_begin", "BEGIN IMMEDIATE"))
