"""Amounts as banks and bookkeepers write them, read by rule and never by guess."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from attrs import frozen

from payymo_adapters.errors import FieldError
from payymo_core.money import EXPONENTS

Mark = Literal[".", ","]
"""What stands before the decimals."""

MARKS: tuple[Mark, Mark] = (".", ",")

SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "zł": "PLN",
    "₹": "INR",
    "₺": "TRY",
    "₪": "ILS",
    "$": "",
    "kr": "",
    "kr.": "",
}
"""Sign -> its currency; "" for a sign of several, which a column must tell apart."""

# Typographic minus signs and apostrophe.
_PLAIN = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2019": "'"})
_CORE = re.compile(r"[0-9.,' ]*[0-9][0-9.,' ]*")
_WRAPPED = re.compile(
    r"(?P<open>\()?(?P<sign>[-+])?(?P<core>[0-9.,' ]*[0-9][0-9.,' ]*)"
    r"(?P<after>[-+])?(?P<close>\))?"
)
_LONGEST = 32


@frozen
class Written:
    """An amount before it is known which mark is the decimal one.

    Attributes:
        core: Digits and separators.
        negative: Whether a minus or brackets stand around them.
        currency: The currency written with it, or "".
    """

    core: str
    negative: bool
    currency: str


def dissect(text: str) -> Written:
    """Take sign, brackets and currency off an amount.

    >>> dissect("(EUR 1.234,56)"), dissect("12.00-")  # doctest: +NORMALIZE_WHITESPACE
    (Written(core='1.234,56', negative=True, currency='EUR'),
     Written(core='12.00', negative=True, currency=''))

    Raises:
        FieldError: It is no amount.
    """
    bare, currency = _without_currency(_plain(text))
    found = _WRAPPED.fullmatch(bare.replace("- ", "-").replace(" -", "-"))
    if not found or len(bare) > _LONGEST or bool(found["open"]) != bool(found["close"]):
        msg = f"{text[:40]!r} is not an amount"
        raise FieldError(msg)
    signs = [sign for sign in (found["sign"], found["after"]) if sign]
    if len(signs) + bool(found["open"]) > 1:
        msg = f"{text[:40]!r} has more than one sign"
        raise FieldError(msg)
    negative = bool(found["open"]) or "-" in signs
    return Written(found["core"].strip(), negative, currency)


def _plain(text: str) -> str:
    """One kind of space, minus and apostrophe; too long a text cut, to be refused."""
    return " ".join(text.translate(_PLAIN).split())[: _LONGEST + 1]


def _without_currency(text: str) -> tuple[str, str]:
    core = _CORE.search(text)
    around = (text[: core.start()], text[core.end() :]) if core else ("", "")
    for part in around:
        word = part.strip("()+- ")
        if word in SIGNS or word in EXPONENTS:
            return text.replace(word, "").strip(), currency_of(word)
    return text, ""


def currency_of(word: str) -> str:
    """Currency that a code or a sign stands for; "" where it is not one.

    >>> currency_of("€"), currency_of("eur"), currency_of("$"), currency_of("X")
    ('EUR', 'EUR', '', '')
    """
    code = word.upper()
    return code if code in EXPONENTS else SIGNS.get(word, "")


def evidence(core: str) -> frozenset[Mark]:
    """Say which marks can be the decimal one; both where it cannot be told.

    >>> sorted(evidence("1.234,56")), sorted(evidence("1.234"))
    ([','], [',', '.'])
    """
    return frozenset(mark for mark in MARKS if _PATTERNS[mark].fullmatch(core))


def _compiled(mark: Mark) -> re.Pattern[str]:
    # Groups of three with one kind of separator throughout, never after a leading
    # zero; in India groups of two before the last.
    other = "," if mark == "." else "."
    grouped = (
        rf"[1-9][0-9]{{0,2}}(?:(?P<gap>[{other}' ])[0-9]{{3}})(?:(?P=gap)[0-9]{{3}})*"
    )
    indian = r"|[1-9][0-9]?(?:,[0-9]{2})*,[0-9]{3}" if mark == "." else ""
    return re.compile(rf"(?:{grouped}{indian}|[0-9]*)(?:\{mark}[0-9]{{0,10}})?")


_PATTERNS: dict[Mark, re.Pattern[str]] = {mark: _compiled(mark) for mark in MARKS}


def find_mark(cores: Iterable[tuple[int, str]]) -> Mark | None:
    """Find the decimal mark that the amounts of a file share.

    Args:
        cores: Line, and digits and separators, of every amount.

    Returns:
        The mark; None where no amount has any that could be one.

    Raises:
        FieldError: Some amounts can only have the one and some only the other, or an
            amount can be read both ways and none settles it.
    """
    settled: dict[Mark, str] = {}
    unsettled = ""
    for line, core in cores:
        possible = evidence(core)
        if len(possible) == 1:
            settled.setdefault(next(iter(possible)), f"{core!r} in line {line}")
        elif possible and ("." in core or "," in core):
            unsettled = unsettled or f"{core!r} in line {line}"
    if len(settled) > 1:
        shown = " and ".join(settled.values())
        msg = f"the decimal mark differs within the file: {shown}"
        raise FieldError(msg)
    if settled:
        return next(iter(settled))
    if unsettled:
        msg = f"{unsettled} may have a decimal mark or a thousands separator"
        raise FieldError(msg)
    return None


def decimals_shown(cores: Iterable[str], mark: Mark) -> frozenset[int]:
    """How many decimals the amounts have that can be read with one mark only.

    >>> sorted(decimals_shown(["12,50", "1.234.567", "1,190", "7"], ","))
    [0, 2]
    """
    sure = (core for core in cores if evidence(core) == {mark})
    return frozenset(len(core.partition(mark)[2]) for core in sure)


def refuse_doubtful(core: str, mark: Mark, shown: frozenset[int]) -> None:
    """Refuse three digits behind the mark where no other amount has so many.

    Read as decimals, what was meant as 1190 would be 1.19: a thousandth of it.

    Args:
        core: Digits and separators.
        mark: The decimal mark of the file.
        shown: What ``decimals_shown`` says of the file.

    Raises:
        FieldError: It may be either.
    """
    both = mark in core and len(evidence(core)) == len(MARKS)
    if both and shown and max(shown) < 3:
        plain = core.replace(mark, "")
        msg = (
            f"{core!r} may be {plain}, or {core.replace(mark, '.')}: no other amount "
            "of the file has three decimals"
        )
        raise FieldError(msg)


def value_of(written: Written, mark: Mark) -> Decimal:
    """Read an amount with the decimal mark known, in major units.

    >>> value_of(dissect("1'234,50 CHF"), ",")
    Decimal('1234.50')

    Raises:
        FieldError: Its separators do not stand where they may.
    """
    core = written.core
    if not _PATTERNS[mark].fullmatch(core) or not any(c.isdigit() for c in core):
        msg = f"{core!r} is not an amount with {mark!r} before the decimals"
        raise FieldError(msg)
    whole, _, decimals = core.partition(mark)
    digits = "".join(c for c in whole if c.isdigit()) or "0"
    amount = Decimal(f"{digits}.{decimals}" if decimals else digits)
    return -amount if written.negative else amount
