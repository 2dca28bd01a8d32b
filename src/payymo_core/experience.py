"""What is known beside the records: from verdicts, and from a run's sure payments."""

from enum import Enum, unique

import numpy as np
from attrs import frozen

from payymo_core.keys import Floats, Ints, KeyIndex, Mask
from payymo_core.timing import DateLevel


@unique
class Look(Enum):
    """How closely the transactions are looked at."""

    FIRST = "first"
    """For what is plain; what would take long is put off."""
    SECOND = "second"
    """For what is in doubt, with what the plain ones taught."""


@frozen(eq=False)
class PayerIndex:
    """Whom a payer has paid for, by some key of the payer.

    Attributes:
        places: Places in the columns below by key.
        customer: Row of the customer.
        sharers: As many customers that were paid for alike would have this one's share.
    """

    places: KeyIndex
    customer: Ints
    sharers: Ints


@frozen(eq=False)
class Habits:
    """How payments of customers name what they pay.

    Attributes:
        ways: Places in ``payments`` by the key of customer, rule and level.
        payments: That cited in this way.
        total: Sum of these for each customer; the last one, 0, for none.
    """

    ways: KeyIndex
    payments: Ints
    total: Ints


@frozen(eq=False)
class Memory:
    """What verdicts taught about payers.

    Attributes:
        ibans: By the key of an IBAN.
        accounts: By the key of the end of an account.
        names: By the key of the words of a name.
        fees: Places in ``fee_share`` by the key of customer, currency and fee.
        fee_share: How often, of all times that the customer is short, by that fee.
        habits: How they cite.
    """

    ibans: PayerIndex
    accounts: PayerIndex
    names: PayerIndex
    fees: KeyIndex
    fee_share: Floats
    habits: Habits


@frozen(eq=False)
class Experience:
    """What is known of a ledger beside its records.

    Attributes:
        look: Which look at the transactions it is for.
        taken: Invoices that are surely paid by some transaction.
        accounts: Customers by the key of an account that paid for them.
        names: Customers by the key of a payer's name that paid for them.
        dates: Sure payments at each ``DateLevel``.
        memory: What verdicts taught; the rest is of this run.
    """

    look: Look
    taken: Mask
    accounts: KeyIndex
    names: KeyIndex
    dates: Ints
    memory: Memory

    @classmethod
    def none(cls, invoices: int, memory: Memory) -> "Experience":
        """Nothing but the memory is known yet of so many invoices."""
        nothing = KeyIndex.of(np.zeros(0, np.uint64), np.zeros(0, np.int64))
        taken = np.zeros(invoices, np.bool_)
        dates = np.zeros(len(DateLevel), np.int64)
        return cls(Look.FIRST, taken, nothing, nothing, dates, memory)
