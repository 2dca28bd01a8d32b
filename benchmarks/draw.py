"""The kept figures as drawings for the documentation.

python -m benchmarks.draw

Throughput and memory against size, precision against recall, and the share of each
module, from ``benchmarks/results`` to ``docs``.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, floor, log10
from pathlib import Path

from attrs import frozen

from benchmarks.report import ROOT
from payymo_adapters.report.svg import Frame, Place, drawing, tag, text

RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs"
LEAST_PRECISION = 0.9
"""Where the axis of precision begins; what is never better is only listed."""
APART = 15.0
"""Pixels from one name to the next below it."""
BARS = 14

WORDS = {
    "peers-throughput": (
        "Throughput against size",
        "Transactions a second of each tool, against the size of each side.",
    ),
    "peers-memory": (
        "Memory against size",
        "Peak memory over the loaded input, against the size of each side.",
    ),
    "peers-quality": (
        "Precision against recall",
        "What thresholds of each tool's score give; the dot is what it accepts itself.",
    ),
}
"""Title and description of a drawing."""

Row = Mapping[str, object]

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #222; }
.x { text-anchor: middle; } .y { text-anchor: end; }
.tick, .small { font-size: 12px; fill: #555; }
.grid { stroke: #ddd; } .bar { fill: #1a6b8f; }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
circle { stroke: none; }
.s0 { stroke: #1a6b8f; } .f0 { fill: #1a6b8f; } polyline.s0 { stroke-width: 3.5; }
.s1 { stroke: #b5482a; } .f1 { fill: #b5482a; }
.s2 { stroke: #6a8f1a; } .f2 { fill: #6a8f1a; }
.s3 { stroke: #8a4fb0; } .f3 { fill: #8a4fb0; }
.s4 { stroke: #b88a12; } .f4 { fill: #b88a12; }
.s5 { stroke: #7a7a7a; } .f5 { fill: #7a7a7a; }
.s6 { stroke: #3f9a86; } .f6 { fill: #3f9a86; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e6e6; } .tick, .small { fill: #aaa; } .grid { stroke: #444; }
}
"""


@frozen
class Series:
    """One tool's line.

    Attributes:
        name: Of the tool.
        place: Among the tools; its colour.
        values: In the units of the axes.
        spot: What it does by itself, without another threshold.
    """

    name: str
    place: int
    values: Sequence[Place]
    spot: Place | None = None


def number(row: Row, key: str) -> float:
    """Take a figure of a row."""
    return float(str(row[key]))


def measured(rows: Iterable[Row]) -> list[Row]:
    """The rows with figures: the first reading of each tool at each size."""
    seen: dict[tuple[str, float], Row] = {}
    for row in rows:
        if "fault" not in row:
            seen.setdefault((str(row["tool"]), number(row, "size")), row)
    return list(seen.values())


def by_size(rows: Iterable[Row], height: Callable[[Row], float]) -> list[Series]:
    """One line a tool, on logarithmic axes."""
    lines: dict[str, list[Place]] = {}
    for row in measured(rows):
        place = log10(number(row, "size")), log10(max(height(row), 0.1))
        lines.setdefault(str(row["tool"]), []).append(place)
    return [Series(n, p, sorted(v)) for p, (n, v) in enumerate(lines.items())]


def against_size(series: Sequence[Series], unit: str) -> str:
    """Draw lines against the size of each side."""
    xs = [x for line in series for x, _ in line.values]
    ys = [y for line in series for _, y in line.values]
    field = Frame(
        left=80,
        top=16,
        width=430,
        height=330,
        x_range=_apart(min(xs), max(xs)),
        y_range=_apart(floor(min(ys)), ceil(max(ys))),
    )
    return (
        field.rows(_decades(field.y_range))
        + field.columns(_decades(field.x_range))
        + _lines(field, series)
        + field.below("transactions, and as many invoices", 42)
        + field.beside(unit, 62)
    )


def _apart(low: float, high: float) -> Place:
    """Ends of an axis, which has a length though all its values are one."""
    return (low, high) if low < high else (low - 1, high)


def _decades(ends: Place) -> list[tuple[float, str]]:
    powers = range(ceil(ends[0] - 1e-9), floor(ends[1] + 1e-9) + 1)
    return [(float(power), f"{10.0**power:,.10g}") for power in powers]


def _lines(field: Frame, series: Sequence[Series]) -> str:
    drawn = ""
    for line in series:
        drawn += field.line(line.values, f"s{line.place}")
        spots = line.values if line.spot is None else [line.spot]
        drawn += "".join(_spot(field.at(*value), line.place) for value in spots)
    return drawn + _names(field, series)


def _spot(at: Place, place: int) -> str:
    return tag("circle", cx=at[0], cy=at[1], r=4, class_=f"f{place}")


def _names(field: Frame, series: Iterable[Series]) -> str:
    """Write each name beside the end of its line, one below the other."""
    drawn, last = "", field.top - APART
    ends = sorted((field.at(*line.values[-1])[1], line.place, line) for line in series)
    for y, place, line in ends:
        last = max(y + 4, last + APART)
        spot = _spot((field.right + 14, last - 4), place)
        drawn += spot + tag("text", text(line.name), x=field.right + 24, y=last)
    return drawn


def curves(rows: Iterable[Row]) -> list[Series]:
    """Precision against recall of each tool, at the largest size most of them did."""
    able = measured(rows)
    size = most_compared(able)
    found = []
    for place, row in enumerate(r for r in able if number(r, "size") == size):
        points = row["curve"]
        assert isinstance(points, list)
        values = [(x, y) for x, y in points if y >= LEAST_PRECISION]
        spot = number(row, "recall"), number(row, "precision")
        if values and spot[1] >= LEAST_PRECISION:
            found.append(Series(str(row["tool"]), place, values, spot))
    return found


def most_compared(rows: Sequence[Row]) -> float:
    """Find the size that most tools were run at; the larger of two."""
    sizes = [number(row, "size") for row in rows]
    return max(set(sizes), key=lambda size: (sizes.count(size), size))


def precision_and_recall(series: Sequence[Series]) -> str:
    """Draw what each threshold of each tool gives."""
    field = Frame(
        left=80,
        top=16,
        width=430,
        height=330,
        x_range=(0, 1),
        y_range=(LEAST_PRECISION, 1),
    )
    fifths = [(n / 5, f"{n * 20} %") for n in range(6)]
    steps = [LEAST_PRECISION + n * 0.02 for n in range(6)]
    return (
        field.rows((step, f"{step:.0%}") for step in steps)
        + field.columns(fifths)
        + _lines(field, series)
        + field.below("recall, pair by pair", 42)
        + field.beside("precision", 62)
    )


def bars(rows: Sequence[Row]) -> tuple[str, float]:
    """Draw the share of each module, and say how high that is."""
    shown = rows[:BARS]
    rest = sum(number(row, "share") for row in rows[BARS:])
    named = [(str(row["module"]), number(row, "share")) for row in shown]
    if rest:
        named.append(("all others", rest))
    most = max(share for _, share in named)
    drawn = ""
    for place, (name, share) in enumerate(named):
        y = 14 + place * 22
        width = 400 * share / most
        drawn += tag("text", text(name), x=140, y=y + 13, class_="y")
        drawn += tag("rect", x=150, y=y, width=width, height=17, class_="bar")
        drawn += tag("text", f"{share:.1%}", x=156 + width, y=y + 13, class_="small")
    return drawn, 28.0 + 22 * len(named)


def standing_alone(name: str, size: Place, words: tuple[str, str], content: str) -> str:
    """Make a file of a drawing: its namespace and its colours come with it."""
    written = drawing(name, size, *words, tag("style", STYLE) + content)
    space = '<svg xmlns="http://www.w3.org/2000/svg"'
    return written.replace("<svg", space, 1) + "\n"


def peers_drawn(rows: Sequence[Row]) -> dict[str, str]:
    """The three drawings of the tools beside each other."""
    rate = by_size(rows, lambda row: number(row, "size") / number(row, "seconds"))
    memory = by_size(rows, lambda row: number(row, "over_mib"))
    drawings = {
        "peers-throughput": against_size(rate, "transactions a second"),
        "peers-memory": against_size(memory, "MiB over the input"),
        "peers-quality": precision_and_recall(curves(rows)),
    }
    return {
        name: standing_alone(name, (680, 400), WORDS[name], content)
        for name, content in drawings.items()
    }


def stages_drawn(rows: Sequence[Row]) -> dict[str, str]:
    """The drawing of the shares of time, at the largest size."""
    size = max(number(row, "size") for row in rows)
    content, height = bars([row for row in rows if number(row, "size") == size])
    words = (
        "Where the time goes",
        f"The share of each module of a run of {size:,.0f} transactions.",
    )
    return {"stages": standing_alone("stages", (680, height), words, content)}


DRAWN = {"peers": peers_drawn, "stages": stages_drawn}
"""Results file to drawings."""


def main() -> None:
    """Draw what there is."""
    parser = argparse.ArgumentParser(description="Draw the kept figures.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--out", type=Path, default=DOCS)
    wanted = parser.parse_args()
    for name, drawn in DRAWN.items():
        kept = wanted.results / f"{name}.json"
        if not kept.exists():
            print(f"{kept.name}: not there, nothing drawn of it")
            continue
        rows = json.loads(kept.read_text(encoding="utf-8"))["rows"]
        for title, markup in drawn(rows).items():
            (wanted.out / f"{title}.svg").write_text(markup, encoding="utf-8")
            print(f"{title}.svg")


if __name__ == "__main__":
    main()
