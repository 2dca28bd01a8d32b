"""ISO 20022 account reports: camt.052, camt.053 and camt.054.

Elements are found by their local names, so that every version of the shape that
version 2 introduced is read alike. The file is read as a stream: only the entry in hand
is held, and the ids given so far.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum, unique
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from attrs import define, field
from lxml import etree

from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.camt_entries import SIGNS, Account, read_entry
from payymo_adapters.files.statement import (
    Balances,
    Ids,
    Statement,
    Stream,
    Summary,
    gathered,
)
from payymo_adapters.files.xml import amount, line_of, local, text
from payymo_core.errors import Rejected
from payymo_core.records import Transaction

DEEPEST = 64
"""Elements within elements; the deepest of the schemas stands below 20."""

_MESSAGES = {
    "BkToCstmrAcctRpt": "camt.052",
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
}
_STATEMENTS = {"Rpt": "report", "Stmt": "statement", "Ntfctn": "notification"}
_VERSION = re.compile(r"camt\.05[234]\.[0-9]{3}\.([0-9]{2})")
# The previous closing balance is what a statement opens with, where it says no other.
_OPENING, _CLOSING, _INTERIM = ("OPBD", "PRCD"), "CLBD", "ITBD"
_CODES = (*_OPENING, _CLOSING, _INTERIM)
_BETWEEN = "; an interim balance is among them: entries may stand in another message"
_Balance = tuple[str, Decimal]


@unique
class _Piece(Enum):
    """What the stream of a file is cut into."""

    MESSAGE = "message"
    STATEMENT = "statement"
    PART = "part"
    END = "end"


def read_camt(path: str | PathLike[str]) -> Statement:
    """Read a camt.052, 053 or 054 file of any version from 2 on.

    Raises:
        FileError: As ``stream_camt``.
        OSError: The file cannot be opened.
    """
    return gathered(stream_camt(path))


def stream_camt(path: str | PathLike[str]) -> Stream:
    """Read a camt file of any size, one record at a time.

    Yields:
        One transaction a booked detail, or one an entry where the details give no
        amounts that sum up to it.

    Raises:
        FileError: Not well-formed, not one of these messages, with a document type
            or entities, or nested deeper than any schema.
        OSError: The file cannot be opened.
    """
    reading = _Reading(fspath(path))
    for piece, element in _pieces(path):
        yield from reading.take(piece, element)
    return reading.done()


def _pieces(path: str | PathLike[str]) -> Iterator[tuple[_Piece, etree._Element]]:
    """Cut a file into statements and their parts, and forget what is behind.

    Yields:
        The message's and each statement's element at their start, each child of a
        statement when it is complete, and the statement at its end.
    """
    depth = inside = 0
    for event, element in _events(path):
        if event == "start":
            depth += 1
            _refuse_danger(fspath(path), element, depth)
            if not inside and local(element) in _MESSAGES:
                yield _Piece.MESSAGE, element
            if not inside and local(element) in _STATEMENTS:
                inside = depth
                yield _Piece.STATEMENT, element
            continue
        if inside and depth == inside + 1:
            yield _Piece.PART, element
        if depth == inside:
            yield _Piece.END, element
            inside = 0
        if not inside or depth <= inside + 1:
            _forget(element)
        depth -= 1


def _events(path: str | PathLike[str]) -> Iterator[tuple[str, etree._Element]]:
    etree.clear_error_log()
    with Path(path).open("rb") as stream:
        try:
            yield from etree.iterparse(
                stream,
                events=("start", "end"),
                resolve_entities=False,
                load_dtd=False,
                no_network=True,
                remove_comments=True,
                remove_pis=True,
            )
        except etree.XMLSyntaxError as error:
            raise _not_well_formed(fspath(path), error) from None


def _not_well_formed(path: str, error: etree.XMLSyntaxError) -> FileError:
    # After an entity that is not defined the parser goes on, with what stands behind it
    # as a document of its own: the error raised is of that, the first logged is it.
    name = str(Path(path).absolute())
    log: Any = error.error_log  # the stubs leave it empty
    logged = [one for one in log if one.filename == name]
    words = logged[0].message if logged else error.msg
    line = logged[0].line if logged else error.lineno
    return FileError(path, f"not well-formed XML: {words}", line=line or 0)


def _refuse_danger(path: str, element: etree._Element, depth: int) -> None:
    if depth == 1 and element.getroottree().docinfo.internalDTD is not None:
        fault = (
            "has a document type (DOCTYPE), which may hide entities; no bank sends it"
        )
        raise FileError(path, fault, line=1)
    if depth > DEEPEST:
        fault = f"nested deeper than {DEEPEST} elements; no statement is"
        raise FileError(path, fault, line=line_of(element), field=local(element))


def _forget(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


@define
class _Reading:
    """What is known so far of the file being read."""

    path: str
    notes: list[str] = field(factory=list)
    ids: Ids = field(factory=Ids)
    message: str = ""
    statements: int = 0
    name: str = ""
    account: Account = field(factory=Account)
    balances: list[_Balance] = field(factory=list)
    booked: Decimal = Decimal(0)

    def take(
        self, piece: _Piece, element: etree._Element
    ) -> Sequence[Transaction | Rejected]:
        """Take note of a piece, and give the records that it holds."""
        match piece:
            case _Piece.MESSAGE:
                self.message = _words(element)
            case _Piece.STATEMENT:
                self._begin(element)
            case _Piece.PART:
                return self._take_part(element)
            case _Piece.END:
                self._check_balances()
        return ()

    def _begin(self, statement: etree._Element) -> None:
        self.statements += 1
        self.name = f"{_STATEMENTS[local(statement)]} {self.statements}"
        self.account = Account()
        self.balances = []
        self.booked = Decimal(0)

    def _take_part(self, element: etree._Element) -> Sequence[Transaction | Rejected]:
        match local(element):
            case "Id":
                self.name += f" ({(element.text or '').strip()})"
            case "Acct":
                number = text(element, "Id/IBAN", "Id/Othr/Id")
                self.account = Account(number, text(element, "Ccy"))
            case "Bal":
                self._take_balance(element)
            case "Ntry":
                where = f"{self.path}:{line_of(element)}"
                found = read_entry(element, self.account, self.ids, where)
                self.notes += (f"{where}: {note}" for note in found.notes)
                self.booked += found.booked
                return found.records
            case _:
                pass
        return ()

    def _take_balance(self, element: etree._Element) -> None:
        code = text(element, "Tp/CdOrPrtry/Cd") or ""
        if code not in _CODES:
            return
        sign = SIGNS.get(text(element, "CdtDbtInd") or "")
        try:
            found = amount(element, "Amt")
        except FieldError as error:
            found = None
            self.notes.append(f"{self.name}: balance {code}: {error}")
        if found and sign:
            self.balances.append((code, sign * found[0]))

    def _check_balances(self) -> None:
        opening, closing = _ends(self.balances)
        balances = Balances(
            name=self.name,
            opening=opening and opening[1],
            closing=closing and closing[1],
            booked=self.booked,
        )
        fault = balances.fault()
        if fault:
            interim = _INTERIM in {end[0] for end in (opening, closing) if end}
            self.notes.append(fault + _BETWEEN * interim)

    def done(self) -> Summary:
        if not self.message:
            fault = "XML, but not a camt.052, camt.053 or camt.054 message"
            raise FileError(self.path, fault, line=1)
        if not self.statements:
            self.notes.append("the message holds no statement")
        return Summary(format=self.message, notes=tuple(self.notes))


def _ends(balances: Sequence[_Balance]) -> tuple[_Balance | None, _Balance | None]:
    """What a statement opens and closes with, as far as it says.

    Of several opening balances the first counts, of closing ones the last. Within the
    day, and from page to page, an interim balance stands for the one that is missing.
    """
    ranked = sorted(balances, key=lambda b: _CODES.index(b[0]))
    opening = next((b for b in ranked if b[0] in _OPENING), None)
    closing = next((b for b in reversed(balances) if b[0] == _CLOSING), None)
    interim = [b for b in balances if b[0] == _INTERIM]
    if opening is None and len(interim) > (closing is None):
        opening = interim.pop(0)
    if closing is None and interim:
        closing = interim[-1]
    return opening, closing


def _words(element: etree._Element) -> str:
    """Name the message and its version, as ``camt.053 (version 8)``."""
    name = _MESSAGES[local(element)]
    version = _VERSION.search(str(element.tag))
    return f"{name} (version {int(version[1])})" if version else name
