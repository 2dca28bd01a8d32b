"""Which of a few amounts add up to a target."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from payymo_core.keys import Ints, expand

MOST_ENUMERATED = 12
"""Up to so many amounts every subset is formed."""
MOST_MET = 26
"""Up to so many amounts every subset is formed in two halves."""
MOST_ANSWERS = 200
"""Of an amount that more subsets hit, a few likely ones tell as much."""
MOST_MEMBERS = 12
"""Members of a subset, at most."""
_MOST_SUMS = 1 << 21


def enumerate_sums(amounts: Ints, targets: Ints) -> tuple[Ints, Ints]:
    """Every subset that hits its target, for many rows of equally many amounts.

    A target that more than ``MOST_ANSWERS`` of them hit has none: nothing tells which.

    Args:
        amounts: One row a search, at most ``MOST_ENUMERATED`` columns; minor units.
        targets: One a row.

    Returns:
        Row and bit mask (bit n stands for column n) of each answer.
    """
    columns = amounts.shape[1]
    rows, masks = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for begin, block in _blocks(amounts, 1 << columns):
        sums = np.zeros((len(block), 1 << columns), np.int64)
        for column in range(columns):
            half = 1 << column
            sums[:, half : 2 * half] = sums[:, :half] + block[:, column, None]
        hits = sums == targets[begin : begin + len(block), None]
        hits &= (hits.sum(axis=1) <= MOST_ANSWERS)[:, None]
        row, mask = np.nonzero(hits)
        rows.append(row + begin)
        masks.append(mask)
    return np.concatenate(rows), np.concatenate(masks)


def met_sums(amounts: Ints, target: int) -> Ints | None:
    """Every subset that hits the target, as bit masks, by meeting in the middle.

    Each half forms its own sums, and for every sum of one half the other is asked for
    the rest (Horowitz and Sahni 1974): two square roots of the work of forming all.

    Args:
        amounts: At most ``MOST_MET`` of them; minor units.
        target: Minor units.

    Returns:
        The masks in rising order, or None where more than ``MOST_ANSWERS`` hit it.
    """
    half = len(amounts) // 2
    low, high = _all_sums(amounts[:half]), _all_sums(amounts[half:])
    order = high.argsort()
    asked, begin, count = _met(high[order], target - low)
    if not len(asked):
        return asked
    if count.sum() > MOST_ANSWERS:
        return None
    which, place = expand(begin, count)
    return np.sort(asked[which] | order[place] << half)


def _met(held: Ints, wanted: Ints) -> tuple[Ints, Ints, Ints]:
    """Which of the sums wanted are among sorted ones, from where on, and how often."""
    begin = held.searchsorted(wanted)
    asked = np.flatnonzero(held[np.minimum(begin, len(held) - 1)] == wanted)
    begin = begin[asked]
    return asked, begin, held.searchsorted(wanted[asked], "right") - begin


def _all_sums(amounts: Ints) -> Ints:
    """The sum of every subset; bit n of its place stands for amount n."""
    sums = np.zeros(1 << len(amounts), np.int64)
    for place, amount in enumerate(amounts.tolist()):
        half = 1 << place
        np.add(sums[:half], amount, out=sums[half : 2 * half])
    return sums


def likely_sums(amounts: Ints, targets: Ints, most: int) -> tuple[Ints, Ints]:
    """The subsets that people pay, among too many amounts to form every one.

    Runs of neighbours (the oldest, a month's, all), any two, three or four, and the
    oldest so many but one or two.

    Args:
        amounts: One row a search, the oldest amount first; minor units.
        targets: One a row.
        most: Members of a subset, at most.

    Returns:
        Row and members (places in rising order, padded with -1) of each answer.
    """
    columns = amounts.shape[1]
    table = _choices(columns, most)
    rows = [np.zeros(0, np.int64)]
    places = [np.zeros((0, MOST_MEMBERS), np.int64)]
    start, stop = _runs(columns, most)
    for begin, block in _blocks(amounts, len(table) + len(start)):
        wanted = targets[begin : begin + len(block), None]
        sums = np.zeros((len(block), columns + 1), np.int64)
        np.cumsum(block, axis=1, out=sums[:, 1:])
        row, run = np.nonzero(sums[:, stop] - sums[:, start] == wanted)
        rows.append(row + begin)
        places.append(_spelt(start[run], stop[run]))
        padded = np.concatenate([block, np.zeros((len(block), 1), np.int64)], axis=1)
        total = padded[:, table[:, 0]] + padded[:, table[:, 1]] + padded[:, table[:, 2]]
        row, choice = np.nonzero(total == wanted)
        member = np.full((len(row), MOST_MEMBERS), -1)
        member[:, :3] = np.where(table[choice] == columns, -1, table[choice])
        rows.append(row + begin)
        places.append(member)
    for at in range(len(amounts)):
        found = [_oldest_but_few(amounts[at], int(targets[at]), most)]
        if most >= 4:
            found.append(_quadruples(amounts[at], int(targets[at])))
        for member in found:
            rows.append(np.full(len(member), at))
            places.append(member)
    return np.concatenate(rows), np.concatenate(places)


def _quadruples(amounts: Ints, target: int) -> Ints:
    """Four amounts each that hit the target: two pairs whose sums do (SCALE 3).

    Runs of four neighbours are left to ``_runs``.
    """
    first, second = _pairs(len(amounts))
    sums = amounts[first] + amounts[second]
    order = np.argsort(sums, kind="stable")
    asked, begin, count = _met(sums[order], target - sums)
    which, place = expand(begin, count)
    one, other = asked[which], order[place]
    four = np.column_stack([first[one], second[one], first[other], second[other]])
    # Of the three ways to part four into pairs, the one that is in order.
    four = four[four[:, 1] < four[:, 2]]
    four = four[four[:, 3] - four[:, 0] > 3]
    out = np.full((len(four), MOST_MEMBERS), -1)
    out[:, :4] = four
    return out


def _oldest_but_few(amounts: Ints, target: int, most: int) -> Ints:
    """The oldest so many without one or two, where that hits the target.

    What is left out of them must sum to what they are too many by.
    """
    count = len(amounts)
    first, second = _pairs(count)
    one = np.concatenate([np.arange(count), first])
    two = np.concatenate([np.full(count, -1), second])
    sums = np.concatenate([amounts, amounts[first] + amounts[second]])
    order = np.argsort(sums, kind="stable")
    asked, begin, found = _met(sums[order], np.cumsum(amounts) - target)
    which, place = expand(begin, found)
    last, out = asked[which], order[place]
    one, two = one[out], two[out]
    size = last + 1 - 1 - (two >= 0)
    # The newest of them is none that is left out: that were a shorter row of oldest.
    keep = (np.maximum(one, two) < last) & (size >= 5) & (size <= most)
    # Without the very oldest alone it is a run.
    keep &= (one > 0) | (two > 1)
    places = np.arange(count)
    held = places <= last[keep, None]
    held &= (places != one[keep, None]) & (places != two[keep, None])
    member = np.full((len(held), MOST_MEMBERS), -1)
    row, chosen = np.nonzero(held)
    member[row, np.arange(len(row)) - np.searchsorted(row, row)] = chosen
    return member


def _blocks(amounts: Ints, sums_each: int) -> Iterator[tuple[int, Ints]]:
    """Rows in blocks whose sums fit into a bounded piece of memory."""
    step = max(_MOST_SUMS // max(sums_each, 1), 1)
    for begin in range(0, len(amounts), step):
        yield begin, amounts[begin : begin + step]


@lru_cache(maxsize=64)
def _pairs(columns: int) -> tuple[Ints, Ints]:
    """Every two places, the first and the second of each pair."""
    return np.triu_indices(columns, 1)


@lru_cache(maxsize=64)
def _choices(columns: int, most: int) -> Ints:
    """Pairs and triples of places, pairs padded with one past the last."""
    pairs = [(*pair, columns) for pair in combinations(range(columns), 2)]
    triples = list(combinations(range(columns), 3)) if most >= 3 else []
    return np.array(pairs + triples, np.int64)


@lru_cache(maxsize=64)
def _runs(columns: int, most: int) -> tuple[Ints, Ints]:
    """First place of, and one past the last of, each run of four and more.

    Shorter ones are pairs and triples.
    """
    runs = [
        (start, start + size)
        for size in range(4, min(most, columns) + 1)
        for start in range(columns - size + 1)
    ]
    table = np.array(runs, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _spelt(start: Ints, stop: Ints) -> Ints:
    places = start[:, None] + np.arange(MOST_MEMBERS)
    return np.where(places < stop[:, None], places, -1)


def members(mask: NDArray[np.int64], columns: int) -> NDArray[np.bool_]:
    """Bit masks as one boolean column an amount."""
    return (mask[:, None] >> np.arange(columns)) & 1 == 1
