"""How likely a customer settles what it owes in just these payments."""

from collections.abc import Mapping, Sequence
from math import comb, prod

from attrs import frozen

from benchmarks.judge.debtors import Debtor
from benchmarks.judge.hypotheses import JOINT
from benchmarks.judge.rates import Rates
from benchmarks.world.mix import Naming
from benchmarks.world.payments import LARGEST_SET
from benchmarks.world.truth import Kind

_OUT_OF_TURN = 1 / 12
_ANY_CHOICE = 0.35


@frozen
class Piece:
    """One payment of a plan: its kind, and places in ``owed``, ascending."""

    kind: Kind
    places: tuple[int, ...]


def plan_chance(debtor: Debtor, pieces: Sequence[Piece], rates: Rates) -> float:
    """Probability that a customer makes just these payments, and no other.

    Invoices paid alone are in their turn or not, whatever the order: only what is
    paid jointly depends on what is left by then. The sum over all orders is exact for
    invoices paid alone; beside joint payments it takes the order of the oldest
    invoice in each, and what was paid out of turn before at its rate.
    """
    paid = sorted({place for piece in pieces for place in piece.places})
    unpaid = _unpaid_chance(debtor, set(paid), rates)
    if not paid:
        return unpaid
    if any(piece.kind is Kind.NET_OF_FEE for piece in pieces):
        if all(piece.kind is Kind.NET_OF_FEE for piece in pieces):
            return unpaid * rates.mix.processor
        return 0.0
    chance = unpaid * (1 - rates.mix.processor)
    left = paid
    if debtor.credit:
        chance *= _set_off_chance(debtor, pieces, paid)
        set_off = {p for x in pieces if x.kind is Kind.SET_OFF for p in x.places}
        left = [place for place in paid if place not in set_off]
    return chance * _order_chance(debtor, pieces, left, rates)


def _unpaid_chance(debtor: Debtor, paid: set[int], rates: Rates) -> float:
    chance = 1.0
    for place in range(len(debtor.owed)):
        newest = place == debtor.newest
        unpaid = rates.unpaid_newest if newest else rates.unpaid
        chance *= (1 - unpaid) if place in paid else unpaid
    return chance


def _set_off_chance(
    debtor: Debtor, pieces: Sequence[Piece], paid: Sequence[int]
) -> float:
    """That the credit note is set off against these, the oldest, or against none."""
    assert debtor.credit
    credit = debtor.credit.draft.outstanding
    counts = [min(len(paid), count) for count in (1, 2, 3)]
    chosen = [piece for piece in pieces if piece.kind is Kind.SET_OFF]
    if len(chosen) > 1:
        return 0.0
    if chosen:
        size = len(chosen[0].places)
        fits = tuple(paid[:size]) == chosen[0].places
        return counts.count(size) / 3 if fits else 0.0
    sums = [
        sum(debtor.owed[place].draft.outstanding for place in paid[:count]) + credit
        for count in counts
    ]
    return sum(amount <= 0 for amount in sums) / 3


def _order_chance(
    debtor: Debtor, pieces: Sequence[Piece], owed: Sequence[int], rates: Rates
) -> float:
    joint = rates.mix.joint
    namings = rates.namings
    # Instalments of one invoice are one decision.
    blocks = {piece.places: piece for piece in pieces if piece.kind is not Kind.SET_OFF}
    left = list(owed)
    alone = 0
    chance = 1.0
    for places, piece in sorted(blocks.items()):
        if piece.kind in JOINT:
            chance *= joint * _choice_chance(debtor, piece, left, alone, namings)
        elif len(left) > 1:
            chance *= 1 - joint
            alone += 1
        taken = set(places)
        left = [place for place in left if place not in taken]
    return chance


def _choice_chance(
    debtor: Debtor,
    piece: Piece,
    left: Sequence[int],
    alone: int,
    namings: Mapping[Naming, float],
) -> float:
    """That of what is left just these are paid jointly, and named as the kind says.

    Args:
        debtor: Who pays.
        piece: What is paid jointly.
        left: What is still owed, in order.
        alone: How many were paid alone before: so often it could have been paid, too,
            and anything between out of turn.
        namings: What joint payments name.
    """
    kind, places = piece.kind, piece.places
    count, total = len(places), len(left)
    if count < 2 or count > LARGEST_SET:
        return 0.0
    of_count = _count_chance(count, min(total, LARGEST_SET))
    between = _out_of_turn(places, left, alone, upto=places[-1])
    if kind in (Kind.JOINT_NAMED, Kind.JOINT_SOME_NAMED):
        naming = Naming.ALL if kind is Kind.JOINT_NAMED else Naming.SOME
        in_order = (1 - _ANY_CHOICE) * of_count * between
        any_choice = _ANY_CHOICE * sum(
            _count_chance(count, min(total + more, LARGEST_SET))
            / comb(total + more, count)
            for more in range(alone + 1)
        )
        return namings[naming] * (in_order + any_choice)
    everything = _out_of_turn(places, left, alone, upto=left[-1])
    if count == LARGEST_SET:
        everything = max(everything, between)
    return (
        namings[Naming.ALL_OPEN] * everything
        + namings[Naming.OLDEST] * of_count * between
        + namings[Naming.MONTH] * _month_chance(debtor, places, left, alone)
    )


def _count_chance(count: int, limit: int) -> float:
    """That so many are chosen: two, and each further one with a chance of a half."""
    if not 2 <= count <= limit:
        return 0.0
    return 0.5 ** (count - 2) * (1.0 if count == limit else 0.5)


def _out_of_turn(
    places: tuple[int, ...], left: Sequence[int], alone: int, *, upto: int
) -> float:
    """That what stands between was paid before: 1 where nothing does."""
    skipped = sum(place <= upto and place not in places for place in left)
    rate = _OUT_OF_TURN * (alone + 1) / len(left)
    return prod([rate] * skipped)


def _month_chance(
    debtor: Debtor, places: tuple[int, ...], left: Sequence[int], alone: int
) -> float:
    """That these are the invoices of the month of the oldest."""
    month = _month(debtor, left[0])
    same = [place for place in left if _month(debtor, place) == month]
    if len(same) == 1:
        of_count = _count_chance(len(places), min(len(left), LARGEST_SET))
        return of_count * _out_of_turn(places, left, alone, upto=places[-1])
    if any(_month(debtor, place) != month for place in places):
        return 0.0
    return _out_of_turn(places, same[:LARGEST_SET], alone, upto=same[-1])


def _month(debtor: Debtor, place: int) -> tuple[int, int]:
    issued = debtor.owed[place].draft.issued
    return issued.year, issued.month
