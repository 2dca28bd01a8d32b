"""Print the tools beside each other, and keep the figures where asked to."""

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.calibration import measured_head
from benchmarks.peers.answers import recall_at
from benchmarks.peers.rows import truth_of
from benchmarks.peers.running import Fault, Reading, measured
from benchmarks.peers.tools import TOOLS
from benchmarks.report import ROOT, save_rows

OURS = next(iter(TOOLS))
SEVERAL = 10_000
"""Up to this size a tool is run several times, beyond it once."""
TITLES = (
    *("seconds", "x ours", "peak MiB", "x ours", "precision", "recall"),
    *("at our p.", "ours at its"),
)


def compared(reading: Reading, ours: Reading) -> dict[str, object]:
    """One row of the results: a reading beside ours in the same run."""
    seconds, base = median(reading.seconds), median(ours.seconds)
    return {
        "tool": reading.tool,
        "reading": reading.reading,
        "seconds": round(seconds, 3),
        "all_seconds": reading.seconds,
        "times_ours": round(seconds / base, 2),
        "loaded_mib": round(reading.loaded_mib, 1),
        "over_mib": round(reading.over_mib, 1),
        "memory_times_ours": round(reading.over_mib / max(1.0, ours.over_mib), 2),
        "answered": reading.answered,
        "right": reading.right,
        "true": reading.true,
        "precision": round(reading.precision, 6),
        "recall": round(reading.recall, 5),
        "recall_at_our_precision": round(recall_at(reading.points, ours.precision), 5),
        "our_recall_at_its_precision": round(
            recall_at(ours.points, reading.precision), 5
        ),
        "curve": reading.drawn(),
    }


def shown(row: dict[str, object]) -> str:
    """One line of the table."""
    if "fault" in row:
        return f"  {row['tool']:<36} {row['fault']}"
    name = f"{row['tool']}, {row['reading']}"
    cells = (
        f"{row['seconds']:.2f}",
        f"{row['times_ours']:.2f}",
        f"{row['over_mib']:,.0f}",
        f"{row['memory_times_ours']:.2f}",
        f"{row['precision']:.4%}",
        f"{row['recall']:.2%}",
        f"{row['recall_at_our_precision']:.2%}",
        f"{row['our_recall_at_its_precision']:.2%}",
    )
    return f"  {name:<36}" + "".join(f"{cell:>12}" for cell in cells)


def rows_at(
    size: int, names: Iterable[str], runs: int, limit: float
) -> Iterator[dict[str, object]]:
    """Run the tools on one world of this size; ours always first."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _make(folder, size)
        truth = truth_of(folder)
        ours: Reading | None = None
        for name in names:
            if size > TOOLS[name].largest:
                why = f"not run beyond {TOOLS[name].largest:,}"
                yield {"size": size, "tool": name, "fault": why}
                continue
            found = measured(name, folder, truth, runs if size <= SEVERAL else 1, limit)
            if isinstance(found, Fault):
                if ours is None:
                    sys.exit(f"{found.tool}: {found.why}")
                yield {"size": size, "tool": name, "fault": found.why}
                continue
            ours = ours or found[0]
            yield from ({"size": size, **compared(one, ours)} for one in found)


def _make(folder: Path, size: int) -> None:
    sizes = ("--invoices", str(size), "--transactions", str(size))
    arguments = ("--regime", "mixed", *sizes, "--out", str(folder))
    command = (sys.executable, "-m", "benchmarks.generate", *arguments)
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own module


def versions() -> dict[str, str]:
    """What is installed of what the tools need."""
    able = [tool for tool in TOOLS.values() if tool.missing() is None]
    return {name: found for tool in able for name, found in tool.versions().items()}


def main() -> None:
    """Run all at each size, and write after each what there is by then."""
    parser = argparse.ArgumentParser(description="Compare with other tools.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--tools", nargs="+", choices=tuple(TOOLS), default=list(TOOLS))
    parser.add_argument("--runs", type=int, default=3, help=f"up to {SEVERAL:,} a side")
    parser.add_argument("--limit", type=float, default=600, help="seconds a run")
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the figures")
    wanted = parser.parse_args()
    names = [OURS, *(name for name in wanted.tools if name != OURS)]
    head = measured_head(datetime.now(UTC)) | {"tools": versions()}
    print(", ".join(f"{name} {found}" for name, found in versions().items()))
    kept: list[dict[str, object]] = []
    for size in wanted.sizes:
        print(f"{size:,} x {size:,}".ljust(38) + "".join(f"{t:>12}" for t in TITLES))
        for row in rows_at(size, names, wanted.runs, wanted.limit):
            print(shown(row), flush=True)
            kept.append(row)
            if wanted.json:
                save_rows(head, kept, wanted.json)


if __name__ == "__main__":
    main()
