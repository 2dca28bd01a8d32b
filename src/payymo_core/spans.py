"""All tokens of a column of texts at once, and the hash of any span of them.

A text is cut into atoms: longest runs of letters or of digits. The hash of a span of
atoms is the difference of two prefix hashes, so neighbouring atoms are joined for
nothing (``2026 000123`` and ``2026000123`` are one key) and no Python runs per text.
``tests/core/test_spans.py`` holds the naive twin.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.keys import Ints, Keys, Mask, mix
from payymo_core.normalisation import fold_column
from payymo_core.sequences import begins, following, previous

_LETTER, _DIGIT = 1, 2
_NEWLINE, _ZERO = ord("\n"), ord("0")
_SHORT = 4  # digits of a year
_CLASS = np.zeros(256, np.uint8)
_CLASS[ord("A") : ord("Z") + 1] = _LETTER
_CLASS[ord("0") : ord("9") + 1] = _DIGIT

_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 1 << 64)
_VALUE = mix(np.arange(1, 257))


_STEP = 1 << 12


@lru_cache(maxsize=2)
def _low_powers(base: int) -> Keys:
    return _geometric(base, _STEP)


@lru_cache(maxsize=4)  # a few texts are mostly as long as others: within one step
def _high_powers(base: int, steps: int) -> Keys:
    return _geometric(pow(base, _STEP, 1 << 64), steps)


def _geometric(base: int, count: int) -> Keys:
    """Powers of a base from 0 on, modulo 2**64."""
    factors = np.full(count, base, np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)


def _powers(count: int) -> Keys:
    """Powers of the base from 0 on: each is a low power times a high one."""
    high = _high_powers(_BASE, count // _STEP + 1)
    return (high[:, None] * _low_powers(_BASE)).ravel()[:count]


def _inverse_at(place: Ints, count: int) -> Keys:
    """Inverse of the power at each place below the count."""
    high = _high_powers(_INVERSE, count // _STEP + 1)
    return _low_powers(_INVERSE)[place % _STEP] * high[place // _STEP]


@lru_cache(maxsize=16)
def _one_of(signs: str) -> Mask:
    """Whether a character is one of some signs."""
    out = np.zeros(256, np.bool_)
    out[list(signs.encode())] = True
    return out


@frozen(eq=False)
class Spans:
    """Runs of neighbouring atoms.

    Attributes:
        first: Index of the first atom.
        last: Index of the last atom.
    """

    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.first)

    def where(self, keep: Ints | Mask) -> "Spans":
        """Those that a mask or an index chooses."""
        return Spans(self.first[keep], self.last[keep])


@frozen(eq=False)
class Scan:
    """A column of texts, cut into atoms.

    Attributes:
        letters: The folded column's bytes.
        place: Position in ``letters`` of each letter or digit.
        prefix: Prefix hashes over these, one longer.
        start: First character of each atom, as an index into ``place``.
        end: One past its last.
        bare: As ``start``, past the leading zeros of a run of digits.
        text: Index of the text that the atom stands in.
        digits: Whether it is a run of digits.
        attached: Whether it follows its neighbour with nothing between them.
    """

    letters: NDArray[np.uint8]
    place: Ints
    prefix: Keys
    start: Ints
    end: Ints
    bare: Ints
    text: Ints
    digits: Mask
    attached: Mask

    def length(self, spans: Spans) -> Ints:
        """Letters and digits in each span."""
        return self.end[spans.last] - self.start[spans.first]

    @cached_property
    def held(self) -> NDArray[np.uint8]:
        """The letters and digits."""
        return self.letters[self.place]

    @cached_property
    def atom_keys(self) -> Keys:
        """Hash of the letters or digits of each atom."""
        return self._hash(self.start, self.end)

    @cached_property
    def words(self) -> tuple[Ints, Keys]:
        """Indices of the atoms of letters, and their keys."""
        letters = np.flatnonzero(~self.digits)
        return letters, self.atom_keys[letters]

    def keys(self, spans: Spans) -> Keys:
        """Hash of the letters and digits of each span."""
        return self._hash(self.start[spans.first], self.end[spans.last])

    def number_keys(self, spans: Spans) -> Keys:
        """As ``keys``, without the leading zeros of the first atom."""
        return self._hash(self.bare[spans.first], self.end[spans.last])

    def code_keys(self, spans: Spans, lettered: Mask) -> Keys:
        """As ``keys`` of spans that have letters, as ``number_keys`` of others."""
        start = np.where(lettered, self.start[spans.first], self.bare[spans.first])
        return self._hash(start, self.end[spans.last])

    def completed_keys(self, start: Ints, end: Ints, atoms: Ints) -> Keys:
        """Hash of letters and digits from start to end, and then those of atoms."""
        size = end - start
        head = self._raw(start, end)
        tail = self._raw(self.start[atoms], self.end[atoms])
        return mix(head + tail * _powers(int(size.max(initial=0)) + 1)[size])

    def tail_keys(self, spans: Spans, most: int) -> Keys:
        """Hash of the last letters and digits of each span, past leading zeros."""
        end = self.end[spans.last]
        start = np.maximum(self.start[spans.first], end - most)
        return self._hash(_past_zeros(self.held, start, end), end)

    def number_length(self, spans: Spans) -> Ints:
        """As ``length``, without the leading zeros of the first atom."""
        return self.end[spans.last] - self.bare[spans.first]

    def compacts(self, spans: Spans, width: int) -> NDArray[np.bytes_]:
        """Letters and digits of each span, cut at a width."""
        out = np.zeros((len(spans), width), np.uint8)
        begin, size = self.start[spans.first], self.length(spans)
        for offset in range(min(width, int(size.max(initial=0)))):
            letter = self.held.take(begin + offset, mode="clip")
            out[:, offset] = letter * (size > offset)
        return out.view(f"S{width}").ravel()

    def goes_on(self, spans: Spans) -> Mask:
        """Whether a letter or digit follows each span with nothing between them."""
        following = np.minimum(spans.last + 1, max(len(self.start) - 1, 0))
        return self.attached[following] & (following > spans.last)

    @cached_property
    def line_starts(self) -> Ints:
        """Where each text begins in ``letters``."""
        return np.concatenate([[0], (self.letters == _NEWLINE).nonzero()[0] + 1])

    @cached_property
    def short_numbers(self) -> Ints:
        """The number that each run of up to four digits spells; -1 for other atoms."""
        out = np.full(len(self.start), -1)
        short = (self.digits & (self.end - self.start <= _SHORT)).nonzero()[0]
        size = self.end[short] - self.start[short]
        value = np.zeros(len(short), np.int64)
        for offset in range(_SHORT):
            at = np.minimum(self.start[short] + offset, len(self.place) - 1)
            digit = self.letters[self.place[at]].astype(np.int64) - ord("0")
            value = np.where(offset < size, value * 10 + digit, value)
        out[short] = value
        return out

    @cached_property
    def sign_before(self) -> NDArray[np.uint8]:
        """The one character between each atom and the one before it in its text.

        0 where there is none, more than one, or no atom before.
        """
        count = len(self.start)
        single = np.zeros(count, np.bool_)
        begin = self.place[self.start]
        single[1:] = begin[1:] - self.place[self.end[:-1] - 1] == 2
        single[1:] &= self.text[1:] == self.text[:-1]
        return np.where(single, self.letters[np.maximum(begin - 1, 0)], 0)

    def follows(self, signs: str) -> Mask:
        """Whether one of the signs, and nothing else, parts an atom from the last."""
        return _one_of(signs)[self.sign_before]

    def lines(self) -> list[str]:
        """The folded texts."""
        return self.letters.tobytes().decode("ascii").split("\n")

    def before(self, atoms: Ints) -> NDArray[np.uint8]:
        """The character before each atom; a newline at the very start."""
        at = self.place[self.start[atoms]] - 1
        return np.where(at < 0, ord("\n"), self.letters[at]).astype(np.uint8)

    def _hash(self, start: Ints, end: Ints) -> Keys:
        return mix(self._raw(start, end))

    def _raw(self, start: Ints, end: Ints) -> Keys:
        part = self.prefix[end] - self.prefix[start]
        return part * _inverse_at(start, len(self.place))


def scan(texts: Sequence[str]) -> Scan:
    """Cut a column of texts into atoms."""
    return scan_folded(np.frombuffer(fold_column(texts), np.uint8))


def scan_folded(letters: NDArray[np.uint8]) -> Scan:
    """Cut folded texts, parted by newlines, into atoms."""
    kind_of = _CLASS[letters]
    place = (kind_of != 0).nonzero()[0]
    kind, held = kind_of[place], letters[place]
    prefix = np.zeros(len(place) + 1, np.uint64)
    np.cumsum(_VALUE[held] * _powers(len(place)), out=prefix[1:])
    gap = place - previous(place, -2) != 1
    start = (gap | begins(kind)).nonzero()[0]
    end = following(start, len(place))
    line = np.cumsum(letters == _NEWLINE, dtype=np.int32)
    return Scan(
        letters=letters,
        place=place,
        prefix=prefix,
        start=start,
        end=end,
        bare=_past_zeros(held, start, end),
        text=line[place[start]].astype(np.int64),
        digits=kind[start] == _DIGIT,
        attached=~gap[start],
    )


def _past_zeros(letters: NDArray[np.uint8], start: Ints, end: Ints) -> Ints:
    """Where each run goes on behind the zeros that it begins with; none is empty."""
    out = start.copy()
    alive = (letters[start] == _ZERO).nonzero()[0]
    while len(alive):
        out[alive] += 1
        alive = alive[out[alive] < end[alive]]
        alive = alive[letters[out[alive]] == _ZERO]
    return out


def wholes(scanned: Scan) -> Spans:
    """The span of each text that has a letter or a digit."""
    text = scanned.text
    first = begins(text).nonzero()[0]
    return Spans(first, following(first, len(text)) - 1)


def runs(
    scanned: Scan, starts: Ints, through: Mask, most_atoms: int, most_letters: int
) -> Spans:
    """Every run of neighbouring atoms of one text.

    Args:
        scanned: The texts.
        starts: Atoms that a run may begin at.
        through: A mask of all atoms: those that a run may go on to.
        most_atoms: Atoms in a run, at most.
        most_letters: Letters and digits in a run, at most.
    """
    first, last = [], []
    alive, at = starts, starts
    for _ in range(most_atoms):
        fits = scanned.end[at] - scanned.start[alive] <= most_letters
        alive, at = alive[fits], at[fits]
        first.append(alive)
        last.append(at)
        inside = at + 1 < len(scanned.start)
        alive, at = alive[inside], at[inside] + 1
        goes_on = (scanned.text[alive] == scanned.text[at]) & through[at]
        alive, at = alive[goes_on], at[goes_on]
        if not len(alive):
            break
    return Spans(np.concatenate(first), np.concatenate(last))
