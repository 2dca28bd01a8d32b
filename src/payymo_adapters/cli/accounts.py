"""``payymo accounts``: what is connected, until when, and what today still allows."""

from collections.abc import Iterator

import click

from payymo_adapters.banking import BankAccount, Connection
from payymo_adapters.cli.banks import calls_left
from payymo_adapters.cli.connections import state
from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.http_rules import utc_now
from payymo_adapters.state import State


@click.command("accounts", epilog=EXIT_CODES)
def accounts_command() -> None:
    """List the bank accounts that are connected.

    With the end of each consent, and how often the account can still be read today.
    Nobody is asked: `payymo doctor` does that.
    """
    known = state()
    given = known.consents()
    for each in given:
        for account in each.connection.accounts:
            say(stdout(), _line(each.connection, account, known))
    if not given:
        say(stderr(), "no bank is connected; payymo connect --help")
    for each in given:
        if warning := each.connection.warning(utc_now()):
            say(stderr(), f"warning: {warning}", "bold yellow")


def _line(connection: Connection, account: BankAccount, known: State) -> str:
    return ", ".join(_parts(connection, account, known))


def _parts(connection: Connection, account: BankAccount, known: State) -> Iterator[str]:
    yield f"{account.key} {account.name or account.owner}".rstrip()
    yield f"{connection.provider} {connection.bank}"
    if connection.expires_at:
        yield f"until {connection.expires_at:%Y-%m-%d}"
    yield calls_left(known, account)
