"""Lists that give only their first number in full."""

from decimal import Decimal

import pytest

from payymo_core import Invoice, Transaction
from payymo_core.engine import candidate_pairs


def named(text: str, *numbers: str) -> set[str]:
    """Which of the numbers a text brings, whatever their amounts."""
    invoices = [
        Invoice(id=number, number=number, outstanding=Decimal(amount), currency="EUR")
        for amount, number in enumerate(numbers, 1000)
    ]
    paid = Transaction(id="t", amount=Decimal(7), currency="EUR", remittance=text)
    return {invoice for _, invoice in candidate_pairs([paid], invoices)}


@pytest.mark.parametrize(
    ("text", "numbers", "brought"),
    [
        ("ZC3-26, 29, 31", ["ZC3-26", "ZC3-29", "ZC3-31"], "all"),
        ("ZC3-26 und 29", ["ZC3-26", "ZC3-29"], "all"),
        ("2026-04480 + 83", ["2026-04480", "2026-04483"], "all"),
        ("INV-2026-004480/4483", ["INV-2026-004480", "INV-2026-004483"], "all"),
        ("20480 & 83 & 91", ["20480", "20483", "20491"], "all"),
        ("rechnung 4480, 4483", ["RE-4480", "RE-4483"], "all"),
        ("ZC3-9, 8", ["ZC3-9", "ZC3-8"], "all"),
        # One digit is no end of a longer number, and a word ends the list.
        ("ZC3-26, 9", ["ZC3-26", "ZC3-29"], "first"),
        ("ZC3-26 for 29 days", ["ZC3-26", "ZC3-29"], "first"),
        ("000012, 34567", ["12", "ZC3-1"], "first"),
        # A blank makes no list, nor does what is counted; a date names nothing.
        ("ZC3-26 29", ["ZC3-26", "ZC3-29"], "first"),
        ("ZC3-26, 29 Tage", ["ZC3-26", "ZC3-29"], "first"),
        ("ZC3-26, 29.", ["ZC3-26", "ZC3-29"], "first"),
        ("2026-04480 29.03.2026", ["2026-04480", "2026-04429"], "first"),
        ("ZC3-26\n29", ["ZC3-26", "ZC3-29"], "first"),
    ],
)
def test_digits_that_go_on_from_a_number(text, numbers, brought):
    found = named(text, *numbers)
    assert found == set(numbers if brought == "all" else numbers[:1])


def test_a_list_goes_on_only_within_its_field():
    invoices = [
        Invoice(id=n, number=n, outstanding=Decimal(a), currency="EUR")
        for a, n in ((1000, "ZC3-26"), (1001, "ZC3-29"))
    ]
    paid = Transaction(
        id="t",
        amount=Decimal(7),
        currency="EUR",
        remittance="ZC3-26",
        end_to_end_id="29",
    )
    assert candidate_pairs([paid], invoices) == {("t", "ZC3-26")}
