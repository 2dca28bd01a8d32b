"""Structured references that stand in free text and say themselves what they are.

Only what cannot well be anything else is taken: a shape that nothing else has, or check
digits that one number in about a hundred has by chance. The weak formats, of which one
number in ten is valid, are left to whoever knows which of them a ledger uses.
"""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.checkdigits import Format, check_valid
from payymo_core.checksums import WIDTH, Bytes
from payymo_core.keys import Ints, Mask
from payymo_core.sequences import begins, following, previous, totals
from payymo_core.spans import Scan, Spans
from payymo_core.texts import TextColumn

_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OTHERS = "".join(map(chr, range(128))).translate(
    dict.fromkeys(map(ord, _DIGITS + _LETTERS))
)
# What a sign of a shape stands for, where that is not itself.
_CLASSES = {
    "9": _DIGITS,
    "A": _DIGITS + _LETTERS,
    "|": _OTHERS,
    "!": " \n\r\t:;()[]\"'#",  # what parts words, and no more
}
_SIGNS = "9A|!+*/ .,RF"


def _table_of_bits() -> NDArray[np.uint16]:
    """For each character, a bit for each sign of a shape that may stand for it."""
    table = np.zeros(256, np.uint16)
    for place, sign in enumerate(_SIGNS):
        table[list(_CLASSES.get(sign, sign).encode())] |= 1 << place
    return table


_BITS = _table_of_bits()


_BEFORE, _WINDOW = 4, 40
_LEAST_RF = 8
"""Characters of an RF reference in a text: what is shorter, such as ``RF2024``, is
likelier a number of somebody's own."""

_Windows = NDArray[np.uint8]
_FORMATS = tuple(Format)


@frozen(eq=False)
class StructuredSpans:
    """Structured references in texts, in the order in which they stand.

    Attributes:
        spans: Their atoms.
        text: Their compact forms.
        format: Which they are, by place in ``Format``.
        valid: Whether their check digits hold.
    """

    spans: Spans
    text: Bytes
    format: Ints
    valid: Mask

    def where(self, keep: Ints | Mask) -> "StructuredSpans":
        """Those that a mask or an index chooses."""
        return StructuredSpans(
            self.spans.where(keep), self.text[keep], self.format[keep], self.valid[keep]
        )


_PLACES = np.zeros(0, np.int64)
_NONE = StructuredSpans(
    Spans(_PLACES, _PLACES),
    np.zeros(0, f"S{WIDTH}"),
    _PLACES,
    np.zeros(0, np.bool_),
)


@frozen(eq=False)
class _Shape:
    """A way to write references, with what stands around them.

    Attributes:
        wanted: The bits of which a character must have one, in the order of the shape.
        kept: Places of the characters that make up the compact form.
    """

    wanted: NDArray[np.uint16]
    kept: Ints

    @classmethod
    def of(cls, text: str) -> "_Shape":
        bits = [1 << _SIGNS.index(sign) for sign in text]
        kept = [place for place, sign in enumerate(text) if sign.isalnum()]
        return cls(np.array(bits, np.uint16), np.array(kept, np.int64))

    def fits(self, bits: NDArray[np.uint16]) -> Mask:
        """Whether a window has the shape, its compact form beginning at ``_BEFORE``."""
        begin = _BEFORE - self.kept[0]
        held = bits[:, begin : begin + len(self.wanted)] & self.wanted
        return np.logical_and.reduce(held, axis=1)

    def compacts(self, windows: _Windows) -> Bytes:
        """The compact form in each window of the shape."""
        out = np.zeros((len(windows), WIDTH), np.uint8)
        kept = self.kept - self.kept[0] + _BEFORE
        out[:, : len(kept)] = windows[:, kept]
        return out.view(f"S{WIDTH}").ravel()


def _shapes(*choices: Iterable[str]) -> tuple[_Shape, ...]:
    """Shapes of one text of each choice, joined in every way."""
    return tuple(_Shape.of("".join(texts)) for texts in product(*choices))


def _in_groups(text: str, size: int) -> str:
    return " ".join(text[n : n + size] for n in range(0, len(text), size))


_OGM = ("9" * 12, "999/9999/99999")
_FRAMED_OGM = tuple(
    _Shape.of(f"{frame}{blank}{digits}{blank}{frame}")
    for frame in ("+++", "***")
    for blank in ("", " ")
    for digits in (*_OGM, "999 / 9999 / 99999")
)
_LONE_OGM = _shapes("!", _OGM, ("!", ".!", ",!"))
_QRR = _shapes("|", ("9" * 27, f"99 {_in_groups('9' * 25, 5)}"), "|")
_AFTER_RF = ["A" * (size - 4) for size in range(_LEAST_RF, 26)]
_WHOLE_RF = _shapes(["|RF99"], _AFTER_RF, "|")
_SPLIT_RF = _shapes(["|RF99 "], _AFTER_RF + [_in_groups(a, 4) for a in _AFTER_RF], "|")


def checked_atoms(texts: TextColumn, formats: Mask) -> Mask:
    """Atoms of references in free text whose check digits hold.

    Args:
        texts: The texts.
        formats: Which formats count, in the order of ``Format``.
    """
    found = structured_spans(texts.scan, texts.noise) if formats.any() else _NONE
    if not len(found.text):
        return np.zeros(len(texts.scan.start), np.bool_)
    found = found.where(found.valid & formats[found.format])
    marks = np.zeros(len(texts.scan.start) + 1, np.int64)
    np.add.at(marks, found.spans.first, 1)
    np.add.at(marks, found.spans.last + 1, -1)
    return np.cumsum(marks[:-1]) > 0


def structured_spans(seen: Scan, noise: Mask) -> StructuredSpans:
    """Find the structured references of a column of texts.

    RF, OGM and QRR references are found, whole or in the groups in which they are
    printed. Twelve digits without a frame are an OGM only if it is valid; an RF
    reference in groups with letters likewise. What begins inside another is none.

    Args:
        seen: The texts.
        noise: Atoms of dates, amounts, phone numbers and IBANs (``texts.noise``).
    """
    size = seen.end - seen.start
    run = np.where(seen.digits, size, 0)
    second, third = following(run), following(run, rows=2)
    ogm = (run == 12) | (run == 3) & (second == 4) & (third == 5)
    qrr = (run == 27) | (run == 2) & (second == 5) & (third == 5)
    starts = [mask.nonzero()[0] for mask in (ogm, qrr, _begins_rf(seen, second))]
    if not any(map(len, starts)):
        return _NONE
    ogm, qrr, rf = starts
    lone = _found(seen, ogm[~noise[ogm]], _LONE_OGM, Format.OGM)
    split = _found(seen, rf, _SPLIT_RF, Format.RF)
    quiet = _without(noise, split.spans)
    return _apart(
        (
            _found(seen, ogm, _FRAMED_OGM, Format.OGM),
            lone.where(lone.valid & ~_is_moment(lone.text)),
            _found(seen, qrr, _QRR, Format.QRR),
            _found(seen, rf, _WHOLE_RF, Format.RF),
            split.where(quiet & (split.valid | _is_number(split.text))),
        )
    )


def _begins_rf(seen: Scan, digits: Ints) -> Mask:
    """Atoms of the letters "RF" alone, before two digits or more."""
    out = ~seen.digits & (seen.end - seen.start == 2) & (digits >= 2)
    at = seen.place[seen.start[out]]
    out[out] = (seen.letters[at] == ord("R")) & (seen.letters[at + 1] == ord("F"))
    return out


def _found(
    seen: Scan, atoms: Ints, shapes: Sequence[_Shape], form: Format
) -> StructuredSpans:
    """What has one of the shapes and begins at one of some atoms; zeros are nothing."""
    if not len(atoms):
        return _NONE
    windows = _windows(seen, atoms)
    bits = _BITS[windows]
    fits = [(shape, shape.fits(bits).nonzero()[0]) for shape in shapes]
    some = [(shape, rows) for shape, rows in fits if len(rows)]
    if not some:
        return _NONE
    first = atoms[np.concatenate([rows for _, rows in some])]
    text = np.concatenate([shape.compacts(windows[rows]) for shape, rows in some])
    final = seen.start[first] + np.strings.str_len(text) - 1
    last = np.searchsorted(seen.start, final, "right") - 1
    place = np.full(len(first), _FORMATS.index(form))
    found = StructuredSpans(Spans(first, last), text, place, check_valid(text, form))
    return found.where(np.strings.strip(text, b"0") != b"")


def _windows(seen: Scan, atoms: Ints) -> _Windows:
    """What stands around the beginning of some atoms; newlines beyond the texts."""
    at = seen.place[seen.start[atoms]][:, None] + np.arange(-_BEFORE, _WINDOW - _BEFORE)
    inside = (at >= 0) & (at < len(seen.letters))
    out = np.full(at.shape, ord("\n"), np.uint8)
    out[inside] = seen.letters[at[inside]]
    return out


def _without(noise: Mask, spans: Spans) -> Mask:
    """Spans that no noise stands in."""
    before = totals(noise)
    return before[spans.last + 1] == before[spans.first]


def _is_number(text: Bytes) -> Mask:
    """Whether nothing but digits stands behind the first two letters."""
    # Letters come after digits, and what pads a text before them.
    behind = text.view(np.uint8).reshape(-1, WIDTH)[:, 2:]
    return np.logical_and.reduce(behind <= ord("9"), axis=1)


def _is_moment(text: Bytes) -> Mask:
    """Whether twelve digits are a date and a time, with a century or with seconds."""
    digits = text.view(np.uint8).reshape(-1, WIDTH)[:, :12].reshape(-1, 6, 2) % 16
    pairs = digits @ np.array([10, 1])
    with_century = (pairs[:, 0] == 19) | (pairs[:, 0] == 20)
    with_seconds = pairs[:, 5] < 60
    return (with_century & _is_time(pairs[:, 2:])) | (
        with_seconds & _is_time(pairs[:, 1:])
    )


def _is_time(pairs: Ints) -> Mask:
    """Whether pairs of digits begin with month, day, hour and minute."""
    month, day, hour, minute = pairs[:, :4].T
    date = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return date & (hour < 24) & (minute < 60)


def _apart(parts: Sequence[StructuredSpans]) -> StructuredSpans:
    """All of some, without those that begin inside another.

    Of those that begin together a valid one is kept, then the longest.
    """
    found = StructuredSpans(
        Spans(
            np.concatenate([part.spans.first for part in parts]),
            np.concatenate([part.spans.last for part in parts]),
        ),
        np.concatenate([part.text for part in parts]),
        np.concatenate([part.format for part in parts]),
        np.concatenate([part.valid for part in parts]),
    )
    spans = found.spans
    found = found.where(np.lexsort((-spans.last, ~found.valid, spans.first)))
    first = found.spans.first
    found = found.where(begins(first))
    reached = previous(np.maximum.accumulate(found.spans.last), -1)
    return found.where(found.spans.first > reached)
