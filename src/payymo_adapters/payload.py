"""What a provider answers, read by name: unknown keys are left alone, faults located.

Providers add keys when they like, and banks behind them leave out what they like; so
what is not asked for is not looked at, and what is asked for is checked.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn, TypeVar

from attrs import field, frozen

from payymo_adapters.errors import FieldError, PayloadError
from payymo_adapters.http import Secret
from payymo_adapters.jsonlines import decode, iso_date

T = TypeVar("T")

_DECIMAL = re.compile(r"[+-]?[0-9]{1,16}(?:\.[0-9]{1,10})?")
_LONGEST_SHOWN = 60


@frozen
class Fields:
    """An object of an answer.

    Attributes:
        path: Where it stands, as ``transactions.booked.3``; "" for the answer itself.
    """

    _held: Mapping[str, object] = field(repr=False)
    path: str = ""

    def __contains__(self, key: str) -> bool:
        return self._held.get(key) is not None

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that stands there, with whatever value."""
        return tuple(self._held)

    @property
    def canonical(self) -> str:
        """All of it as JSON, keys in order: the same text for the same object."""
        return json.dumps(self._held, ensure_ascii=False, sort_keys=True)

    def text(self, key: str) -> str:
        """A string with something in it."""
        found = self.words(key)
        if not found:
            self.refuse(key, "required, and missing or blank")
        return found

    def words(self, key: str) -> str:
        """A string without the blanks around it; "" for null, blank or absent."""
        found = self._held.get(key)
        if found is None:
            return ""
        if not isinstance(found, str):
            self.refuse(key, f"{_shown(found)} is not a string")
        return found.strip()

    def secret(self, key: str) -> Secret:
        """A string that no error may show."""
        found = self._held.get(key)
        if not isinstance(found, str) or not found.strip():
            self.refuse(key, "required, and not a string or blank")
        return Secret(found.strip())

    def number(self, key: str) -> int:
        """A whole number; a boolean or a fraction is none."""
        found = self._held.get(key)
        if type(found) is not int:
            self.refuse(key, f"{_shown(found)} is not a whole number")
        return found

    def decimal(self, key: str) -> Decimal:
        """A decimal string; never a JSON number, which may be a float."""
        found = self.text(key)
        if not _DECIMAL.fullmatch(found):
            self.refuse(key, f"{_shown(found)} is not a plain decimal, as '-12.50'")
        return Decimal(found)

    def day(self, key: str) -> date | None:
        """A date, or the day of a date and time; None for null, blank or absent."""
        found = self.words(key)
        return _day(self, key, found) if found else None

    def moment(self, key: str) -> datetime | None:
        """A date and time with an offset; None for null, blank or absent."""
        found = self.words(key)
        if not found:
            return None
        try:
            moment = datetime.fromisoformat(found)
        except ValueError:
            self.refuse(key, f"{_shown(found)} is not a date and time")
        if moment.tzinfo is None:
            self.refuse(key, f"{_shown(found)} does not say in which time zone")
        return moment

    def fields(self, key: str) -> "Fields":
        """An object; one without keys for null or absent."""
        return _fields(self._held.get(key), self._under(key))

    def list(self, key: str) -> "tuple[Fields, ...]":
        """Objects of a list; none for null or absent."""
        held = self._items(key)
        return tuple(_fields(item, self._under(f"{key}.{n}")) for n, item in held)

    def texts(self, key: str) -> tuple[str, ...]:
        """Strings of a list, the blank ones left out; none for null or absent."""
        found = []
        for n, item in self._items(key):
            if item is not None and not isinstance(item, str):
                self.refuse(f"{key}.{n}", f"{_shown(item)} is not a string")
            if item and item.strip():
                found.append(item.strip())
        return tuple(found)

    def strings(self, key: str) -> dict[str, str]:
        """An object of strings; what is none of them is written as JSON."""
        held = self.fields(key)
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in held._held.items()  # noqa: SLF001 - of this class
            if value is not None
        }

    def refuse(self, key: str, fault: str) -> NoReturn:
        """Say what is wrong with the value of a key."""
        raise FieldError(fault, self._under(key))

    def _items(self, key: str) -> Iterator[tuple[int, object]]:
        found = self._held.get(key)
        if found is None:
            return
        if not isinstance(found, list):
            self.refuse(key, f"{_shown(found)} is not a list")
        yield from enumerate(found)

    def _under(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def read(provider: str, body: bytes, parse: Callable[[Fields], T]) -> T:
    """Read an answer that is an object.

    Args:
        provider: As a person knows it.
        body: As it came.
        parse: What it has to be; may raise ``FieldError``.

    Raises:
        PayloadError: It is not JSON, or not what ``parse`` takes.
    """
    try:
        return parse(_fields(decode(body), ""))
    except FieldError as error:
        raise PayloadError(provider, error.fault, field=error.path) from None


def read_list(
    provider: str, body: bytes, parse: Callable[[Fields], T]
) -> tuple[T, ...]:
    """Read an answer that is a list of objects.

    Raises:
        PayloadError: It is not JSON, or not a list of what ``parse`` takes.
    """
    try:
        return tuple(map(parse, Fields({"": decode(body)}).list("")))
    except FieldError as error:
        path = error.path.lstrip(".")
        raise PayloadError(provider, error.fault, field=path) from None


def _fields(value: object, path: str) -> Fields:
    if value is None:
        return Fields({}, path)
    if not isinstance(value, dict):
        fault = f"{_shown(value)} is not an object"
        raise FieldError(fault, path)
    return Fields(value, path)


def _day(held: Fields, key: str, found: str) -> date:
    try:
        if len(found) > 10 and found[10] in "T ":
            datetime.fromisoformat(found)
        return iso_date(found[:10] if len(found) > 10 and found[10] in "T " else found)
    except (FieldError, ValueError):
        held.refuse(key, f"{_shown(found)} is not a date, as '2026-01-31'")


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    shown = repr(value)
    if len(shown) <= _LONGEST_SHOWN:
        return shown
    return f"{shown[: _LONGEST_SHOWN - 3]}..."
