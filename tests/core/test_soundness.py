"""Whatever stands in a field of a record: it is used or set aside, never a crash."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve, fields

from payymo_core import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Outcome,
    Transaction,
    TransactionStatus,
    match,
    sentence,
)
from payymo_core.reading import invoice_columns, transaction_columns
from tests.builders import ANYTHING, bill, payment

Allowed = Callable[[Any], bool]


def a_text(value: object) -> bool:
    return isinstance(value, str)


def or_none(allowed: Allowed) -> Allowed:
    return lambda value: value is None or allowed(value)


def an_amount(value: object) -> bool:
    """The only one among the values that euros can have."""
    return type(value) is Decimal and repr(value) == "Decimal('1.00')"


def a_day(value: object) -> bool:
    return type(value) is date


def texts(value: object) -> bool:
    return isinstance(value, tuple) and all(map(a_text, value))


def a_mapping(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        a_text(key) and a_text(text) for key, text in value.items()
    )


OF_TRANSACTION: dict[str, Allowed] = {
    "id": lambda value: a_text(value) and value != "",
    "amount": an_amount,
    "currency": lambda value: isinstance(value, str) and value == "EUR",
    "booking_date": or_none(a_day),
    "value_date": or_none(a_day),
    "status": lambda value: isinstance(value, str) and value in set(TransactionStatus),
    "remittance": or_none(a_text),
    "creditor_reference": or_none(a_text),
    "end_to_end_id": or_none(a_text),
    "mandate_id": or_none(a_text),
    "counterparty": or_none(lambda value: isinstance(value, Counterparty)),
    "account": or_none(a_text),
    "fee": or_none(an_amount),
    "metadata": a_mapping,
}
OF_INVOICE: dict[str, Allowed] = {
    "id": OF_TRANSACTION["id"],
    "outstanding": an_amount,
    "currency": OF_TRANSACTION["currency"],
    "number": or_none(a_text),
    "total": or_none(an_amount),
    "issue_date": or_none(a_day),
    "due_date": or_none(a_day),
    "status": lambda value: isinstance(value, str) and value in set(InvoiceStatus),
    "creditor_reference": or_none(a_text),
    "references": a_mapping,
    "customer": or_none(lambda value: isinstance(value, Customer)),
    "metadata": a_mapping,
}
OF_COUNTERPARTY: dict[str, Allowed] = {
    "name": or_none(a_text),
    "iban": or_none(a_text),
    "account": or_none(a_text),
}
OF_CUSTOMER: dict[str, Allowed] = {
    "id": OF_TRANSACTION["id"],
    "name": or_none(a_text),
    "company": or_none(a_text),
    "email": or_none(a_text),
    "ibans": texts,
    "accounts": texts,
    "aliases": texts,
}

PAID = payment("zz", "119.00 EUR", "INV-2026-0042", payer="Anna Berg")
OWED = bill(
    "zz",
    "119.00 EUR",
    "INV-2026-0042",
    customer=Customer(id="berg", name="Anna Berg", aliases=("A. Berg",)),
)


def a_payment(place: int, **said: Any) -> Transaction:
    return evolve(payment(f"t{place}", "1.00 EUR", "INV-2026-0007"), **said)


def a_bill(place: int, **said: Any) -> Invoice:
    return evolve(bill(f"i{place}", "1.00 EUR", "INV-2026-0007"), **said)


def id_of(record: Transaction | Invoice) -> str:
    known: object = record.id
    return known if isinstance(known, str) else ""


@pytest.mark.parametrize("field", OF_TRANSACTION)
def test_whatever_a_transaction_holds(field):
    held = [a_payment(place, **{field: v}) for place, v in enumerate(ANYTHING)]
    expect_transactions(held, field, OF_TRANSACTION[field])


@pytest.mark.parametrize("field", OF_COUNTERPARTY)
def test_whatever_the_other_side_holds(field):
    others = [evolve(Counterparty(), **{field: value}) for value in ANYTHING]
    held = [a_payment(place, counterparty=c) for place, c in enumerate(others)]
    expect_transactions(held, f"counterparty.{field}", OF_COUNTERPARTY[field])


def expect_transactions(
    held: Sequence[Transaction], path: str, allowed: Allowed
) -> None:
    """A transaction a value: each is used, or set aside, alone and with the others."""
    for record, value in zip(held, ANYTHING, strict=True):
        columns, rejected = transaction_columns([record, PAID])
        usable = [record, PAID] if allowed(value) else [PAID]
        assert sorted(columns.records, key=id_of) == sorted(usable, key=id_of)
        assert [(one.record_id, one.field) for one in rejected] == [
            (id_of(record), path)
        ] * (not allowed(value))
    expect_the_rest_matched([*held, PAID], [OWED], allowed)


@pytest.mark.parametrize("field", OF_INVOICE)
def test_whatever_an_invoice_holds(field):
    held = [a_bill(place, **{field: value}) for place, value in enumerate(ANYTHING)]
    expect_invoices(held, field, OF_INVOICE[field])


@pytest.mark.parametrize("field", OF_CUSTOMER)
def test_whatever_a_customer_holds(field):
    customers = [evolve(Customer(id="c"), **{field: value}) for value in ANYTHING]
    held = [a_bill(place, customer=c) for place, c in enumerate(customers)]
    expect_invoices(held, f"customer.{field}", OF_CUSTOMER[field])


def expect_invoices(held: Sequence[Invoice], path: str, allowed: Allowed) -> None:
    """As ``expect_transactions``."""
    for record, value in zip(held, ANYTHING, strict=True):
        columns, rejected = invoice_columns([record, OWED])
        usable = [record, OWED] if allowed(value) else [OWED]
        assert sorted(columns.records, key=id_of) == sorted(usable, key=id_of)
        assert [(one.record_id, one.field) for one in rejected] == [
            (id_of(record), path)
        ] * (not allowed(value))
    expect_the_rest_matched([PAID], [*held, OWED], allowed)


def expect_the_rest_matched(
    transactions: Sequence[Transaction], invoices: Sequence[Invoice], allowed: Allowed
) -> None:
    result = match(transactions, invoices)
    assert len(result.rejected) == sum(not allowed(value) for value in ANYTHING)
    assert result.of(PAID.id).outcome is Outcome.MATCH
    assert all(sentence(row) for line in result for row in line.evidence)


def test_no_field_is_left_out():
    for kind, known in (
        (Transaction, OF_TRANSACTION),
        (Invoice, OF_INVOICE),
        (Counterparty, OF_COUNTERPARTY),
        (Customer, OF_CUSTOMER),
    ):
        assert [field.name for field in fields(kind)] == list(known)


@pytest.mark.parametrize("value", [Decimal("sNaN"), [], {"a": []}, float("nan")])
def test_unsound_records_of_one_id_are_not_compared(value):
    """What makes a record unsound may also make a comparison of two fail."""
    twice = [a_payment(1, amount=value), a_payment(1, amount=value)]
    result = match([*twice, a_payment(1), PAID], [OWED])
    assert [line.transaction for line in result] == ["t1", "zz"]
    assert [rejected.field for rejected in result.rejected] == ["amount", "amount"]


def test_what_is_no_record_at_all_is_set_aside():
    strangers: list[Any] = [None, "t1", {"id": "t1"}, 5, OWED, *ANYTHING[-2:]]
    result = match([*strangers, PAID], [PAID, OWED])  # type: ignore[list-item]
    assert [line.outcome for line in result] == [Outcome.MATCH]
    assert len(result.rejected) == len(strangers) + 1
