"""All that customers may have meant by a transaction."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from attrs import define, field

from benchmarks.judge.cases import Case
from benchmarks.judge.debtors import Debtor
from benchmarks.judge.hypotheses import Hypothesis
from benchmarks.judge.payers import CERTAIN, PrintedNames, payer_chances
from benchmarks.judge.rates import Rates
from benchmarks.judge.sheets import SHOP, Sheet
from benchmarks.judge.subsets import ALL_BELOW, Places, run_of, sums_of
from benchmarks.judge.sums import charge_chance
from benchmarks.world.banks import folded
from benchmarks.world.ledger import Item
from payymo_core.money import to_minor


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
    _sums: dict[tuple[int, Places], dict[int, list[Places]]] = field(
        factory=dict, init=False
    )

    def explanations(
        self, sheet: Sheet, debtor: Debtor, named: AbstractSet[str]
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
        case = Case(sheet, debtor, payer, self.rates, named)
        everything = range(len(debtor.owed))
        return [
            *case.alone(),
            *self._sets(case, everything),
            *case.closed(),
            *case.unrelated(),
        ]

    def sets_among(
        self,
        sheet: Sheet,
        debtor: Debtor,
        places: Sequence[int],
        named: AbstractSet[str],
    ) -> list[Hypothesis]:
        """Explanations by several of these invoices of one customer."""
        other = sheet.transaction.counterparty
        payer = payer_chances(other, debtor, self.names, self.rates.mix)
        if payer is None or sheet.transaction.account == SHOP:
            return []
        case = Case(sheet, debtor, payer, self.rates, named)
        return [*self._sets(case, places), *self._runs(case, places)]

    def _runs(self, case: Case, places: Sequence[int]) -> Iterator[Hypothesis]:
        """Sets that a long list of open invoices hides."""
        if len(places) > ALL_BELOW:
            yield from case.joint(run_of(case.debtor, places, case.sheet.amount))
        ids = [item.invoice.id for item in case.debtor.owed]
        cited = [place for place in places if ids[place] in case.named]
        if ALL_BELOW >= len(cited) > 3:
            yield from self._sets(case, cited)

    def _sets(self, case: Case, places: Sequence[int]) -> Iterator[Hypothesis]:
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
        name, sent = debtor.customer.name or "", sheet.transaction
        likes = 0.7 * (name == sheet.name) + 0.3 * (folded(name) == sheet.name)
        if not likes or sent.fee is None:
            return
        fee = to_minor(sent.fee, sent.currency)
        case = Case(sheet, debtor, CERTAIN, self.rates, frozenset())
        for place, item in enumerate(debtor.owed):
            owed = item.draft.outstanding
            if sheet.amount + fee == owed:
                chance = likes * charge_chance(owed, fee) * _charge_text(sheet, item)
                yield from case.charged((place,), chance)


def _charge_text(sheet: Sheet, item: Item) -> float:
    metadata = sheet.transaction.metadata
    if metadata:
        return 0.6 * (metadata.get("invoice_id") == item.invoice.id)
    if sheet.text:
        return 0.32 * (sheet.text == f"Invoice #{item.number}")
    return 0.08
