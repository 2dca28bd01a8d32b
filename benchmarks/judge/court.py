"""A whole world before the judge."""

from collections import defaultdict
from collections.abc import Sequence

from benchmarks.judge.debtors import Debtor, debtors
from benchmarks.judge.explanations import Explainer
from benchmarks.judge.factors import PAYING
from benchmarks.judge.finds import Finds, finds, found, runs
from benchmarks.judge.hypotheses import Hypothesis
from benchmarks.judge.inference import FAINT, Verdict, local_log, verdicts
from benchmarks.judge.others import others_chance
from benchmarks.judge.payers import PrintedNames, printed_names
from benchmarks.judge.rates import Rates, rates_of
from benchmarks.judge.subsets import ALL_BELOW
from benchmarks.judge.sheets import SHOP, Sheet, sheet
from benchmarks.world import MIXES, Regime, World
from benchmarks.world.truth import Kind
from attrs import define, evolve, field
from math import exp, log


@define(eq=False)
class _Leads:
    """Where to look for who made a transaction."""

    finds: Finds
    names: PrintedNames
    accounts: dict[str, int]
    ids: dict[str, int]
    customers: dict[str, int]
    by_amount: dict[tuple[str, int], list[tuple[int, str]]]


def judge(world: World, regime: Regime) -> list[Verdict]:
    """The posterior of every transaction of a world, from its records alone."""
    mix = MIXES[regime]
    people = debtors(world.invoices, mix)
    rates = rates_of(regime, people, len(world.transactions))
    names = printed_names(people)
    explainer = Explainer(people, names, rates)
    leads = _leads(people, names)
    sheets = [sheet(row, sent) for row, sent in enumerate(world.transactions)]
    others = [others_chance(s, rates) if s.amount > 0 else 1.0 for s in sheets]
    explained: list[list[Hypothesis]] = [
        _explained(s, *_suspects(s, leads), explainer) if s.amount > 0 else []
        for s in sheets
    ]
    _second_look(sheets, explained, others, leads, explainer)
    _add_second_payments(sheets, explained)
    return verdicts(sheets, explained, others, people, rates)


def _leads(people: Sequence[Debtor], names: PrintedNames) -> _Leads:
    by_amount: dict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
    for debtor in people:
        for item in debtor.owed:
            key = (debtor.currency, item.draft.outstanding)
            by_amount[key].append((debtor.place, item.invoice.id))
    return _Leads(
        finds(people),
        names,
        {d.known_account: d.place for d in people if d.known_account},
        {
            item.invoice.id: d.place
            for d in people
            for item in (*d.owed, *d.closed)
        },
        {d.customer.id: d.place for d in people},
        dict(by_amount),
    )


def _suspects(s: Sheet, leads: _Leads) -> tuple[set[int], set[str]]:
    """Who may have made a transaction, and the invoices that it may name."""
    sent = s.transaction
    if sent.account == SHOP and sent.metadata:
        return {leads.ids[sent.metadata["invoice_id"]]}, set()
    texts = [reading.text for reading in s.texts]
    texts += [sent.creditor_reference or "", sent.end_to_end_id or ""]
    words = runs(texts)
    exact, nearly = found(leads.finds, words)
    named = {identity for _, identity in exact | nearly}
    if s.account in leads.accounts:
        return {leads.accounts[s.account]}, named
    suspects = set(leads.names.whose.get(s.name or "", ()))
    suspects |= {place for place, _ in exact | nearly}
    suspects |= {leads.customers[w] for w in words if w in leads.customers}
    return suspects, named


def _explained(
    s: Sheet, suspects: set[int], named: set[str], explainer: Explainer
) -> list[Hypothesis]:
    return [
        hypothesis
        for place in sorted(suspects)
        for hypothesis in explainer.explanations(s, explainer.debtors[place], named)
    ]


def _second_look(
    sheets: Sequence[Sheet],
    explained: list[list[Hypothesis]],
    others: Sequence[float],
    leads: _Leads,
    explainer: Explainer,
) -> None:
    """Look further where a transaction is not certain, among what is left to pay.

    By account and name seen elsewhere, by the amount alone, and by sets of those
    invoices that no other transaction certainly pays.
    """
    sure: dict[str, int] = {}
    taken: set[str] = set()
    doubtful: list[Sheet] = []
    for s, hypotheses, other in zip(sheets, explained, others, strict=True):
        one = _certain(hypotheses, other, explainer.rates)
        if one is None:
            if s.amount > 0 and s.transaction.account != SHOP:
                doubtful.append(s)
            continue
        if one.kind in PAYING:
            taken |= one.pays
        for key in (s.account, s.name):
            if key:
                sure[key] = one.debtor.place
    left = {
        d.place: [p for p, item in enumerate(d.owed) if item.invoice.id not in taken]
        for d in explainer.debtors
    }
    for s in doubtful:
        hypotheses = explained[s.row]
        known = {h.debtor.place for h in hypotheses}
        suspects, named = _suspects(s, leads)
        more = {sure[key] for key in (s.account, s.name) if key in sure}
        anybody = s.account not in leads.accounts and (not s.name or not s.account)
        if anybody:
            key = (s.transaction.currency, s.amount)
            more |= {
                place
                for place, identity in leads.by_amount.get(key, ())
                if identity not in taken
            }
        hypotheses += _explained(s, more - known - suspects, named, explainer)
        wide = range(len(explainer.debtors)) if anybody else suspects | more
        for place in sorted(wide):
            debtor = explainer.debtors[place]
            whole = place in suspects | more and len(debtor.owed) <= ALL_BELOW
            if debtor.currency == s.transaction.currency and not whole and left[place]:
                hypotheses += explainer.sets_among(s, debtor, left[place])
    _third_look(doubtful, explained, leads, explainer)


def _third_look(
    doubtful: Sequence[Sheet],
    explained: list[list[Hypothesis]],
    leads: _Leads,
    explainer: Explainer,
) -> None:
    """Who may have made one transaction may have made another of the same payer."""
    suspected: dict[str, set[int]] = defaultdict(set)
    for s in doubtful:
        if s.account and s.account not in leads.accounts:
            suspected[s.account] |= {h.debtor.place for h in explained[s.row]}
    for s in doubtful:
        known = {h.debtor.place for h in explained[s.row]}
        more = suspected.get(s.account or "", set()) - known
        _, named = _suspects(s, leads)
        explained[s.row] += _explained(s, more, named, explainer)


def _certain(
    hypotheses: Sequence[Hypothesis], other: float, rates: Rates
) -> Hypothesis | None:
    """The one explanation, if there is no other worth a thought."""
    if not hypotheses:
        return None
    logs = [local_log(h, rates) for h in hypotheses]
    top = max(logs)
    if other > 0 and log(other) > top + log(1e-4):
        return None
    best = hypotheses[logs.index(top)]
    rivals = [
        h
        for h, weight in zip(hypotheses, logs, strict=True)
        if weight > top + log(1e-4) and h.pays != best.pays
    ]
    return None if rivals else best


def _add_second_payments(
    sheets: Sequence[Sheet], explained: list[list[Hypothesis]]
) -> None:
    """Where two transactions may pay one invoice in full, the later may be another."""
    full: dict[str, list[Hypothesis]] = defaultdict(list)
    for hypotheses in explained:
        for h in hypotheses:
            if h.kind is Kind.FULL:
                full[next(iter(h.pays))].append(h)
    for claims in full.values():
        for second in claims:
            day = sheets[second.transaction].day
            if any(
                1 <= (day - sheets[first.transaction].day).days <= 14
                for first in claims
            ):
                explained[second.transaction].append(
                    evolve(second, kind=Kind.TWICE)
                )
