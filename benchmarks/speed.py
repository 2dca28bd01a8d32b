"""How long matching takes, and how much memory, attrs objects in and out.

    python -m benchmarks.speed --sizes 10000 100000 --runs 5

Each run is a process of its own (``one_run``): it reads the records, collects garbage
and freezes what is left out of the collector's sight, as a service that holds its
ledger does; otherwise the collector walks all records again and again. Only then it
matches, with the collector on. Memory is the peak of the process over what it held by
then (Linux).
"""

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from attrs import asdict, frozen

from benchmarks.calibration import measured_head
from benchmarks.report import ROOT, save_rows

MIB = 1 << 20


@frozen(kw_only=True)
class Speed:
    """Medians of the runs at one size.

    Attributes:
        size: Transactions, and as many invoices.
        seconds: Wall time of ``list(match(...))``.
        all_seconds: That of each run.
        loaded_mib: Memory that held the input, in MiB.
        over_mib: Peak memory over the loaded input, in MiB.
    """

    size: int
    seconds: float
    all_seconds: tuple[float, ...]
    loaded_mib: float
    over_mib: float


def measure(size: int, runs: int) -> Speed:
    """Match a mixed world of this size so many times."""
    with TemporaryDirectory() as folder:
        sizes = ("--invoices", str(size), "--transactions", str(size))
        python("benchmarks.generate", "--regime", "mixed", *sizes, "--out", folder)
        rows = [json.loads(python("benchmarks.one_run", folder)) for _ in range(runs)]
    return Speed(
        size=size,
        seconds=median(row["seconds"] for row in rows),
        all_seconds=tuple(row["seconds"] for row in rows),
        loaded_mib=median(row["loaded_bytes"] for row in rows) / MIB,
        over_mib=median(row["over_bytes"] for row in rows) / MIB,
    )


def python(module: str, *arguments: str) -> str:
    """Run a module of ours in a process of its own, and take what it prints."""
    command = (sys.executable, "-m", module, *arguments)
    done = subprocess.run(  # noqa: S603 - our own modules
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def shown(row: Speed) -> str:
    """One line of the table."""
    rate = row.size / row.seconds
    cells = (f"{row.size:,}", f"{row.seconds:.3f} s", f"{rate:,.0f}/s")
    memory = (f"{row.loaded_mib:,.0f} MiB", f"{row.over_mib:,.0f} MiB")
    return "".join(f"{cell:>14}" for cell in (*cells, *memory))


def main() -> None:
    """Print the table, and keep it where asked to."""
    parser = argparse.ArgumentParser(description="Measure how fast matching is.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the figures")
    wanted = parser.parse_args()
    titles = ("each side", "median", "transactions", "input holds", "peak over it")
    print("".join(f"{title:>14}" for title in titles), flush=True)
    rows = []
    for size in wanted.sizes:
        row = measure(size, wanted.runs)
        print(shown(row), flush=True)
        rows.append(asdict(row))
    if wanted.json:
        save_rows(measured_head(datetime.now(UTC)), rows, wanted.json)


if __name__ == "__main__":
    main()
