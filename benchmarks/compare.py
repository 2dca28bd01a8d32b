"""What got slower between two results files; exit code 1 where anything did.

    python -m benchmarks.compare before.json after.json --share 0.15

Times are compared as ratios to the calibration loops that ran in the same run, so that
another machine, or a busy day, is not taken for a change of ours.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from benchmarks.calibration import unit

IDENTITY = ("work", "tool", "reading", "case", "module", "regime", "size", "batch")
"""Keys that say what a row is about."""
TIMES = ("seconds", "seconds_99")
SIZES = ("over_mib",)
"""Not a matter of how fast the machine is."""

Row = Mapping[str, object]
Key = tuple[str, ...]


@frozen
class Change:
    """One figure, before and after.

    Attributes:
        key: What it is about.
        figure: Its name.
        ratio: After over before, by the calibration of each; over 1 is worse.
    """

    key: Key
    figure: str
    ratio: float


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[Change]:
    """Every figure that both files have, the worst change first."""
    speed = _unit(after) / _unit(before)
    old, new = _by_key(before), _by_key(after)
    found = [
        change
        for key in old.keys() & new.keys()
        for change in _between(key, old[key], new[key], speed)
    ]
    return sorted(found, key=lambda change: (-change.ratio, change.key, change.figure))


def gone(before: Mapping[str, object], after: Mapping[str, object]) -> list[Key]:
    """What was measured before, and no more."""
    return sorted(_by_key(before).keys() - _by_key(after).keys())


def _unit(results: Mapping[str, object]) -> float:
    loops = results.get("calibration")
    if not isinstance(loops, dict) or not loops:
        msg = "no calibration: the file is not of times, or older than calibration"
        raise SystemExit(msg)
    return unit(loops)


def _by_key(results: Mapping[str, object]) -> dict[Key, Row]:
    rows = results["rows"]
    assert isinstance(rows, list)
    return {tuple(str(r[k]) for k in IDENTITY if k in r): r for r in rows}


def _between(key: Key, old: Row, new: Row, speed: float) -> Iterator[Change]:
    for names, scale in ((TIMES, speed), (SIZES, 1.0)):
        for name in names:
            was, now = old.get(name), new.get(name)
            if isinstance(was, int | float) and isinstance(now, int | float) and was:
                yield Change(key, name, round(now / was / scale, 6))


def main() -> None:
    """Print what got worse, and say by the exit code whether anything did."""
    parser = argparse.ArgumentParser(description="Compare two results files.")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--share", type=float, default=0.15, help="that is let pass")
    wanted = parser.parse_args()
    before, after = (
        json.loads(path.read_text(encoding="utf-8"))
        for path in (wanted.before, wanted.after)
    )
    for key in gone(before, after):
        print(f"not measured any more: {', '.join(key)}")
    found = changes(before, after)
    worse = [change for change in found if change.ratio > 1 + wanted.share]
    for change in worse:
        print(f"{', '.join(change.key)}: {change.figure} x {change.ratio:.2f}")
    print(f"{len(worse)} of {len(found)} figures over x {1 + wanted.share:.2f}")
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
