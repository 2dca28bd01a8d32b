"""Whether values are what their fields declare: every fault, each with its path."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import TypeVar, get_args, get_origin

from attrs import NOTHING, AttrsInstance, fields, has

Arguments = dict[str, object]
"""Names of an attrs class's fields, and values to make one with."""
Faults = tuple[str, ...]
"""What is wrong, a line each; each begins with the path of a field."""

Made = TypeVar("Made", bound=AttrsInstance)


def joined(path: str, key: str) -> str:
    """The path of a field of what stands at a path.

    >>> joined("", "thresholds"), joined("thresholds", "match")
    ('thresholds', 'thresholds.match')
    """
    return f"{path}.{key}" if path else key


def made(kind: type[Made], arguments: Arguments, path: str = "") -> Made:
    """Make a value of what could be read of it, so that the faults of that show too.

    A required field that could not be read has its fault already: its path, a text
    like no other, stands in for it.
    """
    missing = [f.name for f in fields(kind) if f.default is NOTHING]
    return kind(**dict.fromkeys(missing, path) | arguments)


def well_typed(value: AttrsInstance, path: str = "") -> tuple[Arguments, Faults]:
    """The fields that hold what they declare.

    Args:
        value: Of a class whose fields are numbers, texts, enumerations, such classes
            again, or tuples of one of these.
        path: Of the value.

    Returns:
        Arguments to make it anew, in which nothing is left of another type; and what
        was.
    """
    arguments: Arguments = {}
    faults: Faults = ()
    for field in fields(type(value)):
        at = joined(path, field.name)
        held, found = _as_declared(getattr(value, field.name), field.type, at)
        if held is not None:
            arguments[field.name] = held
        faults += found
    return arguments, faults


def _as_declared(value: object, kind: object, path: str) -> tuple[object, Faults]:
    """A value, or None where it is of another type; and the faults in it."""
    if isinstance(kind, type) and has(kind):
        if isinstance(value, kind):
            arguments, faults = well_typed(value, path)
            return made(kind, arguments, path), faults
        # A stand-in, so that the places of the others in a tuple stay theirs.
        return made(kind, {}, path), (_fault(value, kind, path),)
    if get_origin(kind) is not tuple:
        held = _is(value, kind)
        return (value, ()) if held else (None, (_fault(value, kind, path),))
    if not isinstance(value, tuple):
        return None, (f"{path}: {value!r} is not a tuple",)
    inner = get_args(kind)[0]
    parts = [_as_declared(v, inner, f"{path}[{n}]") for n, v in enumerate(value)]
    whole = all(part is not None for part, _ in parts)
    faults = tuple(fault for _, found in parts for fault in found)
    return (tuple(part for part, _ in parts) if whole else None), faults


def _is(value: object, kind: object) -> bool:
    if isinstance(kind, UnionType):
        return any(_is(value, part) for part in get_args(kind))
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (float, int) if kind is float else kind)  # type: ignore[arg-type]  # a class


def _fault(value: object, kind: object, path: str) -> str:
    wanted = get_args(kind)[0] if isinstance(kind, UnionType) else kind
    assert isinstance(wanted, type)
    name = wanted.__name__
    choice = ""
    if issubclass(wanted, Enum):
        choice = f": {', '.join(f'{name}.{member.name}' for member in wanted)}"
    article = "an" if name[0] in "Ei" else "a"
    return f"{path}: {value!r} is not {article} {name}{choice}"


Bounds = Mapping[str, tuple[Callable[[float | Decimal], bool], str]]
"""By name of a field: what its number keeps to, and the words for one that does not."""


def beyond(value: AttrsInstance, bounds: Bounds, path: str) -> Iterator[str]:
    """The numbers of a well typed value that do not keep to their bounds."""
    for name, (hold, words) in bounds.items():
        number: float | Decimal = getattr(value, name)
        # What is not a number cannot even be compared, where it is a Decimal.
        unknown = isinstance(number, Decimal) and number.is_nan()
        if unknown or not hold(number):
            yield f"{joined(path, name)}: {number} {words}"
