"""May 2026 at Kranichnest Hosting, which does not exist: a statement and a ledger.

``statement.xml`` (camt.053), ``invoices.csv`` and ``truth.jsonl`` are made by
``benchmarks/demo_month`` and shipped as they are.
"""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

STATEMENT, INVOICES, TRUTH = "statement.xml", "invoices.csv", "truth.jsonl"


def foreign_files(target: Path, made: Iterable[str]) -> list[Path]:
    """Find what the demo would overwrite and did not write.

    Args:
        target: The directory.
        made: Names of what is made of the three files; in a directory that holds all
            three of them unchanged, these were made by the demo.

    Raises:
        OSError: A file there cannot be read.
    """
    shipped = [target / name for name in (STATEMENT, INVOICES, TRUTH)]
    there = [path for path in shipped if path.exists()]
    foreign = [path for path in there if path.read_bytes() != _shipped(path.name)]
    if there != shipped or foreign:
        foreign += (target / name for name in made if (target / name).exists())
    return foreign


def _shipped(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()


def copy_files(target: Path) -> None:
    """Put the three files into a directory, which is made if it is not there.

    Raises:
        OSError: The directory cannot be written to.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in (STATEMENT, INVOICES, TRUTH):
        (target / name).write_bytes(_shipped(name))
