"""Bills and the statement of one month, as they are being made up."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from attrs import define, field, frozen
from stdnum.iso7064 import mod_97_10

from benchmarks.demo_month.people import Customer, customers
from benchmarks.world.dice import Dice

_HOLIDAYS = (date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 25))
_MAY = [date(2026, 5, 1) + timedelta(days) for days in range(31)]
DAYS = [day for day in _MAY if day.weekday() < 5 and day not in _HOLIDAYS]
"""Banking days."""
_FIRST_ISSUED = date(2026, 3, 16)
_ISSUE_DAYS = 58
_BILLS = 620
_DUE_AFTER = timedelta(days=14)
_PAID_WITHIN = 14  # banking days that a payer takes, at most
_CUSTOMERS = 120
_PRICES = (
    "5.83 11.78 11.78 17.73 17.73 23.68 34.51 34.51 58.31 58.31 82.11 117.81 "
    "141.61 177.31 236.81 355.81 414.12 711.62 1178.10"
)
# Gross prices of the plans: few of them, so that amounts repeat.
PRICES = tuple(map(Decimal, _PRICES.split()))


@frozen(kw_only=True)
class Bill:
    """A row of the ledger.

    Attributes:
        number: As printed on it.
        customer: Who owes it.
        issued: The day it was issued; due two weeks later.
        total: As billed; negative for a credit note.
        outstanding: Still owed.
        currency: Of both.
        status: As the export writes it.
        order: The customer's purchase order, or "".
    """

    number: str
    customer: Customer
    issued: date
    total: Decimal
    outstanding: Decimal
    currency: str = "EUR"
    status: str = "Open"
    order: str = ""

    @property
    def due(self) -> date:
        """The day it falls due."""
        return self.issued + _DUE_AFTER

    @property
    def reference(self) -> str:
        """The creditor reference printed on it (ISO 11649)."""
        body = self.number.replace("-", "")
        return f"RF{mod_97_10.calc_check_digits(f'{body}RF')}{body}"


@frozen(kw_only=True)
class Payment:
    """One detail of the statement.

    Attributes:
        payer: As the bank names it.
        iban: The payer's, or "".
        amount: Gross; money in is positive.
        text: Unstructured remittance information.
        reference: Creditor reference, or "".
        end_to_end: End-to-end id, or "".
        mandate: Mandate id, or "".
        fee: Kept back by a processor.
        pays: The bills it really pays, as long as they are open.
    """

    payer: str
    iban: str = ""
    amount: Decimal
    text: str = ""
    reference: str = ""
    end_to_end: str = ""
    mandate: str = ""
    fee: Decimal = Decimal(0)
    pays: tuple[Bill, ...] = ()


@frozen(kw_only=True)
class Entry:
    """One entry of the statement: a payment, or a batch of them.

    Attributes:
        day: Booking date.
        payments: Its details.
        currency: Of the account it is booked on.
        status: ``BOOK`` or ``PDNG``.
        batch: What the bank calls the batch, or "".
    """

    day: date
    payments: tuple[Payment, ...]
    currency: str = "EUR"
    status: str = "BOOK"
    batch: str = ""

    @property
    def amount(self) -> Decimal:
        """What is booked: net of the fees kept back."""
        return sum((p.amount - p.fee for p in self.payments), Decimal(0))


@define
class Month:
    """The month so far.

    Attributes:
        dice: Where chance comes from.
        newcomers: Customers that have no bill yet.
        regulars: Customers that may have several.
        numbers: Deck of bill numbers and issue dates.
        bills: In the order made.
        entries: In the order made.
    """

    dice: Dice
    newcomers: Iterator[Customer]
    regulars: list[Customer]
    numbers: list[tuple[str, date]]
    bills: list[Bill] = field(factory=list)
    entries: list[Entry] = field(factory=list)

    @classmethod
    def seeded(cls, seed: int) -> "Month":
        """Begin a month in which nothing has happened."""
        dice = Dice(seed)
        newcomers = customers(dice)
        regulars = [next(newcomers) for _ in range(_CUSTOMERS)]
        deck = [
            (
                f"KN-2026-{place + 1204:05}",
                _FIRST_ISSUED + timedelta(place * _ISSUE_DAYS // _BILLS),
            )
            for place in range(_BILLS)
        ]
        return cls(dice, newcomers, regulars, dice.shuffled(deck))

    def bill(self, customer: Customer | None = None, total: str = "") -> Bill:
        """Add an open bill, of a regular customer and at list price by default."""
        number, issued = self.numbers.pop()
        owed = Decimal(total) if total else self.dice.pick(PRICES)
        bill = Bill(
            number=number,
            customer=customer or self.dice.pick(self.regulars),
            issued=issued,
            total=owed,
            outstanding=owed,
        )
        self.bills.append(bill)
        return bill

    def amend(self, bill: Bill, amended: Bill) -> Bill:
        """Replace a bill by one that differs."""
        self.bills[self.bills.index(bill)] = amended
        return amended

    def book(self, *payments: Payment, day: date | None = None, **given: str) -> None:
        """Add an entry, on a day on which these bills might be paid."""
        bills = [bill for payment in payments for bill in payment.pays]
        issued = max((bill.issued for bill in bills), default=DAYS[0])
        likely = [free for free in DAYS if free > issued][:_PAID_WITHIN]
        booked = day or self.dice.pick(likely)
        self.entries.append(Entry(day=booked, payments=payments, **given))


def payment_of(*bills: Bill, text: str = "") -> Payment:
    """Make the payment of bills by their customer, in full."""
    customer = bills[0].customer
    return Payment(
        payer=customer.banked,
        iban=customer.iban,
        amount=sum((bill.outstanding for bill in bills), Decimal(0)),
        text=text,
        pays=bills,
    )
