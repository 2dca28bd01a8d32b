"""How good a run was, against the truth."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from payymo_core.binomial import lower_bound, upper_bound
from payymo_core.curve import Advice, CurvePoint, advise, sweep
from payymo_core.judging import Judged, judge
from payymo_core.labels import Label, Truth
from payymo_core.reliability import (
    CERTAINTY,
    CalibrationBin,
    bins_of_equal_mass,
    bins_of_equal_width,
    expected_calibration_error,
)
from payymo_core.results import Match, Outcome
from payymo_core.rules import Thresholds

PRECISIONS = (0.99, 0.995, 0.999)
"""What is asked of a threshold where nothing else is said."""


@frozen(kw_only=True)
class Evaluation:
    """Figures of one run; a share with nothing to divide by is None.

    A proposal is right when its set of invoices is exactly the true one. Bounds are
    exact and one-sided: 95 times in 100 they are true, if the transactions known are a
    fair sample and each stands for itself.

    Attributes:
        answers: Transactions in the run.
        transactions: Those whose first proposal is known to be right or wrong.
        undetermined: Those of them that are known to be wrong, but not what is right.
        matched: How many of ``transactions`` were matched.
        matched_right: How many of these rightly.
        reviewed: How many of ``answers`` were offered to a human.
        payable: Transactions known to pay something open.
        precision: Share of the matches that are right.
        precision_at_least: Its lower bound.
        straight_through: Share of payable transactions matched, and right.
        straight_through_at_least: Its lower bound.
        first_right: Share of payable transactions whose first proposal is right.
        top_three_right: Share of payable ones with the truth in the first three.
        review_load: Share of ``answers`` offered to a human.
        review_load_at_most: Its upper bound.
        matched_nothing: Transactions that pay nothing open, yet matched.
        calibration_error: Expected calibration error over ten bins of equal width, in
            [0, 1].
        adaptive_calibration_error: The same over ten bins of equal mass.
        calibration: The bins of equal width that hold anything.
        threshold: The one in use.
        curve: What other thresholds would have done.
        advice: Which of them gives a wanted precision.
        wrong: Ids of the transactions matched wrongly, sorted.
    """

    answers: int
    transactions: int
    undetermined: int
    matched: int
    matched_right: int
    reviewed: int
    payable: int
    precision: float | None
    precision_at_least: float
    straight_through: float | None
    straight_through_at_least: float
    first_right: float | None
    top_three_right: float | None
    review_load: float | None
    review_load_at_most: float
    matched_nothing: int
    calibration_error: float | None
    adaptive_calibration_error: float | None
    calibration: tuple[CalibrationBin, ...]
    threshold: float
    curve: tuple[CurvePoint, ...]
    advice: tuple[Advice, ...]
    wrong: tuple[str, ...]


def evaluate(
    matches: Iterable[Match],
    truths: Iterable[Truth | Label],
    thresholds: Thresholds | None = None,
    precisions: Iterable[float] = PRECISIONS,
) -> Evaluation:
    """Measure matches against the truth.

    Args:
        matches: A run's results.
        truths: What each transaction really pays, or verdicts on proposals: one that
            was confirmed is the truth, one that was rejected is known to be wrong. What
            they do not settle is left out.
        thresholds: Those of the run; the default ruleset's where not given.
        precisions: For which a threshold is looked for, in (0, 1).

    Returns:
        The figures.

    Raises:
        RecordError: Two of the truths contradict each other.
    """
    used = Thresholds() if thresholds is None else thresholds
    judged = judge(matches, truths)
    points = [(j.match.confidence, j.right) for j in judged if j.right is not None]
    matched = [j for j in judged if _is(j, Outcome.MATCH) and j.right is not None]
    payable = [j for j in judged if j.payable]
    reviewed = sum(_is(j, Outcome.REVIEW) for j in judged)
    straight = sum(_is(j, Outcome.MATCH) and j.place == 0 for j in payable)
    right = sum(j.right is True for j in matched)
    bins = bins_of_equal_width(points)
    curve = sweep(judged, used)
    return Evaluation(
        answers=len(judged),
        transactions=len(points),
        undetermined=sum(j.right is False and j.payable is None for j in judged),
        matched=len(matched),
        matched_right=right,
        reviewed=reviewed,
        payable=len(payable),
        precision=_share(right, len(matched)),
        precision_at_least=lower_bound(right, len(matched), CERTAINTY),
        straight_through=_share(straight, len(payable)),
        straight_through_at_least=lower_bound(straight, len(payable), CERTAINTY),
        first_right=_among_first(payable, 1),
        top_three_right=_among_first(payable, 3),
        review_load=_share(reviewed, len(judged)),
        review_load_at_most=upper_bound(reviewed, len(judged), CERTAINTY),
        matched_nothing=sum(j.payable is False for j in matched),
        calibration_error=expected_calibration_error(bins),
        adaptive_calibration_error=expected_calibration_error(
            bins_of_equal_mass(points)
        ),
        calibration=bins,
        threshold=used.match,
        curve=curve,
        advice=advise(curve, precisions, used.match),
        wrong=tuple(sorted(j.match.transaction for j in matched if not j.right)),
    )


def _is(judged: Judged, outcome: Outcome) -> bool:
    return judged.match.outcome is outcome


def _among_first(payable: Sequence[Judged], count: int) -> float | None:
    held = sum(j.place is not None and j.place < count for j in payable)
    return _share(held, len(payable))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
