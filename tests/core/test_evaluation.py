"""How good a run was, counted by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Allocation, Match, Outcome, Proposal, Truth, evaluate, match
from tests import strategies


def line(
    transaction: str, outcome: Outcome, confidence: float, *proposals: list[str]
) -> Match:
    """A match with its proposals, given as ids of invoices."""
    held = [tuple(Allocation(i, Decimal(1)) for i in one) for one in proposals]
    return Match(
        transaction=transaction,
        outcome=outcome,
        confidence=confidence,
        allocations=held[0] if held else (),
        unapplied=Decimal(0),
        alternatives=tuple(Proposal(one, 0.1) for one in held[1:]),
        evidence=(),
        reasons=(),
    )


def truth(transaction: str, *invoices: str) -> Truth:
    return Truth(transaction=transaction, invoices=invoices)


RUN = [
    line("t1", Outcome.MATCH, 1.0, ["a"]),
    line("t2", Outcome.MATCH, 0.99, ["b"]),
    line("t3", Outcome.REVIEW, 0.5, ["x"], ["c"]),
    line("t4", Outcome.REVIEW, 0.4, ["x"], ["y"], ["z"], ["d"]),
    line("t5", Outcome.NONE, 0.9),
    line("t6", Outcome.NONE, 0.8),
    line("t7", Outcome.MATCH, 0.99, ["q"]),
    line("t8", Outcome.MATCH, 1.0, ["unknown"]),
    line("t9", Outcome.MATCH, 0.97, ["f", "e"]),
]
TRUTH = [
    truth("t1", "a"),
    truth("t2", "b", "c"),
    truth("t3", "c"),
    truth("t4", "d"),
    truth("t5"),
    truth("t6", "g"),
    truth("t7"),
    truth("t9", "e", "f"),
    truth("nobody", "h"),
]


def test_the_figures_are_what_a_hand_counts():
    figures = evaluate(RUN, TRUTH)
    assert figures.transactions == 8
    assert (figures.matched, figures.matched_right, figures.reviewed) == (4, 2, 2)
    assert figures.payable == 6
    assert figures.precision == pytest.approx(2 / 4)
    assert figures.straight_through == pytest.approx(2 / 6)
    assert figures.first_right == pytest.approx(2 / 6)
    assert figures.top_three_right == pytest.approx(3 / 6)
    assert figures.review_load == pytest.approx(2 / 8)
    assert figures.matched_nothing == 1
    assert figures.wrong == ("t2", "t7")


def test_calibration_compares_confidence_with_how_often_it_was_right():
    figures = evaluate(RUN, TRUTH)
    top = figures.calibration[-1]
    assert (top.low, top.high, top.count) == (0.9, 1.0, 5)
    assert top.accuracy == pytest.approx(3 / 5)
    assert top.confidence == pytest.approx((1.0 + 0.99 + 0.9 + 0.99 + 0.97) / 5)
    assert sum(one.count for one in figures.calibration) == figures.transactions
    expected = sum(
        one.count * abs(one.confidence - one.accuracy) for one in figures.calibration
    )
    assert figures.calibration_error == pytest.approx(expected / 8)


def test_there_is_no_share_of_nothing():
    figures = evaluate([], [])
    assert (figures.transactions, figures.precision) == (0, None)
    assert (figures.straight_through, figures.review_load) == (None, None)
    assert figures.calibration_error is None
    assert figures.calibration == ()


@given(strategies.worlds(), st.randoms(use_true_random=False))
def test_the_order_of_matches_and_truths_changes_nothing(world, random):
    held = list(match(world.transactions, world.invoices))
    truths = [truth(m.transaction, *(a.invoice for a in m.allocations)) for m in held]
    before = evaluate(held, truths)
    assert before.precision in (None, 1.0)
    assert before.first_right in (None, 1.0)
    random.shuffle(held)
    random.shuffle(truths)
    assert evaluate(held, truths) == before
