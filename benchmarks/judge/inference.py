"""The posterior of every transaction, by messages between customers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import exp, log

import numpy as np
from attrs import define, evolve, frozen

from benchmarks.judge.debtors import Debtor
from benchmarks.judge.factors import PAYING, Choice, messages
from benchmarks.judge.hypotheses import Hypothesis
from benchmarks.judge.rates import Rates
from benchmarks.judge.sheets import Sheet
from benchmarks.world.truth import Kind

ROUNDS = 8
FAINT = 1e-8
"""Share of the likeliest explanation below which one is passed over."""
UNEXPLAINED = 1e-12
"""Weight, beside the likeliest, of something that nobody thought of."""


@frozen(eq=False)
class Verdict:
    """What the judge thinks of one transaction.

    Attributes:
        sheet: The transaction.
        chances: Posterior of each set of invoices; the empty one for nothing.
        best: For each set, its likeliest hypothesis and the posterior of that; None
            for money from elsewhere.
        considered: Every explanation thought of, the faint ones too.
    """

    sheet: Sheet
    chances: Mapping[frozenset[str], float]
    best: Mapping[frozenset[str], tuple[Hypothesis | None, float]]
    considered: Sequence[Hypothesis]

    @property
    def ranked(self) -> list[frozenset[str]]:
        """The sets, the likeliest first."""
        return sorted(self.chances, key=lambda ids: (-self.chances[ids], sorted(ids)))


def local_log(hypothesis: Hypothesis, rates: Rates) -> float:
    """Log weight of a hypothesis by itself, about."""
    total = hypothesis.bits
    debtor = hypothesis.debtor
    if hypothesis.kind in PAYING:
        for place in hypothesis.places:
            unpaid = rates.unpaid_newest if place == debtor.newest else rates.unpaid
            total += log((1 - unpaid) / unpaid)
        if hypothesis.kind is Kind.PART:
            total += log(rates.mix.part / 40)
        if len(hypothesis.places) > 1:
            total += log(rates.mix.joint / 4)
    return total


def likely(
    hypotheses: Sequence[Hypothesis], others: float, rates: Rates
) -> tuple[list[Hypothesis], float]:
    """The hypotheses that matter, and the log of what one stands for."""
    logs = [local_log(h, rates) for h in hypotheses]
    scale = max([*logs, log(others)] if others > 0 else logs, default=0.0)
    least = scale + log(FAINT)
    kept = [h for h, weight in zip(hypotheses, logs, strict=True) if weight >= least]
    return kept, scale


def verdicts(
    sheets: Sequence[Sheet],
    explained: Sequence[Sequence[Hypothesis]],
    others: Sequence[float],
    debtors: Sequence[Debtor],
    rates: Rates,
) -> list[Verdict]:
    """The posterior of every transaction.

    Args:
        sheets: The transactions.
        explained: The hypotheses of each.
        others: Weight of money from elsewhere, each.
        debtors: The customers.
        rates: How often what happens.
    """
    kept, scales, outside = [], [], []
    for hypotheses, other in zip(explained, others, strict=True):
        held, scale = likely(hypotheses, other, rates)
        kept.append(held)
        scales.append(scale)
        outside.append(max(other * exp(-scale) if other else 0.0, UNEXPLAINED))
    by_debtor: dict[int, list[int]] = defaultdict(list)
    for sheet, held in zip(sheets, kept, strict=True):
        for place in sorted({h.debtor.place for h in held}):
            by_debtor[place].append(sheet.row)
    said: dict[tuple[int, int], tuple[tuple[Hypothesis, ...], list[float]]] = {}
    heard: dict[int, tuple[float, ...]] = {}
    for _ in range(ROUNDS):
        changed = False
        for place, rows in by_debtor.items():
            rows = sorted(rows, key=lambda row: (sheets[row].day, row))
            elsewhere = tuple(
                _elsewhere(row, place, outside[row], said, by_debtor, kept)
                for row in rows
            )
            if place in heard and np.allclose(
                np.log(heard[place]), np.log(elsewhere), atol=1e-3
            ):
                continue
            heard[place] = elsewhere
            changed = True
            choices = [
                Choice(
                    sheets[row],
                    tuple(h for h in kept[row] if h.debtor.place == place),
                    weight,
                    scales[row],
                )
                for row, weight in zip(rows, elsewhere, strict=True)
            ]
            told = messages(debtors[place], choices, rates)
            for row, choice, odds in zip(rows, choices, told, strict=True):
                said[row, place] = (choice.hypotheses, odds)
        if not changed:
            break
    return [
        _verdict(
            sheet, outside[sheet.row], kept[sheet.row], said, explained[sheet.row]
        )
        for sheet in sheets
    ]


def _elsewhere(row, place, outside, said, by_debtor, kept) -> float:
    total = outside
    for other in {h.debtor.place for h in kept[row]}:
        if other != place and (row, other) in said:
            total += sum(said[row, other][1])
        elif other != place:
            # Not heard yet: as by itself.
            total += 0.0
    return total


def _verdict(sheet, outside, held, said, considered) -> Verdict:
    weights: dict[frozenset[str], float] = {frozenset(): outside}
    best: dict[frozenset[str], tuple[Hypothesis | None, float]] = {
        frozenset(): (None, outside)
    }
    for place in sorted({h.debtor.place for h in held}):
        hypotheses, odds = said[sheet.row, place]
        for hypothesis, weight in zip(hypotheses, odds, strict=True):
            key = hypothesis.pays
            weights[key] = weights.get(key, 0.0) + weight
            if weight > best.get(key, (None, -1.0))[1]:
                best[key] = (hypothesis, weight)
    total = sum(weights.values())
    return Verdict(
        sheet,
        {key: weight / total for key, weight in weights.items()},
        {key: (h, weight / total) for key, (h, weight) in best.items()},
        considered,
    )
