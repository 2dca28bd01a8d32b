"""The texts of records as one column of folded lines, each with its row and field."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress
from operator import truth

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.keys import Ints, Mask, expand
from payymo_core.normalisation import fold_column
from payymo_core.sequences import totals

_NEWLINE = ord("\n")
_BLOCK = 10_000


@frozen(eq=False)
class Lines:
    """Folded texts; those of a record stand together.

    Attributes:
        letters: The lines, a newline behind each.
        start: Where each begins, and where the last one ends: one longer.
        row: Row of the record of each, rising.
        field: Place in ``fields`` of each.
        origin: As a record alone tells it: the place of a named field, or the number
            of these and the place of a key among its sorted keys.
        fields: Names of the fields.
    """

    letters: NDArray[np.uint8]
    start: Ints
    row: Ints
    field: Ints
    origin: Ints
    fields: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def none(cls) -> "Lines":
        """No lines at all."""
        empty = np.zeros(0, np.int64)
        return cls(
            np.zeros(0, np.uint8), np.zeros(1, np.int64), empty, empty, empty, ()
        )

    def of_rows(self, begin: int, end: int) -> "Lines":
        """Those of the records from one row up to another, numbered from there."""
        first, last = np.searchsorted(self.row, [begin, end])
        start = self.start[first : last + 1]
        return Lines(
            self.letters[start[0] : start[-1]],
            start - start[0],
            self.row[first:last] - begin,
            self.field[first:last],
            self.origin[first:last],
            self.fields,
        )

    def blocks(self, rows: int) -> Iterator[tuple[int, int, "Lines"]]:
        """Those of so many records a block at a time: first row, last + 1, its lines.

        Cut into atoms, a block still fits into a processor's cache.
        """
        for begin in range(0, rows, _BLOCK):
            end = min(begin + _BLOCK, rows)
            yield begin, end, self.of_rows(begin, end)

    def take(self, rows: Ints) -> "Lines":
        """Those of some records (rows in rising order), numbered by their places."""
        begin = np.searchsorted(self.row, rows)
        count = np.searchsorted(self.row, rows, "right") - begin
        owner, line = expand(begin, count)
        start = self.start[line]
        size = self.start[line + 1] - start
        _, letter = expand(start, size)
        return Lines(
            self.letters[letter],
            totals(size),
            owner,
            self.field[line],
            self.origin[line],
            self.fields,
        )

    def named(self, wanted: Sequence[str]) -> Mask:
        """Which lines stand in a field of these names; ``key.*`` stands for any key."""
        return np.array([stands_for(wanted, n) for n in self.fields], np.bool_)[
            self.field
        ]


def stands_for(wanted: Sequence[str], field: str) -> bool:
    """Whether a field is one of those wanted, or ``key.*`` stands for it."""
    return field in wanted or f"{field.partition('.')[0]}.*" in wanted


def lines_of(
    columns: Mapping[str, Sequence[str | None]],
    carried: Sequence[Mapping[str, str]],
    prefix: str,
) -> Lines:
    """Fold what some records say; empty texts are left out.

    Args:
        columns: Named fields, each with a text a record.
        carried: Further texts of each record by key; empty where there are none.
        prefix: Goes before a key to name its field.
    """
    row, field = _held([*columns.values()])
    cells = chain.from_iterable(zip(*columns.values(), strict=True))
    texts: list[str] = list(filter(None, cells))
    further = [
        (n, place, key, text)
        for n, mapping in compress(enumerate(carried), carried)
        for place, (key, text) in enumerate(sorted(mapping.items()))
        if text
    ]
    fields = list(columns)
    origin = field
    if further:
        rows, places, keys, more = zip(*further, strict=True)
        named, known = len(fields), sorted(set(keys))
        of_key = {key: named + n for n, key in enumerate(known)}
        fields += [f"{prefix}{key}" for key in known]
        row = np.concatenate((row, rows))
        order = row.argsort(kind="stable")
        row = row[order]
        field = np.concatenate((field, [of_key[key] for key in keys]))[order]
        origin = np.concatenate((origin, np.array(places) + named))[order]
        texts += more
        texts = list(map(texts.__getitem__, order.tolist()))
    letters = np.frombuffer(fold_column(texts) + b"\n" * bool(texts), np.uint8)
    start = np.r_[0, np.flatnonzero(letters == _NEWLINE) + 1]
    return Lines(letters, start, row, field, origin, tuple(fields))


def _held(columns: Sequence[Sequence[str | None]]) -> tuple[Ints, Ints]:
    """Row and column of each text that is there, row by row."""
    held = np.empty((len(columns[0]), len(columns)), np.bool_)
    for place, texts in enumerate(columns):
        # Many a field is given always, and many never.
        if all(texts) or not any(texts):
            held[:, place] = any(texts)
        else:
            held[:, place] = np.frombuffer(bytes(map(truth, texts)), np.bool_)
    row, column = held.nonzero()
    return row, column


def joined(parts: Sequence[Lines], counts: Sequence[int]) -> Lines:
    """The lines of consecutive records as one column.

    Args:
        parts: Lines of some records each.
        counts: How many records each part has.
    """
    fields = tuple(dict.fromkeys(name for part in parts for name in part.fields))
    at = {name: n for n, name in enumerate(fields)}
    rows = np.cumsum([0, *counts])
    sizes = np.cumsum([0, *(len(part.letters) for part in parts)])
    empty = np.zeros(0, np.int64)
    field = [np.array([at[n] for n in p.fields], np.int64)[p.field] for p in parts]
    return Lines(
        np.concatenate([np.zeros(0, np.uint8), *(part.letters for part in parts)]),
        np.concatenate(
            [
                *(p.start[:-1] + size for p, size in zip(parts, sizes, strict=False)),
                sizes[-1:],
            ]
        ),
        np.concatenate(
            [empty, *(p.row + row for p, row in zip(parts, rows, strict=False))]
        ),
        np.concatenate([empty, *field]),
        np.concatenate([empty, *(part.origin for part in parts)]),
        fields,
    )
