"""Decisions told in words, and why not the other one."""

import pytest
from attrs import evolve
from hypothesis import given, settings

from payymo_core import (
    Customer,
    Outcome,
    Reason,
    explain,
    explain_pair,
    match,
    reason_in_words,
    sentence,
)
from tests import strategies
from tests.builders import bill, payment

BERG = Customer(id="berg", name="Anna Berg")


@settings(max_examples=30)
@given(strategies.worlds())
def test_every_row_of_every_answer_is_a_sentence(world):
    result = match(world.transactions, world.invoices)
    for line in result:
        rows = [*line.evidence]
        for invoice in world.invoices:
            rows += explain_pair(result, line.transaction, invoice.id).rows
        for row in rows:
            said = sentence(row)
            assert said.strip() == said != ""
            assert "None" not in said


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_a_sentence(reason):
    assert reason_in_words(reason).endswith(".")


def test_the_rows_stand_in_their_order_and_name_the_texts():
    transactions = [
        payment(
            "t1", "119.00 EUR", "inv-2026-0042", booked="2026-03-04", payer="A BERG"
        )
    ]
    invoices = [
        bill("i42", "119.00 EUR", "INV-2026-0042", due="2026-03-01", customer=BERG)
    ]
    rows = explain(match(transactions, invoices), "t1").rows
    assert [row.rule for row in rows] == [
        "prior",
        "amount",
        "invoice number",
        "counterparty",
        "dates",
        "rivals",
    ]
    by_rule = {row.rule: row for row in rows}
    assert by_rule["amount"].transaction_text == "119.00 EUR"
    assert by_rule["invoice number"].transaction_text == "INV-2026-0042"
    assert by_rule["counterparty"].invoice_text == "Anna Berg"
    assert by_rule["dates"].transaction_text == "2026-03-04"
    assert "due 2026-03-01" in by_rule["dates"].invoice_text


def test_a_fee_is_told_with_the_amount():
    transactions = [payment("t1", "115.25 EUR", "A-42", fee=strategies.major(375))]
    result = match(transactions, [bill("i42", "119.00 EUR", "A-42")])
    amount = next(row for row in result[0].evidence if row.rule == "amount")
    assert amount.transaction_text == "119.00 EUR (115.25 + fee)"


WHY_NOT = [
    ({"status": "pending"}, {}, "pending"),
    ({}, {"status": "paid"}, "not open"),
    ({}, {"status": "cancelled"}, "not open"),
    ({}, {"outstanding": strategies.major(0)}, "nothing outstanding"),
    ({"currency": "USD"}, {}, "the money came in USD"),
    ({"amount": strategies.major(-11900)}, {}, "the money went out"),
    ({}, {"outstanding": strategies.major(-11900)}, "credit note"),
]


@pytest.mark.parametrize(("ours", "theirs", "said"), WHY_NOT)
def test_a_gate_is_told_in_words(ours, theirs, said):
    transaction = evolve(payment("t1", "119.00 EUR", "INV-2026-0042"), **ours)
    invoice = evolve(bill("i42", "119.00 EUR", "INV-2026-0042"), **theirs)
    result = match([transaction], [invoice])
    assert result[0].outcome is Outcome.NONE
    why = explain_pair(result, "t1", "i42")
    assert said in why.conclusion
    assert why.conclusion.startswith("Not INV-2026-0042")


def test_what_explains_it_better_is_named():
    invoices = [
        bill("i42", "119.00 EUR", "INV-2026-0042", customer=BERG),
        bill("i43", "119.00 EUR", "INV-2026-0043", customer=BERG),
        bill("i99", "5.00 EUR", "R-99"),
    ]
    result = match([payment("t1", "119.00 EUR", "INV-2026-0042")], invoices)
    for other in ("i43", "i99"):
        why = explain_pair(result, "t1", other)
        assert "i42 explains it better" in why.conclusion
        assert why.invoices == (other,)
    assert explain_pair(result, "t1", "i42") == explain(result, "t1")


def test_nothing_is_explained_too():
    result = match([payment("t1", "1.00 EUR", "interest")], [])
    why = explain(result, "t1")
    assert why.invoices == ()
    assert why.conclusion.startswith("Pays nothing that is open")
