"""Exit codes, and one clear message where a command cannot be carried out."""

import sys
import traceback
from collections.abc import Sequence
from enum import IntEnum, unique
from os import environ
from pathlib import Path
from typing import Any

import click

from payymo_adapters.cli.terminal import discard, say, stderr
from payymo_adapters.errors import (
    FileError,
    ProviderError,
    SettingsError,
    StoreError,
)
from payymo_adapters.files.texts import counted
from payymo_core import Rejected


@unique
class Exit(IntEnum):
    """What the shell gets; stable."""

    DONE = 0
    REJECTED = 1
    """Done, but some records were rejected; they are listed on stderr."""
    REFUSED = 2
    """Wrong usage or settings, an unreadable file, ruleset or database; nothing was
    done."""
    FAILED = 3
    """A provider did not answer or refused, or the invoices of a run could not be read;
    what was done before it is listed."""
    BROKEN = 4
    """Payymo itself failed: a bug, whatever the input."""


DEBUG = "PAYYMO_DEBUG"
"""Environment variable: with any value, an error of payymo itself has its traceback."""

EXIT_CODES = """\b
Exit codes:
  0  done
  1  done, but some records were rejected; they are listed on stderr
  2  not done: wrong usage, an unreadable file or a wrong ruleset
  4  not done: an error in payymo itself; please report it
"""
CONNECTED_EXIT_CODES = """\b
Exit codes:
  0  done
  1  done, but some records were rejected or in doubt, or payments refused; they are
     listed
  2  not done: wrong usage, wrong settings or an unreadable file
  3  a provider did not answer or refused, or the invoices of a run could not be
     read; what was done before it is listed
  4  not done: an error in payymo itself; please report it
"""


class Group(click.Group):
    """Commands whose failures are a message and an exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            discard(sys.stdout)  # of a help page; all else is written by ``terminal``
        except (FileError, SettingsError, StoreError) as error:
            _refuse(str(error))
        except ProviderError as error:
            _refuse(str(error), Exit.FAILED)
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            _refuse(f"{name}{error.strerror or error}")
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise  # how click itself ends
        except Exception as error:  # noqa: BLE001 - a message instead of a traceback
            if environ.get(DEBUG):
                traceback.print_exception(error)
            _refuse(_of_itself(error), Exit.BROKEN)


def _of_itself(error: Exception) -> str:
    """Say of an error that no file and no user made what it is and where it stands."""
    *_, last = traceback.extract_tb(error.__traceback__)
    place = f"{Path(last.filename).name}:{last.lineno}"
    kind = type(error).__name__
    return (
        f"an error in payymo itself, please report it\n{kind} at {place}: {error}\n"
        f"{DEBUG}=1 shows how it came to it"
    )


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
