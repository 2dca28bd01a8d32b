"""A ledger on every worker of Spark, and frames of transactions through it."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import numpy as np

from payymo_core.engine import Matcher
from payymo_core.frames import ArrowFrame, transactions_of
from payymo_core.tabular import MatchColumns


class DataFrame(ArrowFrame, Protocol):
    """A frame that is made of a mapping of names to lists, as that of pandas is."""

    def __init__(self, data: dict[str, list[object]]) -> None: ...


_Frame = TypeVar("_Frame", bound=DataFrame)


def matched(frames: Iterable[_Frame], matcher: Matcher) -> Iterator[_Frame]:
    """Match frames of transactions together, as ``mapInPandas`` brings them.

    Args:
        frames: All transactions that may pay the same invoices.
        matcher: The ledger.

    Yields:
        One frame: ``transaction``, ``outcome``, ``confidence``, ``invoice`` and
        ``amount``; a row an allocation, and one for a match that has none.
    """
    held = list(frames)
    records = [record for frame in held for record in transactions_of(frame)]
    if held:
        found = MatchColumns.of(matcher.match(records))
        yield type(held[0])(_long(found))


def _long(found: MatchColumns) -> dict[str, list[object]]:
    bare = np.setdiff1d(np.arange(len(found.transaction)), found.row)
    row = np.r_[found.row, bare]
    order = np.argsort(row, kind="stable")
    none = np.full(len(bare), None)
    row = row[order]
    return {
        "transaction": found.transaction[row].tolist(),
        "outcome": [str(outcome) for outcome in found.outcome[row]],
        "confidence": found.confidence[row].tolist(),
        "invoice": np.r_[found.invoice, none][order].tolist(),
        "amount": np.r_[found.amount, none][order].tolist(),
    }
