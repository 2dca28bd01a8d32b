"""What ``payymo decide`` does: one verdict, given or taken back."""

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from payymo_adapters.cli.actor import Person
from payymo_adapters.cli.persons import Reviewer, acting_as, allocation
from payymo_adapters.cli.telling import waiting_told
from payymo_adapters.cli.terminal import say, stdout
from payymo_adapters.errors import ConflictError
from payymo_adapters.store import decisions, postings, taking_back
from payymo_adapters.store.allotting import is_taken_back
from payymo_adapters.store.four_eyes import second, unsecond, waiting_for_second
from payymo_adapters.store.kinds import DecisionKind, DecisionState
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.store import Books
from payymo_core.results import Allocation


@frozen(kw_only=True)
class Chosen:
    """What a person allocates.

    Attributes:
        transaction: Its id.
        parts: As ``4711=119.00``.
        reason: Why the rest is put aside; "" where it waits.
    """

    transaction: str
    parts: Sequence[str]
    reason: str = ""

    def allocations(self) -> list[Allocation]:
        """The parts as they were meant.

        Raises:
            ConflictError: One of them is none.
        """
        try:
            return [allocation(part) for part in self.parts]
        except ValueError as error:
            raise ConflictError(str(error)) from None


def confirm(person: Person, number: int) -> None:
    """Confirm a proposal, or be the second person of a decision."""

    def work(books: Books) -> None:
        if decisions.decision(books, number).state == DecisionState.ACTIVE:
            second(books, number)
        else:
            decisions.confirm(books, number)

    _decide(person, work, lambda _: number)


def reject(person: Person, number: int) -> None:
    """Reject a proposal."""
    _decide(person, lambda books: decisions.reject(books, number), lambda _: number)


def undo(person: Person, number: int) -> None:
    """Take a verdict back; of a second person no more than that."""

    def work(books: Books) -> None:
        if not unsecond(books, number):
            decisions.undo(books, number)

    _decide(person, work, lambda _: number)


def match(person: Person, chosen: Chosen) -> None:
    """Allocate a transaction; with a reason, the rest of it is put aside."""
    name, reason = chosen.transaction, chosen.reason
    given = chosen.allocations()

    def work(books: Books) -> int:
        if reason:
            return decisions.split(books, name, given, reason)
        return decisions.match_by_hand(books, name, given)

    _decide(person, work, int)


def ignore(person: Person, transaction: str, reason: str) -> None:
    """Put a transaction aside."""
    _decide(person, lambda b: decisions.ignore(b, transaction, reason), int)


def send_again(person: Person, number: int) -> None:
    """Have a posting in doubt sent again."""
    _rule(person, lambda books: postings.send_again(books, number))
    say(stdout(), f"posting {number}: the next run asks once more, then sends it")


def wait_on(person: Person, number: int) -> None:
    """Take that back."""
    _rule(person, lambda books: postings.wait_on(books, number))
    say(stdout(), f"posting {number}: unknown, and asked about by every run")


def give_up(person: Person, number: int) -> None:
    """Say that a posting in doubt was not done."""
    _rule(person, lambda books: postings.give_up(books, number))
    say(stdout(), f"posting {number}: given up; its money is free")


def taken_back(person: Person, number: int) -> None:
    """Say that a refused reversal was made by hand."""
    _rule(person, lambda books: taking_back.taken_back(books, number))
    say(stdout(), f"posting {number}: taken back by hand; its money is free")


def _rule(person: Person, work: Callable[[Books], Any]) -> None:
    """Rule on a posting while no run does anything about it."""
    with (
        acting_as(person) as who,
        only_runner(who.store, who.tenant),
    ):
        who.do(work)


def _decide(
    person: Person, work: Callable[[Books], Any], number: Callable[[Any], int]
) -> None:
    with acting_as(person) as who:
        done = number(who.do(work))
        for line in _outcome(who, done):
            say(stdout(), line)


def _outcome(who: Reviewer, number: int) -> list[str]:
    held: decisions.Decision = who.do(lambda books: decisions.decision(books, number))
    said = f"decision {number} on {held.transaction}: {held.state}"
    if held.state == DecisionState.ACTIVE and held.kind == DecisionKind.IGNORE:
        return [f"decision {number} on {held.transaction}: put aside"]
    with who.store.reading(who.tenant) as connection:
        waiting = waiting_for_second(connection, who.tenant)
    seconds = [waiting_told(row) for row in waiting if row.id == number]
    if seconds or held.state != DecisionState.ACTIVE:
        return seconds or [said]
    parts = ", ".join(f"{a.amount:f} to {a.invoice}" for a in held.allocations)
    if who.do(lambda books: is_taken_back(books, number)):
        return [
            f"decision {number} on {held.transaction} is undone: {parts} {_back(who)}"
        ]
    return [f"{said}: {parts}; {_ahead(who)}"]


def _ahead(who: Reviewer) -> str:
    if who.is_posting:
        return "the next run posts it"
    return "no run posts it, for the invoices come from a file"


def _back(who: Reviewer) -> str:
    where = "where the invoices are"
    if who.is_posting:
        where = "in WHMCS, whose interface takes no payment back"
    return f"was paid, and a person has to take it back {where}"
