"""The posterior of every transaction, by messages between customers.

Transactions are shared by the customers who may have made them, and a customer's
invoices by the transactions that may pay them. Each customer tells, summed over all
that its transactions may be, how likely each explanation of each is; and hears of each
how likely it is somebody else's. Where these disputes form no circle that is exact.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import exp, log

import numpy as np
from attrs import define, field, frozen

from benchmarks.judge.debtors import Debtor
from benchmarks.judge.factors import Choice, messages
from benchmarks.judge.hypotheses import Hypothesis
from benchmarks.judge.local import local_log
from benchmarks.judge.rates import Rates
from benchmarks.judge.sheets import Sheet

ROUNDS = 8
FAINT = 1e-8
"""Share of the likeliest explanation below which one is passed over."""
UNEXPLAINED = 1e-12
"""Weight, beside the likeliest, of something that nobody thought of."""

Invoices = frozenset[str]
"""Ids of what a transaction pays; empty for nothing that is open."""


@frozen(eq=False)
class Suspicions:
    """A transaction before judgement.

    Attributes:
        sheet: The transaction.
        hypotheses: What customers may have meant by it.
        others: Expected number of such transactions from elsewhere.
    """

    sheet: Sheet
    hypotheses: Sequence[Hypothesis]
    others: float


@frozen(eq=False)
class Verdict:
    """What the judge thinks of one transaction.

    Attributes:
        sheet: The transaction.
        chances: Posterior of each set of invoices.
        best: For each set, its likeliest hypothesis; None for money from elsewhere.
        considered: Every explanation thought of, the faint ones too.
    """

    sheet: Sheet
    chances: Mapping[Invoices, float]
    best: Mapping[Invoices, Hypothesis | None]
    considered: Sequence[Hypothesis]

    @property
    def ranked(self) -> list[Invoices]:
        """The sets, the likeliest first."""
        return sorted(self.chances, key=lambda ids: (-self.chances[ids], sorted(ids)))


@define(eq=False)
class _Dispute:
    """A transaction in the course of judgement.

    Attributes:
        suspicions: What it may be.
        by_debtor: The hypotheses that matter, by place of the debtor.
        scale: Log of what one stands for in all weights.
        others: Weight of money from elsewhere.
        said: What each debtor said last: odds of each of its hypotheses.
    """

    suspicions: Suspicions
    by_debtor: Mapping[int, tuple[Hypothesis, ...]]
    scale: float
    others: float
    said: dict[int, list[float]] = field(factory=dict, init=False)

    def elsewhere(self, place: int) -> float:
        """Weight of all that is not this debtor's doing, as heard so far."""
        heard = (sum(odds) for other, odds in self.said.items() if other != place)
        return self.others + sum(heard)

    def choice(self, place: int) -> Choice:
        """The transaction as this debtor sees it."""
        return Choice(
            self.suspicions.sheet,
            self.by_debtor[place],
            self.elsewhere(place),
            self.scale,
        )

    def verdict(self) -> Verdict:
        """What is said in the end."""
        weights: dict[Invoices, float] = {frozenset(): self.others}
        best: dict[Invoices, Hypothesis | None] = {frozenset(): None}
        most = {frozenset[str](): self.others}
        for place, hypotheses in self.by_debtor.items():
            for hypothesis, odds in zip(hypotheses, self.said[place], strict=True):
                pays = hypothesis.pays
                weights[pays] = weights.get(pays, 0.0) + odds
                if odds > most.get(pays, -1.0):
                    most[pays], best[pays] = odds, hypothesis
        total = sum(weights.values())
        chances = {pays: weight / total for pays, weight in weights.items()}
        sheet, considered = self.suspicions.sheet, self.suspicions.hypotheses
        return Verdict(sheet, chances, best, considered)


def verdicts(
    suspicions: Sequence[Suspicions], debtors: Sequence[Debtor], rates: Rates
) -> list[Verdict]:
    """The posterior of every transaction.

    Args:
        suspicions: One a transaction.
        debtors: The customers, by place.
        rates: How often what happens.
    """
    disputes = [_dispute(one, rates) for one in suspicions]
    of_debtor: dict[int, list[_Dispute]] = defaultdict(list)
    in_time = sorted(
        disputes, key=lambda d: (d.suspicions.sheet.day, d.suspicions.sheet.row)
    )
    for dispute in in_time:
        for place in dispute.by_debtor:
            of_debtor[place].append(dispute)
    heard: dict[int, np.ndarray] = {}
    for _ in range(ROUNDS):
        asked = 0
        for place, own in of_debtor.items():
            news = np.log([dispute.elsewhere(place) for dispute in own])
            if place in heard and np.allclose(heard[place], news, atol=1e-3):
                continue
            heard[place] = news
            asked += 1
            choices = [dispute.choice(place) for dispute in own]
            said = messages(debtors[place], choices, rates)
            for dispute, odds in zip(own, said, strict=True):
                dispute.said[place] = odds
        if not asked:
            break
    return [dispute.verdict() for dispute in disputes]


def _dispute(suspicions: Suspicions, rates: Rates) -> _Dispute:
    logs = [local_log(h, rates) for h in suspicions.hypotheses]
    outside = [log(suspicions.others)] if suspicions.others > 0 else []
    scale = max([*logs, *outside], default=0.0)
    by_debtor: dict[int, list[Hypothesis]] = defaultdict(list)
    for hypothesis, weight in zip(suspicions.hypotheses, logs, strict=True):
        if weight >= scale + log(FAINT):
            by_debtor[hypothesis.debtor.place].append(hypothesis)
    others = exp(outside[0] - scale) if outside else 0.0
    return _Dispute(
        suspicions,
        {place: tuple(by_debtor[place]) for place in sorted(by_debtor)},
        scale,
        max(others, UNEXPLAINED),
    )
