"""What goes wrong with a database is said, with what to do, and without a password."""

import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import create_engine, event, text

from payymo_adapters.errors import StoreError
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.checkup import check
from payymo_adapters.store.decisions import ignore
from payymo_adapters.store.recording import record_transactions
from payymo_adapters.store.store import Store, upgrade
from tests.store.builders import ACT, on_postgresql, on_sqlite, paid, record


def opening(url: str) -> str:
    with pytest.raises(StoreError) as failure:
        Store.open(url)
    return str(failure.value)


@pytest.mark.parametrize(
    "url",
    ["mysql://root:hunter2@db/x", "hunter2", "", "sqlite://", "sqlite:///:memory:"],
)
def test_a_url_that_cannot_be_used_is_not_shown(url):
    said = opening(url)
    assert "sqlite:///payymo.db" in said
    assert "hunter2" not in said


def test_bad_credentials(server):
    said = opening(server.url("payymo_migrated", "nobody", "hunter2"))
    assert "does not let this user in" in said or "no such database or user" in said
    assert "hunter2" not in said


def test_a_wrong_password(server):
    """The server lets everyone in but whoever is named to it."""
    rules = server.folder / "data" / "pg_hba.conf"
    kept = rules.read_text()
    server.run("CREATE ROLE careful LOGIN PASSWORD 'not-a-secret'")
    rules.write_text(f"local all careful scram-sha-256\n{kept}")
    server.run("SELECT pg_reload_conf()")
    try:
        said = opening(server.url("payymo_migrated", "careful", "hunter2"))
    finally:
        rules.write_text(kept)
        server.run("SELECT pg_reload_conf()")
        server.run("DROP ROLE careful")
    assert "does not let this user in. Check user and password" in said
    assert "hunter2" not in said


def test_an_unreachable_host():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = opening(f"postgresql://payymo:hunter2@127.0.0.1:{port}/payymo")
    assert f"127.0.0.1:{port}/payymo: the server cannot be reached" in said
    assert "Check host, port and network" in said
    assert "hunter2" not in said


def test_no_such_database(server):
    assert "no such database" in opening(server.url("nowhere"))


def test_no_driver(monkeypatch):
    """As where only the extra ``store`` is installed."""
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "psycopg")
    assert "pip install 'payymo[postgres]'" in opening("postgresql:///books")


def test_no_such_file(tmp_path):
    path = tmp_path / "books.db"
    said = opening(f"sqlite:///{path}")
    assert f"{path}: there is no such database" in said
    assert f"payymo db upgrade --database sqlite:///{path}" in said
    assert list(tmp_path.iterdir()) == []


def test_no_such_folder(tmp_path):
    assert "Check that its folder exists" in opening(f"sqlite:///{tmp_path}/no/x.db")


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("Dear diary, " * 100)
    assert "not a SQLite database" in opening(f"sqlite:///{path}")


@on_postgresql
def test_too_many_connections(server, url):
    server.run("ALTER ROLE payymo_app CONNECTION LIMIT 0")
    try:
        assert "takes no more connections" in opening(url)
    finally:
        server.run("ALTER ROLE payymo_app CONNECTION LIMIT -1")


@on_postgresql
def test_a_server_whose_connections_are_all_taken(url):
    held = []
    try:
        with pytest.raises(psycopg.OperationalError):
            while True:
                held.append(psycopg.connect(url))
        assert "takes no more connections. Close some" in opening(url)
    finally:
        for connection in held:
            connection.close()


def test_a_process_that_uses_all_of_its_connections(store):
    engine = create_engine(
        store.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05
    )
    busy = Store(engine)
    with (
        busy.reading("acme"),
        pytest.raises(StoreError, match=r"are in use\. Run again, with fewer threads"),
        busy.reading("acme"),
    ):
        pass
    busy.close()


def with_pragma(store: Store, pragma: str) -> None:
    """Let every connection begin with it."""
    event.listen(
        store.engine, "connect", lambda c, _record: c.execute(f"PRAGMA {pragma}")
    )
    store.engine.dispose()


@on_sqlite
def test_a_file_that_another_process_holds(store):
    with_pragma(store, "busy_timeout = 50")
    with closing(sqlite3.connect(store.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"for too long\. Run again"):
            record(store, [paid("t1")])
    record(store, [paid("t1")])


@on_sqlite
def test_a_file_that_may_not_be_written(store):
    with_pragma(store, "query_only = ON")
    with pytest.raises(StoreError, match=r"may not be written to\. Check its perm"):
        record(store, [paid("t1")])


@on_postgresql
def test_a_table_that_others_hold_for_too_long(server, store):
    record(store)
    admin = create_engine(server.admin.url.set(database="payymo_migrated"))
    with admin.begin() as other:
        other.execute(text("LOCK TABLE transactions"))
        with (
            pytest.raises(StoreError, match=r"for too long\. Run again"),
            store.writing(ACT) as books,
        ):
            books.connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            record_transactions(books, "main", [paid("t1")])
    admin.dispose()
    record(store, [paid("t1")])


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.id >= 'main/t1500' THEN
    RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON transactions
  FOR EACH ROW EXECUTE FUNCTION full_disk()
"""


@pytest.fixture
def small_disk(server) -> Iterator[str]:
    """A database on a disk of its own, of twenty megabytes."""
    place = server.folder / "small"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=777", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(mounted, check=False).returncode:
        pytest.skip("may not mount a disk")
    try:
        shutil.chown(place, (server.folder / "data").stat().st_uid)
        place.chmod(0o700)
        server.run(f"CREATE TABLESPACE small LOCATION '{place}'")
        name = server.create()
        server.run(f"ALTER DATABASE {name} SET TABLESPACE small")
        yield server.url(name)
        server.drop(name)
        server.run("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_of_the_server_that_is_full(small_disk):
    """A real one; where none may be mounted, the trigger below has to do."""
    upgrade(small_disk)
    store = Store.open(small_disk)
    store.add_tenant(ACT, "Acme Hosting")
    few = [paid(f"t{number}") for number in range(5)]
    record(store, few)
    # Each with words of its own: the server would press what repeats.
    many = [paid(f"m{n}", remittance=random_words(n)) for n in range(20_000)]
    with pytest.raises(StoreError, match=r"the disk is full\. Make room on the s"):
        record(store, many)
    with store.reading("acme") as connection:
        assert connection.scalar(text("SELECT count(*) FROM transactions")) == 5
        assert audit_faults(connection, "acme") == []
    with store.writing(ACT) as books:
        ignore(books, "main/t1", "what is small goes on")
    store.close()


def random_words(seed: int) -> str:
    return random.Random(seed).randbytes(1000).hex()


@on_postgresql
def test_a_full_disk_of_the_server(store):
    """A trigger that says it, in the server's words, stands for the disk."""
    record(store)
    with store.writing(ACT) as books:
        books.connection.exec_driver_sql(FULL)
    many = [paid(f"t{number}") for number in range(1000, 2000)]
    try:
        with pytest.raises(StoreError, match=r"the disk is full\. Make room on the s"):
            record(store, many)
    finally:
        with store.writing(ACT) as books:
            books.connection.exec_driver_sql("DROP FUNCTION full_disk CASCADE")
    with store.reading("acme") as connection:
        assert not connection.scalar(text("SELECT count(*) FROM transactions"))
    record(store, many)


FILLS = """
import resource, signal
from tests.store.builders import ACT, paid, record
from payymo_adapters.errors import StoreError
from payymo_adapters.store.recording import record_transactions
from payymo_adapters.store.store import Store
store = Store.open({url!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
try:
    record(store, [paid(f"t{{n}}", remittance="x" * 900) for n in range(2000)])
except StoreError as error:
    print(error)
"""


@on_sqlite
def test_a_full_disk(store):
    """A limit on the size of files stands for the disk; SQLite's own, as it writes."""
    record(store)
    code = textwrap.dedent(FILLS.format(url=f"sqlite:///{store.engine.url.database}"))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "disk is full. Make room" in done.stdout or "Check the disk" in done.stdout
    with store.reading("acme") as connection:
        count = connection.scalar(text("SELECT count(*) FROM transactions"))
    assert count == 0
    record(store, [paid("t1")])


@on_postgresql
def test_a_server_that_goes_away_in_the_middle(server, store):
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
    with pytest.raises(StoreError, match="Run again"), store.writing(ACT) as books:
        server.run(f"{kill} 'payymo_app'")
        books.connection.execute(text("SELECT 1"))
    record(store, [paid("t1")])


def test_a_slow_database_is_warned_about(url):
    times = iter([7.0, 8.25])
    (fault,) = [each for each in check(url, times.__next__) if "slow" in each]
    assert fault == "it is slow: 1.2 seconds for a query that reads nothing"
    assert check(url, iter([7.0, 7.75]).__next__) == []


def test_a_superuser_is_warned_about(server, url, backend):
    assert check(url) == []
    if backend == "postgresql":
        address = server.admin.url.set(
            drivername="postgresql", database="payymo_migrated"
        )
        (fault,) = check(address.render_as_string(hide_password=False))
        assert "row-level security does not bind" in fault


@on_postgresql
def test_work_that_met_others_is_done_again(store):
    """A deadlock is not the caller's to handle, unless there is no end to them."""
    tries = []

    def work(books):
        tries.append(books)
        if len(tries) not in {3, 20}:
            deadlock = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"
            books.connection.execute(text(deadlock))
        return len(tries)

    assert store.write(ACT, work) == 3
    with pytest.raises(StoreError, match="others wrote the same at once"):
        store.write(ACT, work)
    assert len(tries) == 3 + 5
