"""Which of the records given can be used, and in which order they are read.

They are read some at a time: a record is scattered over the memory, and whatever looks
at its values again finds them in the processor's cache.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import lt
from typing import TypeVar, cast

from payymo_core.errors import RecordError, Rejected
from payymo_core.records import Invoice, Transaction
from payymo_core.soundness import Fault, sound_ids

Record = TypeVar("Record", Transaction, Invoice)

_AT_ONCE = 2048  # records whose values fit into the cache of a core


def some_of(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The records, a few at a time; once even where there are none."""
    for begin in range(0, max(len(records), 1), _AT_ONCE):
        yield records[begin : begin + _AT_ONCE]


def of_kind(
    given: Iterable[Record | Rejected], kind: type[Record]
) -> tuple[list[Record], list[Rejected]]:
    """Records of the kind wanted, and what was or is set aside."""
    everything = list(given)
    if set(map(type, everything)) <= {kind}:
        return cast("list[Record]", everything), []
    records, rejected = [], []
    for record in everything:
        if isinstance(record, kind):
            records.append(record)
        elif isinstance(record, Rejected):
            rejected.append(record)
        else:
            fault = f"is not a {kind.__name__} but a {type(record).__name__}"
            rejected.append(Rejected(record_id="", fault=fault))
    return records, rejected


def in_order(records: Sequence[Record]) -> list[int]:
    """Places of records in the order of their ids.

    Raises:
        RecordError: An id is at fault, or stands twice.
    """
    ids: list[str] = []
    for part in some_of(records):
        named = [record.id for record in part]
        if not sound_ids(named):
            msg = "an id is at fault"
            raise RecordError(msg)
        ids += named
    places = list(range(len(records)))
    if not all(map(lt, ids, islice(ids, 1, None))):
        places.sort(key=ids.__getitem__)
        if len(set(ids)) < len(ids):
            msg = "an id stands twice"
            raise RecordError(msg)
    return places


def usable(
    records: Iterable[Record], fault_of: Callable[[Record], Fault | None]
) -> tuple[list[Record], list[Rejected]]:
    """The records that columns can be made of, and the others with their faults."""
    sound, rejected = [], []
    for record in records:
        found = fault_of(record)
        if found is None:
            sound.append(record)
        else:
            field, fault = found
            rejected.append(_set_aside(record, fault, field))
    repeated = repeats(sound)
    rejected += [
        _set_aside(sound[place], fault, "id") for place, (fault, _) in repeated.items()
    ]
    return [r for place, r in enumerate(sound) if place not in repeated], rejected


def repeats(records: Sequence[Record]) -> dict[int, tuple[str, list[int]]]:
    """Records that are one too many of their id.

    Equal records of one id are one, the first; of differing ones none can be trusted.

    Returns:
        For the place of each, what is wrong, and the places of all that carry its id.
    """
    if len({record.id for record in records}) == len(records):
        return {}
    carriers: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        carriers.setdefault(record.id, []).append(place)
    out: dict[int, tuple[str, list[int]]] = {}
    for held in carriers.values():
        if all(records[place] == records[held[0]] for place in held):
            fault = "duplicate id: the same record was given before"
            out.update(dict.fromkeys(held[1:], (fault, held)))
        else:
            fault = f"duplicate id: {len(held)} different records carry it"
            out.update(dict.fromkeys(held, (fault, held)))
    return out


def _set_aside(record: Transaction | Invoice, fault: str, field: str) -> Rejected:
    name: object = record.id
    record_id = name if isinstance(name, str) else ""
    return Rejected(record_id=record_id, fault=fault, field=field)
