"""The sum over all joint explanations, where disputes run in a circle.

Belief propagation counts a claim twice that comes back to it over another invoice: two
payments that both want the same two invoices would each look sure. A component with
such a circle of likely claims, and with a transaction that looks sure in it, is summed
exactly, through up to ``MOST_STATES`` states; what needs more is told apart, so that
nothing of it is ever applied unseen. Where nothing looks sure nothing can be applied,
and the approximation stands.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import exp, log
from typing import NamedTuple

import numpy as np
from attrs import frozen

from payymo_core.keys import Floats, Ints, Mask, sorted_unique

MOST_STATES = 1000


@frozen(eq=False)
class Claims:
    """Disputed hypotheses and the invoices they claim; all numbered from zero.

    Attributes:
        strength: Log-odds of each hypothesis against its transaction's "nothing",
            natural.
        row: Its transaction.
        owner: The hypothesis of each claim.
        invoice: The invoice of each claim.
        part: Whether the claim can be granted beside other parts.
    """

    strength: Floats
    row: Ints
    owner: Ints
    invoice: Ints
    part: Mask


@frozen(eq=False)
class Settled:
    """What the circles came to.

    Attributes:
        hypothesis: Hypotheses whose probability is exact.
        log_odds: Theirs against "nothing" after all rivals, natural.
        unsettled: Transactions of circles too large to sum.
    """

    hypothesis: Ints
    log_odds: Floats
    unsettled: Ints


_SURE = 0.8
# What its own transaction believes less than this is too faint to close a circle: left
# out, it moves no other probability by more than about as much.
_LIKELY = 1e-3


def settle_circles(claims: Claims, alone: Floats, believed: Floats) -> Settled:
    """Sum the components whose disputes run in a circle.

    Args:
        claims: All that is disputed.
        alone: Probability of each hypothesis, were there no other transaction.
        believed: The same with them, as the approximation has it.
    """
    # What rivals could not turn, were they all to agree, need not be summed.
    doubtful = np.zeros(int(claims.row.max(initial=-1)) + 1, np.bool_)
    doubtful[_doubtful(claims, believed)] = True
    claims = _likely(claims, np.maximum(alone, believed) >= _LIKELY)
    circles = [rows for rows in _circles(claims) if doubtful[rows].any()]
    # Each transaction is a state at the least.
    wants = _Wants.of(claims, [rows for rows in circles if len(rows) < MOST_STATES])
    hypotheses: list[int] = []
    log_odds: list[float] = []
    unsettled: list[int] = []
    for rows in circles:
        summed = _sums(wants, rows) if len(rows) < MOST_STATES else None
        if summed is None:
            unsettled += [row for row in rows if doubtful[row]]
            continue
        for held, sums in summed:
            for option, weight in zip(held[1:], sums[1:], strict=True):
                hypotheses.append(option.hypothesis)
                odds = max(weight, _TINY) / max(sums[0], _TINY)
                log_odds.append(log(odds))
    return Settled(
        np.array(hypotheses, np.int64),
        np.array(log_odds, np.float64),
        np.array(unsettled, np.int64),
    )


# Natural log-odds of 0.995: what is as sure even if every rival got its way is settled.
_BEYOND_DOUBT = 5.3


def _doubtful(claims: Claims, believed: Floats) -> Ints:
    """Transactions that look sure, but that rivals could turn, were they all to agree.

    A hypothesis loses no more than the product of all odds that rivals claim one of its
    invoices, each as if it had nothing else to turn to.
    """
    count = int(claims.invoice.max(initial=-1)) + 1
    odds = np.logaddexp(0.0, claims.strength[claims.owner])
    against = np.bincount(claims.invoice, weights=odds, minlength=count)
    # A transaction's own other claims on the invoice are in its own sum instead.
    pair = claims.row[claims.owner] * count + claims.invoice
    _, group = np.unique(pair, return_inverse=True)
    own = np.bincount(group, weights=odds)[group]
    rivals = np.zeros(len(claims.strength))
    np.add.at(rivals, claims.owner, against[claims.invoice] - own)
    total = np.ones(int(claims.row.max(initial=-1)) + 1)
    other = np.where(believed > _SURE, -np.inf, claims.strength)
    np.add.at(total, claims.row, np.exp(np.minimum(other, 600.0)))
    lead = np.full(len(total), -np.inf)
    sure = np.flatnonzero(believed > _SURE)
    worst = claims.strength[sure] - rivals[sure] - np.log(total[claims.row[sure]])
    np.maximum.at(lead, claims.row[sure], worst)
    rows = sorted_unique(claims.row[sure])
    return rows[lead[rows] < _BEYOND_DOUBT]


_TINY = 1e-300


def _likely(claims: Claims, likely: Mask) -> Claims:
    """The same without the other hypotheses."""
    keep = likely[claims.owner]
    strength = np.where(likely, claims.strength, -np.inf)
    return Claims(
        strength,
        claims.row,
        claims.owner[keep],
        claims.invoice[keep],
        claims.part[keep],
    )


def _circles(claims: Claims) -> Iterator[list[int]]:
    """Transactions of each component with a circle in it."""
    width = int(claims.invoice.max(initial=0)) + 1
    pairs = sorted_unique(claims.row[claims.owner] * width + claims.invoice)
    row, invoice = pairs // width, pairs % width
    label = _labels(row, invoice)
    of_row = label[row]
    edges = np.bincount(of_row)
    nodes = np.bincount(label[sorted_unique(row)], minlength=len(edges))
    first = np.unique(invoice, return_index=True)[1]
    nodes += np.bincount(of_row[first], minlength=len(edges))
    circular = edges >= np.maximum(nodes, 1)
    rows = sorted_unique(row)
    rows = rows[circular[label[rows]]]
    order = np.argsort(label[rows], kind="stable")
    rows = rows[order]
    breaks = np.flatnonzero(np.diff(label[rows])) + 1
    for part in np.split(rows, breaks):
        if len(part):
            yield part.tolist()


def _labels(row: Ints, invoice: Ints) -> Ints:
    """A number for each row, the same within a component."""
    label = np.arange(int(row.max(initial=-1)) + 1)
    while True:
        least = np.full(int(invoice.max(initial=-1)) + 1, len(label))
        np.minimum.at(least, invoice, label[row])
        spread = label.copy()
        np.minimum.at(spread, row, least[invoice])
        if np.array_equal(spread, label):
            return label
        label = spread


class _Option(NamedTuple):
    """One explanation of a transaction, what it takes and what keeps it out.

    Invoices of a component have two bits each in a state: taken wholly, and in part.

    Attributes:
        hypothesis: Its row; -1 for "nothing".
        weight: Its odds, scaled.
        takes: Bits that it adds to a state.
        blocked_by: Bits of a state that leave it no room.
    """

    hypothesis: int
    weight: float
    takes: int
    blocked_by: int


_Options = tuple[_Option, ...]


@frozen(eq=False)
class _Wants:
    """What the transactions of circles want.

    Attributes:
        held: Hypotheses of each transaction, and their strength.
        takes: Bits that each hypothesis adds to a state.
        blocked_by: Bits of a state that leave each no room.
    """

    held: dict[int, list[tuple[int, float]]]
    takes: dict[int, int]
    blocked_by: dict[int, int]

    @classmethod
    def of(cls, claims: Claims, circles: Sequence[Sequence[int]]) -> "_Wants":
        circle_of = {row: n for n, rows in enumerate(circles) for row in rows}
        circular = np.zeros(int(claims.row.max(initial=-1)) + 1, np.bool_)
        circular[list(circle_of)] = True
        wanted = circular[claims.row[claims.owner]]
        owner = claims.owner[wanted]
        columns = (
            *(owner, claims.row[owner]),
            *(claims.invoice[wanted], claims.part[wanted]),
        )
        takes: dict[int, int] = defaultdict(int)
        blocked_by: dict[int, int] = defaultdict(int)
        bits: list[dict[int, int]] = [{} for _ in circles]
        for hypothesis, row, invoice, part in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            numbered = bits[circle_of[row]]
            whole = 1 << 2 * numbered.setdefault(invoice, len(numbered))
            takes[hypothesis] |= whole << part
            blocked_by[hypothesis] |= whole if part else 3 * whole
        held: dict[int, list[tuple[int, float]]] = {row: [] for row in circle_of}
        likely = np.flatnonzero(np.isfinite(claims.strength) & circular[claims.row])
        strengths = (likely, claims.row[likely], claims.strength[likely])
        for hypothesis, row, strength in zip(
            *(column.tolist() for column in strengths), strict=True
        ):
            held[row].append((hypothesis, strength))
        return cls(held, takes, blocked_by)

    def options(self, row: int) -> _Options:
        """Of one transaction: "nothing", and then its hypotheses."""
        # Scaled by the strongest: a weight of 300 bits would be no float.
        held, takes, blocked_by = self.held[row], self.takes, self.blocked_by
        top = max(0.0, *(strength for _, strength in held))
        return (
            _Option(-1, exp(-top), 0, 0),
            *(_Option(h, exp(s - top), takes[h], blocked_by[h]) for h, s in held),
        )

    def later(self, rows: Sequence[int]) -> list[int]:
        """For each transaction of a component, the bits that matter to those after."""
        out, later = [], 0
        for row in reversed(rows):
            out.append(later)
            for hypothesis, _ in self.held[row]:
                later |= self.blocked_by[hypothesis]
        return out[::-1]


_Summed = list[tuple[_Options, list[float]]]


def _sums(wants: _Wants, rows: Sequence[int]) -> _Summed | None:
    """Weight of all joint explanations with each option of each transaction.

    Forwards and backwards through the transactions (Baum and Petrie 1966): explanations
    that have taken the same of what is still wanted are carried on as one. None where
    more than ``MOST_STATES`` would have to be.
    """
    wanted = wants.later(rows)
    component: list[_Options] = []
    forward: list[dict[int, float]] = [{0: 1.0}]
    states = 1
    for row, later in zip(rows, wanted, strict=True):
        # Only now: most of a large circle is never reached.
        held = wants.options(row)
        component.append(held)
        reached: dict[int, float] = defaultdict(float)
        for state, weight in forward[-1].items():
            for _, odds, takes, blocked_by in held:
                if not state & blocked_by:
                    reached[(state | takes) & later] += weight * odds
        states += len(reached)
        if states > MOST_STATES:
            return None
        forward.append(_scaled(reached))
    return list(zip(component, _backwards(component, forward, wanted), strict=True))


def _backwards(
    component: Sequence[_Options],
    forward: Sequence[dict[int, float]],
    wanted: Sequence[int],
) -> list[list[float]]:
    """Weight of each option, given what leads to each state."""
    sums = [[0.0] * len(held) for held in component]
    backward: dict[int, float] = dict.fromkeys(forward[-1], 1.0)
    for at in range(len(component) - 1, -1, -1):
        before: dict[int, float] = defaultdict(float)
        later = wanted[at]
        for state, weight in forward[at].items():
            for place, (_, odds, takes, blocked_by) in enumerate(component[at]):
                if not state & blocked_by:
                    onwards = backward[(state | takes) & later]
                    sums[at][place] += weight * odds * onwards
                    before[state] += odds * onwards
        backward = _scaled(before)
    return sums


def _scaled(weights: dict[int, float]) -> dict[int, float]:
    """Only proportions count; a product of many small weights would vanish."""
    most = max(weights.values(), default=0.0) or 1.0
    return {state: weight / most for state, weight in weights.items()}
