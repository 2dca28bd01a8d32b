"""Where the command line writes: results to stdout, everything else to stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO, TypeVar

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from payymo_adapters.errors import FileError

T = TypeVar("T")

# A file or a pipe has no width; this leaves room for every column of a table.
_PLAIN_WIDTH = 160


class _Console(Console):
    """A console that prints on, to nowhere, when the reader of its pipe has gone."""

    def on_broken_pipe(self) -> None:
        """Not end with 1, which says that records were rejected."""
        discard(self.file)


def discard(stream: IO[str]) -> None:
    """Let what is still written to a stream go nowhere: its reader has seen enough."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def stdout() -> Console:
    """Results; colours only on a terminal, and none where NO_COLOR is set."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Notes, faults and progress."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    # Texts come from banks and payers: nothing in them is markup.
    console = _Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PLAIN_WIDTH
    return console


def printable(text: str) -> str:
    r"""Take out what would steer a terminal.

    >>> printable("red: \x1b[31m!\n")
    'red:  [31m! '
    """
    return "".join(c if c.isprintable() else " " for c in text)


def say(console: Console, text: str, style: str = "") -> None:
    """Print one line, however long, unbroken."""
    console.print(Text(printable(text), style=style), soft_wrap=True)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Show on a terminal what long work is at, and for how long."""
    console = stderr()
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        progress.add_task(printable(name), total=None)
        yield


def steps(name: str, items: Sequence[T]) -> Iterator[T]:
    """Give items one by one, and show on a terminal how far it is."""
    console = stderr()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield from progress.track(items, description=printable(name))


@contextmanager
def counting(name: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many answers of a provider's there are so far."""
    console = stderr()
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(printable(name), total=None)
        yield lambda number: progress.update(
            task, description=printable(f"{name}: {number:,} answers")
        )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write a file: as a stage, and with a failure that names it.

    Raises:
        FileError: The place cannot be written to.
    """
    try:
        with stage(f"writing {path}"):
            yield
    except OSError as error:
        fault = f"cannot be written: {error.strerror or error}"
        raise FileError(str(path), fault) from error


def print_json(value: Mapping[str, object]) -> None:
    """Print an object on one line of stdout, for a program."""
    write_out(json.dumps(value, ensure_ascii=False) + "\n")


def write_out(text: str) -> None:
    """Write to stdout as UTF-8, whatever the terminal's encoding."""
    try:
        click.echo(text.encode(), nl=False)
    except BrokenPipeError:
        discard(sys.stdout)
