"""Everything that a function of dice may return, with its probability.

The judge asks the generator's own functions what they do, so that it knows of a change
to them at once.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from benchmarks.world.dice import Dice, Weighted

T = TypeVar("T")

WILDCARD = "\ue000"
"""Stands in an outcome for a random digit, of which there are too many to list."""


class _Script(Dice):
    """Dice that fall as told; what they could have done else is written down.

    Attributes:
        falls: What each throw was, as a place among its options.
        options: How many options each throw had.
        chance_of: Probability of all throws together.
    """

    def __init__(self, falls: Sequence[int]) -> None:
        """Begin with these throws; after them, always the first option."""
        self._told = falls
        self.falls: list[int] = []
        self.options: list[int] = []
        self.chance_of = 1.0

    def _fall(self, weights: Sequence[float]) -> int:
        place = len(self.falls)
        fall = self._told[place] if place < len(self._told) else 0
        self.falls.append(fall)
        self.options.append(len(weights))
        self.chance_of *= weights[fall]
        return fall

    def share(self) -> float:
        """Not to be listed."""
        msg = "a continuous draw has no list of outcomes"
        raise NotImplementedError(msg)

    def chance(self, probability: float) -> bool:
        """Both ways."""
        return self._fall((1 - probability, probability)) == 1

    def below(self, bound: int) -> int:
        """Each number in turn."""
        return self._fall((1 / bound,) * bound)

    def between(self, low: int, high: int) -> int:
        """Each number in turn."""
        return low + self.below(high - low + 1)

    def pick(self, values: Sequence[T]) -> T:
        """Each value in turn."""
        return values[self.below(len(values))]

    def draw(self, weighted: Weighted[T]) -> T:
        """Each value in turn."""
        edges = (0.0, *weighted.edges)
        shares = [edges[i + 1] - edges[i] for i in range(len(weighted.values))]
        return weighted.values[self._fall(shares)]

    def digits(self, count: int) -> str:
        """A run of wildcards."""
        return WILDCARD * count


def outcomes(draw: Callable[[Dice], T]) -> dict[T, float]:
    """All that a function of discrete dice may return.

    Args:
        draw: Draws a hashable value.

    Returns:
        Probability by value; where random digits are part of it, they are wildcards.
    """
    found: dict[T, float] = {}
    falls: list[int] = []
    while True:
        script = _Script(falls)
        value = draw(script)
        if script.chance_of > 0:
            found[value] = found.get(value, 0.0) + script.chance_of
        falls = script.falls
        while falls and falls[-1] + 1 == script.options[len(falls) - 1]:
            falls.pop()
        if not falls:
            return found
        falls[-1] += 1


@lru_cache(maxsize=4096)
def wild(pattern: str) -> re.Pattern[str]:
    """What a text with wildcards may look like."""
    return re.compile(
        "".join("[0-9A-Z]" if c == WILDCARD else re.escape(c) for c in pattern),
        re.DOTALL,
    )


def density(pattern: str) -> float:
    """Probability of each of the texts that a pattern stands for."""
    return 0.1 ** pattern.count(WILDCARD)
