"""Whether a new answer for a transaction says what the one that waits says already.

Each confirmation moves the confidence of all that waits a little. A proposal that got
another number with every such move could be written down nowhere, and whoever listens
would be told of it again and again.
"""

import json
from collections.abc import Mapping
from math import log2
from typing import Any

from payymo_core.naming import percentage

_POINT = 0.01
_SAME = ("outcome", "allocations", "unapplied", "reasons")
_Answer = Mapping[str, Any]


def says_the_same(standing: str, proposal: str) -> bool:
    """Whether a person would decide alike on two answers, as JSON has them.

    They have one outcome, so both are on the same side of each of the ruleset's
    thresholds. What is compared of the records is the same, and how sure it is, alone
    and beside its alternatives, differs by less than a point of a hundred.
    """
    if standing == proposal:
        return True
    old, new = json.loads(standing), json.loads(proposal)
    return (
        all(old[key] == new[key] for key in _SAME)
        and _as_sure(old["confidence"], new["confidence"])
        and _as_many_ways(_ways(old), _ways(new))
        and _compared(old) == _compared(new)
    )


def _as_sure(old: float, new: float) -> bool:
    """Whether two confidences are written alike, or are less than a bit apart as well.

    Of 99.8 and 99.0 percent, the one leaves five times the doubt of the other.
    """
    if percentage(old) == percentage(new):
        return True
    return abs(old - new) < _POINT and abs(_bits(old) - _bits(new)) < 1


def _bits(confidence: float) -> float:
    return log2(confidence / (1 - confidence)) if 0 < confidence < 1 else 0.0


def _ways(answer: _Answer) -> dict[str, float]:
    """How likely each alternative is, by what it allocates."""
    return {
        json.dumps(other["allocations"]): other["confidence"]
        for other in answer["alternatives"]
    }


def _as_many_ways(old: Mapping[str, float], new: Mapping[str, float]) -> bool:
    """Whether no alternative came or went that anybody would look at."""
    return all(
        abs(old.get(way, 0.0) - new.get(way, 0.0)) < _POINT for way in {*old, *new}
    )


def _compared(answer: _Answer) -> list[tuple[str, ...]]:
    """What was compared, and how it agreed; not what other transactions do to it."""
    told = ("rule", "level", "transaction_text", "invoice_text")
    return [
        tuple(row[key] for key in told)
        for row in answer["evidence"]
        if row["rule"] != "rivals"
    ]
