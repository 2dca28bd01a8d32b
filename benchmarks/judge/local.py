"""How likely a hypothesis is by itself, about: enough to tell what is worth a look."""

from collections.abc import Iterable, Sequence
from math import log

from benchmarks.judge.debtors import Debtor
from benchmarks.judge.hypotheses import PAYING, Hypothesis
from benchmarks.judge.rates import Rates
from benchmarks.world.truth import Kind

_WORTH_A_THOUGHT = log(1e-4)


def paid_log(places: Iterable[int], kind: Kind, debtor: Debtor, rates: Rates) -> float:
    """Log odds that these invoices are paid so, and not left unpaid."""
    total = 0.0
    for place in places:
        unpaid = rates.unpaid_newest if place == debtor.newest else rates.unpaid
        total += log((1 - unpaid) / unpaid)
    # About that of one amount and one day; the whole sum knows better.
    return total + log(rates.mix.part / 40) if kind is Kind.PART else total


def local_log(hypothesis: Hypothesis, rates: Rates) -> float:
    """Log weight of a hypothesis, whatever the customer's other payments."""
    if hypothesis.kind not in PAYING:
        return hypothesis.bits
    places, debtor = hypothesis.places, hypothesis.debtor
    joint = log(rates.mix.joint / 4) if len(places) > 1 else 0.0
    return hypothesis.bits + joint + paid_log(places, hypothesis.kind, debtor, rates)


def certain(
    hypotheses: Sequence[Hypothesis], others: float, rates: Rates
) -> Hypothesis | None:
    """The one explanation, if there is no other worth a thought."""
    if not hypotheses:
        return None
    logs = [local_log(h, rates) for h in hypotheses]
    top = max(logs)
    best = hypotheses[logs.index(top)]
    # Whatever has no better explanation may be something else.
    if best.kind is Kind.UNRELATED:
        return None
    if others > 0 and log(others) > top + _WORTH_A_THOUGHT:
        return None
    rivals = (
        weight
        for h, weight in zip(hypotheses, logs, strict=True)
        if h.pays != best.pays
    )
    return None if max(rivals, default=-1e9) > top + _WORTH_A_THOUGHT else best
