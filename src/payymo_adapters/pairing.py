"""Entries of a list paired one to one with the transactions that are known."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum, unique
from typing import TypeVar

from attrs import define, field

from payymo_adapters.banking import BankId, Period
from payymo_adapters.sightings import (
    Known,
    agreement,
    content,
    contradict,
    ids_differ,
    near,
    same_sum,
    same_value_date,
)

T = TypeVar("T")


@unique
class DoubtReason(StrEnum):
    """Why an entry can be told neither from a known one nor for one."""

    LISTED_TWICE = "listed_twice"
    OTHER_ID = "other_id"
    OTHER_DAY = "other_day"
    OTHER_WORDS = "other_words"


@define
class Pairing:
    """Entries of a list paired one to one with what is known.

    Attributes:
        matched: Place in the list -> place among the known.
        doubts: Place in the list -> place among the known, and why.
    """

    seen: Sequence[Known]
    known: Sequence[Known]
    period: Period
    matched: dict[int, int] = field(factory=dict)
    doubts: dict[int, tuple[int, DoubtReason]] = field(factory=dict)
    taken: set[int] = field(factory=set)

    def pair(self) -> None:
        """Pair all that can be; what is left over is new."""
        self._by_words()
        self._by_id()
        self._by_absence()

    def _by_words(self) -> None:
        """Same day and same words: as often as it stands there, it is known."""
        groups = _grouped(range(len(self.known)), lambda k: content(self.known[k]))
        twins = _grouped(range(len(self.seen)), lambda n: content(self.seen[n]))
        for said, ns in twins.items():
            self._pair_twins(ns, groups.get(said, []))

    def _pair_twins(self, ns: Sequence[int], ks: Sequence[int]) -> None:
        twins = (*(self.seen[n] for n in ns), *(self.known[k] for k in ks))
        if not any(one.ids or one.balance_after is not None for one in twins):
            # Nothing tells them apart: of a thousand none is compared with another.
            for n, k in zip(ns, ks, strict=False):
                self._match(n, k)
            return
        ranked = sorted(
            (-agreement(self.seen[n], self.known[k]), n, k)
            for n in ns
            for k in ks
            if not contradict(self.seen[n], self.known[k])
        )
        for _, n, k in ranked:
            if n not in self.matched and k not in self.taken:
                self._match(n, k)
        left = [k for k in ks if k not in self.taken]
        for n in [n for n in ns if n not in self.matched][: len(left)]:
            self._doubt_twin(n, left)

    def _doubt_twin(self, n: int, left: list[int]) -> None:
        # A bank that numbers anew every day is doubted once, not once a day.
        waiting = [k for k in left if self.known[k].doubtful]
        if waiting:
            self._match(n, waiting[0])
            left.remove(waiting[0])
        else:
            self.doubts[n] = (left.pop(0), DoubtReason.OTHER_ID)

    def _by_id(self) -> None:
        """The same id and amount, though the bank moved it or words it otherwise."""
        held: dict[BankId, list[int]] = defaultdict(list)
        for k, known in self._free():
            for each in known.ids:
                held[each].append(k)
        claims = {
            n: sorted(
                {k for i in one.ids for k in held[i] if same_sum(one, self.known[k])}
            )
            for n, one in self._open()
        }
        often = Counter(k for ks in claims.values() for k in ks)
        for n, ks in claims.items():
            if len(ks) == 1 and often[ks[0]] == 1 and self._is_due(n, ks[0]):
                self._match(n, ks[0])
            elif ks and not ids_differ(self.seen[n], self.known[ks[0]]):
                self.doubts[n] = (ks[0], DoubtReason.OTHER_DAY)

    def _is_due(self, n: int, k: int) -> bool:
        """Whether the known one would have to be in the list, or shares a day."""
        one, known = self.seen[n], self.known[k]
        if one.day == known.day or same_value_date(one, known):
            return True
        return known.day is None or known.day in self.period

    def _by_absence(self) -> None:
        """A known one of these days is not listed, and an unknown one has its amount.

        A bank that moved or reworded it, or another payment: nobody can tell, except
        where nothing but the day of booking differs.
        """
        gone = _grouped(
            (k for k, known in self._free() if known.day and known.day in self.period),
            lambda k: (self.known[k].amount, self.known[k].currency),
        )
        claims = {
            n: [
                k
                for k in gone.get((one.amount, one.currency), [])
                if near(one, self.known[k]) and not ids_differ(one, self.known[k])
            ]
            for n, one in self._open()
        }
        often = Counter(k for ks in claims.values() for k in ks)
        for n, ks in claims.items():
            if not ks:
                continue
            one, known = self.seen[n], self.known[ks[0]]
            same = one.said == known.said
            if same and len(ks) == often[ks[0]] == 1 and same_value_date(one, known):
                self._match(n, ks[0])
            else:
                reason = DoubtReason.OTHER_DAY if same else DoubtReason.OTHER_WORDS
                self.doubts[n] = (ks[0], reason)

    def _match(self, n: int, k: int) -> None:
        self.matched[n] = k
        self.taken.add(k)

    def _free(self) -> Iterator[tuple[int, Known]]:
        return ((k, one) for k, one in enumerate(self.known) if k not in self.taken)

    def _open(self) -> list[tuple[int, Known]]:
        settled = self.matched.keys() | self.doubts.keys()
        return [(n, one) for n, one in enumerate(self.seen) if n not in settled]


def _grouped(places: Iterable[int], key: Callable[[int], T]) -> dict[T, list[int]]:
    groups: dict[T, list[int]] = defaultdict(list)
    for place in places:
        groups[key(place)].append(place)
    return groups
