"""What the engine decided, as payments to record."""

from attrs import frozen

from payymo_adapters.whmcs.applying import Payment
from payymo_core.records import Transaction, TransactionStatus
from payymo_core.results import Match, Outcome


@frozen
class Unpayable:
    """A match that is none to record, and why.

    Attributes:
        transaction: Its id.
        says: Why.
    """

    transaction: str
    says: str


def to_payments(
    match: Match, transaction: Transaction | None, gateway: str
) -> list[Payment] | Unpayable:
    """Make a payment of each allocation of a match; none of what is in doubt.

    Args:
        match: Of the engine.
        transaction: The one that it is about; None where it is not known.
        gateway: System name of the way it was paid.
    """
    if match.outcome is not Outcome.MATCH:
        return []
    if transaction is None:
        return Unpayable(match.transaction, "it is not among the transactions")
    day = transaction.booking_date or transaction.value_date
    fault = _fault_of(match, transaction)
    if day is None or fault:
        return Unpayable(match.transaction, fault or "it has no date; WHMCS wants one")
    return [
        Payment(
            account=transaction.account or "",
            transaction=transaction.id,
            invoice=each.invoice,
            amount=each.amount,
            currency=transaction.currency,
            day=day,
            gateway=gateway,
        )
        for each in match.allocations
    ]


def _fault_of(match: Match, transaction: Transaction) -> str:
    if transaction.status is not TransactionStatus.BOOKED:
        return "it is not booked"
    if sum(each.amount for each in match.allocations) > transaction.gross:
        return "more is allocated than it brought"
    if len({each.invoice for each in match.allocations}) < len(match.allocations):
        return "one invoice is named twice"
    return ""
