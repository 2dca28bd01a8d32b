"""What the commands that match read: two files, a ruleset, mappings of CSV columns."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from attrs import fields_dict, frozen

from payymo_adapters.cli.terminal import stage
from payymo_adapters.errors import FileError
from payymo_adapters.files import (
    CsvMapping,
    Ledger,
    Statement,
    read_ledger,
    read_statement,
)
from payymo_adapters.files.texts import counted
from payymo_core import MatchResult, Ruleset, RulesetError, match

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""A file that is there."""


@frozen(kw_only=True)
class Options:
    """How files are read and records compared.

    Attributes:
        ruleset: A TOML file; None for the default.
        transactions_mapping: A TOML file; None where detection does.
        invoices_mapping: The same for the ledger.
    """

    ruleset: Path | None = None
    transactions_mapping: Path | None = None
    invoices_mapping: Path | None = None

    def files(self) -> tuple[Path, ...]:
        """Those that are named."""
        named = (self.ruleset, self.transactions_mapping, self.invoices_mapping)
        return tuple(path for path in named if path)


@frozen(kw_only=True)
class Matched:
    """A run, and the files it was made of.

    Attributes:
        statement: The transactions' file as read.
        ledger: The invoices' file as read.
        result: What the engine made of them.
    """

    statement: Statement
    ledger: Ledger
    result: MatchResult


def matching_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that ``Options`` holds, as its ``options``."""

    @wraps(command)
    def with_options(**values: Any) -> None:
        options = Options(**{key: values.pop(key) for key in fields_dict(Options)})
        command(options=options, **values)

    decorated = with_options
    for flag, words in (
        ("--invoices-mapping", "Columns of the invoices' CSV, where not detected."),
        ("--transactions-mapping", "Columns of the bank's CSV, where not detected."),
        ("--ruleset", "How to compare; see `payymo rules`.  [default: built in]"),
    ):
        option = click.option(flag, type=READABLE, metavar="TOML", help=words)
        decorated = option(decorated)
    return decorated


def match_files(transactions: Path, invoices: Path, options: Options) -> Matched:
    """Read both files and match them.

    Raises:
        FileError: A file, a mapping or the ruleset cannot be used.
        OSError: A file cannot be opened.
    """
    ruleset = load_ruleset(options.ruleset)
    statement, ledger = read_files(transactions, invoices, options)
    transactions_read = counted(len(statement.records), "transaction")
    invoices_read = counted(len(ledger.records), "invoice")
    with stage(f"matching {transactions_read} with {invoices_read}"):
        result = match(statement.records, ledger.records, ruleset)
    return Matched(statement=statement, ledger=ledger, result=result)


def read_files(
    transactions: Path, invoices: Path, options: Options
) -> tuple[Statement, Ledger]:
    """Read both files.

    Raises:
        FileError: A file or a mapping cannot be used.
        OSError: A file cannot be opened.
    """
    mappings = options.transactions_mapping, options.invoices_mapping
    of_transactions, of_invoices = map(load_mapping, mappings)
    with stage(f"reading {transactions}"):
        statement = read_statement(transactions, of_transactions)
    with stage(f"reading {invoices}"):
        ledger = read_ledger(invoices, of_invoices)
    return statement, ledger


def load_ruleset(path: Path | None) -> Ruleset:
    """Read a ruleset; the default where no file is named.

    Raises:
        FileError: Not a ruleset; all faults, with their paths.
        OSError: The file cannot be opened.
    """
    if path is None:
        return Ruleset()
    try:
        return Ruleset.from_toml(_text_of(path))
    except RulesetError as error:
        head = f"{len(error.faults)} faults\n" if len(error.faults) > 1 else ""
        raise FileError(str(path), head + "\n".join(error.faults)) from None


def load_mapping(path: Path | None) -> CsvMapping | None:
    """Read a mapping of CSV columns; None where no file is named.

    Raises:
        FileError: Not a mapping.
        OSError: The file cannot be opened.
    """
    return None if path is None else CsvMapping.from_toml(_text_of(path), str(path))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        fault = f"not UTF-8 at byte {error.start + 1}"
        raise FileError(str(path), fault) from None
