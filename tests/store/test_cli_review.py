"""``payymo review``: verdicts by keys."""

import csv
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.errors import RefusedError, UndeliveredError
from payymo_adapters.pipeline import apply, match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.proposals import labels
from payymo_core.rules import Ruleset
from tests.store.builders import (
    SETTINGS,
    Ledger,
    at,
    billed,
    paid,
    record,
    row,
    run_of,
    states,
)


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


def shown_first() -> str:
    """The number of the decision that a walk begins with."""
    found = re.search(r"\(1 of \d\) decision (\d+)", review("q").stdout)
    assert found
    return found[1]


def decide(*arguments: str, name: str = "Ada") -> Result:
    return payymo("decide", *arguments, "--as", name)


def test_a_proposal_is_shown_with_what_speaks_for_it(proposed):
    shown = review("s", "s").stdout
    assert "main/t1: 119.00 EUR; 2026-03-02; INV-2026-1001" in shown
    assert "119.00 to i1: INV-2026-1001; Larsen Ltd; 119.00 EUR is owed" in shown
    assert "proposed as a match, > 99.9 % sure" in shown
    assert "the text names INV-2026-1001, as it is printed (invoice number)" in shown
    assert "main/t1: skipped; it waits" in shown
    assert shown.endswith("0 verdicts, 2 left\n")
    assert states(proposed) == ["proposed", "proposed"]


def test_verdicts_are_kept_one_by_one(proposed):
    done = review("c", "r").stdout
    assert "active: 119.00 to i1" in done or "active: 80.00 to i2" in done
    assert ": rejected\n" in done
    assert "2 verdicts, 0 left\n`payymo decide undo NUMBER` takes" in done
    assert done.endswith("`payymo review --rest` has 1 more\n")
    assert sorted(states(proposed)) == ["active", "rejected"]
    assert {row(proposed, schema.match_decisions, id=n).actor for n in (1, 2)} == {
        "Ada"
    }


def test_what_is_skipped_waits(proposed):
    assert "1 verdict, 1 left\n" in review("s", "c").stdout
    assert sorted(states(proposed)) == ["active", "proposed"]


def test_the_last_verdict_is_undone(proposed):
    assert review("r", "u", "q").stdout.endswith("0 verdicts, 2 left\n")
    assert states(proposed) == ["proposed", "proposed"]
    assert "the next run proposes anew" in review("c", "u", "q").stdout
    assert sorted(states(proposed)) == ["proposed", "undone"]
    again = match_undecided(run_of(proposed, 1), Ruleset(), None)
    assert (len(again.new), again.kept) == (1, 1)


def test_other_invoices_are_picked(proposed):
    first = shown_first()
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
    assert "nothing was done\n" in done.stdout
    assert "the next run proposes anew" in done.stdout
    assert sorted(states(proposed)) == ["proposed", "superseded", "undone"]
    held = row(proposed, schema.match_decisions, state="undone")
    assert (held.kind, held.reason, held.actor) == ("ignore", "a gift", "Ada")


def test_a_part_is_allocated_and_the_rest_put_aside(proposed):
    first = shown_first()
    invoice = {"1": "i2", "2": "i1"}[first]
    assert review("t", f"{invoice}=70.00", "a deposit", "q").exit_code == 0
    held = row(proposed, schema.match_decisions, state="active")
    assert (held.kind, held.reason) == ("split", "a deposit")
    assert row(proposed, schema.allocations).amount == 7000


def test_what_nothing_was_found_for_is_walked_through_when_asked(proposed):
    record(proposed, [paid("t3", "5.00", remittance="Thank you")])
    assert "main/t3" not in review("s", "s").stdout
    shown = review("c", "i", "a gift", options=("--rest",))
    assert "nothing is proposed for it\n  main/t3: 5.00 EUR; 2026-03-02; Thank" in (
        shown.stdout
    )
    refused = "a transaction for which nothing is proposed cannot be decided by confirm"
    assert refused in shown.stderr
    assert "1 verdict, 0 left\n" in shown.stdout
    assert review(options=("--rest",)).stdout == (
        "0 verdicts, 0 left\n`payymo review` has 2 more\n"
    )
    assert decide("undo", "3").exit_code == 0
    assert "0 verdicts, 1 left\n" in review("q", options=("--rest",)).stdout


def test_the_help_has_the_keys_that_there_are(proposed):
    record(proposed, [paid("t3", "5.00", remittance="Thank you")])
    told = review("h", "q", options=("--rest",)).stdout
    assert "  p  pick: " in told
    assert "  c  confirm: " not in told
    assert "  c  confirm: " in review("h", "q").stdout


@pytest.mark.usefixtures("proposed")
def test_a_walk_whose_input_ends_is_left_and_says_what_was_decided():
    done = review("c")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "1 verdict, 1 left\n`payymo decide undo NUMBER`" in done.stdout


def test_an_invoice_that_is_called_by_its_number_is_named_once(proposed):
    record(
        proposed,
        [paid("t3", "5.00", remittance="INV-2026-1003")],
        [billed("INV-2026-1003", "5.00", number="INV-2026-1003")],
    )
    match_undecided(run_of(proposed), Ruleset(), None)
    told = review("s", "s", "s").stdout
    assert "pays 5.00 to INV-2026-1003: " in told
    assert "INV-2026-1003: INV-2026-1003" not in told


def test_a_key_that_does_nothing_is_said_and_the_rest_are_explained(proposed):
    walked = review("x", "cat", "h", "q")
    for typed in ("x", "cat"):
        assert f"nothing was done: {typed!r} is no key; h says" in walked.stderr
    assert "  s  skip: leave it as it is; it waits" in walked.stdout
    assert walked.stdout.count("(1 of 2)") == 1
    assert states(proposed) == ["proposed", "proposed"]


def test_why_a_person_is_asked_is_said_in_sentences(proposed):
    record(
        proposed,
        [paid("t3", "70.00", remittance="INV-2026-1003")],
        [billed("i3", "50.00", number="INV-2026-1003")],
    )
    match_undecided(run_of(proposed, 1), Ruleset(), None)
    shown = review("q").stdout
    assert "why you are asked: The amount is not what is outstanding." in shown
    assert "70.00 EUR is much more than what is outstanding (50.00 EUR)" in shown
    assert "amount_differs" not in shown


@pytest.mark.usefixtures("proposed")
def test_what_the_last_verdict_used_up_is_said_before_it_is_asked_for():
    first = shown_first()
    invoice, amount = {"1": ("i2", "80.00"), "2": ("i1", "80.00")}[first]
    walked = review("p", f"{invoice}={amount}", "c", "q")
    number = {"1": "INV-2026-1002", "2": "INV-2026-1001"}[first]
    told = f"it can be confirmed no more: {number} has"
    assert told in walked.stdout
    assert f"decision 3 on main/t{first} has {amount} of it" in walked.stdout
    assert "nothing was done" in walked.stderr


@pytest.mark.usefixtures("proposed")
def test_what_can_be_picked_is_listed_the_likeliest_first(store):
    record(store, invoices=[billed("i9", "500.00", customer=None)])
    first = shown_first()
    own, other = {"1": ("i1", "i2"), "2": ("i2", "i1")}[first]
    walked = review("p", "", "p", "z", "p", "b=9.00,a", "q")
    places = [walked.stdout.index(each) for each in ("  a  ", "  b  ", "  c  i9: ")]
    assert places == sorted(places)
    assert f"  a  {own}: INV-2026-100{own[1]}; Larsen Ltd;" in walked.stdout
    assert f"  b  {other}: " in walked.stdout
    assert "; proposed\n" in walked.stdout
    assert "; the same customer\n" in walked.stdout
    assert "'z' is not of the list, and is not INVOICE=AMOUNT" in walked.stderr
    rest = {"1": "110.00", "2": "71.00"}[first]
    parts = {own: rest, other: "9.00"}
    said = ", ".join(f"{parts[name]} to {name}" for name in sorted(parts))
    assert f"decision 3 on main/t{first}: active: {said}; no run" in walked.stdout


# --- the rest of what pays something --------------------------------------------------


@pytest.fixture
def part_paid(proposed):
    """100.00 of the 119.00 of the first are given to its invoice, by Ada."""
    done = decide("match", "main/t1", "i1=100.00").stdout
    assert "active: 100.00 to i1; 19.00 EUR is left, for `payymo review --rest`" in done
    return proposed


def line_of(name: str) -> list[str]:
    """What `export` says of a transaction: amount, state, invoice."""
    rows = csv.DictReader(payymo("export").stdout.splitlines())
    return [
        f"{r['amount']} {r['state']} {r['invoice']}".strip()
        for r in rows
        if r["transaction"] == name
    ]


def test_what_is_left_of_a_payment_is_walked_through_and_goes_to_another_invoice(
    part_paid,
):
    shown = review("c", "p", "a", "q", options=("--rest",))
    assert "decision 3: 19.00 EUR is left over\n  main/t1: 119.00 EUR" in shown.stdout
    assert "pays 100.00 to i1: INV-2026-1001" in shown.stdout
    assert "cannot be decided by confirm" in shown.stderr
    assert "active: 100.00 to i1, 19.00 to i2; no run posts it" in shown.stdout
    assert line_of("main/t1") == ["100.00 reserved i1", "19.00 reserved i2"]
    assert "main/t1 pays 100.00 to i1" in payymo("history", "i2").stdout
    assert "match.rest_settled by Ada" in payymo("history", "main/t1").stdout
    assert "0 verdicts, 0 left" in review(options=("--rest",)).stdout
    assert row(part_paid, schema.match_decisions, id=3).kind == "match"


def test_what_is_left_of_a_payment_is_put_aside_and_comes_back(part_paid):
    record(part_paid, [paid("t3", "5.00", remittance="Thank you")])
    undone = review("i", "rounded up", "u", "q", options=("--rest",))
    assert "main/t1: the verdict is taken back\n(1 of 2) decision 3" in undone.stdout
    assert line_of("main/t1") == ["100.00 reserved i1", "19.00 waiting"]
    done = decide("ignore", "main/t1", "--reason", "rounded up", name="Bo")
    assert "active: 100.00 to i1; 19.00 EUR is put aside; no run" in done.stdout
    assert line_of("main/t1") == ["100.00 reserved i1", "19.00 aside"]
    held = row(part_paid, schema.match_decisions, id=3)
    assert (held.kind, held.reason, held.actor) == ("split", "rounded up", "Bo")
    again = decide("ignore", "main/t1", "--reason", "once more")
    assert (again.exit_code, "is decided: undo 3" in again.stderr) == (2, True)
    assert "19.00 EUR is left" in decide("undo", "3").stdout
    assert line_of("main/t1") == ["100.00 reserved i1", "19.00 waiting"]
    assert "undone" in decide("undo", "3").stdout
    assert line_of("main/t1") == ["119.00 waiting"]


def test_more_than_is_left_is_refused_and_so_is_the_same_invoice_again(part_paid):
    too_much = decide("match", "main/t1", "i2=19.01")
    assert "transaction 'main/t1' has 19.00 left" in too_much.stderr
    again = decide("match", "main/t1", "i1=19.00")
    assert "invoice 'i1' had money of decision 3 before: undo that" in again.stderr
    assert line_of("main/t1") == ["100.00 reserved i1", "19.00 waiting"]
    assert row(part_paid, schema.transactions, id="main/t1").allocated == 10_000


def test_the_rest_of_what_was_posted_is_posted_once_and_taken_back_alone(part_paid):
    ledger = Ledger()
    apply(run_of(part_paid), ledger)
    decide("match", "main/t1", "i2=19.00")
    assert "19.00 EUR is left" in decide("undo", "3").stdout
    apply(run_of(part_paid, 1), ledger)
    assert (ledger.paid("i1"), ledger.paid("i2")) == (10_000, 0)
    decide("ignore", "main/t1", "--reason", "rounded up")
    for hours in (2, 3):
        apply(run_of(part_paid, hours), ledger)
    assert (ledger.paid("i1"), ledger.paid("i2")) == (10_000, 0)
    assert line_of("main/t1") == ["100.00 settled i1", "19.00 aside"]
    decide("undo", "3")
    assert "is undone: 100.00 to i1 was paid" in decide("undo", "3").stdout
    assert "main/t1" not in review("q", options=("--rest",)).stdout


def test_a_rest_that_goes_above_the_sum_wants_a_second_person(part_paid):
    with Path("payymo.toml").open("a", encoding="utf-8") as file:
        file.write('[four_eyes]\nEUR = "110.00"\n')
    done = decide("match", "main/t1", "i2=19.00", name="Bo")
    assert "(119.00 EUR) by Bo waits for a second person" in done.stdout
    assert "another person is wanted" in decide("confirm", "3", name="Bo").stderr
    ledger = Ledger()
    apply(run_of(part_paid), ledger)
    assert not ledger.posted
    assert "active: 100.00 to i1, 19.00 to i2" in decide("confirm", "3").stdout
    apply(run_of(part_paid, 1), ledger)
    assert (ledger.paid("i1"), ledger.paid("i2")) == (10_000, 1_900)


def test_who_confirmed_less_is_asked_again(proposed):
    with Path("payymo.toml").open("a", encoding="utf-8") as file:
        file.write('[four_eyes]\nEUR = "90.00"\n')
    decide("match", "main/t1", "i1=100.00")
    assert "active: 100.00 to i1" in decide("confirm", "3", name="Bo").stdout
    told = "(119.00 EUR) by Ada waits for a second person"
    assert told in decide("match", "main/t1", "i2=19.00").stdout
    ledger = Ledger()
    apply(run_of(proposed), ledger)
    assert not ledger.posted
    decide("confirm", "3", name="Bo")
    apply(run_of(proposed, 1), ledger)
    assert (ledger.paid("i1"), ledger.paid("i2")) == (10_000, 1_900)


def test_a_rest_that_was_posted_is_taken_back_with_the_whole(part_paid):
    ledger = Ledger()
    decide("match", "main/t1", "i2=19.00")
    apply(run_of(part_paid), ledger)
    told = "is undone: 100.00 to i1, 19.00 to i2 was paid"
    assert told in decide("undo", "3").stdout
    apply(run_of(part_paid, 1), ledger)
    assert (ledger.paid("i1"), ledger.paid("i2")) == (0, 0)
    assert line_of("main/t1") == ["119.00 waiting"]


def test_the_last_verdict_on_a_rest_is_what_is_learnt(part_paid):
    def learnt() -> list[tuple[str, ...]]:
        with part_paid.writing(at(1)) as books:
            return [label.invoices for label in labels(books)]

    decide("match", "main/t1", "i2=19.00")
    assert learnt() == [("i1", "i2")]
    decide("undo", "3")
    assert learnt() == [("i1",)]
    decide("undo", "3")
    assert learnt() == []


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
    assert "1 verdict, 1 left\n" in review("c", "q", name="Bo").stdout
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
        (("match", "t1", "i1=1"), "'t1'; 'main/t1' is meant, with its account?"),
        (
            ("match", "main/t1", "INV-2026-1001=1"),
            "'INV-2026-1001'; that is the number of the invoice 'i1'",
        ),
        (("match", "main/t1", "i1"), "is not INVOICE=AMOUNT"),
        (("match", "main/t1", "i1=1_50"), "is not INVOICE=AMOUNT"),
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
def test_what_holds_already_is_said_to_be_confirmed_and_by_whom():
    decide("confirm", "1")
    again = decide("confirm", "1", name="Bo")
    told = "decision 1 is confirmed already, by Ada: it waits for nobody"
    assert (again.exit_code, told in again.stderr) == (2, True)


@pytest.mark.usefixtures("proposed")
@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("t1", "'main/t1' is meant, with its account?"),
        ("INV-2026-1001", "that is the number of the invoice 'i1'"),
    ],
)
def test_a_history_of_what_is_no_id_says_whose_name_it_is(name, meant):
    ran = payymo("history", name)
    assert (ran.exit_code, meant in ran.stderr) == (2, True)


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
    told = "back; once that is done: payymo decide taken-back 2\n"
    assert told in payymo("status").stdout
    again = decide("undo", "1")
    told = "do it there by hand, then `payymo decide taken-back 2`"
    assert (again.exit_code, told in again.stderr) == (2, True)
    assert apply(run_of(proposed, 2), ledger).refused == 0
    exported = payymo("export").stdout
    assert ",119.00,reversing,i1," in exported
    assert "settled" not in exported


@pytest.mark.usefixtures("proposed")
def test_where_whmcs_has_the_invoices_a_run_posts_what_is_decided():
    Path("payymo.toml").write_text(
        SETTINGS.replace("invoices.jsonl", "whmcs"), encoding="utf-8"
    )
    assert "; the next run posts it" in decide("confirm", "1").stdout


def test_what_was_posted_already_is_said_to_be_posted_by_no_run_to_come(part_paid):
    Path("payymo.toml").write_text(
        SETTINGS.replace("invoices.jsonl", "whmcs"), encoding="utf-8"
    )
    apply(run_of(part_paid, 1), Ledger())
    more = decide("match", "main/t1", "i2=9.00").stdout
    assert (
        "10.00 EUR is left, for `payymo review --rest`; the next run posts what "
        in more
    )
    decide("undo", "3")
    done = decide("ignore", "main/t1", "--reason", "rounded up").stdout
    assert done.endswith("19.00 EUR is put aside; all of it is paid already\n")
