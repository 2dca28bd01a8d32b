"""What a person is told of a verdict that was given."""

from collections.abc import Container

from payymo_adapters.cli.persons import Reviewer
from payymo_adapters.cli.telling import waiting_told
from payymo_adapters.store import decisions
from payymo_adapters.store.allotting import is_taken_back
from payymo_adapters.store.candidates import left_of
from payymo_adapters.store.four_eyes import waiting_for_second
from payymo_adapters.store.kinds import (
    AllocationState,
    DecisionKind,
    DecisionState,
)
from payymo_adapters.store.rests import live, paid_by
from payymo_adapters.store.store import Books
from payymo_core.money import from_minor


def outcome_told(who: Reviewer, number: int) -> list[str]:
    """Say how a decision stands now."""

    def told(books: Books) -> list[str]:
        return [f"decision {number} on {line}" for line in _told(who, books, number)]

    with who.store.reading(who.tenant) as connection:
        waiting = waiting_for_second(connection, who.tenant)
    seconds = [waiting_told(row) for row in waiting if row.id == number]
    lines: list[str] = seconds or who.do(told)
    return lines


def _told(who: Reviewer, books: Books, number: int) -> list[str]:
    held = decisions.decision(books, number)
    if held.state != DecisionState.ACTIVE:
        return [f"{held.transaction}: {held.state}"]
    if held.kind == DecisionKind.IGNORE:
        return [f"{held.transaction}: put aside"]
    given = paid_by(books, number)
    parts = ", ".join(f"{each.amount:,f} to {each.invoice}" for each in given)
    if is_taken_back(books, number):
        return [f"{held.transaction} is undone: {parts} {_back(who)}"]
    ahead = _ahead(who, set(live(books, number).values()))
    return [f"{held.transaction}: active: {parts}{_left(books, held)}; {ahead}"]


def _left(books: Books, held: decisions.Decision) -> str:
    minor, currency = left_of(books, held.transaction)
    left = f"{from_minor(minor, currency):,} {currency}"
    if minor and held.kind == DecisionKind.SPLIT:
        return f"; {left} is put aside"
    if minor < 0:  # of what went out, nobody waits for the rest
        return f"; {left} is left"
    return f"; {left} is left, for `payymo review --rest`" if minor else ""


def _ahead(who: Reviewer, states: Container[str]) -> str:
    """What becomes of what invoices have of it."""
    if AllocationState.RESERVED not in states:
        return "all of it is paid already"
    if who.is_posting and AllocationState.SETTLED in states:
        return "the next run posts what is not paid yet"
    if who.is_posting:
        return "the next run posts it"
    return "no run posts it, for the invoices come from a file"


def _back(who: Reviewer) -> str:
    where = "where the invoices are"
    if who.is_posting:
        where = "in WHMCS, whose interface takes no payment back"
    return f"was paid, and a person has to take it back {where}"
