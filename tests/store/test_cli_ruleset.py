"""``payymo ruleset``: learnt from the books' verdicts, kept, and taken by a person."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from payymo_adapters.cli import main
from payymo_adapters.exchange import write_invoices, write_transactions
from payymo_adapters.pipeline import apply
from payymo_adapters.store import schema
from payymo_adapters.store.rulesets import keep_ruleset, take_ruleset, taken_ruleset
from payymo_core.records import Counterparty
from tests.store.builders import (
    ACT,
    Ledger,
    at,
    begin_in,
    billed,
    on_sqlite,
    paid,
    row,
    run_of,
)

STRICT = "[thresholds]\nmatch = 0.99999999\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch, url):
    begin_in(tmp_path, monkeypatch, url)
    payer = Counterparty(name="Larsen Ltd")
    lines = [
        paid(
            f"t{n}", f"{100 + n}.00", remittance=f"INV-2026-100{n}", counterparty=payer
        )
        for n in (1, 2, 3)
    ]
    write_transactions(lines, Path("in/a.jsonl"))
    bills = [
        billed(f"i{n}", f"{100 + n}.00", number=f"INV-2026-100{n}", total=None)
        for n in (1, 2, 3)
    ]
    write_invoices(bills, "invoices.jsonl")


def payymo(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def versions(store) -> dict[str, tuple[str, int]]:
    """State and ruleset of each transaction's last decision."""
    table = schema.match_decisions
    with store.reading("acme") as connection:
        found = connection.execute(select(table).order_by(table.c.id))
        return {r.transaction_id: (r.state, r.ruleset_version) for r in found}


def test_every_proposal_names_the_ruleset_it_is_by(store):
    assert payymo("run").exit_code == 0
    assert set(versions(store).values()) == {("proposed", 1)}
    payymo("run")
    assert payymo("ruleset", "list").stdout.count("\n") == 1
    assert "by payymo" in payymo("ruleset", "list").stdout


def test_a_ruleset_is_used_from_when_it_is_taken_and_decisions_stay(store):
    payymo("run")
    for number in ("1", "2"):
        assert payymo("decide", "confirm", number).exit_code == 0
    apply(run_of(store), Ledger())
    payymo("decide", "reject", "3")
    Path("strict.toml").write_text(STRICT, encoding="utf-8")
    assert "kept as ruleset 2" in payymo("ruleset", "add", "strict.toml").stdout
    assert "ruleset 2" not in payymo("run").stdout
    assert payymo("ruleset", "take", "2").exit_code == 0
    assert "ruleset 2, taken 20" in payymo("run").stdout
    # What is posted, what is decided and what was rejected: all as it was.
    assert versions(store) == {
        "main/t1": ("active", 1),
        "main/t2": ("active", 1),
        "main/t3": ("rejected", 1),
    }
    assert row(store, schema.allocations, invoice_id="i1").state == "settled"


def test_what_only_waits_is_proposed_anew_by_what_is_taken(store):
    payymo("run")
    Path("strict.toml").write_text(STRICT, encoding="utf-8")
    payymo("ruleset", "add", "strict.toml")
    payymo("ruleset", "take", "2")
    assert "proposed: 3 new" in payymo("run").stdout
    assert set(versions(store).values()) == {("proposed", 2)}
    assert "2 review proposals" not in payymo("status").stdout
    assert "3 review proposals to be decided" in payymo("status").stdout
    payymo("ruleset", "take", "1")
    payymo("run")
    assert set(versions(store).values()) == {("proposed", 1)}


def test_the_books_verdicts_are_learnt_from(store):
    payymo("run")
    for number in ("1", "2"):
        payymo("decide", "confirm", number)
    payymo("decide", "reject", "3")
    apply(run_of(store), Ledger())  # what is paid by now was owed then
    ran = payymo("ruleset", "learn")
    assert (ran.exit_code, "Learnt from 3 labels" in ran.stdout) == (0, True)
    assert "kept as ruleset 2" in ran.stdout
    assert "2: kept" in payymo("ruleset", "list").stdout
    assert "learnt from 3 labels" in payymo("ruleset", "list").stdout
    shown = payymo("ruleset", "show", "2").stdout
    assert 'transaction = "main/t3"' in shown
    payymo("ruleset", "take", "2")
    assert payymo("run").exit_code == 0
    assert versions(store)["main/t3"] == ("rejected", 1)
    payymo("decide", "undo", "3")
    assert "Learnt from 2 labels" in payymo("ruleset", "learn").stdout


def test_verdicts_are_written_for_other_commands(store):
    payymo("run")
    payymo("decide", "confirm", "1")
    payymo("decide", "ignore", "main/t2", "--reason", "a gift")
    payymo("decide", "reject", "3")
    apply(run_of(store), Ledger())
    ran = payymo("ruleset", "export", "lesson")
    assert ran.stdout == "written to lesson: 3 transactions, 3 invoices, 3 labels\n"
    lines = Path("lesson/labels.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"transaction": "main/t1", "invoices": ["i1"], "verdict": "confirm"},
        {"transaction": "main/t2", "invoices": [], "verdict": "confirm"},
        {"transaction": "main/t3", "invoices": ["i3"], "verdict": "reject"},
    ]
    then = Path("lesson/invoices.jsonl").read_text(encoding="utf-8").splitlines()
    owed = {each["id"]: each["outstanding"] for each in map(json.loads, then)}
    assert owed == {f"i{n}": f"{100 + n}.00" for n in (1, 2, 3)}
    assert "paid" not in then[0]
    names = [f"lesson/{name}.jsonl" for name in ("transactions", "invoices", "labels")]
    assert payymo("learn", *names, "-o", "learnt.toml").exit_code == 0
    assert payymo("tune", *names, "-o", "tuned.toml").exit_code == 0


@on_sqlite
@pytest.mark.parametrize("command", ["take", "show"])
def test_a_ruleset_that_is_not_there_is_named(store, command):
    ran = payymo("ruleset", command, "9")
    assert (ran.exit_code, "there is no ruleset 9" in ran.stderr) == (2, True)
    assert store


@on_sqlite
def test_one_that_this_payymo_does_not_read_stops_the_run_and_is_named(store):
    with store.writing(ACT) as books:
        take_ruleset(books, keep_ruleset(books, "[thresholds]\nsure = 1\n"))
    ran = payymo("run")
    assert (ran.exit_code, "ruleset 1 of the books" in ran.stderr) == (2, True)


def test_the_last_one_taken_holds_and_each_is_kept_once(store):
    with store.writing(ACT) as books:
        assert [keep_ruleset(books, text) for text in "aba"] == [1, 2, 1]
        assert taken_ruleset(books.connection, "acme") is None
        take_ruleset(books, 2)
    with store.writing(at(1)) as books:
        take_ruleset(books, 1)
        held = taken_ruleset(books.connection, "acme")
    assert held is not None
    assert (held.version, held.content) == (1, "a")
    with store.reading("acme") as connection:
        log = schema.audit_log.c
        actions = connection.scalars(select(log.action).order_by(log.seq)).all()
    assert actions[-4:] == [
        *("ruleset.kept", "ruleset.kept", "ruleset.taken", "ruleset.taken")
    ]
