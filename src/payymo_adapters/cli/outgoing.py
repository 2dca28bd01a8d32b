"""``payymo events``: what a server of the user's never took."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from payymo_adapters.cli.actor import Person, as_person
from payymo_adapters.cli.database import require_sqlalchemy
from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.starting import run_settings_option

if TYPE_CHECKING:
    from types import ModuleType


@click.group("events", epilog=EXIT_CODES)
def events_command() -> None:
    """Show the events that your server did not take for a week, and send them again.

    An event that was tried 36 times is set aside, and the later ones of its subject
    wait for it.
    """


@events_command.command("list")
@run_settings_option
def _list(settings: Path) -> None:
    """List the events that are set aside."""
    _events().show_aside(settings)


@events_command.command("again")
@as_person
def _again(person: Person) -> None:
    """Let the next run send what is set aside, and try as often as at first."""
    _events().send_again(person)


def _events() -> "ModuleType":
    """What carries it out, which needs the libraries for databases."""
    require_sqlalchemy()
    from payymo_adapters.cli import events  # noqa: PLC0415 - an extra

    return events
