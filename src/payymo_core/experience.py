"""What the sure payments of a run taught, as the second look at the rest uses it."""

import numpy as np
from attrs import frozen

from payymo_core.keys import Ints, KeyIndex, Mask
from payymo_core.timing import DateLevel


@frozen(eq=False)
class Experience:
    """What is known of a ledger beside its records.

    Attributes:
        taken: Invoices that are surely paid by some transaction.
        accounts: Customers by the key of an account that paid for them.
        names: Customers by the key of a payer's name that paid for them.
        dates: Sure payments at each ``DateLevel``.
    """

    taken: Mask
    accounts: KeyIndex
    names: KeyIndex
    dates: Ints

    @classmethod
    def none(cls, invoices: int) -> "Experience":
        """Nothing is known yet of so many invoices."""
        nothing = KeyIndex.of(np.zeros(0, np.uint64), np.zeros(0, np.int64))
        taken = np.zeros(invoices, np.bool_)
        return cls(taken, nothing, nothing, np.zeros(len(DateLevel), np.int64))
