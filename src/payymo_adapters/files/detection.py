"""What a file is, told by its content and not by its name."""

import json
import re
from collections.abc import Callable, Iterator
from enum import Enum, unique
from os import PathLike, fspath
from pathlib import Path
from typing import TypeVar, assert_never

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
from payymo_core.errors import Rejected

# Enough to see what a file is; a line of JSON may be longer, and is looked at alone.
_LOOKED_AT = 65_536
_SWIFT = re.compile(rf"^(?:\{{[1-4]:|{FIELD.pattern})", re.MULTILINE)


_Read = TypeVar("_Read", Statement, Ledger)


@unique
class Kind(Enum):
    """The formats that are told apart."""

    EXCHANGE = "exchange format (JSON Lines)"
    WHMCS = "WHMCS GetInvoices (JSON)"
    CAMT = "XML"
    MT940 = "SWIFT"
    CSV = "CSV"
    EMPTY = "an empty file"


_Reader = Callable[[Kind, str | PathLike[str], CsvMapping | None], _Read]

# How files begin that are often given and never read -> what they are, and a way out.
_FOREIGN = {
    rb"PK\x03\x04.*xl/": "an Excel workbook (XLSX): save it as CSV",
    rb"PK\x03\x04.*opendocument\.spreadsheet": "a spreadsheet (ODS): save it as CSV",
    rb"PK\x03\x04": "a ZIP archive: unpack it",
    rb"\xd0\xcf\x11\xe0": "an Excel workbook (XLS): save it as CSV",
    rb"\x1f\x8b": "compressed by gzip: unpack it",
    rb"%PDF": "a PDF: get the statement or list as CAMT, MT940 or CSV",
    rb"(?:\xef\xbb\xbf)?\s*(?i:<!doctype html|<html)": (
        "a web page: was it saved instead of the file, or in place of a login?"
    ),
}
# What a text may hold but seldom does; in other files it is every tenth character.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_MOST_CONTROL = 0.05


def kind_of(path: str | PathLike[str]) -> Kind:
    """Tell what a file is; whatever is none of the others may be CSV.

    Raises:
        FileError: It is of a kind that is known, and not read.
        OSError: The file cannot be opened.
    """
    with Path(path).open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    for beginning, words in _FOREIGN.items():
        if re.match(beginning, head, re.DOTALL):
            fault = f"this is {words}"
            raise FileError(fspath(path), fault)
    text = decode(head).content.lstrip()
    if len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text):
        fault = "this is not text, so no statement and no list that can be read"
        raise FileError(fspath(path), fault)
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
    found = _read(kind, path, mapping, _statement, _ledger)
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
            fault = "JSON, but not one transaction on each line (JSON Lines)"
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
    found = _read(kind, path, mapping, _ledger, _statement)
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
            fault = f"{kind.value}, as statements are; invoices are wanted, CSV or JSON"
            raise FileError(fspath(path), fault, line=1)
        case _:
            assert_never(kind)


def _read(
    kind: Kind,
    path: str | PathLike[str],
    mapping: CsvMapping | None,
    wanted: _Reader[_Read],
    other: _Reader[Statement] | _Reader[Ledger],
) -> _Read:
    """Read a file as what it is given for; say so where it must be the other one.

    Raises:
        FileError: It cannot be read, or holds records of the other kind only.
    """
    try:
        found = wanted(kind, path, mapping)
    except FileError as error:
        _refuse_swapped(kind, path, other, error.fault)
        raise
    if found.records and not _is_of_use(found):
        _refuse_swapped(kind, path, other, "no record in it is what is wanted")
    return found


def _refuse_swapped(
    kind: Kind,
    path: str | PathLike[str],
    other: _Reader[Statement] | _Reader[Ledger],
    fault: str,
) -> None:
    try:
        found = other(kind, path, None)
    except FileError:
        return
    if _is_of_use(found):
        holds = "invoices" if isinstance(found, Ledger) else "transactions"
        fault = f"holds {holds}: are the two files swapped? ({fault})"
        raise FileError(fspath(path), fault)


def _is_of_use(found: Statement | Ledger) -> bool:
    return any(not isinstance(record, Rejected) for record in found.records)


def _notes(kind: Kind, mapping: CsvMapping | None, empty: str) -> Iterator[str]:
    """Say what a user would not expect of a file that was read."""
    if mapping and kind not in (Kind.CSV, Kind.EMPTY):
        yield "the mapping of columns is not used: this file is not CSV"
    if empty:
        yield empty
