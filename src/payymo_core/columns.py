"""Records as columns: one row a record, in the order of their ids.

Records are put in that order so that no later stage can depend on the one in which they
came.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from attrs import frozen

from payymo_core.held import BY_ID, Blocks, Records
from payymo_core.keys import Ints, Keys, Mask
from payymo_core.lines import Lines
from payymo_core.money import EXPONENTS
from payymo_core.records import Invoice, Transaction
from payymo_core.roster import Roster

NO_DAY = np.iinfo(np.int64).min
"""A date that is not known."""

CURRENCIES = tuple(sorted(EXPONENTS))


@frozen(eq=False)
class TransactionColumns:
    """Transactions in the order of their ids.

    Attributes:
        records: The records themselves; none where only columns are needed.
        input_order: Where each stood among the usable records that came in.
        gross: Amount and fee, minor units; the amount alone where a fee as large would
            turn the money round.
        currency: Index into ``CURRENCIES``.
        day: Booking date (else value date) as a day number, or ``NO_DAY``.
        booked: Whether the bank has booked it.
        texts: Remittance information, references and metadata.
        iban: Key of the other side's IBAN; 0 for none.
        account: Key of the end of its account, or of the IBAN's that ends with the
            number of the account, where no other one is given; 0 for none.
        name: Place of the other side's name in ``names``, -1 without one.
        names: Every distinct name of an other side; none where they are looked up.
    """

    records: Sequence[Transaction]
    input_order: Ints
    gross: Ints
    currency: Ints
    day: Ints
    booked: Mask
    texts: Lines
    iban: Keys
    account: Keys
    name: Ints
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.gross)


@frozen(eq=False)
class InvoiceColumns:
    """Invoices in the order of their ids.

    Attributes:
        records: The records themselves; none where only columns are needed.
        outstanding: Minor units; negative for a credit note.
        total: As billed, minor units; the outstanding amount where it is not known.
        currency: Index into ``CURRENCIES``.
        issued: Day number, or ``NO_DAY``.
        due: Day number, or ``NO_DAY``; without any date, the last day of the year that
            the number begins with.
        is_open: Status open and something outstanding.
        texts: Number, id and references; none where they are indexed.
        customer: Place of its customer in the roster, -1 without one.
        roster: The customers; one of whom records say different things stands as
            often.
    """

    records: Sequence[Invoice]
    outstanding: Ints
    total: Ints
    currency: Ints
    issued: Ints
    due: Ints
    is_open: Mask
    texts: Lines
    customer: Ints
    roster: Roster

    def __len__(self) -> int:
        return len(self.outstanding)

    @cached_property
    def count_in(self) -> Ints:
        """How many there are in each of ``CURRENCIES``."""
        return np.bincount(self.currency, minlength=len(CURRENCIES))

    @cached_property
    def held(self) -> Records:
        """The records, so that a few of them may be exchanged."""
        return Blocks.of(self.records, BY_ID)


def choose_rows(columns: TransactionColumns, rows: Ints) -> TransactionColumns:
    """Some transactions, their rows in rising order."""
    return TransactionColumns(
        records=[columns.records[row] for row in rows.tolist()],
        input_order=columns.input_order[rows],
        gross=columns.gross[rows],
        currency=columns.currency[rows],
        day=columns.day[rows],
        booked=columns.booked[rows],
        texts=columns.texts.take(rows),
        iban=columns.iban[rows],
        account=columns.account[rows],
        name=columns.name[rows],
        names=columns.names,
    )


def take_rows(columns: TransactionColumns, begin: int, end: int) -> TransactionColumns:
    """Transactions from one row up to another."""
    rows = slice(begin, end)
    return TransactionColumns(
        records=columns.records[rows],
        input_order=columns.input_order[rows],
        gross=columns.gross[rows],
        currency=columns.currency[rows],
        day=columns.day[rows],
        booked=columns.booked[rows],
        texts=columns.texts.of_rows(begin, end),
        iban=columns.iban[rows],
        account=columns.account[rows],
        name=columns.name[rows],
        names=columns.names,
    )
