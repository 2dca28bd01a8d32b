"""A run's answers beside what is known of the truth: right, wrong, or not known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from attrs import frozen

from payymo_core.errors import RecordError
from payymo_core.labels import Label, Truth, Verdict
from payymo_core.results import Match

Invoices = frozenset[str]


@frozen(kw_only=True)
class Judged:
    """One answer, judged.

    A proposal is right when its set of invoices is exactly the true one; to propose
    nothing is right when the transaction pays nothing that is open.

    Attributes:
        match: The answer.
        right: Whether its first proposal is right; None where that is not known.
        place: Where the truth stands among the proposals, from 0; None where it is
            not among them, or not known.
        payable: Whether the transaction pays something open; None where only
            proposals are known that it does not pay.
    """

    match: Match
    right: bool | None
    place: int | None
    payable: bool | None


def judge(matches: Iterable[Match], truths: Iterable[Truth | Label]) -> list[Judged]:
    """Lay each answer beside what is known.

    A truth and a confirmed label say what a transaction pays. A rejected one says of
    one set that it is wrong, and leaves open which is right.

    Args:
        matches: A run's answers.
        truths: What is known, in any order; the same may be said twice.

    Returns:
        One a match, in its order.

    Raises:
        RecordError: Two of the truths contradict each other.
    """
    pays, rejected = _facts(truths)
    return [
        _judged(m, pays.get(m.transaction), rejected.get(m.transaction, set()))
        for m in matches
    ]


def _facts(
    truths: Iterable[Truth | Label],
) -> tuple[Mapping[str, Invoices], Mapping[str, set[Invoices]]]:
    """What each transaction pays, and what each does not."""
    pays: dict[str, Invoices] = {}
    rejected = defaultdict[str, set[Invoices]](set)
    for one in truths:
        invoices = frozenset(one.invoices)
        if isinstance(one, Label) and one.verdict is Verdict.REJECT:
            rejected[one.transaction].add(invoices)
        elif pays.setdefault(one.transaction, invoices) != invoices:
            sets = sorted(map(sorted, (invoices, pays[one.transaction])))
            msg = (
                f"transaction {one.transaction!r} is said to pay exactly {sets[0]}, "
                f"and exactly {sets[1]}"
            )
            raise RecordError(msg)
    for transaction, invoices in pays.items():
        if invoices in rejected.get(transaction, ()):
            msg = (
                f"transaction {transaction!r} with {sorted(invoices)} is both "
                "confirmed and rejected"
            )
            raise RecordError(msg)
    return pays, rejected


def _judged(match: Match, pays: Invoices | None, rejected: set[Invoices]) -> Judged:
    proposals = _proposals(match)
    if pays is None:
        right = False if proposals[0] in rejected else None
        return Judged(match=match, right=right, place=None, payable=None)
    place = proposals.index(pays) if pays in proposals else None
    return Judged(match=match, right=place == 0, place=place, payable=bool(pays))


def _proposals(match: Match) -> list[Invoices]:
    first = frozenset(a.invoice for a in match.allocations)
    rest = (frozenset(a.invoice for a in p.allocations) for p in match.alternatives)
    return [first, *rest]
