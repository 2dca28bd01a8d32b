"""May 2026 at Kranichnest Hosting, which does not exist: a statement and a ledger.

``statement.xml`` (camt.053), ``invoices.csv`` and ``truth.jsonl`` are made by
``benchmarks/demo_month`` and shipped as they are.
"""

from importlib.resources import files
from pathlib import Path

STATEMENT, INVOICES, TRUTH = "statement.xml", "invoices.csv", "truth.jsonl"


def copy_files(target: Path) -> None:
    """Put the three files into a directory, which is made if it is not there.

    Raises:
        OSError: The directory cannot be written to.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in (STATEMENT, INVOICES, TRUTH):
        content = files(__name__).joinpath(name).read_bytes()
        (target / name).write_bytes(content)
