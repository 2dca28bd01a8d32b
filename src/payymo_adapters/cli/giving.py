"""What a person gives of a transaction: of all of it, or of what is left of it."""

from collections.abc import Callable, Sequence

from attrs import frozen

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import decisions
from payymo_adapters.store.rests import rest_of, settle_rest, unsettle_rest
from payymo_adapters.store.store import Books
from payymo_adapters.store.taking_back import refused_reversals
from payymo_core.results import Allocation


@frozen(kw_only=True)
class Chosen:
    """What a person wants done with money.

    Attributes:
        allocations: What invoices get.
        reason: Why the rest is put aside; "" where it waits.
    """

    allocations: Sequence[Allocation]
    reason: str = ""


@frozen(kw_only=True)
class Given:
    """A verdict that was given.

    Attributes:
        number: The decision's.
        undo: Takes just this verdict back.
    """

    number: int
    undo: Callable[[Books], object]


def give(books: Books, transaction: str, chosen: Chosen) -> Given:
    """Decide a transaction; of one that pays something already, what is left of it.

    Raises:
        ConflictError: Nothing is left of it, or the money is not there.
    """
    given, reason = chosen.allocations, chosen.reason
    if rest_of(books, transaction) is not None:
        number = settle_rest(books, transaction, given, reason)
        return Given(number=number, undo=lambda books: take_back(books, number))
    if not given:
        number = decisions.ignore(books, transaction, reason)
    elif reason:
        number = decisions.split(books, transaction, given, reason)
    else:
        number = decisions.match_by_hand(books, transaction, given)
    return Given(number=number, undo=lambda books: decisions.undo(books, number))


def take_back(books: Books, number: int) -> None:
    """Take back what was settled last of a decision: its rest before the whole.

    Raises:
        ConflictError: There is nothing to undo, or a posting is on its way.
    """
    refused = refused_reversals(books, number)
    if refused:
        names = ", ".join(map(str, refused))
        fault = (
            f"decision {number} is undone already, and the ledger takes nothing back: "
            f"do it there by hand, then `payymo decide taken-back {names}`"
        )
        raise ConflictError(fault)
    if not unsettle_rest(books, number):
        decisions.undo(books, number)
