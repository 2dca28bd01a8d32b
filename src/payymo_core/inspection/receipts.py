"""Money that came in twice, or for what is not open, as its text says."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from operator import itemgetter

from payymo_core.inspection.books import Books, is_booked
from payymo_core.inspection.findings import Case, FindingCode, Severity
from payymo_core.inspection.letters import compacted
from payymo_core.inspection.wording import listed, money, name_of, quoted
from payymo_core.money import to_minor
from payymo_core.records import Invoice, InvoiceStatus, Transaction
from payymo_core.results import Reason

_NEAR = 6
"""Days; less than a week, after which a standing order comes again."""
_NEAR_NAMED = 27
"""Days where the text names an invoice; less than a month, for the same reason."""

_Sum = tuple[str, str, Decimal]
"""Payer, currency and amount."""


def paid_twice(books: Books) -> Iterator[Case]:
    """Payments that came again, and were not paid back.

    Two are the same if they name the same invoices; where none is named, if they have
    the same text. A pending transaction and its booked twin are one payment. What fits
    into what is outstanding is paid in parts.
    """
    groups: dict[tuple[_Sum, object], list[Transaction]] = {}
    paid_back: set[_Sum] = set()
    texts = compacted([_text_of(transaction) for transaction in books.transactions])
    for transaction, payer, text in zip(
        books.transactions, books.payers, texts, strict=True
    ):
        amount, currency = transaction.amount, transaction.currency
        if not (payer and is_booked(transaction)):
            continue
        named = tuple(i.id for i in books.named.get(transaction.id, ()))
        if amount < 0:
            paid_back.add((payer, currency, amount.copy_abs()))
        elif amount > 0 and (named or text):
            what = payer, currency, amount
            groups.setdefault((what, named or text), []).append(transaction)
    for (what, _), same in groups.items():
        if what not in paid_back:
            yield from _again(books, same)


def _text_of(transaction: Transaction) -> str:
    texts = transaction.remittance, transaction.creditor_reference
    return " ".join(text for text in texts if text)


def _again(books: Books, same: Sequence[Transaction]) -> Iterator[Case]:
    """Runs of equal payments that are near each other, and one too many."""
    first = same[0]
    invoices = books.named.get(first.id, ())
    owed = sum(
        to_minor(invoice.outstanding, invoice.currency)
        for invoice in invoices
        if invoice.id in books.open_ids and invoice.currency == first.currency
    )
    fit = owed // to_minor(first.amount, first.currency)
    for run in _runs(same, _NEAR_NAMED if invoices else _NEAR):
        if len(run) > max(fit, 1):
            days = listed([str(_day_of(transaction)) for transaction in run])
            yield Case(
                code=FindingCode.PAID_TWICE,
                severity=Severity.WARNING if invoices else Severity.NOTE,
                says=f"{quoted(_text_of(run[0]))}: {_sum_of(first)} on {days}",
                transactions=tuple(sorted(transaction.id for transaction in run)),
                invoices=tuple(invoice.id for invoice in invoices),
            )


def _runs(same: Sequence[Transaction], near: int) -> list[list[Transaction]]:
    """Dated ones in order, parted where more than so many days lie between."""
    dated = [(day, t.id, t) for t in same if (day := _day_of(t))]
    runs: list[list[Transaction]] = []
    last: date | None = None
    for day, _, transaction in sorted(dated, key=itemgetter(0, 1)):
        if last is None or (day - last).days > near:
            runs.append([])
        runs[-1].append(transaction)
        last = day
    return runs


def _day_of(transaction: Transaction) -> date | None:
    return transaction.booking_date or transaction.value_date


def closed_invoices_named(books: Books) -> Iterator[Case]:
    """Money whose text names an invoice that is paid, cancelled, or else not open."""
    for transaction in books.transactions:
        match = books.matches[transaction.id]
        if Reason.REFERENCE_OF_PAID_INVOICE not in match.reasons:
            continue
        named = books.named.get(transaction.id, ())
        closed = {i.id: i for i in named if i.id not in books.open_ids}
        likeliest = books.closed[transaction.id]
        closed[likeliest.id] = likeliest
        invoices = [invoice for _, invoice in sorted(closed.items())]
        said = listed([f"{name_of(i)} ({_standing(i)})" for i in invoices])
        yield Case(
            code=FindingCode.CLOSED_INVOICE_NAMED,
            severity=Severity.WARNING,
            says=f"{said}: {_sum_of(transaction)}",
            transactions=(transaction.id,),
            invoices=tuple(sorted(closed)),
        )


def _sum_of(transaction: Transaction) -> str:
    return money(transaction.amount, transaction.currency)


def _standing(invoice: Invoice) -> str:
    is_open = invoice.status == InvoiceStatus.OPEN
    return "nothing outstanding" if is_open else str(invoice.status)
