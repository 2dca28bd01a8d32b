"""A CSV file as a table: its layout found, its rows located, its marks known."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from os import PathLike, fspath
from pathlib import Path

from attrs import evolve, frozen

from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.amounts import dissect, find_mark, value_of
from payymo_adapters.files.columns import Columns, assign, currency_in, fold
from payymo_adapters.files.csv_format import CsvFormat, CsvMapping
from payymo_adapters.files.dates import day_of, find_order
from payymo_adapters.files.encodings import Text, decode
from payymo_adapters.files.headers import BANK, Roles
from payymo_core.money import EXPONENTS

_DELIMITERS = (";", ",", "\t", "|")
# Banks print up to thirty lines above the headers.
_SEARCHED = 60
_LARGEST_CELL = 131_072


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
        return (column or next(filter(None, written), "") or self.format.currency).upper()


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


def read_table(
    path: str | PathLike[str], needs: Needs, mapping: CsvMapping
) -> Table:
    """Find a CSV file's layout and read its rows.

    Raises:
        FileError: No header row is found, or the decimal mark, the order of dates or
            the currency cannot be told; says what to put into a mapping.
        OSError: The file cannot be opened.
    """
    name = fspath(path)
    text = _text(name, Path(path).read_bytes(), mapping)
    delimiter, header, columns = _layout(name, text, needs, mapping)
    rows = list(_rows(text.content, delimiter))
    below = tuple(row for row in rows if row.line > header.line)
    above = [row for row in rows if row.line < header.line]
    used = {place for places in columns.places.values() for place in places}
    detected = CsvFormat(
        encoding=text.encoding,
        delimiter=delimiter,
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


def _rows(content: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(content.split("\n"), delimiter=delimiter)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            # A cell beyond the module's limit, or a NUL: no table of a bank's.
            cells = ()
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield Row(line, tuple(cell.strip() for cell in cells))
        line = reader.line_num + 1


def _layout(
    name: str, text: Text, needs: Needs, mapping: CsvMapping
) -> tuple[str, Row, Columns]:
    """Find the delimiter and the header row: those that give the most roles."""
    best: tuple[str, Row, Columns] | None = None
    head = "\n".join(text.content.split("\n", _SEARCHED)[:_SEARCHED])
    fault = FieldError("no row of headers found in its first lines")
    for delimiter in (mapping.delimiter,) if mapping.delimiter else _DELIMITERS:
        for row in _rows(head, delimiter):
            if mapping.skip is not None and row.line <= mapping.skip:
                continue
            try:
                columns = _columns(row, needs.roles, mapping)
            except FieldError as error:
                fault = error
                continue
            if best is None or len(columns.places) > len(best[2].places):
                best = (delimiter, row, columns)
            if mapping.skip is not None:
                break
    if best is None or not any(best[2].places.keys() >= e for e in needs.enough):
        _refuse_layout(name, best, needs, fault)
    return best
