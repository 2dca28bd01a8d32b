"""What other thresholds would have done, and which one gives a wanted precision.

A run's matches file says what became of each proposal, not why in full. Two things
follow for a threshold other than the run's:

* A higher one is known exactly: it never adds a match, and what it drops is offered
  for review.
* A lower one is foretold from the reviews whose only bar seems to be the threshold: no
  reason speaks of another bar, the lead over the next proposal is at least the margin,
  and every match of the run is more confident. What the file does not say can still
  hold one of them back: a lesser claim of another transaction on the same invoice
  (which can matter only below (1 + margin) / 2, as the claims on an invoice add up to
  1), or a jointly better choice. Matching again with the lower threshold tells.
"""

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from payymo_core.binomial import least_trials, lower_bound
from payymo_core.judging import Judged
from payymo_core.reliability import CERTAINTY
from payymo_core.results import Match, Outcome, Reason
from payymo_core.rules import Thresholds

LADDER = (
    *(0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999),
    *(0.99995, 0.99998, 0.99999, 0.999995, 0.999998, 0.999999),
)
"""Thresholds that are looked at, whatever the labels: half the doubt, or nearly, each.

They stand before the labels are seen, so that none is picked because it was lucky.
"""
# What is said of a review, and keeps nothing from being a match by itself.
_NO_BAR = {Reason.LOW_CONFIDENCE, Reason.AMOUNT_DIFFERS, Reason.CURRENCY_DIFFERS}


@frozen(kw_only=True)
class CurvePoint:
    """What a threshold does.

    Attributes:
        threshold: Confidence from which a proposal would be a match.
        matched: Proposals at or above it that are known to be right or wrong.
        right: How many of these are right.
        precision: Their share, in [0, 1]; None where nothing is matched.
        precision_at_least: One-sided 95 % lower bound of the precision.
        straight_through: Share of payable transactions matched, and right; None where
            none is known to be payable.
        review_load: Share of all transactions offered to a human; None where there
            are none.
    """

    threshold: float
    matched: int
    right: int
    precision: float | None
    precision_at_least: float
    straight_through: float | None
    review_load: float | None


@frozen(kw_only=True)
class Advice:
    """Which threshold gives a wanted precision.

    Attributes:
        precision: The one that is wanted, in (0, 1).
        point: The threshold and what it does; None where none is shown to give it.
        needed: Known matches, all of them right, without which nothing can show it.
    """

    precision: float
    point: CurvePoint | None
    needed: int


def sweep(judged: Sequence[Judged], thresholds: Thresholds) -> tuple[CurvePoint, ...]:
    """Measure every threshold of the ladder, and the run's own.

    Args:
        judged: Every answer of a run.
        thresholds: Those that it was made with.

    Returns:
        By threshold, the lowest first.
    """
    matched = [j.match.confidence for j in judged if j.match.outcome is Outcome.MATCH]
    bar = min((*matched, thresholds.match))
    able = [j for j in judged if _could_match(j.match, bar, thresholds.margin)]
    offered = sum(j.match.outcome is not Outcome.NONE for j in judged)
    payable = sum(j.payable is True for j in judged)
    return tuple(
        _point(
            threshold,
            [j for j in able if j.match.confidence >= threshold],
            offered,
            payable,
            len(judged),
        )
        for threshold in sorted({*LADDER, thresholds.match})
    )


def _could_match(match: Match, bar: float, margin: float) -> bool:
    """Whether it is a match, or a review that only the threshold keeps from being one.

    Args:
        match: The answer.
        bar: Confidence from which a review was held back by something else.
        margin: Lead over the next proposal that a match needs.
    """
    if match.outcome is not Outcome.REVIEW:
        return match.outcome is Outcome.MATCH
    rival = max((p.confidence for p in match.alternatives), default=0.0)
    return (
        match.confidence < bar
        and match.confidence - rival >= margin
        and _NO_BAR.issuperset(match.reasons)
        # The engine lets no such sum pass, and has no reason that says so.
        and not any(
            e.rule == "amount" and e.level == "manifold" for e in match.evidence
        )
    )


def _point(
    threshold: float,
    applied: Sequence[Judged],
    offered: int,
    payable: int,
    answers: int,
) -> CurvePoint:
    known = sum(j.right is not None for j in applied)
    right = sum(j.right is True for j in applied)
    straight = sum(j.right is True and j.payable is True for j in applied)
    return CurvePoint(
        threshold=threshold,
        matched=known,
        right=right,
        precision=right / known if known else None,
        precision_at_least=lower_bound(right, known, CERTAINTY),
        straight_through=straight / payable if payable else None,
        review_load=(offered - len(applied)) / answers if answers else None,
    )


def advise(
    curve: Sequence[CurvePoint], wanted: Iterable[float], today: float
) -> tuple[Advice, ...]:
    """Say which threshold gives each wanted precision.

    The lowest of all thresholds that the labels speak for would often owe it to luck:
    where precision is just short of wanted at each, such a search finds one in up to
    19 runs of 100 (measured). So the thresholds are tested in an order that no label
    decides, and the first that fails ends it (fixed-sequence testing, as in "Learn
    then Test", Angelopoulos et al. 2021): today's and the lower ones; if today's
    fails, the strictest that has matches enough and those below it. Either search is
    wrong at most 5 times in 100; the two together were so 8 times, at the worst.

    Args:
        curve: By threshold, the lowest first.
        wanted: Precisions in (0, 1).
        today: The threshold in use, which is one of the curve's.

    Returns:
        One a precision, in the order given.
    """
    begin = next(i for i, point in enumerate(curve) if point.threshold == today)
    return tuple(_advice(curve, precision, begin) for precision in wanted)


def _advice(curve: Sequence[CurvePoint], precision: float, today: int) -> Advice:
    needed = least_trials(precision, CERTAINTY)
    enough = sum(point.matched >= needed for point in curve)
    from_today = _passed(curve[: today + 1], precision)
    passed = from_today or _passed(curve[:enough], precision)
    # Of thresholds that match the same, a lower one gains nothing.
    alike = [p for p in passed if evolve(p, threshold=passed[0].threshold) == passed[0]]
    point = alike[-1] if alike else None
    return Advice(precision=precision, point=point, needed=needed)


def _passed(tested: Sequence[CurvePoint], precision: float) -> Sequence[CurvePoint]:
    """Those that show a precision, from the last one down to the first that fails."""
    fails = [i for i, p in enumerate(tested) if p.precision_at_least < precision]
    return tested[fails[-1] + 1 :] if fails else tested
