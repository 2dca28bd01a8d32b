"""Confidence against the sum over all joint explanations."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from payymo_core.confidence import confidences
from payymo_core.learnt import Calibration
from payymo_core.scoring import Kind
from tests import strategies
from tests.builders import Claim, hypotheses
from tests.oracles import Claims, has_cycle, posterior

# Probabilities are rounded to 2**-8 bits of log-odds: at most ln 2 / 2**9 / 4 off.
ROUNDING = 0.00034
# Where disputes run in a circle, the engine sums exactly what looks sure and leaves the
# rest to an approximation. Over 10,800 random circles no hypothesis at 0.99 or more was
# truly below 0.989; where nothing is sure, figures were off by up to 0.67.
SURE = 0.99
TRULY_SURE = 0.98


def computed(claims: Claims, outstanding: Sequence[int]) -> list[list[float]]:
    table = confidences(hypotheses(claims), np.array(outstanding), Calibration())
    held = iter(table.of.tolist())
    return [[next(held) for _ in row] for row in claims]


def furthest(claims: Claims, outstanding: Sequence[int]) -> float:
    """The largest distance between the engine's and the true probabilities."""
    pairs = zip(
        computed(claims, outstanding), posterior(claims, outstanding), strict=True
    )
    return max(
        (
            abs(one - other)
            for ours, theirs in pairs
            for one, other in zip(ours, theirs, strict=True)
        ),
        default=0.0,
    )


@given(strategies.claims())
def test_without_a_cycle_it_is_the_share_of_all_joint_explanations(table):
    claims, outstanding = table
    assume(not has_cycle(claims))
    assert furthest(claims, outstanding) <= ROUNDING


@given(strategies.claims(most_rows=6, most_invoices=7))
def test_a_larger_tree_is_exact_too(table):
    claims, outstanding = table
    assume(not has_cycle(claims))
    assert furthest(claims, outstanding) <= ROUNDING


@given(st.integers(2, 8), st.integers(0, 40), st.integers(0, 40))
def test_a_chain_of_disputes_is_exact_from_end_to_end(links, odd, even):
    """Each transaction wants its invoice and the next one's: far news must arrive."""
    claims = [
        [Claim(odd / 4, {row: 12}), Claim(even / 4, {row + 1: 12})]
        for row in range(links)
    ]
    assert furthest(claims, [12] * (links + 1)) <= ROUNDING


@given(strategies.claims(most_rows=5))
def test_what_looks_sure_in_a_circle_is_sure(table):
    claims, outstanding = table
    assume(has_cycle(claims))
    look_sure(claims, outstanding)


def look_sure(claims: Claims, outstanding: Sequence[int]) -> None:
    ours, theirs = computed(claims, outstanding), posterior(claims, outstanding)
    for one, other in zip(chain(*ours), chain(*theirs), strict=True):
        assert one < SURE or other >= TRULY_SURE


def test_two_payments_of_one_set_are_not_sure():
    """A circle: each of the two invoices is disputed by the same two payments."""
    both = {0: 12, 1: 12}
    claims = [[Claim(8.5, both, Kind.SEVERAL)], [Claim(7.25, both, Kind.SEVERAL)]]
    assert furthest(claims, [12, 12]) <= ROUNDING


def test_a_faint_claim_may_be_all_that_a_rival_is_left_with():
    """0.8 % by itself, but what the second pays when the first pays its part of 1."""
    first = [
        Claim(8.5, {0: 12, 2: 12}, Kind.SEVERAL),
        Claim(11.5, {1: 10}, Kind.PART),
        Claim(-1.75, {0: 12}),
    ]
    second = [Claim(3.5, {2: 12}), Claim(10.5, {1: 12})]
    look_sure([first, second], [12, 12, 12])


@given(strategies.claims())
def test_nothing_and_the_rest_are_one(table):
    claims, outstanding = table
    result = confidences(hypotheses(claims), np.array(outstanding), Calibration())
    for row, (held, nothing) in enumerate(
        zip(computed(claims, outstanding), result.nothing.tolist(), strict=True)
    ):
        assert abs(sum(held) + nothing - 1) <= ROUNDING * (len(claims[row]) + 1)


@given(st.integers(2, 6), st.integers(-8, 48))
def test_symmetric_claims_stay_symmetric(count, quarters):
    everything = [
        [Claim(quarters / 4, {invoice: 12}) for invoice in range(count)]
        for _ in range(count)
    ]
    held = computed(everything, [12] * count)
    assert len({confidence for row in held for confidence in row}) == 1


def test_parts_that_fit_leave_each_other_alone():
    alone = computed([[Claim(5.0, {0: 4}, Kind.PART)]], [12])[0][0]
    fitting = [[Claim(5.0, {0: 4}, Kind.PART)]] * 3
    assert computed(fitting, [12]) == [[alone]] * 3
    too_much = [[Claim(5.0, {0: 5}, Kind.PART)]] * 3
    assert max(max(row) for row in computed(too_much, [12])) < alone


def test_a_part_and_a_set_may_both_want_an_invoice():
    """80.00 is a part of 100.00, or all of it less a credit note of 20.00."""
    part, whole = (
        Claim(5.0, {0: 8}, Kind.PART),
        Claim(4.0, {0: 12, 1: -4}, Kind.SEVERAL),
    )
    claims, outstanding = [[part, whole], [Claim(6.0, {0: 4}, Kind.PART)]], [12, -4]
    assert furthest(claims, outstanding) <= ROUNDING


def test_one_component_changes_nothing_in_another():
    disputed = [[Claim(5.0, {0: 12})], [Claim(7.0, {0: 12})]]
    elsewhere = [[Claim(3.0, {1: 12}), Claim(2.0, {2: 12})], [Claim(9.0, {2: 12})]]
    together = computed(disputed + elsewhere, [12] * 3)
    assert together[:2] == computed(disputed, [12] * 3)
    assert together[2:] == computed(elsewhere, [12] * 3)


def test_a_closed_invoice_competes_with_nothing_but_nothing():
    claims = [[Claim(6.0, {0: 12}), Claim(6.0, {1: 0}, Kind.CLOSED)]]
    result = confidences(hypotheses(claims), np.array([12, 0]), Calibration())
    open_one, closed = result.of.tolist()
    assert abs(open_one - 64 / 129) <= ROUNDING
    assert abs(closed - 64 / 129) <= ROUNDING
    assert abs(result.nothing[0] - 65 / 129) <= ROUNDING


def test_a_confidence_is_the_probability_of_its_log_odds_to_the_last_digit():
    claims = [[Claim(n / 128, {n + 3_000: 12})] for n in range(-3_000, 3_000)]
    result = confidences(hypotheses(claims), np.full(6_000, 12), Calibration())
    assert result.of.tolist() == [
        1 / (1 + 2**-bits) for bits in result.log_odds.tolist()
    ]


def test_weights_beyond_any_float_are_still_probabilities():
    claims = [[Claim(5000.0, {0: 12}), Claim(-5000.0, {1: 12})]]
    certain, hopeless = computed(claims, [12, 12])[0]
    assert certain > 1 - 2**-39
    assert hopeless < 2**-39
