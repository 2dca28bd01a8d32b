"""Stripe's objects, as far as they are used: bytes to named fields, in its own words.

Amounts are whole numbers of the currency's smallest unit (see ``currencies``), times
are in UTC, "" is what Stripe calls null. An object is made by its ``of``, which raises
``FieldError`` where it is not as documented.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from attrs import frozen

from payymo_adapters.stripe.fields import Fields

T = TypeVar("T")


@frozen(kw_only=True)
class PaymentIntent:
    """What a payer was asked for, over all attempts.

    Attributes:
        latest_charge: The attempt that counts, or "".
        amount_received: What came, in the smallest unit.
    """

    id: str
    amount: int
    amount_received: int
    currency: str
    created: datetime
    status: str
    latest_charge: str
    customer: str
    description: str
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, held: Fields) -> "PaymentIntent":
        """Read one."""
        return cls(
            id=held.text("id"),
            amount=held.whole("amount"),
            amount_received=held.whole("amount_received"),
            currency=held.currency(),
            created=held.time("created"),
            status=held.text("status"),
            latest_charge=held.reference("latest_charge"),
            customer=held.reference("customer"),
            description=held.words("description"),
            metadata=held.strings("metadata"),
        )


@frozen(kw_only=True)
class Charge:
    """One attempt to move a payer's money.

    Attributes:
        status: ``succeeded``, ``pending`` or ``failed``.
        captured: Whether the money was taken, not only set aside.
        balance_transaction: What it did to the balance, or "" while that is not known.
        line: The same in full, where it was asked for.
        intent: The payment intent in full, where it was asked for.
        payer: The name on the card or the account, or "".
        email: Where the payer is written to, or "".
    """

    id: str
    amount: int
    amount_captured: int
    amount_refunded: int
    currency: str
    created: datetime
    status: str
    captured: bool
    refunded: bool
    disputed: bool
    balance_transaction: str
    line: "BalanceTransaction | None" = None
    payment_intent: str
    intent: PaymentIntent | None = None
    customer: str
    payer: str
    email: str
    description: str
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, held: Fields) -> "Charge":
        """Read one, with what was asked for in full."""
        billing = _billing(held)
        return cls(
            id=held.text("id"),
            amount=held.whole("amount"),
            amount_captured=held.whole("amount_captured"),
            amount_refunded=held.whole("amount_refunded"),
            currency=held.currency(),
            created=held.time("created"),
            status=held.text("status"),
            captured=held.truth("captured"),
            refunded=held.truth("refunded"),
            disputed=held.truth("disputed"),
            balance_transaction=held.reference("balance_transaction"),
            line=_full(held, "balance_transaction", BalanceTransaction.of),
            payment_intent=held.reference("payment_intent"),
            intent=_full(held, "payment_intent", PaymentIntent.of),
            customer=held.reference("customer"),
            payer=billing[0],
            email=held.words("receipt_email") or billing[1],
            description=held.words("description"),
            metadata=held.strings("metadata"),
        )


def _billing(held: Fields) -> tuple[str, str]:
    if "billing_details" not in held:
        return "", ""
    return held.of("billing_details", lambda d: (d.words("name"), d.words("email")))


def _full(held: Fields, key: str, read: Callable[[Fields], T]) -> T | None:
    return held.of(key, read) if held.expanded(key) else None


@frozen(kw_only=True)
class Refund:
    """Money given back of a charge.

    Attributes:
        status: ``succeeded``, ``pending``, ``requires_action``, ``failed``,
            ``canceled`` or "".
        failure_balance_transaction: What brought it back where it failed, or "".
    """

    id: str
    amount: int
    currency: str
    created: datetime
    status: str
    charge: str
    payment_intent: str
    balance_transaction: str
    failure_balance_transaction: str
    reason: str
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, held: Fields) -> "Refund":
        """Read one."""
        return cls(
            id=held.text("id"),
            amount=held.whole("amount"),
            currency=held.currency(),
            created=held.time("created"),
            status=held.words("status"),
            charge=held.reference("charge"),
            payment_intent=held.reference("payment_intent"),
            balance_transaction=held.reference("balance_transaction"),
            failure_balance_transaction=held.reference("failure_balance_transaction"),
            reason=held.words("reason"),
            metadata=held.strings("metadata"),
        )


@frozen(kw_only=True)
class Dispute:
    """A charge that its payer's bank calls into question.

    Attributes:
        status: ``warning_needs_response``, ``needs_response``, ``under_review``,
            ``won``, ``lost``, ...
        lines: What it did to the balance: taken, and given back where it was won.
    """

    id: str
    amount: int
    currency: str
    created: datetime
    status: str
    charge: str
    payment_intent: str
    reason: str
    lines: "tuple[BalanceTransaction, ...]"
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, held: Fields) -> "Dispute":
        """Read one."""
        return cls(
            id=held.text("id"),
            amount=held.whole("amount"),
            currency=held.currency(),
            created=held.time("created"),
            status=held.text("status"),
            charge=held.reference("charge"),
            payment_intent=held.reference("payment_intent"),
            reason=held.words("reason"),
            lines=held.each("balance_transactions", BalanceTransaction.of),
            metadata=held.strings("metadata"),
        )


@frozen(kw_only=True)
class Payout:
    """Money on its way from the balance to the bank account.

    Attributes:
        automatic: By schedule; one by hand cannot be itemised.
        reconciliation_status: ``completed`` where its lines can be asked for, else
            ``in_progress`` or ``not_applicable``.
        statement_descriptor: What the bank statement may show, or "".
        trace_id: What the bank calls it, or "".
    """

    id: str
    amount: int
    currency: str
    created: datetime
    arrival_date: datetime
    status: str
    automatic: bool
    reconciliation_status: str
    balance_transaction: str
    failure_balance_transaction: str
    statement_descriptor: str
    trace_id: str
    description: str

    @classmethod
    def of(cls, held: Fields) -> "Payout":
        """Read one."""
        traced = "trace_id" in held
        return cls(
            id=held.text("id"),
            amount=held.whole("amount"),
            currency=held.currency(),
            created=held.time("created"),
            arrival_date=held.time("arrival_date"),
            status=held.text("status"),
            automatic=held.truth("automatic"),
            reconciliation_status=held.words("reconciliation_status"),
            balance_transaction=held.reference("balance_transaction"),
            failure_balance_transaction=held.reference("failure_balance_transaction"),
            statement_descriptor=held.words("statement_descriptor"),
            trace_id=held.of("trace_id", lambda t: t.words("value")) if traced else "",
            description=held.words("description"),
        )


Source = Charge | Refund | Dispute | Payout
_SOURCES: Mapping[str, Callable[[Fields], Source]] = {
    "charge": Charge.of,
    "refund": Refund.of,
    "dispute": Dispute.of,
    "payout": Payout.of,
}


@frozen(kw_only=True)
class BalanceTransaction:
    """A line of the account that Stripe keeps for us.

    Attributes:
        amount: Gross; below zero for money out.
        fee: What Stripe and the platform keep; may be below zero where it comes back.
        net: ``amount - fee``.
        currency: Of the balance, which need not be the payer's.
        reporting_category: What it is for bookkeeping.
        source: The id of what it came from, or "".
        full_source: The same in full, where it was asked for and is of use.
        exchange_rate: From the payer's currency to that of the balance.
    """

    id: str
    amount: int
    fee: int
    net: int
    currency: str
    created: datetime
    available_on: datetime
    type: str
    reporting_category: str
    status: str
    source: str
    full_source: Source | None = None
    exchange_rate: Decimal | None = None
    description: str

    @classmethod
    def of(cls, held: Fields) -> "BalanceTransaction":
        """Read one, with its source where that was asked for in full."""
        return cls(
            id=held.text("id"),
            amount=held.whole("amount"),
            fee=held.whole("fee"),
            net=held.whole("net"),
            currency=held.currency(),
            created=held.time("created"),
            available_on=held.time("available_on"),
            type=held.text("type"),
            reporting_category=held.text("reporting_category"),
            status=held.text("status"),
            source=held.reference("source"),
            full_source=_source(held),
            exchange_rate=held.rate("exchange_rate"),
            description=held.words("description"),
        )


def _source(held: Fields) -> Source | None:
    full = held.expanded("source")
    read = _SOURCES.get(full.words("object")) if full else None
    return held.of("source", read) if read else None
