"""How far confidences may be trusted, fitted to the proposals that were judged.

A logistic fit (Platt 1999) of the verdicts on the log-odds, with a Gaussian prior at
"they may be trusted as they are": few labels change next to nothing.
"""

from collections.abc import Sequence
from math import log

import numpy as np

from payymo_core.keys import Floats
from payymo_core.learnt import Calibration

# A reviewer errs about once in a thousand: what looks surer counts as no surer.
_MOST_BITS = 10.0
# Standard deviation of the prior, of the slope and of the intercept in nats. It says as
# much of the intercept as 64 verdicts on even odds do: twenty go a quarter of the way.
_SPREAD = 0.25
_STEPS = 100
_HALVINGS = 30
_SETTLED = 1e-9


def fitted(judged: Sequence[tuple[float, bool]]) -> Calibration:
    """The most probable correction of log-odds.

    Args:
        judged: Log-odds of each proposal in bits, and whether it was right.
    """
    # In one order, so that sums of the same labels are the same.
    points = sorted(judged)
    bits = np.clip([x for x, _ in points], -_MOST_BITS, _MOST_BITS)
    design = np.column_stack([bits * log(2), np.ones(len(points))])
    right = np.array([y for _, y in points], np.float64)
    slope, intercept = _newton(design, right).tolist()
    return Calibration(
        slope=round(max(slope, 0.0), 4), intercept=round(intercept / log(2), 4)
    )


_PRIOR = np.array([1.0, 0.0])
_PRECISION = np.full(2, _SPREAD**-2)


def _newton(design: Floats, right: Floats) -> Floats:
    """Newton's method; a step that gains nothing is halved until it does."""
    at = _PRIOR
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-design @ at))
        gradient = design.T @ (right - share) - _PRECISION * (at - _PRIOR)
        curvature = (design.T * (share * (1 - share))) @ design + np.diag(_PRECISION)
        step = np.linalg.solve(curvature, gradient)
        if np.abs(step).max() < _SETTLED:
            break
        worth = _worth(at, design, right)
        for _ in range(_HALVINGS):
            if _worth(at + step, design, right) >= worth:
                break
            step = step / 2
        at = at + step
    return at


def _worth(at: Floats, design: Floats, right: Floats) -> float:
    """Log of the posterior density, but for a constant."""
    signed = np.where(right > 0, -1.0, 1.0) * (design @ at)
    likelihood = -np.logaddexp(0.0, signed).sum()
    return float(likelihood - 0.5 * (_PRECISION * (at - _PRIOR) ** 2).sum())
