"""Numbers that stay, of things whose rows move when others come between them.

``tests/core/test_renumbering.py`` holds the naive twin.
"""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.splicing import NO_CHANGE, Splice

_Ints = NDArray[np.int64]

MOST_MOVED = 4096
"""Things that are kept in mind as having come since, at most."""


@frozen(eq=False)
class Numbering:
    """The row of each of some things by its number, and the number by its row.

    Attributes:
        row: Row of each thing, as the rows were.
        number: Number of the thing in each row, as the rows were.
        splice: Where others came between these since.
        come: The numbers of those, in the order of their rows.
    """

    row: _Ints
    number: _Ints
    splice: Splice
    come: _Ints

    @classmethod
    def of(cls, size: int) -> "Numbering":
        """So many things, numbered in their order."""
        everything = np.arange(size)
        return cls(everything, everything, NO_CHANGE, everything[:0])

    def __len__(self) -> int:
        return len(self.number) + len(self.come)

    def rows(self, numbers: _Ints) -> _Ints:
        """The rows of things by their numbers."""
        if not len(self.come):
            return self.row[numbers]
        late = numbers - len(self.row)
        was = self.row[np.where(late < 0, numbers, 0)] if len(self.row) else late
        moved = was + np.searchsorted(self.splice.at, was, "right")
        place = np.empty_like(self.come)
        place[self.come - len(self.row)] = self.splice.places
        return np.where(late < 0, moved, place[np.maximum(late, 0)])

    def numbers(self, rows: _Ints) -> _Ints:
        """The numbers of things by their rows."""
        return self.splice.at_places(rows, self.number, self.come)

    def joined(self, splice: Splice, most: int = MOST_MOVED) -> "Numbering":
        """With things that came between these, and have the next numbers.

        Args:
            splice: Where they came.
            most: Things that are kept in mind as having come since.
        """
        both, order = self.splice.then(splice)
        new = np.arange(len(self), len(self) + len(splice.at))
        come = np.concatenate((self.come, new))[order]
        if len(come) <= most:
            return Numbering(self.row, self.number, both, come)
        number = both.of(self.number, come)
        row = np.empty_like(number)
        row[number] = np.arange(len(number))
        return Numbering(row, number, NO_CHANGE, come[:0])
