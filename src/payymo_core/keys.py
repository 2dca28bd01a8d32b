"""Sorted 64-bit keys: the one way in which records are looked up in columns."""

from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.patched import Entries, Shelf
from payymo_core.sequences import begins, following
from payymo_core.splicing import Splice

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Levels = NDArray[np.int8]
Counts = NDArray[np.int32]
Bits = NDArray[np.float32]
"""Whole quanta (``scoring.QUANTUM``) below 2**15: exact, and so are their sums."""
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FIRST = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xBF58476D1CE4E5B9)
_THIRD = np.uint64(0x94D049BB133111EB)
_THIRTY, _TWENTY_SEVEN, _THIRTY_ONE = (np.uint64(n) for n in (30, 27, 31))
_FILTER_BITS = 22  # at most: so many bytes still fit into a processor's cache


def mix(*columns: Ints | Keys | Levels | Counts) -> Keys:
    """Hash columns of integers to one key a row.

    The finaliser of SplitMix64 (Steele, Lea, Flood 2014), once a column. Two rows of
    10**7 collide with odds of about 3 in a million; whoever uses the key for evidence
    compares the values behind it.
    """
    key = np.zeros(len(columns[0]), np.uint64)
    if not len(key):
        return key
    high = np.empty_like(key)
    for column in columns:
        key ^= column.astype(np.uint64, copy=False)
        key += _FIRST
        key ^= np.right_shift(key, _THIRTY, out=high)
        key *= _SECOND
        key ^= np.right_shift(key, _TWENTY_SEVEN, out=high)
        key *= _THIRD
        key ^= np.right_shift(key, _THIRTY_ONE, out=high)
    return key


_Column = TypeVar("_Column", Ints, Keys)


def sorted_unique(keys: _Column) -> _Column:
    """As np.unique, by sorting (its hash path is slower, SCALE 2.1)."""
    ordered = np.sort(keys)
    return ordered[begins(ordered)]


def located(held: _Column, wanted: _Column) -> tuple[Ints, Mask]:
    """Where each wanted value stands in a rising column, and whether it does at all.

    >>> located(np.array([4, 7]), np.array([7, 5]))
    (array([1, 1]), array([ True, False]))
    """
    if not len(held):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    place = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
    return place, held[place] == wanted


def with_keys(held: Keys, more: Keys) -> Keys:
    """Sorted keys, each once, with those of others that are not among them."""
    new = more[np.searchsorted(held, more) == np.searchsorted(held, more, "right")]
    at = np.searchsorted(held, joining := sorted_unique(new))
    return Splice(at[:0], at).of(held, joining)


def renumbered(column: Ints) -> tuple[Ints, int]:
    """Equal values by one number from 0 on, and how many values differ.

    What is counted by them is as long as what is asked, not as the ledger.
    """
    order = np.argsort(column)
    ordered = column[order]
    new = begins(ordered)
    out = np.empty(len(column), np.int64)
    out[order] = np.cumsum(new) - 1
    return out, int(new.sum())


def expand(starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Every position of every range: (which range, position).

    >>> expand(np.array([5, 9]), np.array([2, 1]))
    (array([0, 0, 1]), array([5, 6, 9]))
    """
    owner = np.arange(len(counts)).repeat(counts)
    ahead: Ints = starts + counts - np.cumsum(counts)
    return owner, ahead[owner] + np.arange(len(owner))


@frozen(eq=False)
class KeyIndex:
    """Rows by key.

    Attributes:
        shelf: The rows in the order of their keys.
        present: A bit for the low bits of every key, so that most absent keys are
            told apart with one look.
    """

    shelf: Shelf[np.uint64]
    present: Mask

    @classmethod
    def of(cls, keys: Keys, rows: Ints) -> "KeyIndex":
        """Index rows by their keys; rows of one key are given in rising order."""
        order = np.argsort(keys)
        found = keys[order]
        # Sorting fast is not sorting stably: the places of equal keys are put in order.
        same = ~begins(found)
        tied = np.flatnonzero(same | following(same))
        order[tied] = order[tied][np.lexsort((order[tied], found[tied]))]
        return cls(Shelf.of(keys[order], rows[order]), _filter(keys))

    def entries(self) -> Entries[np.uint64]:
        """Every key, sorted, and its row."""
        return self.shelf.keys.whole(), self.shelf.rows(np.arange(len(self.shelf)))

    def changed(self, gone: Entries[np.uint64], new: Entries[np.uint64]) -> "KeyIndex":
        """The index after some of its rows left, and others joined.

        Args:
            gone: Keys and rows that it has.
            new: Keys and rows that it has not.
        """
        shelf = self.shelf.changed(gone, new)
        if _places(len(shelf)) > len(self.present):
            return KeyIndex(shelf, _filter(shelf.keys.whole()))
        # The older index shares this filter: a place too many costs it a look, no
        # more.
        self.present[_low(new[0], len(self.present))] = True
        return KeyIndex(shelf, self.present)

    def moved(self, at: Ints) -> "KeyIndex":
        """The index of rows before some of which others came."""
        return KeyIndex(self.shelf.moved(at), self.present)

    def with_distinct(self, more: Entries[np.uint64]) -> "KeyIndex":
        """The index with further keys and rows, those that it has left out."""
        return self.changed(NO_ENTRIES, self.shelf.lacking(more))

    def ranges(self, needles: Keys) -> tuple[Ints, Ints]:
        """Where each needle's rows start, and how many there are."""
        start = np.zeros(len(needles), np.int64)
        count = np.zeros(len(needles), np.int64)
        likely = np.flatnonzero(self.present[_low(needles, len(self.present))])
        # Needles in rising order keep the search in the cache (SCALE 2.1).
        likely = likely[np.argsort(needles[likely])]
        wanted = needles[likely]
        start[likely] = self.shelf.keys.before(wanted)
        count[likely] = self.shelf.keys.before(wanted, "right") - start[likely]
        return start, count

    def has(self, needles: Keys) -> Ints:
        """Places of the needles that have rows."""
        likely = np.flatnonzero(self.present[_low(needles, len(self.present))])
        wanted, keys = needles[likely], self.shelf.keys
        return likely[keys.before(wanted, "right") > keys.before(wanted)]

    def probe(self, needles: Keys, most: int) -> tuple[Ints, Ints, int]:
        """Look up needles.

        Args:
            needles: Keys wanted.
            most: A key with more rows than this is passed over.

        Returns:
            Which needle and which row, a pair a find, and how many needles were
            passed over.
        """
        if not len(needles) or not len(self.shelf):
            return NO_ENTRIES[1], NO_ENTRIES[1], 0
        start, count = self.ranges(needles)
        hot = count > most
        count[hot] = 0
        needle, place = expand(start, count)
        return needle, self.shelf.rows(place), int(hot.sum())

    def first(self, needles: Keys, most: int) -> tuple[Ints, Ints, Ints]:
        """Look up needles, of each the first so many rows.

        Args:
            needles: Keys wanted.
            most: Rows of one key that are brought.

        Returns:
            Which needle and which row, a pair a find, and how many rows of each needle
            were left behind.
        """
        start, count = self.ranges(needles)
        shown = np.minimum(count, most)
        needle, place = expand(start, shown)
        return needle, self.shelf.rows(place), count - shown


NO_ENTRIES: Entries[np.uint64] = (np.zeros(0, np.uint64), np.zeros(0, np.int64))
"""Keys and rows of nothing."""


def _places(keys: int) -> int:
    """Places of a filter: eight a key, so that most absent keys meet an empty one."""
    return 1 << min(max((keys * 8).bit_length(), 6), _FILTER_BITS)


def _filter(keys: Keys) -> Mask:
    present = np.zeros(_places(len(keys)), np.bool_)
    present[_low(keys, len(present))] = True
    return present


def _low(keys: Keys, places: int) -> Ints:
    """The low bits of keys, as places of a table whose size is a power of two."""
    return (keys & np.uint64(places - 1)).astype(np.int64)
