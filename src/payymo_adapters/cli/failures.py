"""Exit codes, and one clear message where a command cannot be carried out."""

import sys
from collections.abc import Sequence
from enum import IntEnum, unique
from typing import Any

import click

from payymo_adapters.cli.terminal import discard, say, stderr
from payymo_adapters.errors import FileError, ProviderError, SettingsError
from payymo_adapters.files.texts import counted
from payymo_core import Rejected


@unique
class Exit(IntEnum):
    """What the shell gets; stable."""

    DONE = 0
    REJECTED = 1
    """Done, but some records were rejected; they are listed on stderr."""
    REFUSED = 2
    """Wrong usage or settings, an unreadable file or ruleset; nothing was done."""
    FAILED = 3
    """A provider did not answer or refused; what was done before it is listed."""


EXIT_CODES = """\b
Exit codes:
  0  done
  1  done, but some records were rejected; they are listed on stderr
  2  not done: wrong usage, an unreadable file or a wrong ruleset
"""
CONNECTED_EXIT_CODES = """\b
Exit codes:
  0  done
  1  done, but some records were rejected or payments refused; they are listed
  2  not done: wrong usage, wrong settings or an unreadable file
  3  a provider did not answer or refused; what was done before it is listed
"""


class Group(click.Group):
    """Commands whose failures are a message and an exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            discard(sys.stdout)  # of a help page; all else is written by ``terminal``
        except (FileError, SettingsError) as error:
            _refuse(str(error))
        except ProviderError as error:
            _refuse(str(error), Exit.FAILED)
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            _refuse(f"{name}{error.strerror or error}")


def _refuse(message: str, code: Exit = Exit.REFUSED) -> None:
    console = stderr()
    first, *more = message.splitlines()
    say(console, f"payymo: {first}", "bold red")
    for line in more:
        say(console, f"  {line}")
    raise click.exceptions.Exit(code)


def finish(rejected: Sequence[Rejected]) -> None:
    """List what was rejected, and leave with the exit code that says so."""
    if not rejected:
        return
    console = stderr()
    say(console, f"{counted(len(rejected), 'record')} rejected:", "bold red")
    for record in rejected:
        say(console, f"  {record}")
    raise click.exceptions.Exit(Exit.REJECTED)
