"""Run one tool once on a saved world, in a process of its own, and print what it took.

python -m benchmarks.peers.one TOOL DIR ANSWERS
"""

import gc
import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.one_run import peak, resident
from benchmarks.peers.answers import Pair
from benchmarks.peers.tools import TOOLS


def forget_peak() -> None:
    """Let the peak of this process begin anew, as far as the system allows it."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def keep(readings: Mapping[str, Iterable[Pair]], path: Path) -> None:
    """Write the answers, a reading a line."""
    with path.open("w", encoding="utf-8") as out:
        for reading, pairs in readings.items():
            rows = [(p.transaction, p.invoice, p.score, p.accepted) for p in pairs]
            out.write(json.dumps({"reading": reading, "pairs": rows}) + "\n")


def main() -> None:
    """Load, match, and print seconds and bytes as JSON."""
    name, folder, answers = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    run = TOOLS[name].load(folder)
    gc.collect()
    gc.freeze()
    forget_peak()
    loaded = resident()
    start = time.perf_counter()
    answer = run()
    seconds = time.perf_counter() - start
    figures = {
        "seconds": seconds,
        "loaded_bytes": loaded,
        "over_bytes": max(0, peak() - loaded),
    }
    keep(answer(), answers)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
