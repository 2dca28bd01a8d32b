"""A payout on the bank statement, exploded into the payments that it carries.

What the records hold adds up to what arrived, to the minor unit; where the provider's
own items do not add up to its payout, nothing is made of them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum, unique

from attrs import evolve, frozen

from payymo_adapters.errors import PayloadError
from payymo_adapters.gocardless.payments.faults import NAME
from payymo_adapters.gocardless.payments.flows import PayoutContents
from payymo_adapters.gocardless.payments.wire import Payment, Payout, PayoutItem
from payymo_core.errors import RecordError
from payymo_core.money import from_minor, to_minor
from payymo_core.records import Transaction, TransactionStatus

EARLIEST, LATEST = timedelta(-3), timedelta(10)
"""How far from its arrival date a payout may stand on the statement."""

PAID = "payment_paid_out"
_REVERSING = {
    "payment_failed",
    "payment_charged_back",
    "payment_refunded",
    "refund",
    "refund_funds_returned",
}


@frozen(kw_only=True)
class Reversal:
    """What takes a payment back, or gives back what a refund took.

    Attributes:
        transaction: Negative where a payment is taken back; never a customer's payment.
        kind: The provider's own word, as ``payment_charged_back``.
        payment: Id of the payment that it concerns, or "".
    """

    transaction: Transaction
    kind: str
    payment: str


@frozen(kw_only=True)
class Exploded:
    """A payout in its parts; the amounts of all three add up to the payout.

    Attributes:
        payout: The payout.
        payments: One a payment: ``amount`` is net, ``fee`` what was kept of it.
        reversals: Refunds, chargebacks, late failures.
        charges: Fees and shares that belong to no payment of this payout.
    """

    payout: Payout
    payments: tuple[Transaction, ...]
    reversals: tuple[Reversal, ...]
    charges: tuple[Transaction, ...]


def explode(contents: PayoutContents, day: date | None = None) -> Exploded:
    """Make records of a payout's contents.

    Args:
        contents: The payout with all of its items.
        day: When the payout was booked at the bank; None: as it says itself.

    Raises:
        PayloadError: The items do not add up to the payout, or an item names a payment
            that says otherwise.
    """
    payout = contents.payout
    _check(contents)
    paid, fees, rest = _sorted(contents.items)
    maker = _Maker(contents, day or payout.arrival_date)
    reversals = tuple(maker.reversals(i for i in rest if i.type in _REVERSING))
    charges = [item for item in rest if item.type not in _REVERSING]
    kept, more = _kept(paid, fees)
    payments = tuple(maker.payment(name, paid[name], kept[name]) for name in paid)
    known = sum(_minor(each.transaction) for each in reversals)
    known += sum(map(_minor, payments))
    left = payout.amount - known
    return Exploded(
        payout=payout,
        payments=payments,
        reversals=reversals,
        charges=tuple(maker.charges([*charges, *more], left)),
    )


def _check(contents: PayoutContents) -> None:
    payout = contents.payout
    total = sum((item.amount for item in contents.items), Decimal(0))
    if total != payout.amount:
        fault = f"sum up to {total}, but the payout is {payout.amount} (minor units)"
        raise PayloadError(NAME, fault, field="payout_items")
    try:
        from_minor(to_minor(Decimal(0), payout.currency), payout.currency)
    except RecordError as error:
        raise PayloadError(NAME, str(error), field="payouts.currency") from None
    paid = Counter(item.payment for item in contents.items if item.type == PAID)
    for n, item in enumerate(contents.items):
        _check_item(n, item, contents)
        if item.type == PAID and paid[item.payment] > 1:
            fault = "pays out one payment twice"
            raise PayloadError(NAME, fault, field=f"payout_items.{n}.links.payment")


def _check_item(n: int, item: PayoutItem, contents: PayoutContents) -> None:
    whole = item.type == PAID or item.type in _REVERSING
    if whole and item.amount != int(item.amount):
        fault = f"{item.amount} is not a whole number of minor units"
        raise PayloadError(NAME, fault, field=f"payout_items.{n}.amount")
    if item.type != PAID:
        return
    payment = contents.payments.get(item.payment)
    if payment is None or item.amount <= 0:
        fault = "pays out no payment that is told of"
        raise PayloadError(NAME, fault, field=f"payout_items.{n}.links.payment")
    # Exchanged, a payment is paid out in another currency than it was made in.
    same = payment.currency == contents.payout.currency
    if same and payment.amount != item.amount:
        fault = f"pays out {item.amount} of a payment of {payment.amount}"
        raise PayloadError(NAME, fault, field=f"payout_items.{n}.amount")


def _sorted(
    items: Sequence[PayoutItem],
) -> tuple[dict[str, int], dict[str, Decimal], list[PayoutItem]]:
    """What each payment brought, what was kept of it, and what belongs to none."""
    paid = {item.payment: int(item.amount) for item in items if item.type == PAID}
    fees: dict[str, Decimal] = defaultdict(Decimal)
    rest = []
    for item in items:
        if item.type == PAID:
            continue
        if item.payment in paid and item.type not in _REVERSING:
            fees[item.payment] -= item.amount
        else:
            rest.append(item)
    return paid, fees, rest


def _kept(
    paid: dict[str, int], fees: dict[str, Decimal]
) -> tuple[dict[str, int], list[PayoutItem]]:
    """What was kept of each payment, in whole minor units.

    Fees go to a tenth: each is rounded so that their sum so far is, and none drifts.
    One that is no fee, or would eat the payment up, is a charge of its own.
    """
    kept: dict[str, int] = {}
    charges = []
    exact = Decimal(0)
    given = 0
    for payment, amount in paid.items():
        fee = fees.get(payment, Decimal(0))
        if not 0 <= fee < amount:
            kept[payment] = 0
            charges.append(PayoutItem(type="fee", amount=-fee, payment=payment))
            continue
        exact += fee
        whole = int(exact.to_integral_value(ROUND_HALF_EVEN)) - given
        kept[payment] = min(whole, amount - 1)
        given += kept[payment]
    return kept, charges


@frozen
class _Maker:
    """Makes the records of one payout."""

    contents: PayoutContents
    day: date | None

    def payment(self, name: str, gross: int, fee: int) -> Transaction:
        payment = self.contents.payments[name]
        said = (payment.reference, payment.description)
        return self._record(
            payment.id,
            gross - fee,
            remittance=" ".join(part for part in said if part) or None,
            mandate_id=payment.mandate or None,
            value_date=payment.charge_date,
            fee=from_minor(fee, self.contents.payout.currency),
            metadata={**payment.metadata, "payout": self.contents.payout.id},
        )

    def reversals(self, items: Iterable[PayoutItem]) -> Iterator[Reversal]:
        often: Counter[tuple[str, str]] = Counter()
        for item in items:
            about = (item.type, item.refund or item.payment)
            often[about] += 1
            yield self._reversal("/".join((*about, str(often[about]))), item)

    def _reversal(self, name: str, item: PayoutItem) -> Reversal:
        refund = self.contents.refunds.get(item.refund)
        payment = item.payment or (refund.payment if refund else "")
        about = self.contents.payments.get(payment)
        record = self._record(
            f"{self.contents.payout.id}/{name}",
            int(item.amount),
            remittance=_words_of(about) or None,
            metadata={
                "payout": self.contents.payout.id,
                "kind": item.type,
                "payment": payment,
            },
        )
        return Reversal(transaction=record, kind=item.type, payment=payment)

    def charges(self, items: Iterable[PayoutItem], left: int) -> Iterator[Transaction]:
        """What is left of the payout: as one record, since parts of units add up."""
        kinds = sorted({item.type for item in items})
        if left:
            metadata = {"payout": self.contents.payout.id, "kind": ", ".join(kinds)}
            name = f"{self.contents.payout.id}/charges"
            yield self._record(name, left, metadata=metadata)

    def _record(self, name: str, minor: int, **said: object) -> Transaction:
        currency = self.contents.payout.currency
        record = Transaction(
            id=name,
            amount=from_minor(minor, currency),
            currency=currency,
            booking_date=self.day,
        )
        return evolve(record, **said)  # type: ignore[arg-type]


def _words_of(payment: Payment | None) -> str:
    if payment is None:
        return ""
    return " ".join(p for p in (payment.reference, payment.description) if p)


def _minor(record: Transaction) -> int:
    return to_minor(record.amount, record.currency)


# --- which line of the bank statement is which payout ---------------------------------


@unique
class Unsettled(StrEnum):
    """Why a payout and a line of the statement are not paired."""

    SEVERAL_LINES = "several_lines"
    SEVERAL_PAYOUTS = "several_payouts"
    NO_LINE = "no_line"


@frozen(kw_only=True)
class Recognised:
    """Payouts and the lines of the statement that they arrived as.

    Attributes:
        pairs: The line and the payout; the line is to be replaced by its parts.
        unsettled: Payouts that are paid and whose line is not clear.
    """

    pairs: tuple[tuple[Transaction, Payout], ...]
    unsettled: tuple[tuple[Payout, Unsettled], ...]


def recognise(
    statement: Iterable[Transaction], payouts: Iterable[Payout]
) -> Recognised:
    """Find payouts on a bank statement: by reference, amount and day, all three.

    Args:
        statement: Transactions of the bank account that payouts go to.
        payouts: As the provider tells of them.
    """
    lines = [t for t in statement if t.status is TransactionStatus.BOOKED]
    paid = [p for p in payouts if p.status == "paid"]
    fits = {p.id: [t for t in lines if _is_payout(t, p)] for p in paid}
    claimed: dict[str, int] = defaultdict(int)
    for found in fits.values():
        for line in found:
            claimed[line.id] += 1
    pairs = []
    unsettled = []
    for payout in paid:
        found = fits[payout.id]
        if not found:
            unsettled.append((payout, Unsettled.NO_LINE))
        elif len(found) > 1:
            unsettled.append((payout, Unsettled.SEVERAL_LINES))
        elif claimed[found[0].id] > 1:
            unsettled.append((payout, Unsettled.SEVERAL_PAYOUTS))
        else:
            pairs.append((found[0], payout))
    return Recognised(pairs=tuple(pairs), unsettled=tuple(unsettled))


def _is_payout(line: Transaction, payout: Payout) -> bool:
    minor, currency = payout.arrives
    if line.currency != currency or _minor(line) != minor or not payout.reference:
        return False
    day = line.booking_date or line.value_date
    if day is None or payout.arrival_date is None:
        return False
    if not EARLIEST <= day - payout.arrival_date <= LATEST:
        return False
    said = (line.remittance, line.creditor_reference, line.end_to_end_id)
    wanted = re.escape(payout.reference)
    whole = re.compile(rf"(?<![0-9A-Z]){wanted}(?![0-9A-Z])", re.IGNORECASE)
    return any(whole.search(text or "") for text in said)
