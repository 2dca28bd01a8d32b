"""A payout on a bank statement, taken apart into what it carries."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique

from attrs import frozen

from payymo_adapters.errors import FieldError
from payymo_adapters.stripe.currencies import EXPONENTS, from_smallest
from payymo_adapters.stripe.ledger import Carried, is_itemised
from payymo_adapters.stripe.wire import BalanceTransaction, Payout

_ITS_OWN = ("payout", "payout_cancel", "payout_failure")


@unique
class Unready(StrEnum):
    """Why a payout cannot be taken apart."""

    BY_HAND = "by_hand"
    """Made by hand: Stripe does not say what it carries, now or later."""
    IN_PROGRESS = "in_progress"
    """Stripe is at it; ask again later."""
    UNDONE = "undone"
    """Failed or cancelled: nothing of it reaches the bank account."""


@frozen(kw_only=True)
class Exploded:
    """A payout and what it carries; the lines' nets come to its amount, exactly.

    Attributes:
        payout: Its id.
        amount: What the bank statement shows, major units.
        currency: ISO 4217 code.
        arrival: The day it is to reach the bank account.
        reference: What the bank statement may show, or "".
        lines: All but the payout's own.
    """

    payout: str
    amount: Decimal
    currency: str
    arrival: date
    reference: str
    lines: tuple[BalanceTransaction, ...]


def unready(payout: Payout) -> Unready | None:
    """Say why a payout cannot be taken apart; None where it can."""
    if payout.status in ("failed", "canceled"):
        return Unready.UNDONE
    if is_itemised(payout):
        return None
    return Unready.IN_PROGRESS if payout.automatic else Unready.BY_HAND


def explode(carried: Carried, exponents: Mapping[str, int] = EXPONENTS) -> Exploded:
    """Take a payout apart.

    Raises:
        FieldError: The lines are of another currency or do not come to its amount, so
            that something is missing or too much.
    """
    payout = carried.payout
    lines = tuple(line for line in carried.lines if line.type not in _ITS_OWN)
    if any(line.currency != payout.currency for line in carried.lines):
        msg = f"payout {payout.id} carries lines of another currency"
        raise FieldError(msg, "currency")
    comes_to = sum(line.net for line in lines)
    if comes_to != payout.amount:
        msg = f"the lines of payout {payout.id} come to {comes_to}, not {payout.amount}"
        raise FieldError(msg, "amount")
    return Exploded(
        payout=payout.id,
        amount=from_smallest(payout.amount, payout.currency, exponents),
        currency=payout.currency,
        arrival=payout.arrival_date.date(),
        reference=payout.trace_id or payout.statement_descriptor,
        lines=lines,
    )
