"""Records as a database holds them, and the digest of each.

To hash a row as one text, not value by value, is half the time that it takes to make.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain

from attrs import evolve, field, frozen

from payymo_core.errors import Rejected

Value = str | int | None
Columns = tuple[Sequence[Value], ...]
_SEPARATOR, _NONE = "\x1f", "\0"
_JSON = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


@frozen(eq=False, kw_only=True)
class Rows:
    """Records as they are stored, one list a field.

    Attributes:
        id: What their table knows them by.
        columns: In the order of the table's.
        payload: What the provider sent, word for word.
        digest: Differs where any value or the payload does.
    """

    id: list[str] = field(factory=list)
    columns: Columns = ()
    payload: list[str] = field(factory=list, repr=False)
    digest: list[str] = field(factory=list)

    def __len__(self) -> int:
        return len(self.id)

    def values(self, place: int) -> tuple[Value, ...]:
        """What the columns hold of one."""
        return tuple(column[place] for column in self.columns)


def rows_of(
    ids: list[str], columns: Columns, payloads: list[str]
) -> tuple[Rows, list[int]]:
    """Rows, and the places of those that hold what no database takes as text."""
    lines = _lines(ids, columns, payloads)
    if lines is None:
        return _one_by_one(ids, columns, payloads)
    digests = [blake2b(line, digest_size=16).hexdigest() for line in lines]
    return Rows(id=ids, columns=columns, payload=payloads, digest=digests), []


def _lines(ids: list[str], columns: Columns, payloads: list[str]) -> list[bytes] | None:
    """A line for each; None where not every value is free of separators."""
    # What is not there is not seen twice as fast as what is there is counted.
    given = "".join(chain(ids, *map(_given, columns), payloads))
    if _SEPARATOR in given or _NONE in given:
        return None
    texts = list(map(_texts, columns))
    lines = map(_SEPARATOR.join, zip(*texts, payloads, strict=True))
    try:
        return [line.encode() for line in lines]
    except UnicodeEncodeError:
        return None


def _given(column: Sequence[Value]) -> Iterable[str]:
    """The texts of a column; numbers hold no separator."""
    if int in set(map(type, column)):
        return ()
    return filter(None, column)  # type: ignore[arg-type]


def _texts(column: Sequence[Value]) -> Sequence[str]:
    kinds = set(map(type, column))
    if kinds <= {str}:
        return column  # type: ignore[return-value]
    if kinds == {int}:
        return list(map(str, column))
    if kinds == {type(None)}:
        return [_NONE] * len(column)
    return [_NONE if v is None else v if type(v) is str else str(v) for v in column]


def _one_by_one(
    ids: list[str], columns: Columns, payloads: list[str]
) -> tuple[Rows, list[int]]:
    rows, kept, at_fault = Rows(), [], []
    values = zip(*columns, strict=True)
    for place, row in enumerate(zip(ids, values, payloads, strict=True)):
        try:
            line = _line(*row)
        except ValueError:
            at_fault.append(place)
            continue
        name, held, sent = row
        kept.append(place)
        rows.id.append(name)
        rows.payload.append(sent)
        said = line or _JSON((held, sent)).encode()
        rows.digest.append(blake2b(said, digest_size=16).hexdigest())
    picked = tuple([column[place] for place in kept] for column in columns)
    return evolve(rows, columns=picked), at_fault


def _line(name: str, held: tuple[Value, ...], sent: str) -> bytes:
    """Empty where a value holds a separator.

    Raises:
        ValueError: One holds a character that no text may hold.
    """
    parts = [*_texts([*held, sent])]
    whole = "".join([name, *parts]).encode()
    if whole.count(_NONE.encode()) != held.count(None):
        raise ValueError(name)
    return b"" if _SEPARATOR.encode() in whole else _SEPARATOR.join(parts).encode()


def unwritable(record_id: str, said: Mapping[str, object]) -> Rejected:
    """Say which key holds a NUL, or half of a pair of surrogates."""
    names = [name for name, value in said.items() if any(map(_bad, _words(value)))]
    fault = "holds a character that no text may hold"
    return Rejected(record_id=record_id, fault=fault, field=names[0] if names else "")


def _bad(word: str) -> bool:
    return any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in word)


def _words(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in chain(value.keys(), value.values()):
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    else:
        yield str(value)
