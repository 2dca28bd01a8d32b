"""Randomness that is the same on every platform."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from attrs import frozen
from numpy.random import PCG64, Generator, SeedSequence

T = TypeVar("T")

BLOCK = 1 << 14


@frozen
class Weighted(Generic[T]):
    """Values, and where in [0, 1] the share of each ends."""

    values: tuple[T, ...]
    edges: tuple[float, ...]


def weighted(weights: Mapping[T, float]) -> Weighted[T]:
    """Values by weight; these need not sum to one, and their order is kept."""
    total = sum(weights.values())
    edges = [edge / total for edge in accumulate(weights.values())]
    edges[-1] = 1.0
    return Weighted(tuple(weights), tuple(edges))


class Dice:
    """A seeded source of draws.

    Everything is made of uniform doubles, which are 53 bits of PCG64 each: NumPy
    promises that stream, but not that of its distributions, and the logarithms behind
    those differ between C libraries.
    """

    def __init__(self, *seed: int) -> None:
        """Start the stream that belongs to these numbers."""
        self._stream = _uniform(Generator(PCG64(SeedSequence(seed))))

    def share(self) -> float:
        """A number in [0, 1)."""
        return next(self._stream)

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return next(self._stream) < probability

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound`` - 1."""
        return int(next(self._stream) * bound)

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int(next(self._stream) * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        """One of the values, each as likely."""
        return values[int(next(self._stream) * len(values))]

    def draw(self, weighted: Weighted[T]) -> T:
        """One of the values, as likely as it weighs."""
        return weighted.values[bisect_right(weighted.edges, next(self._stream))]

    def digits(self, count: int) -> str:
        """A run of decimal digits."""
        return "".join("0123456789"[self.below(10)] for _ in range(count))

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """The values in another order (Fisher-Yates)."""
        deck = list(values)
        for last in range(len(deck) - 1, 0, -1):
            other = self.below(last + 1)
            deck[last], deck[other] = deck[other], deck[last]
        return deck


def _uniform(generator: Generator) -> Iterator[float]:
    while True:
        yield from generator.random(BLOCK).tolist()
