"""How good a run was, against the truth."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import fsum

from attrs import frozen

from payymo_core.labels import Truth
from payymo_core.results import Match, Outcome

BINS = 10


@frozen
class CalibrationBin:
    """Proposals of like confidence, and how often they were right.

    Attributes:
        low: Lower edge of the confidences, inclusive.
        high: Upper edge, exclusive but for the last bin.
        count: Proposals in it.
        confidence: Their mean confidence.
        accuracy: Share of them that was exactly right, in [0, 1].
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@frozen(kw_only=True)
class Evaluation:
    """Figures of one run; a share with nothing to divide by is None.

    A proposal is right when its set of invoices is exactly the true one.

    Attributes:
        transactions: Transactions with a known truth.
        matched: How many were matched.
        matched_right: How many of these rightly.
        reviewed: How many were offered to a human.
        payable: Transactions that pay something open.
        precision: Share of matches that are right.
        straight_through: Share of payable transactions matched, and right.
        first_right: Share of payable transactions whose first proposal is right.
        top_three_right: Share of payable ones with the truth in the first three.
        review_load: Share of all transactions offered to a human.
        matched_nothing: Transactions that pay nothing open, yet matched.
        calibration_error: Expected calibration error over the bins, in [0, 1].
        calibration: The bins that hold anything.
        wrong: Ids of the transactions matched wrongly, sorted.
    """

    transactions: int
    matched: int
    matched_right: int
    reviewed: int
    payable: int
    precision: float | None
    straight_through: float | None
    first_right: float | None
    top_three_right: float | None
    review_load: float | None
    matched_nothing: int
    calibration_error: float | None
    calibration: tuple[CalibrationBin, ...]
    wrong: tuple[str, ...]


def evaluate(matches: Iterable[Match], truths: Iterable[Truth]) -> Evaluation:
    """Measure matches against the truth.

    Args:
        matches: A run's results; one without a truth is left out.
        truths: What each transaction really pays.

    Returns:
        The figures.
    """
    truth = {t.transaction: frozenset(t.invoices) for t in truths}
    known = [(m, truth[m.transaction]) for m in matches if m.transaction in truth]
    tally = Counter[str]()
    points: list[tuple[float, bool]] = []
    wrong = []
    for match, true in known:
        proposals = _proposals(match)
        right = proposals[0] == true
        points.append((match.confidence, right))
        tally[match.outcome] += 1
        if match.outcome is Outcome.MATCH:
            tally["matched_right"] += right
            tally["matched_nothing"] += not true
            if not right:
                wrong.append(match.transaction)
        if true:
            tally["payable"] += 1
            tally["first_right"] += right
            tally["top_three"] += true in proposals[:3]
            tally["straight"] += right and match.outcome is Outcome.MATCH
    bins = tuple(_calibration(points))
    return _figures(len(known), tally, bins, tuple(sorted(wrong)))


def _proposals(match: Match) -> list[frozenset[str]]:
    first = frozenset(a.invoice for a in match.allocations)
    rest = (frozenset(a.invoice for a in p.allocations) for p in match.alternatives)
    return [first, *rest]


def _figures(
    total: int,
    tally: Mapping[str, int],
    bins: tuple[CalibrationBin, ...],
    wrong: tuple[str, ...],
) -> Evaluation:
    matched, payable = tally[Outcome.MATCH], tally["payable"]
    return Evaluation(
        transactions=total,
        matched=matched,
        matched_right=tally["matched_right"],
        reviewed=tally[Outcome.REVIEW],
        payable=payable,
        precision=_share(tally["matched_right"], matched),
        straight_through=_share(tally["straight"], payable),
        first_right=_share(tally["first_right"], payable),
        top_three_right=_share(tally["top_three"], payable),
        review_load=_share(tally[Outcome.REVIEW], total),
        matched_nothing=tally["matched_nothing"],
        calibration_error=_expected_error(bins, total),
        calibration=bins,
        wrong=wrong,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _calibration(points: list[tuple[float, bool]]) -> Iterable[CalibrationBin]:
    for index in range(BINS):
        low, high = index / BINS, (index + 1) / BINS
        held = [p for p in points if min(int(p[0] * BINS), BINS - 1) == index]
        if held:
            yield CalibrationBin(
                low,
                high,
                len(held),
                fsum(confidence for confidence, _ in held) / len(held),
                sum(right for _, right in held) / len(held),
            )


def _expected_error(bins: tuple[CalibrationBin, ...], total: int) -> float | None:
    if not total:
        return None
    return fsum(b.count * abs(b.confidence - b.accuracy) for b in bins) / total
