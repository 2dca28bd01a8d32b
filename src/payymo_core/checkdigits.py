"""Structured creditor references with check digits: the schemes of European banks.

A format's compact form is what its check digits are made of and nothing else: upper
case, no signs of grouping. ``tests/core/check_digits.toml`` names the specification of
each format, with examples. python-stdnum, the twin of the sums in the tests, imports
TLS and sockets, which the core does without (docs/decisions/0013).
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum, unique

import numpy as np
from attrs import frozen

from payymo_core import checksums
from payymo_core.checksums import WIDTH, Bytes, Signs
from payymo_core.keys import Mask
from payymo_core.normalisation import fold_column


@unique
class Format(StrEnum):
    """A kind of reference that can be checked by itself.

    RF, OGM and QRR are strong: no digit of theirs can be changed without being noticed,
    nor two neighbours swapped, but for some in a QRR. The others but ``RF_FINNISH`` are
    weak: one number in about ten satisfies each by chance, one in a hundred with a
    length digit.
    """

    RF = "rf"
    """ISO 11649: ``RF``, two check digits, up to 21 letters and digits."""
    OGM = "ogm"
    """Belgium and Luxembourg: OGM/VCS, ``+++090/9337/55493+++``."""
    QRR = "qrr"
    """Switzerland and Liechtenstein: QR reference, formerly ESR; 27 digits."""
    RF_FINNISH = "rf_finnish"
    """Finland: a viitenumero, its leading zeros left out, in an RF reference."""
    VIITENUMERO = "viitenumero"
    """Finland: 4 to 20 digits, weights 7, 3, 1."""
    KID_MOD10 = "kid_mod10"
    """Norway: 2 to 25 digits, Luhn."""
    KID_MOD11 = "kid_mod11"
    """Norway: as many, modulo 11; the check digit may be a hyphen."""
    OCR = "ocr"
    """Sweden: 2 to 25 digits, Luhn."""
    OCR_LENGTH = "ocr_length"
    """Sweden: the same with a length digit before the check digit."""
    FIK_71 = "fik_71"
    """Denmark: payment identification of card 71, 15 digits, Luhn."""
    FIK_75 = "fik_75"
    """Denmark: payment identification of card 75, 16 digits, Luhn."""
    SI = "si"
    """Slovenia: ``SI``, a model and up to three parts, modulo 11."""


@frozen
class _Scheme:
    """How a format is written and checked.

    Attributes:
        holds: Whether the check digits of each reference of a column do.
        least: Characters of the compact form, at least.
        most: At most.
        grouping: Characters that part its groups or frame it.
        line: A longer written form of which the first group is the reference.
    """

    holds: Callable[[Signs], Mask]
    least: int
    most: int
    grouping: bytes = b" "
    line: re.Pattern[bytes] | None = None


def _payment_slip(card: bytes, digits: int) -> re.Pattern[bytes]:
    """The line of a Danish slip: card, payment identification, creditor."""
    form = rb"^[ +>]*%b[ <>]+(\d{%d})(?:[ +]+\d{8}[ <]*)?$" % (card, digits)
    return re.compile(form, re.MULTILINE)


_RF_GROUPING = b" -.,/:"
_SCHEMES = {
    Format.RF: _Scheme(checksums.iso_11649, 5, 25, _RF_GROUPING),
    Format.OGM: _Scheme(checksums.modulo_97, 12, 12, b" +*/"),
    Format.QRR: _Scheme(checksums.modulo_10_recursive, 27, 27),
    Format.RF_FINNISH: _Scheme(checksums.iso_11649_with_731, 6, 24, _RF_GROUPING),
    Format.VIITENUMERO: _Scheme(checksums.weights_731, 4, 20),
    Format.KID_MOD10: _Scheme(checksums.luhn, 2, 25),
    Format.KID_MOD11: _Scheme(checksums.weights_2_to_7, 2, 25),
    Format.OCR: _Scheme(checksums.luhn, 2, 25, b" #"),
    Format.OCR_LENGTH: _Scheme(checksums.luhn_with_length, 3, 25, b" #"),
    Format.FIK_71: _Scheme(checksums.luhn, 15, 15, line=_payment_slip(b"71", 15)),
    Format.FIK_75: _Scheme(checksums.luhn, 16, 16, line=_payment_slip(b"75", 16)),
    Format.SI: _Scheme(checksums.slovenian, 6, 26),
}


def compact(reference: str, form: Format) -> str:
    """Reduce a written reference to its compact form.

    >>> compact("+++090/9337/55493+++", Format.OGM)
    '090933755493'
    >>> compact("rf18 5390-0754 7034", Format.RF)
    'RF18539007547034'
    >>> compact("+71<004040400000669+87654321<", Format.FIK_71)
    '004040400000669'
    """
    return _compact(fold_column([reference]), form).decode("ascii")


def _compact(folded: bytes, form: Format) -> bytes:
    """The compact forms of folded lines, a line each."""
    scheme = _SCHEMES[form]
    if scheme.line is not None:
        folded = scheme.line.sub(rb"\1", folded)
    return folded.translate(None, delete=scheme.grouping)


def check_valid(references: Bytes, form: Format) -> Mask:
    """Say for many references at once whether their check digits hold.

    Args:
        references: Compact forms; anything else is not valid.
        form: The format wanted.
    """
    scheme = _SCHEMES[form]
    size = np.strings.str_len(references)
    rows = np.flatnonzero((size >= scheme.least) & (size <= scheme.most))
    out = np.zeros(len(references), np.bool_)
    if len(rows):
        out[rows] = scheme.holds(Signs.of(references[rows]))
    return out


def is_valid(reference: str, form: Format) -> bool:
    """Check one reference, as written.

    >>> is_valid("RF18 5390 0754 7034", Format.RF)
    True
    >>> is_valid("RF17 5390 0754 7034", Format.RF)
    False
    """
    return bool(check_valid(_column(compact(reference, form).encode()), form)[0])


def _column(lines: bytes) -> Bytes:
    # What is cut off here is longer than any format allows all the same.
    return np.array(lines.split(b"\n"), f"S{WIDTH}")


def satisfied(references: Sequence[str]) -> Mask:
    """Say which formats each of many references satisfies.

    Args:
        references: As written, by a ledger or by a bank; a newline counts as a blank.

    Returns:
        A row a reference, a column a format, in the order of ``Format``.
    """
    folded = fold_column(references)
    columns = [check_valid(_column(_compact(folded, f)), f) for f in Format]
    # No reference at all folds to one empty line.
    return np.stack(columns, axis=1)[: len(references)]


def formats_of(reference: str) -> tuple[Format, ...]:
    """Say which formats a reference, as written, satisfies, the strong ones first.

    A number that has one of the weak formats often has others by chance.

    >>> [form.value for form in formats_of("+++090/9337/55493+++")]
    ['ogm']
    >>> formats_of("INV-2026-0042")
    ()
    """
    held = satisfied([reference])[0].tolist()
    return tuple(form for form, holds in zip(Format, held, strict=True) if holds)
