"""A run as plain data for the report's script: strings, numbers, lists."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from payymo_adapters.report.figures import group_of
from payymo_adapters.report.wording import (
    kind_of,
    name_of,
    payer_of,
    settle,
    texts_of,
    why,
)
from payymo_core import (
    Allocation,
    Evidence,
    Match,
    MatchResult,
    Outcome,
    Proposal,
    explain_pair,
    sentence,
)
from payymo_core.money import in_full

Data = Mapping[str, object]
_EXPLAINED_RIVALS = 3


def transaction_rows(result: MatchResult) -> Iterator[Data]:
    """Give one object a transaction, in the order of the run."""
    for match in result:
        yield _transaction(result, match)


def _transaction(result: MatchResult, match: Match) -> Data:
    record = result.run.transactions.records[result.row_of(match.transaction)]
    day = record.booking_date or record.value_date
    return {
        "id": record.id,
        "group": group_of(match),
        "day": day.isoformat() if day else "",
        "amount": exact(record.amount, record.currency),
        "fee": exact(record.fee, record.currency) if record.fee else "",
        "currency": record.currency,
        "payer": payer_of(record),
        "text": texts_of(record),
        "kind": kind_of(match),
        "why": why(result, match),
        "settle": settle(result, match),
        "reasons": list(match.reasons),
        "unapplied": exact(match.unapplied, record.currency),
        "confidence": match.confidence,
        "evidence": _evidence(match.evidence),
        "proposals": list(_proposals(result, match, record.currency)),
    }


def _proposals(result: MatchResult, match: Match, currency: str) -> Iterator[Data]:
    if not match.allocations:
        return
    first = Proposal(match.allocations, match.confidence)
    yield {**_proposal(result, first, currency), "evidence": _evidence(match.evidence)}
    for place, rival in enumerate(match.alternatives):
        data = _proposal(result, rival, currency)
        single = len(rival.allocations) == 1 and place < _EXPLAINED_RIVALS
        if match.outcome is Outcome.REVIEW and single:
            invoice = rival.allocations[0].invoice
            rows = explain_pair(result, match.transaction, invoice).rows
            data = {**data, "evidence": _evidence(rows)}
        yield data


def _proposal(result: MatchResult, proposal: Proposal, currency: str) -> Data:
    return {
        "confidence": proposal.confidence,
        "invoices": [_allocated(result, a, currency) for a in proposal.allocations],
        "evidence": [],
    }


def _allocated(result: MatchResult, allocation: Allocation, currency: str) -> Data:
    record = result.run.ledger.invoices.records[result.place_of(allocation.invoice)]
    owner = record.customer
    return {
        "name": name_of(record),
        "id": record.id if record.id != name_of(record) else "",
        "customer": (owner.company or owner.name or owner.id) if owner else "",
        "due": record.due_date.isoformat() if record.due_date else "",
        "outstanding": exact(record.outstanding, currency),
        "amount": exact(allocation.amount, currency),
    }


def _evidence(rows: Iterable[Evidence]) -> list[Data]:
    return [
        {"rule": row.rule, "bits": row.weight, "says": sentence(row)} for row in rows
    ]


def exact(value: Decimal, currency: str) -> str:
    """Write an amount with exactly the decimals of its currency.

    >>> exact(Decimal("9.5"), "EUR")
    '9.50'
    """
    return format(in_full(value, currency), "f")
