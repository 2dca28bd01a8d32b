"""What of a hot customer is not at hand still counts."""

from datetime import date
from decimal import Decimal

import pytest

from payymo_core import (
    Counterparty,
    Customer,
    Invoice,
    Outcome,
    Transaction,
    match,
)
from payymo_core.rules import GroupLimits, Ruleset
from tests.builders import bill, payment

IBAN = "DE89370400440532013000"


@pytest.mark.parametrize("count", [2, 24, 40, 41, 60, 500])
def test_equal_items_of_one_payer_share_the_confidence(count: int) -> None:
    payer = Customer(id="c1", name="Anton Berger", ibans=(IBAN,))
    invoices = [
        Invoice(
            id=f"i{place}",
            number=str(place),
            outstanding=Decimal("29.00"),
            currency="EUR",
            due_date=date(2026, 3, 1),
            customer=payer,
        )
        for place in range(1, count + 1)
    ]
    paid = Transaction(
        id="t1",
        amount=Decimal("29.00"),
        currency="EUR",
        booking_date=date(2026, 3, 2),
        remittance="danke",
        counterparty=Counterparty(name="Anton Berger", iban=IBAN),
    )
    (found,) = match([paid], invoices)
    assert found.outcome is Outcome.REVIEW
    assert found.confidence <= 1.05 / count


@pytest.mark.parametrize(
    ("money", "other", "outcome"),
    [
        ("1298.00 EUR", "48.00 EUR", Outcome.REVIEW),  # both are paid
        ("1202.00 EUR", "-48.00 EUR", Outcome.REVIEW),  # a credit note is set off
        ("1298.00 EUR", "47.00 EUR", Outcome.MATCH),  # too much, and no more
    ],
)
def test_a_difference_that_another_item_comes_to_is_asked_about(money, other, outcome):
    """Who owes so much that no sums are formed may have paid two all the same."""
    berg = Customer(id="berg", name="Anna Berg", ibans=("DE89370400440532013000",))
    owed = [
        bill("i1", "1250.00 EUR", "INV-2026-0101", customer=berg),
        bill("i2", other, "INV-2026-0137", customer=berg),
        bill("i3", "30.00 EUR", "INV-2026-0166", customer=berg),
    ]
    paid = payment("t1", money, "INV-2026-0101", iban=berg.ibans[0])
    rules = Ruleset(groups=GroupLimits(open_items=2))
    (found,) = match([paid], owed, rules)
    assert found.outcome is outcome
    assert [each.invoice for each in found.allocations] == ["i1"]
