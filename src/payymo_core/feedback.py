"""Learning from verdicts: the records, the labels and the rules give new rules.

The labels are the whole truth. What was learnt before is dropped first, so that to
unlearn is to leave a label out and learn again; and their order plays no part.
"""

from collections.abc import Iterable

from attrs import evolve

from payymo_core.calibrating import fitted
from payymo_core.columns import InvoiceColumns, TransactionColumns
from payymo_core.engine import Matcher
from payymo_core.errors import Rejected
from payymo_core.labels import Label
from payymo_core.learnt import Learnt
from payymo_core.lesson import Lesson
from payymo_core.reading import invoice_columns, transaction_columns
from payymo_core.records import Invoice, Transaction
from payymo_core.rules import Ruleset
from payymo_core.verdicts import Verdicts, sorted_out


def learn(
    transactions: Iterable[Transaction | Rejected],
    invoices: Iterable[Invoice | Rejected],
    labels: Iterable[Label],
    ruleset: Ruleset | None = None,
) -> Ruleset:
    """Learn from reviewers' verdicts.

    Args:
        transactions: All of a run, as they were matched: rivals matter.
        invoices: The ledger as it stood then; what was paid since still open.
        labels: Verdicts, in any order. Those that ``label_faults`` names teach nothing.
        ruleset: How records are compared; what it has learnt before is dropped.

    Returns:
        The same rules, with all that the labels teach as ``learnt``.
    """
    base = evolve(Ruleset() if ruleset is None else ruleset, learnt=Learnt())
    result = Matcher(invoices, base).match(transactions)
    run = result.run
    verdicts, _ = _sorted_out(run.transactions, run.ledger.invoices, labels)
    if not verdicts.count:
        return base
    lesson = Lesson(result, verdicts)
    return evolve(
        base,
        learnt=Learnt(
            labels=verdicts.count,
            calibration=fitted(list(lesson.judged_proposals())),
            rejected=tuple(lesson.rejected()),
            payers=tuple(lesson.payers()),
            rules=tuple(lesson.rules()),
            short_payers=tuple(lesson.short_payers()),
            citing=tuple(lesson.citing()),
        ),
    )


def label_faults(
    transactions: Iterable[Transaction | Rejected],
    invoices: Iterable[Invoice | Rejected],
    labels: Iterable[Label],
) -> tuple[Rejected, ...]:
    """Labels that teach nothing, and why.

    One is at fault that names a transaction or an invoice that is not among the usable
    records, or that another label contradicts.
    """
    columns = transaction_columns(transactions)[0], invoice_columns(invoices)[0]
    return _sorted_out(*columns, labels)[1]


def _sorted_out(
    transactions: TransactionColumns, invoices: InvoiceColumns, labels: Iterable[Label]
) -> tuple[Verdicts, tuple[Rejected, ...]]:
    known = {record.id for record in transactions.records}
    ledger = {record.id for record in invoices.records}
    return sorted_out(known, ledger, labels)
