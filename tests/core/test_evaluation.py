"""How good a run was, counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Label, Outcome, RecordError, Thresholds, Truth, evaluate, match
from payymo_core.binomial import lower_bound, upper_bound
from tests import strategies
from tests.builders import answer, confirmed, rejected, truth

RUN = [
    answer("t1", Outcome.MATCH, 1.0, ["a"]),
    answer("t2", Outcome.MATCH, 0.99, ["b"]),
    answer("t3", Outcome.REVIEW, 0.5, ["x"], ["c"]),
    answer("t4", Outcome.REVIEW, 0.4, ["x"], ["y"], ["z"], ["d"]),
    answer("t5", Outcome.NONE, 0.9),
    answer("t6", Outcome.NONE, 0.8),
    answer("t7", Outcome.MATCH, 0.99, ["q"]),
    answer("t8", Outcome.MATCH, 1.0, ["unknown"]),
    answer("t9", Outcome.MATCH, 0.97, ["f", "e"]),
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
    assert figures.answers == 9
    assert figures.review_load == pytest.approx(2 / 9)
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


def test_the_truth_is_among_the_first_three_as_the_third_not_as_the_fourth():
    run = [
        answer("t1", Outcome.REVIEW, 0.4, ["x"], ["y"], ["a"]),
        answer("t2", Outcome.REVIEW, 0.4, ["x"], ["y"], ["z"], ["b"]),
    ]
    figures = evaluate(run, [truth("t1", "a"), truth("t2", "b")])
    assert (figures.first_right, figures.top_three_right) == (0.0, 0.5)


def test_the_adaptive_error_sees_what_one_wide_bin_hides():
    run = [
        *(answer(f"a{n}", Outcome.MATCH, 0.91, ["i"]) for n in range(50)),
        *(answer(f"b{n}", Outcome.MATCH, 0.99, ["i"]) for n in range(50)),
    ]
    pays = [*["i"] * 95, *["x"] * 5]
    known = [truth(m.transaction, one) for m, one in zip(run, pays, strict=True)]
    figures = evaluate(run, known)
    assert figures.calibration_error == pytest.approx(0.0)
    assert figures.adaptive_calibration_error == pytest.approx(0.09)


def test_every_share_comes_with_what_it_proves():
    figures = evaluate(RUN, TRUTH)
    assert figures.precision_at_least == lower_bound(2, 4, 0.95)
    assert figures.straight_through_at_least == lower_bound(2, 6, 0.95)
    assert figures.review_load_at_most == upper_bound(2, 9, 0.95)


def test_there_is_no_share_of_nothing():
    figures = evaluate([], [])
    assert (figures.transactions, figures.precision) == (0, None)
    assert (figures.straight_through, figures.review_load) == (None, None)
    assert figures.calibration_error is None
    assert figures.adaptive_calibration_error is None
    assert figures.calibration == ()
    assert (figures.precision_at_least, figures.review_load_at_most) == (0.0, 1.0)
    assert all(advice.point is None for advice in figures.advice)


def test_the_thresholds_of_the_run_and_the_precisions_are_the_callers():
    figures = evaluate(RUN, TRUTH, Thresholds(match=0.97), [0.5, 0.6])
    assert figures.threshold == 0.97
    assert [advice.precision for advice in figures.advice] == [0.5, 0.6]


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


# --- labels ---------------------------------------------------------------------------

LABELS = [
    confirmed("t1", "a"),
    rejected("t2", "b"),
    rejected("t3", "x"),
    rejected("t3", "y"),
    confirmed("t4", "d"),
    rejected("t5"),
    rejected("t7", "r"),
    confirmed("t9", "e", "f"),
    rejected("t9", "e"),
]


def test_a_rejected_proposal_is_wrong_and_what_is_right_stays_open():
    figures = evaluate(RUN, LABELS)
    # t1, t4 and t9 were confirmed, t2, t3 and t5 rejected; of t7, another set was.
    assert (figures.transactions, figures.undetermined) == (6, 3)
    assert (figures.matched, figures.matched_right) == (3, 2)
    assert figures.wrong == ("t2",)
    assert figures.payable == 3
    assert figures.straight_through == pytest.approx(2 / 3)
    assert figures.first_right == pytest.approx(2 / 3)
    assert sum(one.count for one in figures.calibration) == 6


def test_what_is_only_rejected_says_nothing_of_money_that_pays_nothing():
    figures = evaluate(RUN, [rejected("t1", "a"), rejected("t6", "g")])
    assert (figures.payable, figures.matched_nothing) == (0, 0)
    assert figures.straight_through is None
    assert (figures.transactions, figures.precision) == (1, 0.0)


def test_the_reviews_of_a_run_are_counted_whatever_is_known_of_them():
    few, all_of_them = evaluate(RUN, [confirmed("t1", "a")]), evaluate(RUN, TRUTH)
    assert few.review_load == all_of_them.review_load
    assert few.answers == 9


@given(strategies.worlds(), st.randoms(use_true_random=False))
def test_to_confirm_every_truth_is_to_know_the_truth(world, random):
    held = list(match(world.transactions, world.invoices))
    proposed = [[a.invoice for a in m.allocations] for m in held]
    random.shuffle(proposed)
    pays = [(m.transaction, *ids) for m, ids in zip(held, proposed, strict=True)]
    labels = [confirmed(*one) for one in pays]
    assert evaluate(held, labels) == evaluate(held, [truth(*one) for one in pays])


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ([truth("t1", "a"), confirmed("t1", "b", "a")], "['a', 'b']"),
        ([confirmed("t1"), confirmed("t1", "a")], "exactly []"),
        ([rejected("t1", "b", "a"), truth("t1", "a", "b")], "confirmed and rejected"),
    ],
)
def test_truths_that_contradict_each_other_are_refused(known, words):
    for order in (known, known[::-1]):
        with pytest.raises(RecordError) as caught:
            evaluate(RUN, order)
        assert "'t1'" in str(caught.value)
        assert words in str(caught.value)


def test_the_same_may_be_said_twice():
    once = truth("t2", "b", "c")
    twice: list[Truth | Label] = [once, confirmed("t2", "c", "b"), once]
    assert evaluate(RUN, twice) == evaluate(RUN, [once])
