"""Where the time of a run goes, module by module of the core, on one thread.

    python -m benchmarks.stages --sizes 10000

The profiler of the standard library counts the calls; what a module asks of a library
is counted to the module. The shares are what counts: to be watched costs time, too.
"""

import argparse
import cProfile
import gc
import pstats
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import payymo_core
from benchmarks.calibration import measured_head
from benchmarks.generate import make_world
from benchmarks.report import save_rows
from benchmarks.world import Regime, World
from payymo_core import Matcher

SEED = 1
CORE = Path(payymo_core.__file__).parent
SHOWN = 0.005
"""Modules of a smaller share are one line together."""

Function = tuple[str, int, str]
"""File, line and name, as the profiler has them."""
Times = tuple[int, int, float, float]
"""Calls, calls again, seconds of its own, seconds with what it called."""
Stats = Mapping[Function, tuple[int, int, float, float, Mapping[Function, Times]]]


def module_of(function: Function) -> str | None:
    """Name the module of the core that a function stands in."""
    path = Path(function[0])
    if not path.is_relative_to(CORE):
        return None
    inside = path.relative_to(CORE)
    return inside.parts[0].removesuffix(".py")


def by_module(stats: Stats) -> dict[str, float]:
    """Seconds of each module: its own, and those of the libraries it calls.

    A library's function that calls back, as ``sorted`` does with a key, is counted
    without what it calls back.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    shares: dict[Function, dict[str, float]] = {}
    for function, (_, _, own, _, callers) in stats.items():
        module = module_of(function)
        if module is not None:
            seconds[module] += own
            continue
        for caller, (_, _, part, _) in callers.items():
            for asking, share in _askers(caller, stats, shares).items():
                seconds[asking] += part * share
    return dict(seconds)


def _askers(
    function: Function, stats: Stats, shares: dict[Function, dict[str, float]]
) -> dict[str, float]:
    """On whose behalf a function runs: modules, and the share of each."""
    module = module_of(function)
    if module is not None:
        return {module: 1.0}
    if function in shares:
        return shares[function]
    shares[function] = {}  # Who calls himself asks for nobody new.
    callers = stats[function][4] if function in stats else {}
    whole = sum(spent for _, _, _, spent in callers.values())
    found: defaultdict[str, float] = defaultdict(float)
    for caller, (_, _, _, spent) in callers.items():
        for asking, share in _askers(caller, stats, shares).items():
            found[asking] += share * spent / whole if whole else 0.0
    shares[function] = dict(found)
    return shares[function]


def profiled(world: World) -> dict[str, float]:
    """Match a world on one thread, and say where the time went."""
    gc.collect()
    gc.freeze()
    profiler = cProfile.Profile()
    with profiler:
        # In one chunk, since only this thread is watched.
        matcher = Matcher(world.invoices, chunk=max(1, len(world.transactions)))
        list(matcher.match(world.transactions))
    gc.unfreeze()
    stats: Stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    return by_module(stats)


def rows_of(size: int, seconds: dict[str, float]) -> list[dict[str, object]]:
    """The modules, the dearest first, those that hardly count together."""
    whole = sum(seconds.values())
    rows: list[dict[str, object]] = []
    rest = 0.0
    for module, spent in sorted(seconds.items(), key=lambda entry: -entry[1]):
        if spent < SHOWN * whole:
            rest += spent
            continue
        rows.append(_row(size, module, spent, whole))
    return [*rows, _row(size, "all others", rest, whole)]


def _row(size: int, module: str, spent: float, whole: float) -> dict[str, object]:
    share = round(spent / whole, 4)
    return {"size": size, "module": module, "seconds": round(spent, 4), "share": share}


def main() -> None:
    """Print the table, and keep it where asked to."""
    parser = argparse.ArgumentParser(description="Measure where the time goes.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000])
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the figures")
    wanted = parser.parse_args()
    head = measured_head(datetime.now(UTC))
    rows = []
    for size in wanted.sizes:
        found = profiled(make_world(Regime.MIXED, size, SEED, size))
        print(f"{size:,} x {size:,}: {sum(found.values()):.2f} s, watched")
        for row in rows_of(size, found):
            print(f"  {row['module']:<20}{row['seconds']:>10.3f} s{row['share']:>8.1%}")
            rows.append(row)
    if wanted.json:
        save_rows(head, rows, wanted.json)


if __name__ == "__main__":
    main()
