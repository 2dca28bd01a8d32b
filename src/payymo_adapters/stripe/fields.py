"""Reading what Stripe sends, field by field; a fault names the field, never its value.

An answer may hold a token or what a card holder is called; neither belongs into an
error, so only the kind of what was found is told.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from payymo_adapters.errors import FieldError

T = TypeVar("T")

# Stripe's own bound is 12 digits; 15 stay exact wherever they go.
_TOO_LARGE = 10**15
_YEAR_10000 = 253_402_300_800
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    Decimal: "a number with decimals",
    type(None): "null",
}


def decode(body: bytes) -> "Fields":
    """Read a body that has to be an object of JSON.

    Raises:
        FieldError: It is none.
    """
    try:
        data = _DECODER.decode(body.decode())
        # Half of a surrogate pair can be escaped, and then nothing can be written.
        json.dumps(data, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError):
        # From None: what is wrong with it would be shown with a piece of it.
        msg = "not JSON in UTF-8"
        raise FieldError(msg) from None
    return Fields(data)


def _no_number(_: str) -> NoReturn:
    raise ValueError


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number)


class Fields:
    """An object of JSON; what is unknown in it is left alone, as Stripe adds fields."""

    def __init__(self, value: object) -> None:
        """Take an object.

        Raises:
            FieldError: It is none.
        """
        if type(value) is not dict:
            _refuse(value, "an object")
        self._held: Mapping[str, Any] = value

    def __contains__(self, key: str) -> bool:
        return self._held.get(key) is not None

    def whole(self, key: str) -> int:
        """A whole number; true is none."""
        found = self._held.get(key)
        if type(found) is not int or not -_TOO_LARGE < found < _TOO_LARGE:
            _refuse(found, "a whole number of at most 15 digits", key)
        return found

    def text(self, key: str) -> str:
        """A text with something in it."""
        found = self._held.get(key)
        if type(found) is not str or not found.strip():
            _refuse(found, "a text", key)
        return found

    def words(self, key: str) -> str:
        """A text, or "" where there is none."""
        found = self._held.get(key)
        if found is None:
            return ""
        if type(found) is not str:
            _refuse(found, "a text", key)
        return found

    def truth(self, key: str) -> bool:
        """True or false."""
        found = self._held.get(key)
        if type(found) is not bool:
            _refuse(found, "true or false", key)
        return found

    def time(self, key: str) -> datetime:
        """Seconds since 1970, as a time in UTC."""
        found = self._held.get(key)
        if type(found) is not int or not 0 <= found < _YEAR_10000:
            _refuse(found, "a time in seconds since 1970", key)
        return datetime.fromtimestamp(found, UTC)

    def rate(self, key: str) -> Decimal | None:
        """A positive number with decimals, or none."""
        found = self._held.get(key)
        if found is None:
            return None
        if type(found) not in (int, Decimal) or not 0 < found < _TOO_LARGE:
            _refuse(found, "a positive number", key)
        return Decimal(found)

    def currency(self, key: str = "currency") -> str:
        """A currency code, in capitals."""
        found = self.text(key)
        if len(found) != 3 or not (found.isascii() and found.isalpha()):
            _refuse(found, "a currency code of three letters", key)
        return found.upper()

    def strings(self, key: str) -> dict[str, str]:
        """An object of texts, empty where there is none."""
        found = self._held.get(key)
        if found is None:
            return {}
        if type(found) is not dict:
            _refuse(found, "an object of texts", key)
        for name, value in found.items():
            if type(value) is not str:
                _refuse(value, "a text", f"{key}.{name[:40]}")
        return dict(found)

    def reference(self, key: str) -> str:
        """The id of another object, itself there or not; "" where there is none."""
        found = self._held.get(key)
        if type(found) is dict:
            return self.of(key, lambda held: held.text("id"))
        return self.words(key)

    def expanded(self, key: str) -> "Fields | None":
        """Another object, asked for in full; None where only its id is there."""
        found = self._held.get(key)
        return Fields(found) if type(found) is dict else None

    def of(self, key: str, read: Callable[["Fields"], T]) -> T:
        """What is read from the object under a key; a fault names the way there.

        Raises:
            FieldError: It is no object, or what is read is at fault.
        """
        try:
            return read(Fields(self._held.get(key)))
        except FieldError as error:
            raise error.under(key) from None

    def each(self, key: str, read: Callable[["Fields"], T]) -> tuple[T, ...]:
        """What is read from each object of a list; a fault names its place, from 0.

        Raises:
            FieldError: It is no list, or what is read is at fault.
        """
        found = self._held.get(key)
        if type(found) is not list:
            _refuse(found, "a list", key)
        read_ones = []
        for place, item in enumerate(found):
            try:
                read_ones.append(read(Fields(item)))
            except FieldError as error:
                raise error.under(str(place)).under(key) from None
        return tuple(read_ones)


def _refuse(value: object, wanted: str, key: str = "") -> NoReturn:
    msg = f"{_KINDS.get(type(value), 'something')} is there, not {wanted}"
    raise FieldError(msg, key)
