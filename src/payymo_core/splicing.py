"""Columns of which a few places change, without a copy of the rest.

What stays is shared with the column as it was; what is new stands beside it, and a look
at a place is told where to go. ``tests/core/test_splicing.py`` holds the naive twin.
"""

# A plain ``slice`` is generic over Any, and Python 3.11 cannot say it otherwise.
# mypy: disable-error-code="explicit-any"

from functools import cached_property
from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

_Ints = NDArray[np.int64]
_Kind = TypeVar("_Kind", np.int64, np.uint64, np.float64, np.bool_, np.bytes_)

_MANY = 2_000  # places: to walk from one to the next costs more than to look at all


@frozen(eq=False)
class Splice:
    """Which places leave a column, and where new ones join it.

    Attributes:
        gone: Places that leave, rising.
        at: Places as they were before which the new values go, rising.
    """

    gone: _Ints
    at: _Ints

    def __len__(self) -> int:
        return len(self.gone) + len(self.at)

    def of(self, column: NDArray[_Kind], new: NDArray[_Kind]) -> NDArray[_Kind]:
        """A column after the change.

        Args:
            column: As it was.
            new: The values that join it, one for each of ``at``.
        """
        if not len(self):
            return column
        if len(self) > _MANY:
            return self.in_one_pass(column, new)
        return np.concatenate(
            [new[run] if comes else column[run] for comes, run in self._runs]
        )

    def in_one_pass(
        self, column: NDArray[_Kind], new: NDArray[_Kind]
    ) -> NDArray[_Kind]:
        """As ``of``, looking at every place: for changes of many."""
        kept = self.at - np.searchsorted(self.gone, self.at)
        return np.insert(np.delete(column, self.gone), kept, new)

    @cached_property
    def _runs(self) -> list[tuple[bool, slice]]:
        """Runs of new values, and of those that stay, in their order."""
        # What is new at a place goes before what leaves it.
        place = np.concatenate((self.at, self.gone))
        order = np.argsort(place, kind="stable")
        runs: list[tuple[bool, slice]] = []
        begin = since = until = 0
        for end, which in zip(place[order].tolist(), order.tolist(), strict=True):
            if end > begin:
                runs += [(True, slice(since, until)), (False, slice(begin, end))]
                since = until
            comes = which < len(self.at)
            until += comes
            begin = end + (not comes)
        return [*runs, (True, slice(since, until)), (False, slice(begin, None))]

    @cached_property
    def places(self) -> _Ints:
        """The places of what joined, afterwards."""
        kept = self.at - np.searchsorted(self.gone, self.at)
        return kept + np.arange(len(self.at))

    def moved(self, size: int) -> _Ints:
        """The place that each of so many has afterwards, where nothing left."""
        # Whatever stands behind n new ones is n places further.
        behind = np.diff(np.concatenate(([0], self.at, [size])))
        return np.arange(size) + np.repeat(np.arange(len(behind)), behind)

    def origin(self, places: _Ints) -> tuple[_Ints, _Ints]:
        """Where the values at some places afterwards come from.

        Returns:
            The place of each as it was, and which of the new ones it is, -1 for none.
            The first is of no use where there is the second.
        """
        joined = self.places
        before = np.searchsorted(joined, places, "right")
        new = before - 1
        if len(joined):
            new[joined[new] != places] = -1
        return self._as_it_was(places - before), new

    def at_places(
        self, places: _Ints, column: NDArray[_Kind], new: NDArray[_Kind]
    ) -> NDArray[_Kind]:
        """As ``of(column, new)[places]``, without a column of all."""
        if not len(self):
            return column[places]
        was, which = self.origin(places)
        out = np.empty(len(places), column.dtype)
        out[which < 0] = column[was[which < 0]]
        out[which >= 0] = new[which[which >= 0]]
        return out

    def _as_it_was(self, kept: _Ints) -> _Ints:
        """The places of what stayed, counted with what left."""
        return kept + np.searchsorted(self._left, kept, "right")

    @cached_property
    def _left(self) -> _Ints:
        """How many stay before each place that leaves."""
        return self.gone - np.arange(len(self.gone))

    def then(self, other: "Splice") -> tuple["Splice", _Ints]:
        """This change and another one after it, as one.

        Args:
            other: Where the column, after this change, changes again.

        Returns:
            Both, and which value each of the joint ``at`` has: those of this change
            by their number, and behind them those of the other.
        """
        if not len(self):
            return other, np.arange(len(other.at))
        joined = self.places
        was, new = self.origin(other.gone)
        gone = np.sort(np.concatenate((self.gone, was[new < 0])))
        stays = np.ones(len(joined), np.bool_)
        stays[new[new >= 0]] = False
        number = np.concatenate(
            (stays.nonzero()[0], np.arange(len(other.at)) + len(joined))
        )
        ahead = other.at - np.searchsorted(joined, other.at)
        at = np.concatenate((self.at[stays], self._as_it_was(ahead)))
        # What joins before a place goes before what has joined there.
        rank = np.concatenate((joined[stays] * 2 + 1, other.at * 2))
        order = np.argsort(rank, kind="stable")
        both = Splice(gone, at[order])
        # Of several places between which everything left, always the last.
        kept = both.at - np.searchsorted(gone, both.at)
        return Splice(gone, both._as_it_was(kept)), number[order]


_NOTHING = np.zeros(0, np.int64)
NO_CHANGE = Splice(_NOTHING, _NOTHING)
"""Nothing leaves, and nothing joins."""


def joining(at: _Ints) -> Splice:
    """Where new values join a column that nothing leaves."""
    return Splice(at[:0], at)
