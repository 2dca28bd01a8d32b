"""What of a hot customer is not at hand still counts."""

from datetime import date
from decimal import Decimal

import pytest

from payymo_core import Counterparty, Customer, Invoice, Outcome, Transaction, match

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
