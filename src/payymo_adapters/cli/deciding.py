"""What ``payymo decide`` does: one verdict, given or taken back."""

from collections.abc import Callable, Sequence
from typing import Any

from payymo_adapters.cli.actor import Person
from payymo_adapters.cli.giving import Chosen, give, take_back
from payymo_adapters.cli.outcomes import outcome_told
from payymo_adapters.cli.persons import Reviewer, acting_as, allocation
from payymo_adapters.cli.terminal import say, stdout
from payymo_adapters.errors import ConflictError
from payymo_adapters.store import decisions, postings, taking_back
from payymo_adapters.store.four_eyes import second, unsecond
from payymo_adapters.store.kinds import DecisionState
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.store import Books


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
    """Take a verdict back; of a second person, or of a rest, no more than that."""

    def work(books: Books) -> None:
        if not unsecond(books, number):
            take_back(books, number)

    _decide(person, work, lambda _: number)


def match(
    person: Person, transaction: str, parts: Sequence[str], reason: str = ""
) -> None:
    """Allocate a transaction, as ``4711=119.00``, or what is left of it.

    With a reason, the rest of it is put aside.

    Raises:
        ConflictError: A part is none, or the money is not there.
    """
    try:
        given = [allocation(part) for part in parts]
    except ValueError as error:
        raise ConflictError(str(error)) from None
    chosen = Chosen(allocations=given, reason=reason)
    _decide(person, lambda b: give(b, transaction, chosen).number, int)


def ignore(person: Person, transaction: str, reason: str) -> None:
    """Put a transaction aside, or what is left of it."""
    chosen = Chosen(allocations=(), reason=reason)
    _decide(person, lambda b: give(b, transaction, chosen).number, int)


def send_again(person: Person, number: int) -> None:
    """Have a posting in doubt sent again."""
    _rule(person, lambda who: who.do(lambda b: postings.send_again(b, number)))
    say(stdout(), f"posting {number}: the next run asks once more, then sends it")


def wait_on(person: Person, number: int) -> None:
    """Take that back."""
    _rule(person, lambda who: who.do(lambda b: postings.wait_on(b, number)))
    say(stdout(), f"posting {number}: unknown, and asked about by every run")


def give_up(person: Person, number: int) -> None:
    """Say that a posting in doubt was not done."""
    _rule(person, lambda who: who.do(lambda b: postings.give_up(b, number)))
    say(stdout(), f"posting {number}: given up; its money is free")


def taken_back(person: Person, number: int) -> None:
    """Say that a reversal that no run makes was made by hand."""
    _rule(person, lambda who: _taken_back(who, number))
    say(stdout(), f"posting {number}: taken back by hand; its money is free")


def _taken_back(who: Reviewer, number: int) -> None:
    states = taking_back.REFUSED if who.is_posting else taking_back.UNSENT
    who.do(lambda books: taking_back.taken_back(books, number, states))


def _rule(person: Person, work: Callable[[Reviewer], Any]) -> None:
    """Rule on a posting while no run does anything about it."""
    with (
        acting_as(person) as who,
        only_runner(who.store, who.tenant),
    ):
        work(who)


def _decide(
    person: Person, work: Callable[[Books], Any], number: Callable[[Any], int]
) -> None:
    with acting_as(person) as who:
        done = number(who.do(work))
        for line in outcome_told(who, done):
            say(stdout(), line)
