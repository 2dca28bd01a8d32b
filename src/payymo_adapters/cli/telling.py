"""What a person is told of transactions, proposals and decisions."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from payymo_adapters.store import schema
from payymo_adapters.store.candidates import holders, left_of
from payymo_adapters.store.decisions import decision
from payymo_adapters.store.kinds import PostingKind, PostingState
from payymo_adapters.store.rests import paid_by
from payymo_adapters.store.rows import read_invoice, read_transaction
from payymo_adapters.store.store import Books
from payymo_core.money import from_minor
from payymo_core.naming import owner, payer, percentage, texts
from payymo_core.records import Invoice, InvoiceStatus
from payymo_core.results import Allocation, Evidence, Reason
from payymo_core.wording import reason_in_words, sentence

_MOST_RIVALS = 2


def transaction_told(books: Books, name: str) -> str:
    """A transaction in words."""
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == name)
    money = read_transaction(books.connection.execute(select(row).where(mine)).one())
    day = money.booking_date or money.value_date
    said = [str(part) for part in (day, payer(money), texts(money)) if part]
    return "; ".join([f"{money.id}: {money.amount:,f} {money.currency}", *said])


def decision_told(books: Books, number: int) -> list[str]:
    """A decision that waits for a second person in words."""
    held = decision(books, number)
    return [
        f"decision {number}: confirmed by {held.actor}; a second person is wanted",
        f"  {transaction_told(books, held.transaction)}",
        *(f"  pays {allocation_told(books, each)}" for each in paid_by(books, number)),
    ]


def rest_told(books: Books, number: int) -> list[str]:
    """A decision that leaves money over in words."""
    held = decision(books, number)
    left, currency = left_of(books, held.transaction)
    return [
        f"decision {number}: {from_minor(left, currency):,} {currency} is left over",
        f"  {transaction_told(books, held.transaction)}",
        *(f"  pays {allocation_told(books, each)}" for each in paid_by(books, number)),
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
    money = f"{from_minor(row.amount, row.currency):,} {row.currency}"
    said = f"{row.kind} of {money} to invoice {row.invoice_id}"
    fault = f": {row.fault}" if row.fault else ""
    if row.state == PostingState.PLANNED:
        if row.kind == PostingKind.REVERSAL:
            said = f"payment of {money} to invoice {row.invoice_id}"
            return f"posting {row.id}: {said} to be taken back"
        return f"{said} to be posted{fault}"
    if row.state == PostingState.REFUSED:
        fault += f"; once that is done: payymo decide taken-back {row.id}"
    if row.ruled_by and row.state == PostingState.UNKNOWN:
        fault = f": to be sent again, says {row.ruled_by}"
    return f"posting {row.id}: {said} {row.state}{fault}"


def proposal_told(books: Books, number: int) -> list[str]:
    """A proposal in words: what came, what it would pay, and why."""
    held = decision(books, number)
    proposal = held.proposal
    sure = percentage(proposal["confidence"])
    return [
        f"decision {number}: proposed as a {proposal['outcome']}, {sure} sure",
        f"  {transaction_told(books, held.transaction)}",
        *(f"  pays {allocation_told(books, each)}" for each in held.allocations),
        *_obstacles(books, held.allocations),
        *(f"  or {each}" for each in _others_told(books, proposal)),
        *(
            f"  why you are asked: {reason_told(code)}"
            for code in proposal.get("reasons", ())
        ),
        "  what speaks for it and against it, in bits:",
        *(f"    {_evidence_told(row)}" for row in proposal["evidence"]),
    ]


def _obstacles(books: Books, given: Sequence[Allocation]) -> Iterator[str]:
    """What keeps a proposal from being confirmed by now."""
    for each in given:
        invoice, free = _invoice(books, each.invoice)
        if invoice.status == InvoiceStatus.OPEN and abs(each.amount) <= abs(free):
            continue
        taken = [
            f"decision {number} on {name} has {money:,} of it"
            for number, name, money in holders(books, each.invoice)
        ]
        state = f"{invoice.number or invoice.id} has {free:,} {invoice.currency} free"
        yield f"  it can be confirmed no more: {'; '.join([state, *taken])}"


def _others_told(books: Books, proposal: Mapping[str, Any]) -> Iterator[str]:
    """What was offered beside it, and how sure that is."""
    for rival in proposal["alternatives"][:_MOST_RIVALS]:
        parts = [
            f"{Decimal(each['amount']):,f} to {_called(books, each['invoice'])}"
            for each in rival["allocations"]
        ]
        yield f"{' + '.join(parts)}, at {percentage(rival['confidence'])}"


def _called(books: Books, name: str) -> str:
    invoice, _ = _invoice(books, name)
    number = _number(invoice)
    return f"{name} ({number})" if number else name


def reason_told(code: str) -> str:
    """A reason as a sentence; as it is kept where another version knew it."""
    try:
        return reason_in_words(Reason(code))
    except ValueError:
        return code


def _evidence_told(row: Mapping[str, Any]) -> str:
    """A row of evidence as ``payymo explain`` has it."""
    held = Evidence(**row)
    try:
        said = sentence(held)
    except KeyError:  # of another version
        said = f"{held.rule} {held.level}"
    return f"{held.weight:+.1f} {said}"


def allocation_told(books: Books, given: Allocation) -> str:
    """Money for an invoice in words."""
    invoice, _ = _invoice(books, given.invoice)
    owed = f"{invoice.outstanding:,f} {invoice.currency} is owed"
    return f"{given.amount:,f} to {given.invoice}: {invoice_told(invoice, owed)}"


def invoice_told(invoice: Invoice, owed: str) -> str:
    """An invoice in words but for its id, with what is owed on it."""
    due = f"due {invoice.due_date}" if invoice.due_date else ""
    parts = (_number(invoice), owner(invoice.customer), owed, due)
    return "; ".join(part for part in parts if part)


def _number(invoice: Invoice) -> str | None:
    """Its number, where that says more than its id."""
    return invoice.number if invoice.number != invoice.id else None


def _invoice(books: Books, name: str) -> tuple[Invoice, Decimal]:
    """An invoice, and what of it no decision has."""
    row = schema.invoices
    mine = (row.c.tenant == books.tenant) & (row.c.id == name)
    held = books.connection.execute(select(row).where(mine)).one()
    free = from_minor(held.outstanding - held.allocated, held.currency)
    return read_invoice(held), free
