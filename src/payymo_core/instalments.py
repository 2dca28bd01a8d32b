"""Parts that add up: payments that together are just what an invoice asks for.

A part by itself says little of what it is a part of. Where the parts that several
transactions may pay of one invoice sum to its outstanding amount, to the minor unit,
each of them is as surprising as the amount that it leaves to the others.
"""

import numpy as np
from attrs import evolve

from payymo_core.columns import TransactionColumns
from payymo_core.comparison import AmountLevel
from payymo_core.hypotheses import PARTS, Hypotheses, alone
from payymo_core.keys import Ints, Mask
from payymo_core.ledger import Ledger
from payymo_core.rarity import rarity_bits
from payymo_core.scoring import Kind, quantised
from payymo_core.sequences import sizes
from payymo_core.subsets import enumerate_sums, members

MOST_PARTS = 6
_LIKELY = 0.002  # of what its own transaction believes less, no sum is made
_BY_PLAN = 0.25  # of the last of some parts, how often the sum is no accident
_AMOUNT = PARTS.index("amount")


def with_instalments(
    hypotheses: Hypotheses, transactions: TransactionColumns, ledger: Ledger
) -> Hypotheses:
    """Judge the amounts of parts by what they add up to."""
    part = (hypotheses.kind == Kind.PART) & (alone(hypotheses) >= _LIKELY)
    rows = part.nonzero()[0]
    member = hypotheses.member[hypotheses.start[rows]]
    invoice = hypotheses.pairs.invoice[member]
    complete = _complete(
        invoice, hypotheses.amount[hypotheses.start[rows]], ledger.invoices.outstanding
    )
    if not complete.any():
        return hypotheses
    rows, member = rows[complete], member[complete]
    transaction = hypotheses.transaction[rows]
    rare = rarity_bits(transactions.gross, transactions.currency, ledger)[transaction]
    parts = hypotheses.parts.copy()
    planned = quantised(np.log2(_BY_PLAN) + rare)
    parts[rows, _AMOUNT] = np.maximum(parts[rows, _AMOUNT], planned)
    amount = hypotheses.pairs.amount.copy()
    amount[member] = AmountLevel.COMPLETES
    return evolve(
        hypotheses, parts=parts, pairs=evolve(hypotheses.pairs, amount=amount)
    )


def _complete(invoice: Ints, amount: Ints, outstanding: Ints) -> Mask:
    """Which parts add up, with some others of their invoice, to what is owed."""
    order = np.argsort(invoice, kind="stable")
    start = np.diff(invoice[order], prepend=-1).nonzero()[0]
    count = sizes(start, len(order))
    out = np.zeros(len(invoice), np.bool_)
    for size in range(2, MOST_PARTS + 1):
        these = start[count == size]
        if not len(these):
            continue
        place = order[these[:, None] + np.arange(size)]
        row, mask = enumerate_sums(amount[place], outstanding[invoice[order[these]]])
        held = members(mask, size)
        several = held.sum(axis=1) >= 2
        out[place[row[several]][held[several]]] = True
    return out
