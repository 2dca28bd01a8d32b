"""Stores to test with, empty or with a tenant's books; each on both databases."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from payymo_adapters.store.store import Act, Store, upgrade
from tests.postgres import MIGRATED, ROLE, Server, running_server
from tests.store.builders import ACT, HAND


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as started:
        started.run(f"CREATE DATABASE {MIGRATED} OWNER {ROLE}")
        upgrade(started.url(MIGRATED))
        yield started


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
