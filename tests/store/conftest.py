"""Stores to test with, empty or with a tenant's books; each on both databases."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from payymo_adapters.store import database, schema
from payymo_adapters.store.store import Act, Store, upgrade
from tests.postgres import MIGRATED, ROLE, TEMPLATE, Server, running_server
from tests.store.builders import ACT, HAND
from tests.store.full_books import filled

Make = Callable[[str], str]
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as started:
        started.run(f"CREATE DATABASE {MIGRATED} OWNER {ROLE}")
        upgrade(started.url(MIGRATED))
        # Now, while it has no row.
        started.run(f"CREATE DATABASE {TEMPLATE} OWNER {ROLE} TEMPLATE {MIGRATED}")
        yield started


@pytest.fixture(scope="session")
def postgresql_template(server: Server) -> str:  # noqa: ARG001 - it has been made
    """A migrated database that nobody is ever connected to."""
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database without a table."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'payymo.db'}"
        return
    server: Server = request.getfixturevalue("server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def fresh(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[], str]:
    """Gives a database at the newest revision, without a row, as often as asked.

    On PostgreSQL it is the same one every time, emptied.
    """
    numbers = count(1)

    def make() -> str:
        if backend == "sqlite":
            path = tmp_path / f"payymo{next(numbers)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        server: Server = request.getfixturevalue("server")
        server.empty(MIGRATED)
        return server.url(MIGRATED)

    return make


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest) -> Make:
    """Gives, of a kind, what a database at the newest revision is copied from."""
    return lambda kind: str(request.getfixturevalue(f"{kind}_template"))


@pytest.fixture(scope="session")
def full(migrated: Make, request: pytest.FixtureRequest, tmp_path_factory) -> Make:
    """Gives, of a kind, what a database with something of everything is copied from."""

    @cache
    def template(kind: str) -> str:
        name, url = _copied(migrated(kind), tmp_path_factory.mktemp("full"), request)
        filled(url)
        return name

    return template


@pytest.fixture
def make(migrated: Make, request: pytest.FixtureRequest, tmp_path) -> Iterator[Make]:
    """Gives a database at the newest revision, of a kind, as often as asked."""
    with _copying(migrated, request, tmp_path) as made:
        yield made


@pytest.fixture
def make_full(full: Make, request: pytest.FixtureRequest, tmp_path) -> Iterator[Make]:
    """Gives a database with something of everything, of a kind, as often as asked."""
    with _copying(full, request, tmp_path) as made:
        yield made


@contextmanager
def _copying(
    template: Make, request: pytest.FixtureRequest, folder: Path
) -> Iterator[Make]:
    """Copies of a kind's template, till the end."""
    names = list[str]()

    def made(kind: str) -> str:
        name, url = _copied(template(kind), folder, request)
        names.append(name)
        return url

    yield made
    for name in names:
        if not Path(name).is_absolute():
            request.getfixturevalue("server").drop(name)


def _copied(
    template: str, folder: Path, request: pytest.FixtureRequest
) -> tuple[str, str]:
    """Copy a file into a folder, or a database; its path or name, and its URL."""
    if Path(template).is_absolute():
        path = folder / f"books{len(list(folder.iterdir()))}.db"
        shutil.copy(template, path)
        return str(path), f"sqlite:///{path}"
    server: Server = request.getfixturevalue("server")
    name = server.create(template)
    return name, server.url(name)


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> Callable[[str], Rows]:
    """Gives all rows of a database, past row-level security."""

    def read(url: str) -> Rows:
        if url.startswith("postgresql"):
            server = request.getfixturevalue("server")
            name = url.partition("?")[0].rpartition("/")[2]
            engine = create_engine(server.admin.url.set(database=name))
        else:
            engine = database.connect(url)
        with engine.connect() as connection:
            found = {
                table.name: sorted(
                    map(tuple, connection.execute(select(table))), key=repr
                )
                for table in schema.metadata.sorted_tables
            }
        engine.dispose()
        return found

    return read


@pytest.fixture
def url(fresh: Callable[[], str]) -> str:
    return fresh()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with the tenants ``acme`` and ``other``, without records."""
    opened = Store.open(url)
    opened.add_tenant(ACT, "Acme Hosting")
    opened.add_tenant(Act(tenant="other", actor=HAND, now=ACT.now), "Other Ltd")
    yield opened
    opened.close()
