"""What a reviewer rejected is not proposed again."""

from collections import defaultdict

import numpy as np

from payymo_core.columns import InvoiceColumns, TransactionColumns
from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Mask
from payymo_core.learnt import Learnt
from payymo_core.scoring import Kind


def without_rejected(
    hypotheses: Hypotheses,
    transactions: TransactionColumns,
    invoices: InvoiceColumns,
    learnt: Learnt,
) -> tuple[Hypotheses, Mask]:
    """Leave out the sets of invoices that were rejected for a transaction.

    Args:
        hypotheses: Of the transactions.
        transactions: A block of them.
        invoices: The ledger.
        learnt: What was rejected, among the rest.

    Returns:
        The hypotheses that are left, and the transactions whose best one is not.
    """
    rejected: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for proposal in learnt.rejected:
        rejected[proposal.transaction].add(proposal.invoices)
    if not rejected:
        return hypotheses, np.zeros(len(transactions), np.bool_)
    asked = np.array([r.id in rejected for r in transactions.records], np.bool_)
    concerned = asked[hypotheses.transaction] & (hypotheses.kind != Kind.CLOSED)
    gone = np.zeros(len(hypotheses), np.bool_)
    for place in np.flatnonzero(concerned).tolist():
        start, count = hypotheses.start[place], hypotheses.count[place]
        members = hypotheses.member[start : start + count]
        rows = hypotheses.pairs.invoice[members].tolist()
        held = tuple(sorted(invoices.records[row].id for row in rows))
        known = rejected[transactions.records[hypotheses.transaction[place]].id]
        gone[place] = held in known or () in known
    weight = np.where(concerned, hypotheses.weight(), -np.inf)
    best = np.full(len(transactions), -np.inf)
    np.maximum.at(best, hypotheses.transaction[~gone], weight[~gone])
    lost = np.zeros(len(transactions), np.bool_)
    lost[hypotheses.transaction[gone & (weight >= best[hypotheses.transaction])]] = True
    return hypotheses.take(np.flatnonzero(~gone)), lost
