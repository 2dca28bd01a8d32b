"""All that a customer may have meant by a transaction, with likelihoods."""

from collections.abc import Iterator, Sequence, Set
from math import log

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from benchmarks.judge import notes
from benchmarks.judge.asides import Asides, asides
from benchmarks.judge.days import (
    LATENESS,
    closed_day_chance,
    day_chances,
    joint_day_chances,
    stray_day_chance,
)
from benchmarks.judge.debtors import Debtor, as_client
from benchmarks.judge.hypotheses import Hypothesis, only_stranger, scaled
from benchmarks.judge.outcomes import WILDCARD
from benchmarks.judge.others import unrelated_text_chance
from benchmarks.judge.payers import PayerChances, PrintedNames, payer_chances
from benchmarks.judge.rates import Rates, shares
from benchmarks.judge.sheets import SHOP, Sheet
from benchmarks.judge.subsets import Places, sums_of
from benchmarks.judge.sums import (
    BANK_FEES,
    PRICE_CHANCES,
    charge_chance,
    overpaid,
    partial_amounts,
)
from benchmarks.world.banks import folded
from benchmarks.world.ledger import Item
from benchmarks.world.mix import Mix
from benchmarks.world.names import COUNTRIES
from benchmarks.world.payments import Payment
from benchmarks.world.strays import STRAY_KINDS
from benchmarks.world.truth import Kind
from payymo_core.money import to_minor

Vector = NDArray[np.float64]

_ANY_DAY = np.ones(len(LATENESS))
_ANY_FEE = np.ones(len(BANK_FEES))


@define(eq=False)
class Explainer:
    """Explains transactions by customers, and remembers what it worked out.

    Attributes:
        debtors: All customers.
        names: How their names may be printed.
        rates: How often what happens.
    """

    debtors: Sequence[Debtor]
    names: PrintedNames
    rates: Rates
    _sums: dict[tuple[int, Places], dict[int, list[Places]]] = field(factory=dict, init=False)

    def explanations(
        self, sheet: Sheet, debtor: Debtor, named: Set[str]
    ) -> list[Hypothesis]:
        """All explanations of a transaction by one customer.

        Args:
            sheet: The transaction.
            debtor: The customer.
            named: Ids of the invoices that a number in the text may stand for.
        """
        if sheet.transaction.currency != debtor.currency:
            return []
        if sheet.transaction.account == SHOP:
            return list(self._charged(sheet, debtor))
        other = sheet.transaction.counterparty
        payer = payer_chances(other, debtor, self.names, self.rates.mix)
        if payer is None:
            return []
        case = _Case(sheet, debtor, payer, self.rates, named)
        everything = range(len(debtor.owed))
        return [
            *case.alone(),
            *self._sets(case, everything),
            *case.closed(),
            *case.unrelated(),
        ]

    def sets_among(
        self, sheet: Sheet, debtor: Debtor, places: Sequence[int]
    ) -> list[Hypothesis]:
        """Explanations by several of these invoices of one customer."""
        other = sheet.transaction.counterparty
        payer = payer_chances(other, debtor, self.names, self.rates.mix)
        if payer is None or sheet.transaction.account == SHOP:
            return []
        case = _Case(sheet, debtor, payer, self.rates, frozenset())
        return list(self._sets(case, places))

    def _sets(self, case: "_Case", places: Sequence[int]) -> Iterator[Hypothesis]:
        debtor, amount = case.debtor, case.sheet.amount
        key = (debtor.place, tuple(places))
        if key not in self._sums:
            self._sums[key] = sums_of(debtor, places)
        sums = self._sums[key]
        yield from case.joint(sums.get(amount, ()))
        if debtor.credit:
            wanted = amount - debtor.credit.draft.outstanding
            yield from case.set_off(debtor.credit, sums.get(wanted, ()))

    def _charged(self, sheet: Sheet, debtor: Debtor) -> Iterator[Hypothesis]:
        customer, sent = debtor.customer, sheet.transaction
        name = customer.name or ""
        likes = 0.7 * (name == sheet.name) + 0.3 * (folded(name) == sheet.name)
        if not likes or sent.fee is None:
            return
        fee = to_minor(sent.fee, sent.currency)
        for place, item in enumerate(debtor.owed):
            owed = item.draft.outstanding
            if sheet.amount + fee != owed:
                continue
            chance = likes * charge_chance(owed, fee) * _charge_text(sheet, item)
            if chance:
                ways = np.concatenate(
                    (np.ones(len(self.rates.ways) - len(LATENESS)),
                     day_chances(item, sheet.day))
                )
                yield from _made(
                    sheet, debtor, Kind.NET_OF_FEE, (place,), ways, chance, self.rates
                )


def _charge_text(sheet: Sheet, item: Item) -> float:
    metadata = sheet.transaction.metadata
    if metadata:
        return 0.6 * (metadata.get("invoice_id") == item.invoice.id)
    if sheet.text:
        return 0.32 * (sheet.text == f"Invoice #{item.number}")
    return 0.08


def _made(
    sheet: Sheet,
    debtor: Debtor,
    kind: Kind,
    places: Places,
    ways: Vector,
    chance: float,
    rates: Rates,
    payer: PayerChances | None = None,
) -> Iterator[Hypothesis]:
    part = scaled(ways, rates.ways)
    if part is None or chance <= 0:
        return
    vector, logs = part
    account = payer.account if payer else 0.0
    yield Hypothesis(
        transaction=sheet.row,
        debtor=debtor,
        kind=kind,
        places=places,
        ways=vector,
        bits=log(chance) + sum(logs) + account,
        parts=logs,
        name=sheet.name,
        stranger=only_stranger(payer) if payer else None,
        account=sheet.account,
    )


@define(eq=False)
class _Case:
    """One transaction before one customer."""

    sheet: Sheet
    debtor: Debtor
    payer: PayerChances
    rates: Rates
    named: Set[str]
    _asides: dict[str, Asides] = field(factory=dict, init=False)
    _notes: dict[tuple[str, ...], notes.Matrix] = field(factory=dict, init=False)

    def alone(self) -> Iterator[Hypothesis]:
        """Each invoice by itself."""
        mix, amount, day = self.rates.mix, self.sheet.amount, self.sheet.day
        for place, item in enumerate(self.debtor.owed):
            owed = item.draft.outstanding
            kind, fees, chance = _relation(amount, owed, mix)
            if kind is None:
                continue
            text = self._text((item,))
            if not text.any():
                continue
            days = _ANY_DAY if kind is Kind.PART else day_chances(item, day)
            yield from self._hypothesis(
                kind, (place,), self._habitual(text), fees, days, chance
            )

    def joint(self, found: Sequence[Places]) -> Iterator[Hypothesis]:
        """Sets of the right sum."""
        quiet = notes.unnamed(self._text(()))
        for places in found:
            if len(places) < 2:
                continue
            items = tuple(self.debtor.owed[place] for place in places)
            days = joint_day_chances(items, self.sheet.day)
            if not days.any():
                continue
            if quiet.any():
                yield from self._hypothesis(
                    Kind.JOINT_UNNAMED, places, quiet, _ANY_FEE, days
                )
            if not self.sheet.text and not self.sheet.transaction.creditor_reference:
                continue
            named = self._habitual(notes.copied(self._text(items)))
            yield from self._hypothesis(
                Kind.JOINT_NAMED, places, named, _ANY_FEE, days
            )
            some = sum(
                (notes.copied(self._text(items[:count]))
                 for count in range(1, len(items))),
                start=np.zeros_like(quiet),
            ) / (len(items) - 1)
            yield from self._hypothesis(
                Kind.JOINT_SOME_NAMED, places, self._habitual(some), _ANY_FEE, days
            )

    def set_off(
        self, credit: Item, found: Sequence[Places]
    ) -> Iterator[Hypothesis]:
        """Sets of the right sum less the credit note."""
        for places in found:
            if len(places) > 3:
                continue
            items = tuple(self.debtor.owed[place] for place in places)
            days = joint_day_chances((*items, credit), self.sheet.day)
            if not days.any():
                continue
            text = (
                0.6 * self._habitual(self._text((*items, credit)))
                + 0.2 * self._habitual(self._text(items))
                + 0.2 * notes.unnamed(self._text(()))
            )
            yield from self._hypothesis(Kind.SET_OFF, places, text, _ANY_FEE, days)

    def closed(self) -> Iterator[Hypothesis]:
        """Invoices that are no longer open."""
        for item in self.debtor.closed:
            chance = closed_day_chance(item, self.sheet.day) * self.rates.closed
            if item.draft.total != self.sheet.amount or not chance:
                continue
            text = self._habitual(notes.copied(self._text((item,))))
            yield from self._hypothesis(
                Kind.CLOSED, (), text, _ANY_FEE, _ANY_DAY, chance
            )

    def unrelated(self) -> Iterator[Hypothesis]:
        """Something else that the customer pays for."""
        text = unrelated_text_chance(self.sheet)
        if not text:
            return
        rates, debtor = self.rates, self.debtor
        share = shares(STRAY_KINDS)[Kind.UNRELATED] * 0.5 * debtor.size / rates.invoices
        amount = PRICE_CHANCES[rates.regime](self.sheet.amount)
        day = stray_day_chance(self.sheet.day)
        chance = rates.strays * share * text * amount * day
        whatever = np.ones((len(notes.WIRES), len(notes.HABITS)))
        yield from self._hypothesis(
            Kind.UNRELATED, (), whatever, _ANY_FEE, _ANY_DAY, chance
        )

    def _hypothesis(
        self,
        kind: Kind,
        places: Places,
        text: notes.Matrix,
        fees: Vector,
        days: Vector,
        chance: float = 1.0,
    ) -> Iterator[Hypothesis]:
        if not text.any() or not days.any():
            return
        ways = np.concatenate((text.ravel(), self.payer.by_form, fees, days))
        yield from _made(
            self.sheet, self.debtor, kind, places, ways, chance, self.rates, self.payer
        )

    def _habitual(self, used: notes.Matrix) -> notes.Matrix:
        return notes.habitual(used, self.rates.habits)

    def _text(self, means: tuple[Item, ...]) -> notes.Matrix:
        key = tuple(item.invoice.id for item in means)
        if key not in self._notes:
            self._notes[key] = self._read(means)
        return self._notes[key]

    def _read(self, means: tuple[Item, ...]) -> notes.Matrix:
        sheet, sent = self.sheet, self.sheet.transaction
        remark = notes.Remark(
            means=means,
            asides=self._beside(means),
            languages=self.debtor.languages,
            slips=self.rates.mix.slips,
        )
        if sent.creditor_reference:
            return notes.by_reference_field(
                remark, sheet.text, sent.creditor_reference
            )
        if means and sent.end_to_end_id == means[0].number:
            return notes.by_end_to_end(
                remark, sheet.text, sheet.texts, sent.end_to_end_id
            )
        named = notes.quiet(remark, sheet.text, sheet.texts)
        if sheet.text and self._may_name(means):
            named = named + notes.cited(remark, sheet.texts)
        return named

    def _may_name(self, means: tuple[Item, ...]) -> bool:
        if len(means) != 1:
            return bool(means)
        cut = any(reading.cut for reading in self.sheet.texts)
        return cut or means[0].invoice.id in self.named

    def _beside(self, means: tuple[Item, ...]) -> Asides:
        key = means[0].invoice.id if means else ""
        if key not in self._asides:
            self._asides[key] = self._all_asides(means)
        return self._asides[key]

    def _all_asides(self, means: tuple[Item, ...]) -> Asides:
        found: dict[str, float] = {}
        for country, share in self.debtor.countries.items():
            client = as_client(
                self.debtor.place,
                self.debtor.customer,
                country,
                self.sheet.account or _blank_account(country),
            )
            payment = Payment(
                kind=Kind.FULL,
                client=client,
                day=self.sheet.day,
                amount=self.sheet.amount,
                pays=(),
                means=means,
            )
            for text, chance in asides(payment).items():
                found[text] = found.get(text, 0.0) + share * chance
        return found


def _blank_account(country: str) -> str:
    """An account of which nothing but the country is known."""
    bank = COUNTRIES[country].bank
    if not bank:
        return WILDCARD * 9
    letters = bank.count("A")
    return country + WILDCARD * (2 + letters + int(bank.lstrip("A")))


def _relation(
    amount: int, owed: int, mix: Mix
) -> tuple[Kind | None, Vector, float]:
    """How a payment of one invoice came to its amount, by bank fee, and how likely."""
    kept = np.array(
        [0.2 if fee and owed > 6 * fee else 1.0 for fee in BANK_FEES]
    )
    if amount == owed:
        splits = owed >= 1000
        whole = (1 - mix.overpaid) * (
            (1 - mix.part) * (1 - mix.instalments) if splits else 1.0
        )
        return Kind.FULL, kept, whole
    short = owed - amount
    if short in BANK_FEES and owed > 6 * short:
        fees = np.array([0.8 if fee == short else 0.0 for fee in BANK_FEES])
        return Kind.SHORT, fees, 1.0
    if amount > owed:
        if amount - owed > max(10_000, owed // 20):
            return None, kept, 0.0
        chance = overpaid(owed).get(amount, 0.0) * mix.overpaid
        return (Kind.OVERPAID if chance else None), kept, chance
    if owed >= 1000 and amount in partial_amounts(owed):
        return Kind.PART, kept, 1.0
    return None, kept, 0.0
