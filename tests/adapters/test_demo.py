"""The demo's month: made as shipped, and judged as a bookkeeper would."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from click.testing import CliRunner
from stdnum import iban

from benchmarks.demo_month.__main__ import demo_files
from payymo_adapters.cli import main
from payymo_adapters.demo import INVOICES, STATEMENT, TRUTH, copy_files
from payymo_adapters.exchange import read_matches, read_truth
from payymo_adapters.files import read_ledger, read_statement
from payymo_core import (
    Invoice,
    Match,
    MatchResult,
    Outcome,
    Reason,
    Transaction,
    evaluate,
    match,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    copy_files(path)
    return path


@pytest.fixture(scope="module")
def result(home: Path) -> MatchResult:
    statement = read_statement(home / STATEMENT)
    ledger = read_ledger(home / INVOICES)
    assert statement.notes == ledger.notes == ()
    return match(statement.records, ledger.records)


def about(result: MatchResult, text: str) -> Iterator[tuple[Transaction, Match]]:
    for record in result.run.transactions.records:
        if text in (record.remittance or ""):
            yield record, result.of(record.id)


def test_the_script_makes_exactly_the_files_that_are_shipped(home: Path) -> None:
    made = demo_files()
    assert set(made) == {STATEMENT, INVOICES, TRUTH}
    for name, content in made.items():
        assert (home / name).read_bytes() == content.encode(), name


def test_every_iban_has_valid_check_digits_and_no_german_or_austrian_bank(
    home: Path,
) -> None:
    records = read_statement(home / STATEMENT).records
    found = {
        r.counterparty.iban
        for r in records
        if isinstance(r, Transaction) and r.counterparty and r.counterparty.iban
    }
    assert len(found) > 50
    for number in found:
        assert iban.is_valid(number)
        assert number[4:9] == "99900" or number[4] == "9"


def test_the_month_has_about_four_hundred_transactions_in_two_currencies(
    result: MatchResult,
) -> None:
    records = result.run.transactions.records
    assert 380 <= len(records) <= 420
    assert {r.currency for r in records} == {"EUR", "USD"}
    assert not result.rejected


def test_no_match_is_wrong_and_most_go_straight_through(
    home: Path, result: MatchResult
) -> None:
    found = evaluate(result, read_truth(home / TRUTH))
    assert found.wrong == ()
    assert found.precision == 1.0
    assert found.straight_through is not None
    assert found.straight_through > 0.95


def test_a_sum_of_three_unnamed_invoices_is_matched_with_all_three(
    result: MatchResult,
) -> None:
    sums = [found for _, found in about(result, "Sammelzahlung")]
    assert len(sums) == 3
    assert {found.outcome for found in sums} == {Outcome.MATCH}
    assert {len(found.allocations) for found in sums} == {3}


def test_a_credit_note_is_set_off_with_its_sign(result: MatchResult) -> None:
    for record, found in about(result, "Gutschrift KN"):
        assert found.outcome is Outcome.MATCH
        amounts = sorted(a.amount for a in found.allocations)
        assert amounts[0] < 0 < amounts[1]
        assert sum(amounts) == record.amount


def test_of_two_payments_of_an_invoice_one_at_most_is_matched(
    result: MatchResult,
) -> None:
    named: dict[str, list[Match]] = {}
    for record, found in about(result, "Rechnung KN-"):
        named.setdefault(record.remittance or "", []).append(found)
    twice = [both for both in named.values() if len(both) == 2]
    assert len(twice) == 4
    for first, second in twice:
        assert second.outcome is not Outcome.MATCH
        assert first.allocations
    named_so = [Reason.DUPLICATE_PAYMENT in second.reasons for _, second in twice]
    assert named_so.count(True) >= 3


def test_the_number_of_a_paid_invoice_is_named_as_the_reason(
    home: Path, result: MatchResult
) -> None:
    paid = {
        r.number
        for r in read_ledger(home / INVOICES).records
        if isinstance(r, Invoice) and r.status == "paid"
    }
    late = [
        found
        for record, found in about(result, "Rechnung KN-")
        if (record.remittance or "").split()[-1] in paid
    ]
    assert len(late) == 4
    for found in late:
        assert found.outcome is not Outcome.MATCH
        assert Reason.REFERENCE_OF_PAID_INVOICE in found.reasons


def test_invoices_that_nothing_tells_apart_are_offered_both(
    result: MatchResult,
) -> None:
    twins = [
        found
        for record, found in about(result, "Hosting")
        if str(record.amount) == "82.11" and record.remittance == "Hosting"
    ]
    assert len(twins) == 3
    for found in twins:
        assert found.outcome is Outcome.REVIEW
        assert Reason.AMBIGUOUS in found.reasons
        assert len(found.alternatives) == 1


def test_money_out_and_pending_money_is_never_matched(result: MatchResult) -> None:
    for record in result.run.transactions.records:
        if record.amount < 0 or record.status == "pending":
            found = result.of(record.id)
            assert found.outcome is Outcome.NONE
            assert not found.allocations


def test_an_invoice_in_dollars_is_not_paid_by_euros(result: MatchResult) -> None:
    euros = [m for r, m in about(result, "Invoice KN") if str(r.amount) == "118.74"]
    assert len(euros) == 2
    for found in euros:
        assert found.outcome is not Outcome.MATCH
        assert Reason.CURRENCY_DIFFERS in found.reasons


def test_a_card_payout_is_matched_gross_of_its_fees(result: MatchResult) -> None:
    cards = list(about(result, "Kartenzahlung"))
    assert len(cards) == 24
    for record, found in cards:
        assert record.fee
        assert found.outcome is Outcome.MATCH
        assert sum(a.amount for a in found.allocations) == record.amount + record.fee


def test_the_demo_writes_its_files_and_is_done_in_five_seconds(tmp_path: Path) -> None:
    began = perf_counter()
    ran = CliRunner().invoke(main, ["demo", "--dir", str(tmp_path / "new" / "demo")])
    assert perf_counter() - began < 5
    assert ran.exit_code == 0, ran.output
    made = {path.name for path in (tmp_path / "new" / "demo").iterdir()}
    assert made == {STATEMENT, INVOICES, TRUTH, "matches.jsonl", "report.html"}
    assert len(read_matches(tmp_path / "new" / "demo" / "matches.jsonl")) >= 380
    assert ran.stdout.count("\n") < 160
    assert "report.html" in ran.stdout
    named = re.findall(r" \S+ (explain|check|evaluate) (.+)", ran.stdout)
    assert [command for command, _ in named] == ["explain", "check", "evaluate"]
    for way in named:
        shown = CliRunner().invoke(main, [way[0], *way[1].split()])
        assert shown.exit_code == 0, shown.output
    for word in ("match", "review", "none", "outgoing", "pending", "100.00 %"):
        assert word in ran.stdout


def test_the_demo_may_be_run_again(tmp_path: Path) -> None:
    for _ in range(2):
        assert CliRunner().invoke(main, ["demo", "--dir", str(tmp_path)]).exit_code == 0


@pytest.mark.parametrize(
    "name", [STATEMENT, INVOICES, TRUTH, "matches.jsonl", "report.html"]
)
def test_the_demo_overwrites_nothing_that_is_not_its_own(
    tmp_path: Path, name: str
) -> None:
    mine = tmp_path / name
    mine.write_text("mine", encoding="utf-8")
    ran = CliRunner().invoke(main, ["demo", "--dir", str(tmp_path)])
    assert ran.exit_code == 2
    assert name in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert mine.read_text("utf-8") == "mine"
