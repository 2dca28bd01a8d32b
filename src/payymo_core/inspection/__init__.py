"""What is wrong with the data, before a payment goes astray for it."""

from collections.abc import Callable, Iterable

from payymo_core.inspection import (
    customers,
    items,
    numbers,
    receipts,
    silence,
    truncation,
)
from payymo_core.inspection.advice import WORDS
from payymo_core.inspection.books import Books
from payymo_core.inspection.findings import (
    Case,
    Finding,
    FindingCode,
    Kind,
    Severity,
)
from payymo_core.matching import MatchResult
from payymo_core.pausing import collector_paused

__all__ = ["Case", "Finding", "FindingCode", "Severity", "inspect"]

_CHECKS: tuple[Callable[[Books], Iterable[Case]], ...] = (
    numbers.duplicate_numbers,
    numbers.shared_references,
    numbers.weak_numbers,
    numbers.numbers_that_begin_another,
    items.amounts_at_odds,
    items.due_before_issue,
    items.far_ahead,
    items.lone_currencies,
    customers.shared_accounts,
    customers.payers_for_several,
    customers.shared_names,
    receipts.paid_twice,
    receipts.closed_invoices_named,
    truncation.truncated_texts,
    silence.silent_rules,
)
_SEVERITIES = tuple(Severity)
_CODES = tuple(FindingCode)


def inspect(result: MatchResult) -> tuple[Finding, ...]:
    """Say what is wrong with the transactions, the invoices and the ruleset of a run.

    Records that were rejected are in the result with their faults; they are not
    looked at. The time is that of sorting the records, whatever is wrong with them.

    Args:
        result: A run over all transactions and invoices that belong together.

    Returns:
        One finding for each code and severity that occurs, the worst first; the same
        whatever the order of the records.
    """
    held: dict[Kind, list[Case]] = {}
    with collector_paused():
        books = Books.of(result)
        for check in _CHECKS:
            for case in check(books):
                held.setdefault((case.code, case.severity), []).append(case)
        return tuple(_finding(kind, held[kind]) for kind in sorted(held, key=_rank))


def _finding(kind: Kind, cases: list[Case]) -> Finding:
    words = WORDS[kind]
    return Finding(
        code=kind[0],
        severity=kind[1],
        says=words.says,
        advice=words.advice,
        cases=tuple(sorted(cases, key=_place)),
    )


def _rank(kind: Kind) -> tuple[int, int]:
    code, severity = kind
    return _SEVERITIES.index(severity), _CODES.index(code)


def _place(case: Case) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return case.says, case.invoices, case.transactions
