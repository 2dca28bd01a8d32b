"""The drawings of an evaluation: how true confidences are, what thresholds do."""

from collections.abc import Iterable, Sequence
from math import log10

from payymo_adapters.report.svg import Frame, Place, drawing, tag, text
from payymo_adapters.report.wording import share, wanted
from payymo_core.curve import CurvePoint
from payymo_core.evaluation import Evaluation
from payymo_core.reliability import BINS, CalibrationBin

_FIFTHS = tuple((place / 5, f"{place * 20} %") for place in range(6))
_QUARTERS = tuple((place / 4, f"{place * 25} %") for place in range(5))
# Where the axis of precision may begin: as near to 1 as what is drawn allows.
_FLOORS = (0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5, 0.0)
_NINES = (0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)
_LINE_APART = 13.0  # pixels, from one line of small text to the next


def reliability_diagram(bins: Sequence[CalibrationBin]) -> str:
    """Draw what was said against what was so: on the diagonal they are one.

    Args:
        bins: Of equal width, those that hold anything.
    """
    field = Frame(
        left=76, top=14, width=470, height=340, x_range=(0, 1), y_range=(0, 1)
    )
    below = Frame(
        left=76,
        top=field.bottom + 62,
        width=470,
        height=50,
        x_range=(0, 1),
        y_range=(0, max((one.count for one in bins), default=1)),
    )
    content = (
        field.rows(_FIFTHS)
        + field.columns(_FIFTHS)
        + field.line([(0, 0), (1, 1)], "ideal")
        + tag("text", "as said", x=field.right + 8, y=field.top + 4, class_="small")
        + "".join(_bin(field, one) for one in bins)
        + field.below("said: mean confidence", 40)
        + field.beside("was: share that is right", 54)
        + "".join(_column(below, one) for one in bins)
        + below.beside("proposals", 54)
        + below.line([(0, 0), (1, 0)], "axis")
    )
    return drawing(
        "reliability",
        (640, below.bottom + 8),
        "Reliability diagram",
        "For each tenth of confidence: how often the proposals were right, with its "
        "95 % interval, against their mean confidence. On the dashed diagonal what "
        "was said was so. Below, how many proposals there are.",
        content,
    )


def _bin(field: Frame, one: CalibrationBin) -> str:
    x, y = field.at(one.confidence, one.accuracy)
    _, low = field.at(one.confidence, one.accuracy_low)
    _, high = field.at(one.confidence, one.accuracy_high)
    caps = "".join(
        tag("line", x1=x - 5, x2=x + 5, y1=end, y2=end, class_="whisker")
        for end in (low, high)
    )
    words = (
        f"said {share(one.confidence)}, was {share(one.accuracy)} "
        f"({share(one.accuracy_low)} to {share(one.accuracy_high)}), "
        f"{one.count:,} proposals"
    )
    return tag(
        "g",
        tag("title", text(words)),
        tag("line", x1=x, x2=x, y1=low, y2=high, class_="whisker"),
        caps,
        tag("circle", cx=x, cy=y, r=4.5, class_="dot"),
    )


def _column(field: Frame, one: CalibrationBin) -> str:
    x, y = field.at(one.low, one.count)
    width = field.width / BINS
    return tag(
        "rect", x=x + 4, y=y, width=width - 8, height=field.bottom - y, class_="column"
    ) + tag("text", text(f"{one.count:,}"), x=x + width / 2, y=y - 5, class_="x small")


def threshold_curve(found: Evaluation) -> str:
    """Draw what each threshold would have done: precision above, work saved below.

    Args:
        found: With a match, at some threshold, that is known to be right or wrong.
    """
    drawn = [point for point in found.curve if point.matched]
    ends = _nines(found.curve[0].threshold), _nines(found.curve[-1].threshold)
    upper = Frame(
        left=76, top=24, width=440, height=230, x_range=ends, y_range=(_floor(drawn), 1)
    )
    lower = Frame(
        left=76,
        top=upper.bottom + 40,
        width=440,
        height=170,
        x_range=ends,
        y_range=(0, 1),
    )
    columns = [(_nines(t), str(t)) for t in _NINES if ends[0] <= _nines(t) <= ends[1]]
    content = (
        upper.columns((x, "") for x, _ in columns)
        + lower.columns(columns)
        + upper.rows(_ticks(upper.y_range[0]))
        + lower.rows(_QUARTERS)
        + _today(upper, lower, found.threshold)
        + _wanted(upper, [advice.precision for advice in found.advice])
        + _precision(upper, drawn)
        + _work(lower, found.curve)
        + upper.beside("precision", 58)
        + lower.beside("share", 58)
        + lower.below("threshold for a match", 40)
    )
    return drawing(
        "curve",
        (640, lower.bottom + 50),
        "Precision, straight-through and review load by threshold",
        "Above, the precision of the matches at each threshold, and the bound that it "
        "exceeds with 95 % certainty. Below, the shares matched rightly and left to "
        "review. The upright dotted line is the threshold in use.",
        content,
    )


def _nines(threshold: float) -> float:
    """Place a threshold so that 0.9, 0.99 and 0.999 stand equally far apart."""
    return -log10(1 - threshold)


def _floor(drawn: Sequence[CurvePoint]) -> float:
    """Where the axis of precision begins: no precision lies below, a bound may."""
    least = min(p.precision or 0.0 for p in drawn)
    surest = max(p.precision_at_least for p in drawn)
    return next(floor for floor in _FLOORS if floor <= min(least, surest))


def _ticks(floor: float) -> list[tuple[float, str]]:
    values = [floor + (1 - floor) * place / 4 for place in range(5)]
    return [(value, wanted(round(value, 6))) for value in values]


def _today(upper: Frame, lower: Frame, threshold: float) -> str:
    x, _ = upper.at(_nines(threshold), 1)
    return tag("line", x1=x, x2=x, y1=upper.top, y2=lower.bottom, class_="today") + tag(
        "text", text(f"in use: {threshold}"), x=x, y=upper.top - 9, class_="x small"
    )


def _wanted(field: Frame, precisions: Iterable[float]) -> str:
    drawn, last = "", field.bottom
    for precision in sorted({p for p in precisions if p > field.y_range[0]}):
        _, y = field.at(field.x_range[0], precision)
        drawn += tag("line", x1=field.left, x2=field.right, y1=y, y2=y, class_="wanted")
        if last - y >= _LINE_APART:
            drawn += _named(field, y, f"wanted: {wanted(precision)}")
            last = y
    return drawn


def _named(field: Frame, y: float, name: str) -> str:
    """Name what ends at the right edge."""
    return tag("text", text(name), x=field.right + 8, y=y + 4, class_="small")


def _precision(field: Frame, drawn: Sequence[CurvePoint]) -> str:
    line = [(_nines(p.threshold), p.precision or 0.0) for p in drawn]
    bound = [(_nines(p.threshold), p.precision_at_least) for p in drawn]
    inside = [place for place in bound if place[1] >= field.y_range[0]]
    dots = "".join(
        _marked(
            field.at(_nines(p.threshold), p.precision or 0.0),
            f"{p.threshold}: {p.right:,} of {p.matched:,} right, "
            f"{share(p.precision)}, at least {share(p.precision_at_least)}",
        )
        for p in drawn
    )
    return field.line(inside, "bound") + field.line(line, "line") + dots


def _marked(place: Place, words: str) -> str:
    x, y = place
    return tag("circle", tag("title", text(words)), cx=x, cy=y, r=3.5, class_="dot")


def _work(field: Frame, curve: Sequence[CurvePoint]) -> str:
    through = _known((p.threshold, p.straight_through) for p in curve)
    reviews = _known((p.threshold, p.review_load) for p in curve)
    drawn = field.line(through, "line") + field.line(reviews, "bound")
    named = ("straight-through", through), ("review load", reviews)
    last = field.top - _LINE_APART
    for y, name in sorted(
        (field.at(*line[-1])[1], name) for name, line in named if line
    ):
        last = max(y, last + _LINE_APART)
        drawn += _named(field, last, name)
    return drawn


def _known(shares: Iterable[tuple[float, float | None]]) -> list[Place]:
    return [(_nines(threshold), part) for threshold, part in shares if part is not None]
