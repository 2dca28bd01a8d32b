"""Rows beside each other in a column: where a run begins, what stands before, after.

Each is one pass without a copy of what it reads, and cheap on a few rows: a service
asks for one transaction at a time.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int64]
_Mask = NDArray[np.bool_]
_Column = TypeVar("_Column", _Ints, NDArray[np.float64], _Mask)


def begins(*columns: _Ints | NDArray[np.uint64] | _Mask | NDArray[np.uint8]) -> _Mask:
    """Rows that differ from the one before, in any column; the first does.

    >>> begins(np.array([4, 4, 7])).tolist()
    [True, False, True]
    """
    out = np.zeros(len(columns[0]), np.bool_)
    out[:1] = True
    for column in columns:
        out[1:] |= column[1:] != column[:-1]
    return out


def previous(column: _Column, first: float = 0) -> _Column:
    """What stands in the row before.

    >>> previous(np.array([4, 5, 7])).tolist()
    [0, 4, 5]
    """
    out = np.empty_like(column)
    out[:1] = first
    out[1:] = column[:-1]
    return out


def following(column: _Column, last: float = 0, *, rows: int = 1) -> _Column:
    """What stands so many rows further on.

    >>> following(np.array([4, 5, 7]), -1).tolist()
    [5, 7, -1]
    """
    out = np.empty_like(column)
    out[:-rows] = column[rows:]
    out[-rows:] = last
    return out


def totals(values: _Ints | _Mask) -> _Ints:
    """The sum of all values before each row, and of all.

    >>> totals(np.array([4, 5, 7])).tolist()
    [0, 4, 9, 16]
    """
    out = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=out[1:])
    return out


def sizes(starts: _Ints, end: int) -> _Ints:
    """How many rows each run has, by where the runs start.

    >>> sizes(np.array([0, 2]), 3).tolist()
    [2, 1]
    """
    out = np.empty_like(starts)
    out[-1:] = end
    out[:-1] = starts[1:]
    return out - starts


def largest(group: _Ints, values: NDArray[np.float64]) -> _Ints:
    """The row of the largest value of each group, the first of equal ones.

    >>> largest(np.array([4, 4, 4, 7]), np.array([0.1, 0.3, 0.3, 0.2])).tolist()
    [1, 3]

    Args:
        group: Rising.
        values: One for each row.
    """
    new = begins(group)
    start = new.nonzero()[0]
    if not len(start):
        return start
    top = np.maximum.reduceat(values, start)
    best = (values == np.repeat(top, sizes(start, len(values)))).nonzero()[0]
    return best[begins(group[best])]
