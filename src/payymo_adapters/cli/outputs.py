"""What the commands write: files that take the place of nothing that is needed."""

from collections.abc import Iterable
from itertools import combinations, product
from pathlib import Path
from typing import Any

import click

from payymo_adapters.atomic import write_atomically
from payymo_adapters.cli.terminal import write_out, writing

STDOUT = Path("-")
"""What a command is told to write to stdout by."""


class _Target(click.Path):
    """A file to be written, in a directory that is there; or stdout."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Refuse early what would fail after the work is done."""
        path = super().convert(value, param, ctx)
        assert isinstance(path, Path)
        if path == STDOUT:
            return path
        try:
            found = path.resolve().parent.is_dir()
        except (OSError, RuntimeError) as error:  # a loop is either, by the Python
            self.fail(f"leads nowhere: {error}.", param, ctx)
        if not found:
            self.fail(f"there is no directory {str(path.parent)!r}.", param, ctx)
        return path


WRITABLE = _Target(dir_okay=False, writable=True, allow_dash=True, path_type=Path)
"""A file to be, or to be replaced; or ``STDOUT``."""


def write_page(path: Path, pieces: Iterable[str]) -> None:
    """Write a page to a file, whole or not at all, or to ``STDOUT``.

    Raises:
        FileError: The place cannot be written to.
    """
    if path != STDOUT:
        with writing(path):
            write_atomically(path, pieces)
        return
    for piece in pieces:
        write_out(piece)


def refuse_overwriting(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse outputs that would replace what is read, or one another.

    A device or a pipe is left out: nothing takes its place.

    Raises:
        click.UsageError: Two of them are one file, by whatever names.
    """
    files = [path for path in outputs if path.is_file() or not path.exists()]
    for output, given in product(files, inputs):
        if _are_one_file(output, given):
            msg = f"{output} is read by this command; it would be overwritten."
            raise click.UsageError(msg)
    for one, other in combinations(files, 2):
        if _are_one_file(one, other):
            msg = f"{one} cannot hold both outputs; name two files."
            raise click.UsageError(msg)


def _are_one_file(one: Path, other: Path) -> bool:
    if one.resolve() == other.resolve():
        return True
    return one.exists() and other.exists() and one.samefile(other)
