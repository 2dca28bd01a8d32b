"""The money that pays nothing that is open."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from attrs import evolve, frozen

from benchmarks.world import names, words
from benchmarks.world.amounts import PRICES, octaves
from benchmarks.world.banks import folded
from benchmarks.world.dice import Dice, Weighted, weighted
from benchmarks.world.ledger import FIRST_MONTH, MONTHS, Item
from benchmarks.world.mix import Mix, Regime
from benchmarks.world.payments import LATE_DAYS, Payment
from benchmarks.world.truth import Kind, Legibility, TruthRow
from benchmarks.world.writing import Slip, counterparty, write
from payymo_core.money import from_minor
from payymo_core.records import Counterparty, Transaction

STRAY_KINDS: Weighted[Kind] = weighted(
    {
        Kind.UNRELATED: 0.24,
        Kind.CLOSED: 0.20,
        Kind.OUTGOING: 0.16,
        Kind.TWICE: 0.12,
        Kind.CARD_PAYOUT: 0.11,
        Kind.AUTHORITY: 0.08,
        Kind.OWN_TRANSFER: 0.06,
        Kind.INTEREST: 0.03,
    }
)


@frozen(kw_only=True)
class Books:
    """What strays refer to."""

    regime: Regime
    mix: Mix
    ledger: Sequence[Item]
    payments: Sequence[Payment]


def strays(books: Books, count: int, dice: Dice) -> Iterator[Slip]:
    """So many transactions that pay nothing that is open."""
    paid = dice.shuffled([p for p in books.payments if p.kind is Kind.FULL])
    closed = dice.shuffled([item for item in books.ledger if not item.is_open])
    for _ in range(count):
        kind = dice.draw(STRAY_KINDS)
        if kind is Kind.TWICE and paid:
            yield write(books.mix, _twice(paid.pop(), dice), dice)
        elif kind is Kind.CLOSED and closed:
            yield write(books.mix, _of_closed(closed.pop(), dice), dice)
        elif kind is Kind.OUTGOING:
            yield _outgoing(books, dice)
        elif kind in INSTITUTIONS:
            yield _from_institution(kind, dice)
        else:
            yield _unrelated(books, dice)


def _twice(first: Payment, dice: Dice) -> Payment:
    later = first.day + timedelta(days=dice.between(1, 14))
    return evolve(first, kind=Kind.TWICE, day=later, pays=())


def _of_closed(item: Item, dice: Dice) -> Payment:
    late = dice.pick(LATE_DAYS) + dice.between(0, 40)
    return Payment(
        kind=Kind.CLOSED,
        client=item.draft.client,
        day=item.draft.due + timedelta(days=late),
        amount=item.draft.total,
        pays=(),
        means=(item,),
    )


def _any_day(dice: Dice) -> date:
    return FIRST_MONTH + timedelta(days=dice.between(15, 30 * MONTHS + 20))


def _unrelated(books: Books, dice: Dice) -> Slip:
    """Somebody's other money, at the prices of the trade; half of it a customer's."""
    client = dice.pick(books.ledger).draft.client
    if dice.chance(0.5):
        other = counterparty(books.mix, client, dice)
    else:
        iban = names.iban(client.country, dice)
        other = Counterparty(name=names.person(dice), iban=iban)
    amount = PRICES[books.regime](dice)
    return _stray(
        Kind.UNRELATED,
        from_minor(amount, client.currency),
        client.currency,
        dice.pick(words.UNRELATED),
        other,
        dice=dice,
    )


def _outgoing(books: Books, dice: Dice) -> Slip:
    """A refund that names an invoice, or a bill of ours.

    Of an invoice only: what names a credit note pays that.
    """
    item = dice.pick(books.ledger)
    client = item.draft.client
    if item.draft.total > 0 and dice.chance(0.4):
        amount, text = item.draft.total, f"refund {item.number}"
        other = Counterparty(name=client.customer.name, iban=client.iban)
    else:
        amount = octaves(11, 19, dice)
        text = dice.pick(("Gehalt {month}", "invoice {digits}", "Rechnung {digits}"))
        name = names.company(client.country, dice)
        other = Counterparty(name=name, iban=names.iban(client.country, dice))
    money = -from_minor(amount, client.currency)
    return _stray(Kind.OUTGOING, money, client.currency, text, other, dice=dice)


INSTITUTIONS: dict[Kind, tuple[tuple[str, str], ...]] = {
    Kind.CARD_PAYOUT: (
        ("Stripe Technology Europe Ltd", "STRIPE PAYOUT po_{digits}"),
        ("PayPal Europe S.a.r.l.", "PP.{digits}.PP . EXAMPLE HOST, Abbuchung"),
        ("Adyen N.V.", "batch {digits} TX{digits}"),
    ),
    Kind.AUTHORITY: (
        ("Finanzamt München", "USt {month} StNr {digits}"),
        ("HMRC VAT", "VAT repayment {digits}"),
        ("Belastingdienst", "teruggaaf {digits}"),
        ("Allianz Versicherungs-AG", "Schaden {digits} vom {month}"),
        ("Techniker Krankenkasse", "Erstattung AAG {digits}"),
    ),
    Kind.OWN_TRANSFER: (
        ("Example Host Ltd", "own transfer"),
        ("Example Host Ltd", "Umbuchung {month}"),
    ),
    Kind.INTEREST: (("", "interest {month}"), ("Musterbank AG", "Zinsen {month}")),
}


def _from_institution(kind: Kind, dice: Dice) -> Slip:
    name, text = dice.pick(INSTITUTIONS[kind])
    small = kind is Kind.INTEREST
    amount = octaves(5, 10, dice) if small else octaves(13, 21, dice)
    shown = folded(name) if dice.chance(0.5) else name
    other = Counterparty(name=shown) if name else None
    return _stray(kind, from_minor(amount, "EUR"), "EUR", text, other, dice=dice)


def _stray(
    kind: Kind,
    amount: Decimal,
    currency: str,
    text: str,
    other: Counterparty | None,
    *,
    dice: Dice,
) -> Slip:
    day = _any_day(dice)
    filled = text.format(digits=dice.digits(dice.between(4, 9)), month=f"{day:%m/%Y}")
    transaction = Transaction(
        id="",
        amount=amount,
        currency=currency,
        booking_date=day,
        remittance=filled or None,
        counterparty=other,
    )
    none = Legibility.NONE
    row = TruthRow(transaction="", invoices=(), kind=kind, reference=none, payer=none)
    return Slip(day, transaction, row)
