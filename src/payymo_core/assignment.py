"""The jointly best choice: one hypothesis a transaction, nothing consumed twice.

Where the best hypotheses of all transactions share no invoice, they are the answer.
Where they do, the component of transactions that dispute one another's invoices is
solved by branch and bound: exactly, up to ``MOST_STEPS`` steps, which components of ten
transactions with three hypotheses each do not reach. Beyond, the answer is greedy: the
best hypothesis first, then the best that is still free; with at most k invoices in a
hypothesis its total is at least 1/(k+1) of the best.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen

from payymo_core.confidence import fitting_parts
from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Floats, Ints, Mask, sorted_unique
from payymo_core.scoring import Kind
from payymo_core.sequences import begins, largest, sizes

MOST_STEPS = 10_000
LEAST_WEIGHT = -8.0
"""Bits against "nothing" above which a hypothesis is better than none at all."""


@frozen
class Option:
    """A hypothesis in a disputed component.

    Attributes:
        hypothesis: Its row.
        value: Bits above ``LEAST_WEIGHT``; positive.
        whole: Invoices that it takes for itself.
        parts: Invoices that it shares with other parts.
    """

    hypothesis: int
    value: float
    whole: frozenset[int]
    parts: frozenset[int]


def assign(hypotheses: Hypotheses, likely: Mask, outstanding: Ints) -> Ints:
    """Choose for each transaction.

    Args:
        hypotheses: With their allocations.
        likely: Those that are worth choosing among.
        outstanding: Of each invoice, minor units.

    Returns:
        For each transaction the row of its hypothesis, -1 for none.
    """
    weight = hypotheses.weight()
    usable = likely & (hypotheses.kind != Kind.CLOSED) & (weight > LEAST_WEIGHT)
    chosen = _best_alone(hypotheses, weight, usable)
    owner, invoice, place = hypotheses.incidence()
    keep = usable[owner]
    owner, invoice, place = owner[keep], invoice[keep], place[keep]
    shared = fitting_parts(
        hypotheses.kind[owner],
        invoice,
        hypotheses.amount[place],
        outstanding,
        np.ones(len(owner), np.bool_),
    )
    clashes = _clashes(chosen, owner, invoice, shared)
    if not len(clashes):
        return chosen
    for options in _components(hypotheses, weight, owner, invoice, shared, clashes):
        for row, hypothesis in _solve(options).items():
            chosen[row] = hypothesis
    return chosen


def _best_alone(hypotheses: Hypotheses, weight: Floats, usable: Mask) -> Ints:
    rows = usable.nonzero()[0]
    best = rows[largest(hypotheses.transaction[rows], weight[rows])]
    chosen = np.full(len(hypotheses.other), -1)
    chosen[hypotheses.transaction[best]] = best
    return chosen


def _clashes(chosen: Ints, owner: Ints, invoice: Ints, shared: Mask) -> list[int]:
    """Invoices that more than one chosen hypothesis takes, one of them wholly."""
    picked = np.zeros(
        int(max(owner.max(initial=0), chosen.max(initial=0))) + 1, np.bool_
    )
    picked[chosen[chosen >= 0]] = True
    taken = picked[owner]
    wanted, whole = invoice[taken], ~shared[taken]
    order = np.argsort(wanted)
    start = begins(wanted[order]).nonzero()[0]
    if not len(start):
        return []
    clashing = sizes(start, len(order)) > 1
    clashing &= np.logical_or.reduceat(whole[order], start)
    out: list[int] = wanted[order][start[clashing]].tolist()
    return out


_Options = dict[int, list[Option]]


def _components(
    hypotheses: Hypotheses,
    weight: Floats,
    owner: Ints,
    invoice: Ints,
    shared: Mask,
    clashes: Sequence[int],
) -> Iterator[_Options]:
    """Options by transaction, for each component that holds a clash."""
    by_invoice = _Grouped.of(invoice, owner)
    of_hypothesis = _Grouped.of(owner, np.arange(len(owner)))
    usable = sorted_unique(owner)
    of_row = _Grouped.of(hypotheses.transaction[usable], usable)
    row_of = hypotheses.transaction
    seen: set[int] = set()
    for clash in clashes:
        options: _Options = {}
        waiting = [int(row_of[h]) for h in by_invoice.members(clash)]
        while waiting:
            row = waiting.pop()
            if row in seen:
                continue
            seen.add(row)
            options[row] = []
            for h in of_row.members(row):
                claims = of_hypothesis.members(h)
                options[row].append(
                    Option(
                        h,
                        float(weight[h]) - LEAST_WEIGHT,
                        frozenset(int(invoice[c]) for c in claims if not shared[c]),
                        frozenset(int(invoice[c]) for c in claims if shared[c]),
                    )
                )
                for claim in claims:
                    others = by_invoice.members(int(invoice[claim]))
                    waiting += [int(row_of[other]) for other in others]
        if options:
            yield options


@frozen(eq=False)
class _Grouped:
    """Values by a small integer."""

    start: list[int]
    values: list[int]

    @classmethod
    def of(cls, keys: Ints, values: Ints) -> "_Grouped":
        order = np.lexsort((values, keys))
        start = np.searchsorted(keys[order], np.arange(int(keys.max(initial=0)) + 2))
        return cls(start.tolist(), values[order].tolist())

    def members(self, key: int) -> list[int]:
        return self.values[self.start[key] : self.start[key + 1]]


def _solve(options: _Options) -> dict[int, int]:
    """The best choice in a component: transaction to hypothesis, -1 for none."""
    rows = sorted(options, key=lambda row: (-_best_value(options[row]), row))
    ranked = {
        row: sorted(options[row], key=lambda o: (-o.value, o.hypothesis))
        for row in rows
    }
    greedy = _greedy(options)
    ahead = [0.0]
    for row in reversed(rows):
        ahead.append(ahead[-1] + _best_value(ranked[row]))
    ahead.reverse()
    best, best_value = greedy, _value(options, greedy)
    stack: list[tuple[int, float, dict[int, int], frozenset[int], frozenset[int]]]
    stack = [(0, 0.0, {}, frozenset(), frozenset())]
    steps = 0
    while stack:
        steps += 1
        if steps > MOST_STEPS:
            return greedy
        at, value, chosen, whole, parts = stack.pop()
        if value + ahead[at] <= best_value:
            continue
        if at == len(rows):
            best, best_value = chosen, value
            continue
        row = rows[at]
        stack.append((at + 1, value, {**chosen, row: -1}, whole, parts))
        stack += [
            (
                at + 1,
                value + option.value,
                {**chosen, row: option.hypothesis},
                whole | option.whole,
                parts | option.parts,
            )
            for option in reversed(ranked[row])
            if _free(option, whole, parts)
        ]
    return best


def _best_value(options: Sequence[Option]) -> float:
    return max(option.value for option in options)


def _free(option: Option, whole: frozenset[int], parts: frozenset[int]) -> bool:
    return not (option.whole & whole or option.whole & parts or option.parts & whole)


def _greedy(options: _Options) -> dict[int, int]:
    chosen = dict.fromkeys(options, -1)
    whole: frozenset[int] = frozenset()
    parts: frozenset[int] = frozenset()
    ranked = sorted(
        (-option.value, row, option.hypothesis, option)
        for row, held in options.items()
        for option in held
    )
    for _, row, hypothesis, option in ranked:
        if chosen[row] < 0 and _free(option, whole, parts):
            chosen[row] = hypothesis
            whole, parts = whole | option.whole, parts | option.parts
    return chosen


def _value(options: _Options, chosen: dict[int, int]) -> float:
    return sum(
        option.value
        for row, held in options.items()
        for option in held
        if option.hypothesis == chosen[row]
    )
