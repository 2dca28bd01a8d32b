"""What a ledger that nobody posts to says of the payments decided for its invoices.

There, whoever keeps the books records them. What was decided for an invoice that is
paid by then was recorded; where the invoice is open again, it was not. Each becomes a
posting that was never sent.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from payymo_adapters.store import schema
from payymo_adapters.store.allotting import (
    give_back,
    gross_of,
    plan_posting,
    show_rest,
)
from payymo_adapters.store.four_eyes import is_planned, wants_second
from payymo_adapters.store.keys import Owed
from payymo_adapters.store.kinds import AllocationState, PostingKind, PostingState
from payymo_adapters.store.postings import find_posting, finish, move
from payymo_adapters.store.rests import LIVE
from payymo_adapters.store.store import Books
from payymo_core.records import InvoiceStatus

_CLOSED = "the ledger has it as paid"
_OPEN_AGAIN = "the ledger has the invoice as open again"


Wanted = Callable[[Any], int | None]
"""What the ledger wants for an invoice, minor units; None: not told.

It is given the invoice's ``invoice_id``, ``number`` and ``currency``.
"""


def settle_closed(books: Books, wanted: Wanted) -> list[str]:
    """Settle what was decided for invoices of which the ledger wants no more.

    One that wants less is settled where it is less by all that was decided: any other
    sum is other money. A decision that lacks its second person settles nothing, and one
    that nets a credit note is settled whole or not at all.

    Returns:
        Ids of the invoices whose payments are settled.
    """
    kept = _by_invoice(_parts(books, AllocationState.RESERVED, ~wants_second()))
    closed = [
        part for parts in kept.values() if _is_paid(parts, wanted) for part in parts
    ]
    names = {part.invoice_id for part in closed}
    broken = {
        part.decision_id
        for parts in kept.values()
        for part in parts
        if part.invoice_id not in names
    } & _netting(books)
    done = [part for part in closed if part.decision_id not in broken]
    for part in done:
        _post(books, part, PostingKind.PAYMENT, _CLOSED)
    return sorted({part.invoice_id for part in done})


def reopen(books: Books, wanted: Wanted) -> list[str]:
    """Take back what was settled so for invoices of which the ledger wants money again.

    That is more than was left to pay: of one that is open still, by all that was
    settled. A decision that nets a credit note is taken back whole, for without the
    note it would give more than came.

    Returns:
        Ids of those whose payments were taken back.
    """
    found = _by_invoice(_parts(books, AllocationState.SETTLED, _unsent()))
    again = [
        part for parts in found.values() if _is_owed(parts, wanted) for part in parts
    ]
    netting = _netting(books)
    for part in again:
        if part.decision_id not in netting:
            _post(books, part, PostingKind.REVERSAL, _OPEN_AGAIN)
    for number in sorted({part.decision_id for part in again}):
        if number in netting:
            _take_back(books, number)
        show_rest(books, number)
    return sorted({part.invoice_id for part in again})


def _is_paid(parts: Sequence[Any], wanted: Wanted) -> bool:
    """Whether the ledger wants nothing more, or less by all that was decided."""
    left = parts[0].outstanding - sum(part.amount for part in parts)
    return wanted(parts[0]) in (0, left)


def _is_owed(parts: Sequence[Any], wanted: Wanted) -> bool:
    """Whether the ledger wants again what was settled."""
    held = parts[0]
    now = wanted(held) or 0
    if held.status == InvoiceStatus.OPEN:
        return bool(now == held.outstanding + sum(part.amount for part in parts))
    return bool(abs(now) > abs(held.outstanding))


def _take_back(books: Books, number: int) -> None:
    """Take all of a decision back, what takes money away last."""
    mine = schema.allocations.c.decision_id == number
    parts = [
        part
        for state in (AllocationState.SETTLED, AllocationState.RESERVED)
        for part in _parts(books, state, mine)
    ]
    incoming = gross_of(books, parts[0].transaction_id) > 0
    for part in sorted(parts, key=lambda part: (part.amount > 0) != incoming):
        if part.state == AllocationState.SETTLED:
            _post(books, part, PostingKind.REVERSAL, _OPEN_AGAIN)
        else:
            give_back(books, number, part.transaction_id, [part.invoice_id])


def _unsent() -> ColumnElement[bool]:
    """Whether the payment of an allocation was noted as done, and never sent."""
    return is_planned(schema.postings.c.attempts == 0)


def _netting(books: Books) -> set[int]:
    """Decisions that hold and net a credit note."""
    row = schema.allocations
    found = books.connection.scalars(
        select(row.c.decision_id)
        .where(row.c.tenant == books.tenant, row.c.state.in_(LIVE))
        .group_by(row.c.decision_id)
        .having(func.min(row.c.amount) < 0, func.max(row.c.amount) > 0)
    )
    return set(found)


def _by_invoice(parts: Sequence[Any]) -> dict[str, list[Any]]:
    kept: dict[str, list[Any]] = {}
    for part in parts:
        kept.setdefault(part.invoice_id, []).append(part)
    return kept


def _parts(
    books: Books, state: AllocationState, more: ColumnElement[bool]
) -> Sequence[Any]:
    """Allocations of a state, each with what its invoice owes, status and number."""
    row, part = schema.invoices, schema.allocations
    mine = and_(row.c.tenant == part.c.tenant, row.c.id == part.c.invoice_id)
    return books.connection.execute(
        select(part, row.c.outstanding, row.c.status, row.c.number)
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
