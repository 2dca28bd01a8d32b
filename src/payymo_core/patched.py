"""Sorted keys and their rows, of which a few change without a copy of the rest.

What a ledger finds its invoices by is large, and what happens to it in a moment is not:
a changed index is the one before and a patch, until the patch has grown so large that
both are copied into one. ``tests/core/test_patched.py`` holds the naive twins.
"""

from typing import Generic, Literal, TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.sequences import begins
from payymo_core.splicing import NO_CHANGE, Splice

_Ints = NDArray[np.int64]
_Kind = TypeVar("_Kind", np.int64, np.uint64)
_Side = Literal["left", "right"]

Entries = tuple[NDArray[_Kind], _Ints]
"""Keys, and the row of each."""

MOST_PATCHED = 4096
"""Places that a patch changes, at most."""

_NOTHING = np.zeros(0, np.int64)


@frozen(eq=False)
class Patched(Generic[_Kind]):
    """Keys in rising order, one of them maybe several times.

    Attributes:
        base: The keys as they were.
        splice: Where they changed since.
        new: The keys that joined them.
    """

    base: NDArray[_Kind]
    splice: Splice
    new: NDArray[_Kind]

    @classmethod
    def of(cls, keys: NDArray[_Kind]) -> "Patched[_Kind]":
        """Keys that are in order."""
        return cls(keys, NO_CHANGE, keys[:0])

    def __len__(self) -> int:
        return len(self.base) - len(self.splice.gone) + len(self.splice.at)

    def whole(self) -> NDArray[_Kind]:
        """All of them as one column."""
        return self.splice.of(self.base, self.new)

    def before(self, wanted: NDArray[_Kind], side: _Side = "left") -> _Ints:
        """As np.searchsorted: how many keys are less, or no greater, than each."""
        place = self.base.searchsorted(wanted, side)
        if not len(self.splice):
            return place
        gone = self.splice.gone.searchsorted(place)
        return place - gone + self.new.searchsorted(wanted, side)

    def changed(
        self, gone: NDArray[_Kind], new: NDArray[_Kind], most: int = MOST_PATCHED
    ) -> "Patched[_Kind]":
        """The keys after some of them left, and others joined.

        Args:
            gone: Some of them.
            new: Any keys.
            most: Places that a patch changes, at most.
        """
        gone, new = np.sort(gone), np.sort(new)
        if np.array_equal(gone, new):
            return self
        # The second of two equal ones leaves the second place of that key.
        again = np.arange(len(gone)) - np.searchsorted(gone, gone)
        change = Splice(self.before(gone) + again, self.before(new))
        splice, number = self.splice.then(change)
        keys = np.concatenate((self.new, new))[number]
        if len(splice) > most:
            return Patched.of(splice.of(self.base, keys))
        return Patched(self.base, splice, keys)


@frozen(eq=False)
class Shelf(Generic[_Kind]):
    """Rows in the order of their keys; those of equal keys in rising order.

    Attributes:
        keys: The keys.
        base: The rows of the keys' base, as they were numbered.
        joined: Rows, so numbered, before each of which another one came since.
        new: The rows of the new keys, as they are numbered.
    """

    keys: Patched[_Kind]
    base: _Ints
    joined: _Ints
    new: _Ints

    @classmethod
    def of(cls, keys: NDArray[_Kind], rows: _Ints) -> "Shelf[_Kind]":
        """Rows that are in the order of their keys."""
        return cls(Patched.of(keys), rows, _NOTHING, _NOTHING)

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, places: _Ints) -> _Ints:
        """The rows at some places."""
        if not len(self.keys.splice):
            return self._numbered(self.base[places])
        was, new = self.keys.splice.origin(places)
        out = np.empty(len(places), np.int64)
        out[new < 0] = self._numbered(self.base[was[new < 0]])
        out[new >= 0] = self.new[new[new >= 0]]
        return out

    def _numbered(self, rows: _Ints) -> _Ints:
        """Rows of the base, as they are numbered."""
        if not len(self.joined):
            return rows
        return rows + np.searchsorted(self.joined, rows, "right")

    def moved(self, at: _Ints, most: int = MOST_PATCHED) -> "Shelf[_Kind]":
        """The shelf after rows were renumbered.

        Args:
            at: Rows before each of which another one came, rising.
            most: Such rows that are kept in mind.
        """
        ahead = np.searchsorted(self.joined + np.arange(len(self.joined)), at)
        joined = np.sort(np.concatenate((self.joined, at - ahead)))
        new = self.new + np.searchsorted(at, self.new, "right")
        moved = Shelf(self.keys, self.base, joined, new)
        return moved._copied() if len(joined) > most else moved

    def changed(
        self, gone: Entries[_Kind], new: Entries[_Kind], most: int = MOST_PATCHED
    ) -> "Shelf[_Kind]":
        """The shelf after some rows left, and others joined.

        Args:
            gone: Some of its keys and rows, in any order.
            new: Others, in any order.
            most: Places that a patch changes, at most.
        """
        gone, new = in_order(gone), in_order(new)
        if len(gone[0]) == len(new[0]) and all(map(np.array_equal, gone, new)):
            return self
        change = Splice(self.before(gone), self.before(new))
        splice, number = self.keys.splice.then(change)
        keys = np.concatenate((self.keys.new, new[0]))[number]
        rows = np.concatenate((self.new, new[1]))[number]
        patched = Patched(self.keys.base, splice, keys)
        changed = Shelf(patched, self.base, self.joined, rows)
        return changed._copied() if len(splice) > most else changed

    def _copied(self) -> "Shelf[_Kind]":
        """The same without a patch."""
        splice, rows = self.keys.splice, self._numbered(self.base)
        return Shelf.of(self.keys.whole(), splice.of(rows, self.new))

    def before(self, wanted: Entries[_Kind]) -> _Ints:
        """How many of the entries stand before each wanted one."""
        keys, row = wanted
        if not len(keys):
            return _NOTHING
        come = np.searchsorted(self.joined + np.arange(len(self.joined)), row)
        place = _before(self.keys.base, self.base, keys, row - come)
        if not len(self.keys.splice):
            return place
        gone = np.searchsorted(self.keys.splice.gone, place)
        return place - gone + _before(self.keys.new, self.new, keys, row)

    def lacking(self, wanted: Entries[_Kind]) -> Entries[_Kind]:
        """Each of the wanted entries that is not there, once."""
        keys, rows = in_order(wanted)
        new = begins(keys, rows)
        keys, rows = keys[new], rows[new]
        # There, it would stand between those before it and those before the next row.
        until = self.before((keys, rows + 1))
        absent = self.before((keys, rows)) == until
        return keys[absent], rows[absent]


def _before(
    keys: NDArray[_Kind], rows: _Ints, wanted: NDArray[_Kind], row: _Ints
) -> _Ints:
    """How many entries of sorted columns stand before each wanted one."""
    if not len(keys):
        return np.zeros(len(wanted), np.int64)
    low, high = keys.searchsorted(wanted), keys.searchsorted(wanted, "right")
    while len(apart := (low < high).nonzero()[0]):
        middle = (low[apart] + high[apart]) // 2
        before = rows[middle] < row[apart]
        low[apart[before]] = middle[before] + 1
        high[apart[~before]] = middle[~before]
    return low


def in_order(entries: Entries[_Kind]) -> Entries[_Kind]:
    """Entries in the order of key and row."""
    keys, rows = entries
    if len(keys) < 2:
        return entries
    order = np.lexsort((rows, keys))
    return keys[order], rows[order]
