"""What one customer's payments have in common, summed over all they may be."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from math import log

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from benchmarks.judge.days import LATENESS_SHARES, day_chances
from benchmarks.judge.debtors import Debtor
from benchmarks.judge.hypotheses import PAYING, Hypothesis
from benchmarks.judge.local import paid_log
from benchmarks.judge.payers import account_chance, digits_of
from benchmarks.judge.plans import Piece, plan_chance
from benchmarks.judge.rates import BLOCKS, Rates
from benchmarks.judge.sheets import Sheet
from benchmarks.judge.sums import partial_chance
from benchmarks.world.truth import Kind

Vector = NDArray[np.float64]

WIDEST = 3000
"""Partial accounts of a customer's payments kept at a time."""
NARROWEST = 1e-10
"""Share of the likeliest below which a partial account is dropped."""


@frozen(eq=False)
class Choice:
    """One transaction before one customer.

    Attributes:
        sheet: The transaction.
        hypotheses: What the customer may have meant by it.
        elsewhere: Weight of everything else that it may be, as others see it.
        scale: Log of what one stands for in ``elsewhere``.
    """

    sheet: Sheet
    hypotheses: tuple[Hypothesis, ...]
    elsewhere: float
    scale: float


@frozen(eq=False)
class _Account:
    """Some of a customer's transactions explained.

    Attributes:
        chosen: A hypothesis or None, a transaction each.
        ways: Product over the customer's ways.
        logs: Sum of the rest.
        odds: Log odds of what is paid so far, about.
        weight: Log weight so far, with these.
        taken: Places that are paid, and by what kind.
    """

    chosen: tuple[Hypothesis | None, ...]
    ways: Vector
    logs: float
    odds: float
    weight: float
    taken: Mapping[int, Kind]


Messages = list[list[float]]
"""For each transaction, the odds of each hypothesis against all else."""


def messages(debtor: Debtor, choices: Sequence[Choice], rates: Rates) -> Messages:
    """What a customer says of each of its transactions.

    Args:
        debtor: The customer.
        choices: Its transactions, by day.
        rates: How often what happens.

    Returns:
        By transaction and hypothesis: how much likelier the whole is with it than with
        the transaction being something else.
    """
    accounts = _accounts(choices, rates)
    weights = [_weight(account, debtor, choices, rates) for account in accounts]
    top = max(weights)
    if top == -np.inf:
        return [[0.0] * len(choice.hypotheses) for choice in choices]
    shares = np.exp(np.array(weights) - top)
    found = []
    for place, choice in enumerate(choices):
        held: dict[int, float] = {}
        for account, share in zip(accounts, shares, strict=True):
            key = id(account.chosen[place])
            held[key] = held.get(key, 0.0) + float(share)
        without = held.get(id(None), 0.0) / choice.elsewhere
        floor = max(without, float(shares.sum()) * 1e-13 / choice.elsewhere)
        found.append([held.get(id(h), 0.0) / floor for h in choice.hypotheses])
    return found


def _accounts(choices: Sequence[Choice], rates: Rates) -> list[_Account]:
    beam = [_Account((), np.ones(len(rates.ways)), 0.0, 0.0, 0.0, {})]
    for choice in choices:
        grown = [
            longer for account in beam for longer in _longer(account, choice, rates)
        ]
        grown.sort(key=lambda account: -account.weight)
        least = grown[0].weight + log(NARROWEST)
        beam = [account for account in grown[:WIDEST] if account.weight >= least]
    return beam


def _longer(account: _Account, choice: Choice, rates: Rates) -> list[_Account]:
    """An account with one transaction more, in every way."""
    elsewhere = log(choice.elsewhere)
    grown = [
        evolve(
            account,
            chosen=(*account.chosen, None),
            logs=account.logs + elsewhere,
            weight=account.weight + elsewhere,
        )
    ]
    for hypothesis in choice.hypotheses:
        if not _compatible(account, hypothesis):
            continue
        ways = account.ways * hypothesis.ways
        logs = account.logs + hypothesis.bits - choice.scale
        taken, odds = account.taken, account.odds
        if hypothesis.kind in PAYING:
            new = [place for place in hypothesis.places if place not in taken]
            taken = {**taken, **dict.fromkeys(new, hypothesis.kind)}
            odds += paid_log(new, hypothesis.kind, hypothesis.debtor, rates)
        weight = logs + odds + _common(ways, rates)
        chosen = (*account.chosen, hypothesis)
        grown.append(_Account(chosen, ways, logs, odds, weight, taken))
    return grown


def _compatible(account: _Account, new: Hypothesis) -> bool:
    """Whether invoices are paid once, and a second payment has a first."""
    if new.kind is Kind.TWICE:
        return any(
            old is not None and old.kind is Kind.FULL and old.places == new.places
            for old in account.chosen
        )
    if new.kind not in PAYING:
        return True
    return all(
        place not in account.taken
        or (new.kind is Kind.PART and account.taken[place] is Kind.PART)
        for place in new.places
    )


def _common(ways: Vector, rates: Rates) -> float:
    """Log likelihood over the customer's ways."""
    parts = np.add.reduceat(ways * rates.ways, BLOCKS)
    return float(np.log(np.maximum(parts, 1e-300)).sum())


def _weight(
    account: _Account, debtor: Debtor, choices: Sequence[Choice], rates: Rates
) -> float:
    """Log weight of a whole account."""
    chosen = [h for h in account.chosen if h is not None]
    paying = [h for h in chosen if h.kind in PAYING]
    plan = plan_chance(debtor, [Piece(h.kind, h.places) for h in paying], rates)
    rest = _parts_chance(account, debtor, choices, rates)
    rest *= _twice_chance(account, choices, rates)
    if plan <= 0 or rest <= 0:
        return -np.inf
    payer = _payer_log(chosen)
    return account.logs + _common(account.ways, rates) + log(plan * rest) + payer


def _parts_chance(
    account: _Account, debtor: Debtor, choices: Sequence[Choice], rates: Rates
) -> float:
    """That invoices paid in parts are paid in just these."""
    parts: dict[int, list[tuple[date, int]]] = {}
    for chosen, choice in zip(account.chosen, choices, strict=True):
        if chosen is not None and chosen.kind is Kind.PART:
            place = chosen.places[0]
            parts.setdefault(place, []).append((choice.sheet.day, choice.sheet.amount))
    found = 1.0
    for place, payments in parts.items():
        item = debtor.owed[place]
        days = day_chances(item, min(payments)[0])
        found *= partial_chance(item, payments, rates.mix)
        found *= float(days @ LATENESS_SHARES)
    return found


def _twice_chance(account: _Account, choices: Sequence[Choice], rates: Rates) -> float:
    """That what is paid twice is paid again just so many days later."""
    first: dict[tuple[int, ...], date] = {}
    found = 1.0
    for chosen, choice in zip(account.chosen, choices, strict=True):
        if chosen is None:
            continue
        if chosen.kind is Kind.FULL:
            first[chosen.places] = choice.sheet.day
        elif chosen.kind is Kind.TWICE:
            later = (choice.sheet.day - first.pop(chosen.places, date.max)).days
            found *= rates.twice / 14 if 1 <= later <= 14 else 0.0
    return found


def _payer_log(chosen: Sequence[Hypothesis]) -> float:
    """A customer has one account, and one stranger who pays for it."""
    if not chosen:
        return 0.0
    debtor, total = chosen[0].debtor, 0.0
    accounts = Counter(h.account for h in chosen if h.account)
    if len(accounts) > 1:
        return -np.inf
    for account, count in accounts.items():
        if not debtor.known_account:
            total += (count - 1) * digits_of(account) * log(10)
            total -= (count - 1) * (account_chance(account, debtor) or 0.0)
    strangers = {h.name: h.stranger for h in chosen if h.stranger is not None}
    if len(strangers) > 1:
        return -np.inf
    for name, stranger in strangers.items():
        count = sum(h.name == name and h.stranger is not None for h in chosen)
        total -= (count - 1) * stranger
    return total
