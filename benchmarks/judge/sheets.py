"""What a transaction shows, read once for all who may have made it."""

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from benchmarks.judge.payers import account_of
from benchmarks.judge.wires import Reading, readings
from payymo_core.money import to_minor
from payymo_core.records import Transaction

SHOP = "acct_shop"
"""The account that the processor pays."""


@frozen(eq=False)
class Sheet:
    """A transaction as the judge reads it.

    Attributes:
        row: Its place in the statement.
        transaction: The record.
        amount: What arrived, in minor units.
        day: When it was booked.
        text: Its remittance information, "" for none.
        texts: What may have been written.
        name: Of the payer shown.
        account: Of the payer shown, IBAN or not.
    """

    row: int
    transaction: Transaction
    amount: int
    day: date
    text: str
    texts: Sequence[Reading]
    name: str | None
    account: str | None


def sheet(row: int, transaction: Transaction) -> Sheet:
    """Read a transaction."""
    other = transaction.counterparty
    text = transaction.remittance or ""
    assert transaction.booking_date is not None
    return Sheet(
        row,
        transaction,
        to_minor(transaction.amount, transaction.currency),
        transaction.booking_date,
        text,
        tuple(readings(text)) if text else (),
        other.name if other else None,
        account_of(other),
    )
