"""Other thresholds: what they would have done, and which gives a wanted precision."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.generate import make_world
from benchmarks.world import Regime
from benchmarks.world import World as Generated
from payymo_core import Match, Outcome, Reason, Ruleset, Thresholds, Truth, match
from payymo_core.binomial import lower_bound
from payymo_core.curve import LADDER, CurvePoint, advise, sweep
from payymo_core.judging import judge
from tests import strategies
from tests.builders import answer, truth

M, R, N = Outcome.MATCH, Outcome.REVIEW, Outcome.NONE
LOW = (Reason.LOW_CONFIDENCE,)


def swept(
    answers: list[Match], truths: list[Truth], **thresholds: float
) -> dict[float, CurvePoint]:
    """The curve, by threshold."""
    curve = sweep(judge(answers, truths), Thresholds(**thresholds))
    return {point.threshold: point for point in curve}


# --- the curve ------------------------------------------------------------------------


def test_the_curve_is_what_a_hand_counts():
    curve = swept(
        [
            answer("t1", M, 0.9999, ["a"]),
            answer("t2", M, 0.996, ["b"]),
            answer("t3", R, 0.985, ["c"], reasons=LOW),
            answer("t4", R, 0.6, ["d"], reasons=LOW),
            answer("t5", N, 0.99),
            answer("t6", M, 0.99, ["e"]),
        ],
        [
            truth("t1", "a"),
            truth("t2", "x"),
            truth("t3", "c"),
            truth("t4", "d"),
            truth("t5"),
        ],
    )
    # At 0.98, t3 is matched too, and t6 with it, of which nothing is known.
    at = curve[0.98]
    assert (at.matched, at.right) == (3, 2)
    assert at.precision == pytest.approx(2 / 3)
    assert at.precision_at_least == lower_bound(2, 3, 0.95)
    assert at.straight_through == pytest.approx(2 / 4)
    assert at.review_load == pytest.approx(1 / 6)
    assert (curve[0.99].matched, curve[0.99].right) == (2, 1)
    assert curve[0.99].review_load == pytest.approx(2 / 6)
    assert (curve[0.998].matched, curve[0.998].right) == (1, 1)
    assert curve[0.998].review_load == pytest.approx(4 / 6)
    strictest = curve[0.999999]
    assert (strictest.matched, strictest.precision) == (0, None)
    assert strictest.precision_at_least == 0.0


@pytest.mark.parametrize(
    "review",
    [
        answer("t2", R, 0.97, ["b"], reasons=(Reason.AMBIGUOUS,)),
        answer("t2", R, 0.97, ["b"], reasons=(Reason.AMOUNT_ONLY,)),
        answer("t2", R, 0.97, ["b"], reasons=(*LOW, Reason.REVIEW_BY_POLICY)),
        answer("t2", R, 0.97, ["b"], ["c"], rival=0.08, reasons=LOW),
        answer(
            "t2", R, 0.97, ["b"], amount="manifold", reasons=(Reason.AMOUNT_DIFFERS,)
        ),
        answer("t2", R, 0.995, ["b"], reasons=LOW),
        answer("t2", R, 0.992, ["b"], reasons=LOW),
        answer("t2", N, 0.97),
    ],
    ids=str,
)
def test_what_something_else_bars_is_matched_by_no_threshold(review):
    sure = answer("t1", M, 0.994, ["a"])
    curve = swept([sure, review], [truth("t1", "a"), truth("t2", "b")], match=0.99)
    assert {point.matched for point in curve.values()} == {0, 1}


@pytest.mark.parametrize(
    "review",
    [
        answer("t2", R, 0.97, ["b"], reasons=LOW),
        answer("t2", R, 0.97, ["b"], ["c"], rival=0.06, reasons=LOW),
        answer("t2", R, 0.97, ["b"], reasons=(Reason.AMOUNT_DIFFERS,)),
        answer("t2", R, 0.97, ["b"], reasons=(Reason.CURRENCY_DIFFERS,)),
    ],
    ids=str,
)
def test_what_the_threshold_alone_bars_is_matched_by_a_lower_one(review):
    sure = answer("t1", M, 0.994, ["a"])
    curve = swept([sure, review], [truth("t1", "a"), truth("t2", "b")], match=0.99)
    assert (curve[0.95].matched, curve[0.98].matched) == (2, 1)


def test_a_run_whose_thresholds_were_not_told_is_read_by_its_least_sure_match():
    run = [
        answer("t1", M, 0.93, ["a"]),
        answer("t2", R, 0.95, ["b"], reasons=LOW),
        answer("t3", R, 0.92, ["c"], reasons=LOW),
    ]
    known = [truth("t1", "a"), truth("t2", "b"), truth("t3", "c")]
    assert swept(run, known)[0.9].matched == 2


def rematched(
    world: strategies.World | Generated, used: float, threshold: float
) -> tuple[int, int]:
    """Matches that the curve of a run foretells for a threshold, and those it has."""
    runs = [
        list(match(world.transactions, world.invoices, rules))
        for rules in (
            Ruleset(thresholds=Thresholds(match=used)),
            Ruleset(thresholds=Thresholds(match=threshold)),
        )
    ]
    truths = [
        truth(m.transaction, *(a.invoice for a in m.allocations)) for m in runs[0]
    ]
    foretold = swept(runs[0], truths, match=used)[threshold].matched
    return foretold, sum(m.outcome is M for m in runs[1])


@given(strategies.worlds(), st.sampled_from(LADDER), st.sampled_from(LADDER))
def test_a_higher_threshold_does_what_the_curve_says(world, one, other):
    foretold, has = rematched(world, min(one, other), max(one, other))
    assert foretold == has


@pytest.mark.parametrize("regime", [Regime.HOSTING, Regime.AGENCY])
@pytest.mark.parametrize("threshold", [0.9, 0.95, 0.99, 0.9999])
def test_another_threshold_does_what_the_curve_says_or_a_little_less(regime, threshold):
    world = make_world(regime, 600, 5)
    foretold, has = rematched(world, 0.999, threshold)
    assert has <= foretold <= has + len(world.transactions) // 100


# --- advice ---------------------------------------------------------------------------


def curve_of(*counts: tuple[int, int]) -> list[CurvePoint]:
    """A curve with so many right of so many at the thresholds of the ladder."""
    padded = [*counts, *[(0, 0)] * (len(LADDER) - len(counts))]
    return [
        CurvePoint(
            threshold=threshold,
            matched=matched,
            right=right,
            precision=right / matched if matched else None,
            precision_at_least=lower_bound(right, matched, 0.95),
            straight_through=None,
            review_load=1 - matched / 10_000,
        )
        for threshold, (right, matched) in zip(LADDER, padded, strict=True)
    ]


def advised(curve: list[CurvePoint], precision: float, today: float) -> float | None:
    """The threshold advised."""
    (advice,) = advise(curve, [precision], today)
    return None if advice.point is None else advice.point.threshold


def test_twenty_labels_prove_little_and_say_how_many_would_do():
    curve = curve_of((20, 20), (20, 20))
    (advice,) = advise(curve, [0.999], 0.9)
    assert (advice.point, advice.needed) == (None, 2995)
    assert advised(curve, 0.86, 0.9) == 0.9


@pytest.mark.parametrize(("count", "threshold"), [(2994, None), (2995, 0.8)])
def test_no_label_fewer_than_needed_is_enough(count, threshold):
    assert advised(curve_of((count, count)), 0.999, 0.8) == threshold


def test_it_goes_down_from_today_as_far_as_every_step_is_shown():
    good, bad, few = (900, 900), (900, 1000), (400, 400)
    assert advised(curve_of(bad, good, (850, 850), (800, 800)), 0.99, 0.98) == 0.9
    assert advised(curve_of(good, good, good, (590, 600)), 0.99, 0.95) == 0.95
    assert advised(curve_of(good, bad, (850, 850), (800, 800)), 0.99, 0.98) == 0.95
    assert advised(curve_of(bad, bad, bad, few), 0.99, 0.98) == 0.98


def test_where_today_fails_it_looks_above():
    curve = curve_of((990, 1000), (880, 890), (600, 600), (400, 400), (100, 100))
    assert advised(curve, 0.99, 0.9) == 0.95
    # The strictest with matches enough is wrong too often: no luck below counts.
    unlucky = curve_of((990, 1000), (880, 890), (600, 600), (396, 400), (100, 100))
    assert advised(unlucky, 0.99, 0.9) is None


def test_of_thresholds_that_match_the_same_the_highest_is_named():
    assert advised(curve_of((500, 500), (500, 500), (400, 400)), 0.99, 0.95) == 0.9


def test_several_precisions_are_answered_in_the_order_asked_for():
    found = advise(curve_of((400, 400)), [0.999, 0.9], 0.8)
    assert [a.precision for a in found] == [0.999, 0.9]
    assert [a.point is None for a in found] == [True, False]


def test_advice_is_seldom_wrong_even_where_luck_has_every_chance():
    """Precision is just short of the wanted one at every threshold: none is right."""
    random = np.random.default_rng(7)
    misled = 0
    for _ in range(400):
        confidence = 1 - 10 ** -random.exponential(2.0, 3000)
        wrong = random.random(3000) < 0.0101
        above = [confidence >= threshold for threshold in LADDER]
        counts = [(int((a & ~wrong).sum()), int(a.sum())) for a in above]
        misled += advised(curve_of(*counts), 0.99, 0.99) is not None
    assert misled / 400 < 0.1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=12))
def test_what_is_advised_is_shown_by_what_is_known(steps):
    counts: list[tuple[int, int]] = []
    right = matched = 0
    for good, bad in steps:
        right, matched = right + good, matched + good + bad
        counts.insert(0, (right, matched))
    curve = curve_of(*counts)
    for advice in advise(curve, [0.8, 0.9, 0.95], 0.98):
        if advice.point is not None:
            assert advice.point in curve
            assert advice.point.precision_at_least >= advice.precision
            assert advice.point.matched >= advice.needed


def test_a_threshold_of_ones_own_is_on_the_curve():
    point = swept([], [], match=0.97)[0.97]
    assert point == evolve(swept([], [])[0.99], threshold=0.97)
    assert point.straight_through is None
    assert point.review_load is None
