"""How long one transaction waits, against a ledger that was indexed before.

    python -m benchmarks.latency --sizes 10000 100000

As in a service that holds its ledger, the collector leaves alone what was loaded.
"""

import argparse
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

from benchmarks.calibration import measured_head
from benchmarks.generate import make_world
from benchmarks.report import save_rows
from benchmarks.world import Regime
from benchmarks.world.dice import Dice
from payymo_core import Matcher
from payymo_core.records import Invoice, Transaction

SEED = 1
STATEMENT = 2_000
"""Transactions that are drawn from, whatever the size of the ledger."""
WARM = 20
"""Calls before the first that counts: they import, and fill what is cached."""
BATCHES = {1: 400, 10: 100, 100: 30, 1_000: 7}
"""Transactions a call, and how many calls."""
CHANGED = 100
"""Invoices that are added, closed or changed at once, besides one at a time."""
CHANGES = 25

Call = Callable[[], object]


def percentile(values: Sequence[float], share: float) -> float:
    """Find the value that so large a share does not exceed.

    Args:
        values: One or more, in any order.
        share: In (0, 1].
    """
    return sorted(values)[ceil(share * len(values)) - 1]


def timed(calls: Iterable[Callable[[], object]]) -> list[float]:
    """Seconds of each call."""
    found = []
    for call in calls:
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return found


def matching(
    matcher: Matcher, statement: Sequence[Transaction], batch: int, dice: Dice
) -> Call:
    """Match different transactions, in no order, their matches made and all."""
    chosen = dice.shuffled(statement)[:batch]
    return lambda: list(matcher.match(chosen))


def changing(
    matcher: Matcher, new: Sequence[Invoice], batch: int, dice: Dice
) -> dict[str, Call]:
    """Each way that a prepared ledger changes, for so many invoices."""
    held = matcher.ledger.invoices.records
    rows = [held[dice.below(len(held))] for _ in range(2 * batch)]
    chosen = {invoice.id: invoice for invoice in rows if invoice.total}
    ids = list(chosen)[:batch]
    owed = {i: total for i in ids if (total := chosen[i].total) is not None}
    added = dice.shuffled(new)[:batch]
    return {
        "add": lambda: matcher.add(added),
        "close": lambda: matcher.close(ids),
        "update": lambda: matcher.update(owed),
    }


def rows_at(size: int, batches: Mapping[int, int]) -> Iterator[dict[str, object]]:
    """Index a ledger of this size, and time calls of each batch.

    Args:
        size: Invoices.
        batches: Transactions a call, and how many calls.
    """
    world = make_world(Regime.MIXED, size + CHANGED, SEED, min(size, STATEMENT))
    dice = Dice(SEED, size)
    held, new = world.invoices[:size], world.invoices[size:]
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    matcher = Matcher(held)
    yield {"work": "index", "size": size, "seconds": time.perf_counter() - start}
    gc.collect()
    gc.freeze()
    statement = world.transactions
    timed(matching(matcher, statement, 1, dice) for _ in range(WARM))
    for batch, calls in batches.items():
        if batch <= len(statement):
            each = (matching(matcher, statement, batch, dice) for _ in range(calls))
            yield _row("match", size, batch, timed(each))
    for batch in (1, CHANGED):
        for work in changing(matcher, new, batch, dice):
            each = (changing(matcher, new, batch, dice)[work] for _ in range(CHANGES))
            yield _row(work, size, batch, timed(each))
    gc.unfreeze()


def _row(work: str, size: int, batch: int, found: list[float]) -> dict[str, object]:
    return {
        "work": work,
        "size": size,
        "batch": batch,
        "calls": len(found),
        "seconds": percentile(found, 0.5),
        "seconds_99": percentile(found, 0.99),
    }


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
