"""What so many right out of so many prove about a share: exact bounds.

The bounds are those of Clopper and Pearson (1934): the lower one is the smallest share
under which so many successes, or more, are still as likely as one minus the certainty.
They hold for every sample size and every share, which those from a normal curve do
not: near 1, and with few trials, that is where they are asked for here.
"""

from math import ceil, exp, lgamma, log, log1p


def lower_bound(successes: int, trials: int, certainty: float) -> float:
    """Bound the share behind a count from below, one-sided.

    Args:
        successes: In 0 to ``trials``.
        trials: 0 or more; none of them prove nothing.
        certainty: In (0, 1): how often, over many samples, the bound is a true one.

    Returns:
        A share in [0, 1].

    >>> round(lower_bound(20, 20, 0.95), 3), lower_bound(0, 20, 0.95)
    (0.861, 0.0)
    """
    if not successes:
        return 0.0
    low, high = 0.0, successes / trials
    # The tail grows with the share; the halving ends where two floats are neighbours.
    while low < (middle := (low + high) / 2) < high:
        if _tail(successes, trials, middle) > 1 - certainty:
            high = middle
        else:
            low = middle
    return low


def upper_bound(successes: int, trials: int, certainty: float) -> float:
    """Bound the share behind a count from above, one-sided; see ``lower_bound``."""
    return 1 - lower_bound(trials - successes, trials, certainty)


def interval(successes: int, trials: int, certainty: float) -> tuple[float, float]:
    """Bound the share behind a count from both sides.

    Half of what is left to chance falls to each side; see ``lower_bound``.
    """
    each = (1 + certainty) / 2
    return lower_bound(successes, trials, each), upper_bound(successes, trials, each)


def least_trials(share: float, certainty: float) -> int:
    """Count the trials, all successes, without which no bound reaches a share.

    From ``lower_bound(n, n, certainty) == (1 - certainty) ** (1 / n)``.

    Args:
        share: In (0, 1).
        certainty: In (0, 1).

    >>> least_trials(0.999, 0.95)
    2995
    """
    return ceil(log1p(-certainty) / log(share))


def _tail(successes: int, trials: int, share: float) -> float:
    """Probability of so many successes or more, below whose share ``share`` lies."""
    failures = trials - successes
    ways = lgamma(trials + 1) - lgamma(successes + 1) - lgamma(failures + 1)
    term = exp(ways + successes * log(share) + failures * log1p(-share))
    total, odds = term, share / (1 - share)
    # Beyond the mean each term is smaller than the one before it, and soon nothing.
    for count in range(successes, trials):
        term *= (trials - count) / (count + 1) * odds
        if total + term == total:
            break
        total += term
    return total
