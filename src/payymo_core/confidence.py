"""What is left of a weight after all rivals: the probability of each hypothesis.

A transaction has one explanation, an invoice is paid once (or by parts that fit into
it). The probability of a hypothesis is its share of all joint explanations that keep
to this. It is computed by belief propagation (Pearl 1988; for matchings: Huang and
Jebara 2009): transactions tell invoices how much they want them, invoices tell
transactions how much of them is left. On components without a cycle this is exact;
with cycles it is the Bethe approximation, and claims that are symmetric stay so.
``tests/core/test_confidence.py`` compares it with the sum over all joint explanations.
"""

from math import log

import numpy as np
from attrs import frozen

from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Floats, Ints, Mask
from payymo_core.scoring import QUANTUM, Kind

# A fixed number of rounds, so that no component changes another's last digits. Chains
# of disputes longer than this do not come up; damping settles the ones with cycles.
_ROUNDS = 24
_DAMPING = 0.3
_FAINT = -16.0  # natural log: a share of one in ten million
_LARGEST_BITS = 40.0


@frozen(eq=False)
class Confidences:
    """Probabilities after the rivals.

    Attributes:
        of: Probability of each hypothesis; of a closed invoice's, of its share of
            "nothing".
        log_odds: Of each hypothesis, in bits, a multiple of the quantum.
        nothing: For each transaction, the probability that it pays nothing open.
    """

    of: Floats
    log_odds: Floats
    nothing: Floats


def confidences(hypotheses: Hypotheses, outstanding: Ints) -> Confidences:
    """Let all hypotheses compete, on both sides."""
    closed = hypotheses.kind == Kind.CLOSED
    weight = hypotheses.weight() * log(2)
    row, rows = hypotheses.transaction, len(hypotheses.other)
    named_closed = _sum_by(row[closed], np.exp(weight[closed]), rows)
    null = np.log(1 + named_closed + hypotheses.other)
    live = np.flatnonzero(~closed)
    strength = weight[live] - null[row[live]]
    strength += _held_back(hypotheses, live, strength, outstanding)
    top = _largest_by(row[live], strength, rows)
    share = np.exp(strength - top[row[live]])
    total = np.exp(-top) + _sum_by(row[live], share, rows)
    of = np.zeros(len(hypotheses))
    of[live] = share / total[row[live]]
    empty = np.exp(-top) / total
    of[closed] = empty[row[closed]] * np.exp(weight[closed] - null[row[closed]])
    bits = _log_odds(of)
    nothing = empty * (1 + named_closed) / np.exp(null)
    return Confidences(_probability(bits), bits, _probability(_log_odds(nothing)))


def _log_odds(probability: Floats) -> Floats:
    """Bits, rounded to the quantum and kept within a range that a float resolves."""
    least = 2.0**-_LARGEST_BITS
    inside = np.clip(probability, least, 1 - least)
    return np.rint(np.log2(inside / (1 - inside)) / QUANTUM) * QUANTUM


def _probability(bits: Floats) -> Floats:
    return 1 / (1 + np.exp2(-bits))


def _sum_by(group: Ints, values: Floats, groups: int) -> Floats:
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64)


def _largest_by(group: Ints, values: Floats, groups: int) -> Floats:
    out = np.zeros(groups)
    np.maximum.at(out, group, values)
    return out


def fitting_parts(kind: Ints, invoice: Ints, amount: Ints, outstanding: Ints) -> Mask:
    """Claims that can be granted side by side: parts that fit into their invoice."""
    part = kind == Kind.PART
    total = np.zeros(len(outstanding), np.int64)
    np.add.at(total, invoice[part], amount[part])
    return part & (np.abs(total) <= np.abs(outstanding))[invoice]


def _held_back(
    hypotheses: Hypotheses, live: Ints, strength: Floats, outstanding: Ints
) -> Floats:
    """What the invoices' other claimants take from each hypothesis: natural log."""
    position = np.full(len(hypotheses), -1)
    position[live] = np.arange(len(live))
    owner, invoice, place = hypotheses.incidence()
    keep = position[owner] >= 0
    owner, invoice, place = position[owner[keep]], invoice[keep], place[keep]
    row = hypotheses.transaction[live]
    # What its own transaction hardly believes takes nothing from another.
    strong = strength > _FAINT + _largest_by(row, strength, len(hypotheses.other))[row]
    owner, invoice, place = (
        column[strong[owner]] for column in (owner, invoice, place)
    )
    part = fitting_parts(
        hypotheses.kind[live][owner], invoice, hypotheses.amount[place], outstanding
    )
    owner, invoice, part = _contested(owner, invoice, row, part)
    out = np.zeros(len(live))
    if not len(owner):
        return out
    # Only transactions that share an invoice take part; numbered afresh.
    involved = np.isin(row, row[owner])
    local = np.cumsum(involved) - 1
    held = _propagate(
        strength[involved],
        np.unique(row[involved], return_inverse=True)[1],
        local[owner],
        np.unique(invoice, return_inverse=True)[1],
        part,
    )
    out[involved] = held
    return out


def _contested(
    owner: Ints, invoice: Ints, row: Ints, part: Mask
) -> tuple[Ints, Ints, Mask]:
    """Claims on invoices that more than one transaction claims."""
    order = np.lexsort((row[owner], invoice))
    same = np.r_[False, invoice[order][1:] == invoice[order][:-1]][: len(order)]
    other = np.r_[False, row[owner][order][1:] != row[owner][order][:-1]][: len(order)]
    disputed = np.zeros(int(invoice.max(initial=0)) + 1, np.bool_)
    disputed[invoice[order][same & other]] = True
    keep = disputed[invoice]
    return owner[keep], invoice[keep], part[keep]


def _propagate(
    strength: Floats, row: Ints, owner: Ints, invoice: Ints, part: Mask
) -> Floats:
    """Belief propagation; all arguments index hypotheses, rows, claims from zero."""
    rows, invoices = int(row.max()) + 1, int(invoice.max()) + 1
    pair, group = np.unique(row[owner] * invoices + invoice, return_inverse=True)
    pair_row, pair_invoice = pair // invoices, pair % invoices
    pair_part = np.ones(len(pair), np.bool_)
    np.logical_and.at(pair_part, group, part)
    message = np.zeros(len(pair))
    for _ in range(_ROUNDS):
        belief = strength + _sum_by(owner, message[group], len(strength))
        top = np.maximum(_largest_by(row, belief, rows), 0.0)
        share = np.exp(belief - top[row])
        total = np.exp(-top) + _sum_by(row, share, rows)
        wanting = _sum_by(group, share[owner], len(pair))
        # The rest may come to a rounding error below nothing.
        rest = np.maximum(total[pair_row] - wanting, 1e-300)
        want = np.log(np.maximum(wanting, 1e-300)) - np.log(rest) - message
        message += (1 - _DAMPING) * (
            _answers(want, pair_invoice, pair_part, invoices) - message
        )
    return _sum_by(owner, message[group], len(strength))


def _answers(want: Floats, invoice: Ints, part: Mask, invoices: int) -> Floats:
    """Log of how free each invoice is for each claimant, given the others' wants."""
    parts = np.flatnonzero(part)
    side_by_side = np.zeros(invoices)
    np.add.at(side_by_side, invoice[parts], np.logaddexp(0.0, want[parts]))
    top = np.maximum(_largest_by(invoice, np.where(part, 0.0, want), invoices), 0.0)
    top = np.maximum(top, side_by_side)
    scaled = np.where(part, 0.0, np.exp(np.where(part, 0.0, want) - top[invoice]))
    others = np.maximum(_sum_by(invoice, scaled, invoices)[invoice] - scaled, 0.0)
    free = np.exp(side_by_side - top)[invoice]
    answer = -(top[invoice] + np.log(free + others))
    if len(parts):
        rest = side_by_side[invoice[parts]] - np.logaddexp(0.0, want[parts])
        claims = np.log(np.maximum(others[parts], 1e-300)) + top[invoice[parts]]
        answer[parts] = rest - np.logaddexp(rest, claims)
    return answer
