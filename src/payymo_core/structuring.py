"""Plain data to a ruleset's values: every fault with its path, not only the first."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin

from attrs import NOTHING, AttrsInstance, fields, has
from cattrs import BaseValidationError, Converter

from payymo_core.declarations import Arguments, Faults, joined, made


def structured(
    given: Mapping[str, object], kind: type[AttrsInstance]
) -> tuple[Arguments, Faults]:
    """Arguments for an attrs class from a parsed document.

    Args:
        given: Keys and plain values, as tomllib returns them.
        kind: The class; its fields may be attrs classes, or tuples of them.

    Returns:
        The arguments that could be read, and a fault for each that could not, with the
        path of its key.
    """
    return _fields(given, kind, "")


def _fields(
    given: object, kind: type[AttrsInstance], path: str
) -> tuple[Arguments, Faults]:
    if not isinstance(given, Mapping):
        return {}, (f"{path}: a table is wanted, not {given!r}",)
    known = {field.name: field for field in fields(kind)}
    faults = [
        f"{joined(path, key)}: is not a key here; known are {', '.join(known)}"
        for key in given
        if key not in known
    ]
    out: Arguments = {}
    for name, field in known.items():
        if name in given:
            value, found = _value(given[name], field.type, joined(path, name))
            faults += found
            if value is not None:
                out[name] = value
        elif field.default is NOTHING:
            faults.append(f"{joined(path, name)}: is missing")
    return out, tuple(faults)


def _value(  # type: ignore[explicit-any]
    given: object,
    kind: Any,  # any annotation
    path: str,
) -> tuple[object, Faults]:
    if isinstance(kind, type) and has(kind):
        return _built(given, kind, path)
    inner = get_args(kind)
    if get_origin(kind) is tuple and isinstance(inner[0], type) and has(inner[0]):
        if not isinstance(given, list):
            return (), (f"{path}: a list of tables is wanted, not {given!r}",)
        parts = [
            _built(item, inner[0], f"{path}[{place}]")
            for place, item in enumerate(given)
        ]
        faults = tuple(fault for _, found in parts for fault in found)
        return tuple(part for part, _ in parts), faults
    try:
        return _converter().structure(given, kind), ()
    except (BaseValidationError, ValueError, TypeError):
        return None, (f"{path}: {given!r} is not {_wanted(kind)}",)


def _built(
    given: object, kind: type[AttrsInstance], path: str
) -> tuple[object, Faults]:
    arguments, faults = _fields(given, kind, path)
    return made(kind, arguments, path), faults


def _wanted(kind: Any) -> str:  # type: ignore[explicit-any]  # any annotation
    if get_origin(kind) is tuple:
        return f"a list, each {_wanted(get_args(kind)[0]).removeprefix('a ')}"
    if isinstance(kind, UnionType):
        return _wanted(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"one of {', '.join(kind)}"
    words = {str: "a text", int: "a whole number", float: "a number"}
    return words.get(kind, "a decimal as text, as '2.50'")


@cache
def _converter() -> Converter:
    converter = Converter()
    for kind, read in ((Decimal, _decimal), (float, _float), (int, _int), (str, _str)):
        converter.register_structure_hook(kind, read)
    return converter


def _decimal(value: object, _: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise ValueError from error


def _float(value: object, _: object) -> float:
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise TypeError
    return float(value)


def _int(value: object, _: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _str(value: object, kind: type[str]) -> str:
    """A text; or one of an enum's, for an enum of texts is a text to cattrs."""
    if not isinstance(value, str):
        raise TypeError
    return kind(value)
