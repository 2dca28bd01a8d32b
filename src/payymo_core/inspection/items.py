"""Amounts, dates and currencies that are at odds with each other."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise

from payymo_core.inspection.books import Books, is_booked
from payymo_core.inspection.findings import Case, FindingCode, Severity
from payymo_core.inspection.wording import counted, money, name_of
from payymo_core.records import Invoice, InvoiceStatus, Transaction

_A_YEAR = 366
# No term of payment is as long; a contract billed ahead may be.
_LONGEST_TERM = 2 * 366


def amounts_at_odds(books: Books) -> Iterator[Case]:
    """Open invoices with nothing outstanding, or with more than their total."""
    for invoice in books.invoices:
        if invoice.status != InvoiceStatus.OPEN:
            continue
        if not invoice.outstanding:
            says = f"{name_of(invoice)}: {_owed(invoice)}"
            yield _of(invoice, FindingCode.NOTHING_OUTSTANDING, Severity.NOTE, says)
        elif invoice.total is not None and _above(invoice.outstanding, invoice.total):
            total = money(invoice.total, invoice.currency)
            says = f"{name_of(invoice)}: {_owed(invoice)} of {total}"
            code = FindingCode.OUTSTANDING_ABOVE_TOTAL
            yield _of(invoice, code, Severity.WARNING, says)


def _owed(invoice: Invoice) -> str:
    return f"{money(invoice.outstanding, invoice.currency)} outstanding"


def _above(owed: Decimal, total: Decimal) -> bool:
    # copy_abs, as abs() rounds to the digits of the caller's context.
    return owed.copy_abs() > total.copy_abs() or owed.is_signed() != total.is_signed()


def due_before_issue(books: Books) -> Iterator[Case]:
    """Open invoices that fall due before they are issued."""
    for invoice in books.open_items:
        issued, due = invoice.issue_date, invoice.due_date
        if issued and due and due < issued:
            says = f"{name_of(invoice)}: issued {issued}, due {due}"
            code = FindingCode.DUE_BEFORE_ISSUE
            yield _of(invoice, code, Severity.WARNING, says)


def far_ahead(books: Books) -> Iterator[Case]:
    """Records dated more than a year after all but a tenth of them."""
    booked = [(t, t.booking_date or t.value_date) for t in books.transactions]
    issued = [(i, i.issue_date) for i in books.invoices]
    last = _last_of_the_crowd([day for _, day in (*booked, *issued) if day])
    code, severity = FindingCode.FAR_AHEAD, Severity.WARNING
    for transaction, day in booked:
        if day and day.toordinal() > last:
            says = f"a transaction of {money(transaction.amount, transaction.currency)}"
            yield Case(
                code=code,
                severity=severity,
                says=f"{says}: booked {day}",
                transactions=(transaction.id,),
            )
    for invoice, day in issued:
        due = invoice.due_date
        if day and day.toordinal() > last:
            yield _of(invoice, code, severity, f"{name_of(invoice)}: issued {day}")
        elif due and due.toordinal() > last + _LONGEST_TERM:
            yield _of(invoice, code, severity, f"{name_of(invoice)}: due {due}")


def _last_of_the_crowd(days: Iterable[date]) -> int:
    """The day, as a number, before a gap of a year that few days lie behind.

    Few is a tenth: a ledger that grew over many years has no such gap, and of two
    periods neither is a mistake.
    """
    crowd = sorted(day.toordinal() for day in days)
    few = len(crowd) // 10
    for before, after in pairwise(crowd[len(crowd) - few - 1 :]):
        if after - before > _A_YEAR:
            return before
    return crowd[-1] if crowd else date.max.toordinal()


def lone_currencies(books: Books) -> Iterator[Case]:
    """Currencies in which there is only money, or only open invoices."""
    came_in = _by_currency(
        t for t in books.transactions if is_booked(t) and t.amount > 0
    )
    owed = _by_currency(books.open_items)
    for currency in came_in.keys() - owed.keys():
        ids = came_in[currency]
        yield Case(
            code=FindingCode.CURRENCY_WITHOUT_INVOICES,
            severity=Severity.WARNING,
            says=f"{currency}: {counted(len(ids), 'transaction')}",
            transactions=ids,
        )
    # An empty statement says nothing of currencies.
    for currency in owed.keys() - came_in.keys() if came_in else ():
        ids = owed[currency]
        yield Case(
            code=FindingCode.CURRENCY_WITHOUT_TRANSACTIONS,
            severity=Severity.NOTE,
            says=f"{currency}: {counted(len(ids), 'invoice')}",
            invoices=ids,
        )


def _by_currency(
    records: Iterable[Transaction | Invoice],
) -> dict[str, tuple[str, ...]]:
    ids: dict[str, list[str]] = {}
    for record in records:
        ids.setdefault(record.currency, []).append(record.id)
    return {currency: tuple(held) for currency, held in ids.items()}


def _of(invoice: Invoice, code: FindingCode, severity: Severity, says: str) -> Case:
    return Case(code=code, severity=severity, says=says, invoices=(invoice.id,))
