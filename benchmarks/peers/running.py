"""One tool on one saved world: its runs, and how right it was, as a row of figures."""

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from attrs import frozen

from benchmarks.peers.answers import Pair, Point, Truth, curve, quality, thinned
from benchmarks.peers.tools import TOOLS
from benchmarks.report import ROOT

MIB = 1 << 20
DRAWN = 60
"""Points of a curve that are kept."""
LONG = 60
"""Seconds beyond which a run is not repeated."""


@frozen(kw_only=True)
class Reading:
    """One way to read a tool's answers, judged.

    Attributes:
        tool: Its name.
        reading: What is taken as its answer.
        seconds: Of each run.
        over_mib: Peak memory over the loaded input, the median of the runs.
        loaded_mib: Memory that held the input.
        answered: Pairs it accepts.
        right: How many of them are true.
        true: How many pairs are.
        points: What each threshold of its score would give.
    """

    tool: str
    reading: str
    seconds: tuple[float, ...]
    over_mib: float
    loaded_mib: float
    answered: int
    right: int
    true: int
    points: Sequence[Point]

    @property
    def precision(self) -> float:
        """Share of its pairs that are true; of none, all."""
        return self.right / self.answered if self.answered else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that it accepts."""
        return self.right / self.true if self.true else 0.0

    def drawn(self) -> list[tuple[float, float]]:
        """Recall and precision, at thresholds far enough apart."""
        kept = thinned(self.points, DRAWN)
        return [(round(p.recall, 5), round(p.precision, 6)) for p in kept]


@frozen
class Fault:
    """A tool that gave no figures, and why."""

    tool: str
    why: str


def measured(
    name: str, folder: Path, truth: Truth, runs: int, limit: float
) -> list[Reading] | Fault:
    """Run a tool so many times, each at most so many seconds, and judge it."""
    missing = TOOLS[name].missing()
    if missing is not None:
        return Fault(name, f"{missing} is not installed")
    with TemporaryDirectory() as scratch:
        answers = Path(scratch, "answers.jsonl")
        figures: list[dict[str, float]] = []
        for _ in range(runs):
            command = ("benchmarks.peers.one", name, str(folder), str(answers))
            if figures and figures[-1]["seconds"] > LONG:
                break
            try:
                figures.append(_python(*command, limit=limit))
            except subprocess.TimeoutExpired:
                return Fault(name, f"stopped after {limit:,.0f} s")
            except subprocess.CalledProcessError as error:
                return Fault(name, f"failed: {_last_line(error.stderr)}")
        return list(_judged(name, figures, answers, truth))


def _python(module: str, *arguments: str, limit: float) -> dict[str, float]:
    command = (sys.executable, "-m", module, *arguments)
    done = subprocess.run(  # noqa: S603 - our own modules
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=limit
    )
    printed: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return printed


def _last_line(printed: str) -> str:
    lines = printed.strip().splitlines()
    return lines[-1][:200] if lines else "said nothing"


def _judged(
    name: str,
    figures: Collection[dict[str, float]],
    answers: Path,
    truth: Truth,
) -> Iterator[Reading]:
    with answers.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            pairs = [Pair(*fields) for fields in row["pairs"]]
            judged = quality(pairs, truth)
            yield Reading(
                tool=name,
                reading=row["reading"],
                seconds=tuple(round(run["seconds"], 3) for run in figures),
                over_mib=median(run["over_bytes"] for run in figures) / MIB,
                loaded_mib=median(run["loaded_bytes"] for run in figures) / MIB,
                answered=judged.answered,
                right=judged.right,
                true=judged.true,
                points=curve(pairs, truth),
            )
