"""What one customer may have meant by one transaction, with likelihoods."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
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
from benchmarks.judge.others import unrelated_text_chance
from benchmarks.judge.outcomes import WILDCARD
from benchmarks.judge.payers import PayerChances
from benchmarks.judge.rates import Rates, shares
from benchmarks.judge.sheets import Sheet
from benchmarks.judge.subsets import Places
from benchmarks.judge.sums import BANK_FEES, PRICE_CHANCES, related
from benchmarks.judge.wires import WIRES
from benchmarks.world.ledger import Item
from benchmarks.world.names import COUNTRIES
from benchmarks.world.payments import Payment
from benchmarks.world.strays import STRAY_KINDS
from benchmarks.world.truth import Kind

Vector = NDArray[np.float64]

_ANY_DAY = np.ones(len(LATENESS))
_ANY_FEE = np.ones(len(BANK_FEES))
_ANY_TEXT = np.ones((len(WIRES), len(notes.HABITS)))


@define(eq=False)
class Case:
    """One transaction before one customer.

    Attributes:
        sheet: The transaction.
        debtor: The customer.
        payer: Likelihood of the payer shown.
        rates: How often what happens.
        named: Ids of the invoices that a number in the text may stand for.
    """

    sheet: Sheet
    debtor: Debtor
    payer: PayerChances
    rates: Rates
    named: AbstractSet[str]
    _asides: dict[str, Asides] = field(factory=dict, init=False)
    _notes: dict[tuple[str, ...], notes.Matrix] = field(factory=dict, init=False)

    def alone(self) -> Iterator[Hypothesis]:
        """Each invoice by itself."""
        mix, amount, day = self.rates.mix, self.sheet.amount, self.sheet.day
        for place, item in enumerate(self.debtor.owed):
            owed = item.draft.outstanding
            relation = related(amount, owed, mix)
            if relation is None:
                continue
            kind, fees, chance = relation
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
            yield from self._hypothesis(Kind.JOINT_NAMED, places, named, _ANY_FEE, days)
            some = sum(
                (
                    notes.copied(self._text(items[:count]))
                    for count in range(1, len(items))
                ),
                start=np.zeros_like(quiet),
            ) / (len(items) - 1)
            yield from self._hypothesis(
                Kind.JOINT_SOME_NAMED, places, self._habitual(some), _ANY_FEE, days
            )

    def set_off(self, credit: Item, found: Sequence[Places]) -> Iterator[Hypothesis]:
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
        yield from self._hypothesis(
            Kind.UNRELATED, (), _ANY_TEXT, _ANY_FEE, _ANY_DAY, chance
        )

    def charged(self, places: Places, chance: float) -> Iterator[Hypothesis]:
        """A card charge, which a processor writes out."""
        days = day_chances(self.debtor.owed[places[0]], self.sheet.day)
        yield from self._hypothesis(
            Kind.NET_OF_FEE, places, _ANY_TEXT, _ANY_FEE, days, chance
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
        ways = np.concatenate((text.ravel(), self.payer.by_form, fees, days))
        part = scaled(ways, self.rates.ways)
        if part is None or chance <= 0:
            return
        vector, logs = part
        yield Hypothesis(
            transaction=self.sheet.row,
            debtor=self.debtor,
            kind=kind,
            places=places,
            ways=vector,
            bits=log(chance) + sum(logs) + self.payer.account,
            parts=logs,
            name=self.sheet.name,
            stranger=only_stranger(self.payer),
            account=self.sheet.account,
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
            return notes.by_reference_field(remark, sheet.text, sent.creditor_reference)
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
