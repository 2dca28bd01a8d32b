"""``payymo review``: verdicts by keys."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.errors import RefusedError, UndeliveredError
from payymo_adapters.pipeline import apply, match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store.locks import only_runner
from payymo_core.rules import Ruleset
from tests.store.builders import Ledger, billed, paid, record, row, run_of, states

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


def payymo(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=typed, catch_exceptions=False)


def review(*keys: str, name: str = "Ada", options: tuple[str, ...] = ()) -> Result:
    typed = "".join(f"{key}\n" for key in keys)
    return payymo("review", "--as", name, *options, typed=typed)


def decide(*arguments: str, name: str = "Ada") -> Result:
    return payymo("decide", *arguments, "--as", name)


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
@pytest.mark.parametrize("name", ["payymo", " ", "Pay\u200bymo", "payymo sync"])
def test_a_verdict_has_a_person(name):
    assert review("c", name=name).exit_code == 2


def test_a_transaction_is_put_aside_for_a_reason_and_comes_back(proposed):
    done = review("i", " ", "i", "a gift", "u", "q")
    assert "needs a reason" in done.stderr
    assert "the next run proposes anew" in done.stdout
    assert sorted(states(proposed)) == ["proposed", "superseded", "undone"]
    held = row(proposed, schema.match_decisions, state="undone")
    assert (held.kind, held.reason, held.actor) == ("ignore", "a gift", "Ada")


def test_a_part_is_allocated_and_the_rest_put_aside(proposed):
    first = review("q").stdout.split(":")[0]
    invoice = {"1": "i2", "2": "i1"}[first]
    assert review("t", f"{invoice}=70.00", "a deposit", "q").exit_code == 0
    held = row(proposed, schema.match_decisions, state="active")
    assert (held.kind, held.reason) == ("split", "a deposit")
    assert row(proposed, schema.allocations).amount == 7000


def test_what_nothing_was_found_for_is_walked_through_when_asked(proposed):
    record(proposed, [paid("t3", "5.00", remittance="Thank you")])
    assert "main/t3" not in review("s", "s").stdout
    shown = review("c", "i", "a gift", options=("--rest",))
    assert "main/t3: 5.00 EUR; 2026-03-02; Thank you; nothing was found" in shown.stdout
    assert "nothing was found for it: pick, split or ignore" in shown.stderr
    assert shown.stdout.endswith("1 verdict, 0 left\n")
    assert review(options=("--rest",)).stdout == "0 verdicts, 0 left\n"
    assert decide("undo", "3").exit_code == 0
    assert review("q", options=("--rest",)).stdout.endswith("0 verdicts, 1 left\n")


# --- four eyes ------------------------------------------------------------------------


@pytest.fixture
def guarded(proposed):
    """Two persons are wanted above 100.00: for the first proposal."""
    with Path("payymo.toml").open("a", encoding="utf-8") as file:
        file.write('[four_eyes]\nEUR = "100.00"\n')
    assert decide("confirm", "1").stdout == (
        "decision 1 on main/t1 (119.00 EUR) by Ada waits for a second person\n"
    )
    return proposed


@pytest.mark.usefixtures("guarded")
def test_who_confirmed_first_is_told_and_not_asked():
    shown = review("q")
    assert "(119.00 EUR) by Ada waits for a second person" in shown.stderr
    assert "main/t1" not in shown.stdout
    assert "another person is wanted" in decide("confirm", "1").stderr
    assert "by Ada waits for a second person" in payymo("status").stdout


def test_a_second_person_confirms_and_takes_it_back(guarded):
    shown = review("c", "u", "q", name="Bo")
    assert "confirmed by Ada; a second person is wanted" in shown.stdout
    assert row(guarded, schema.match_decisions, id=1).seconded_by is None
    assert review("c", "q", name="Bo").stdout.endswith("1 verdict, 1 left\n")
    assert row(guarded, schema.match_decisions, id=1).seconded_by == "Bo"
    assert "second person" not in payymo("status").stdout
    assert "match.seconded by Bo" in payymo("history", "main/t1").stdout
    for wanted in ("waits for a second person", "undone"):
        assert wanted in decide("undo", "1").stdout


def test_a_second_person_who_does_not_agree_takes_the_decision_back(guarded):
    done = review("r", "u", "q", name="Bo")
    assert "is proposed by the next run" in done.stderr
    assert row(guarded, schema.match_decisions, id=1).state == "undone"


# --- one verdict, without a walk ------------------------------------------------------


def test_each_verdict_has_a_command_and_is_undone(proposed):
    assert "active: 119.00 to i1; no run posts it" in decide("confirm", "1").stdout
    assert "undone" in decide("undo", "1").stdout
    assert "rejected" in decide("reject", "2").stdout
    assert "proposed" in decide("undo", "2").stdout
    done = decide("match", "main/t1", "i1=100.00", "i2=19.00")
    assert "active: 100.00 to i1, 19.00 to i2" in done.stdout
    decide("undo", "3")
    done = decide("split", "main/t1", "i1=100.00", "--reason", "a deposit")
    assert "decision 4 on main/t1: active" in done.stdout
    decide("undo", "4")
    assert "put aside" in decide("ignore", "main/t1", "--reason", "a gift").stdout
    assert states(proposed)[2:] == ["undone", "undone", "active"]


@pytest.mark.usefixtures("proposed")
@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("confirm", "9"), "there is no decision 9"),
        (("match", "main/t1", "i1"), "is not INVOICE=AMOUNT"),
        (("match", "main/t1", "i1=999"), "of which 119.00 is free"),
        (("ignore", "main/t1", "--reason", " "), "needs a reason"),
        (("send-again", "1"), "there is no posting 1"),
        (("wait-on", "1"), "there is no posting 1"),
        (("give-up", "1"), "there is no posting 1"),
    ],
)
def test_a_verdict_that_cannot_be_says_why(arguments, fault):
    ran = decide(*arguments)
    assert (ran.exit_code, fault in ran.stderr) == (2, True)


@pytest.mark.usefixtures("proposed")
def test_a_posting_is_ruled_on_while_nothing_runs(store):
    with only_runner(store, "acme"):
        ran = decide("give-up", "1")
    assert (ran.exit_code, "another process runs" in ran.stderr) == (2, True)


def test_what_is_in_doubt_is_shown_and_ruled_on(proposed):
    ledger = Ledger()
    lost = UndeliveredError("WHMCS", "no answer")
    ledger.faults = [("before", lost), ("before", lost)]
    decide("confirm", "1")
    decide("confirm", "2")
    apply(run_of(proposed), ledger)
    told = "posting 1: payment of 119.00 EUR to invoice i1 unknown: WHMCS: no answer"
    assert told in payymo("status").stdout
    assert told in review("q").stderr
    assert "then sends it" in decide("send-again", "1").stdout
    assert "to be sent again, says Ada" in payymo("status").stdout
    assert "asked about by every run" in decide("wait-on", "1").stdout
    decide("send-again", "1")
    assert "its money is free" in decide("give-up", "2").stdout
    assert apply(run_of(proposed, 1), ledger).confirmed == 1
    assert (ledger.paid("i1"), ledger.paid("i2")) == (11_900, 0)
    history = payymo("history", "main/t1").stdout
    for action in ("unknown", "to_be_sent_again by Ada", "waits_on", "confirmed"):
        assert f"posting.{action}" in history


def test_a_posted_payment_is_undone_once_and_shown_until_it_is_taken_back(proposed):
    ledger = Ledger()
    decide("confirm", "1")
    apply(run_of(proposed), ledger)
    assert (
        "is undone: 119.00 to i1 was paid, and a person" in decide("undo", "1").stdout
    )
    again = decide("undo", "1")
    assert (again.exit_code, "is undone already" in again.stderr) == (2, True)
    told = "payment of 119.00 EUR to invoice i1 to be taken back"
    assert told in payymo("status").stdout
    ledger.faults = [("before", RefusedError("WHMCS", "it takes no payment back"))]
    assert apply(run_of(proposed, 1), ledger).refused == 1
    assert "a person has to take it back" in payymo("status").stdout
    exported = payymo("export").stdout
    assert ",119.00,reversing,i1," in exported
    assert "settled" not in exported


@pytest.mark.usefixtures("proposed")
def test_where_whmcs_has_the_invoices_a_run_posts_what_is_decided():
    Path("payymo.toml").write_text(
        SETTINGS.replace("invoices.jsonl", "whmcs"), encoding="utf-8"
    )
    assert "; the next run posts it" in decide("confirm", "1").stdout
