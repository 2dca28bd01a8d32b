"""Which of a few amounts add up to a target: all answers, or the first ones found."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from payymo_core.keys import Ints

MOST_ENUMERATED = 12
"""Up to so many amounts every subset is formed."""
_MOST_SUMS = 1 << 22
_MOST_STEPS = 20_000
_MOST_ANSWERS = 64


def enumerate_sums(amounts: Ints, targets: Ints) -> tuple[Ints, Ints]:
    """Every subset that hits its target, for many rows of equally many amounts.

    Args:
        amounts: One row a search, at most ``MOST_ENUMERATED`` columns; minor units.
        targets: One a row.

    Returns:
        Row and bit mask (bit n stands for column n) of each answer.
    """
    columns = amounts.shape[1]
    step = max(_MOST_SUMS >> columns, 1)
    rows, masks = [], []
    for begin in range(0, len(amounts), step):
        block = amounts[begin : begin + step]
        sums = np.zeros((len(block), 1 << columns), np.int64)
        for column in range(columns):
            half = 1 << column
            sums[:, half : 2 * half] = sums[:, :half] + block[:, column, None]
        row, mask = np.nonzero(sums == targets[begin : begin + step, None])
        rows.append(row + begin)
        masks.append(mask)
    nothing = np.zeros(0, np.int64)
    return np.concatenate([nothing, *rows]), np.concatenate([nothing, *masks])


def search_sums(
    amounts: Sequence[int], target: int, most: int
) -> tuple[list[tuple[int, ...]], bool]:
    """Subsets of positive and negative amounts that hit a target.

    Depth first, largest amount first, cut where what is left cannot reach the target;
    stops after 20,000 steps or 64 answers.

    Args:
        amounts: Minor units.
        target: Minor units.
        most: Members of a subset, at most.

    Returns:
        The subsets as sorted indices, and whether these are all there are.
    """
    order = sorted(range(len(amounts)), key=lambda n: (-abs(amounts[n]), n))
    ordered = [amounts[n] for n in order]
    above = _reach(ordered, 1)
    below = _reach(ordered, -1)
    answers: list[tuple[int, ...]] = []
    steps = 0
    stack: list[tuple[int, int, tuple[int, ...]]] = [(0, target, ())]
    while stack:
        steps += 1
        if steps > _MOST_STEPS or len(answers) >= _MOST_ANSWERS:
            return sorted(answers), False
        at, left, chosen = stack.pop()
        if left == 0 and chosen and chosen[-1] == order[at - 1]:
            answers.append(tuple(sorted(chosen)))
        full = at == len(ordered) or len(chosen) == most
        if full or not below[at] <= left <= above[at]:
            continue
        stack.append((at + 1, left, chosen))
        stack.append((at + 1, left - ordered[at], (*chosen, order[at])))
    return sorted(answers), True


def _reach(ordered: Sequence[int], sign: int) -> list[int]:
    """The furthest that the amounts from each place on can reach in a direction."""
    out = [0]
    for amount in reversed(ordered):
        out.append(out[-1] + (amount if amount * sign > 0 else 0))
    return out[::-1]


def members(mask: NDArray[np.int64], columns: int) -> NDArray[np.bool_]:
    """Bit masks as one boolean column an amount."""
    return (mask[:, None] >> np.arange(columns)) & 1 == 1
