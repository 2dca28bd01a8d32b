"""Scenarios that a bookkeeper can read and correct: one file a case."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import Factory, frozen
from cattrs.preconf.tomllib import make_converter

from payymo_core import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Match,
    Outcome,
    Reason,
    Ruleset,
    Transaction,
    TransactionStatus,
    match,
)

FILES = sorted(Path(__file__).parent.glob("*.toml"))


@frozen(kw_only=True)
class Payment:
    """A transaction, as a scenario writes it."""

    id: str
    amount: str
    booked: date | None = None
    text: str | None = None
    payer: str | None = None
    iban: str | None = None
    fee: Decimal | None = None
    reference: str | None = None
    end_to_end_id: str | None = None
    status: TransactionStatus = TransactionStatus.BOOKED
    metadata: dict[str, str] = Factory(dict)

    def record(self) -> Transaction:
        amount, currency = self.amount.split()
        other = Counterparty(name=self.payer, iban=self.iban)
        return Transaction(
            id=self.id,
            amount=Decimal(amount),
            currency=currency,
            booking_date=self.booked,
            status=self.status,
            remittance=self.text,
            creditor_reference=self.reference,
            end_to_end_id=self.end_to_end_id,
            counterparty=other if self.payer or self.iban else None,
            fee=self.fee,
            metadata=self.metadata,
        )


@frozen(kw_only=True)
class Owed:
    """An invoice, as a scenario writes it."""

    id: str
    outstanding: str
    number: str | None = None
    total: Decimal | None = None
    issued: date | None = None
    due: date | None = None
    status: InvoiceStatus = InvoiceStatus.OPEN
    reference: str | None = None
    references: dict[str, str] = Factory(dict)
    customer: str | None = None

    def record(self, customers: Mapping[str, Customer]) -> Invoice:
        amount, currency = self.outstanding.split()
        return Invoice(
            id=self.id,
            number=self.number,
            outstanding=Decimal(amount),
            total=self.total,
            currency=currency,
            issue_date=self.issued,
            due_date=self.due,
            status=self.status,
            creditor_reference=self.reference,
            references=self.references,
            customer=customers[self.customer] if self.customer else None,
        )


@frozen(kw_only=True)
class Expected:
    """What a bookkeeper expects of one transaction; what is left out is not checked.

    Attributes:
        outcome: Match, review or none.
        allocations: The first proposal: invoice to major units.
        unapplied: What is left of the transaction.
        offered: The best proposals, in any order: ids of their invoices.
        reasons: Exactly these, in any order.
    """

    outcome: Outcome
    allocations: dict[str, Decimal] | None = None
    unapplied: Decimal | None = None
    offered: list[list[str]] | None = None
    reasons: list[Reason] | None = None

    def check(self, line: Match) -> None:
        applied = {a.invoice: a.amount for a in line.allocations}
        assert line.outcome is self.outcome
        if self.allocations is not None:
            assert applied == self.allocations
        if self.unapplied is not None:
            assert line.unapplied == self.unapplied
        if self.offered is not None:
            rest = [p.allocations for p in line.alternatives]
            held = [[a.invoice for a in one] for one in (line.allocations, *rest)]
            best = held[: len(self.offered)]
            assert sorted(best) == sorted(map(sorted, self.offered))
        if self.reasons is not None:
            assert sorted(line.reasons) == sorted(self.reasons)


@frozen(kw_only=True)
class Scenario:
    """One file.

    Attributes:
        name: What happens.
        why: Why it is judged so.
        transactions: What reached the bank.
        invoices: The ledger.
        customers: Who the invoices were sent to.
        ruleset: A ruleset in TOML, where the default will not do.
        expect: Of each transaction, by its id.
    """

    name: str
    why: str
    transactions: list[Payment]
    invoices: list[Owed]
    customers: list[Customer] = Factory(list)
    ruleset: str = ""
    expect: dict[str, Expected]


def read(path: Path) -> Scenario:
    """Read a scenario; a key that is not known is an error."""
    document: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    if "outcome" in document["expect"]:
        (only,) = document["transactions"]
        document["expect"] = {only["id"]: document["expect"]}
    converter = make_converter(forbid_extra_keys=True)
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(text))
    return converter.structure(document, Scenario)


def runs(scenario: Scenario) -> Iterator[dict[str, Match]]:
    """The scenario as it is written, and the other way round."""
    customers = {customer.id: customer for customer in scenario.customers}
    transactions = [one.record() for one in scenario.transactions]
    invoices = [one.record(customers) for one in scenario.invoices]
    ruleset = Ruleset.from_toml(scenario.ruleset)
    for step in (1, -1):
        result = match(transactions[::step], invoices[::step], ruleset)
        assert not result.rejected
        yield {line.transaction: line for line in result}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_goes_as_the_bookkeeper_says(path):
    scenario = read(path)
    assert set(scenario.expect) == {one.id for one in scenario.transactions}
    for held in runs(scenario):
        for transaction, expected in scenario.expect.items():
            expected.check(held[transaction])


def test_there_is_a_scenario_for_every_outcome_and_reason():
    expected = [one for path in FILES for one in read(path).expect.values()]
    assert {one.outcome for one in expected} == set(Outcome)
    said = {reason for one in expected for reason in one.reasons or ()}
    later = {Reason.REJECTED_BEFORE, Reason.REVIEW_BY_POLICY, Reason.LOW_CONFIDENCE}
    assert said >= set(Reason) - later


def test_no_two_scenarios_have_one_name():
    names = [read(path).name for path in FILES]
    assert sorted(names) == sorted(set(names))
    assert len(names) >= 40


def test_a_key_that_is_not_known_is_refused(tmp_path):
    text = FILES[0].read_text("utf-8").replace("due =", "dueh =")
    path = tmp_path / "wrong.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Exception, match="While structuring"):
        read(path)
