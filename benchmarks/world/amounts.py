"""What things cost, in minor units."""

from collections.abc import Callable

from benchmarks.world.dice import Dice, weighted
from benchmarks.world.mix import Regime

# A dozen prices, the cheap plans most sold.
PRICE_LIST = weighted(
    {
        299: 8,
        499: 14,
        599: 8,
        799: 9,
        999: 18,
        1299: 9,
        1499: 8,
        1999: 10,
        2499: 5,
        2999: 5,
        4999: 4,
        9900: 2,
    }
)


def octaves(low: int, high: int, dice: Dice) -> int:
    """Between 2**low and 2**high, each doubling as likely, without a logarithm."""
    base = 1 << dice.between(low, high - 1)
    return base + int(dice.share() * base)


def _hosting(dice: Dice) -> int:
    # Two thirds from the list, the rest by use: 2.56 to 327.68.
    return dice.draw(PRICE_LIST) if dice.chance(2 / 3) else octaves(8, 15, dice)


def _business(dice: Dice) -> int:
    # The sum of two draws makes the middle, some hundreds to ten thousand, common.
    middle = 12 + dice.below(6) + dice.below(6)
    net = octaves(middle, middle + 1, dice)
    if dice.chance(0.3):
        net -= net % 5000 if net > 10_000 else net % 500
    return net * dice.pick((100, 119, 119, 120, 121)) // 100


def _agency(dice: Dice) -> int:
    if dice.chance(0.6):
        return dice.between(2, 40) * dice.pick((20_000, 25_000, 32_500, 45_000))
    return octaves(13, 21, dice)


PRICES: dict[Regime, Callable[[Dice], int]] = {
    Regime.HOSTING: _hosting,
    Regime.BUSINESS: _business,
    Regime.AGENCY: _agency,
}
"""Draws the amount of one invoice."""
