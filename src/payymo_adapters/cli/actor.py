"""Who a command acts as, and the settings file that names the books."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from attrs import frozen

from payymo_adapters.cli.starting import run_settings_option
from payymo_adapters.wording import plain_name


@frozen(kw_only=True)
class Person:
    """A person, and what names the books.

    Attributes:
        name: As the audit log bears it.
        settings: The settings file.
    """

    name: str
    settings: Path


def _name(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if plain_name(value) in ("", "payymo", "payymo sync"):
        msg = "a person's name is wanted: payymo is who acts where no person does."
        raise click.BadParameter(msg)
    return value.strip()


_name_option = click.option(
    "--as",
    "actor",
    envvar="PAYYMO_ACTOR",
    required=True,
    metavar="NAME",
    callback=_name,
    help="Who it is; the audit log bears it.",
)


def as_person(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that make its ``person``."""

    @wraps(command)
    def with_person(actor: str, settings: Path, **values: Any) -> None:
        command(person=Person(name=actor, settings=settings), **values)

    return run_settings_option(_name_option(with_person))
