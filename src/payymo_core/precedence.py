"""Paid twice: of two payments that explain an invoice alike, the earlier one pays it.

A payment that comes when an earlier one has likely settled the invoice is either the
payment after all, or a second one. How well it is worded speaks for both alike; what
tells them apart is how rare it is to pay twice, and how likely the earlier one paid.
"""

import numpy as np
from attrs import evolve

from payymo_core.columns import NO_DAY, TransactionColumns
from payymo_core.hypotheses import Hypotheses, alone
from payymo_core.keys import Floats, Ints, Mask
from payymo_core.scoring import Kind
from payymo_core.sequences import begins, previous, sizes

# Bits by which an invoice is oftener paid once than twice: one in some sixty is.
_PAID_TWICE = 6.0
_FAINT = 1e-4  # of a faint earlier claim nothing is to be feared


def with_precedence(
    hypotheses: Hypotheses, transactions: TransactionColumns
) -> Hypotheses:
    """Count, beside each claim, that an earlier payment settled it already."""
    weight = hypotheses.weight()
    owner, invoice, _ = hypotheses.incidence()
    kind = hypotheses.kind[owner]
    day = transactions.day[hypotheses.transaction[owner]]
    share = alone(hypotheses)
    whole = (kind != Kind.PART) & (kind != Kind.CLOSED)
    keep = whole & (day != NO_DAY) & (share[owner] >= _FAINT)
    owner, invoice, day = owner[keep], invoice[keep], day[keep]
    order = np.lexsort((day, invoice))
    owner, invoice, day = owner[order], invoice[order], day[order]
    settled = np.maximum(_best_earlier(invoice, day, share[owner]), 0.0)
    second = np.exp2(weight[owner] - _PAID_TWICE) * settled
    # A set is paid again as a whole: once, however many of its invoices say so.
    again = np.zeros(len(hypotheses))
    np.maximum.at(again, owner, second)
    rows = len(hypotheses.other)
    total = np.bincount(hypotheses.transaction, weights=again, minlength=rows)
    return evolve(hypotheses, again=total.astype(np.float64))


def _best_earlier(invoice: Ints, day: Ints, weight: Floats) -> Floats:
    """For claims ordered by invoice and day, the best weight of any earlier day."""
    # The best claim of all earlier days on this invoice, day by day.
    starts = begins(invoice, day).nonzero()[0]
    if not len(starts):
        return weight
    best = np.maximum.reduceat(weight, starts)
    size = sizes(starts, len(day))
    earlier = np.full(len(starts), -np.inf)
    same = ~begins(invoice[starts])
    # A running maximum that begins anew at every invoice: few days share an invoice.
    for _ in range(int(_longest_run(same))):
        before = previous(np.maximum(best, earlier), -np.inf)
        earlier = np.where(same, np.maximum(earlier, before), -np.inf)
    return np.repeat(earlier, size)


def _longest_run(mask: Mask) -> int:
    """Length of the longest run of True."""
    breaks = np.concatenate([[-1], (~mask).nonzero()[0], [len(mask)]])
    return int(np.diff(breaks).max()) - 1
