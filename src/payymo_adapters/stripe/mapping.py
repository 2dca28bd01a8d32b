"""What Stripe's ledger means: payments, and what takes them back, as records.

A payment carries its fee (``amount`` is net, gross is ``amount + fee``), the charge's
description as remittance and its metadata as reference fields. What a person has to
look at (taken back since, or lines that do not add up) is ``Rejected``; a charge that
has not reached the balance is ``NotYet``; a line that is about no payer is ``Aside``.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum, unique

from attrs import evolve, frozen

from payymo_adapters.checks import check_amounts
from payymo_adapters.errors import FieldError
from payymo_adapters.stripe.currencies import EXPONENTS, from_smallest
from payymo_adapters.stripe.ledger import Ledger, charge_behind
from payymo_adapters.stripe.wire import BalanceTransaction, Charge, Dispute, Refund
from payymo_core.errors import Rejected
from payymo_core.money import added
from payymo_core.records import Counterparty, Transaction, TransactionStatus

_OWN = "stripe."
_PAYMENTS = ("charge", "payment")
# Money that goes back to a payer, or is taken back: by ``reporting_category``.
_REVERSALS = ("refund", "dispute", "charge_failure")


@unique
class Waits(StrEnum):
    """What a charge waits for."""

    CAPTURE = "capture"
    SUCCESS = "success"
    BALANCE_TRANSACTION = "balance_transaction"


@frozen(kw_only=True)
class NotYet:
    """A charge that is no money yet; asked for again later, and not lost.

    Attributes:
        charge: The charge.
        waits_for: What has to happen first.
    """

    charge: Charge
    waits_for: Waits


@frozen(kw_only=True)
class Aside:
    """A line that pays nothing: a payout, a fee, money restored.

    Attributes:
        line: The line.
        category: What it is for bookkeeping, in Stripe's words.
    """

    line: BalanceTransaction
    category: str


@frozen(kw_only=True)
class Mapped:
    """A ledger as records; every line of it is in one of the first three.

    Attributes:
        transactions: Payments and what takes them back.
        rejected: What a person has to look at.
        aside: Lines that are about no payer.
        waiting: Charges without a line.
    """

    transactions: tuple[Transaction, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    aside: tuple[Aside, ...] = ()
    waiting: tuple[NotYet, ...] = ()


@frozen(kw_only=True)
class Book:
    """What lines are read by.

    Attributes:
        account: Whose ledger it is, as ``acct_...``, or "".
        exponents: Decimals of a currency in Stripe's whole numbers.
        charges: The charges that lines are about, by id.
        payouts: Line id -> the payout that carries it.
    """

    account: str = ""
    exponents: Mapping[str, int] = EXPONENTS
    charges: Mapping[str, Charge] = {}
    payouts: Mapping[str, str] = {}


def map_ledger(
    found: Ledger, account: str = "", exponents: Mapping[str, int] = EXPONENTS
) -> Mapped:
    """Turn a ledger into records, in its order.

    Args:
        found: What was asked for.
        account: Whose ledger it is, as ``acct_...``; becomes the records' account.
        exponents: Decimals of a currency in Stripe's whole numbers.
    """
    sources = (line.full_source for line in found.lines)
    charges = {each.id: each for each in sources if isinstance(each, Charge)}
    book = Book(
        account=account,
        exponents=exponents,
        charges=charges | {charge.id: charge for charge in found.charges},
        payouts={
            line.id: each.payout.id for each in found.carried for line in each.lines
        },
    )
    mapped = [map_line(line, book) for line in found.lines]
    waiting = (waits(charge) for charge in found.charges)
    return Mapped(
        transactions=tuple(m for m in mapped if isinstance(m, Transaction)),
        rejected=tuple(m for m in mapped if isinstance(m, Rejected)),
        aside=tuple(m for m in mapped if isinstance(m, Aside)),
        waiting=tuple(each for each in waiting if each),
    )


def waits(charge: Charge) -> NotYet | None:
    """Say what a charge waits for; None where it has its line, or never gets one."""
    if charge.balance_transaction or charge.status == "failed" or charge.refunded:
        return None
    if charge.status != "succeeded":
        return NotYet(charge=charge, waits_for=Waits.SUCCESS)
    if not charge.captured:
        return NotYet(charge=charge, waits_for=Waits.CAPTURE)
    return NotYet(charge=charge, waits_for=Waits.BALANCE_TRANSACTION)


def map_line(line: BalanceTransaction, book: Book) -> Transaction | Rejected | Aside:
    """Turn one line into what it means."""
    category = line.reporting_category
    is_payment = line.type in _PAYMENTS and category == "charge"
    # A ``partial_capture_reversal`` is aside too: its payment counts what was captured.
    if not is_payment and (category not in _REVERSALS or line.amount >= 0):
        return Aside(line=line, category=category)
    charge = book.charges.get(charge_behind(line))
    try:
        _refuse_uneven(line)
        if is_payment:
            return _payment(line, charge, book)
        return _reversal(line, charge, book)
    except FieldError as error:
        return Rejected(record_id=line.id, fault=error.fault, field=error.path)


def _refuse_uneven(line: BalanceTransaction) -> None:
    if line.net != line.amount - line.fee:
        msg = f"{line.net} is not what {line.amount} less {line.fee} comes to"
        raise FieldError(msg, "net")


def _payment(
    line: BalanceTransaction, charge: Charge | None, book: Book
) -> Transaction:
    if charge is None:
        msg = "the charge that it is about was not given"
        raise FieldError(msg, "source")
    _refuse_undone(charge, book)
    converted = charge.currency != line.currency
    taken = charge.amount_captured
    if not converted and taken > line.amount:
        msg = f"the charge took {taken}, the balance got {line.amount}"
        raise FieldError(msg, "amount")
    gross = from_smallest(taken, charge.currency, book.exponents)
    # A fee in the currency of the balance is not taken off what was paid in another.
    fee = None if converted else from_smallest(line.fee, line.currency, book.exponents)
    record = _record(line, charge, book)
    return _checked(
        evolve(
            record,
            amount=gross if fee is None else added(gross, -fee),
            currency=charge.currency,
            fee=fee,
            status=(
                TransactionStatus.PENDING
                if charge.status == "pending"
                else TransactionStatus.BOOKED
            ),
        )
    )


def _refuse_undone(charge: Charge, book: Book) -> None:
    """Refuse a payment that is not the payer's money any more, in full or in part."""
    if charge.disputed:
        msg = f"charge {charge.id} is disputed; look at it before it pays anything"
        raise FieldError(msg, "disputed")
    if charge.status == "failed":
        msg = f"charge {charge.id} failed after all"
        raise FieldError(msg, "status")
    if not charge.captured:
        msg = f"charge {charge.id} is on the balance and not captured"
        raise FieldError(msg, "captured")
    if charge.amount_refunded:
        back = from_smallest(charge.amount_refunded, charge.currency, book.exponents)
        taken = from_smallest(charge.amount_captured, charge.currency, book.exponents)
        msg = (
            f"{back} of the {taken} {charge.currency} of charge {charge.id} went back; "
            f"look at it before it pays anything"
        )
        raise FieldError(msg, "amount_refunded")


def _reversal(
    line: BalanceTransaction, charge: Charge | None, book: Book
) -> Transaction:
    record = _record(line, charge, book)
    undone = charge_behind(line)
    metadata = dict(record.metadata)
    if isinstance(line.full_source, Refund | Dispute) and line.full_source.reason:
        metadata[f"{_OWN}reason"] = line.full_source.reason
    if undone:
        metadata[f"{_OWN}reverses"] = undone
        if charge and charge.balance_transaction:
            metadata[f"{_OWN}reverses_line"] = charge.balance_transaction
    return _checked(evolve(record, metadata=metadata))


def _record(line: BalanceTransaction, charge: Charge | None, book: Book) -> Transaction:
    """What a line says whatever it is, with the amounts of the balance."""
    fee = from_smallest(line.fee, line.currency, book.exponents)
    return Transaction(
        id=line.id,
        amount=from_smallest(line.net, line.currency, book.exponents),
        currency=line.currency,
        booking_date=line.created.date(),
        value_date=line.available_on.date(),
        remittance=_remittance(charge) if charge else None,
        counterparty=_payer(charge) if charge else None,
        account=book.account or None,
        fee=fee,
        metadata=_metadata(line, charge, book),
    )


def _checked(record: Transaction) -> Transaction:
    check_amounts(record.currency, amount=record.amount, fee=record.fee)
    return record


def _remittance(charge: Charge) -> str | None:
    """The charge's description, and that of its intent where it says more."""
    said = (charge.description, charge.intent.description if charge.intent else "")
    return " ".join(dict.fromkeys(words for words in said if words.strip())) or None


def _payer(charge: Charge) -> Counterparty | None:
    if not (charge.payer or charge.customer):
        return None
    return Counterparty(name=charge.payer or None, account=charge.customer or None)


def _metadata(
    line: BalanceTransaction, charge: Charge | None, book: Book
) -> dict[str, str]:
    """What the merchant wrote, and beside it what Stripe says under ``stripe.``."""
    written: dict[str, str] = {}
    if charge:
        written = dict(charge.intent.metadata) if charge.intent else {}
        written |= charge.metadata
    # A merchant's key that looks like one of ours is kept, but not mistaken for it.
    theirs = {
        f"metadata.{key}" if key.startswith(_OWN) else key: value
        for key, value in written.items()
    }
    ours = {
        "category": line.reporting_category,
        "source": line.source,
        "payout": book.payouts.get(line.id, ""),
        **(_of_charge(line, charge, book) if charge else {}),
    }
    return theirs | {f"{_OWN}{key}": value for key, value in ours.items() if value}


def _of_charge(line: BalanceTransaction, charge: Charge, book: Book) -> dict[str, str]:
    found = {
        "charge": charge.id,
        "payment_intent": charge.payment_intent,
        "email": charge.email,
    }
    if charge.currency != line.currency:
        for name, amount in (("gross", line.amount), ("fee", line.fee)):
            settled = from_smallest(amount, line.currency, book.exponents)
            found[f"settled_{name}"] = f"{settled:f} {line.currency}"
        found["exchange_rate"] = _written(line.exchange_rate)
    return found


def _written(rate: Decimal | None) -> str:
    return "" if rate is None else format(rate, "f")
