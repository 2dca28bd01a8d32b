"""What a file is, told by its content and not by its name."""

import json
import re
from collections.abc import Iterator
from enum import Enum, unique
from os import PathLike, fspath
from pathlib import Path
from typing import assert_never

from attrs import evolve

from payymo_adapters.errors import FileError
from payymo_adapters.exchange import read_invoices, read_transactions
from payymo_adapters.files.camt import read_camt
from payymo_adapters.files.csv import read_csv
from payymo_adapters.files.csv_format import CsvMapping
from payymo_adapters.files.csv_ledger import read_csv_ledger
from payymo_adapters.files.mt940 import FIELD, read_mt940
from payymo_adapters.files.statement import Ledger, Statement
from payymo_adapters.files.texts import decode
from payymo_adapters.files.whmcs import read_whmcs

# Enough to see what a file is; a line of JSON may be longer, and is looked at alone.
_LOOKED_AT = 65_536
_SWIFT = re.compile(rf"^(?:\{{[1-4]:|{FIELD.pattern})", re.MULTILINE)


@unique
class Kind(Enum):
    """The formats that are told apart."""

    EXCHANGE = "exchange format (JSON Lines)"
    WHMCS = "WHMCS GetInvoices (JSON)"
    CAMT = "XML"
    MT940 = "SWIFT"
    CSV = "CSV"
    EMPTY = "an empty file"


def kind_of(path: str | PathLike[str]) -> Kind:
    """Tell what a file is; whatever is none of the others may be CSV.

    Raises:
        OSError: The file cannot be opened.
    """
    with Path(path).open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    text = decode(head).content.lstrip()
    if text.startswith("<"):
        return Kind.CAMT
    if text.startswith(("{", "[")) and not _SWIFT.match(text):
        return Kind.EXCHANGE if _is_exchange(text) else Kind.WHMCS
    if not text:
        return Kind.EMPTY
    return Kind.MT940 if _SWIFT.search(text) else Kind.CSV


def _is_exchange(text: str) -> bool:
    """A first line that is an object by itself, and not a response of WHMCS."""
    first = text.split("\n", 1)[0]
    if re.match(r"\s*[\[{]\s*$", first) or text.startswith("["):
        return False
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return '"invoices"' not in first and '"result"' not in first
    return "invoices" not in found and "result" not in found


def read_statement(
    path: str | PathLike[str], mapping: CsvMapping | None = None
) -> Statement:
    """Read transactions from a file of any known format.

    Args:
        path: camt.052/053/054, MT940, MT942, CSV or JSON Lines.
        mapping: For a CSV file whose layout cannot be detected.

    Raises:
        FileError: The file is none of these, or cannot be used.
        OSError: The file cannot be opened.
    """
    kind = kind_of(path)
    found = _statement(kind, path, mapping)
    notes = _notes(kind, mapping, "" if found.records else "holds no transactions")
    return evolve(found, notes=(*found.notes, *notes))


def _statement(
    kind: Kind, path: str | PathLike[str], mapping: CsvMapping | None
) -> Statement:
    match kind:
        case Kind.CAMT:
            return read_camt(path)
        case Kind.MT940:
            return read_mt940(path)
        case Kind.CSV:
            return read_csv(path, mapping)
        case Kind.EXCHANGE:
            return Statement(records=tuple(read_transactions(path)), format=kind.value)
        case Kind.EMPTY:
            return Statement(records=(), format=kind.value)
        case Kind.WHMCS:
            fault = "JSON, but not one transaction a line"
            raise FileError(fspath(path), fault, line=1)
        case _:
            assert_never(kind)


def read_ledger(path: str | PathLike[str], mapping: CsvMapping | None = None) -> Ledger:
    """Read invoices from a file of any known format.

    Args:
        path: CSV, JSON Lines or a saved ``GetInvoices`` response of WHMCS.
        mapping: For a CSV file whose layout cannot be detected.

    Raises:
        FileError: The file is none of these, or cannot be used.
        OSError: The file cannot be opened.
    """
    kind = kind_of(path)
    found = _ledger(kind, path, mapping)
    notes = _notes(kind, mapping, "" if found.records else "holds no invoices")
    return evolve(found, notes=(*found.notes, *notes))


def _ledger(
    kind: Kind, path: str | PathLike[str], mapping: CsvMapping | None
) -> Ledger:
    match kind:
        case Kind.WHMCS:
            return read_whmcs(path)
        case Kind.CSV:
            return read_csv_ledger(path, mapping)
        case Kind.EXCHANGE:
            return Ledger(records=tuple(read_invoices(path)), format=kind.value)
        case Kind.EMPTY:
            return Ledger(records=(), format=kind.value)
        case Kind.CAMT | Kind.MT940:
            fault = "a bank statement; a list of invoices is wanted"
            raise FileError(fspath(path), fault, line=1)
        case _:
            assert_never(kind)


def _notes(kind: Kind, mapping: CsvMapping | None, empty: str) -> Iterator[str]:
    """Say what a user would not expect of a file that was read."""
    if mapping and kind not in (Kind.CSV, Kind.EMPTY):
        yield "the mapping of columns is not used: this file is not CSV"
    if empty:
        yield empty
