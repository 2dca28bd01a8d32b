"""How surprising an amount is, as the ledger and the habits of money have it."""

from collections.abc import Sequence

import numpy as np

from payymo_core.columns import CURRENCIES
from payymo_core.keys import Floats, Ints, mix
from payymo_core.ledger import Ledger
from payymo_core.money import EXPONENTS
from payymo_core.owed import CURRENCY_STEP


def rarity_bits(gross: Ints, currency: Ints, ledger: Ledger) -> Floats:
    """How surprising it would be to see these amounts by chance, in bits.

    Half of the money that pays nothing open is taken to have amounts as the ledger has
    (prices, earlier invoices), half to be spread evenly over the orders of magnitude,
    with round amounts the likelier the rounder they are.
    """
    size = np.abs(gross)
    _, seen = ledger.amounts.ranges(mix(currency, size))
    held = ledger.invoices.count_in[currency]
    chance = 0.5 * seen / np.maximum(held, 1) * held / (held + _FEW)
    chance += 0.5 * _spread(size, _UNITS[currency])
    return -np.log2(np.minimum(np.maximum(chance, 2.0**-24), 0.5))


def range_bits(low: Ints, high: Ints, currency: Ints, ledger: Ledger) -> Floats:
    """How surprising it would be to see amounts in ranges by chance, in bits.

    Args:
        low: Where each range begins, minor units, positive.
        high: Where it ends.
        currency: Index into ``CURRENCIES``.
        ledger: The invoices: half of all money is like what is open there.
    """
    base, keys = currency * CURRENCY_STEP, ledger.near.keys
    inside = keys.before(base + high, "right") - keys.before(base + low)
    held = keys.before(base + CURRENCY_STEP // 2) - keys.before(base)
    chance = 0.5 * inside / (held + _FEW) + 0.5 * np.log(high / low) / _DECADES
    return -np.log2(np.minimum(np.maximum(chance, 2.0**-24), 0.5))


_UNITS = np.array([10 ** EXPONENTS[code] for code in CURRENCIES])
_FEW = 25  # a ledger of so few items says half of what it could of its amounts
_DECADES = 12.0  # natural logarithm of the range of amounts, 0.10 to 20,000
_ROUND: Sequence[tuple[float, float]] = (
    # (granularity in major units, share of amounts that are chosen so round)
    (0.01, 0.45),
    (0.1, 0.05),
    (1, 0.2),
    (10, 0.15),
    (100, 0.1),
    (1000, 0.05),
)


def _spread(size: Ints, unit: Ints) -> Floats:
    """Probability of an amount in minor units, before seeing a ledger."""
    out = np.zeros(len(size))
    for granularity, share in _ROUND:
        step = np.maximum(np.rint(granularity * unit), 1).astype(np.int64)
        chance = share * step / (_DECADES * np.maximum(size, step))
        out += np.where(size % step == 0, chance, 0.0)
    return out
