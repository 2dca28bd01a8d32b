"""What a person is told of transactions, proposals and decisions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from payymo_adapters.store import schema
from payymo_adapters.store.decisions import decision
from payymo_adapters.store.kinds import PostingKind, PostingState
from payymo_adapters.store.rows import read_invoice, read_transaction
from payymo_adapters.store.store import Books
from payymo_core.money import from_minor
from payymo_core.naming import percentage
from payymo_core.results import Allocation


def transaction_told(books: Books, name: str) -> str:
    """A transaction in words."""
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == name)
    money = read_transaction(books.connection.execute(select(row).where(mine)).one())
    payer = money.counterparty.name if money.counterparty else None
    said = [str(part) for part in (money.booking_date, payer, money.remittance) if part]
    return f"{money.id}: {money.amount:f} {money.currency}; {'; '.join(said)}"


def decision_told(books: Books, number: int) -> list[str]:
    """A decision that waits for a second person in words."""
    held = decision(books, number)
    return [
        f"{number}: {transaction_told(books, held.transaction)}",
        *(f"  {allocation_told(books, each)}" for each in held.allocations),
        f"  confirmed by {held.actor}; a second person is wanted",
    ]


def waiting_told(row: Any) -> str:
    """The same in a line, as ``waiting_for_second`` gives it."""
    money = f"{from_minor(row.total, row.currency):,} {row.currency}"
    return (
        f"decision {row.id} on {row.transaction_id} ({money}) by {row.actor} waits "
        "for a second person"
    )


def posting_told(row: Any) -> str:
    """A posting in words, with its number where a person may rule on it."""
    money = f"{from_minor(row.amount, row.currency)} {row.currency}"
    said = f"{row.kind} of {money} to invoice {row.invoice_id}"
    fault = f": {row.fault}" if row.fault else ""
    if row.state == PostingState.PLANNED:
        if row.kind == PostingKind.REVERSAL:
            return f"payment of {money} to invoice {row.invoice_id} to be taken back"
        return f"{said} to be posted{fault}"
    if row.state == PostingState.REFUSED:
        fault += "; a person has to take it back where the invoices are"
    if row.ruled_by and row.state == PostingState.UNKNOWN:
        fault = f": to be sent again, says {row.ruled_by}"
    return f"posting {row.id}: {said} {row.state}{fault}"


def proposal_told(books: Books, number: int) -> list[str]:
    """A proposal in words: what came, what it would pay, and why."""
    held = decision(books, number)
    proposal = held.proposal
    reasons = ", ".join(proposal.get("reasons", ()))
    return [
        f"{number}: {transaction_told(books, held.transaction)}",
        *(f"  {allocation_told(books, each)}" for each in held.allocations),
        f"  {proposal['outcome']} at {percentage(proposal['confidence'])}"
        + (f": {reasons}" if reasons else ""),
        *(f"    {_evidence_told(row)}" for row in proposal["evidence"]),
    ]


def _evidence_told(row: Mapping[str, Any]) -> str:
    texts = [row[key] for key in ("transaction_text", "invoice_text") if row[key]]
    said = f": {' / '.join(texts)}" if texts else ""
    return f"{row['weight']:+.1f} {row['rule']} {row['level']}{said}"


def allocation_told(books: Books, given: Allocation) -> str:
    """Money for an invoice in words."""
    row = schema.invoices
    mine = (row.c.tenant == books.tenant) & (row.c.id == given.invoice)
    invoice = read_invoice(books.connection.execute(select(row).where(mine)).one())
    customer = invoice.customer
    parts = [
        invoice.number,
        customer and (customer.company or customer.name),
        f"{invoice.outstanding:f} {invoice.currency} is owed",
        invoice.due_date and f"due {invoice.due_date}",
    ]
    said = "; ".join(str(part) for part in parts if part)
    return f"{given.amount:f} to {given.invoice}: {said}"
