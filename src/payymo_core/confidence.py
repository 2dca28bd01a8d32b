"""What is left of a weight after all rivals: the probability of each hypothesis.

A transaction has one explanation, an invoice is paid once (or by parts that fit into
it). The probability of a hypothesis is its share of all joint explanations that keep
to this. It is computed by belief propagation (Pearl 1988; for matchings: Huang and
Jebara 2009): transactions tell invoices how much they want them, invoices tell
transactions how much of them is left. On components without a circle this is exact;
the others are summed by ``joint``.
"""

from math import log

import numpy as np
from attrs import frozen

from payymo_core.hypotheses import Hypotheses
from payymo_core.joint import Claims, settle_circles
from payymo_core.keys import Floats, Ints, Levels, Mask, renumbered, sorted_unique
from payymo_core.learnt import Calibration
from payymo_core.scoring import QUANTUM, Kind, quantised
from payymo_core.sequences import begins

# A fixed number of rounds, so that no component changes another's last digits. Chains
# of disputes longer than this do not come up; damping settles the ones with cycles.
_ROUNDS = 24
_DAMPING = 0.3
_UNLIKELY = -4.6  # natural log: a share of one in a hundred
_FAINT = -11.5  # natural log: a share of one in a hundred thousand
_LARGEST_BITS = 40.0


@frozen(eq=False)
class Confidences:
    """Probabilities after the rivals.

    Attributes:
        of: Probability of each hypothesis; of a closed invoice's, of its share of
            "nothing".
        log_odds: Of each hypothesis, in bits, a multiple of the quantum.
        uncalibrated: The same before the calibration.
        nothing: For each transaction, the probability that it pays nothing open.
        nothing_log_odds: The same in bits, a multiple of the quantum.
        again: For each transaction, the probability that it is a second payment.
        unsettled: Transactions whose disputes are too many to sum, or that may pay a
            part of what more parts are claimed of than fit: their figures are
            approximate.
    """

    of: Floats
    log_odds: Floats
    uncalibrated: Floats
    nothing: Floats
    nothing_log_odds: Floats
    again: Floats
    unsettled: Mask


def confidences(
    hypotheses: Hypotheses, outstanding: Ints, calibration: Calibration
) -> Confidences:
    """Let all hypotheses compete, on both sides, then correct what is left.

    Args:
        hypotheses: Of all transactions.
        outstanding: What is owed on each invoice, minor units.
        calibration: What verdicts taught of confidences; it only ever lowers them.
    """
    closed = hypotheses.kind == Kind.CLOSED
    weight = hypotheses.weight() * log(2)
    row, rows = hypotheses.transaction, len(hypotheses.other)
    named_closed = _sum_by(row[closed], np.exp(weight[closed]), rows)
    open_none = 1 + named_closed + hypotheses.again
    null = np.log(open_none + hypotheses.other)
    live = np.flatnonzero(~closed)
    strength = weight[live] - null[row[live]]
    held_back, unsettled = _held_back(hypotheses, live, strength, outstanding)
    strength += held_back
    top = _largest_by(row[live], strength, rows)
    share = np.exp(strength - top[row[live]])
    total = np.exp(-top) + _sum_by(row[live], share, rows)
    of = np.zeros(len(hypotheses))
    of[live] = share / total[row[live]]
    empty = np.exp(-top) / total
    of[closed] = empty[row[closed]] * np.exp(weight[closed] - null[row[closed]])
    before = _log_odds(of)
    bits = np.where(closed, before, _calibrated(before, calibration))
    nothing = empty * open_none / np.exp(null)
    no_bits = _log_odds(nothing)
    return Confidences(
        probability(bits),
        bits,
        before,
        probability(no_bits),
        no_bits,
        empty * hypotheses.again / np.exp(null),
        unsettled,
    )


def _log_odds(probability: Floats) -> Floats:
    """Bits, rounded to the quantum and kept within a range that a float resolves."""
    least = 2.0**-_LARGEST_BITS
    inside = np.clip(probability, least, 1 - least)
    return np.rint(np.log2(inside / (1 - inside)) / QUANTUM) * QUANTUM


def _calibrated(bits: Floats, calibration: Calibration) -> Floats:
    corrected = quantised(calibration.slope * bits)
    return np.clip(corrected, -_LARGEST_BITS, bits)


# 2**-(k/256) for every fraction that a quantised weight can have: exp2 of an array may
# differ in the last digit from machine to machine.
_FRACTIONS = np.array([2.0 ** -(k * QUANTUM) for k in range(int(1 / QUANTUM))])


def probability(bits: Floats) -> Floats:
    """Log-odds in whole quanta of bits to a probability, the same everywhere.

    >>> probability(np.array([0.0, 1.0])).tolist()
    [0.5, 0.6666666666666666]
    """
    quanta = np.rint(bits / QUANTUM).astype(np.int64)
    whole, fraction = np.divmod(quanta, len(_FRACTIONS))
    return 1 / (1 + np.ldexp(_FRACTIONS[fraction], -whole))


def _sum_by(group: Ints, values: Floats, groups: int) -> Floats:
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64)


def _largest_by(group: Ints, values: Floats, groups: int) -> Floats:
    out = np.zeros(groups)
    np.maximum.at(out, group, values)
    return out


def fitting_parts(
    kind: Levels, invoice: Ints, amount: Ints, outstanding: Ints, likely: Mask
) -> Mask:
    """Claims that can be granted side by side: likely parts fit into their invoice."""
    out = np.zeros(len(kind), np.bool_)
    part = np.flatnonzero(kind == Kind.PART)
    place, size = renumbered(invoice[part])
    total = np.zeros(size, np.int64)
    np.add.at(total, place, np.where(likely[part], amount[part], 0))
    out[part] = np.abs(total[place]) <= np.abs(outstanding[invoice[part]])
    return out


def _held_back(
    hypotheses: Hypotheses, live: Ints, strength: Floats, outstanding: Ints
) -> tuple[Floats, Mask]:
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
    top = _largest_by(row, strength, len(hypotheses.other))
    part = fitting_parts(
        hypotheses.kind[live][owner],
        invoice,
        hypotheses.amount[place],
        outstanding,
        (strength > top[row] + _UNLIKELY)[owner],
    )
    out = np.zeros(len(live))
    unsettled = np.zeros(len(hypotheses.other), np.bool_)
    # Which of too many parts fit beside each other is not summed.
    crowded = (hypotheses.kind[live][owner] == Kind.PART) & ~part
    crowded &= (strength > top[row] + _UNLIKELY)[owner]
    unsettled[row[owner[crowded]]] = True
    owner, invoice, part = _contested(owner, invoice, row, part)
    if not len(owner):
        return out, unsettled
    # Only transactions that share an invoice take part; numbered afresh.
    in_dispute = np.zeros(len(hypotheses.other), np.bool_)
    in_dispute[row[owner]] = True
    involved = in_dispute[row]
    local = np.cumsum(involved) - 1
    rows = np.flatnonzero(in_dispute)
    local_row = (np.cumsum(in_dispute) - 1)[row[involved]]
    invoice, _ = renumbered(invoice)
    claims = Claims(strength[involved], local_row, local[owner], invoice, part)
    held = _propagate(claims)
    settled = settle_circles(
        claims, _believed(claims, np.zeros(len(held))), _believed(claims, held)
    )
    exact = settled.hypothesis
    held[exact] = settled.log_odds - claims.strength[exact]
    out[involved] = held
    unsettled[rows[settled.unsettled]] = True
    return out, unsettled


def _believed(claims: Claims, held: Floats) -> Floats:
    """Probability of each disputed hypothesis, held back by others' claims."""
    rows = int(claims.row.max()) + 1
    after = claims.strength + held
    top = np.maximum(_largest_by(claims.row, after, rows), 0.0)
    share = np.exp(after - top[claims.row])
    total = np.exp(-top) + _sum_by(claims.row, share, rows)
    return share / total[claims.row]


def _contested(
    owner: Ints, invoice: Ints, row: Ints, part: Mask
) -> tuple[Ints, Ints, Mask]:
    """Claims on invoices that more than one transaction claims."""
    order = np.lexsort((row[owner], invoice))
    same = ~begins(invoice[order])
    other = begins(row[owner][order])
    disputed = np.zeros(int(invoice.max(initial=0)) + 1, np.bool_)
    disputed[invoice[order][same & other]] = True
    keep = disputed[invoice]
    return owner[keep], invoice[keep], part[keep]


def _propagate(claims: Claims) -> Floats:
    """Belief propagation: what each hypothesis loses to the others' claims."""
    strength, row = claims.strength, claims.row
    owner, invoice, part = claims.owner, claims.invoice, claims.part
    rows, invoices = int(row.max()) + 1, int(invoice.max()) + 1
    pair, group = np.unique(row[owner] * invoices + invoice, return_inverse=True)
    pairs = len(pair)
    pair_row, pair_invoice = pair // invoices, pair % invoices
    # A transaction may want all of an invoice, or a part: two messages a pair.
    claim = group + pairs * part
    in_parts = sorted_unique(group[part])
    message = np.zeros(2 * pairs)
    for _ in range(_ROUNDS):
        belief = strength + _sum_by(owner, message[claim], len(strength))
        top = np.maximum(_largest_by(row, belief, rows), 0.0)
        share = np.exp(belief - top[row])
        total = np.exp(-top) + _sum_by(row, share, rows)
        wanting = _sum_by(claim, share[owner], 2 * pairs).reshape(2, pairs)
        # The rest may come to a rounding error below nothing.
        rest = np.maximum(total[pair_row] - wanting.sum(axis=0), _TINY)
        want = np.log(np.maximum(wanting, _TINY)) - np.log(rest)
        want -= message.reshape(2, pairs)
        answer = _answers(want[0], want[1], in_parts, pair_invoice, invoices)
        message += (1 - _DAMPING) * (answer - message)
    return _sum_by(owner, message[claim], len(strength))


_TINY = 1e-300


def _answers(
    whole: Floats, part: Floats, in_parts: Ints, invoice: Ints, invoices: int
) -> Floats:
    """Log of how free each invoice is for each claimant, given the others' wants.

    For all of it first, then for a part. An invoice is free for all of it when no
    other takes it or a part; for a part, when no other takes all of it.
    """
    own = np.zeros(len(part))
    own[in_parts] = np.logaddexp(0.0, part[in_parts])
    side_by_side = _sum_by(invoice, own, invoices)
    top = np.maximum(_largest_by(invoice, whole, invoices), side_by_side)[invoice]
    scaled = np.exp(whole - top)
    others = np.maximum(_sum_by(invoice, scaled, invoices)[invoice] - scaled, 0.0)
    parts = side_by_side[invoice] - own
    for_whole = -(top + np.log(np.maximum(np.exp(parts - top) + others, _TINY)))
    return np.concatenate([for_whole, parts + for_whole])
