"""What the judge knows of a regime, and of a world by its sizes."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from benchmarks.judge.days import LATENESS_SHARES
from benchmarks.judge.debtors import Debtor
from benchmarks.judge.notes import HABITS
from benchmarks.judge.payers import FORMS, shares_of
from benchmarks.judge.sums import BANK_FEES
from benchmarks.judge.wires import WIRES
from benchmarks.world.dice import Dice, Weighted
from benchmarks.world.ledger import make_ledger
from benchmarks.world.mix import MIXES, Mix, Naming, Regime
from benchmarks.world.payments import plan
from benchmarks.world.strays import STRAY_KINDS
from benchmarks.world.truth import Kind

Vector = NDArray[np.float64]
T = TypeVar("T")

_NEWEST = 0.35
"""How much readier than others a customer's newest invoice is to stay unpaid."""

BLOCKS = np.cumsum((0, len(WIRES) * len(HABITS), len(FORMS), len(BANK_FEES)))
"""Where the parts of a vector over a customer's ways begin: text, name, fee, day."""


@frozen(kw_only=True)
class Rates:
    """How often what happens in a world.

    Attributes:
        regime: Which trade.
        mix: Its shares.
        invoices: Size of the ledger.
        strays: Expected number of transactions that pay nothing.
        unpaid: Chance that an invoice stays unpaid; ``unpaid_newest`` that of a
            customer's newest.
        unpaid_newest: See there.
        twice: Chance that a payment in full is made again.
        closed: Chance that an invoice no longer open is paid once more.
        namings: Share of each naming among joint payments.
        habits: Share of each habit among payers.
        ways: Shares of wires and habits, forms, fees and latenesses among customers.
    """

    regime: Regime
    mix: Mix
    invoices: int
    strays: float
    unpaid: float
    unpaid_newest: float
    twice: float
    closed: float
    namings: Mapping[Naming, float]
    habits: Vector
    ways: Vector


def rates_of(regime: Regime, debtors: Sequence[Debtor], transactions: int) -> Rates:
    """What is to be expected of a world of these sizes."""
    mix = MIXES[regime]
    strays = transactions * mix.nothing
    unpaid, unpaid_newest = _unpaid(mix, debtors)
    full = (transactions - strays) * _full_share(regime, mix)
    closed = sum(len(debtor.closed) for debtor in debtors)
    kinds = shares(STRAY_KINDS)
    return Rates(
        regime=regime,
        mix=mix,
        invoices=sum(debtor.size for debtor in debtors),
        strays=strays,
        unpaid=unpaid,
        unpaid_newest=unpaid_newest,
        twice=min(1.0, strays * kinds[Kind.TWICE] / max(full, 1)),
        closed=min(1.0, strays * kinds[Kind.CLOSED] / max(closed, 1)),
        namings=shares(mix.naming),
        habits=_in_order(mix.habits, HABITS),
        ways=_ways(mix),
    )


def shares(weights: Weighted[T]) -> dict[T, float]:
    """The share of each value."""
    edges = (0.0, *weights.edges)
    return dict(zip(weights.values, np.diff(edges).tolist(), strict=True))


def _unpaid(mix: Mix, debtors: Sequence[Debtor]) -> tuple[float, float]:
    """The chances that make the wanted share of all open invoices stay unpaid."""
    newest = sum(bool(debtor.owed) for debtor in debtors)
    count = sum(len(debtor.owed) for debtor in debtors)
    wanted = mix.unpaid * count
    edge = wanted / (newest / _NEWEST + count - newest)
    if edge > _NEWEST:
        edge = (wanted - newest) / max(count - newest, 1)
    return edge, min(edge / _NEWEST, 1 - 1e-9)


def _full_share(regime: Regime, mix: Mix) -> float:
    """Share of payments that are plain, from a world of no interest otherwise."""
    dice = Dice(0, 0)
    payments = plan(mix, make_ledger(regime, mix, 2000, dice), dice)
    return sum(p.kind is Kind.FULL for p in payments) / len(payments)


def _ways(mix: Mix) -> Vector:
    wires = _in_order(mix.wires, WIRES)
    habits = _in_order(mix.habits, HABITS)
    keeps = mix.short / 0.8
    fees = np.full(len(BANK_FEES), keeps / (len(BANK_FEES) - 1))
    fees[0] = 1 - keeps
    texts = np.outer(wires, habits).ravel()
    return np.concatenate((texts, shares_of(mix), fees, LATENESS_SHARES))


def _in_order(weights: Weighted[T], values: Sequence[T]) -> Vector:
    of = shares(weights)
    return np.array([of.get(value, 0.0) for value in values])
