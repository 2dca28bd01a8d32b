"""What a ledger that nobody posts to says of the payments decided for its invoices.

There, whoever keeps the books records them. What was decided for an invoice that is
paid by then was recorded; where the invoice is open again, it was not. Each becomes a
posting that was never sent.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select

from payymo_adapters.store import schema
from payymo_adapters.store.allotting import plan_posting
from payymo_adapters.store.four_eyes import wants_second
from payymo_adapters.store.keys import Owed
from payymo_adapters.store.kinds import AllocationState, PostingKind, PostingState
from payymo_adapters.store.postings import find_posting, finish, move
from payymo_adapters.store.store import Books
from payymo_core.records import InvoiceStatus

_CLOSED = "the ledger has it as paid"
_OPEN_AGAIN = "the ledger has the invoice as open again"


Wanted = Callable[[str, str], int | None]
"""What the ledger wants for an invoice in a currency, minor units; None: not told."""


def settle_closed(books: Books, wanted: Wanted) -> list[str]:
    """Settle what was decided for invoices of which the ledger wants no more.

    One that wants less is settled where it is less by all that was decided: any other
    sum is other money. A decision that lacks its second person settles nothing.

    Returns:
        Ids of the invoices whose payments are settled.
    """
    settled = []
    for name, parts in _reserved(books).items():
        now = wanted(name, parts[0].currency)
        if now in (0, parts[0].outstanding - sum(part.amount for part in parts)):
            for part in parts:
                _post(books, part, PostingKind.PAYMENT, _CLOSED)
            settled.append(name)
    return settled


def reopen(books: Books, wanted: Wanted) -> list[str]:
    """Take back what was settled so for invoices of which the ledger wants money again.

    Returns:
        Ids of those whose payments were taken back.
    """
    row, part, posting = schema.invoices, schema.allocations, schema.postings
    unsent = exists().where(
        posting.c.tenant == part.c.tenant,
        posting.c.decision_id == part.c.decision_id,
        posting.c.invoice_id == part.c.invoice_id,
        posting.c.kind == PostingKind.PAYMENT,
        posting.c.attempts == 0,
    )
    closed = row.c.status != InvoiceStatus.OPEN
    found = _parts(books, AllocationState.SETTLED, unsent & closed)
    again = [held for held in found if wanted(held.invoice_id, held.currency)]
    for held in again:
        _post(books, held, PostingKind.REVERSAL, _OPEN_AGAIN)
    return sorted({held.invoice_id for held in again})


def _reserved(books: Books) -> dict[str, list[Any]]:
    """What decisions that may be posted keep for invoices, by invoice."""
    kept: dict[str, list[Any]] = {}
    for held in _parts(books, AllocationState.RESERVED, ~wants_second()):
        kept.setdefault(held.invoice_id, []).append(held)
    return kept


def _parts(
    books: Books, state: AllocationState, more: ColumnElement[bool]
) -> Sequence[Any]:
    """Allocations of a state, each with what its invoice has outstanding."""
    row, part = schema.invoices, schema.allocations
    mine = and_(row.c.tenant == part.c.tenant, row.c.id == part.c.invoice_id)
    return books.connection.execute(
        select(part, row.c.outstanding)
        .select_from(part.join(row, mine))
        .where(part.c.tenant == books.tenant, part.c.state == state, more)
        .order_by(part.c.invoice_id, part.c.decision_id)
    ).all()


def _post(books: Books, part: Any, kind: PostingKind, said: str) -> None:
    """Have a posting done that is not ours to send; not one that is on its way."""
    owed = Owed(part.transaction_id, part.invoice_id, part.amount, part.currency)
    plan_posting(books, part.decision_id, kind, owed)
    row = schema.postings
    number = books.connection.scalars(
        select(row.c.id).where(
            row.c.tenant == books.tenant,
            row.c.decision_id == part.decision_id,
            row.c.invoice_id == part.invoice_id,
            row.c.kind == kind,
        )
    ).one()
    posting = find_posting(books, number)
    if posting.state is PostingState.PLANNED:
        move(books, number, PostingState.SENDING)
        finish(books, posting, PostingState.CONFIRMED, said)
