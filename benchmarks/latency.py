"""How long one transaction waits, against a ledger that was indexed before.

    python -m benchmarks.latency --sizes 10000 100000

As in a service that holds its ledger, the collector leaves alone what was loaded.
"""

import argparse
import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

from benchmarks.calibration import measured_head
from benchmarks.generate import make_world
from benchmarks.report import save_rows
from benchmarks.world import Regime
from benchmarks.world.dice import Dice
from payymo_core import Matcher
from payymo_core.records import Transaction

SEED = 1
STATEMENT = 2_000
"""Transactions that are drawn from, whatever the size of the ledger."""
WARM = 20
"""Calls before the first that counts: they import, and fill what is cached."""
BATCHES = {1: 1_000, 10: 200, 100: 50, 1_000: 9}
"""Transactions a call, and how many calls."""


def percentile(values: Sequence[float], share: float) -> float:
    """Find the value that so large a share does not exceed.

    Args:
        values: One or more, in any order.
        share: In (0, 1].
    """
    return sorted(values)[ceil(share * len(values)) - 1]


def waits(matcher: Matcher, batches: Sequence[Sequence[Transaction]]) -> list[float]:
    """Seconds of each call, matches made and all."""
    found = []
    for batch in batches:
        start = time.perf_counter()
        list(matcher.match(batch))
        found.append(time.perf_counter() - start)
    return found


def drawn(
    statement: Sequence[Transaction], size: int, calls: int, dice: Dice
) -> list[list[Transaction]]:
    """Batches of different transactions, in no order."""
    return [list(dice.shuffled(statement)[:size]) for _ in range(calls)]


def rows_at(size: int, batches: Mapping[int, int]) -> Iterator[dict[str, object]]:
    """Index a ledger of this size, and time calls of each batch.

    Args:
        size: Invoices.
        batches: Transactions a call, and how many calls.
    """
    world = make_world(Regime.MIXED, size, SEED, min(size, STATEMENT))
    dice = Dice(SEED, size)
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    matcher = Matcher.of(world.invoices)
    yield {"work": "index", "size": size, "seconds": time.perf_counter() - start}
    gc.collect()
    gc.freeze()
    waits(matcher, drawn(world.transactions, 1, WARM, dice))
    for batch, calls in batches.items():
        if batch > len(world.transactions):
            continue
        found = waits(matcher, drawn(world.transactions, batch, calls, dice))
        yield {
            "work": "match",
            "size": size,
            "batch": batch,
            "calls": calls,
            "seconds": percentile(found, 0.5),
            "seconds_99": percentile(found, 0.99),
        }
    gc.unfreeze()


def shown(row: dict[str, object]) -> str:
    """One line of the table."""
    milliseconds = [
        f"{float(str(row[key])) * 1000:,.2f} ms"
        for key in ("seconds", "seconds_99")
        if key in row
    ]
    what = f"{row['work']} {row.get('batch', '')}".strip()
    return f"  {what:<14}" + "".join(f"{cell:>16}" for cell in milliseconds)


def main() -> None:
    """Print the table, and keep it where asked to."""
    parser = argparse.ArgumentParser(description="Measure how long one call waits.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the figures")
    wanted = parser.parse_args()
    head = measured_head(datetime.now(UTC))
    rows = []
    for size in wanted.sizes:
        print(f"{size:,} invoices".ljust(16) + f"{'median':>16}{'99 %':>16}")
        for row in rows_at(size, BATCHES):
            print(shown(row), flush=True)
            rows.append(row)
    if wanted.json:
        save_rows(head, rows, wanted.json)


if __name__ == "__main__":
    main()
