"""Files written whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

PRIVATE = 0o600
"""The mode of a file that nobody else may read."""


def write_atomically(
    path: str | os.PathLike[str], chunks: Iterable[str], mode: int = 0o666
) -> None:
    """Write text as UTF-8: a reader sees the old file or the new one, never a part.

    The new content is collected in a file beside the target and takes its place when
    it has reached the disk. A device or a pipe, which nothing can take the place of,
    is written to directly.

    Args:
        path: Where to; what a symbolic link points at is replaced, not the link.
        chunks: The text; an error they raise leaves the target as it was.
        mode: Of a file that is not there yet, before the umask.

    Raises:
        OSError: The place cannot be written to.
    """
    named = Path(path)
    if named.exists() and not named.is_file():
        with named.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(chunks)
        return
    target = named.resolve()
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        _write(temporary, chunks, mode)
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write(path: Path, chunks: Iterable[str], mode: int) -> None:
    place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(place, "w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(chunks)
        stream.flush()
        os.fsync(stream.fileno())
