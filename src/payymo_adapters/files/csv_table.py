"""A CSV file as a table: its layout found, its rows located, its marks known."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from os import PathLike, fspath
from pathlib import Path

from attrs import evolve, frozen

from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.amounts import (
    Written,
    currency_of,
    dissect,
    find_mark,
    value_of,
)
from payymo_adapters.files.columns import (
    JOINED,
    Columns,
    assign,
    currency_in,
    fold,
    rank,
    without_twins,
)
from payymo_adapters.files.csv_format import CsvFormat, CsvMapping
from payymo_adapters.files.dates import day_of, find_order
from payymo_adapters.files.headers import Roles
from payymo_adapters.files.texts import Text, decode
from payymo_adapters.files.vocabulary import TRANSACTION_STATUSES

_DELIMITERS = (";", ",", "\t", "|")
# Banks print up to thirty lines above the headers.
_SEARCHED = 60


@frozen
class Row:
    """One line of the table: its number in the file, and its cells."""

    line: int
    cells: tuple[str, ...]


@frozen(kw_only=True)
class Table:
    """A CSV file, understood.

    Attributes:
        path: The file.
        format: What was detected.
        columns: Where each role stands.
        rows: The lines below the headers, blank ones left out.
    """

    path: str
    format: CsvFormat
    columns: Columns
    rows: tuple[Row, ...]

    def text(self, row: Row, role: str) -> str | None:
        """Text of a role; None where there is none."""
        return self.columns.cells(role, row.cells) or None

    def amount(self, row: Row, role: str) -> tuple[Decimal, str] | None:
        """Signed amount of a role, and the currency written with it or "".

        Raises:
            FieldError: It is no amount.
        """
        text = self.text(row, role)
        if text is None:
            return None
        try:
            written = dissect(text)
            return value_of(written, self.format.decimal or "."), written.currency
        except FieldError as error:
            raise error.under(role) from None

    def day(self, row: Row, role: str) -> date | None:
        """Day of a role.

        Raises:
            FieldError: It is no date.
        """
        text = self.text(row, role)
        try:
            return None if text is None else day_of(text, self.format.date_order)
        except FieldError as error:
            raise error.under(role) from None

    def currency(self, row: Row, *written: str) -> str:
        """Currency of a row: of its column, else of its amounts, else of the file."""
        column = self.text(row, "currency")
        found = column or next(filter(None, written), "") or self.format.currency
        return currency_of(found) or found.upper()


@frozen
class Needs:
    """What a file must have, and where its amounts and dates stand.

    Attributes:
        roles: The headers to look for.
        enough: Sets of roles; all of one must be there.
        amounts: Roles that hold amounts.
        dates: Roles that hold dates.
    """

    roles: Roles
    enough: tuple[frozenset[str], ...]
    amounts: tuple[str, ...]
    dates: tuple[str, ...]


def read_table(path: str | PathLike[str], needs: Needs, mapping: CsvMapping) -> Table:
    """Find a CSV file's layout and read its rows.

    Raises:
        FileError: No header row is found, or the decimal mark, the order of dates or
            the currency cannot be told; says what to put into a mapping.
        OSError: The file cannot be opened.
    """
    name = fspath(path)
    text = _text(name, Path(path).read_bytes(), mapping)
    try:
        layout = _layout(name, text, needs, mapping)
        rows = list(_rows(text.content, layout.delimiter))
    except csv.Error as error:
        fault = f"not a table: {error}"
        raise FileError(name, fault) from None
    header = layout.header
    _refuse_open_quotes(name, rows, layout)
    below = tuple(row for row in rows if row.line > header.line)
    above = [row for row in rows if row.line < header.line]
    single = needs.roles.keys() - mapping.columns.keys() - set(JOINED)
    try:
        columns = without_twins(layout.columns, single, [row.cells for row in below])
    except FieldError as error:
        fault = f"{error}: a mapping that names one takes the first of that name"
        raise FileError(name, fault, line=header.line, field=error.path) from None
    used = {place for places in columns.places.values() for place in places}
    detected = CsvFormat(
        encoding=text.encoding,
        delimiter=layout.delimiter,
        header_line=header.line,
        decimal=mapping.decimal,
        date_order=mapping.date_order,
        currency=mapping.currency or "",
        columns=tuple(
            (role, columns.headers[place])
            for role, places in columns.places.items()
            for place in places
        ),
        unused=tuple(h for i, h in enumerate(header.cells) if h and i not in used),
    )
    table = Table(path=name, format=detected, columns=columns, rows=below)
    return evolve(table, format=_settle(table, above, needs))


def _text(name: str, data: bytes, mapping: CsvMapping) -> Text:
    if mapping.encoding is None:
        return decode(data)
    try:
        content = data.decode(mapping.encoding)
    except ValueError as error:
        fault = f"not in {mapping.encoding}, as the mapping says: {error}"
        raise FileError(name, fault, field="encoding") from None
    return evolve(decode(content.encode("utf-8", "replace")), encoding=mapping.encoding)


def _refuse_open_quotes(name: str, rows: Sequence[Row], layout: "_Layout") -> None:
    """A quotation mark that is never closed would swallow the rows below it."""
    columns = len(layout.header.cells)
    for row in rows:
        within = [line for cell in row.cells for line in cell.split("\n")[1:]]
        if any(line.count(layout.delimiter) >= columns - 1 > 0 for line in within):
            fault = "a quotation mark is opened in this row and not closed in it"
            raise FileError(name, fault, line=row.line)


def _rows(content: str, delimiter: str) -> Iterator[Row]:
    """Read the rows that hold anything, each with the line it begins on.

    Raises:
        csv.Error: A cell is longer than the module reads.
    """
    reader = csv.reader(StringIO(content, newline=""), delimiter=delimiter)
    line = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield Row(line, tuple(cell.strip() for cell in cells))
        line = reader.line_num + 1


@frozen
class _Layout:
    delimiter: str
    header: Row
    columns: Columns


def _layout(name: str, text: Text, needs: Needs, mapping: CsvMapping) -> _Layout:
    """Find the delimiter and the header row: those that give the most roles."""
    found: list[_Layout] = []
    faults: list[FieldError] = []
    head = "\n".join(text.content.split("\n", _SEARCHED)[:_SEARCHED])
    for delimiter in (mapping.delimiter,) if mapping.delimiter else _DELIMITERS:
        rows = [row for row in _rows(head, delimiter) if row.line > (mapping.skip or 0)]
        for place, row in enumerate(rows):
            below = rows[place + 1 :]
            try:
                columns = _columns(row, below, needs.roles, mapping)
            except FieldError as error:
                faults.append(error)
                continue
            found.append(_Layout(delimiter, row, columns))
    best = max(found, key=lambda layout: len(layout.columns.places), default=None)
    if best is None or not any(best.columns.places.keys() >= e for e in needs.enough):
        raise _no_layout(name, best, needs, faults)
    return best


def _no_layout(
    name: str, best: _Layout | None, needs: Needs, faults: Sequence[FieldError]
) -> FileError:
    wanted = ", or ".join(" and ".join(sorted(roles)) for roles in needs.enough)
    fault = f"no row of headers with columns for {wanted}"
    if best is not None and best.columns.places:
        known = ", ".join(best.columns.places)
        fault += f"; line {best.header.line} has {known}"
    for error in faults[:1]:
        fault += f"; {error.path}: {error}"
    return FileError(name, f"{fault}. A mapping can name the columns.")


def _columns(
    row: Row, below: Sequence[Row], roles: Roles, mapping: CsvMapping
) -> Columns:
    """Give the roles their columns: first those the mapping names."""
    places: dict[str, tuple[int, ...]] = {}
    for role, headers in mapping.columns.items():
        missing = [header for header in headers if header not in row.cells]
        if missing:
            msg = f"no column is called {missing[0]!r}, as the mapping says"
            raise FieldError(msg, f"columns.{role}")
        places[role] = tuple(row.cells.index(header) for header in headers)
    taken = {place for found in places.values() for place in found}
    rest = [
        "" if place in taken else _told_apart(cell, place, below)
        for place, cell in enumerate(row.cells)
    ]
    detected = assign(rest, {r: words for r, words in roles.items() if r not in places})
    return Columns(row.cells, {**detected.places, **places})


def _told_apart(header: str, place: int, below: Sequence[Row]) -> str:
    """Give a header that has two meanings the one that the cells below it show.

    ``Valuta`` is the value date in German and Italian, elsewhere the currency; under
    ``Info`` savings banks write whether an entry is booked, others what they like.
    """
    cells = [row.cells[place] for row in below if place < len(row.cells)]
    match fold(header):
        case "valuta":
            return "currency" if any(map(currency_of, cells[:1])) else "value date"
        case "info":
            told = any(cell.casefold() in TRANSACTION_STATUSES for cell in cells)
            return "booking status" if told else header
        case _:
            return header


def _settle(table: Table, above: Sequence[Row], needs: Needs) -> CsvFormat:
    """Find what only all rows together tell: decimal mark, date order, currency."""
    found = table.format
    amounts = [
        (row.line, table.text(row, role))
        for row in table.rows
        for role in needs.amounts
    ]
    dates = [
        (row.line, table.text(row, role)) for row in table.rows for role in needs.dates
    ]
    written = [(line, dissected) for line, text in amounts if (dissected := _try(text))]
    try:
        mark = found.decimal or find_mark((line, w.core) for line, w in written)
    except FieldError as error:
        fault = f"{error}: say decimal = '.' or decimal = ',' in a mapping"
        raise FileError(table.path, fault) from None
    try:
        order = found.date_order or find_order((line, t) for line, t in dates if t)
    except FieldError as error:
        fault = f"{error}: say date_order = 'DMY', 'MDY' or 'YMD' in a mapping"
        raise FileError(table.path, fault) from None
    currency = found.currency or _currency(table, above, needs)
    known = currency or "currency" in table.columns.places
    if written and not known and not any(w.currency for _, w in written):
        fault = "no currency is named: say currency = 'EUR', say, in a mapping"
        raise FileError(table.path, fault, line=found.header_line)
    return evolve(found, decimal=mark, date_order=order, currency=currency)


def _try(text: str | None) -> Written | None:
    # What is no amount is said of its row, when that is read.
    try:
        return dissect(text) if text else None
    except FieldError:
        return None


def _currency(table: Table, above: Sequence[Row], needs: Needs) -> str:
    """Currency that the headers of the amounts, or the lines above, name."""
    if "currency" in table.columns.places:
        return ""
    for role in needs.amounts:
        for place in table.columns.places.get(role, ()):
            if found := currency_in(table.columns.headers[place]):
                return found
    for row in above:
        for cell, after in pairwise(row.cells):
            if rank(cell, needs.roles["currency"]) is not None and currency_of(after):
                return currency_of(after)
    return ""
