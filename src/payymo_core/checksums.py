"""The sums behind check digits, over a column of references at once.

Each function says of every reference of a column whether its check digits hold and its
characters are of the right kind; how long it may be is left to ``checkdigits``, which
also names the sources. Column by column of characters, no Python runs per reference.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.keys import Ints, Mask

WIDTH = 28
"""Characters kept of a reference; no format has as many."""

Bytes = NDArray[np.bytes_]
Values = NDArray[np.uint8]

_HYPHEN, _NOTHING = 36, 37
_VALUE = np.full(256, _NOTHING, np.uint8)
_VALUE[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] = np.arange(_HYPHEN + 1)

# From the right, the check digit first.
_WEIGHTS_1_2 = np.resize([1, 2], WIDTH)
_WEIGHTS_731 = np.r_[1, np.resize([7, 3, 1], WIDTH - 1)]
_WEIGHTS_2_TO_7 = np.r_[1, np.resize(range(2, 8), WIDTH - 1)]
_POWERS_OF_10 = np.r_[0, 0, 10 ** np.arange(10), np.zeros(WIDTH - 12, np.int64)]
_CARRY = np.array([0, 9, 4, 6, 8, 2, 7, 1, 3, 5], np.uint8)


@frozen(eq=False)
class Signs:
    """References, character by character.

    Attributes:
        values: One row a reference, ``WIDTH`` columns: a digit's or a letter's value
            as in ISO 7064 (0 to 35), that of a hyphen (36) or of anything else (37).
        size: Characters in each.
    """

    values: Values
    size: Ints

    @classmethod
    def of(cls, references: Bytes) -> "Signs":
        """Take references apart; what is beyond the width is cut off."""
        cut = np.ascontiguousarray(references, f"S{WIDTH}")
        values = _VALUE[cut.view(np.uint8).reshape(-1, WIDTH)]
        return cls(values, np.strings.str_len(cut).astype(np.int64))

    def past(self, count: int) -> "Signs":
        """Without so many characters at the front."""
        values = np.full_like(self.values, _NOTHING)
        values[:, :-count] = self.values[:, count:]
        return Signs(values, np.maximum(self.size - count, 0))

    def where(self, rows: Ints) -> "Signs":
        """Those that an index chooses."""
        return Signs(self.values[rows], self.size[rows])

    @cached_property
    def digits(self) -> Ints:
        """How many digits each has."""
        return (self.values < 10).sum(axis=1)

    @cached_property
    def from_right(self) -> Values:
        """Digits, the last one first; 0 for what is none and past the front."""
        digits = np.where(self.values < 10, self.values, 0).astype(np.uint8)
        out = np.zeros_like(digits)
        for size in np.unique(self.size).tolist():
            rows = (self.size == size).nonzero()[0]
            out[rows, :size] = digits[rows, :size][:, ::-1]
        return out


def luhn(held: Signs) -> Mask:
    """Modulo 10, every second digit from the right doubled, its digits added."""
    right = held.from_right
    # Twice a digit above 4 loses 9 when its digits are added: modulo 10 it gains 1.
    total = right @ _WEIGHTS_1_2 + (right[:, 1::2] > 4).sum(axis=1)
    return (held.digits == held.size) & (total % 10 == 0)


def luhn_with_length(held: Signs) -> Mask:
    """As ``luhn``; the last digit but one is that of the length."""
    return luhn(held) & (held.from_right[:, 1] == held.size % 10)


def weights_731(held: Signs) -> Mask:
    """Modulo 10, weights 7, 3, 1 from the right, the check digit added."""
    total = held.from_right @ _WEIGHTS_731
    return (held.digits == held.size) & (total % 10 == 0)


def weights_2_to_7(held: Signs) -> Mask:
    """Modulo 11, weights 2 to 7 from the right; a check digit of 10 is a hyphen."""
    last = np.take_along_axis(held.values, np.maximum(held.size[:, None] - 1, 0), 1)
    ten = last[:, 0] == _HYPHEN
    total = held.from_right @ _WEIGHTS_2_TO_7 + 10 * ten
    return (held.digits + ten == held.size) & (total % 11 == 0)


def modulo_97(held: Signs) -> Mask:
    """Ten digits modulo 97 in two more, 97 where that is 0."""
    right = held.from_right
    rest = right @ _POWERS_OF_10 % 97
    check = right[:, :2] @ np.array([1, 10])
    return (held.digits == held.size) & (check == np.where(rest, rest, 97))


def modulo_10_recursive(held: Signs) -> Mask:
    """The carry of each digit picks that of the next one; the last must be 0.

    Zeros alone, which anything unset may be, hold nothing.
    """
    right = held.from_right
    carry = np.zeros(len(right), np.uint8)
    for place in reversed(range(WIDTH)):
        carry = _CARRY[(carry + right[:, place]) % 10]
    return (held.digits == held.size) & (carry == 0) & right.any(axis=1)


def iso_11649(held: Signs) -> Mask:
    """``RF`` and two check digits in front of letters and digits: 1 modulo 97 behind.

    ISO 7064 MOD 97-10, a letter being the number of two digits that is its value.
    """
    out = _begins(held, "RF")
    rows = out.nonzero()[0]
    begun = held.where(rows)
    known = (begun.values < _HYPHEN).sum(axis=1) == begun.size
    out[rows] = known & (_moved_to_the_end(begun) % 97 == 1)
    return out


def _moved_to_the_end(held: Signs) -> Ints:
    """What is past the first four characters modulo 97, and these behind it."""
    rest = np.zeros(len(held.size), np.int64)
    for place in range(4, WIDTH):
        value = held.values[:, place]
        more = (rest * np.where(value < 10, 10, 100) + value) % 97
        rest = np.where(place < held.size, more, rest)
    # R is 27, F is 15.
    return rest * 10**6 + 271500 + held.values[:, 2:4] @ np.array([10, 1])


def iso_11649_with_731(held: Signs) -> Mask:
    """As ``iso_11649``, around a reference with weights 7, 3, 1."""
    out = iso_11649(held)
    rows = out.nonzero()[0]
    out[rows] = weights_731(held.where(rows).past(4))
    return out


def _begins(held: Signs, letters: str) -> Mask:
    """Whether each begins with two letters and two digits."""
    wanted = _VALUE[list(letters.encode())]
    digits = (held.values[:, 2:4] < 10).all(axis=1)
    return (held.values[:, :2] == wanted).all(axis=1) & digits


@frozen
class _Model:
    """Where a model of Slovenian reference has check digits.

    Attributes:
        checked: Groups of parts, by their place; each group's last digit is checked.
        least: Parts, at least.
        most: Parts, at most.
        longest: Digits in a part, at most.
    """

    checked: Sequence[Sequence[int]]
    least: int
    most: int = 3
    longest: int = 12


_ONE, _TWO = ((0,),), ((0,), (1,))
# ZBS, rules for standardised references 1.4, 2.2; 00 and 99 have no check digit. On the
# second part of 21 and 31 the rules contradict themselves: it is not checked.
_MODELS = {
    1: _Model(((0, 1, 2),), 1),
    2: _Model(((1,), (2,)), 3),
    3: _Model(((0,), (1,), (2,)), 3),
    4: _Model(((0,), (2,)), 3),
    5: _Model(_ONE, 1),
    6: _Model(((1, 2),), 2),
    7: _Model(((1,),), 2),
    8: _Model(((0, 1), (2,)), 3),
    9: _Model(((0, 1),), 1),
    10: _Model(((0,), (1, 2)), 2),
    12: _Model(_ONE, 1, 1, 13),
    55: _Model(_ONE, 1),
    **dict.fromkeys((11, 18, 19, 28, 38, 40, 41, 48, 49, 51, 58), _Model(_TWO, 2)),
    **dict.fromkeys((21, 31), _Model(_ONE, 1, 2)),
}


def slovenian(held: Signs) -> Mask:
    """``SI``, a model of two digits, and the parts that the model wants."""
    model = np.where(_begins(held, "SI"), held.values[:, 2:4] @ np.array([10, 1]), 0)
    out = np.zeros(len(model), np.bool_)
    for number in sorted(_MODELS.keys() & set(model.tolist())):
        rows = (model == number).nonzero()[0]
        out[rows] = _follows(held.where(rows).past(4), _MODELS[number])
    return out


def _follows(held: Signs, model: _Model) -> Mask:
    """Whether parts, joined by hyphens, are as a model wants them."""
    digit, hyphen = held.values < 10, held.values == _HYPHEN
    part = np.cumsum(hyphen, axis=1)
    parts = part[:, -1] + 1
    lengths = np.stack([(digit & (part == n)).sum(axis=1) for n in range(3)])
    out = (held.digits + hyphen.sum(axis=1) == held.size) & (held.digits <= 20)
    out &= ((lengths > 0).sum(axis=0) == parts) & (lengths <= model.longest).all(axis=0)
    out &= (parts >= model.least) & (parts <= model.most)
    for group in model.checked:
        out &= _group_holds(held.values, digit & np.isin(part, group))
    return out


def _group_holds(values: Values, chosen: Mask) -> Mask:
    """Modulo 11, weights 2 and up from the right; 10 and 11 are written 0.

    So a digit of weight 11, the tenth before the check digit, is not protected.
    """
    weight = np.cumsum(chosen[:, ::-1], axis=1)[:, ::-1]
    total = np.where(chosen, values * weight, 0).sum(axis=1)
    zero = (chosen & (weight == 1) & (values == 0)).any(axis=1)
    return (weight[:, 0] > 1) & ((total % 11 == 0) | zero & (total % 11 == 1))
