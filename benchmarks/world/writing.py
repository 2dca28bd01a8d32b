"""A payment as the bank's statement shows it, and how much of a clue is left."""

from datetime import date

from attrs import evolve, frozen

from benchmarks.world import words
from benchmarks.world.asides import aside
from benchmarks.world.banks import folded, printed_name, wired
from benchmarks.world.citing import cite, compact, listed, slip
from benchmarks.world.dice import Dice
from benchmarks.world.ledger import Client, Item
from benchmarks.world.mix import Habit, Mix, PayerForm, Wire
from benchmarks.world.payments import Payment
from benchmarks.world.truth import Kind, Legibility, TruthRow
from payymo_core.money import from_minor
from payymo_core.records import Counterparty, Transaction

QUIET = (Habit.SILENT, Habit.COURTESY)

# Whether a joint payment names anything is settled by its kind; and who pays an old
# invoice has it on the desk and copies from it.
_CITING = (Kind.CLOSED, Kind.JOINT_NAMED, Kind.JOINT_SOME_NAMED)


@frozen
class Slip:
    """A transaction and its truth before they have an id."""

    day: date
    transaction: Transaction
    truth: TruthRow

    def named(self, identity: str) -> "Slip":
        """The same with an id."""
        return Slip(
            self.day,
            evolve(self.transaction, id=identity),
            evolve(self.truth, transaction=identity),
        )


@frozen(kw_only=True)
class _Note:
    """What a payer fills in."""

    text: str = ""
    creditor_reference: str | None = None
    end_to_end_id: str | None = None


def write(mix: Mix, payment: Payment, dice: Dice) -> Slip:
    """The payment as its client writes it and the banks carry it."""
    if payment.kind is Kind.NET_OF_FEE:
        return _charged(payment, dice)
    client = payment.client
    habit = client.habit if dice.chance(0.8) else dice.draw(mix.habits)
    if not payment.means:
        habit = dice.pick(QUIET)
    elif payment.kind in _CITING and habit in QUIET:
        habit = Habit.PRINTED
    note = _note(mix, payment, habit, dice)
    text = wired(note.text, client.wire, dice) if note.text else ""
    sent = Transaction(
        id="",
        amount=from_minor(payment.amount, client.currency),
        currency=client.currency,
        booking_date=payment.day,
        value_date=payment.day if dice.chance(0.8) else None,
        remittance=text or None,
        creditor_reference=note.creditor_reference,
        end_to_end_id=note.end_to_end_id or _end_to_end(dice),
        counterparty=counterparty(mix, client, dice),
    )
    return _with_truth(sent, payment)


def _end_to_end(dice: Dice) -> str | None:
    share = dice.share()
    if share < 0.4:
        return None
    return "NOTPROVIDED" if share < 0.8 else dice.digits(dice.between(8, 16))


def _note(mix: Mix, payment: Payment, habit: Habit, dice: Dice) -> _Note:
    client, means = payment.client, payment.means
    language, short = client.language, client.wire is Wire.SHORT_18
    match habit:
        case Habit.SILENT:
            return _Note(text=aside(payment, dice) if dice.chance(0.2) else "")
        case Habit.COURTESY:
            return _Note(text=dice.pick(words.COURTESIES[language]))
        case Habit.END_TO_END if len(means) == 1:
            return _Note(text=aside(payment, dice), end_to_end_id=means[0].number)
        case Habit.STRUCTURED if (
            len(means) == 1 and means[0].invoice.creditor_reference
        ):
            return _structured(means[0].invoice.creditor_reference, dice)
        case _:
            cited = _cited(mix, means, habit, dice)
    if short and dice.chance(0.85):
        return _Note(text=cited)
    if habit is Habit.KEYWORD or dice.chance(0.15):
        foreign = dice.chance(0.1)
        known = words.FOREIGN if foreign else words.KEYWORDS[language]
        cited = f"{dice.pick(known)} {cited}"
    return _Note(text=_surrounded(cited, payment, dice))


def _structured(reference: str, dice: Dice) -> _Note:
    if dice.chance(0.7):
        return _Note(creditor_reference=compact(reference))
    if reference.startswith("RF") and dice.chance(0.5):
        spaced = (reference[at : at + 4] for at in range(0, len(reference), 4))
        return _Note(text=" ".join(spaced))
    return _Note(text=f"+++{reference}+++" if "/" in reference else reference)


def _cited(mix: Mix, means: tuple[Item, ...], habit: Habit, dice: Dice) -> str:
    numbers = []
    for item in means:
        order = item.invoice.references.get("purchase_order")
        if habit is Habit.ORDER and order:
            numbers.append(order)
        else:
            numbers.append(cite(item.number, habit, dice))
    if dice.chance(mix.slips):
        place = dice.below(len(numbers))
        numbers[place] = slip(numbers[place], dice)
    return listed(numbers, dice)


def _surrounded(cited: str, payment: Payment, dice: Dice) -> str:
    """The citation, and for two payers in five something beside it."""
    if dice.chance(0.6):
        return cited
    beside = aside(payment, dice)
    return f"{cited} {beside}" if dice.chance(0.7) else f"{beside} {cited}"


def counterparty(mix: Mix, client: Client, dice: Dice) -> Counterparty | None:
    """A client as the bank names it; None where it does not."""
    form = client.payer if dice.chance(0.9) else dice.draw(mix.payers)
    if form is PayerForm.STRANGER:
        # Another account of its own bank, unknown to the ledger.
        return Counterparty(name=client.stranger)
    shown = dice.chance(0.85)
    customer = client.customer
    name = customer.company or customer.name or ""
    if customer.company and dice.chance(0.2):
        name = customer.name or name
    printed = None if form is PayerForm.MISSING else printed_name(name, form, dice)
    if printed is None and not shown:
        return None
    return Counterparty(
        name=printed,
        iban=client.iban if shown else None,
        account=client.account if shown else None,
    )


def _charged(payment: Payment, dice: Dice) -> Slip:
    """A card charge: what arrived, the fee, and what the shop sent along."""
    client, item = payment.client, payment.means[0]
    share = dice.share()
    known = share < 0.92
    name = client.customer.name or ""
    sent = Transaction(
        id="",
        amount=from_minor(payment.amount, client.currency),
        currency=client.currency,
        booking_date=payment.day,
        remittance=f"Invoice #{item.number}" if 0.6 <= share < 0.92 else None,
        counterparty=Counterparty(name=name if dice.chance(0.7) else folded(name)),
        account="acct_shop",
        fee=from_minor(payment.fee or 0, client.currency),
        metadata={"invoice_id": item.invoice.id} if known and share < 0.6 else {},
    )
    return _with_truth(sent, payment)


def _with_truth(sent: Transaction, payment: Payment) -> Slip:
    row = TruthRow(
        transaction="",
        invoices=tuple(sorted(item.invoice.id for item in payment.pays)),
        kind=payment.kind,
        reference=_reference(sent, payment.pays or payment.means),
        payer=_payer(sent, payment.client),
    )
    return Slip(payment.day, sent, row)


def _reference(sent: Transaction, wanted: tuple[Item, ...]) -> Legibility:
    """How legible the numbers of all wanted invoices are in what arrived."""
    fields = (sent.remittance, sent.creditor_reference, sent.end_to_end_id)
    text = " ".join((*filter(None, fields), *sent.metadata.values())).casefold()
    bare = compact(text)
    if wanted[0].invoice.id in sent.metadata.values():
        return Legibility.EXACT
    found = [_found(item, text, bare) for item in wanted]
    if all(legibility is Legibility.EXACT for legibility in found):
        return Legibility.EXACT
    if all(legibility is Legibility.NONE for legibility in found):
        return Legibility.NONE
    return Legibility.MANGLED


def _found(item: Item, text: str, bare: str) -> Legibility:
    invoice = item.invoice
    exact = [item.number, invoice.references.get("purchase_order")]
    if any(name and name.casefold() in text for name in exact):
        return Legibility.EXACT
    if invoice.creditor_reference and compact(invoice.creditor_reference) in bare:
        return Legibility.EXACT
    number = compact(item.number)
    middle = len(number) // 2
    # One slip or cut leaves one half whole; a half of two characters says nothing.
    halves = (number[:middle], number[middle:], number[-4:])
    if any(len(half) > 2 and half in bare for half in halves):
        return Legibility.MANGLED
    return Legibility.NONE


def _payer(sent: Transaction, client: Client) -> Legibility:
    other, customer = sent.counterparty, client.customer
    text = sent.remittance or ""
    if other and other.iban and other.iban in customer.ibans:
        return Legibility.EXACT
    if other and other.account and other.account in customer.accounts:
        return Legibility.EXACT
    names = [folded(name) for name in (customer.name, customer.company) if name]
    if other and other.name and folded(other.name) in names:
        return Legibility.EXACT
    if any(name in folded(text) for name in names):
        return Legibility.EXACT
    if other and other.name and other.name != client.stranger:
        return Legibility.MANGLED
    cited = any(word in text for word in words.CUSTOMER[client.language])
    return Legibility.MANGLED if cited else Legibility.NONE
