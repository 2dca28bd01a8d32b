"""The sum over all joint explanations, where disputes run in a circle.

Belief propagation counts a claim twice that comes back to it over another invoice: two
payments that both want the same two invoices would each look sure. A component with
such a circle of likely claims, and with a transaction that looks sure in it, is summed
exactly, up to ``MOST_JOINT`` joint explanations; what is larger is told apart, so that
nothing of it is ever applied unseen. Where nothing looks sure nothing can be applied,
and the approximation stands.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import exp, log

import numpy as np
from attrs import frozen

from payymo_core.keys import Floats, Ints, Mask

MOST_JOINT = 20_000


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
_LIKELY = 1e-2


def settle_circles(claims: Claims, alone: Floats, believed: Floats) -> Settled:
    """Sum the components whose disputes run in a circle.

    Args:
        claims: All that is disputed.
        alone: Probability of each hypothesis, were there no other transaction.
        believed: The same with them, as the approximation has it.
    """
    sure = np.zeros(int(claims.row.max(initial=-1)) + 1, np.bool_)
    sure[claims.row[believed > _SURE]] = True
    claims = _likely(claims, np.maximum(alone, believed) >= _LIKELY)
    circles = [rows for rows in _circles(claims) if sure[rows].any()]
    options = _options(claims, [row for rows in circles for row in rows])
    hypotheses: list[int] = []
    log_odds: list[float] = []
    unsettled: list[int] = []
    for rows in circles:
        component = [options[row] for row in rows]
        if _joint_explanations(component) > MOST_JOINT:
            unsettled += rows
            continue
        for held, sums in zip(component, _sums(component), strict=True):
            for option, weight in zip(held[1:], sums[1:], strict=True):
                hypotheses.append(option.hypothesis)
                odds = max(weight, _TINY) / max(sums[0], _TINY)
                log_odds.append(log(odds))
    return Settled(
        np.array(hypotheses, np.int64),
        np.array(log_odds, np.float64),
        np.array(unsettled, np.int64),
    )


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
    pairs = np.unique(claims.row[claims.owner] * width + claims.invoice)
    row, invoice = pairs // width, pairs % width
    label = _labels(row, invoice)
    of_row = label[row]
    edges = np.bincount(of_row)
    nodes = np.bincount(label[np.unique(row)], minlength=len(edges))
    first = np.unique(invoice, return_index=True)[1]
    nodes += np.bincount(of_row[first], minlength=len(edges))
    circular = edges >= np.maximum(nodes, 1)
    rows = np.unique(row)
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


@frozen
class _Option:
    hypothesis: int
    weight: float
    whole: frozenset[int]
    parts: frozenset[int]


_Options = tuple[_Option, ...]


def _options(claims: Claims, rows: Sequence[int]) -> dict[int, _Options]:
    """For each transaction, "nothing" and then its hypotheses."""
    whole: dict[int, set[int]] = defaultdict(set)
    parts: dict[int, set[int]] = defaultdict(set)
    wanted = np.isin(claims.row[claims.owner], rows)
    owners, invoices = claims.owner[wanted].tolist(), claims.invoice[wanted].tolist()
    shared = claims.part[wanted].tolist()
    for owner, invoice, part in zip(owners, invoices, shared, strict=True):
        (parts if part else whole)[owner].add(invoice)
    held: dict[int, list[tuple[int, float]]] = {row: [] for row in rows}
    likely = np.isfinite(claims.strength) & np.isin(claims.row, rows)
    for hypothesis in np.flatnonzero(likely).tolist():
        strength = float(claims.strength[hypothesis])
        held[int(claims.row[hypothesis])].append((hypothesis, strength))
    out = {}
    for row, hypotheses in held.items():
        # Scaled by the strongest: a weight of 300 bits would be no float.
        top = max(0.0, *(strength for _, strength in hypotheses))
        nothing = _Option(-1, exp(-top), frozenset(), frozenset())
        out[row] = (
            nothing,
            *(
                _Option(h, exp(s - top), frozenset(whole[h]), frozenset(parts[h]))
                for h, s in hypotheses
            ),
        )
    return out


def _joint_explanations(component: Sequence[_Options]) -> int:
    """How many there are, at most; no more than one past the bound is counted."""
    count = 1
    for held in component:
        count = min(count * len(held), MOST_JOINT + 1)
    return count


def _sums(component: Sequence[_Options]) -> list[list[float]]:
    """Weight of all joint explanations with each option of each transaction."""
    sums = [[0.0] * len(held) for held in component]
    stack: list[tuple[float, frozenset[int], frozenset[int], tuple[int, ...]]]
    stack = [(1.0, frozenset(), frozenset(), ())]
    while stack:
        weight, whole, parts, chosen = stack.pop()
        if len(chosen) == len(component):
            for row, place in enumerate(chosen):
                sums[row][place] += weight
            continue
        for place, option in enumerate(component[len(chosen)]):
            if option.whole & (whole | parts) or option.parts & whole:
                continue
            stack.append(
                (
                    weight * option.weight,
                    whole | option.whole,
                    parts | option.parts,
                    (*chosen, place),
                )
            )
    return sums
