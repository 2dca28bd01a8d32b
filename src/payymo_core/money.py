"""Amounts: Decimal major units outside, integer minor units inside."""

from collections.abc import Sequence
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from itertools import compress, count
from operator import ne

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.errors import RecordError

# ISO 4217 (list one, published 2024-06-25; the active codes): how many digits stand
# behind the decimal point. Two is the rule; these are the exceptions.
_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD "
    "BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP "
    "ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU "
    "MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR "
    "RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)

EXPONENTS: dict[str, int] = {
    code: exponent
    for codes, exponent in ((_ZERO, 0), (_TWO, 2), (_THREE, 3), (_FOUR, 4))
    for code in codes.split()
}
"""Currency code -> digits behind the decimal point."""

_SCALES = {code: Decimal(10**exponent) for code, exponent in EXPONENTS.items()}
_BLANK, _POINT, _SLASH, _NINE = b" ./9"
_UNITS = {code: Decimal((0, (1,), -exponent)) for code, exponent in EXPONENTS.items()}

# Of minor units: the sum of a hundred amounts this large still fits 63 bits.
_MOST_DIGITS = 16
_TOO_LARGE = Decimal(10**_MOST_DIGITS)


# Whatever the caller's context is: a result that would be rounded is an error.
_EXACTLY = Context(prec=60, traps=[Inexact, InvalidOperation])


def exponent_of(currency: str) -> int:
    """Digits behind the decimal point of a currency.

    >>> exponent_of("EUR"), exponent_of("JPY"), exponent_of("KWD")
    (2, 0, 3)

    Raises:
        RecordError: The code is not an active ISO 4217 code.
    """
    try:
        return EXPONENTS[currency]
    except (KeyError, TypeError):
        msg = f"unknown currency {currency!r} (an ISO 4217 code is wanted, as 'EUR')"
        raise RecordError(msg) from None


def to_minor(amount: Decimal, currency: str) -> int:
    """Major units to minor units, exactly.

    >>> to_minor(Decimal("12.34"), "EUR"), to_minor(Decimal("12.3400"), "EUR")
    (1234, 1234)

    Raises:
        RecordError: Not a finite Decimal, 10**16 minor units or more, or more decimals
            than the currency has.
    """
    exponent = exponent_of(currency)
    # A caller without a type checker may well bring a float; and what a class made of
    # Decimal says of itself as a text, which columns are read by, need not be true.
    kind: type = type(amount)
    if kind is not Decimal:
        name = kind.__name__
        msg = f"{amount!r} is a {name}; a Decimal is wanted, never a float"
        if kind is str:
            msg += "; in a column also its text with a point, as 1234.50"
        raise RecordError(msg)
    # Asked before int(): a number of a million digits is a line of nine characters.
    if not amount.is_finite() or amount.adjusted() + exponent >= _MOST_DIGITS:
        most = from_minor(10**_MOST_DIGITS, currency)
        msg = f"{amount} is not a finite number of less than {most:,f} {currency}"
        raise RecordError(msg)
    try:
        scaled = _EXACTLY.multiply(amount, _SCALES[currency])
        minor = int(scaled)
    except DecimalException:  # more than 60 digits, so more decimals than any has
        minor, scaled = 0, amount
    if minor != scaled:
        msg = f"{amount} has more decimals than {currency} has ({exponent})"
        raise RecordError(msg)
    return minor


def differing(amounts: Sequence[Decimal], others: Sequence[Decimal]) -> list[int]:
    """Places of the amounts that are not the others'.

    >>> differing([Decimal("1.50"), Decimal(7)], [Decimal("1.5"), Decimal(8)])
    [1]

    Raises:
        RecordError: Something among the amounts is none.
    """
    if not set(map(type, amounts)) <= {Decimal}:
        raise RecordError(_NO_COLUMN)
    try:
        return list(compress(count(), map(ne, amounts, others)))
    except DecimalException:  # a NaN that is not to be compared
        raise RecordError(_NO_COLUMN) from None


def minor_column(
    amounts: Sequence[Decimal], currencies: Sequence[str]
) -> NDArray[np.int64]:
    """``to_minor`` for a column.

    >>> minor_column([Decimal("1.5"), Decimal(7)], ["EUR", "JPY"])
    array([150,   7])

    Raises:
        RecordError: ``to_minor`` refuses one of them, and says of that one why.
    """
    if not set(map(type, amounts)) <= {Decimal}:
        raise RecordError(_NO_COLUMN)
    multiply = _EXACTLY.multiply
    try:
        plain = _plain_column(amounts, currencies)
        if plain is not None:
            return plain
        scaled = [
            multiply(a, _SCALES[c]) for a, c in zip(amounts, currencies, strict=True)
        ]
        if scaled and not (min(scaled) > -_TOO_LARGE and max(scaled) < _TOO_LARGE):
            raise RecordError(_NO_COLUMN)
    except (DecimalException, KeyError, TypeError):
        raise RecordError(_NO_COLUMN) from None
    minor = list(map(int, scaled))
    if minor != scaled:
        raise RecordError(_NO_COLUMN)
    return np.array(minor, np.int64)


_NO_COLUMN = "an amount or a currency among them is at fault"


def _plain_column(
    amounts: Sequence[Decimal], currencies: Sequence[str]
) -> NDArray[np.int64] | None:
    """Amounts that are all written with just the decimals of their currencies.

    Nearly every column is such a one, and as text it is read in half the time.
    """
    if not amounts:
        return None
    text = " ".join(map(str, amounts)) + " "
    if not text.isascii():
        return None
    signs = np.frombuffer(text.encode("ascii"), np.uint8)
    ends, points = (signs == _BLANK).nonzero()[0], (signs == _POINT).nonzero()[0]
    size = np.diff(ends, prepend=-1) - 1
    decimals = np.frombuffer(bytes(map(EXPONENTS.__getitem__, currencies)), np.uint8)
    pointed = decimals > 0
    # Each number has room for its own point, so that it has none of the one before.
    if np.any(size < decimals + 1) or not np.array_equal(
        points, (ends - decimals - 1)[pointed]
    ):
        return None
    if size.max() >= _MOST_DIGITS or np.any((signs > _NINE) | (signs == _SLASH)):
        return None
    return np.fromstring(text.replace(".", ""), np.int64, sep=" ")


def from_minor(minor: int, currency: str) -> Decimal:
    """Minor units to major units, with the currency's decimals.

    >>> from_minor(1230, "EUR"), from_minor(-5, "JPY")
    (Decimal('12.30'), Decimal('-5'))
    """
    return _EXACTLY.multiply(minor, _UNITS[currency])


def major_column(minor: Sequence[int], currencies: Sequence[str]) -> list[Decimal]:
    """``from_minor`` for a column.

    >>> major_column([1230, -5], ["EUR", "JPY"])
    [Decimal('12.30'), Decimal('-5')]
    """
    multiply = _EXACTLY.multiply
    return [multiply(m, _UNITS[c]) for m, c in zip(minor, currencies, strict=True)]


def in_full(amount: Decimal, currency: str) -> Decimal:
    """An amount with all the decimals of its currency; a sum may be of any size.

    >>> in_full(Decimal("-1234.5"), "EUR"), in_full(Decimal(7), "JPY")
    (Decimal('-1234.50'), Decimal('7'))

    Raises:
        RecordError: The amount has more decimals, or the code is none of a currency.
    """
    exponent = exponent_of(currency)
    try:
        return _EXACTLY.quantize(amount, _UNITS[currency])
    except DecimalException:
        msg = f"amount {amount} has more decimals than {currency} has ({exponent})"
        raise RecordError(msg) from None


def written(amount: Decimal, currency: str) -> str:
    """An amount as a bookkeeper writes it, with the decimals of its currency.

    >>> written(Decimal("-1234.5"), "EUR"), written(Decimal(7), "JPY")
    ('-1,234.50 EUR', '7 JPY')
    """
    return f"{in_full(amount, currency):,} {currency}"


def added(one: Decimal, other: Decimal) -> Decimal:
    """A sum that no caller's context rounds."""
    return _EXACTLY.add(one, other)


@frozen
class Money:
    """An exact amount in one currency.

    Attributes:
        amount: Major units (pounds, not pence); positive is money in.
        currency: ISO 4217 alphabetic code.
    """

    amount: Decimal
    currency: str

    def __attrs_post_init__(self) -> None:
        # Here and not in a validator: attrs can switch validators off process-wide.
        to_minor(self.amount, self.currency)

    def __str__(self) -> str:
        """As a bookkeeper writes it: ``1,234.50 EUR``."""
        return written(self.amount, self.currency)
