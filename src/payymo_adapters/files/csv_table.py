"""A CSV file as a table: its layout found, its rows located, its marks known."""

import csv
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from os import PathLike, fspath
from pathlib import Path

from attrs import evolve, frozen

from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.amounts import (
    Written,
    currency_of,
    decimals_shown,
    dissect,
    find_mark,
    refuse_doubtful,
    value_of,
)
from payymo_adapters.files.columns import (
    JOINED,
    Columns,
    currency_in,
    rank,
    without_twins,
)
from payymo_adapters.files.csv_format import CsvFormat, CsvMapping
from payymo_adapters.files.csv_layout import Layout, Row, find_layout, rows_of
from payymo_adapters.files.dates import day_of, find_order
from payymo_adapters.files.headers import Roles
from payymo_adapters.files.texts import Text, decode


@frozen(kw_only=True)
class Table:
    """A CSV file, understood.

    Attributes:
        path: The file.
        format: What was detected.
        columns: Where each role stands.
        rows: The lines below the headers, blank ones left out.
        decimals: How many the amounts have that can be read in one way only.
    """

    path: str
    format: CsvFormat
    columns: Columns
    rows: tuple[Row, ...]
    decimals: frozenset[int] = frozenset()

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
            written, mark = dissect(text), self.format.decimal or "."
            refuse_doubtful(written.core, mark, self.decimals)
            return value_of(written, mark), written.currency
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
        layout = find_layout(name, text.content, needs.roles, needs.enough, mapping)
        rows = list(rows_of(text.content, layout.delimiter))
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
    written = _amounts(table, needs)
    settled = _settle(table, above, needs, written)
    cores = (amount.core for _, amount in written)
    shown = decimals_shown(cores, settled.decimal or ".")
    return evolve(table, format=settled, decimals=shown)


def _text(name: str, data: bytes, mapping: CsvMapping) -> Text:
    if mapping.encoding is None:
        return decode(data)
    try:
        content = data.decode(mapping.encoding)
    except ValueError as error:
        fault = f"not in {mapping.encoding}, as the mapping says: {error}"
        raise FileError(name, fault, field="encoding") from None
    return evolve(decode(content.encode("utf-8", "replace")), encoding=mapping.encoding)


def _refuse_open_quotes(name: str, rows: Sequence[Row], layout: Layout) -> None:
    """A quotation mark that is never closed would swallow the rows below it."""
    columns = len(layout.header.cells)
    for row in rows:
        within = [line for cell in row.cells for line in cell.split("\n")[1:]]
        if any(line.count(layout.delimiter) >= columns - 1 > 0 for line in within):
            fault = "a quotation mark is opened in this row and not closed in it"
            raise FileError(name, fault, line=row.line)


def _amounts(table: Table, needs: Needs) -> list[tuple[int, Written]]:
    """The amounts of a file, each with its line; what is none is left out."""
    texts = [
        (row.line, table.text(row, role))
        for row in table.rows
        for role in needs.amounts
    ]
    return [(line, dissected) for line, text in texts if (dissected := _try(text))]


def _settle(
    table: Table,
    above: Sequence[Row],
    needs: Needs,
    written: Sequence[tuple[int, Written]],
) -> CsvFormat:
    """Find what only all rows together tell: decimal mark, date order, currency."""
    found = table.format
    dates = [
        (row.line, table.text(row, role)) for row in table.rows for role in needs.dates
    ]
    try:
        mark = found.decimal or find_mark((line, w.core) for line, w in written)
    except FieldError as error:
        fault = f"{error}: a mapping can say which, as decimal = ','"
        raise FileError(table.path, fault) from None
    try:
        order = found.date_order or find_order((line, t) for line, t in dates if t)
    except FieldError as error:
        fault = f"{error}: a mapping can say which, as date_order = 'DMY'"
        raise FileError(table.path, fault) from None
    currency = found.currency or _currency(table, above, needs)
    known = currency or "currency" in table.columns.places
    if written and not known and not any(w.currency for _, w in written):
        fault = "no currency is named: a mapping can name it, as currency = 'EUR'"
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
