"""Ids that a file gives twice, told with the places where they stand.

The engine sets such records aside as well, but a record does not know its line: that
only its reader does.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from payymo_core.errors import Rejected
from payymo_core.records import Invoice, Transaction
from payymo_core.sifting import repeats

T = TypeVar("T", Transaction, Invoice)
# A file joined from a thousand others need not name them all.
_MOST_NAMED = 3


def without_repeats(
    found: Sequence[T | Rejected], where: Callable[[int], str]
) -> list[T | Rejected]:
    """Reject what is one too many of its id, as the engine does, and say where.

    Args:
        found: What a reader read, in the order of the file.
        where: File and line of each, by its place among them.
    """
    out = list(found)
    held = [n for n, record in enumerate(found) if not isinstance(record, Rejected)]
    records = [record for record in found if not isinstance(record, Rejected)]
    for place, (fault, carriers) in repeats(records).items():
        others = [where(held[n]) for n in carriers if n != place]
        named = ", ".join(others[:_MOST_NAMED])
        more = f" and {len(others) - _MOST_NAMED} more" * (len(others) > _MOST_NAMED)
        out[held[place]] = Rejected(
            record_id=records[place].id,
            fault=f"{fault} (also {named}{more})",
            field="id",
            where=where(held[place]),
        )
    return out
