"""The figures of an evaluation in words: one wording for the terminal and the page."""

from collections.abc import Iterator

from attrs import frozen

from payymo_adapters.report.wording import share, wanted
from payymo_core.curve import Advice, CurvePoint
from payymo_core.evaluation import Evaluation


@frozen(kw_only=True)
class Score:
    """One figure.

    Attributes:
        name: What it is called.
        value: As written.
        bound: What the labels prove of it, in words; "" where it is a count.
        meaning: What it is of.
    """

    name: str
    value: str
    bound: str = ""
    meaning: str


def scores(found: Evaluation) -> tuple[Score, ...]:
    """Write every figure with its bound and its meaning."""
    return (*_of_matches(found), *_of_proposals(found), *_of_confidences(found))


def _of_matches(found: Evaluation) -> Iterator[Score]:
    wrong = found.matched - found.matched_right
    yield Score(
        name="transactions",
        value=f"{found.transactions:,}",
        meaning=f"judged, of {found.answers:,} in the run",
    )
    yield Score(
        name="matched",
        value=f"{found.matched:,}",
        meaning=f"of those judged; {wrong:,} of them wrongly",
    )
    yield Score(
        name="precision",
        value=share(found.precision),
        bound=f"at least {share(found.precision_at_least)}",
        meaning="of the matches are right",
    )
    yield Score(
        name="straight through",
        value=share(found.straight_through),
        bound=f"at least {share(found.straight_through_at_least)}",
        meaning=f"matched rightly, of {found.payable:,} that pay what is open",
    )


def _of_proposals(found: Evaluation) -> Iterator[Score]:
    yield Score(
        name="first proposal",
        value=share(found.first_right),
        meaning="of these: right at first",
    )
    yield Score(
        name="first three",
        value=share(found.top_three_right),
        meaning="of these: right in three",
    )
    yield Score(
        name="review load",
        value=share(found.review_load),
        bound=f"at most {share(found.review_load_at_most)}",
        meaning=f"of the run: {found.reviewed:,} to look at",
    )
    yield Score(
        name="matched nothing",
        value=f"{found.matched_nothing:,}",
        meaning="pay nothing, yet matched",
    )


def _of_confidences(found: Evaluation) -> Iterator[Score]:
    yield Score(
        name="calibration error",
        value=share(found.calibration_error),
        meaning="between said and was, in ten equal bins",
    )
    yield Score(
        name="adaptive error",
        value=share(found.adaptive_calibration_error),
        meaning="the same, in bins of as many proposals each",
    )


ADVICE_COLUMNS = (
    *("Wanted", "Threshold", "Right", "Precision", "At least"),
    *("Straight through", "Reviews"),
)
"""What ``advice_row`` gives, where a threshold is known."""


def advice_row(advice: Advice) -> tuple[str, ...]:
    """Write an advice as a row of ``ADVICE_COLUMNS``, dashes where none is given."""
    point = advice.point
    if point is None:
        return (wanted(advice.precision), *["-"] * (len(ADVICE_COLUMNS) - 1))
    return (wanted(advice.precision), *point_row(point))


def point_row(point: CurvePoint) -> tuple[str, ...]:
    """Write what a threshold does as a row: ``ADVICE_COLUMNS`` but for the first."""
    return (
        str(point.threshold),
        f"{point.right:,} of {point.matched:,}",
        share(point.precision),
        share(point.precision_at_least),
        share(point.straight_through),
        share(point.review_load),
    )


def remarks(found: Evaluation) -> Iterator[str]:
    """Say what the figures do not: what is missing, and what they rest on."""
    yield (
        "Bounds and intervals are exact, at 95 %, for judged transactions that are a "
        "fair sample."
    )
    if found.undetermined:
        yield (
            f"Only a rejected proposal is known of {found.undetermined:,} of them: "
            "that counts for precision and calibration, not for straight-through."
        )
    for advice in found.advice:
        if advice.point is None:
            yield _not_shown(advice, found.curve[0].matched)
    lower = {
        str(advice.point.threshold)
        for advice in found.advice
        if advice.point and advice.point.threshold < found.threshold
    }
    if lower:
        yield (
            f"What is said of {' and '.join(sorted(lower))} is foretold from reviews "
            f"that only the threshold in use, {found.threshold}, seems to hold back: "
            "match again with it, and measure, before it is relied on."
        )


def _not_shown(advice: Advice, known: int) -> str:
    aim = wanted(advice.precision)
    if known < advice.needed:
        return (
            f"{aim} is not shown by any threshold: that takes at least "
            f"{advice.needed:,} judged matches, all of them right, and there are "
            f"{known:,}."
        )
    return f"{aim} is not shown by any threshold: too many of {known:,} are wrong."
