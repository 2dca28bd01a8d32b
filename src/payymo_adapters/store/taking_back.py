"""What a ledger takes back for nobody, and a person took back in it by hand."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.kinds import PostingKind, PostingState
from payymo_adapters.store.postings import find_posting, finish, move
from payymo_adapters.store.store import Books

REFUSED = frozenset({PostingState.REFUSED})
"""Of a reversal: the ledger does not do it."""
UNSENT = REFUSED | {PostingState.PLANNED}
"""The same, or nobody posts to the ledger."""


def taken_back(
    books: Books, number: int, states: Collection[PostingState] = REFUSED
) -> None:
    """Say that a reversal was made by hand: its money is free.

    Args:
        books: The tenant's; its actor is the person.
        number: The reversal's.
        states: Those in which it is nobody's but a person's.

    Raises:
        ConflictError: It is no reversal, or in another state.
    """
    posting = find_posting(books, number)
    if posting.kind != PostingKind.REVERSAL or posting.state not in states:
        fault = f"posting {number} is no reversal that was refused"
        if PostingState.PLANNED in states:
            fault = f"posting {number} is no payment that is to be taken back"
        raise ConflictError(fault)
    # By the way that every reversal goes: the database knows no other.
    for state in (PostingState.PLANNED, PostingState.SENDING):
        if state is not posting.state:
            move(books, number, state)
    said = f"{books.actor} says that it was taken back by hand"
    finish(books, posting, PostingState.CONFIRMED, said)


def refused_reversals(books: Books, number: int) -> Sequence[int]:
    """The postings by which a decision was to be taken back, and that were refused."""
    row = schema.postings
    return books.connection.scalars(
        select(row.c.id)
        .where(
            row.c.tenant == books.tenant,
            row.c.decision_id == number,
            row.c.kind == PostingKind.REVERSAL,
            row.c.state == PostingState.REFUSED,
        )
        .order_by(row.c.id)
    ).all()
