"""One writer at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from payymo_adapters.errors import FileError
from payymo_adapters.state import State

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def lock(file: IO[str], path: Path, command: str) -> None:
    """Take a file for as long as it is open.

    Args:
        file: Open for writing.
        path: What the error calls it.
        command: Which else may hold it, as a person calls it.

    Raises:
        FileError: Another process has it.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fault = f"another {command} is running; wait for its end"
        raise FileError(str(path), fault) from None


@contextmanager
def held(known: State) -> Iterator[None]:
    """Keep other runs away from what is known for as long as this one works on it."""
    with known.open_lock() as file:
        lock(file, known.directory, "payymo connect, fetch or run")
        yield
