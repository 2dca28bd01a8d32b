"""JSON Lines, strictly: objects of known keys, and a located fault for all else."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from sys import intern
from typing import Any, NoReturn, TypeVar

from attrs import frozen

from payymo_adapters.errors import FieldError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

Parser = Callable[[object], Any]
"""Turns what JSON holds into a field's value, or raises ``FieldError``."""

_BOM = b"\xef\xbb\xbf"
# No amount may have more than 16 digits; 26 stay exact in any Decimal context.
_DECIMAL = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,10})?")
_DATE_LENGTH = len("2026-01-31")


def object_of(
    build: Callable[..., T], fields: Mapping[str, Parser], required: Sequence[str]
) -> Callable[[object], T]:
    """Make the parser of an object with named fields.

    Args:
        build: Makes the value from the parsed fields, by keyword.
        fields: Key -> parser; any other key is a fault.
        required: Keys that must be there.

    Returns:
        A parser; it raises ``FieldError`` where a key is unknown, missing or holds
        what it may not.
    """
    needed = frozenset(required)

    def parse_object(value: object) -> T:
        if type(value) is not dict:
            _refuse(value, "an object")
        found = {}
        for key, raw in value.items():
            if key not in fields:
                msg = "unknown key"
                raise FieldError(msg, key)
            try:
                found[key] = fields[key](raw)
            except FieldError as error:
                raise error.under(key) from None
        if not needed <= found.keys():
            msg = "required, and missing"
            raise FieldError(msg, next(key for key in required if key not in found))
        return build(**found)

    return parse_object


@frozen
class LineFault:
    """What is wrong with one line.

    Attributes:
        line: Its number, from 1.
        record_id: The id it gives, or "".
        field: The key at fault, as ``customer.ibans.2``, or "".
        fault: In a sentence.
    """

    line: int
    record_id: str
    field: str
    fault: str


def read_objects(
    lines: Iterable[bytes], parse: Callable[[object], T]
) -> Iterator[T | LineFault]:
    """Parse every line that is not blank.

    Args:
        lines: The file's lines; a byte order mark before the first is ignored.
        parse: What each has to be.

    Returns:
        Each line's value, or what is wrong with it.
    """
    return (found for _, found in read_numbered(lines, parse))


def read_numbered(
    lines: Iterable[bytes], parse: Callable[[object], T]
) -> Iterator[tuple[int, T | LineFault]]:
    """As ``read_objects``, each beside the number of its line, from 1."""
    for line, raw in enumerate(lines, start=1):
        content = raw.removeprefix(_BOM) if line == 1 else raw
        if content.isspace() or not content:
            continue
        data: object = None
        try:
            data = decode(content)
            yield line, parse(data)
        except FieldError as error:
            yield line, LineFault(line, _id_of(data), error.path, error.fault)


def _id_of(data: object) -> str:
    found = data.get("id") if isinstance(data, dict) else None
    return found if isinstance(found, str) else ""


def decode(line: bytes) -> object:
    """Read one line of JSON; stricter than ``json``, as a ledger needs it.

    Raises:
        FieldError: Not UTF-8, not JSON, a key twice in one object, NaN or Infinity,
            or a character that is half of a pair.
    """
    try:
        text = line.decode()
        data = _DECODER.decode(text.strip())
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False).encode()
    except FieldError:
        raise
    except UnicodeEncodeError:
        msg = "an escaped character is half of a surrogate pair"
        raise FieldError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"not UTF-8 at byte {error.start + 1} of the line"
        raise FieldError(msg) from None
    except json.JSONDecodeError as error:
        msg = f"not JSON: {error.msg} at column {error.colno}"
        raise FieldError(msg) from None
    except (ValueError, RecursionError):
        # A number of more digits than Python converts, or brackets without end.
        msg = "not JSON that any record could be: too long a number, or too deep"
        raise FieldError(msg) from None
    return data


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        msg = "the key stands twice in one object"
        raise FieldError(msg, twice)
    return found


def _constant(name: str) -> NoReturn:
    msg = f"not JSON: {name} is no number"
    raise FieldError(msg)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _refuse(value: object, wanted: str) -> NoReturn:
    shown = "null" if value is None else repr(value)
    short = shown if len(shown) <= 60 else f"{shown[:57]}..."
    hint = " (leave the key out where it is not known)" if value is None else ""
    msg = f"{short} is not {wanted}{hint}"
    raise FieldError(msg)


def text(value: object) -> str:
    """Take a string, unchanged."""
    if type(value) is not str:
        _refuse(value, "a string")
    return value


def shared_text(value: object) -> str:
    """Take a string of which there are few; equal ones become one."""
    return intern(text(value))


def identifier(value: object) -> str:
    """Take a string with something in it."""
    if type(value) is not str or not value.strip():
        _refuse(value, "an id, a string that is not blank")
    return value


def decimal(value: object) -> Decimal:
    """Take a plain decimal string in major units, as ``"-12.50"``; never a number."""
    if type(value) is not str:
        _refuse(value, 'a decimal string, as "12.50", never a JSON number')
    if not _DECIMAL.fullmatch(value):
        _refuse(value, 'a plain decimal, as "-1234.50"')
    return Decimal(value)


@lru_cache(maxsize=4096)
def _iso_date(value: str) -> date | None:
    # fromisoformat reads the basic and the week form too; those have no dash there.
    if len(value) != _DATE_LENGTH or value[4] != "-" or value[7] != "-":
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def iso_date(value: object) -> date:
    """Take a day of the calendar, as ``"2026-01-31"``."""
    found = _iso_date(value) if type(value) is str else None
    if found is None:
        _refuse(value, 'a date of the calendar, as "2026-01-31"')
    return found


def number(value: object) -> float:
    """Take a finite JSON number."""
    if type(value) not in (int, float) or not isfinite(value):  # type: ignore[arg-type]
        _refuse(value, "a finite number")
    return float(value)  # type: ignore[arg-type]


def probability(value: object) -> float:
    """Take a JSON number in [0, 1]."""
    if type(value) not in (int, float) or not 0 <= value <= 1:  # type: ignore[operator]
        _refuse(value, "a number in [0, 1]")
    return float(value)  # type: ignore[arg-type]


def one_of(kind: type[E]) -> Callable[[object], E]:
    """Take the value of an enumeration."""
    members = {str(member): member for member in kind}
    wanted = "one of " + ", ".join(members)

    def parse(value: object) -> E:
        found = members.get(value) if type(value) is str else None
        if found is None:
            _refuse(value, wanted)
        return found

    return parse


def list_of(parse: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Take a list; a fault names the place in it, from 1."""

    def parse_list(value: object) -> tuple[T, ...]:
        if type(value) is not list:
            _refuse(value, "a list")
        found = []
        for place, item in enumerate(value, start=1):
            try:
                found.append(parse(item))
            except FieldError as error:
                raise error.under(str(place)) from None
        return tuple(found)

    return parse_list


def strings(value: object) -> dict[str, str]:
    """Take an object whose values are strings."""
    if type(value) is not dict:
        _refuse(value, "an object of strings")
    for key, held in value.items():
        if type(held) is not str:
            try:
                _refuse(held, "a string")
            except FieldError as error:
                raise error.under(key) from None
    return value
