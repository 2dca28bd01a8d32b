"""Lists that are written short: "ZC3-26, 29 and 31" is ZC3-26, ZC3-29 and ZC3-31."""

import numpy as np
from attrs import frozen

from payymo_core.keys import Floats, Ints, Mask
from payymo_core.noise import is_word
from payymo_core.references import Forms
from payymo_core.sequences import begins, following
from payymo_core.spans import Scan, Spans

MOST_LISTED = 12
_LEAST_DIGITS = 2
_LONGEST_GAP = 4
_BITS_A_DIGIT = 3.32  # log2(10)
_PARTING = np.zeros(256, np.bool_)
_PARTING[list(b" ,;&+/")] = True
_LISTING = np.zeros(256, np.bool_)
_LISTING[list(b",;&+/")] = True
_COUNTED = (
    *("TAG", "TAGE", "TAGEN", "DAYS", "STUCK", "STUECK", "STK", "PCS", "MONAT"),
    *("MONATE", "MONTHS", "JAHRE", "PROZENT", "X", "STD", "UHR", "EUR", "EURO"),
)
_AND = ("UND", "AND", "ET", "EN", "OG", "OCH", "E", "Y", "JA", "SOWIE", "PLUS", "NR")


@frozen(eq=False)
class Listed:
    """Digits that go on from a reference, and what they name.

    Attributes:
        atom: The digits.
        form: Row of the form that they complete.
        bits: How surprising it would be by chance to complete just this one.
    """

    atom: Ints
    form: Ints
    bits: Floats


def listed(
    seen: Scan, named: Spans, forms: Forms, silent: Mask, most_postings: int
) -> Listed:
    """Complete the digits after each reference from its own first ones.

    Args:
        seen: The texts.
        named: Where references are found, each place once.
        forms: Those of the ledger.
        silent: Atoms that name nothing.
        most_postings: A reference of more invoices than this names none of them.
    """
    named = named.where(seen.digits[named.last])
    alive, at, signed = _next(seen, np.arange(len(named)), named.last)
    if not len(alive):
        return Listed(at, at, np.zeros(0))
    link, unit = is_word(seen, _AND), is_word(seen, _COUNTED)
    counted = silent | following(unit & ~begins(seen.text))
    counted |= _goes_on(seen)
    start = np.where(
        seen.digits[named.first], seen.bare[named.first], seen.start[named.first]
    )
    end, width = seen.end[named.last], seen.end[named.last] - seen.start[named.last]
    atoms, forms_of, bits = [at[:0]], [at[:0]], [np.zeros(0)]
    for _ in range(MOST_LISTED - 1):
        joint = link[at]
        after, then, _ = _next(seen, alive[joint], at[joint])
        # A blank alone makes no list: "RE-1012 14 days".
        listing = signed & ~joint
        alive = np.concatenate([alive[listing], after])
        at = np.concatenate([at[listing], then])
        size = seen.end[at] - seen.start[at]
        whole = width[alive]
        fits = seen.digits[at] & ~counted[at] & (size <= whole)
        fits &= (size >= _LEAST_DIGITS) | (size == whole)
        # Leading zeros are no digits to be completed: "000012, 34567".
        fits &= end[alive] - start[alive] >= size
        alive, at, size = alive[fits], at[fits], size[fits]
        if not len(alive):
            break
        keys = seen.completed_keys(start[alive], end[alive] - size, at)
        hit, form, _ = forms.index.probe(keys, most_postings)
        atoms.append(at[hit])
        forms_of.append(form)
        bits.append(np.minimum(size[hit] * _BITS_A_DIGIT, forms.bits.values[form]))
        alive, at, signed = _next(seen, alive, at)
    return Listed(np.concatenate(atoms), np.concatenate(forms_of), np.concatenate(bits))


_NO_END = np.zeros(256, np.bool_)
_NO_END[list(b".:%")] = True


def _goes_on(seen: Scan) -> Mask:
    """Atoms that a point, a colon or a percent sign follows: no number of a list."""
    after = np.minimum(seen.place[seen.end - 1] + 1, max(len(seen.letters) - 1, 0))
    return _NO_END[seen.letters[after]]


def _next(seen: Scan, alive: Ints, at: Ints) -> tuple[Ints, Ints, Mask]:
    """The atoms that follow with nothing but blanks and signs of a list between.

    And whether there is such a sign.
    """
    inside = at + 1 < len(seen.start)
    alive, at = alive[inside], at[inside] + 1
    before = seen.place[seen.end[at - 1] - 1] + 1
    gap = seen.place[seen.start[at]] - before
    keep = (seen.text[at] == seen.text[at - 1]) & (gap >= 1) & (gap <= _LONGEST_GAP)
    signed = np.zeros(len(at), np.bool_)
    for offset in range(_LONGEST_GAP):
        sign = seen.letters[np.minimum(before + offset, len(seen.letters) - 1)]
        keep &= _PARTING[sign] | (offset >= gap)
        signed |= _LISTING[sign] & (offset < gap)
    return alive[keep], at[keep], signed[keep]
