"""Invoices that a person may want to give money to, the likeliest first."""

from collections.abc import Collection, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import case, func, select

from payymo_adapters.store import schema
from payymo_adapters.store.kinds import AllocationState
from payymo_adapters.store.rows import read_invoice
from payymo_adapters.store.store import Books
from payymo_core.money import from_minor
from payymo_core.records import Invoice, InvoiceStatus

_HELD = (AllocationState.RESERVED, AllocationState.SETTLED)


@frozen(kw_only=True)
class Candidate:
    """An open invoice.

    Attributes:
        invoice: As the ledger has it.
        free: What of it no decision has yet, minor units.
        why: Why it is likely, in a word or two; "" where its amount is near.
    """

    invoice: Invoice
    free: int
    why: str


@frozen(kw_only=True)
class Named:
    """Invoices that the engine named for a transaction, by id.

    Attributes:
        first: Of its proposal.
        others: Of what it offered beside that.
    """

    first: Collection[str] = ()
    others: Collection[str] = ()


def left_of(books: Books, transaction: str) -> tuple[int, str]:
    """What of a transaction no invoice has, minor units, and its currency."""
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == transaction)
    held = books.connection.execute(
        select(row.c.gross, row.c.allocated, row.c.currency).where(mine)
    ).one()
    return held.gross - held.allocated, held.currency


def candidates(
    books: Books, transaction: str, named: Named, most: int
) -> list[Candidate]:
    """Find what a transaction may pay.

    Args:
        books: The tenant's.
        transaction: Its id.
        named: What was proposed for it.
        most: How many are wanted.

    Returns:
        What was named, then the same customers', then those of the same amount, then
        those of the nearest.
    """
    left, currency = left_of(books, transaction)
    row = schema.invoices
    free = row.c.outstanding - row.c.allocated
    rank = case(
        (row.c.id.in_(named.first), 0),
        (row.c.id.in_(named.others), 1),
        (row.c.customer.in_(_customers(books, named)), 2),
        (free == left, 3),
        else_=4,
    )
    found = books.connection.execute(
        select(row, free.label("free"), rank.label("rank"))
        .where(
            row.c.tenant == books.tenant,
            row.c.status == InvoiceStatus.OPEN,
            row.c.currency == currency,
            free > 0 if left > 0 else free < 0,
            row.c.id.not_in(_given(books, transaction)),
        )
        .order_by(rank, func.abs(free - left), row.c.id)
        .limit(most)
    )
    return [
        Candidate(invoice=read_invoice(held), free=held.free, why=_WHY[held.rank])
        for held in found
    ]


_WHY = ("proposed", "offered too", "the same customer", "the same amount", "")


def _customers(books: Books, named: Named) -> Sequence[str]:
    """Whose the named invoices are, as they are written."""
    row = schema.invoices
    return books.connection.scalars(
        select(row.c.customer)
        .where(
            row.c.tenant == books.tenant,
            row.c.id.in_([*named.first, *named.others]),
            row.c.customer.is_not(None),
        )
        .distinct()
    ).all()


def _given(books: Books, transaction: str) -> Sequence[str]:
    """What has money of it: what is left goes to others."""
    row, money = schema.allocations, schema.transactions
    # By the decision that holds: allocations have no index of their transactions.
    held = select(money.c.decision_id).where(
        money.c.tenant == books.tenant, money.c.id == transaction
    )
    return books.connection.scalars(
        select(row.c.invoice_id).where(
            row.c.tenant == books.tenant,
            row.c.decision_id == held.scalar_subquery(),
            row.c.state.in_(_HELD),
        )
    ).all()


def holders(books: Books, invoice: str) -> Sequence[Any]:
    """Which decisions have money for an invoice: decision_id, transaction_id, money."""
    row = schema.allocations
    found = books.connection.execute(
        select(row.c.decision_id, row.c.transaction_id, row.c.amount, row.c.currency)
        .where(
            row.c.tenant == books.tenant,
            row.c.invoice_id == invoice,
            row.c.state.in_(_HELD),
        )
        .order_by(row.c.decision_id)
    )
    return [
        (held.decision_id, held.transaction_id, from_minor(held.amount, held.currency))
        for held in found
    ]
