"""Limits in money, in every currency: 50 euros are some thousands of yen."""

from decimal import Decimal
from functools import lru_cache

import numpy as np

from payymo_core.columns import CURRENCIES
from payymo_core.keys import Ints
from payymo_core.money import EXPONENTS

# How many units one euro is worth, to the power of ten below: of units that are small
# (rates of 2025; a power of ten holds for decades). Of all others a unit counts as one.
_SMALL: dict[int, str] = {
    10: (
        "AFN ALL ARS BTN CUP CZK DOP EGP ERN GMD HNL INR KGS MDL MKD MRU MUR MVR MXN "
        "MZN NAD NIO NOK PHP RUB SCR SEK SRD SZL THB TRY TWD UAH UYU ZAR ZMW LSL"
    ),
    100: (
        "AMD AOA BDT CRC CVE DJF DZD ETB HTG HUF ISK JMD JPY KES KMF KPW KZT LKR LRD "
        "NPR PKR RSD SDG VES VUV XAF XOF XPF YER"
    ),
    1000: "BIF CDF CLP COP IQD KHR KRW MGA MMK MNT MWK NGN PYG RWF SSP TZS UGX",
    10_000: "GNF IDR LAK SYP UZS VND",
    100_000: "IRR LBP",
}
UNITS_PER_EURO = dict.fromkeys(CURRENCIES, 1) | {
    code: units for units, codes in _SMALL.items() for code in codes.split()
}
"""Currency code -> about how many major units one euro is worth, never too many."""


@lru_cache(maxsize=16)
def minor_by_currency(amount: Decimal) -> Ints:
    """About this many euros in minor units of each of ``CURRENCIES``.

    >>> limit = dict(zip(CURRENCIES, minor_by_currency(Decimal(50)).tolist()))
    >>> limit["EUR"], limit["USD"], limit["JPY"], limit["SEK"]
    (5000, 5000, 5000, 50000)
    """
    units, parts = amount.as_integer_ratio()
    return np.array(
        [
            units * UNITS_PER_EURO[code] * 10 ** EXPONENTS[code] // parts
            for code in CURRENCIES
        ],
        np.int64,
    )
