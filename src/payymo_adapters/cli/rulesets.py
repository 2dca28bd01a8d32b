"""``payymo ruleset``: which ruleset the books are matched with."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from payymo_adapters.cli.actor import Person, as_person
from payymo_adapters.cli.database import require_sqlalchemy
from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.inputs import READABLE
from payymo_adapters.cli.starting import run_settings_option

if TYPE_CHECKING:
    from types import ModuleType

_version = click.argument("version", type=click.IntRange(min=1))


@click.group("ruleset", epilog=EXIT_CODES)
def ruleset_command() -> None:
    """Learn from the verdicts of the books, and say which ruleset a run matches with.

    Until one is taken, that is the one of the settings file. What is decided stays as
    it is whatever is taken, and so do rejections.
    """


@ruleset_command.command("learn")
@click.option(
    "--ruleset",
    "base",
    type=READABLE,
    metavar="TOML",
    help="Rules to begin with.  [default: those in use]",
)
@as_person
def _learn(base: Path | None, person: Person) -> None:
    """Learn from all verdicts that stand, and keep the ruleset; it is not yet taken."""
    _books().learn_from_books(person, base)


@ruleset_command.command("add")
@click.argument("file", type=READABLE)
@as_person
def _add(file: Path, person: Person) -> None:
    """Keep the ruleset of a FILE; it is not yet taken."""
    _books().add(person, file)


@ruleset_command.command("take")
@_version
@as_person
def _take(version: int, person: Person) -> None:
    """Let every run from now on match with ruleset VERSION.

    To undo it, take the one before.
    """
    _books().take(person, version)


@ruleset_command.command("list")
@run_settings_option
def _list(settings: Path) -> None:
    """List the rulesets of the books, and say which one is taken."""
    _books().show_list(settings)


@ruleset_command.command("show")
@_version
@run_settings_option
def _show(version: int, settings: Path) -> None:
    """Print ruleset VERSION as TOML."""
    _books().show(settings, version)


@ruleset_command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@run_settings_option
def _export(folder: Path, settings: Path) -> None:
    """Write transactions.jsonl, invoices.jsonl and labels.jsonl to FOLDER.

    They are what `payymo learn` and `payymo tune` take; what was posted is owed again,
    as when the verdicts were given.
    """
    _books().export(settings, folder)


def _books() -> "ModuleType":
    """What carries it out, which needs the libraries for databases."""
    require_sqlalchemy()
    from payymo_adapters.cli import ruleset_books  # noqa: PLC0415 - an extra

    return ruleset_books
