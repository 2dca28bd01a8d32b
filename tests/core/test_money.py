"""Amounts: exact, or refused."""

import decimal
from collections.abc import Sequence
from decimal import Decimal
from time import perf_counter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Money, RecordError
from payymo_core.money import (
    EXPONENTS,
    differing,
    exponent_of,
    from_minor,
    minor_column,
    to_minor,
)
from tests import strategies

CODES = st.sampled_from(sorted(EXPONENTS))
MINOR = st.integers(-(10**16) + 1, 10**16 - 1)


class LikeDecimal(Decimal):
    """Says something else as a text than it is."""

    def __str__(self) -> str:
        return "9.00"


def refused(amounts: Sequence[Decimal], currencies: Sequence[str]) -> bool:
    """Whether a column holds what is no amount."""
    try:
        minor_column(amounts, currencies)
    except RecordError:
        return True
    return False


@given(MINOR, CODES)
def test_minor_units_survive_the_way_out_and_back(minor, currency):
    amount = from_minor(minor, currency)
    assert to_minor(amount, currency) == minor
    assert amount.as_tuple().exponent == -EXPONENTS[currency]


@given(MINOR, CODES, st.integers(1, 5))
def test_no_decimal_context_changes_an_amount(minor, currency, precision):
    expected = from_minor(minor, currency)
    for context in (
        decimal.Context(prec=precision),
        decimal.Context(prec=precision, traps=[decimal.Inexact, decimal.Rounded]),
        decimal.Context(prec=precision, Emax=1, Emin=-1),
    ):
        with decimal.localcontext(context):
            assert from_minor(minor, currency).compare_total(expected) == 0
            assert to_minor(expected, currency) == minor


@given(strategies.DECIMALS, CODES)
def test_an_amount_is_taken_exactly_or_refused(amount, currency):
    try:
        minor = to_minor(amount, currency)
    except RecordError:
        assert refused([amount], [currency])
        return
    assert Decimal(minor).scaleb(-EXPONENTS[currency]) == amount
    assert minor_column([amount], [currency]).tolist() == [minor]


@given(st.lists(st.tuples(MINOR, CODES), max_size=5))
def test_a_column_is_each_of_its_amounts(held):
    amounts = [from_minor(minor, currency) for minor, currency in held]
    currencies = [currency for _, currency in held]
    column = minor_column(amounts, currencies)
    assert column.tolist() == [minor for minor, _ in held]


def test_no_amount_lends_another_its_decimal_point():
    """One with too many decimals before one with none: as many points as wanted."""
    assert refused([Decimal("1.5"), Decimal(5)], ["JPY", "KWD"])
    assert refused([Decimal("1.52"), Decimal(5)], ["JPY", "CLF"])


@given(st.lists(st.tuples(strategies.DECIMALS, strategies.DECIMALS), max_size=5))
def test_amounts_that_differ_are_told_or_nothing_is(pairs):
    amounts, others = [one for one, _ in pairs], [other for _, other in pairs]
    if any(one.is_snan() or other.is_snan() for one, other in pairs):
        with pytest.raises(RecordError):
            differing(amounts, others)
    else:
        expected = [n for n, (one, other) in enumerate(pairs) if one != other]
        assert differing(amounts, others) == expected


def test_what_equals_an_amount_is_still_none():
    with pytest.raises(RecordError):
        differing([1.5], [Decimal("1.5")])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "amount",
    [1.0, 1, "1.00", None, True, float("nan"), b"1", ("1", "00"), LikeDecimal(1)],
)
def test_only_a_decimal_is_money(amount):
    with pytest.raises(RecordError, match="never a float"):
        Money(amount, "EUR")
    assert refused([amount], ["EUR"])


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "EUR"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
        ("1E+14", "EUR"),
        ("NaN", "EUR"),
        ("sNaN", "EUR"),
        ("-Infinity", "EUR"),
        ("1E-999999", "EUR"),
        ("1", "XXX"),
        ("1", "eur"),
        ("1", ""),
        ("1", None),
        ("1", ["EUR"]),
    ],
)
def test_what_is_no_amount_is_refused(amount, currency):
    with pytest.raises(RecordError):
        Money(Decimal(amount), currency)
    assert refused([Decimal(amount)], [currency])


def test_too_large_an_amount_is_told_the_limit_in_its_currency():
    with pytest.raises(RecordError, match=r"less than 100,000,000,000,000\.00 EUR"):
        to_minor(Decimal(10) ** 14, "EUR")
    assert to_minor(Decimal("99999999999999.99"), "EUR") == 10**16 - 1


def test_no_amount_takes_long_to_refuse():
    """A file may carry any exponent: a million digits are not worth forming."""
    begun = perf_counter()
    with pytest.raises(RecordError):
        to_minor(Decimal("1E+999990"), "EUR")
    assert refused([Decimal("1E+999990")], ["EUR"])
    assert perf_counter() - begun < 0.5


def test_the_check_stands_when_validators_are_switched_off():
    with attrs.validators.disabled(), pytest.raises(RecordError):
        Money(0.30000000000000004, "EUR")  # type: ignore[arg-type]


def test_currencies_have_the_decimals_of_iso_4217():
    assert [exponent_of(code) for code in ("JPY", "EUR", "KWD", "CLF")] == [0, 2, 3, 4]
    assert len(EXPONENTS) > 150


def test_money_is_written_as_a_bookkeeper_does():
    assert str(Money(Decimal("1234.50"), "EUR")) == "1,234.50 EUR"
