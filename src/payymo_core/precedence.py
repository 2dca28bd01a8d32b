"""Paid twice: of two payments that explain an invoice alike, the earlier pays it."""

import numpy as np
from attrs import evolve

from payymo_core.columns import NO_DAY, TransactionColumns
from payymo_core.hypotheses import PARTS, Hypotheses
from payymo_core.keys import Floats, Ints, Mask
from payymo_core.scoring import Kind

_COLUMN = PARTS.index("precedence")
_EARLIER = -12.0
# The earlier payment must be a good explanation by itself, and about as good.
_CONVINCING = 6.0
_AS_GOOD = 4.0


def with_precedence(
    hypotheses: Hypotheses, transactions: TransactionColumns
) -> Hypotheses:
    """Weigh down claims on an invoice that an earlier payment explains as well."""
    weight = hypotheses.weight()
    owner, invoice, _ = hypotheses.incidence()
    kind = hypotheses.kind[owner]
    whole = (kind != Kind.PART) & (kind != Kind.CLOSED)
    day = transactions.day[hypotheses.transaction[owner]]
    keep = whole & (day != NO_DAY) & (weight[owner] >= _CONVINCING)
    owner, invoice, day = owner[keep], invoice[keep], day[keep]
    order = np.lexsort((day, invoice))
    owner, invoice, day = owner[order], invoice[order], day[order]
    later = _has_earlier_equal(invoice, day, weight[owner])
    parts = hypotheses.parts.copy()
    parts[owner[later], _COLUMN] = _EARLIER
    return evolve(hypotheses, parts=parts)


def _has_earlier_equal(invoice: Ints, day: Ints, weight: Floats) -> Mask:
    """Claims, ordered by invoice and day, with an earlier one about as good."""
    out = np.zeros(len(invoice), np.bool_)
    # The best claim of all earlier days on this invoice, day by day.
    starts = np.flatnonzero(
        np.r_[True, (invoice[1:] != invoice[:-1]) | (day[1:] != day[:-1])][: len(day)]
    )
    if not len(starts):
        return out
    best = np.maximum.reduceat(weight, starts)
    size = np.diff(np.r_[starts, len(day)])
    earlier = np.full(len(starts), -np.inf)
    same = np.r_[False, invoice[starts][1:] == invoice[starts][:-1]]
    # A running maximum that begins anew at every invoice: few days share an invoice.
    for _ in range(int(_longest_run(same))):
        before = np.r_[-np.inf, np.maximum(best, earlier)[:-1]]
        earlier = np.where(same, np.maximum(earlier, before), -np.inf)
    return np.repeat(earlier, size) >= weight - _AS_GOOD


def _longest_run(mask: Mask) -> int:
    """Length of the longest run of True."""
    breaks = np.flatnonzero(np.r_[True, ~mask, True])
    return int(np.diff(breaks).max()) - 1
