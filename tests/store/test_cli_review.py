"""``payymo review``: verdicts by keys."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.pipeline import match_undecided
from payymo_adapters.store import schema
from payymo_core.rules import Ruleset
from tests.store.builders import billed, paid, record, row, run_of, states

SETTINGS = """
[payymo]
tenant = "acme"
[accounts.main]
files = "in/*.jsonl"
[invoices]
from = "invoices.jsonl"
"""


@pytest.fixture
def proposed(tmp_path, monkeypatch, url, store):
    """Two proposals, each of its own invoice."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYYMO_DATABASE", url)
    Path("payymo.toml").write_text(SETTINGS, encoding="utf-8")
    record(
        store,
        [
            paid("t1", remittance="INV-2026-1001"),
            paid("t2", "80.00", remittance="INV-2026-1002"),
        ],
        [
            billed("i1", number="INV-2026-1001"),
            billed("i2", "80.00", number="INV-2026-1002"),
        ],
    )
    assert len(match_undecided(run_of(store), Ruleset(), None).new) == 2
    return store


def review(*keys: str, name: str = "Ada") -> Result:
    typed = "".join(f"{key}\n" for key in keys)
    arguments = ["review", "--as", name]
    return CliRunner().invoke(main, arguments, input=typed, catch_exceptions=False)


def test_a_proposal_is_shown_with_what_speaks_for_it(proposed):
    shown = review("s", "s").stdout
    assert "main/t1: 119.00 EUR; 2026-03-02; INV-2026-1001" in shown
    assert "119.00 to i1: INV-2026-1001; Larsen Ltd; 119.00 EUR is owed" in shown
    assert "match at > 99.9 %" in shown
    assert "INV-2026-1001 / INV-2026-1001" in shown
    assert shown.endswith("0 verdicts, 0 left\n")
    assert states(proposed) == ["proposed", "proposed"]


def test_verdicts_are_kept_one_by_one(proposed):
    assert review("c", "r").stdout.endswith("2 verdicts, 0 left\n")
    assert sorted(states(proposed)) == ["active", "rejected"]
    assert {row(proposed, schema.match_decisions, id=n).actor for n in (1, 2)} == {
        "Ada"
    }


def test_what_is_skipped_waits(proposed):
    assert review("s", "c").stdout.endswith("1 verdict, 0 left\n")
    assert sorted(states(proposed)) == ["active", "proposed"]


def test_the_last_verdict_is_undone(proposed):
    assert review("r", "u", "q").stdout.endswith("0 verdicts, 2 left\n")
    assert states(proposed) == ["proposed", "proposed"]
    assert "the next run proposes anew" in review("c", "u", "q").stdout
    assert sorted(states(proposed)) == ["proposed", "undone"]
    again = match_undecided(run_of(proposed, 1), Ruleset(), None)
    assert (len(again.new), again.kept) == (1, 1)


def test_other_invoices_are_picked(proposed):
    first = review("q").stdout.split(":")[0]
    invoice = {"1": "i2", "2": "i1"}[first]
    done = review("p", "nonsense", "p", f"{invoice}=80.00", "q")
    assert "is not INVOICE=AMOUNT" in done.stderr
    assert row(proposed, schema.allocations).invoice_id == invoice
    assert "superseded" in states(proposed)


def test_what_the_books_refuse_is_said_and_the_proposal_waits(proposed):
    done = review("p", "i2=80.01", "u", "q")
    assert "of which 80.00 is free" in done.stderr
    assert "no verdict to undo" in done.stderr
    assert states(proposed) == ["proposed", "proposed"]


@pytest.mark.usefixtures("proposed")
@pytest.mark.parametrize("name", ["payymo", " "])
def test_a_verdict_has_a_person(name):
    assert review("c", name=name).exit_code == 2
