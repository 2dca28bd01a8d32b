"""What the sure payments of a run tell about the others.

Most payments name what they pay. Who sent them has paid for that customer, and may do
so again without a word; what they pay is no longer there to be paid; and how late they
come is how late this ledger's payers are.
"""

import numpy as np
from attrs import evolve

from payymo_core.columns import TransactionColumns
from payymo_core.comparison import NOT_FOUND
from payymo_core.customers import owner_index
from payymo_core.experience import Experience, Look
from payymo_core.hypotheses import Hypotheses, alone
from payymo_core.keys import Mask, renumbered, sorted_unique
from payymo_core.ledger import Ledger
from payymo_core.omissions import leaves_named_out
from payymo_core.owed import Owed
from payymo_core.payers import name_keys
from payymo_core.scoring import Kind
from payymo_core.timing import DateLevel

_SURE = 0.995
# What another transaction believes at least so much of disputes what is sure of it.
_DISPUTED = 0.02
_WHOLE = np.zeros(len(Kind), np.bool_)
_WHOLE[[Kind.FULL, Kind.SEVERAL, Kind.SHORT, Kind.OVER]] = True


def sure_of(hypotheses: Hypotheses, ledger: Ledger) -> Mask:
    """Hypotheses that explain their transaction alone, and dispute no other one's.

    But for those whose sets the first look left alone.
    """
    share = alone(hypotheses)
    whole = _WHOLE[hypotheses.kind]
    owner, invoice, _ = hypotheses.incidence()
    invoice, size = renumbered(invoice)
    claims = share[owner] >= _DISPUTED
    claims &= hypotheses.kind[owner] != Kind.CLOSED
    row = hypotheses.transaction[owner[claims]]
    wanted = invoice[claims]
    least = np.full(size, len(hypotheses.other))
    most = np.full(size, -1)
    np.minimum.at(least, wanted, row)
    np.maximum.at(most, wanted, row)
    disputed = np.zeros(len(hypotheses), np.bool_)
    disputed[owner[least[invoice] != most[invoice]]] = True
    sure = whole & (share >= _SURE) & ~disputed & ~leaves_named_out(hypotheses)
    sure &= ~hypotheses.rest_owed
    if ledger.experience.look is Look.FIRST:
        sure &= ~hypotheses.crowded[hypotheses.transaction]
    return sure


def experienced(
    ledger: Ledger, hypotheses: Hypotheses, sure: Mask, transactions: TransactionColumns
) -> Ledger:
    """The ledger, with what the sure hypotheses of a first look taught.

    Args:
        ledger: As it was looked at.
        hypotheses: What came of it.
        sure: Those of them that are beyond doubt.
        transactions: All that were looked at.
    """
    owner, invoice, place = hypotheses.incidence()
    mine = sure[owner]
    owner, invoice, member = owner[mine], invoice[mine], hypotheses.member[place[mine]]
    taken = np.zeros(len(ledger.invoices), np.bool_)
    taken[invoice] = True
    pairs = hypotheses.pairs
    named = pairs.reference.level[member] < NOT_FOUND
    customer = ledger.customers.of_invoice[invoice]
    told = named & (customer >= 0)
    row, customer = pairs.transaction[member[told]], customer[told]
    paid = Owed.of(ledger.invoices, ledger.customers, sorted_unique(invoice))
    return evolve(
        ledger,
        customer_items=ledger.customer_items.without(
            paid.of_customers().by_customer_issue()
        ),
        experience=Experience(
            look=Look.SECOND,
            taken=taken,
            accounts=owner_index(transactions.account[row], customer),
            names=owner_index(name_keys(transactions.name[row]), customer),
            dates=np.bincount(pairs.date[member][named], minlength=len(DateLevel)),
            memory=ledger.experience.memory,
        ),
    )
