"""How many decimals Stripe's whole numbers stand for; not what ISO 4217 says.

>>> from_smallest(1234, "EUR"), from_smallest(500, "JPY"), from_smallest(500, "ISK")
(Decimal('12.34'), Decimal('500'), Decimal('5.00'))
"""

from collections.abc import Mapping
from decimal import Context, Decimal, Inexact

from payymo_adapters.errors import FieldError
from payymo_core.money import EXPONENTS as ISO

_ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE = "BHD JOD KWD OMR TND"
# No decimals in life, two in the interface, as before they lost them.
_STILL_TWO = "ISK UGX"

EXPONENTS: Mapping[str, int] = {
    # One that has other than two decimals and that Stripe's pages do not speak of is
    # left out: a guess would be wrong by a factor of ten.
    **{code: 2 for code, exponent in ISO.items() if exponent == 2},
    **dict.fromkeys(_STILL_TWO.split(), 2),
    **dict.fromkeys(_ZERO.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
"""Currency code -> decimals that Stripe's whole numbers hold."""

WHOLE_SHILLINGS: Mapping[str, int] = {**EXPONENTS, "UGX": 0}
"""The same for an account whose UGX comes without decimals, as older pages have it."""

_EXACTLY = Context(prec=60, traps=[Inexact])


def from_smallest(
    amount: int, currency: str, exponents: Mapping[str, int] = EXPONENTS
) -> Decimal:
    """Give a whole number of Stripe's in major units, exactly.

    Args:
        amount: In the smallest unit that Stripe has for the currency.
        currency: ISO 4217 code in capitals.
        exponents: Which unit that is.

    Raises:
        FieldError: The currency is not known here.
    """
    try:
        exponent = exponents[currency]
    except KeyError:
        msg = "nobody says how many decimals Stripe gives this currency"
        raise FieldError(msg, "currency") from None
    return Decimal(amount).scaleb(-exponent, _EXACTLY)
