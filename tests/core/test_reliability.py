"""Bins of confidence, and the error over them."""

from itertools import pairwise
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.binomial import interval
from payymo_core.reliability import (
    BINS,
    bins_of_equal_mass,
    bins_of_equal_width,
    expected_calibration_error,
)

points = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=80)
# Few values, so that many are alike.
coarse = st.lists(
    st.tuples(st.sampled_from((0.0, 0.1, 0.5, 0.9, 0.99, 1.0)), st.booleans()),
    max_size=80,
)
BINNINGS = (bins_of_equal_width, bins_of_equal_mass)

HAND = [(0.05, False), (0.1, True), (0.95, True), (0.97, False), (1.0, True)]


def test_bins_of_equal_width_are_what_a_hand_sorts():
    low, second, top = bins_of_equal_width(HAND)
    assert (low.low, low.high, low.count, low.accuracy) == (0.0, 0.1, 1, 0.0)
    assert (second.low, second.count, second.accuracy) == (0.1, 1, 1.0)
    assert (top.low, top.high, top.count) == (0.9, 1.0, 3)
    assert top.confidence == pytest.approx((0.95 + 0.97 + 1.0) / 3)
    assert (top.accuracy_low, top.accuracy_high) == interval(2, 3, 0.95)
    off = 1 * 0.05 + 1 * 0.9 + 3 * abs((0.95 + 0.97 + 1.0) / 3 - 2 / 3)
    error = expected_calibration_error((low, second, top))
    assert error == pytest.approx(off / 5)


def test_too_high_and_too_low_make_up_for_each_other_in_one_wide_bin_only():
    mixed = [(0.91, True)] * 50 + [(0.99, True)] * 45 + [(0.99, False)] * 5
    wide = expected_calibration_error(bins_of_equal_width(mixed))
    fine = expected_calibration_error(bins_of_equal_mass(mixed))
    assert wide == pytest.approx(0.0)
    assert fine == pytest.approx(0.09)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200, unique=True))
def test_bins_of_equal_mass_hold_as_many_each_as_can_be(confidences):
    bins = bins_of_equal_mass([(one, True) for one in confidences])
    each = len(confidences) / BINS
    assert all(abs(one.count - each) < 1 for one in bins)
    assert len(bins) == min(BINS, len(confidences))


def test_proposals_of_one_confidence_stand_where_their_middle_does():
    many = [(0.5, True), *[(0.9, True)] * 18, (0.95, True)]
    assert [one.count for one in bins_of_equal_mass(many)] == [1, 18, 1]


@given(coarse)
def test_proposals_of_one_confidence_are_never_parted(held):
    bins = bins_of_equal_mass(held)
    for before, after in pairwise(bins):
        assert before.low <= before.high < after.low


@given(points | coarse, st.sampled_from(BINNINGS), st.randoms(use_true_random=False))
def test_every_proposal_is_in_one_bin_whatever_their_order(held, binning, random):
    bins = binning(held)
    assert sum(one.count for one in bins) == len(held)
    right = fsum(one.count * one.accuracy for one in bins)
    assert right == pytest.approx(sum(right for _, right in held))
    for one in bins:
        assert one.low <= one.high
        assert one.confidence == pytest.approx(
            min(max(one.confidence, one.low), one.high)
        )
        assert one.accuracy_low <= one.accuracy <= one.accuracy_high
    random.shuffle(held)
    assert binning(held) == bins


@given(points | coarse, st.sampled_from(BINNINGS))
def test_the_error_lies_between_that_of_the_whole_and_that_of_each(held, binning):
    error = expected_calibration_error(binning(held))
    if error is None:
        assert not held
        return
    whole = fsum(confidence - right for confidence, right in held) / len(held)
    each = fsum(abs(confidence - right) for confidence, right in held) / len(held)
    assert abs(whole) - 1e-12 <= error <= each + 1e-12


@given(st.lists(st.integers(0, 1), min_size=1), st.sampled_from(BINNINGS))
def test_who_says_only_what_is_so_makes_no_error(held, binning):
    assert expected_calibration_error(binning([(float(x), x == 1) for x in held])) == 0
