"""The ledger of a world: customers, and what they were billed."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from attrs import frozen

from benchmarks.world import names, numbering
from benchmarks.world.amounts import PRICES
from benchmarks.world.dice import Dice, weighted
from benchmarks.world.mix import Habit, Mix, PayerForm, Regime, Wire
from payymo_core.money import from_minor
from payymo_core.records import Customer, Invoice, InvoiceStatus

FIRST_MONTH = date(2025, 10, 1)
MONTHS = 6
"""Invoices are issued in so many months from the first."""

_CLOSED = weighted(
    {
        InvoiceStatus.PAID: 0.8,
        InvoiceStatus.CANCELLED: 0.15,
        InvoiceStatus.REFUNDED: 0.05,
    }
)


@frozen(kw_only=True, eq=False)
class Client:
    """A customer, and how it pays; only ``customer`` is in the ledger.

    Attributes:
        place: Its place among the clients, from 0.
        customer: The ledger's record of it.
        country: Key of ``names.COUNTRIES``.
        iban: The account it pays from, known to the ledger or not.
        account: The same where its country has no IBAN.
        habit: How it cites most of the time.
        payer: How the bank prints its name most of the time.
        stranger: Who else pays for it.
        wire: The bank on its way.
        bank_fee: What a bank on the way keeps, in minor units; 0 for nothing.
        processor: Whether it pays through a processor.
        lateness: Days it pays later than others do.
    """

    place: int
    customer: Customer
    country: str
    iban: str | None
    account: str | None
    habit: Habit
    payer: PayerForm
    stranger: str
    wire: Wire
    bank_fee: int
    processor: bool
    lateness: int

    @property
    def currency(self) -> str:
        """What it is billed in."""
        return names.COUNTRIES[self.country].currency

    @property
    def language(self) -> str:
        """Key of the word lists."""
        return names.COUNTRIES[self.country].language


@frozen(kw_only=True, eq=False)
class Draft:
    """An invoice before it has a number.

    Attributes:
        client: Who it is for.
        issued: The day of issue.
        due: The day it falls due.
        total: As billed, in minor units; negative for a credit note.
        outstanding: Still owed, in minor units.
        status: Open or not.
        tie: Orders what was issued on one day.
    """

    client: Client
    issued: date
    due: date
    total: int
    outstanding: int
    status: InvoiceStatus
    tie: float


@frozen(eq=False)
class Item:
    """An invoice of the ledger, and what it was drafted from."""

    draft: Draft
    invoice: Invoice

    @property
    def number(self) -> str:
        """What is printed on it."""
        return self.invoice.number or self.invoice.id

    @property
    def is_open(self) -> bool:
        """Whether anything is owed on it, either way."""
        return self.draft.status is InvoiceStatus.OPEN


def make_ledger(regime: Regime, mix: Mix, size: int, dice: Dice) -> list[Item]:
    """So many invoices, credit notes among them, in order of issue."""
    drafts: list[Draft] = []
    place = 0
    while len(drafts) < size:
        client = _client(regime, mix, place, dice)
        drafts += _billed(regime, mix, client, dice)
        place += 1
    del drafts[size:]
    drafts.sort(key=lambda draft: (draft.issued, draft.tie))
    numbers = _identities(regime, drafts, dice)
    return [
        Item(draft, _invoice(mix, draft, serial, names, dice))
        for serial, (draft, names) in enumerate(zip(drafts, numbers, strict=True))
    ]


def _client(regime: Regime, mix: Mix, place: int, dice: Dice) -> Client:
    country = dice.draw(mix.countries)
    iban = names.iban(country, dice)
    account = None if iban else dice.digits(9)
    known = dice.chance(mix.iban_known)
    contact = names.person(dice)
    company = None if dice.chance(mix.persons) else names.company(country, dice)
    # A shop system keeps the contact beside the company; an accounts package bills the
    # company itself.
    beside = regime is Regime.HOSTING and company is not None
    customer = Customer(
        id=_customer_id(regime, place, dice),
        name=contact if beside or company is None else company,
        company=company if beside else None,
        email=f"billing{place}@{contact.split()[0].lower()}.example",
        ibans=(iban,) if iban and known else (),
        accounts=(account,) if account and known else (),
    )
    keeps = dice.chance(mix.short / 0.8)
    return Client(
        place=place,
        customer=customer,
        country=country,
        iban=iban,
        account=account,
        habit=dice.draw(mix.habits),
        payer=dice.draw(mix.payers),
        stranger=_stranger(contact, country, dice),
        wire=dice.draw(mix.wires),
        bank_fee=dice.pick((150, 500, 750, 1000, 1250, 1500, 2500)) if keeps else 0,
        processor=dice.chance(mix.processor),
        lateness=dice.pick((-4, -2, 0, 0, 0, 0, 1, 3, 6, 12)),
    )


def _customer_id(regime: Regime, place: int, dice: Dice) -> str:
    if regime is Regime.HOSTING:
        return str(place + 1)
    if regime is Regime.BUSINESS:
        return f"D{10001 + place}"
    return numbering.client_code(dice, place)


def _stranger(contact: str, country: str, dice: Dice) -> str:
    if dice.chance(0.4):
        return f"{names.person(dice).split()[0]} {contact.rsplit(maxsplit=1)[-1]}"
    return names.person(dice) if dice.chance(0.3) else names.company(country, dice)


def _billed(regime: Regime, mix: Mix, client: Client, dice: Dice) -> Iterator[Draft]:
    count = dice.draw(mix.per_customer)
    price = PRICES[regime]
    usual = price(dice)
    terms = timedelta(days=dice.pick(mix.terms))
    for issued in _issue_days(regime, count, dice):
        total = usual if dice.chance(mix.repeats) else price(dice)
        closed = dice.chance(mix.closed)
        yield Draft(
            client=client,
            issued=issued,
            due=issued + terms,
            total=total,
            outstanding=0 if closed else _left(total, dice),
            status=dice.draw(_CLOSED) if closed else InvoiceStatus.OPEN,
            tie=dice.share(),
        )
    if count > 1 and dice.chance(mix.set_off):
        yield _credit_note(client, usual, dice)


def _left(total: int, dice: Dice) -> int:
    # One in seventy was paid in part before this statement.
    return total - total // dice.between(2, 4) if dice.chance(0.014) else total


def _credit_note(client: Client, usual: int, dice: Dice) -> Draft:
    issued = FIRST_MONTH + timedelta(days=dice.below(30 * (MONTHS - 1)))
    amount = -max(100, usual * dice.between(5, 50) // 100)
    return Draft(
        client=client,
        issued=issued,
        due=issued,
        total=amount,
        outstanding=amount,
        status=InvoiceStatus.OPEN,
        tie=dice.share(),
    )


def _issue_days(regime: Regime, count: int, dice: Dice) -> list[date]:
    if regime is not Regime.HOSTING:
        span = 30 * MONTHS
        days = sorted(dice.below(span) for _ in range(count))
        return [FIRST_MONTH + timedelta(days=day) for day in days]
    # A subscription renews on its day of the month; the run ends in one of the last
    # two months, and a second contract of the same customer shares the day.
    last = MONTHS - 1 - dice.below(2)
    day = dice.between(1, 28)
    contracts = 2 if count > 2 and dice.chance(0.25) else 1
    months = [last - place // contracts for place in range(count)]
    return [_month(month).replace(day=day) for month in reversed(months)]


def _month(offset: int) -> date:
    months = FIRST_MONTH.year * 12 + FIRST_MONTH.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1)


def _identities(
    regime: Regime, drafts: list[Draft], dice: Dice
) -> Iterator[tuple[str, str]]:
    """Id and number of each; numbers are dense, one in thirty is missing."""
    serial = dice.between(1_000, 60_000)
    printed = _numbering(regime, dice)
    of_client: dict[int, int] = {}
    for draft in drafts:
        serial += 2 if dice.chance(1 / 30) else 1
        place = draft.client.place
        of_client[place] = of_client.get(place, place % 30) + 1
        yield printed(draft, serial, of_client[place])


Printed = Callable[[Draft, int, int], tuple[str, str]]
"""Draft, serial in the ledger and serial of the client to id and number."""


def _numbering(regime: Regime, dice: Dice) -> Printed:
    if regime is Regime.HOSTING:
        # WHMCS shows the id, unless a sequence of numbers of its own is switched on.
        if dice.chance(2 / 3):
            return lambda _draft, serial, _own: (str(serial), str(serial))
        return lambda _draft, serial, _own: (str(serial), f"2026{serial:06d}")
    salt = dice.between(0x1000, 0xFFFF)
    if regime is Regime.AGENCY:
        return lambda draft, serial, own: (
            f"a{salt:x}-{serial:x}",
            f"{draft.client.customer.id}-{own}",
        )
    number = dice.pick(numbering.BUSINESS_NUMBERINGS)
    return lambda draft, serial, _own: (
        f"b{salt:x}-{serial:x}",
        f"CN-{serial}" if draft.total < 0 else number(serial, draft.issued),
    )


def _invoice(
    mix: Mix, draft: Draft, place: int, names: tuple[str, str], dice: Dice
) -> Invoice:
    client, billed = draft.client, draft.total > 0
    structured = billed and dice.chance(mix.structured)
    ordered = billed and dice.chance(mix.orders)
    reference = numbering.structured_reference(client.country, 2_000_000 + 3 * place)
    return Invoice(
        id=names[0],
        number=names[1],
        outstanding=from_minor(draft.outstanding, client.currency),
        total=from_minor(draft.total, client.currency),
        currency=client.currency,
        issue_date=draft.issued,
        due_date=draft.due,
        status=draft.status,
        creditor_reference=reference if structured else None,
        references={"purchase_order": numbering.purchase_order(dice)}
        if ordered
        else {},
        customer=client.customer,
    )
