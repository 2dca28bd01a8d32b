"""What is held in order, in blocks: few of many are exchanged, or joined by others."""

# A plain ``slice`` is generic over Any, and Python 3.11 cannot say it otherwise.
# mypy: disable-error-code="explicit-any"

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from operator import attrgetter
from typing import TypeVar, overload

from attrs import frozen

from payymo_core.records import Invoice

_Item = TypeVar("_Item")
_BLOCK = 256


@frozen(eq=False)
class Order:
    """What things are put in order by.

    Attributes:
        key: The text that puts them in order; no two have one.
        size: Things in a block, about.
    """

    key: Callable[..., str]
    size: int = _BLOCK


BY_ID = Order(attrgetter("id"))
BY_ITSELF = Order(str)


class Blocks(Sequence[_Item]):
    """Things in order, in blocks that are shared with what they were before.

    Args:
        blocks: The things; no block is empty.
        order: What they are in order by.
    """

    __slots__ = ("_begin", "_blocks", "_first", "_order")

    def __init__(self, blocks: Sequence[list[_Item]], order: Order) -> None:
        self._blocks, self._order = blocks, order
        # Place of the first thing of each block, and how many there are in all.
        self._begin = tuple(accumulate(map(len, blocks), initial=0))
        self._first = [order.key(block[0]) for block in blocks]

    @classmethod
    def of(cls, things: Sequence[_Item], order: Order) -> "Blocks[_Item]":
        """Hold things that are in order; what is held so already stays as it is."""
        if isinstance(things, Blocks):
            return things
        return cls(list(_cut(things, order.size)), order)

    def __len__(self) -> int:
        return self._begin[-1]

    def __iter__(self) -> Iterator[_Item]:
        return chain.from_iterable(self._blocks)

    @overload
    def __getitem__(self, index: int) -> _Item: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[_Item, ...]: ...
    def __getitem__(self, index: int | slice) -> _Item | tuple[_Item, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        block = bisect_right(self._begin, place) - 1
        return self._blocks[block][place - self._begin[block]]

    def before(self, key: str) -> int:
        """How many are before a key."""
        if not self._blocks:
            return 0
        block = self._block_of(key)
        held, by = self._blocks[block], self._order.key
        return self._begin[block] + bisect_left(held, key, key=by)

    def _block_of(self, key: str) -> int:
        return max(bisect_right(self._first, key) - 1, 0)

    def place_of(self, key: object) -> int | None:
        """Place of a key; None where nothing has it."""
        # A bad record's id may be anything.
        if not isinstance(key, str) or not self._blocks:
            return None
        block = self._block_of(key)
        held, by = self._blocks[block], self._order.key
        place = bisect_left(held, key, key=by)
        there = place < len(held) and by(held[place]) == key
        return self._begin[block] + place if there else None

    def exchanged(self, things: Mapping[int, _Item]) -> "Blocks[_Item]":
        """These, with others of the same keys at some places."""
        blocks = list(self._blocks)
        at = {place: bisect_right(self._begin, place) - 1 for place in things}
        for block in set(at.values()):
            blocks[block] = list(self._blocks[block])
        for place, thing in things.items():
            blocks[at[place]][place - self._begin[at[place]]] = thing
        alike: Blocks[_Item] = object.__new__(Blocks)
        alike._blocks, alike._order = blocks, self._order
        alike._begin, alike._first = self._begin, self._first
        return alike

    def joined(self, things: Iterable[_Item]) -> "Blocks[_Item]":
        """These and others, of keys that none of them has."""
        key, size = self._order.key, self._order.size
        if not self._blocks:
            return Blocks.of(sorted(things, key=key), self._order)
        come: dict[int, list[_Item]] = {}
        for thing in things:
            come.setdefault(self._block_of(key(thing)), []).append(thing)
        blocks = list(self._blocks)
        for block in sorted(come, reverse=True):
            grown = _merged(blocks[block], come[block], key)
            whole = len(grown) <= 2 * size
            blocks[block : block + 1] = [grown] if whole else _cut(grown, size)
        return Blocks(blocks, self._order)


Records = Blocks[Invoice]
"""Invoices in the order of their ids."""


_FEW = 8  # to put so many in their places costs less than to sort a block


def _merged(
    held: list[_Item], new: list[_Item], key: Callable[[_Item], str]
) -> list[_Item]:
    if len(new) > _FEW:
        return sorted([*held, *new], key=key)
    both = list(held)
    for thing in new:
        insort(both, thing, key=key)
    return both


def _cut(things: Sequence[_Item], size: int) -> Iterator[list[_Item]]:
    for place in range(0, len(things), size):
        yield list(things[place : place + size])
