"""What a ledger takes back for nobody, and a person took back in it by hand."""

from payymo_adapters.errors import ConflictError
from payymo_adapters.store.kinds import PostingKind, PostingState
from payymo_adapters.store.postings import find_posting, finish, move
from payymo_adapters.store.store import Books


def taken_back(books: Books, number: int) -> None:
    """Say that a refused reversal was made by hand: its money is free.

    Args:
        books: The tenant's; its actor is the person.
        number: The reversal's.

    Raises:
        ConflictError: It is no reversal that the ledger refused.
    """
    posting = find_posting(books, number)
    if (posting.kind, posting.state) != (PostingKind.REVERSAL, PostingState.REFUSED):
        fault = f"posting {number} is no reversal that was refused"
        raise ConflictError(fault)
    # By the way that every reversal goes: the database knows no other.
    for state in (PostingState.PLANNED, PostingState.SENDING):
        move(books, number, state)
    said = f"{books.actor} says that it was taken back by hand"
    finish(books, posting, PostingState.CONFIRMED, said)
