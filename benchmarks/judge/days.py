"""How likely a payment is booked on just this day, by the lateness of its payer."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.world.ledger import FIRST_MONTH, MONTHS, Item
from benchmarks.world.payments import LATE_DAYS

Vector = NDArray[np.float64]

LATENESS = (-4, -2, 0, 1, 3, 6, 12)
LATENESS_SHARES = np.array([0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1])
"""Days that payers of the world are later than others, and how many of them are."""

STRAY_DAYS = 30 * MONTHS + 20 - 15 + 1
"""Money that pays nothing is booked on any of so many days."""


@lru_cache(maxsize=1 << 10)
def _late(term: int) -> dict[int, float]:
    """Days late, but for the payer's own lateness, of an invoice with this term."""
    early = max(2, term)
    found = {-days: 0.15 / (early - 1) for days in range(2, early + 1)}
    for days in (-1, 0, 1):
        found[days] = found.get(days, 0.0) + 0.47 / 3
    for days, count in Counter(LATE_DAYS).items():
        found[days] = found.get(days, 0.0) + 0.38 * count / len(LATE_DAYS)
    return found


@lru_cache(maxsize=1 << 16)
def _chances(after_due: int, term: int) -> tuple[Vector, Vector]:
    """Of just this day and of any up to it, ``after_due`` days after the due date."""
    late = _late(term)
    on = np.zeros(len(LATENESS))
    upto = np.zeros(len(LATENESS))
    if after_due < -term:
        return on, upto
    for place, own in enumerate(LATENESS):
        on[place] = late.get(after_due - own, 0.0)
        upto[place] = sum(
            chance for days, chance in late.items() if days + own <= after_due
        )
    # Nobody pays before the invoice is issued.
    return (upto if after_due == -term else on), upto


def day_chances(item: Item, day: date) -> Vector:
    """Likelihood of the day of an invoice paid alone, by lateness."""
    draft = item.draft
    return _chances((day - draft.due).days, (draft.due - draft.issued).days)[0]


def joint_day_chances(items: Sequence[Item], day: date) -> Vector:
    """Likelihood of the day of a joint payment, by lateness."""
    oldest = min(items, key=lambda item: item.draft.due).draft
    latest = max(item.draft.issued for item in items)
    on, upto = _chances((day - oldest.due).days, (oldest.due - oldest.issued).days)
    since = (day - latest).days
    reached = min(max(since, 0), 10) / 10
    just = 0.1 if 1 <= since <= 10 else 0.0
    return on * reached + (upto - on) * just


_CLOSED_LATE = Counter(days + more for days in LATE_DAYS for more in range(41))


def closed_day_chance(item: Item, day: date) -> float:
    """Likelihood of the day on which somebody pays an invoice that is closed."""
    late = (day - item.draft.due).days
    return _CLOSED_LATE[late] / (len(LATE_DAYS) * 41)


def stray_day_chance(day: date) -> float:
    """Likelihood of the day of money that pays nothing."""
    after = (day - FIRST_MONTH).days
    return 1 / STRAY_DAYS if 15 <= after < 15 + STRAY_DAYS else 0.0
