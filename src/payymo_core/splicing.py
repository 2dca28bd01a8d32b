"""Columns of which a few places change: the rest is copied in long runs.

Copying is what a processor does fastest: to sort a column anew takes a hundred times as
long. ``tests/core/test_splicing.py`` holds the naive twin.
"""

from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

_Ints = NDArray[np.int64]
_Kind = TypeVar("_Kind", np.int64, np.uint64, np.float64, np.bool_, np.bytes_)
_Sorted = TypeVar("_Sorted", NDArray[np.int64], NDArray[np.uint64])

Entries = tuple[_Sorted, _Ints]
"""Keys, and the row of each."""


@frozen(eq=False)
class Splice:
    """Which places leave a column, and where new ones join it.

    Attributes:
        gone: Places that leave, rising.
        at: Places as they were before which the new values go, rising.
    """

    gone: _Ints
    at: _Ints

    def of(self, column: NDArray[_Kind], new: NDArray[_Kind]) -> NDArray[_Kind]:
        """A column after the change.

        Args:
            column: As it was.
            new: The values that join it, one for each of ``at``.
        """
        if not len(self.gone) and not len(self.at):
            return column
        # What is new at a place goes before what leaves it.
        place = np.r_[self.at, self.gone]
        order = np.argsort(place, kind="stable")
        come = (order < len(self.at)).tolist()
        runs: list[NDArray[_Kind]] = []
        begin = joined = 0
        for end, comes in zip(place[order].tolist(), come, strict=True):
            if end > begin:
                runs.append(column[begin:end])
            if comes:
                runs.append(new[joined : joined + 1])
                joined += 1
            begin = end + (not comes)
        return np.concatenate([*runs, column[begin:]])

    def rows(self) -> _Ints:
        """The places of what joined, where nothing left."""
        return self.at + np.arange(len(self.at))

    def moved(self, size: int) -> _Ints:
        """The place that each of so many has afterwards, where nothing left."""
        # Whatever stands behind n new ones is n places further.
        behind = np.diff(np.r_[0, self.at, size])
        return np.arange(size) + np.repeat(np.arange(len(behind)), behind)


def joining(at: _Ints) -> Splice:
    """Where new values join a column that nothing leaves."""
    return Splice(at[:0], at)


def respliced(keys: _Sorted, gone: _Sorted, new: _Sorted) -> _Sorted:
    """Sorted keys that some of them leave, and others join.

    Args:
        keys: Sorted; one may stand several times.
        gone: Some of them.
        new: Any keys.
    """
    gone, new = np.sort(gone), np.sort(new)
    if np.array_equal(gone, new):
        return keys
    # The second of two equal ones leaves the second place of that key.
    again = np.arange(len(gone)) - np.searchsorted(gone, gone)
    places = np.searchsorted(keys, gone) + again
    return Splice(places, np.searchsorted(keys, new)).of(keys, new)


def respliced_rows(
    held: Entries[_Sorted], gone: Entries[_Sorted], new: Entries[_Sorted]
) -> Entries[_Sorted]:
    """Entries in the order of key and row that some of them leave, and others join.

    Args:
        held: Sorted entries.
        gone: Some of them, in any order.
        new: Others, in any order.
    """
    gone, new = in_order(gone), in_order(new)
    if all(map(np.array_equal, gone, new)):
        return held
    splice = Splice(lower_bounds(held, gone), lower_bounds(held, new))
    return splice.of(held[0], new[0]), splice.of(held[1], new[1])


def in_order(entries: Entries[_Sorted]) -> Entries[_Sorted]:
    """Entries in the order of key and row."""
    keys, rows = entries
    order = np.lexsort((rows, keys))
    return keys[order], rows[order]


def lower_bounds(held: Entries[_Sorted], wanted: Entries[_Sorted]) -> _Ints:
    """How many of the sorted entries are before each wanted one."""
    keys, rows = held
    low = np.searchsorted(keys, wanted[0])
    high = np.searchsorted(keys, wanted[0], "right")
    while len(apart := np.flatnonzero(low < high)):
        middle = (low[apart] + high[apart]) // 2
        before = rows[middle] < wanted[1][apart]
        low[apart[before]] = middle[before] + 1
        high[apart[~before]] = middle[~before]
    return low
