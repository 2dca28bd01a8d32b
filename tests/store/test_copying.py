"""A database that is copied is the same afterwards, or empty."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, event, func, select, text

from payymo_adapters.cli import main
from payymo_adapters.errors import ConflictError, StoreError
from payymo_adapters.pipeline import apply, match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.checkup import check
from payymo_adapters.store.copying import copy
from payymo_adapters.store.credentials import fetch
from payymo_adapters.store.decisions import match_by_hand
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.store import Store, upgrade
from payymo_core import Ruleset
from tests.store.builders import (
    ACT,
    at,
    billed,
    give,
    have_sent_again,
    paid,
    record,
    row,
    run_of,
)
from tests.store.full_books import MANY, TOKEN, VAULT, fill, triggers

WAYS = [
    ("sqlite", "postgresql"),
    ("postgresql", "sqlite"),
    ("postgresql", "postgresql"),
    ("sqlite", "sqlite"),
]
both_ways = pytest.mark.parametrize(("source", "target"), WAYS[:2])


@contextmanager
def before_each_statement(work: Callable[..., None]) -> Iterator[None]:
    event.listen(Engine, "before_cursor_execute", work)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", work)


def payymo(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.parametrize(("source", "target"), WAYS)
def test_everything_arrives_as_it_was(make, make_full, rows, source, target):
    here, there = make_full(source), make(target)
    before = rows(here)
    assert [name for name in before if not before[name]] == []
    acme, other = copy(here, there)
    assert rows(there) == before
    assert rows(here) == before
    assert (acme.tenant, other.tenant) == ("acme", "other")
    counted = [each for each in before["transactions"] if each[0] == "other"]
    assert len(counted) == MANY - 1
    assert acme.rows + other.rows == sum(map(len, before.values()))
    assert acme.entries + other.entries == len(before["audit_log"])
    assert check(there) == []
    for tenant in ("acme", "other"):
        store = Store.open(there)
        with store.reading(tenant) as connection:
            assert audit_faults(connection, tenant) == []
        store.close()


@both_ways
def test_a_run_goes_on_with_the_copy(make, source, target):
    here, there = make(source), make(target)
    first = Store.open(here)
    ledger = fill(first)
    first.close()
    copy(here, there)
    store = Store.open(there)
    with store.writing(at(4)) as books:
        assert fetch(books, VAULT, "bank").reveal() == TOKEN.reveal()
    known = last_decision(store)
    apply(run_of(store, 4), ledger)  # finds what was unknown, if it is there
    have_sent_again(store, 5)
    apply(run_of(store, 5), ledger)
    wanted = {"i1": 11900, "i2": 11900, "i3": 0, "i4": 11900, "i5": 11900, "i6": 0}
    assert {name: ledger.paid(name) for name in wanted} == wanted
    record(store, [paid("new", remittance="INV-i8")], [billed("i8")], hours=6)
    assert match_undecided(run_of(store, 6), Ruleset(), None).new[0] == known + 1
    with store.reading("acme") as connection:
        assert audit_faults(connection, "acme") == []
    store.close()


def last_decision(store: Store) -> int:
    held = schema.match_decisions.c
    with store.reading("acme") as connection:
        asked = select(func.max(held.id)).where(held.tenant == "acme")
        return int(connection.scalars(asked).one())


@both_ways
def test_a_copy_guards_its_books(make, make_full, source, target):
    here, there = make_full(source), make(target)
    before = triggers(there)
    copy(here, there)
    assert triggers(there) == before
    store = Store.open(there)
    for wrong, said in (
        ("UPDATE audit_log SET actor = 'x'", "never changed"),
        ("DELETE FROM postings", "postings_are_not_deleted"),
        ("UPDATE allocations SET state = 'reserved'", "allocation_state"),
        (
            "UPDATE invoices SET allocated = 99999999 WHERE status = 'open'",
            "more than an invoice's",
        ),
        ("INSERT INTO accounts SELECT * FROM accounts", "UNIQUE|duplicate"),
    ):
        with pytest.raises(ConflictError, match=said), store.writing(at(9)) as books:
            books.connection.execute(text(wrong))
    record(store, [paid("x1"), paid("x2")], [billed("x")], hours=9)
    with store.writing(at(9)) as books:
        match_by_hand(books, "main/x1", [give("x", "100.00")])
    assert row(store, schema.invoices, id="x").allocated == 10_000
    with pytest.raises(ConflictError), store.writing(at(9)) as books:
        match_by_hand(books, "main/x2", [give("x", "20.00")])
    with store.reading("acme") as connection:
        tenants = set(connection.scalars(select(schema.accounts.c.tenant)))
    assert tenants == ({"acme"} if target == "postgresql" else {"acme", "other"})
    store.close()


# --- refused --------------------------------------------------------------------------


@both_ways
def test_only_an_empty_database_is_copied_to(make, make_full, rows, source, target):
    here, there = make_full(source), make(target)
    store = Store.open(there)
    store.add_tenant(ACT, "Somebody")
    store.close()
    before = rows(there)
    with pytest.raises(ConflictError, match="holds books already"):
        copy(here, there)
    assert rows(there) == before
    with pytest.raises(ConflictError, match="holds books already"):
        copy(here, here)


@both_ways
def test_nothing_is_copied_while_the_pipeline_runs(
    make, make_full, rows, source, target
):
    here, there = make_full(source), make(target)
    store = Store.open(here)
    with only_runner(store, "other"), pytest.raises(ConflictError, match="'other'"):
        copy(here, there)
    store.close()
    assert not any(rows(there).values())
    copy(here, there)


@both_ways
def test_no_run_begins_while_a_database_is_copied(make, make_full, source, target):
    here, there = make_full(source), make(target)
    store, told = Store.open(here), list[str]()

    def attempt(*executed: Any) -> None:
        if "FROM accounts" in executed[2] and not told:
            with pytest.raises(ConflictError) as refused, only_runner(store, "acme"):
                pass
            told.append(refused.value.fault)

    with before_each_statement(attempt):
        copy(here, there)
    assert told == ["another process runs the pipeline of 'acme'"]
    with only_runner(store, "acme"):
        pass
    store.close()


@pytest.mark.parametrize("old", [0, 1])
@both_ways
def test_a_database_of_another_revision_is_refused(make, source, target, old):
    urls = [make(source), make(target)]
    upgrade(urls[old], "0001")
    with pytest.raises(StoreError, match="Run `payymo db upgrade`"):
        copy(*urls)


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE transactions SET remittance = 'x' WHERE id = 'main/t7'",
        "UPDATE connections SET credentials = NULL",
        "DELETE FROM webhook_inbox",
    ],
)
@both_ways
def test_what_arrives_otherwise_is_seen_and_undone(
    make, make_full, rows, source, target, wrong
):
    """Somebody changes a row between its arrival and the comparison."""
    here, there = make_full(source), make(target)

    def change(_connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith(("ALTER TABLE tenants ENABLE", "CREATE TRIGGER")):
            cursor.execute(wrong)

    with before_each_statement(change):
        with pytest.raises(StoreError, match=r"not as it was sent: \w+\. Nothing"):
            copy(here, there)
    assert not any(rows(there).values())


@both_ways
def test_a_log_that_was_tampered_with_is_not_copied(
    make, make_full, rows, source, target
):
    here, there = make_full(source), make(target)
    store = Store.open(here)
    with store.writing(ACT) as books:
        books.connection.execute(
            text("UPDATE tenants SET audit_seq = 99 WHERE id='acme'")
        )
    store.close()
    with pytest.raises(StoreError, match="'acme': it ends with entry"):
        copy(here, there)
    assert not any(rows(there).values())


def test_what_the_other_database_cannot_hold_is_said(make, rows):
    here, there = make("sqlite"), make("postgresql")
    store = Store.open(here)
    store.add_tenant(ACT, "A\0cme")
    store.close()
    with pytest.raises(StoreError, match=r"payymo_\d.*a zero byte"):
        copy(here, there)
    assert not any(rows(there).values())


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_transaction_of_no_account_is_not_copied(make, rows, target):
    here, there = make("sqlite"), make(target)
    store = Store.open(here)
    store.add_tenant(ACT, "Acme")
    record(store, [paid("t1")])
    with store.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("DROP TRIGGER accounts_are_not_deleted")
        connection.exec_driver_sql("DELETE FROM accounts")
    store.close()
    with pytest.raises((ConflictError, StoreError)):
        copy(here, there)
    assert not any(rows(there).values())


# --- killed ---------------------------------------------------------------------------

KILLED = """
import sys
from payymo_adapters.store.copying import copy
from tests.store.killing import Killer, watch
watch(Killer(int(sys.argv[3])))
copy(sys.argv[1], sys.argv[2])
"""


@both_ways
def test_a_copy_that_is_killed_leaves_nothing_and_is_made_again(
    make, make_full, rows, source, target
):
    here, there = make_full(source), make(target)
    before = rows(here)
    for moment in (60, 150):
        command = [sys.executable, "-c", KILLED, here, there, str(moment)]
        done = subprocess.run(command, check=False)
        assert done.returncode == -signal.SIGKILL
        assert not any(rows(there).values())
        assert rows(here) == before
    assert triggers(there)
    copy(here, there)
    assert rows(there) == before


# --- as a command ---------------------------------------------------------------------


def test_the_command_says_what_it_copied(make):
    here, there = make("sqlite"), make("sqlite")
    nothing = payymo("db", "copy", here, there)
    assert (nothing.exit_code, nothing.stdout) == (
        0,
        "copied, and every row compared\n",
    )
    store = Store.open(here)
    store.add_tenant(ACT, "Acme")
    record(store, [paid("t1")])
    store.close()
    done = payymo("db", "copy", here, there)
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        ["acme: 4 rows, 1 of them of the audit log", "copied, and every row compared"],
    )
    again = payymo("db", "copy", here, there)
    assert (again.exit_code, "holds books already" in again.stderr) == (2, True)
    with_none = payymo("db", "copy", here, f"{there}.other")
    assert "payymo db upgrade" in with_none.stderr
