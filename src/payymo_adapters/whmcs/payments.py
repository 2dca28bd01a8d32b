"""What the engine decided, as payments to record: no more than the money that came."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from attrs import frozen

from payymo_adapters.whmcs.applying import Payment
from payymo_core.records import Transaction, TransactionStatus
from payymo_core.results import Match, Outcome


@frozen
class Order:
    """A payment to record.

    Attributes:
        payment: Which.
        brought: What its transaction brought, major units; all payments of that
            together are no more.
    """

    payment: Payment
    brought: Decimal


@frozen
class Unpayable:
    """A match that is none to record, and why.

    Attributes:
        transaction: Its id.
        says: Why.
    """

    transaction: str
    says: str


def to_orders(
    matches: Sequence[Match], transactions: Mapping[str, Transaction], gateway: str
) -> tuple[list[Order], list[Unpayable]]:
    """Make a payment of each allocation of the matches; none of what is in doubt.

    Args:
        matches: Of the engine.
        transactions: By id.
        gateway: System name of the way that they were paid.

    Returns:
        What to record, and what cannot be, in the order of the matches.
    """
    named = Counter(match.transaction for match in matches)
    orders: list[Order] = []
    left: list[Unpayable] = []
    for match in matches:
        if match.outcome is not Outcome.MATCH:
            continue
        transaction = transactions.get(match.transaction)
        fault = _fault_of(match, transaction, named[match.transaction])
        if transaction is None or fault:
            left.append(Unpayable(match.transaction, fault))
        else:
            orders += _orders_of(match, transaction, gateway)
    return orders, left


def _orders_of(match: Match, transaction: Transaction, gateway: str) -> list[Order]:
    day = transaction.booking_date or transaction.value_date
    assert day  # or else there is a fault
    return [
        Order(
            payment=Payment(
                account=transaction.account or "",
                transaction=transaction.id,
                invoice=each.invoice,
                amount=each.amount,
                currency=transaction.currency,
                day=day,
                gateway=gateway,
            ),
            brought=transaction.gross,
        )
        for each in match.allocations
    ]


def _fault_of(match: Match, transaction: Transaction | None, times: int) -> str:
    """What forbids to record a match; "" for nothing."""
    if transaction is None:
        return "it is not among the transactions"
    amounts = [each.amount for each in match.allocations]
    invoices = {each.invoice for each in match.allocations}
    faults = {
        "it is matched twice": times > 1,
        "it is not booked": transaction.status is not TransactionStatus.BOOKED,
        "it has no date, which WHMCS wants": not (
            transaction.booking_date or transaction.value_date
        ),
        "it nets a credit note, which is for a person": min(amounts, default=1) <= 0,
        "more is allocated than it brought": sum(amounts) > transaction.gross,
        "one invoice is named twice": len(invoices) < len(amounts),
    }
    return next((fault for fault, found in faults.items() if found), "")
