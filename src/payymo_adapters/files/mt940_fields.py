"""One field of a SWIFT statement, its content parsed by the mt-940 library."""

import re
from typing import Any

from attrs import frozen
from mt940.models import Amount, Balance, Transactions
from mt940.options import Options
from mt940.processors import date_fixup_pre_processor
from mt940.tags import (
    BalanceBase,
    FloorLimitIndicator,
    StatementGLS,
    Tag,
)
from mt940.tags import Statement as StatementLine

from payymo_adapters.errors import FieldError
from payymo_adapters.files.texts import one_line

OPENING, CLOSING = ("60F", "60M", "60"), ("62F", "62M", "62")
"""Tags of balances."""
FLOOR = "34F"
"""Tag of the floor limit, which MT942 alone has."""

_TAGS: dict[str, Tag] = {
    FLOOR: FloorLimitIndicator(),
    **dict.fromkeys((*OPENING, *CLOSING, "64"), BalanceBase()),
}
_LINE, _LINE_LONG_REFERENCE = StatementLine(), StatementGLS()
# The library's patterns take the beginning of an amount for the whole of it, and let
# what follows pass as text. A whole amount ends where the type of the entry begins
# (1!a3!c); without its comma only one of SWIFT's own types tells that from a letter O.
_WHOLE_ENTRY = re.compile(
    r"[0-9]*,[0-9]*(?=[A-Z]|//|\n|$)|[0-9]+(?=[FNS][A-Z0-9 ]{3})", re.IGNORECASE
)
_WHOLE_BALANCE = re.compile(r"[0-9]+(?:,[0-9]*)?(?= *(?:\n|$))")


@frozen
class Field:
    """One field: the line it begins on, its tag and its lines."""

    line: int
    tag: str
    lines: tuple[str, ...]

    @property
    def content(self) -> str:
        """All of its lines."""
        return "\n".join(self.lines).strip()


def currency_of(each: Field) -> str:
    """Currency that a balance names, whether or not its amount can be read, or ""."""
    tag = _TAGS.get(each.tag)
    found = tag.re.match(each.content) if tag else None
    return found["currency"].upper() if found and found["currency"].isalpha() else ""


def money_of(each: Field) -> Amount | None:
    """Amount of a balance; None where it cannot be read."""
    try:
        found = _parse(_TAGS[each.tag], each.content, "")
    except FieldError:
        return None
    held = next(iter(found.values()))
    amount = held.amount if isinstance(held, Balance) else held
    if isinstance(amount, Amount) and (amount.currency or "").isalpha():
        return amount
    return None


def parse_entry(entry: Field, currency: str) -> dict[str, Any]:
    """Parts of a field 61, by the library's names.

    Raises:
        FieldError: It is not of its form, or no currency is known.
    """
    head, *rest = entry.lines
    value = f"{head.strip()}\n{one_line(' '.join(rest))}".strip()
    if not currency:
        msg = "no balance of the statement names a currency"
        raise FieldError(msg, "currency")
    return _parse(_LINE_LONG_REFERENCE if "//" in head else _LINE, value, currency)


def _parse(tag: Tag, value: str, currency: str) -> dict[str, Any]:
    """Let the library read one field.

    Its ``Tag.parse`` is not called because that logs the payer's data on a fault.
    """
    found = tag.re.match(value)
    is_entry = isinstance(tag, StatementLine)
    field = "61" if is_entry else ""
    if not found:
        msg = f"{value[:60]!r} is not of the form SWIFT lays down"
        raise FieldError(msg, field)
    whole = (_WHOLE_ENTRY if is_entry else _WHOLE_BALANCE).match(
        value, found.start("amount")
    )
    if not whole or whole.end() != found.end("amount"):
        msg = f"{value[:60]!r} holds an amount that is not written as '1234,56'"
        raise FieldError(msg, field)
    parts: dict[str, Any] = found.groupdict()
    library = Transactions(options=Options.all())
    if currency:
        parts["currency"] = currency
    try:
        if is_entry:
            # The 30th of February is when German interest is due.
            date_fixup_pre_processor(library, tag, parts)
        return dict(tag(library, parts))
    except (ValueError, ArithmeticError) as error:
        msg = f"{value[:60]!r} holds an impossible date or amount ({error})"
        raise FieldError(msg, field) from None
