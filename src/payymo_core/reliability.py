"""Whether a confidence of 0.9 is right nine times in ten: bins, and their error."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import fsum

from attrs import frozen

from payymo_core.binomial import interval

BINS = 10
CERTAINTY = 0.95
"""Of the bounds and intervals of an evaluation: a true one 19 times in 20."""

Point = tuple[float, bool]
"""A confidence, and whether the proposal was right."""


@frozen(kw_only=True)
class CalibrationBin:
    """Proposals of like confidence, and how often they were right.

    Attributes:
        low: Lower edge of the confidences, inclusive.
        high: Upper edge; exclusive in bins of equal width but for the last one,
            inclusive in bins of equal mass.
        count: Proposals in it.
        confidence: Their mean confidence.
        accuracy: Share of them that was exactly right, in [0, 1].
        accuracy_low: Lower end of the two-sided 95 % interval of that share.
        accuracy_high: Its upper end.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


def bins_of_equal_width(points: Sequence[Point]) -> tuple[CalibrationBin, ...]:
    """Sort proposals into ten bins, [0, 0.1) to [0.9, 1].

    Returns:
        The bins that hold anything, by confidence.
    """
    held = defaultdict[int, list[Point]](list)
    for confidence, right in points:
        held[min(int(confidence * BINS), BINS - 1)].append((confidence, right))
    return tuple(
        _bin(held[place], place / BINS, (place + 1) / BINS) for place in sorted(held)
    )


def bins_of_equal_mass(points: Sequence[Point]) -> tuple[CalibrationBin, ...]:
    """Sort proposals into at most ten bins that hold about as many each.

    Nearly all confidences of a good run lie above 0.9. Bins of equal width put those
    into one, where too high and too low make up for each other; these do not.
    Proposals of one confidence are never parted, as nothing says which came first.

    Returns:
        The bins that hold anything, by confidence.
    """
    place = _places(points)
    held = defaultdict[int, list[Point]](list)
    for confidence, right in points:
        held[place[confidence]].append((confidence, right))
    return tuple(_bin(held[p], min(held[p])[0], max(held[p])[0]) for p in sorted(held))


def _places(points: Sequence[Point]) -> Mapping[float, int]:
    """The bin of each confidence, by the rank of the middle of those that have it."""
    size = Counter(confidence for confidence, _ in points)
    place, before = {}, 0
    for confidence in sorted(size):
        place[confidence] = BINS * (2 * before + size[confidence]) // (2 * len(points))
        before += size[confidence]
    return place


def _bin(held: Sequence[Point], low: float, high: float) -> CalibrationBin:
    count, right = len(held), sum(right for _, right in held)
    at_least, at_most = interval(right, count, CERTAINTY)
    return CalibrationBin(
        low=low,
        high=high,
        count=count,
        confidence=fsum(confidence for confidence, _ in held) / count,
        accuracy=right / count,
        accuracy_low=at_least,
        accuracy_high=at_most,
    )


def expected_calibration_error(bins: Sequence[CalibrationBin]) -> float | None:
    """Average what lies between said and was, each bin by its count.

    The measure of Naeini et al. (2015), over bins of equal width; over bins of equal
    mass it is the adaptive one of Nguyen and O'Connor (2015), but for the root of
    squares there.

    Returns:
        In [0, 1]; None where there are no bins.
    """
    total = sum(one.count for one in bins)
    if not total:
        return None
    return fsum(one.count * abs(one.confidence - one.accuracy) for one in bins) / total
