"""Match one saved world once, in a process of its own, and print what it took.

python -m benchmarks.one_run DIR
"""

import gc
import json
import resource
import sys
import time
from pathlib import Path

from payymo_adapters.exchange import read_invoices, read_transactions
from payymo_core import Ruleset, match

PAGE = resource.getpagesize()


def resident() -> int:
    """Bytes of this process in memory now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


def peak() -> int:
    """Most bytes of this process in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Read, freeze, match, and print seconds and bytes as JSON."""
    folder = Path(sys.argv[1])
    transactions = read_transactions(folder / "transactions.jsonl")
    invoices = read_invoices(folder / "invoices.jsonl")
    rules = Ruleset()
    gc.collect()
    gc.freeze()
    loaded = resident()
    start = time.perf_counter()
    result = match(transactions, invoices, rules)
    matches = list(result)
    seconds = time.perf_counter() - start
    figures = {
        "seconds": seconds,
        "loaded_bytes": loaded,
        "over_bytes": max(0, peak() - loaded),
        "matches": len(matches),
        "capped": dict(result.capped),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
