"""Which invoices of a customer may be paid together, by their sum."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from benchmarks.judge.debtors import Debtor
from benchmarks.world.payments import LARGEST_SET

ALL_BELOW = 12
"""Every choice is listed for a customer that owes no more invoices than this."""
_ANY_SIZE = 3
_SKIPPED = 2
_SKIPPED_AT_LENGTH = 5

Places = tuple[int, ...]


def sums_of(debtor: Debtor, places: Sequence[int]) -> dict[int, list[Places]]:
    """Sets of one to twelve of a customer's invoices by their sum, in minor units.

    All of them where they are few; else any three, and any run in order of their due
    dates that leaves out two at the most.
    """
    owed = [debtor.owed[place].draft.outstanding for place in places]
    found: dict[int, list[Places]] = defaultdict(list)
    for choice in sorted(set(_choices(len(owed)))):
        total = sum(owed[index] for index in choice)
        found[total].append(tuple(places[index] for index in choice))
    return dict(found)


def _choices(count: int) -> Iterator[Places]:
    if count <= ALL_BELOW:
        for size in range(1, min(count, LARGEST_SET) + 1):
            yield from combinations(range(count), size)
        return
    for size in range(1, _ANY_SIZE + 1):
        yield from combinations(range(count), size)
    for begin in range(count):
        for span in range(2, LARGEST_SET + _SKIPPED + 1):
            run = range(begin, min(begin + span, count))
            for skipped in range(_SKIPPED + 1):
                for left_out in combinations(run[1:-1], skipped):
                    chosen = tuple(p for p in run if p not in left_out)
                    if len(chosen) <= LARGEST_SET:
                        yield chosen


def run_of(debtor: Debtor, places: Sequence[int], wanted: int) -> list[Places]:
    """Runs in order of their due dates of this sum, that leave out five at the most.

    For who owes so much that ``sums_of`` does not list them all.
    """
    owed = [debtor.owed[place].draft.outstanding for place in places]
    found: list[Places] = []

    def grow(chosen: tuple[int, ...], left: int, skips: int) -> None:
        if left == 0:
            found.append(tuple(places[index] for index in chosen))
            return
        if len(chosen) == LARGEST_SET:
            return
        begin = chosen[-1] + 1
        for index in range(begin, min(begin + skips + 1, len(owed))):
            if owed[index] <= left:
                grow((*chosen, index), left - owed[index], skips - (index - begin))

    for index, amount in enumerate(owed):
        grow((index,), wanted - amount, _SKIPPED_AT_LENGTH)
    return [places for places in found if len(places) > 1]
