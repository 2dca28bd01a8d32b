"""Paid twice: of two payments that explain an invoice alike, the earlier pays it.

Alike are two payments that both name it, or of which the earlier is about as good an
explanation as the later. How much better the later one's wording is does not matter:
the invoice was settled when it came.
"""

import numpy as np
from attrs import evolve

from payymo_core.columns import NO_DAY, TransactionColumns
from payymo_core.comparison import NOT_FOUND
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
    owner, invoice, place = hypotheses.incidence()
    kind = hypotheses.kind[owner]
    whole = (kind != Kind.PART) & (kind != Kind.CLOSED)
    day = transactions.day[hypotheses.transaction[owner]]
    keep = whole & (day != NO_DAY) & (weight[owner] >= _CONVINCING)
    level = hypotheses.pairs.reference.level[hypotheses.member[place]]
    owner, invoice, day, named = (
        column[keep] for column in (owner, invoice, day, level < NOT_FOUND)
    )
    order = np.lexsort((day, invoice))
    owner, invoice, day, named = (
        column[order] for column in (owner, invoice, day, named)
    )
    earlier = _best_earlier(invoice, day, weight[owner])
    earlier_named = _best_earlier(invoice, day, np.where(named, weight[owner], -np.inf))
    rival = np.where(named, np.maximum(earlier_named, earlier), earlier)
    alike = (earlier >= weight[owner] - _AS_GOOD) | (named & np.isfinite(earlier_named))
    lead = np.maximum(weight[owner] - rival, 0.0)
    parts = hypotheses.parts.copy()
    later = np.flatnonzero(alike)
    np.minimum.at(parts[:, _COLUMN], owner[later], _EARLIER - lead[later])
    return evolve(hypotheses, parts=parts)


def _best_earlier(invoice: Ints, day: Ints, weight: Floats) -> Floats:
    """For claims ordered by invoice and day, the best weight of any earlier day."""
    # The best claim of all earlier days on this invoice, day by day.
    starts = np.flatnonzero(
        np.r_[True, (invoice[1:] != invoice[:-1]) | (day[1:] != day[:-1])][: len(day)]
    )
    if not len(starts):
        return weight
    best = np.maximum.reduceat(weight, starts)
    size = np.diff(np.r_[starts, len(day)])
    earlier = np.full(len(starts), -np.inf)
    same = np.r_[False, invoice[starts][1:] == invoice[starts][:-1]]
    # A running maximum that begins anew at every invoice: few days share an invoice.
    for _ in range(int(_longest_run(same))):
        before = np.r_[-np.inf, np.maximum(best, earlier)[:-1]]
        earlier = np.where(same, np.maximum(earlier, before), -np.inf)
    return np.repeat(earlier, size)


def _longest_run(mask: Mask) -> int:
    """Length of the longest run of True."""
    breaks = np.flatnonzero(np.r_[True, ~mask, True])
    return int(np.diff(breaks).max()) - 1
