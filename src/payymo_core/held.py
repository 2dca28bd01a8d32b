"""A ledger's records: many, of which a few are exchanged or joined by others."""

# A plain ``slice`` is generic over Any, and Python 3.11 cannot say it otherwise.
# mypy: disable-error-code="explicit-any"

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain
from operator import attrgetter
from typing import overload

from payymo_core.records import Invoice

_ID = attrgetter("id")
_BLOCK = 256


class Records(Sequence[Invoice]):
    """Invoices in the order of their ids, in blocks that ledgers share.

    Args:
        blocks: The records; no block is empty.
        size: Records of a block, about.
    """

    __slots__ = ("_begin", "_blocks", "_ids", "_size")

    def __init__(self, blocks: Sequence[list[Invoice]], size: int) -> None:
        self._size = size
        self._blocks = blocks
        # Row of the first record of each block, and how many there are in all.
        self._begin = tuple(accumulate(map(len, blocks), initial=0))
        self._ids = [block[0].id for block in blocks]

    @classmethod
    def of(cls, records: Sequence[Invoice], size: int = _BLOCK) -> "Records":
        """Hold records that are in the order of their ids."""
        return cls(list(_cut(records, size)), size)

    def __len__(self) -> int:
        return self._begin[-1]

    def __iter__(self) -> Iterator[Invoice]:
        return chain.from_iterable(self._blocks)

    @overload
    def __getitem__(self, index: int) -> Invoice: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Invoice, ...]: ...
    def __getitem__(self, index: int | slice) -> Invoice | tuple[Invoice, ...]:
        if isinstance(index, slice):
            return tuple(self[row] for row in range(*index.indices(len(self))))
        row = index + len(self) if index < 0 else index
        if not 0 <= row < len(self):
            raise IndexError(index)
        block = bisect_right(self._begin, row) - 1
        return self._blocks[block][row - self._begin[block]]

    def before(self, invoice: str) -> int:
        """How many records have an id before this one."""
        block = max(bisect_right(self._ids, invoice) - 1, 0)
        if block == len(self._blocks):
            return 0
        return self._begin[block] + bisect_left(self._blocks[block], invoice, key=_ID)

    def row_of(self, invoice: object) -> int | None:
        """Row of an invoice; None where there is none of that id."""
        if not isinstance(invoice, str):  # a bad record's id may be anything
            return None
        row = self.before(invoice)
        return row if row < len(self) and self[row].id == invoice else None

    def exchanged(self, records: Mapping[int, Invoice]) -> "Records":
        """These, with other records of the same ids in some rows."""
        blocks = list(self._blocks)
        at = {row: bisect_right(self._begin, row) - 1 for row in records}
        for block in set(at.values()):
            blocks[block] = list(self._blocks[block])
        for row, record in records.items():
            blocks[at[row]][row - self._begin[at[row]]] = record
        return Records(blocks, self._size)

    def joined(self, records: Sequence[Invoice]) -> "Records":
        """These and others, whose ids are in order and none of these."""
        if not self._blocks:
            return Records.of(records, self._size)
        blocks = list(self._blocks)
        grown: list[int] = []
        come: dict[int, list[Invoice]] = {}
        for record in records:
            block = max(bisect_right(self._ids, record.id) - 1, 0)
            come.setdefault(block, []).append(record)
        for block, new in come.items():
            blocks[block] = sorted([*blocks[block], *new], key=_ID)
            if len(blocks[block]) > 2 * self._size:
                grown.append(block)
        for block in sorted(grown, reverse=True):
            blocks[block : block + 1] = _cut(blocks[block], self._size)
        return Records(blocks, self._size)


def _cut(records: Sequence[Invoice], size: int) -> Iterator[list[Invoice]]:
    for place in range(0, len(records), size):
        yield list(records[place : place + size])
