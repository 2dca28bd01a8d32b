"""Columns that grow at their end, in room that was left for it there.

Whoever holds a shorter view of the same room sees what it saw: nobody writes where
somebody may look. ``tests/core/test_growing.py`` holds the naive twin.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Generic, TypeVar
from weakref import ref

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

_Kind = TypeVar("_Kind", np.int64, np.float64, np.bool_, np.bytes_)
_MORE = 8  # room is left for an eighth of what is there


class _Claim:
    """Who holds it, or what grew from there, may look at the room up to some place."""

    __slots__ = ("__weakref__", "before")

    def __init__(self, before: "_Claim | None") -> None:
        self.before = before


@frozen(eq=False)
class _Room(Generic[_Kind]):
    """Room for a column, and the places from which one has grown that is still held."""

    space: NDArray[_Kind]
    grown: dict[int, "ref[_Claim]"] = field(factory=dict)
    lock: Lock = field(factory=Lock)

    def claimed(self, size: int, before: _Claim | None) -> _Claim | None:
        """The right to write behind so many values; None where somebody has it."""
        with self.lock:
            held = self.grown.get(size)
            if held is not None and held() is not None:
                return None
            claim = _Claim(before)
            self.grown[size] = ref(claim)
            return claim


@frozen(eq=False)
class Growing(Generic[_Kind]):
    """A column, and the room behind it.

    Attributes:
        values: The column.
    """

    values: NDArray[_Kind]
    _room: _Room[_Kind]
    _claim: _Claim | None = None

    @classmethod
    def of(cls, parts: Sequence[NDArray[_Kind]]) -> "Growing[_Kind]":
        """Parts of a column one behind the other, and room behind the last."""
        size = sum(map(len, parts))
        space = np.empty(size + size // _MORE, parts[0].dtype)
        np.concatenate(parts, out=space[:size])
        return cls(space[:size], _Room(space))

    @classmethod
    def blank(cls, size: int, kind: "np.dtype[_Kind]") -> "Growing[_Kind]":
        """A column of so many zeros, and room behind them."""
        space = np.zeros(size + size // _MORE, kind)
        return cls(space[:size], _Room(space))

    def __reduce__(self) -> tuple[object, tuple[list[NDArray[_Kind]]]]:
        return Growing.of, ([self.values],)

    def joined(self, more: NDArray[_Kind]) -> "Growing[_Kind]":
        """The column with further values behind it; this one stays as it is."""
        size, space = len(self.values), self._room.space
        end = size + len(more)
        if end > len(space) or not (claim := self._room.claimed(size, self._claim)):
            return Growing.of([self.values, more])
        space[size:end] = more
        return Growing(space[:end], self._room, claim)
