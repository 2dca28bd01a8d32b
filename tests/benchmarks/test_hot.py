"""The hot worlds are hot, and as true as the one they were made of."""

from collections import Counter
from decimal import Decimal

import pytest

from benchmarks import hot
from benchmarks.generate import make_world
from benchmarks.world import Regime, World

SIZE = 600


@pytest.fixture(scope="module")
def normal() -> World:
    return make_world(Regime.MIXED, SIZE, 7, SIZE)


def exact_pairs(world: World) -> set[tuple[str, str]]:
    """Payments of one of the exact kinds that are what is outstanding."""
    owed = {invoice.id: invoice.outstanding for invoice in world.invoices}
    paid = {transaction.id: transaction.amount for transaction in world.transactions}
    return {
        (row.transaction, invoice)
        for row in world.truths
        if row.kind in hot.EXACT
        and sum((owed[i] for i in row.invoices), Decimal(0)) == paid[row.transaction]
        for invoice in row.invoices
    }


@pytest.mark.parametrize("case", list(hot.CASES))
def test_what_was_paid_in_full_still_is(case: str, normal: World) -> None:
    made = hot.CASES[case](normal)
    assert made.truths == normal.truths
    assert exact_pairs(made) == exact_pairs(normal)
    assert len(exact_pairs(made)) > SIZE / 3


def test_one_amount_is_on_most_of_the_open_invoices(normal: World) -> None:
    made = hot.one_amount(normal)
    owed = [i.outstanding for i in made.invoices if i.outstanding > 0]
    # What is paid in parts or net of a fee keeps its own amount.
    prices = {Decimal("49.00"), Decimal(4900)}
    assert sum(amount in prices for amount in owed) > 0.55 * len(owed)
    assert sum(t.amount in prices for t in made.transactions) > SIZE / 4


def test_one_customer_has_a_tenth(normal: World) -> None:
    made = hot.one_customer(normal)
    ((identity, most), *_) = Counter(
        i.customer.id for i in made.invoices if i.customer
    ).most_common(1)
    assert identity == "giant"
    assert SIZE / 10 <= most < SIZE / 8
    payers = [t.counterparty for t in made.transactions if t.counterparty]
    assert sum(payer.iban == hot.GIANT_IBAN for payer in payers) > SIZE / 25


def test_one_number_is_on_a_tenth_and_quoted(normal: World) -> None:
    made = hot.one_number(normal)
    ((number, count),) = Counter(i.number for i in made.invoices).most_common(1)
    assert number
    assert count == SIZE / 10
    quoted = [t for t in made.transactions if number in (t.remittance or "")]
    assert len(quoted) > SIZE / 30


def test_every_text_has_thirty_numbers_more(normal: World) -> None:
    made = hot.thirty_numbers(normal)
    for before, after in zip(normal.transactions, made.transactions, strict=True):
        more = (after.remittance or "").removeprefix(before.remittance or "").split()
        assert len(more) == 30
        assert all(word.isdigit() for word in more)


def test_no_two_payers_have_one_name(normal: World) -> None:
    made = hot.unique_names(normal)
    names = [t.counterparty.name for t in made.transactions if t.counterparty]
    assert len(set(names)) == len(made.transactions)


def test_a_world_is_measured_whole(normal: World) -> None:
    found = hot.measure(hot.one_number(normal), runs=1)
    assert found.seconds > 0
    assert found.recall > 0.5
    assert found.wrong == 0
    assert set(found.capped.values()) != {0}
    line = hot.shown("one number", found, found)
    assert "1.00" in line
    assert "reference" in line
