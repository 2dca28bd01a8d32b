"""Hypotheses: one invoice in full, in part or short, several together, or a closed one.

Every pair is judged as far as its amount goes; ``sets`` adds what several invoices
explain together. The likeliest hypotheses of each transaction are kept, the rest
counted, so that their share is never lost.
"""

import numpy as np
from attrs import evolve

from payymo_core.allocation import allocate
from payymo_core.bearers import may_have_paid
from payymo_core.blocking import payable
from payymo_core.columns import TransactionColumns
from payymo_core.comparison import NOT_FOUND, Comparisons
from payymo_core.hypotheses import PARTS, Hypotheses
from payymo_core.keys import Floats, Ints, Mask
from payymo_core.ledger import Ledger
from payymo_core.rules import Ruleset
from payymo_core.scoring import Kind, Weights
from payymo_core.sets import sets_of

MOST_KEPT = 24
"""Hypotheses kept of one transaction; the rest count as a whole."""
LEAST_WEIGHT = -14.0
"""Bits against "nothing" below which a hypothesis is counted but not kept."""
FAR_BEHIND = 24.0
"""And so for one this many bits behind the best of its transaction."""

_SET = PARTS.index("set")


def identified(pairs: Comparisons) -> Mask:
    """Pairs with evidence of who or what was paid, beside the amount and the date."""
    named = pairs.reference.level < NOT_FOUND
    return may_have_paid(pairs.payer, pairs.sharers) | named


def group(
    pairs: Comparisons,
    weights: Weights,
    unseen: Ints,
    transactions: TransactionColumns,
    ledger: Ledger,
    ruleset: Ruleset,
) -> Hypotheses:
    """Form the hypotheses of a block of transactions.

    Args:
        pairs: Compared pairs; those that are not payable are credit notes, of use in
            a set only, and closed invoices that a text names.
        weights: Their weights.
        unseen: For each transaction, its payer's equal items that are not among them.
        transactions: The block.
        ledger: The invoices.
        ruleset: Limits and policies.

    Returns:
        Hypotheses, the best of each transaction first.
    """
    known = identified(pairs)
    single = _singles(pairs, weights, known, transactions, ledger)
    sets = sets_of(pairs, weights, known, transactions, ledger, ruleset)
    parts = np.zeros((len(single), len(PARTS)), np.float32)
    parts[:, :_SET] = weights.columns(single)
    owner, place = np.nonzero(sets.member >= 0)
    sizes = (sets.member >= 0).sum(axis=1)
    count = np.concatenate([np.ones(len(single), np.int64), sizes])
    several = np.full(len(sets), Kind.SEVERAL, np.int8)
    table = Hypotheses(
        transaction=np.concatenate([pairs.transaction[single], sets.transaction]),
        kind=np.concatenate([weights.kind[single], several]),
        parts=np.concatenate([parts, sets.parts.astype(np.float32)]),
        start=np.cumsum(count) - count,
        count=count,
        member=np.concatenate([single, sets.member[owner, place]]),
        amount=np.zeros(int(count.sum()), np.int64),
        pairs=pairs,
        omits=np.zeros(len(count), np.bool_),
        rest_owed=np.zeros(len(count), np.bool_),
        other=sets.other + _unseen_odds(single, pairs, weights, known, unseen),
        again=np.zeros(len(transactions)),
        crowded=sets.crowded,
    )
    return allocate(_best(table), transactions, ledger.invoices)


def _singles(
    pairs: Comparisons,
    weights: Weights,
    known: Mask,
    transactions: TransactionColumns,
    ledger: Ledger,
) -> Ints:
    """Pairs that are a hypothesis of their own."""
    exact = weights.kind == Kind.FULL
    alone = exact | (weights.kind == Kind.SHORT)
    incoming = transactions.gross[pairs.transaction] > 0
    named = pairs.reference.level < NOT_FOUND
    usable = transactions.booked & (transactions.gross > 0)
    closed = ~ledger.invoices.is_open[pairs.invoice] & usable[pairs.transaction]
    # Money that goes out pays nothing but a credit note, in full and by its number:
    # most of it is for wages and suppliers.
    pays = payable(transactions, ledger.invoices, pairs.transaction, pairs.invoice)
    keep = pays & np.where(incoming, alone | known, exact & named)
    return (keep | (closed & named)).nonzero()[0]


def _unseen_odds(
    single: Ints, pairs: Comparisons, weights: Weights, known: Mask, unseen: Ints
) -> Floats:
    """Odds of items that a hot customer has beyond those at hand, as good as the best.

    Of those at hand, that is, which the text does not name.
    """
    alike = known & (weights.kind == Kind.FULL) & (pairs.reference.level == NOT_FOUND)
    alike &= unseen[pairs.transaction] > 0
    index = single[alike[single]]
    best = np.full(len(unseen), -np.inf)
    np.maximum.at(best, pairs.transaction[index], weights.columns(index).sum(axis=1))
    return unseen * np.exp2(best)


def _best(table: Hypotheses) -> Hypotheses:
    """The likeliest of each transaction in order; the rest as odds."""
    weight = table.weight()
    best = np.full(len(table.other), -np.inf)
    np.maximum.at(best, table.transaction, weight)
    least = np.maximum(best - FAR_BEHIND, LEAST_WEIGHT)
    likely = (weight >= least[table.transaction]).nonzero()[0]
    # Singles stand before sets, and each in the order of invoices: that breaks ties.
    order = likely[np.lexsort((-weight[likely], table.transaction[likely]))]
    row = table.transaction[order]
    kept = order[np.arange(len(row)) - np.searchsorted(row, row) < MOST_KEPT]
    lost = table.kind != Kind.CLOSED
    lost[kept] = False
    other = table.other.copy()
    np.add.at(other, table.transaction[lost], np.exp2(weight[lost]))
    return evolve(table.take(kept), other=other)
