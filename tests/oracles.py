"""Naive twins: slow, and obviously right."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, product
from math import exp2

from attrs import frozen

from payymo_core.normalisation import fold
from payymo_core.scoring import Kind
from tests.builders import Claim

# --- texts --------------------------------------------------------------------------


@frozen
class Atom:
    """A longest run of letters, or of digits.

    Attributes:
        text: Index of the text that it stands in.
        letters: Its characters, folded.
        attached: Whether another atom stands directly before it.
    """

    text: int
    letters: str
    attached: bool

    @property
    def is_number(self) -> bool:
        """Whether it is a run of digits."""
        return self.letters[0].isdigit()


def atoms(texts: Sequence[str]) -> list[Atom]:
    """Cut texts into atoms."""
    out = []
    for place, text in enumerate(texts):
        folded = fold(text)
        for found in re.finditer("[A-Z]+|[0-9]+", folded):
            before = folded[found.start() - 1 : found.start()]
            out.append(Atom(place, found.group(), before.isalnum()))
    return out


def runs(
    held: Sequence[Atom],
    starts: Iterable[int],
    through: Sequence[bool],
    most_atoms: int,
    most_letters: int,
) -> set[tuple[int, int]]:
    """First and last atom of every run that keeps to the bounds."""
    out = set()
    for first in starts:
        for last in range(first, min(first + most_atoms, len(held))):
            run = held[first : last + 1]
            if (
                {atom.text for atom in run} == {held[first].text}
                and all(through[first + 1 : last + 1])
                and len(compact(run)) <= most_letters
            ):
                out.add((first, last))
    return out


def compact(run: Sequence[Atom]) -> str:
    """Letters and digits of a run of atoms."""
    return "".join(atom.letters for atom in run)


def number(run: Sequence[Atom]) -> str:
    """As ``compact``, without the leading zeros of a number at the front."""
    first = run[0].letters
    return (first.lstrip("0") if run[0].is_number else first) + compact(run[1:])


def within_one_edit(one: str, other: str) -> bool:
    """Whether a letter replaced, left out, added or swapped makes them equal."""
    return other in _edits(one) or one in _edits(other) or one == other


def _edits(text: str) -> Iterator[str]:
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]
        yield text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
            yield text[:place] + letter + text[place + 1 :]


# --- sums ---------------------------------------------------------------------------


def subsets_with_sum(
    amounts: Sequence[int], target: int, least: int = 0
) -> set[tuple[int, ...]]:
    """Places of every subset that adds up to a target."""
    places = range(len(amounts))
    return {
        chosen
        for size in range(least, len(amounts) + 1)
        for chosen in combinations(places, size)
        if sum(amounts[place] for place in chosen) == target
    }


# --- joint explanations -------------------------------------------------------------

Claims = Sequence[Sequence[Claim]]
Choice = tuple[Claim | None, ...]


def compatible(chosen: Choice, fits: Callable[[int, Sequence[Claim]], bool]) -> bool:
    """Whether no invoice is claimed by two, unless by parts that fit into it."""
    claimants: dict[int, list[Claim]] = {}
    for claim in chosen:
        for invoice in claim.invoices if claim else ():
            claimants.setdefault(invoice, []).append(claim)  # type: ignore[arg-type]
    return all(
        len(held) == 1 or fits(invoice, held) for invoice, held in claimants.items()
    )


def parts_that_fit(
    claims: Claims, outstanding: Sequence[int]
) -> Callable[[int, Sequence[Claim]], bool]:
    """Parts share an invoice when all the parts claimed of it fit into it."""
    asked: dict[int, int] = {}
    for claim in (claim for held in claims for claim in held):
        if claim.kind is Kind.PART:
            for invoice, amount in claim.money.items():
                asked[invoice] = asked.get(invoice, 0) + amount

    def fits(invoice: int, held: Sequence[Claim]) -> bool:
        parts = all(claim.kind is Kind.PART for claim in held)
        return parts and asked[invoice] <= outstanding[invoice]

    return fits


def choices(claims: Claims, outstanding: Sequence[int]) -> Iterator[Choice]:
    """Every joint explanation: one claim or none a transaction."""
    fits = parts_that_fit(claims, outstanding)
    for chosen in product(*([None, *held] for held in claims)):
        if compatible(chosen, fits):
            yield chosen


def posterior(claims: Claims, outstanding: Sequence[int]) -> list[list[float]]:
    """Probability of each claim: its share of all joint explanations."""
    total = Fraction(0)
    mine = [[Fraction(0)] * len(held) for held in claims]
    for chosen in choices(claims, outstanding):
        odds = Fraction(1)
        for claim in chosen:
            odds *= Fraction(exp2(claim.bits)) if claim else 1
        total += odds
        for row, claim in enumerate(chosen):
            if claim is not None:
                place = next(n for n, c in enumerate(claims[row]) if c is claim)
                mine[row][place] += odds
    return [[float(share / total) for share in held] for held in mine]


def best_total(claims: Claims, outstanding: Sequence[int], least: float) -> float:
    """Bits above ``least`` of the best joint choice."""
    usable = [[c for c in held if c.bits > least] for held in claims]
    return max(
        sum(claim.bits - least for claim in chosen if claim)
        for chosen in choices(usable, outstanding)
    )


def has_cycle(claims: Claims) -> bool:
    """Whether transactions and the invoices they claim form a cycle.

    A transaction's claims are one node, as only one of them is true; invoices that
    nobody else claims tell nothing.
    """
    edges = {
        (row, i) for row, held in enumerate(claims) for c in held for i in c.invoices
    }
    shared = {i for _, i in edges if len({row for row, j in edges if j == i}) > 1}
    parent: dict[object, object] = {}

    def root(node: object) -> object:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for row, invoice in sorted(edges):
        if invoice in shared:
            one, other = root(("row", row)), root(("invoice", invoice))
            if one == other:
                return True
            parent[one] = other
    return False


def overdrawn(given: Mapping[str, int], outstanding: Mapping[str, int]) -> set[str]:
    """Invoices given more than is outstanding, or money of the wrong sign."""
    return {
        invoice
        for invoice, amount in given.items()
        if abs(amount) > abs(outstanding[invoice]) or amount * outstanding[invoice] < 0
    }
