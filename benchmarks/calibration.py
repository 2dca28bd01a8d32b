"""Two loops that tell how fast a machine is just now, for figures taken beside them.

Seconds of two machines, or of one on two days, cannot be compared; seconds over those
of a loop that ran just before can, about.
"""

import time
from collections.abc import Callable
from datetime import datetime
from statistics import geometric_mean, median

import numpy as np

from benchmarks.report import provenance

ROUNDS = 15
"""The median of so many counts: a busy machine slows the loops as it slows the rest."""


def measured_head(now: datetime) -> dict[str, object]:
    """Head of a results file whose figures are times.

    Args:
        now: The caller's clock.
    """
    return provenance(now) | {"calibration": calibration()}


def calibration() -> dict[str, float]:
    """Seconds of a loop in Python and of one in NumPy, here and now."""
    return {"python": _median(_python_loop), "numpy": _median(_numpy_loop)}


def unit(head: dict[str, float]) -> float:
    """What times are divided by: the mean of both loops, as a ratio is a mean."""
    return geometric_mean(head.values())


def _median(loop: Callable[[], None]) -> float:
    def timed() -> float:
        start = time.perf_counter()
        loop()
        return time.perf_counter() - start

    return round(median(timed() for _ in range(ROUNDS)), 5)


def _python_loop() -> None:
    """Look texts up in a dictionary, and add."""
    known = {str(number): number for number in range(50_000)}
    total = 0
    for text in known:
        total += known.get(text[::-1], len(text))


def _numpy_loop() -> None:
    """Mix, sort and search keys, as an index does."""
    keys = np.arange(500_000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    keys ^= keys >> np.uint64(29)
    ranked = np.sort(keys)
    np.searchsorted(ranked, keys[:100_000])
    np.cumsum(ranked)
