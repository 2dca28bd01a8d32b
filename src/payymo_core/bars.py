"""What keeps a sure proposal from being applied unseen: the rest of its transaction."""

import numpy as np

from payymo_core.bearers import PayerLevel
from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Ints, Mask
from payymo_core.scoring import Kind


def payer_owes_the_same(hypotheses: Hypotheses, at: Ints) -> Mask:
    """Proposals for others, of a payer who owes just the amount: a slip, it may be.

    Args:
        hypotheses: Of all transactions.
        at: The proposal of each transaction, any row where there is none.
    """
    pairs = hypotheses.pairs
    first = hypotheses.member[hypotheses.start]
    sure_payer = pairs.payer[first] <= PayerLevel.NAME
    owing = (hypotheses.kind == Kind.FULL) & sure_payer
    owes = np.zeros(len(at), np.bool_)
    owes[hypotheses.transaction[owing]] = True
    owner, _, place = hypotheses.incidence()
    known = pairs.payer[hypotheses.member[place]] < PayerLevel.SHARED_WORD
    by_payer = np.bincount(owner, known, len(hypotheses)) > 0
    return owes & ~by_payer[at]


def to_a_stranger(hypotheses: Hypotheses, at: Ints, outgoing: Mask) -> Mask:
    """Money that goes out to somebody else than the customer with the credit note."""
    if not len(hypotheses):
        return np.zeros(len(at), np.bool_)
    first = hypotheses.member[hypotheses.start[at]]
    return outgoing & (hypotheses.pairs.payer[first] == PayerLevel.OTHER)
