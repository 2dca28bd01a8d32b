"""What a tool answers, pair by pair, and how right that is."""

from collections.abc import Collection, Iterable, Sequence

from attrs import frozen

Truth = Collection[tuple[str, str]]
"""Every pair of a transaction and an invoice that it pays."""


@frozen
class Pair:
    """A transaction that, says a tool, pays an invoice.

    Attributes:
        transaction: Its id.
        invoice: Its id.
        score: The higher, the surer; in any unit.
        accepted: Whether the tool leaves it at that, with no human.
    """

    transaction: str
    invoice: str
    score: float
    accepted: bool = True


@frozen
class Quality:
    """Counts of pairs.

    Attributes:
        answered: Said.
        right: Said and true.
        true: True.
    """

    answered: int
    right: int
    true: int

    @property
    def precision(self) -> float | None:
        """Share of what was said that is true; None of nothing."""
        return self.right / self.answered if self.answered else None

    @property
    def recall(self) -> float:
        """Share of what is true that was said."""
        return self.right / self.true if self.true else 0.0


@frozen
class Point:
    """What would have been right at some threshold of the score."""

    score: float
    precision: float
    recall: float


def quality(pairs: Iterable[Pair], truth: Truth) -> Quality:
    """Judge what a tool accepts; a pair said twice counts once."""
    said = {(pair.transaction, pair.invoice) for pair in pairs if pair.accepted}
    return Quality(len(said), sum(pair in truth for pair in said), len(truth))


def curve(pairs: Iterable[Pair], truth: Truth) -> list[Point]:
    """Judge all a tool says at each threshold, the highest first.

    Pairs of one score are said together or not at all.
    """
    best: dict[tuple[str, str], float] = {}
    for pair in pairs:
        key = (pair.transaction, pair.invoice)
        best[key] = max(best.get(key, pair.score), pair.score)
    ranked = sorted(best.items(), key=lambda entry: -entry[1])
    points: list[Point] = []
    right = 0
    for count, (key, score) in enumerate(ranked, 1):
        right += key in truth
        if count == len(ranked) or ranked[count][1] != score:
            points.append(Point(score, right / count, right / max(1, len(truth))))
    return points


def recall_at(points: Iterable[Point], precision: float) -> float:
    """Find the most that can be had at no less than this precision; 0 where nothing."""
    return max((p.recall for p in points if p.precision >= precision), default=0.0)


def thinned(points: Sequence[Point], count: int) -> list[Point]:
    """Keep about so many points, evenly along the recall, the first and last always."""
    kept: list[Point] = []
    for point in points:
        if not kept or point.recall - kept[-1].recall >= 1 / count:
            kept.append(point)
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return kept
