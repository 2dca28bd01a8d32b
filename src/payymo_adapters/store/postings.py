"""Payments to post, each exactly once.

A posting is planned, and the plan committed, before anything is sent; it is marked as
sent before the request leaves, and with its outcome after. Whatever stops in between
leaves it sending: then the provider is asked for its key, which is the same for ever.
What is planned was surely never sent; what is sending or unknown may have been, and is
sent again, or given up, by a person's word alone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import (
    Select,
    and_,
    exists,
    select,
    update,
)

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.allotting import is_unresolved, plan_posting, show_rest
from payymo_adapters.store.audit import note
from payymo_adapters.store.decisions import close_if_idle
from payymo_adapters.store.four_eyes import is_planned, wants_second
from payymo_adapters.store.keys import Owed
from payymo_adapters.store.kinds import (
    IN_FLIGHT,
    UNRESOLVED,
    AllocationState,
    DecisionState,
    PostingKind,
    PostingState,
)
from payymo_adapters.store.outbox import emit
from payymo_adapters.store.store import Books
from payymo_core.money import from_minor

# Told once, however often the ledger does not say afterwards.
_LOST = (PostingState.UNKNOWN, PostingState.SENDING)


@frozen(kw_only=True)
class Posting:
    """Money to post to an invoice, or to take back.

    Attributes:
        id: Its number among the tenant's.
        decision: The decision's number.
        kind: Which way.
        owed: Transaction, invoice and amount.
        key: What the provider knows it by.
        state: How far it came.
        since: When it came that far.
        fault: Why it came no further, or "".
        ruled_by: Who had it sent again, or given up; "" for nobody.
    """

    id: int
    decision: int
    kind: PostingKind
    owed: Owed
    key: str
    state: PostingState
    since: datetime
    fault: str = ""
    ruled_by: str = ""

    @property
    def is_to_be_sent_again(self) -> bool:
        """Whether a person wants it sent again, and that was not tried yet."""
        return self.state is PostingState.UNKNOWN and bool(self.ruled_by)


def plan(books: Books) -> int:
    """Plan the postings of every decision that holds, and lacks no second person.

    Returns:
        How many were planned.
    """
    row = schema.allocations
    waiting = books.connection.execute(
        select(row)
        .where(
            row.c.tenant == books.tenant,
            row.c.state == AllocationState.RESERVED,
            ~is_planned(),
            ~wants_second(),
        )
        .order_by(row.c.decision_id, row.c.invoice_id)
    ).all()
    for held in waiting:
        owed = Owed(held.transaction_id, held.invoice_id, held.amount, held.currency)
        plan_posting(books, held.decision_id, PostingKind.PAYMENT, owed)
    if waiting:
        note(books, "postings.planned", "postings", {"count": len(waiting)})
    return len(waiting)


def in_flight(books: Books) -> Sequence[Posting]:
    """Postings that were sent and of which no outcome is known."""
    row = schema.postings
    found = books.connection.execute(
        _chosen(books)
        .where(is_unresolved(), row.c.state.in_(IN_FLIGHT))
        .order_by(row.c.id)
    )
    return [_posting(held) for held in found]


def begin_next(books: Books) -> Posting | None:
    """Mark the next posting as sent, before it is; None where nothing waits.

    Where a set nets a credit note, the note comes first, and the rest waits until it is
    confirmed; a reversal goes the other way round. What was tried in vain comes last:
    an invoice that the ledger fails at holds up no other for longer than a run.
    """
    row, other, money = schema.postings, schema.postings.alias(), schema.transactions
    along = (row.c.amount < 0) == (money.c.gross < 0)
    ahead = exists().where(
        other.c.tenant == row.c.tenant,
        other.c.decision_id == row.c.decision_id,
        other.c.kind == row.c.kind,
        other.c.state.in_(UNRESOLVED),
        (other.c.amount < 0) != (row.c.amount < 0),
        along == (row.c.kind == PostingKind.PAYMENT),
    )
    found = books.connection.execute(
        _chosen(books)
        .where(is_unresolved(), row.c.state == PostingState.PLANNED, ~ahead)
        .order_by(row.c.attempts, row.c.id)
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    return _begin(books, found)


def begin_again(books: Books, posting: Posting) -> bool:
    """Mark a posting as sent once more, before it is; False if nobody wants it now."""
    found = books.connection.execute(
        _chosen(books).where(schema.postings.c.id == posting.id)
    ).one()
    if not _posting(found).is_to_be_sent_again:
        return False
    _begin(books, found)
    return True


def send_again(books: Books, number: int) -> None:
    """Have an unknown posting sent again: a person looked, and it is not there.

    The next run asks for it once more, and sends it if it is still not there. Until
    then that can be taken back by ``wait_on``.

    Args:
        books: The tenant's; its actor is the person.
        number: The posting's.

    Raises:
        ConflictError: Its outcome is known, or no run has asked for it yet.
    """
    posting = _in_doubt(books, number)
    move(books, number, PostingState.UNKNOWN, ruled_by=books.actor)
    note(books, "posting.to_be_sent_again", posting.owed.invoice, _said(posting))


def wait_on(books: Books, number: int) -> None:
    """Take back ``send_again``: it stays unknown, and is asked for.

    Raises:
        ConflictError: Its outcome is known, or it was sent again already.
    """
    posting = _in_doubt(books, number)
    if not posting.is_to_be_sent_again:
        fault = f"nobody wants posting {number} sent again"
        raise ConflictError(fault)
    move(books, number, PostingState.UNKNOWN, ruled_by=None)
    note(books, "posting.waits_on", posting.owed.invoice, _said(posting))


def give_up(books: Books, number: int) -> None:
    """Say that an unknown posting was not done, and will not be: its money is free.

    It is never asked for again. What arrives all the same is for the person to see to.

    Args:
        books: The tenant's; its actor is the person.
        number: The posting's.

    Raises:
        ConflictError: Its outcome is known, or no run has asked for it yet.
    """
    posting = _in_doubt(books, number)
    move(books, number, PostingState.UNKNOWN, ruled_by=books.actor)
    fault = f"{books.actor} says that it was not done"
    finish(books, posting, PostingState.REFUSED, fault)


def find_posting(books: Books, number: int) -> Posting:
    """Find a posting.

    Raises:
        ConflictError: There is none of that number.
    """
    row = schema.postings
    found = books.connection.execute(
        _chosen(books).where(row.c.id == number)
    ).one_or_none()
    if found is None:
        fault = f"there is no posting {number}"
        raise ConflictError(fault)
    return _posting(found)


def _in_doubt(books: Books, number: int) -> Posting:
    posting = find_posting(books, number)
    if posting.state is PostingState.SENDING:
        fault = f"posting {number} is on its way: the next run asks what became of it"
        raise ConflictError(fault)
    if posting.state is not PostingState.UNKNOWN:
        fault = f"posting {number} is {posting.state}: nothing of it is in doubt"
        raise ConflictError(fault)
    return posting


def _begin(books: Books, found: Any) -> Posting:
    move(books, found.id, PostingState.SENDING, attempts=found.attempts + 1)
    begun = evolve(_posting(found), state=PostingState.SENDING, since=books.now)
    note(books, "posting.sending", begun.owed.invoice, _said(begun))
    return begun


def _said(posting: Posting) -> dict[str, object]:
    return {
        "posting": posting.id,
        "key": posting.key,
        "decision": posting.decision,
        "transaction": posting.owed.transaction,
    }


def finish(
    books: Books, posting: Posting, outcome: PostingState, fault: str = ""
) -> None:
    """Note what became of a posting.

    Args:
        books: The tenant's.
        posting: As it was begun.
        outcome: Confirmed, unknown, refused; planned where the provider surely did
            nothing and may be asked again.
        fault: What the provider said; never a secret.
    """
    refused = outcome == PostingState.REFUSED
    # In doubt again: whoever had it sent again is asked anew.
    ruled = {"ruled_by": None} if outcome == PostingState.UNKNOWN else {}
    if refused and posting.kind == PostingKind.PAYMENT:
        _call_off_dependents(books, posting)
    move(books, posting.id, outcome, fault=fault or None, **ruled)
    if refused and posting.kind == PostingKind.PAYMENT:
        show_rest(books, posting.decision)
    said = {**_said(posting), "fault": fault}
    note(books, f"posting.{outcome}", posting.owed.invoice, said)
    if outcome == PostingState.CONFIRMED:
        applied = posting.kind == PostingKind.PAYMENT
        kind = "match.applied" if applied else "match.reversed"
        emit(books, kind, posting.owed.transaction, _told(posting))
    if refused or (outcome, posting.state) == _LOST:
        emit(books, f"posting.{outcome}", posting.owed.transaction, _told(posting))
    ended = DecisionState.STOPPED if refused else DecisionState.UNDONE
    close_if_idle(books, posting.decision, ended)


def _call_off_dependents(books: Books, posting: Posting) -> None:
    """What was to be paid out of a refused credit note has not its money."""
    row = schema.postings
    others = books.connection.execute(
        _chosen(books).where(
            row.c.decision_id == posting.decision,
            row.c.id != posting.id,
            row.c.kind == PostingKind.PAYMENT,
            row.c.state == PostingState.PLANNED,
        )
    ).all()
    if any((held.amount < 0) != (posting.owed.amount < 0) for held in others):
        for held in others:
            move(books, held.id, PostingState.STOPPED)


def _told(posting: Posting) -> dict[str, object]:
    owed = posting.owed
    return {
        "transaction": owed.transaction,
        "decision": posting.decision,
        "invoice": owed.invoice,
        "kind": posting.kind,
        "amount": f"{from_minor(owed.amount, owed.currency):f}",
        "currency": owed.currency,
        "key": posting.key,
    }


def _chosen(books: Books) -> Select[Any]:
    row, decision, money = (
        schema.postings,
        schema.match_decisions,
        schema.transactions,
    )
    joined = row.join(
        decision,
        and_(decision.c.tenant == row.c.tenant, decision.c.id == row.c.decision_id),
    ).join(
        money,
        and_(money.c.tenant == row.c.tenant, money.c.id == decision.c.transaction_id),
    )
    return (
        select(row, decision.c.transaction_id)
        .select_from(joined)
        .where(row.c.tenant == books.tenant)
    )


def _posting(row: Any) -> Posting:
    return Posting(
        id=row.id,
        decision=row.decision_id,
        kind=PostingKind(row.kind),
        owed=Owed(row.transaction_id, row.invoice_id, row.amount, row.currency),
        key=row.posting_key,
        state=PostingState(row.state),
        since=row.changed_at,
        fault=row.fault or "",
        ruled_by=row.ruled_by or "",
    )


def move(books: Books, number: int, state: PostingState, **values: object) -> None:
    """Set how far a posting came."""
    row = schema.postings
    mine = (row.c.tenant == books.tenant) & (row.c.id == number)
    books.connection.execute(
        update(row)
        .where(mine)
        .values({"state": state, "changed_at": books.now, **values})
    )
