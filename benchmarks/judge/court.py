"""A whole world before the judge."""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from attrs import define, field

from benchmarks.judge.debtors import debtors
from benchmarks.judge.explanations import Explainer
from benchmarks.judge.hypotheses import PAYING, Hypothesis, again
from benchmarks.judge.inference import Suspicions, Verdict, verdicts
from benchmarks.judge.leads import Leads, leads_of
from benchmarks.judge.local import certain
from benchmarks.judge.others import others_chance
from benchmarks.judge.payers import printed_names
from benchmarks.judge.rates import rates_of
from benchmarks.judge.sheets import SHOP, Sheet, sheet
from benchmarks.judge.subsets import ALL_BELOW
from benchmarks.world import MIXES, Regime, World
from benchmarks.world.truth import Kind


def judge(world: World, regime: Regime) -> list[Verdict]:
    """The posterior of every transaction of a world, from its records alone.

    Args:
        world: Its truth is not looked at.
        regime: Which trade; not ``mixed``, whose numbers are not unique.
    """
    people = debtors(world.invoices, MIXES[regime])
    rates = rates_of(regime, people, len(world.transactions))
    names = printed_names(people)
    inquiry = _Inquiry(Explainer(people, names, rates), leads_of(people, names))
    for row, sent in enumerate(world.transactions):
        inquiry.hear(sheet(row, sent))
    inquiry.look_again()
    inquiry.look_beside()
    inquiry.consider_second_payments()
    suspicions = [
        Suspicions(s, found, others)
        for s, found, others in zip(
            inquiry.sheets, inquiry.explained, inquiry.others, strict=True
        )
    ]
    return verdicts(suspicions, people, rates)


@define(eq=False)
class _Inquiry:
    """The search for explanations, which looks further where the first are doubtful.

    Attributes:
        explainer: Says what a customer may have meant.
        leads: Says which customers to ask.
        sheets: The transactions so far.
        explained: What each may be.
        others: How likely each is from elsewhere.
    """

    explainer: Explainer
    leads: Leads
    sheets: list[Sheet] = field(factory=list, init=False)
    explained: list[list[Hypothesis]] = field(factory=list, init=False)
    others: list[float] = field(factory=list, init=False)

    def hear(self, new: Sheet) -> None:
        """Ask all whom a transaction names, by number, name, account or customer id."""
        incoming = new.amount > 0
        self.sheets.append(new)
        self.others.append(
            others_chance(new, self.explainer.rates) if incoming else 1.0
        )
        self.explained.append([])
        if incoming:
            self._ask(new, *self.leads.suspects(new))

    def look_again(self) -> None:
        """Ask more of the doubtful, among what is left to pay.

        Whose name or account is known from elsewhere; where nothing names the payer,
        all who owe the amount; and sets of those invoices that nobody pays for sure.
        """
        sure: dict[str, int] = {}
        taken: set[str] = set()
        for place, one in enumerate(self._certain()):
            if one is not None and one.kind in PAYING:
                taken |= one.pays
            for key in (self.sheets[place].account, self.sheets[place].name):
                if one is not None and key:
                    sure[key] = one.debtor.place
        for doubtful in self._doubtful():
            suspects, named = self.leads.suspects(doubtful)
            keys = (doubtful.account, doubtful.name)
            more = {sure[key] for key in keys if key in sure}
            if self.leads.anybody(doubtful):
                more |= self.leads.by_amount(doubtful, taken)
            self._ask(doubtful, more - suspects, named)
            self._ask_for_sets(doubtful, (suspects | more, named), taken)

    def look_beside(self) -> None:
        """Who may have made one transaction may have made others of its account."""
        doubtful = [s for s in self._doubtful() if s.account]
        suspected: dict[str, set[int]] = defaultdict(set)
        for s in doubtful:
            suspected[s.account or ""] |= self._asked(s)
        for s in doubtful:
            _, named = self.leads.suspects(s)
            self._ask(s, suspected[s.account or ""] - self._asked(s), named)

    def consider_second_payments(self) -> None:
        """Where two may pay one invoice in full, the later may be another payment."""
        full: dict[frozenset[str], list[Hypothesis]] = defaultdict(list)
        for found in self.explained:
            for hypothesis in found:
                if hypothesis.kind is Kind.FULL:
                    full[hypothesis.pays].append(hypothesis)
        for claims in full.values():
            days = [self.sheets[claim.transaction].day for claim in claims]
            for claim, day in zip(claims, days, strict=True):
                if any(1 <= (day - first).days <= 14 for first in days):
                    self.explained[claim.transaction].append(again(claim))

    def _certain(self) -> list[Hypothesis | None]:
        rates = self.explainer.rates
        return [
            certain(found, others, rates)
            for found, others in zip(self.explained, self.others, strict=True)
        ]

    def _doubtful(self) -> list[Sheet]:
        return [
            s
            for s, one in zip(self.sheets, self._certain(), strict=True)
            if one is None and s.amount > 0 and s.transaction.account != SHOP
        ]

    def _asked(self, s: Sheet) -> set[int]:
        return {h.debtor.place for h in self.explained[s.row]}

    def _ask(
        self, s: Sheet, suspects: AbstractSet[int], named: AbstractSet[str]
    ) -> None:
        for place in sorted(suspects):
            debtor = self.explainer.debtors[place]
            self.explained[s.row] += self.explainer.explanations(s, debtor, named)

    def _ask_for_sets(
        self,
        s: Sheet,
        lead: tuple[AbstractSet[int], AbstractSet[str]],
        taken: AbstractSet[str],
    ) -> None:
        suspects, named = lead
        anybody = self.leads.anybody(s)
        for debtor in self.explainer.debtors:
            known = debtor.place in suspects
            # All sets of a small customer are known already.
            if (known and len(debtor.owed) <= ALL_BELOW) or not (known or anybody):
                continue
            if debtor.currency != s.transaction.currency:
                continue
            left = [
                place
                for place, item in enumerate(debtor.owed)
                if item.invoice.id not in taken
            ]
            if left:
                self._add_sets(s, self.explainer.sets_among(s, debtor, left, named))

    def _add_sets(self, s: Sheet, found: Iterable[Hypothesis]) -> None:
        """Add what was not thought of before: the searches overlap."""
        known = {(h.debtor.place, h.kind, h.places) for h in self.explained[s.row]}
        for hypothesis in found:
            key = (hypothesis.debtor.place, hypothesis.kind, hypothesis.places)
            if key not in known:
                known.add(key)
                self.explained[s.row].append(hypothesis)
