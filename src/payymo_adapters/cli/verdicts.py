"""``payymo decide``: verdicts without a walk."""

from typing import TYPE_CHECKING

import click

from payymo_adapters.cli.actor import Person, as_person
from payymo_adapters.cli.database import require_sqlalchemy
from payymo_adapters.cli.failures import EXIT_CODES

if TYPE_CHECKING:
    from types import ModuleType


_reason = click.option("--reason", required=True, help="Why; it stays with the record.")
_parts = click.argument("parts", nargs=-1, required=True, metavar="INVOICE=AMOUNT...")
_transaction = click.argument("transaction")
_number = click.argument("number", type=click.IntRange(min=1))
_posting = click.argument("number", type=click.IntRange(min=1), metavar="POSTING")


@click.group("decide", epilog=EXIT_CODES)
def decide_command() -> None:
    """Give one verdict, or take it back; `payymo review` walks through all.

    TRANSACTION is its id, as main/2026-0001; NUMBER is a decision's, as review, history
    and export show it; POSTING is a posting's, as `payymo status` shows it.
    """


@decide_command.command("confirm")
@_number
@as_person
def _confirm(number: int, person: Person) -> None:
    """Confirm a proposal, or a decision that waits for a second person."""
    _deciding().confirm(person, number)


@decide_command.command("reject")
@_number
@as_person
def _reject(number: int, person: Person) -> None:
    """Reject a proposal: it does not come again for its transaction."""
    _deciding().reject(person, number)


@decide_command.command("match")
@_transaction
@_parts
@as_person
def _match(transaction: str, parts: tuple[str, ...], person: Person) -> None:
    """Say what a transaction pays; what is left over waits.

    Of one that pays something already, say what its rest pays.
    """
    _deciding().match(person, transaction, parts)


@decide_command.command("split")
@_transaction
@_parts
@_reason
@as_person
def _split(
    transaction: str, parts: tuple[str, ...], reason: str, person: Person
) -> None:
    """Say what a part of a transaction pays, and put the rest aside."""
    _deciding().match(person, transaction, parts, reason)


@decide_command.command("ignore")
@_transaction
@_reason
@as_person
def _ignore(transaction: str, reason: str, person: Person) -> None:
    """Put a transaction, or what is left over of one, aside: it pays nothing."""
    _deciding().ignore(person, transaction, reason)


@decide_command.command("undo")
@_number
@as_person
def _undo(number: int, person: Person) -> None:
    """Take a verdict back; what was posted is taken back by the next run.

    Of a decision that was confirmed twice and not yet planned, the second confirmation
    is taken back first; then what was decided last of a rest, if it was not posted.
    """
    _deciding().undo(person, number)


@decide_command.command("send-again")
@_posting
@as_person
def _send_again(number: int, person: Person) -> None:
    """Have an unknown posting sent again: you looked, and it is not there."""
    _deciding().send_again(person, number)


@decide_command.command("wait-on")
@_posting
@as_person
def _wait_on(number: int, person: Person) -> None:
    """Take `send-again` back, before a run acted on it."""
    _deciding().wait_on(person, number)


@decide_command.command("give-up")
@_posting
@as_person
def _give_up(number: int, person: Person) -> None:
    """Say that an unknown posting was not done and will not be: its money is free.

    It is not asked about any more.
    """
    _deciding().give_up(person, number)


@decide_command.command("taken-back")
@_posting
@as_person
def _taken_back(number: int, person: Person) -> None:
    """Say that a reversal that was refused was made in the ledger by hand."""
    _deciding().taken_back(person, number)


@decide_command.command("do-without")
@click.argument("account")
@click.argument("file", default="")
@as_person
def _do_without(account: str, file: str, person: Person) -> None:
    """Say that what was rejected of FILE of ACCOUNT is missing for good.

    It is not said any more, unless the file changes and is read anew. Without FILE it
    is about what a bank or Stripe listed, until it lists that again.
    """
    require_sqlalchemy()
    from payymo_adapters.cli.missing import forgo  # noqa: PLC0415 - an extra

    forgo(person, account, file)


def _deciding() -> "ModuleType":
    """What carries it out, which needs the libraries for databases."""
    require_sqlalchemy()
    from payymo_adapters.cli import deciding  # noqa: PLC0415 - an extra

    return deciding
