"""The figures of a run: how much was matched, offered and left, count and money."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum, unique

from attrs import frozen

from payymo_core import Match, MatchResult, Outcome, Reason
from payymo_core.money import added


@unique
class Group(StrEnum):
    """Where a transaction ended up; ``none`` taken apart, as a bookkeeper would."""

    MATCH = "match"
    REVIEW = "review"
    NONE = "none"
    """Booked money in that nothing open explains."""
    OUTGOING = "outgoing"
    PENDING = "pending"


@frozen(kw_only=True)
class Figure:
    """Count and money of one group.

    Attributes:
        group: Which one.
        count: Transactions in it.
        money: Currency -> sum of their amounts as booked, major units; ordered by
            currency.
    """

    group: Group
    count: int
    money: Mapping[str, Decimal]


@frozen(kw_only=True)
class Figures:
    """What a run comes to.

    Attributes:
        groups: One figure a group, in the order of ``Group``.
        applied: Currency -> what the matches allocate to invoices, major units.
        unapplied: Currency -> what the matches leave over, major units.
        fees: Currency -> what processors kept back of the matched money; matched and
            fees together are applied and unapplied together.
    """

    groups: tuple[Figure, ...]
    applied: Mapping[str, Decimal]
    unapplied: Mapping[str, Decimal]
    fees: Mapping[str, Decimal]


def group_of(match: Match) -> Group:
    """Tell a match's group by its outcome and reasons."""
    if match.outcome is Outcome.MATCH:
        return Group.MATCH
    if match.outcome is Outcome.REVIEW:
        return Group.REVIEW
    if Reason.OUTGOING in match.reasons:
        return Group.OUTGOING
    if Reason.PENDING in match.reasons:
        return Group.PENDING
    return Group.NONE


def figures(result: MatchResult) -> Figures:
    """Add up a run."""
    counts = Counter[Group]()
    money: dict[Group, list[tuple[str, Decimal]]] = {group: [] for group in Group}
    applied: list[tuple[str, Decimal]] = []
    unapplied: list[tuple[str, Decimal]] = []
    fees: list[tuple[str, Decimal]] = []
    records = result.run.transactions.records
    for match in result:
        record = records[result.row_of(match.transaction)]
        group = group_of(match)
        counts[group] += 1
        money[group].append((record.currency, record.amount))
        if group is Group.MATCH:
            applied += ((record.currency, a.amount) for a in match.allocations)
            unapplied.append((record.currency, match.unapplied))
            fees.append((record.currency, record.gross - record.amount))
    return Figures(
        groups=tuple(
            Figure(group=group, count=counts[group], money=_by_currency(money[group]))
            for group in Group
        ),
        applied=_by_currency(applied),
        unapplied=_by_currency(unapplied),
        fees=_by_currency(fees),
    )


def _by_currency(amounts: Iterable[tuple[str, Decimal]]) -> Mapping[str, Decimal]:
    totals = defaultdict[str, Decimal](Decimal)
    for currency, amount in amounts:
        totals[currency] = added(totals[currency], amount)
    return {currency: total for currency, total in sorted(totals.items()) if total}
