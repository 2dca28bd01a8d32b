"""Customers as the ledger shows them, with what they owe."""

from collections.abc import Iterable, Mapping

from attrs import define, field

from benchmarks.world.ledger import Client, Draft, Item
from benchmarks.world.mix import Habit, Mix, PayerForm, Wire
from benchmarks.world.names import COUNTRIES
from payymo_core.money import to_minor
from payymo_core.records import Customer, Invoice

_ACCOUNT_LENGTH = 9


@define(eq=False, kw_only=True)
class Debtor:
    """A customer, and its invoices.

    Attributes:
        place: Its place among the debtors.
        customer: The ledger's record.
        currency: What it is billed in.
        countries: Where it may be, with probabilities.
        owed: What it owes, by due date and order of issue.
        credit: Its credit note, if it has one.
        closed: What is no longer open.
        newest: Place in ``owed`` of the last one issued.
    """

    place: int
    customer: Customer
    currency: str
    countries: Mapping[str, float]
    owed: tuple[Item, ...]
    credit: Item | None
    closed: tuple[Item, ...]
    newest: int
    size: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.size = len(self.owed) + len(self.closed) + (self.credit is not None)

    @property
    def languages(self) -> dict[str, float]:
        """Its languages, with probabilities."""
        found: dict[str, float] = {}
        for country, chance in self.countries.items():
            language = COUNTRIES[country].language
            found[language] = found.get(language, 0.0) + chance
        return found

    @property
    def known_account(self) -> str | None:
        """The account that the ledger knows, IBAN or not."""
        return next(iter((*self.customer.ibans, *self.customer.accounts)), None)


def debtors(invoices: Iterable[Invoice], mix: Mix) -> list[Debtor]:
    """All customers of a ledger, in order of their first invoice."""
    of: dict[str, list[Invoice]] = {}
    for invoice in invoices:
        customer = invoice.customer
        assert customer is not None
        of.setdefault(customer.id, []).append(invoice)
    return [_debtor(place, held, mix) for place, held in enumerate(of.values())]


def _debtor(place: int, invoices: list[Invoice], mix: Mix) -> Debtor:
    customer = invoices[0].customer
    assert customer is not None
    currency = invoices[0].currency
    countries = _countries(customer, invoices, mix)
    likeliest = max(countries, key=countries.__getitem__)
    client = as_client(place, customer, likeliest)
    items = [_item(client, invoice, order) for order, invoice in enumerate(invoices)]
    still = [item for item in items if item.is_open]
    billed = [item for item in still if item.draft.outstanding > 0]
    owed = sorted(billed, key=lambda item: (item.draft.due, item.draft.tie))
    return Debtor(
        place=place,
        customer=customer,
        currency=currency,
        countries=countries,
        owed=tuple(owed),
        credit=next((item for item in still if item.draft.outstanding < 0), None),
        closed=tuple(item for item in items if not item.is_open),
        newest=owed.index(billed[-1]) if billed else -1,
    )


def as_client(
    place: int, customer: Customer, country: str, account: str | None = None
) -> Client:
    """The generator's view of a customer; how it pays is a stand-in."""
    known = next(iter((*customer.ibans, *customer.accounts)), account)
    has_iban = bool(COUNTRIES[country].bank)
    return Client(
        place=place,
        customer=customer,
        country=country,
        iban=known if has_iban else None,
        account=None if has_iban else known,
        habit=Habit.PRINTED,
        payer=PayerForm.KNOWN,
        stranger="",
        wire=Wire.CLEAN,
        bank_fee=0,
        processor=False,
        lateness=0,
    )


def _item(client: Client, invoice: Invoice, order: int) -> Item:
    assert invoice.issue_date is not None
    assert invoice.due_date is not None
    assert invoice.total is not None
    draft = Draft(
        client=client,
        issued=invoice.issue_date,
        due=invoice.due_date,
        total=to_minor(invoice.total, invoice.currency),
        outstanding=to_minor(invoice.outstanding, invoice.currency),
        status=invoice.status,
        tie=order,
    )
    return Item(draft, invoice)


def _countries(
    customer: Customer, invoices: list[Invoice], mix: Mix
) -> dict[str, float]:
    """Where a customer may be, given its currency, name, account and references."""
    found: dict[str, float] = {}
    edges = (0.0, *mix.countries.edges)
    references = [i.creditor_reference for i in invoices if i.creditor_reference]
    name = customer.company or customer.name or ""
    for index, country in enumerate(mix.countries.values):
        chance = edges[index + 1] - edges[index]
        land = COUNTRIES[country]
        if land.currency != invoices[0].currency:
            continue
        if customer.ibans and not customer.ibans[0].startswith(country):
            continue
        if references and _shape(references[0]) != _SHAPES.get(country, "RF"):
            continue
        form = legal_form(name)
        if form and form not in land.legal_forms:
            continue
        found[country] = chance / (len(land.legal_forms) if form else 1)
    total = sum(found.values())
    return {country: chance / total for country, chance in found.items()}


_SHAPES = {"BE": "BE", "CH": "CH", "FI": "FI"}


def _shape(reference: str) -> str:
    if reference.startswith("RF"):
        return "RF"
    if "/" in reference:
        return "BE"
    return "CH" if len(reference) == 27 else "FI"


LEGAL_FORMS = sorted(
    {form for land in COUNTRIES.values() for form in land.legal_forms},
    key=lambda form: (-len(form), form),
)


def legal_form(name: str) -> str | None:
    """The legal form at the end of a name, the longest that fits."""
    return next((form for form in LEGAL_FORMS if name.endswith(f" {form}")), None)
