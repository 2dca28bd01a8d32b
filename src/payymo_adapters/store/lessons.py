"""What is learnt from: the records as they were when verdicts were given."""

from collections.abc import Collection, Sequence
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import Connection, func, select

from payymo_adapters.store import schema
from payymo_adapters.store.kinds import AllocationState
from payymo_adapters.store.proposals import labels
from payymo_adapters.store.rows import read_invoice, read_transaction
from payymo_adapters.store.store import Books
from payymo_core.labels import Label
from payymo_core.money import from_minor
from payymo_core.records import Invoice, InvoiceStatus, Transaction


@frozen
class Lesson:
    """What is learnt from.

    Attributes:
        transactions: All that is booked.
        invoices: As they were.
        labels: The verdicts.
    """

    transactions: Sequence[Transaction]
    invoices: Sequence[Invoice]
    labels: Sequence[Label]


def lesson(books: Books) -> Lesson:
    """What the verdicts of the books teach."""
    verdicts = labels(books)
    named = {invoice for label in verdicts for invoice in label.invoices}
    return Lesson(
        booked_transactions(books.connection, books.tenant),
        invoices_as_they_were(books.connection, books.tenant, named),
        verdicts,
    )


def booked_transactions(connection: Connection, tenant: str) -> list[Transaction]:
    """All that is booked, whatever was decided of it."""
    row = schema.transactions
    found = connection.execute(
        select(row)
        .where(
            row.c.tenant == tenant, row.c.status == "booked", row.c.gone_at.is_(None)
        )
        .order_by(row.c.id)
    )
    return [read_transaction(held) for held in found]


def invoices_as_they_were(
    connection: Connection, tenant: str, named: Collection[str]
) -> list[Invoice]:
    """Invoices that are open, or were when they were paid or judged.

    What was posted is owed again. One that was judged and is settled otherwise owes its
    total, where that is known.

    Args:
        connection: Bound to the tenant.
        tenant: Whose.
        named: Invoices that labels name.
    """
    row, part = schema.invoices, schema.allocations
    posted = (
        select(part.c.invoice_id, func.sum(part.c.amount).label("amount"))
        .where(part.c.tenant == tenant, part.c.state == AllocationState.SETTLED)
        .group_by(part.c.invoice_id)
        .subquery()
    )
    joined = row.outerjoin(posted, posted.c.invoice_id == row.c.id)
    found = connection.execute(
        select(row, func.coalesce(posted.c.amount, 0).label("posted"))
        .select_from(joined)
        .where(row.c.tenant == tenant)
        .order_by(row.c.id)
    )
    wanted = frozenset(named)
    return [
        _as_it_was(held)
        for held in found
        if held.status == InvoiceStatus.OPEN or held.posted or held.id in wanted
    ]


def _as_it_was(held: Any) -> Invoice:
    invoice = read_invoice(held)
    owed = held.outstanding + int(held.posted)
    if not owed and held.status != InvoiceStatus.OPEN:
        owed = held.total or 0
    if not owed:
        return invoice
    outstanding = from_minor(owed, held.currency)
    return evolve(invoice, outstanding=outstanding, status=InvoiceStatus.OPEN)
