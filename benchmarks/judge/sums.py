"""How likely a payment is of just this amount, in minor units."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.judge.outcomes import outcomes
from benchmarks.world.amounts import PRICE_LIST
from benchmarks.world.dice import Dice
from benchmarks.world.ledger import Item
from benchmarks.world.mix import Mix, Regime
from benchmarks.world.payments import a_part, rounded_up
from benchmarks.world.truth import Kind

Vector = NDArray[np.float64]

BANK_FEES = (0, 150, 500, 750, 1000, 1250, 1500, 2500)
"""What a bank on the way may keep, in minor units."""

CHARGE_RATES = (14, 19, 25, 29)


@lru_cache(maxsize=1 << 14)
def overpaid(owed: int) -> dict[int, float]:
    """What who rounds up may pay."""
    return outcomes(lambda dice: rounded_up(owed, dice))


@lru_cache(maxsize=1 << 14)
def parts(owed: int) -> dict[int, float]:
    """What who pays a part only may pay."""
    return outcomes(lambda dice: a_part(owed, dice))


@lru_cache(maxsize=1 << 14)
def instalments(owed: int) -> dict[tuple[int, ...], float]:
    """The amounts of who pays by instalments."""
    return outcomes(lambda dice: _split(owed, dice))


def _split(owed: int, dice: Dice) -> tuple[int, ...]:
    left, count = owed, dice.between(2, 3)
    amounts = []
    while count > 1:
        amount = left // count
        if dice.chance(0.5):
            amount = max(amount - amount % 500, 100)
        amounts.append(amount)
        left, count = left - amount, count - 1
    return (*amounts, left)


def partial_amounts(owed: int) -> set[int]:
    """Every amount that may be a part of what is owed."""
    split = {amount for amounts in instalments(owed) for amount in amounts}
    return split | set(parts(owed))


def partial_chance(item: Item, payments: Sequence[tuple[date, int]], mix: Mix) -> float:
    """Probability that an invoice is paid in just these parts.

    Args:
        item: The invoice.
        payments: Day and amount of each part.
        mix: The regime's shares.

    Returns:
        That of the amounts and, from the second part on, of the days.
    """
    owed = item.draft.outstanding
    if owed < 1000:
        return 0.0
    whole = 1 - mix.overpaid
    if len(payments) == 1:
        return whole * mix.part * parts(owed).get(payments[0][1], 0.0)
    ordered = sorted(payments)
    for (first, _), (second, _) in pairwise(ordered):
        if not 12 <= (second - first).days <= 33:
            return 0.0
    amounts = tuple(amount for _, amount in ordered)
    chance = instalments(owed).get(amounts, 0.0) * (1 / 22) ** (len(amounts) - 1)
    return whole * (1 - mix.part) * mix.instalments * chance


def charge_chance(owed: int, fee: int) -> float:
    """Probability of a processor's fee."""
    fits = [min(owed * rate // 1000 + 25, owed - 1) == fee for rate in CHARGE_RATES]
    return sum(fits) / len(CHARGE_RATES)


def related(amount: int, owed: int, mix: Mix) -> tuple[Kind, Vector, float] | None:
    """How a payment of one invoice may come to its amount.

    Args:
        amount: What arrived.
        owed: What is outstanding.
        mix: The regime's shares.

    Returns:
        The kind, its likelihood by the fee that the customer's bank keeps, and that
        of the rest; None where no payment of the invoice is of this amount. The
        chances of a part are left to ``partial_chance``.
    """
    kept = np.array([0.2 if fee and owed > 6 * fee else 1.0 for fee in BANK_FEES])
    if amount == owed:
        splits = (1 - mix.part) * (1 - mix.instalments) if owed >= 1000 else 1.0
        return Kind.FULL, kept, (1 - mix.overpaid) * splits
    missing = owed - amount
    if missing in BANK_FEES and owed > 6 * missing:
        fees = np.array([0.8 if fee == missing else 0.0 for fee in BANK_FEES])
        return Kind.SHORT, fees, 1.0
    if 0 < -missing <= max(10_000, owed // 20):
        chance = overpaid(owed).get(amount, 0.0) * mix.overpaid
        return (Kind.OVERPAID, kept, chance) if chance else None
    if missing > 0 and owed >= 1000 and amount in partial_amounts(owed):
        return Kind.PART, kept, 1.0
    return None


def octave_chance(low: int, high: int, amount: int) -> float:
    """Probability of an amount between 2**low and 2**high."""
    octave = amount.bit_length() - 1
    if amount <= 0 or not low <= octave < high:
        return 0.0
    return 1 / (high - low) / (1 << octave)


def _hosting(amount: int) -> float:
    edges = (0.0, *PRICE_LIST.edges)
    listed = 0.0
    if amount in PRICE_LIST.values:
        place = PRICE_LIST.values.index(amount)
        listed = edges[place + 1] - edges[place]
    return 2 / 3 * listed + 1 / 3 * octave_chance(8, 15, amount)


def _business_net(net: int) -> float:
    # The middle is 12 to 22, as two throws of six fall.
    octave = net.bit_length() - 1
    ways = max(0, 6 - abs(octave - 17))
    return ways / 36 / (1 << octave) if net > 0 else 0.0


def _rounded_net(net: int) -> float:
    step = 5000 if net >= 10_000 else 500
    if net % step:
        return 0.0
    return sum(_business_net(net + more * step // 10) for more in range(10)) * (
        step / 10
    )


def _business(amount: int) -> float:
    found = 0.0
    for rate, share in ((100, 0.2), (119, 0.4), (120, 0.2), (121, 0.2)):
        net = -(-amount * 100 // rate)
        while net * rate // 100 == amount:
            found += share * (0.7 * _business_net(net) + 0.3 * _rounded_net(net))
            net += 1
    return found


@lru_cache(maxsize=1)
def _jobs() -> dict[int, float]:
    return outcomes(
        lambda dice: dice.between(2, 40) * dice.pick((20_000, 25_000, 32_500, 45_000))
    )


def _agency(amount: int) -> float:
    return 0.6 * _jobs().get(amount, 0.0) + 0.4 * octave_chance(13, 21, amount)


PRICE_CHANCES: dict[Regime, Callable[[int], float]] = {
    Regime.HOSTING: _hosting,
    Regime.BUSINESS: _business,
    Regime.AGENCY: _agency,
}
"""Probability that the price of one thing is just this."""
