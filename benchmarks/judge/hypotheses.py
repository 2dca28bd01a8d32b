"""One explanation of a transaction, as a customer's doing."""

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from benchmarks.judge.debtors import Debtor
from benchmarks.judge.payers import PayerChances
from benchmarks.judge.rates import BLOCKS
from benchmarks.world.truth import NOTHING, Kind

Vector = NDArray[np.float64]

ALONE = frozenset({Kind.FULL, Kind.SHORT, Kind.NET_OF_FEE, Kind.OVERPAID, Kind.PART})
"""Kinds that pay one invoice; ``part`` stands for instalments too."""
JOINT = frozenset({Kind.JOINT_NAMED, Kind.JOINT_SOME_NAMED, Kind.JOINT_UNNAMED})
PAYING = ALONE | JOINT | {Kind.SET_OFF}


@frozen(eq=False, kw_only=True)
class Hypothesis:
    """How one customer may have come to make one transaction.

    Attributes:
        transaction: Row of the transaction.
        debtor: Whose doing.
        kind: How it came about.
        places: Of the invoices it pays, or for ``twice`` means, in ``owed``.
        ways: Likelihood by the customer's ways, each part scaled to an expectation
            of one.
        bits: Log likelihood of all that does not depend on these, scale included.
        parts: Log of the expectation of each part, kept to tell what spoke.
        name: Payer shown, with its log likelihood as a stranger's where it can only
            be a stranger's.
        stranger: See ``name``.
        account: Account shown.
    """

    transaction: int
    debtor: Debtor
    kind: Kind
    places: tuple[int, ...]
    ways: Vector
    bits: float
    parts: tuple[float, ...]
    name: str | None
    stranger: float | None
    account: str | None

    @property
    def pays(self) -> frozenset[str]:
        """Ids of the invoices it pays."""
        if self.kind in NOTHING:
            return frozenset()
        owed = self.debtor.owed
        ids = {owed[place].invoice.id for place in self.places}
        if self.kind is Kind.SET_OFF and self.debtor.credit:
            ids.add(self.debtor.credit.invoice.id)
        return frozenset(ids)


def again(first: Hypothesis) -> Hypothesis:
    """The same payment made once more: written anew, but its day and sum are given."""
    ways = first.ways.copy()
    ways[BLOCKS[2] :] = 1.0
    bits = first.bits - sum(first.parts[2:])
    parts = (*first.parts[:2], 0.0, 0.0)
    return evolve(first, kind=Kind.TWICE, ways=ways, bits=bits, parts=parts)


def scaled(ways: Vector, shares: Vector) -> tuple[Vector, tuple[float, ...]] | None:
    """Each part divided by its expectation; None where one is impossible."""
    means = np.add.reduceat(ways * shares, BLOCKS)
    if (means <= 0).any():
        return None
    sizes = np.diff((*BLOCKS, len(ways)))
    return ways / np.repeat(means, sizes), tuple(np.log(means).tolist())


def only_stranger(payer: PayerChances) -> float | None:
    """Log likelihood of a name that can only be a stranger's."""
    return float(np.log(payer.stranger)) if not payer.own else None
