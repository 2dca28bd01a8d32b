"""Which invoices a text may name, near misses included: a superset, found quickly."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from benchmarks.judge.citations import spellings
from benchmarks.judge.debtors import Debtor
from benchmarks.judge.notes import HABITS
from benchmarks.world.citing import compact
from benchmarks.world.ledger import Item

_WORD = re.compile(r"[A-Z0-9]+")
_LONGEST_RUN = 6
_SHORTEST = 3

Owner = tuple[int, str]
"""A debtor, and the id of one of its invoices."""


@frozen
class Finds:
    """Where written numbers lead.

    Attributes:
        exact: By the letters and digits of a written number.
        near: By the same less any one of them.
    """

    exact: dict[str, list[Owner]]
    near: dict[str, list[Owner]]


def finds(debtors: Sequence[Debtor]) -> Finds:
    """Index every way to write every number."""
    exact: dict[str, list[Owner]] = defaultdict(list)
    near: dict[str, list[Owner]] = defaultdict(list)
    for debtor in debtors:
        for item in (*debtor.owed, *debtor.closed):
            owner = (debtor.place, item.invoice.id)
            for key in _keys(item):
                exact[key].append(owner)
                for less in _deletions(key):
                    near[less].append(owner)
    return Finds(dict(exact), dict(near))


def _keys(item: Item) -> set[str]:
    written = {
        compact(text) for habit in HABITS for text in spellings(item.number, habit)
    }
    others = (item.invoice.creditor_reference, *item.invoice.references.values())
    return written | {compact(other) for other in others if other}


def _deletions(key: str) -> set[str]:
    return {key[:at] + key[at + 1 :] for at in range(len(key))}


def runs(texts: Iterable[str]) -> set[str]:
    """The words of texts, and neighbouring words put together."""
    return {run for text in texts for run in _runs(text)}


def _runs(text: str) -> Iterator[str]:
    words = _WORD.findall(text.upper())
    for begin in range(len(words)):
        for end in range(begin + 1, min(begin + _LONGEST_RUN, len(words)) + 1):
            yield "".join(words[begin:end])


def found(index: Finds, words: Iterable[str]) -> tuple[set[Owner], set[Owner]]:
    """What these words name, and what they nearly name."""
    named: set[Owner] = set()
    nearly: set[Owner] = set()
    for word in words:
        if len(word) < _SHORTEST:
            continue
        named.update(index.exact.get(word, ()))
        nearly.update(index.near.get(word, ()))
        for less in _deletions(word):
            nearly.update(index.exact.get(less, ()))
            nearly.update(index.near.get(less, ()))
    return named, nearly - named
