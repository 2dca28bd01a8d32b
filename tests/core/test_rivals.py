"""Who competes with whom: against a plain search through all hypotheses."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.confidence import confidences
from payymo_core.learnt import Calibration
from payymo_core.reading import invoice_columns, transaction_columns
from payymo_core.rivals import Contest, RivalKind, rivals_row, strongest
from payymo_core.scoring import Kind
from tests import strategies
from tests.builders import Claim, bill, hypotheses, payment

DAY_ONE = date(2026, 3, 1)


def contest(
    claims: Sequence[Sequence[Claim]],
    days: Sequence[int | None] = (),
    *,
    other: float = 0.0,
    again: float = 0.0,
) -> Contest:
    """A contest of claims; the first transaction has the further odds."""
    table = hypotheses(claims)
    first = np.zeros(len(claims))
    first[0] = 1.0
    table = evolve(table, other=other * first, again=again * first)
    booked = [*days, *[None] * (len(claims) - len(days))]
    paid = [
        evolve(
            payment(f"t{n}", "9.00 EUR"),
            booking_date=None if day is None else DAY_ONE + timedelta(days=day),
        )
        for n, day in enumerate(booked)
    ]
    size = 1 + max((i for held in claims for c in held for i in c.money), default=0)
    owed = [bill(f"i{n}", "9.00 EUR", f"A-{n}") for n in range(size)]
    outstanding = np.full(size, 12)
    return Contest.of(
        table,
        confidences(table, outstanding, Calibration()),
        transaction_columns(paid)[0],
        invoice_columns(owed)[0],
    )


def flat(claims: Sequence[Sequence[Claim]]) -> list[tuple[int, Claim]]:
    return [(row, claim) for row, held in enumerate(claims) for claim in held]


def compete(one: Claim, other: Claim) -> bool:
    parts = one.kind is Kind.PART and other.kind is Kind.PART
    return bool(one.invoices & other.invoices) and not parts


@given(strategies.claims())
def test_the_claims_of_other_payments_are_all_found_the_likeliest_first(drawn):
    claims, _ = drawn
    held, table = contest(claims), flat(claims)
    of = held.confidence.of
    for mine, (row, claim) in enumerate(table):
        wanted: dict[int, float] = {}
        for place, (other_row, other) in enumerate(table):
            if other_row != row and compete(claim, other):
                wanted[other_row] = max(wanted.get(other_row, 0.0), of[place])
        found = held.claims(mine)
        assert {table[place][0] for place in found} == set(wanted)
        assert [of[place] for place in found] == sorted(wanted.values(), reverse=True)


DAYS = st.lists(st.sampled_from((None, 0, 0, 1, 2)), min_size=4, max_size=4)


@given(strategies.claims(), DAYS)
def test_a_payment_repeats_only_what_an_earlier_one_claims_whole(drawn, days):
    claims, _ = drawn
    held, table = contest(claims, days), flat(claims)
    for row in range(len(claims)):
        earlier = {
            place
            for place, (other_row, other) in enumerate(table)
            if other.kind is not Kind.PART
            for claim in claims[row]
            if claim.kind is not Kind.PART
            and other_row != row
            and claim.invoices & other.invoices
            and days[row] is not None
            and days[other_row] is not None
            and days[other_row] < days[row]
        }
        before = held.paid_before(row)
        assert (before is None) == (not earlier)
        assert before is None or before in earlier


FULL, OTHER = Claim(6.0, {0: 12}), Claim(5.0, {1: 12})
CLOSED = Claim(5.0, {1: 12}, Kind.CLOSED)


@pytest.mark.parametrize(
    ("held", "kind"),
    [
        (contest([[FULL, OTHER]]), RivalKind.OTHER_INVOICES),
        (contest([[FULL, CLOSED]]), RivalKind.CLOSED_INVOICE),
        (contest([[FULL], [FULL]]), RivalKind.OTHER_PAYMENT),
        (contest([[FULL, OTHER], [OTHER]]), RivalKind.OTHER_INVOICES),
        (contest([[FULL]], other=40.0), RivalKind.MANY),
        (contest([[FULL], [Claim(-3.0, {0: 12})]], [1, 0], again=40.0), "second"),
    ],
)
def test_what_takes_most_is_told(held, kind):
    rival = strongest(held, 0)
    assert rival.kind.startswith(kind)
    row = rivals_row(held, 0, held.weight[0], held.confidence.log_odds[0])
    assert row.level == rival.kind
    assert row.weight < -0.5


def test_the_rival_payment_is_named_with_its_day_and_the_invoice():
    held = contest([[FULL], [FULL]], [0, 0])
    row = rivals_row(held, 0, held.weight[0], held.confidence.log_odds[0])
    assert row.transaction_text.startswith("t1 of 2026-03-01 (")
    assert row.invoice_text == "A-0"


def test_where_nothing_is_taken_nothing_is_named():
    held = contest([[FULL], [OTHER]])
    row = rivals_row(held, 0, held.weight[0], held.confidence.log_odds[0])
    assert (row.level, row.weight) == ("none", 0.0)


@given(strategies.claims())
def test_a_rival_of_the_same_payment_counts_as_other_payments_leave_it(drawn):
    """What is named first is the likeliest of all that the payment may be instead."""
    claims, _ = drawn
    held = contest(claims)
    of, lost = held.confidence.of, held.weight - held.confidence.log_odds
    for mine in np.flatnonzero(lost > 0.01).tolist():
        rival = strongest(held, mine)
        if rival.kind is RivalKind.OTHER_INVOICES:
            assert rival.hypothesis is not None
            assert of[rival.hypothesis] == max(of[held.rest(mine)])
        if rival.kind is RivalKind.OTHER_PAYMENT:
            assert [rival.hypothesis] == held.claims(mine)[:1]
