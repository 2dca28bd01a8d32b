"""Dates as banks and bookkeepers write them, read by rule and never by guess."""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum, unique

from payymo_adapters.errors import FieldError


@unique
class DateOrder(StrEnum):
    """In which order day, month and year stand."""

    DAY_FIRST = "DMY"
    MONTH_FIRST = "MDY"
    YEAR_FIRST = "YMD"


_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.]?)([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_NAMED = re.compile(r"([0-9]{1,2})[ .-]+([^\W\d]{3,})[ .-]+([0-9]{4}|[0-9]{2})")
_NAMED_FIRST = re.compile(r"([^\W\d]{3,})\.? ([0-9]{1,2}),? ([0-9]{4})")
_TIME = re.compile(r"[T ,]+[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?.*$")
# How the names of the months begin, in the languages of the headers.
_MONTHS = (
    ("jan", "ene", "gen", "sty", "tam"),
    ("feb", "fev", "fév", "lut", "hel"),
    ("mar", "mär", "mrt", "maa", "mrz"),
    ("apr", "avr", "abr", "kwi", "huh"),
    ("may", "mai", "maj", "mei", "mag", "tou"),
    ("jun", "juin", "giu", "cze", "kes"),
    ("jul", "juil", "lug", "lip", "hei"),
    ("aug", "aoû", "aou", "ago", "sie", "elo"),
    ("sep", "set", "wrz", "syy"),
    ("oct", "okt", "ott", "paź", "lok"),
    ("nov", "lis"),
    ("dec", "dez", "déc", "dic", "des", "gru", "jou"),
)
_CENTURY_TURN = 80


def find_order(texts: Iterable[tuple[int, str]]) -> DateOrder | None:
    """Find the order of day and month that the dates of a file share.

    A date with its year in front, with a month's name, or with dots (which nobody
    writes month first) needs none.

    Args:
        texts: Line and text of every date of the file.

    Returns:
        The order of the dates that need one; None where none does.

    Raises:
        FieldError: Some dates can only be the one and some only the other, or none
            settles it.
    """
    settled: dict[DateOrder, str] = {}
    unsettled = ""
    for line, text in texts:
        shown = f"{text[:40]!r} in line {line}"
        found = _YEAR_LAST.fullmatch(_without_time(text))
        if not found or found[2] == ".":
            continue
        first, second = int(found[1]), int(found[3])
        if found[2] == "-" and len(found[4]) == 2:
            unsettled = unsettled or f"{shown} may have its day, month or year first"
        elif first > 12 >= second:
            settled.setdefault(DateOrder.DAY_FIRST, shown)
        elif second > 12 >= first:
            settled.setdefault(DateOrder.MONTH_FIRST, shown)
        elif first != second:
            unsettled = unsettled or f"{shown} may have its day or its month first"
    if len(settled) > 1:
        both = " and ".join(settled.values())
        msg = f"the order of day and month differs within the file: {both}"
        raise FieldError(msg)
    if settled:
        return next(iter(settled))
    if unsettled:
        raise FieldError(unsettled)
    return None


def day_of(text: str, order: DateOrder | None) -> date:
    """Read a date; a time of day behind it is left out.

    Args:
        text: As written.
        order: What ``find_order`` found, or what a mapping says.

    Raises:
        FieldError: It is not a date of the calendar, or not of that order.
    """
    bare = _without_time(text)
    numbers = _numbers(bare, order)
    msg = f"{text[:40]!r} is not a date of the calendar"
    if numbers is None:
        raise FieldError(msg)
    try:
        return date(*numbers)
    except ValueError:
        raise FieldError(msg) from None


def _without_time(text: str) -> str:
    return _TIME.sub("", text.strip())


def _numbers(bare: str, order: DateOrder | None) -> tuple[int, int, int] | None:
    """Year, month and day, still unchecked."""
    if found := _YEAR_FIRST.fullmatch(bare):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _YEAR_LAST.fullmatch(bare):
        return _year_last(found, order)
    if found := _NAMED.fullmatch(bare):
        return _year(found[3]), _month(found[2]), int(found[1])
    if found := _NAMED_FIRST.fullmatch(bare):
        return int(found[3]), _month(found[1]), int(found[2])
    return None


def _year_last(found: re.Match[str], order: DateOrder | None) -> tuple[int, int, int]:
    first, second, last = found[1], found[3], found[4]
    match order:
        case DateOrder.YEAR_FIRST:
            return _year(first), int(second), int(last)
        case DateOrder.MONTH_FIRST:
            return _year(last), int(first), int(second)
        case DateOrder.DAY_FIRST | None:
            return _year(last), int(second), int(first)


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year < _CENTURY_TURN else 1900)


def _month(name: str) -> int:
    """Number of a month by its name; 0 where it is none."""
    folded = name.casefold()
    if folded.startswith("marras"):  # Finnish for November, not for March
        return 11
    found = (n for n, names in enumerate(_MONTHS, start=1) if folded.startswith(names))
    return next(found, 0)
