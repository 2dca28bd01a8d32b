"""Exact bounds, against closed forms, published values and sums of fractions."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.binomial import interval, least_trials, lower_bound, upper_bound

certainties = st.sampled_from((0.5, 0.8, 0.9, 0.95, 0.975, 0.999))
counts = st.integers(1, 60).flatmap(
    lambda trials: st.tuples(st.integers(0, trials), st.just(trials))
)


def tail(successes: int, trials: int, share: float) -> Fraction:
    """Probability of so many successes or more, without a rounding."""
    p = Fraction(share)
    terms = (
        comb(trials, k) * p**k * (1 - p) ** (trials - k)
        for k in range(successes, trials + 1)
    )
    return sum(terms, Fraction(0))


@given(counts, certainties)
def test_at_the_lower_bound_so_many_successes_are_just_too_many(count, certainty):
    successes, trials = count
    bound = lower_bound(successes, trials, certainty)
    if not successes:
        assert bound == 0.0
    else:
        assert float(tail(successes, trials, bound)) == pytest.approx(
            1 - certainty, rel=1e-9
        )


@given(st.integers(1, 40), st.floats(0.001, 0.999), certainties)
def test_the_bound_is_a_true_one_as_often_as_it_says(trials, share, certainty):
    often = sum(
        tail(k, trials, share) - tail(k + 1, trials, share)
        for k in range(trials + 1)
        if lower_bound(k, trials, certainty) <= share
    )
    assert often >= certainty - 1e-9


@given(st.integers(1, 10**6), certainties)
def test_all_or_one_or_none_have_closed_forms(trials, certainty):
    chance = 1 - certainty
    every = lower_bound(trials, trials, certainty)
    assert every == pytest.approx(chance ** (1 / trials), rel=1e-9)
    one = lower_bound(1, trials, certainty)
    assert one == pytest.approx(1 - certainty ** (1 / trials), rel=1e-6)
    assert lower_bound(0, trials, certainty) == 0.0


@given(counts, certainties)
def test_a_right_one_more_raises_the_bound_and_a_wrong_one_lowers_it(count, certainty):
    successes, trials = count
    bound = lower_bound(successes, trials, certainty)
    assert bound < lower_bound(successes + 1, trials + 1, certainty)
    assert bound >= lower_bound(successes, trials + 1, certainty)
    assert bound <= successes / trials <= upper_bound(successes, trials, certainty)


@given(counts, certainties)
def test_failures_are_bounded_as_successes_are(count, certainty):
    successes, trials = count
    mirrored = lower_bound(trials - successes, trials, certainty)
    assert upper_bound(successes, trials, certainty) == 1 - mirrored


def test_the_interval_is_the_one_of_the_books():
    # binom.test(8, 10) and binom.test(0, 10) of R.
    assert interval(8, 10, 0.95) == pytest.approx((0.4439045, 0.9747893), abs=1e-7)
    assert interval(0, 10, 0.95) == pytest.approx((0.0, 0.3084971), abs=1e-7)


def test_nothing_tried_proves_nothing():
    assert interval(0, 0, 0.95) == (0.0, 1.0)


def test_large_counts_come_near_the_normal_curve():
    bound = lower_bound(500_000, 1_000_000, 0.95)
    assert bound == pytest.approx(0.5 - 1.6449 * 0.0005, abs=2e-6)


@given(st.floats(0.5, 0.99999), certainties)
def test_fewer_trials_than_the_least_prove_it_never(share, certainty):
    least = least_trials(share, certainty)
    assert lower_bound(least, least, certainty) >= share * (1 - 1e-9)
    assert lower_bound(least - 1, least - 1, certainty) < share


def test_twenty_right_labels_do_not_prove_999_in_1000():
    assert lower_bound(20, 20, 0.95) < 0.87
    assert [least_trials(p, 0.95) for p in (0.9, 0.99, 0.999)] == [29, 299, 2995]
