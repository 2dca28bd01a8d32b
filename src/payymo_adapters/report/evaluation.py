"""The evaluation as one self-contained page: figures, advice, drawings, tables."""

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike

from payymo_adapters.atomic import write_atomically
from payymo_adapters.report.charts import reliability_diagram, threshold_curve
from payymo_adapters.report.scores import (
    ADVICE_COLUMNS,
    advice_row,
    point_row,
    remarks,
    scores,
)
from payymo_adapters.report.shell import asset, head
from payymo_adapters.report.svg import tag, text
from payymo_adapters.report.wording import share
from payymo_core.evaluation import Evaluation
from payymo_core.reliability import CalibrationBin

_TILES = ("precision", "straight through", "review load", "calibration error")


def write_evaluation(
    found: Evaluation, path: str | PathLike[str], sources: Sequence[str]
) -> None:
    """Write the page, whole or not at all.

    Args:
        found: What was measured.
        path: Where to.
        sources: Names of the files it was measured on.

    Raises:
        OSError: The place cannot be written to.
    """
    write_atomically(path, render_evaluation(found, sources))


def render_evaluation(found: Evaluation, sources: Sequence[str]) -> Iterator[str]:
    """Make the page, in pieces; whatever came from a file is escaped."""
    style = asset("page.css") + asset("evaluation.css")
    yield head("Payymo evaluation", style)
    yield "<body>\n"
    yield _header(sources)
    yield "<main>\n"
    yield _tiles(found)
    yield _advice(found)
    if found.curve[0].matched:
        yield _curve(found)
    if found.calibration:
        yield _reliability(found)
    yield _figures(found)
    if found.wrong:
        yield _wrong(found.wrong)
    yield "</main>\n</body>\n</html>\n"


def _header(sources: Sequence[str]) -> str:
    named = "".join(
        tag("li", tag("span", text(name), class_="file theirs")) for name in sources
    )
    return tag(
        "header",
        tag("p", "Payymo", class_="brand"),
        tag("h1", "How right the matches are"),
        tag("ul", named, class_="sources"),
        class_="top",
    )


def _tiles(found: Evaluation) -> str:
    by_name = {score.name: score for score in scores(found)}
    tiles = (
        tag(
            "div",
            tag("span", text(name), class_="name"),
            tag("span", text(by_name[name].value), class_="number"),
            tag("span", text(by_name[name].bound), class_="share"),
            class_="tile good",
        )
        for name in _TILES
    )
    return _section("Figures", tag("div", *tiles, class_="tiles"))


def _advice(found: Evaluation) -> str:
    rows = [advice_row(advice) for advice in found.advice]
    said = "".join(tag("li", text(remark)) for remark in remarks(found))
    return _section(
        "Which threshold gives which precision",
        _table("The lowest threshold that is shown to give it", ADVICE_COLUMNS, rows),
        tag("ul", said, class_="remarks"),
    )


def _curve(found: Evaluation) -> str:
    rows = [point_row(point) for point in found.curve]
    return _section(
        "What each threshold does",
        tag(
            "figure",
            threshold_curve(found),
            tag(
                "figcaption",
                "The points are what was so of these transactions. The dashed line "
                "below them is what that proves: the precision is above it with 95 % "
                "certainty.",
            ),
            class_="chart",
        ),
        _details(_table("Every threshold looked at", ADVICE_COLUMNS[1:], rows)),
    )


def _reliability(found: Evaluation) -> str:
    columns = ("Confidence", "Proposals", "Said", "Was", "95 % interval")
    return _section(
        "Whether a confidence is a probability",
        tag(
            "figure",
            reliability_diagram(found.calibration),
            tag(
                "figcaption",
                "Above the diagonal the proposals were right more often than was "
                "said, below it less often. A bar that crosses it gives no reason "
                "for doubt; few proposals make a long bar.",
            ),
            class_="chart",
        ),
        _details(_table("Bins", columns, map(calibration_row, found.calibration))),
    )


def calibration_row(one: CalibrationBin) -> tuple[str, ...]:
    """Write a bin of equal width: confidence, proposals, said, was, interval."""
    return (
        f"{one.low:.1f} to {one.high:.1f}",
        f"{one.count:,}",
        share(one.confidence),
        share(one.accuracy),
        f"{share(one.accuracy_low)} to {share(one.accuracy_high)}",
    )


def _figures(found: Evaluation) -> str:
    rows = (
        tag(
            "tr",
            tag("th", text(score.name), scope="row"),
            tag("td", text(score.value)),
            tag("td", text(score.bound)),
            tag("td", text(score.meaning), class_="meaning"),
        )
        for score in scores(found)
    )
    body = tag("tbody", *rows)
    return _section("All figures", _wide(tag("table", body, class_="scores")))


def _wrong(transactions: Sequence[str]) -> str:
    items = (tag("li", text(one), class_="theirs") for one in transactions)
    count = tag("span", f"{len(transactions):,}", class_="count")
    return tag(
        "section",
        tag("h2", "Wrong matches ", count),
        tag("ul", *items, class_="wrong"),
    )


def _section(title: str, *content: str) -> str:
    return tag("section", tag("h2", text(title)), *content, class_="charts") + "\n"


def _details(content: str) -> str:
    return tag("details", tag("summary", "as a table"), content)


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(tag("th", text(name), scope="col") for name in columns)
    body = "".join(
        tag(
            "tr",
            tag("th", text(first), scope="row"),
            *(tag("td", text(value)) for value in rest),
        )
        for first, *rest in rows
    )
    return _wide(
        tag(
            "table",
            tag("caption", text(caption)),
            tag("thead", tag("tr", titles)),
            tag("tbody", body),
            class_="scores",
        )
    )


def _wide(content: str) -> str:
    return tag("div", content, class_="wide")
