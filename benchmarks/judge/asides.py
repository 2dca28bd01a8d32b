"""How likely a payer writes just this beside the number, or instead of it."""

from collections.abc import Mapping
from functools import lru_cache

from benchmarks.judge.outcomes import WILDCARD, density, outcomes, wild
from benchmarks.judge.wires import shaped
from benchmarks.world.asides import aside
from benchmarks.world.mix import Wire
from benchmarks.world.payments import Payment

Asides = Mapping[str, float]
"""What may stand beside the number, with probabilities; wildcards in it are digits."""


def asides(payment: Payment) -> Asides:
    """All that a payer may write beside the number of this payment."""
    return outcomes(lambda dice: aside(payment, dice))


@lru_cache(maxsize=1 << 16)
def _seen(text: str, wire: Wire) -> str:
    return shaped(text, wire)


def aside_chance(known: Asides, text: str, wire: Wire, *, cut: bool) -> float:
    """Probability that the aside reads like this.

    Args:
        known: All asides of the payment.
        text: What is seen.
        wire: The bank on the way.
        cut: Whether only the beginning need agree.
    """
    return sum(
        chance * _agreement(_seen(written, wire), text, cut=cut)
        for written, chance in known.items()
    )


def _agreement(pattern: str, text: str, *, cut: bool) -> float:
    if cut and len(text) < len(pattern):
        pattern = pattern[: len(text)]
    if WILDCARD not in pattern:
        return float(pattern == text)
    if len(pattern) != len(text) or not wild(pattern).fullmatch(text):
        return 0.0
    return density(pattern)
