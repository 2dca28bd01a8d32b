"""How far confidences may be trusted, fitted to the proposals that were judged.

The log-odds are scaled by one number (temperature scaling, Guo et al. 2017): the most
probable one, given the verdicts and a prior at "they may be trusted as they are". The
prior falls off from there as an exponential (Laplace) and a Gaussian do together, so
that what may be chance changes nothing at all. A confirmed proposal never lowers the
number and a rejected one never raises it, so that to be right more often never makes
the bar for a match harder to reach. A second number, as in Platt (1999), would break
that: a doubtful proposal that proves right would tilt the line, and lower what is
thought of sure ones.
"""

from collections.abc import Sequence
from math import exp, fsum, log

from payymo_core.learnt import Calibration

# A reviewer errs about once in a thousand: what looks surer counts as no surer.
_MOST_BITS = 10.0
# What one sure proposal that is rejected pulls with: alone, it may be a slip.
_SLIP = _MOST_BITS * log(2)
# Inverse variance of the prior: it takes four such, and none that was right, to bring
# a thousand to one below a hundred to one.
_TRUST = 48.0
_HALVINGS = 40


def fitted(judged: Sequence[tuple[float, bool]]) -> Calibration:
    """The most probable correction of log-odds.

    Args:
        judged: Log-odds of each proposal in bits, and whether it was right. Of what was
            thought unlikely they say nothing.
    """
    points = [
        (min(bits, _MOST_BITS) * log(2), right) for bits, right in judged if bits > 0
    ]
    low, high = 0.0, 1.0
    if _pull(points, high) >= 0:
        return Calibration()
    # The pull falls as the slope rises: halve until it is where nothing pulls.
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _pull(points, middle) > 0 else (low, middle)
    return Calibration(slope=round(low, 4))


def _pull(points: Sequence[tuple[float, bool]], slope: float) -> float:
    """Derivative of the log of the posterior density at a slope."""
    shares = (odds * (right - 1 / (1 + exp(-slope * odds))) for odds, right in points)
    # Summed exactly: the order of the labels plays no part.
    return fsum((*shares, _SLIP, -_TRUST * (slope - 1)))
