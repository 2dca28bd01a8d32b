"""Money of a transaction, reserved for invoices and given back.

The order matters where a set nets a credit note: at no moment may the transaction have
more allocated than it has, so what takes away comes first, and goes last.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    bindparam,
    func,
    insert,
    select,
    update,
)

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.hinting import meant_invoice
from payymo_adapters.store.keys import Owed, posting_key
from payymo_adapters.store.kinds import (
    IN_FLIGHT,
    UNRESOLVED,
    AllocationState,
    DecisionKind,
    PostingKind,
    PostingState,
)
from payymo_adapters.store.store import Books
from payymo_core.errors import RecordError
from payymo_core.money import from_minor, to_minor
from payymo_core.results import Allocation


def allot(
    books: Books, number: int, transaction: str, allocations: Sequence[Allocation]
) -> None:
    """Reserve money of a transaction for invoices.

    Args:
        books: The tenant's.
        number: The decision.
        transaction: Its id.
        allocations: Each invoice once at the most.

    Raises:
        ConflictError: Some of it is not there, or not owed.
    """
    if not allocations:
        return
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == transaction)
    money = books.connection.execute(
        select(row.c.gross, row.c.allocated, row.c.currency).where(mine)
    ).one()
    amounts = _owed(books, allocations, money.currency)
    total = sum(amounts.values())
    if not _within(total, money.gross - money.allocated):
        asked = from_minor(total, money.currency)
        left = from_minor(money.gross - money.allocated, money.currency)
        fault = (
            f"{asked:,} {money.currency} would be allocated, and transaction "
            f"{transaction!r} has {left:,}{' left' if money.allocated else ''}"
        )
        raise ConflictError(fault)
    shared = {
        "tenant": books.tenant,
        "decision_id": number,
        "transaction_id": transaction,
        "currency": money.currency,
        "state": AllocationState.RESERVED,
        "changed_at": books.now,
    }
    for invoice, amount in _in_turn(amounts, money.gross):
        values = {**shared, "invoice_id": invoice, "amount": amount}
        books.connection.execute(insert(schema.allocations), values)


def release(books: Books, number: int, transaction: str) -> None:
    """Give back what a decision reserves, and call off its postings.

    Raises:
        ConflictError: A posting is on its way: its outcome must be known first.
    """
    if _on_their_way(books, number):
        fault = f"a posting of decision {number} is on its way: resolve it first"
        raise ConflictError(fault)
    release_idle(books, number, transaction)


def give_back(
    books: Books, number: int, transaction: str, invoices: Collection[str]
) -> None:
    """Give back what a decision reserves for some invoices alone.

    Raises:
        ConflictError: A posting of it is on its way: its outcome must be known first.
    """
    if _on_their_way(books, number) & set(invoices):
        fault = f"a posting of decision {number} is on its way: resolve it first"
        raise ConflictError(fault)
    _release(books, number, transaction, invoices)


def release_idle(books: Books, number: int, transaction: str) -> bool:
    """The same, but for what is on its way: that stays until its outcome is known.

    Returns:
        Whether there was something to give back.
    """
    busy = _on_their_way(books, number)
    idle = [name for name in _reserved(books, number) if name not in busy]
    _release(books, number, transaction, idle)
    return bool(idle)


def show_rest(books: Books, number: int) -> None:
    """Let a decision put nothing aside, for money of it came free.

    What a person put aside was less: all that is left waits for a person again.
    """
    row = schema.match_decisions
    mine = (row.c.tenant == books.tenant) & (row.c.id == number)
    aside = row.c.kind == DecisionKind.SPLIT
    held = row.c.live > 0
    shown = {"kind": DecisionKind.MATCH, "reason": None}
    books.connection.execute(update(row).where(mine, aside, held).values(shown))


def _reserved(books: Books, number: int) -> dict[str, int]:
    """What a decision reserves, by invoice."""
    row = schema.allocations
    found = books.connection.execute(
        select(row.c.invoice_id, row.c.amount).where(
            row.c.tenant == books.tenant,
            row.c.decision_id == number,
            row.c.state == AllocationState.RESERVED,
        )
    )
    return {held.invoice_id: held.amount for held in found}


def _release(
    books: Books, number: int, transaction: str, invoices: Collection[str]
) -> None:
    """Give back what is reserved for invoices, and call off its postings."""
    postings, allocations = schema.postings, schema.allocations
    mine = (postings.c.tenant == books.tenant) & (postings.c.decision_id == number)
    ours = (allocations.c.tenant == books.tenant) & (
        allocations.c.decision_id == number
    )
    amounts = _reserved(books, number)
    for invoice, _ in reversed(_in_turn(amounts, gross_of(books, transaction))):
        if invoice not in invoices:
            continue
        of = (postings.c.invoice_id == invoice) & (
            postings.c.kind == PostingKind.PAYMENT
        )
        stopped = {"state": PostingState.STOPPED, "changed_at": books.now}
        called_off = books.connection.execute(
            update(postings)
            .where(mine, of, postings.c.state == PostingState.PLANNED)
            .values(stopped)
        )
        if not called_off.rowcount:
            freed = {"state": AllocationState.RELEASED, "changed_at": books.now}
            books.connection.execute(
                update(allocations)
                .where(ours, allocations.c.invoice_id == invoice)
                .values(freed)
            )


def _on_their_way(books: Books, number: int) -> set[str]:
    """The invoices that a decision's postings are on their way to."""
    row = schema.postings
    found = books.connection.scalars(
        select(row.c.invoice_id).where(
            row.c.tenant == books.tenant,
            row.c.decision_id == number,
            row.c.state.in_(IN_FLIGHT),
        )
    )
    return set(found)


def check_not_taken_back(books: Books, number: int) -> None:
    """Refuse where what a decision has posted is to be taken back already.

    Raises:
        ConflictError: It is.
    """
    if is_taken_back(books, number):
        fault = f"decision {number} is undone already: its payment is to be taken back"
        raise ConflictError(fault)


def is_taken_back(books: Books, number: int) -> bool:
    """Whether the reversal of what a decision has posted waits to be sent."""
    row = schema.postings
    planned = select(row.c.id).where(
        row.c.tenant == books.tenant,
        row.c.decision_id == number,
        row.c.kind == PostingKind.REVERSAL,
        row.c.state == PostingState.PLANNED,
    )
    return books.connection.execute(planned).first() is not None


def plan_reversals(books: Books, number: int, transaction: str) -> None:
    """Plan to take back what a decision has posted."""
    row = schema.allocations
    settled = books.connection.execute(
        select(row.c.invoice_id, row.c.amount, row.c.currency).where(
            row.c.tenant == books.tenant,
            row.c.decision_id == number,
            row.c.state == AllocationState.SETTLED,
        )
    ).all()
    currencies = {held.invoice_id: held.currency for held in settled}
    amounts = {held.invoice_id: held.amount for held in settled}
    for invoice, amount in reversed(_in_turn(amounts, gross_of(books, transaction))):
        owed = Owed(transaction, invoice, amount, currencies[invoice])
        plan_posting(books, number, PostingKind.REVERSAL, owed)


def plan_posting(books: Books, number: int, kind: PostingKind, owed: Owed) -> None:
    """Plan a posting; one that was refused before is planned again.

    Args:
        books: The tenant's.
        number: The decision.
        kind: Which way.
        owed: What is posted.
    """
    row = schema.postings
    mine = row.c.tenant == books.tenant
    known = (
        mine
        & (row.c.decision_id == number)
        & (row.c.invoice_id == owed.invoice)
        & (row.c.kind == kind)
    )
    if books.connection.scalar(select(func.count()).where(known)):
        again = {"state": PostingState.PLANNED, "changed_at": books.now}
        books.connection.execute(
            update(row).where(known, row.c.state == PostingState.REFUSED).values(again)
        )
        return
    last = select(func.coalesce(func.max(row.c.id), 0)).where(mine)
    values = {
        "tenant": books.tenant,
        "id": (books.connection.scalar(last) or 0) + 1,
        "decision_id": number,
        "invoice_id": owed.invoice,
        "kind": kind,
        "amount": owed.amount,
        "currency": owed.currency,
        "posting_key": posting_key(books.tenant, number, kind, owed),
        "state": PostingState.PLANNED,
        "planned_at": books.now,
        "changed_at": books.now,
    }
    books.connection.execute(insert(row), values)


def gross_of(books: Books, transaction: str) -> int:
    """What a transaction brought, minor units."""
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == transaction)
    gross: int = books.connection.scalars(select(row.c.gross).where(mine)).one()
    return gross


def _owed(
    books: Books, allocations: Sequence[Allocation], currency: str
) -> dict[str, int]:
    """Amounts in minor units, each held against what its invoice still needs."""
    row = schema.invoices
    names = [a.invoice for a in allocations]
    found = {
        held.id: held
        for held in books.connection.execute(
            select(
                row.c.id,
                row.c.currency,
                row.c.status,
                row.c.outstanding,
                row.c.allocated,
            ).where(row.c.tenant == books.tenant, row.c.id.in_(names))
        )
    }
    if len(set(names)) < len(names):
        fault = "an invoice is named twice"
        raise ConflictError(fault)
    amounts = {}
    for allocation in allocations:
        invoice = found.get(allocation.invoice)
        if invoice is None:
            name = allocation.invoice
            meant = meant_invoice(books.connection, books.tenant, name)
            fault = f"there is no invoice {name!r}{meant}"
            raise ConflictError(fault)
        if (invoice.status, invoice.currency) != ("open", currency):
            fault = (
                f"invoice {invoice.id!r} is {invoice.status} and in "
                f"{invoice.currency}; one that is open and in {currency} is wanted"
            )
            raise ConflictError(fault)
        amount = _minor(allocation, currency)
        free = invoice.outstanding - invoice.allocated
        if not amount or not _within(amount, free) or amount * free < 0:
            fault = (
                f"{allocation.amount:,f} {currency} cannot be allocated to invoice "
                f"{invoice.id!r}, of which {from_minor(free, currency):,} is free"
            )
            raise ConflictError(fault)
        amounts[invoice.id] = amount
    return amounts


def _minor(allocation: Allocation, currency: str) -> int:
    try:
        return to_minor(allocation.amount, currency)
    except RecordError as error:
        fault = f"invoice {allocation.invoice!r}: {error}"
        raise ConflictError(fault) from None


def _within(amount: int, most: int) -> bool:
    return amount <= most if most >= 0 else amount >= most


def is_unresolved() -> ColumnElement[bool]:
    """True of a posting of which no outcome is known: what the index holds.

    In the words of the index: SQLite does not look for it behind a parameter.
    """
    states = list(map(str, UNRESOLVED))
    given: BindParameter[str] = bindparam(
        "unresolved", states, expanding=True, literal_execute=True
    )
    return schema.postings.c.state.in_(given)


def _in_turn(amounts: dict[str, int], gross: int) -> list[tuple[str, int]]:
    """What goes against the transaction's own direction comes first."""
    return sorted(amounts.items(), key=lambda held: (held[1] * gross > 0, held[0]))
