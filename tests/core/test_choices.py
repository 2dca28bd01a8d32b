"""How likely a customer is to choose just these of his open items."""

from collections.abc import Sequence
from itertools import combinations
from math import log2

import pytest

from payymo_core import Customer, Invoice, match
from tests.builders import bill, payment

IBAN = "DE89370400440532013000"
WEBER = Customer(id="c1", name="Anton Weber", ibans=(IBAN,))


def open_items(count: int) -> list[Invoice]:
    """Items of one customer, no two sets of which have one sum."""
    return [
        bill(f"i{n}", f"{100 + 2**n}.13 EUR", str(70_000 + n), customer=WEBER)
        for n in range(count)
    ]


def chosen(items: Sequence[Invoice], places: Sequence[int]) -> float:
    """How likely the explanation of a payment takes just these to be chosen."""
    total = sum(items[place].outstanding for place in places)
    paid = payment("t1", f"{total} EUR", "danke", iban=IBAN, payer="Anton Weber")
    (found,) = match([paid], items)
    assert [a.invoice for a in found.allocations] == [f"i{n}" for n in places]
    (bits,) = (row.weight for row in found.evidence if row.rule == "set")
    return float(2**bits)


@pytest.mark.parametrize("count", [2, 3, 5, 7])
def test_the_sets_of_a_customer_share_what_his_items_weigh(count: int) -> None:
    items = open_items(count)
    sets = [s for size in range(2, count + 1) for s in combinations(range(count), size)]
    total = sum(chosen(items, places) for places in sets)
    assert 0.4 * count < total < 1.01 * count


def test_who_owes_more_invoices_pays_the_more_often() -> None:
    few, many = (chosen(open_items(n), range(n)) for n in (2, 8))
    # Everything that is open is as likely a choice of either.
    assert log2(many / few) == pytest.approx(2, abs=0.7)
