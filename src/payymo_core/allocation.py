"""Money to invoices, to the minor unit."""

import numpy as np
from attrs import evolve

from payymo_core.columns import InvoiceColumns, TransactionColumns
from payymo_core.hypotheses import Hypotheses
from payymo_core.scoring import Kind


def allocate(
    hypotheses: Hypotheses, transactions: TransactionColumns, invoices: InvoiceColumns
) -> Hypotheses:
    """Give each member of each hypothesis its money.

    What is owed, or what was paid where that is less: so no invoice is given more than
    its outstanding amount, and no transaction gives more than its gross amount. A
    closed invoice is given nothing.
    """
    owner, invoice, place = hypotheses.incidence()
    owed = invoices.outstanding[invoice]
    paid = transactions.gross[hypotheses.transaction[owner]]
    kind = hypotheses.kind[owner]
    less = (kind == Kind.PART) | (kind == Kind.SHORT)
    amount = np.where(less, paid, owed)
    out = np.zeros_like(hypotheses.amount)
    out[place] = np.where(kind == Kind.CLOSED, 0, amount)
    return evolve(hypotheses, amount=out)
