"""Equal invoices of one customer, told apart by the policy that the ruleset states."""

import numpy as np
from attrs import evolve

from payymo_core.columns import TransactionColumns
from payymo_core.comparison import TextLevel
from payymo_core.grouping import MOST_KEPT
from payymo_core.hypotheses import PARTS, Hypotheses, alone
from payymo_core.keys import Ints
from payymo_core.ledger import Ledger
from payymo_core.scoring import Kind

_SET, _DATES = PARTS.index("set"), PARTS.index("dates")
_WON = 16.0  # bits: as good as certain, as the stated policy says
_CLAIMED = 0.5  # of what its own transaction believes so much, it is not to be had


def with_oldest_first(
    hypotheses: Hypotheses, transactions: TransactionColumns, ledger: Ledger
) -> Hypotheses:
    """Let the first of equal payments pay the oldest of equal invoices, and so on.

    Args:
        hypotheses: Of all transactions.
        transactions: All of them; equal ones pay in the order of their days.
        ledger: The invoices.
    """
    equals = _equals(hypotheses, ledger)
    free = np.ones(len(ledger.invoices), np.bool_)
    free[_claimed(hypotheses, np.concatenate([np.zeros(0, np.int64), *equals]))] = False
    row = np.array([hypotheses.transaction[group[0]] for group in equals], np.int64)
    parts = hypotheses.parts.copy()
    for place in np.lexsort((row, transactions.day[row])).tolist():
        group = equals[place]
        invoice = _invoices(hypotheses, group)
        open_to = np.flatnonzero(free[invoice])
        if len(open_to):
            free[invoice[open_to[0]]] = False
            parts[group[open_to[0]], _SET] += _WON
    return evolve(hypotheses, parts=parts)


def _invoices(hypotheses: Hypotheses, singles: Ints) -> Ints:
    return hypotheses.pairs.invoice[hypotheses.member[hypotheses.start[singles]]]


def _equals(hypotheses: Hypotheses, ledger: Ledger) -> list[Ints]:
    """For each transaction, invoices of one customer alike but for dates, oldest first.

    None where so many explain it that some may have been left out.
    """
    count = np.bincount(hypotheses.transaction, minlength=len(hypotheses.other))
    whole = count[hypotheses.transaction] < MOST_KEPT
    single = np.flatnonzero(whole & (hypotheses.kind == Kind.FULL))
    said = hypotheses.pairs.said[hypotheses.member[hypotheses.start[single]]]
    single = single[said < TextLevel.OTHER_INVOICE]
    if not len(single):
        return []
    invoice = _invoices(hypotheses, single)
    row, customer = hypotheses.transaction[single], ledger.customers.of_invoice[invoice]
    # An older invoice is due on another day: dates are not what makes them equal.
    parts = hypotheses.parts[single]
    weight = parts.sum(axis=1) - parts[:, _DATES]
    due = ledger.invoices.due[invoice]
    order = np.lexsort((invoice, due, weight, customer, row))
    keys = np.column_stack([row, customer, weight])[order]
    new = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
    groups = np.split(single[order], new[1:])
    # What the text tells apart from the rest is no tie.
    total = hypotheses.weight()
    best = np.full(len(hypotheses.other), -np.inf)
    np.maximum.at(best, hypotheses.transaction, total - hypotheses.parts[:, _DATES])
    return [
        group
        for group, owner, of, bits in zip(
            groups,
            customer[order[new]].tolist(),
            row[order[new]].tolist(),
            weight[order[new]].tolist(),
            strict=True,
        )
        if len(group) > 1 and owner >= 0 and bits >= best[of]
    ]


def _claimed(hypotheses: Hypotheses, equals: Ints) -> Ints:
    """Invoices that some transaction wants more than its equals, if it has any."""
    likely = alone(hypotheses) >= _CLAIMED
    likely[equals] = False
    owner, invoice, _ = hypotheses.incidence()
    return invoice[likely[owner] & (hypotheses.kind[owner] != Kind.CLOSED)]
