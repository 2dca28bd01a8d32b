"""Where a CSV file's headers stand, what is between its cells, which column is what."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from attrs import frozen

from payymo_adapters.errors import FileError
from payymo_adapters.files.amounts import currency_of
from payymo_adapters.files.columns import Columns, assign, fold
from payymo_adapters.files.csv_format import CsvMapping
from payymo_adapters.files.headers import Roles
from payymo_adapters.files.vocabulary import TRANSACTION_STATUSES

_DELIMITERS = (";", ",", "\t", "|")
# Banks print up to thirty lines above the headers.
_SEARCHED = 60


@frozen
class Row:
    """One line of the table: its number in the file, and its cells."""

    line: int
    cells: tuple[str, ...]


@frozen
class Layout:
    """How a file is laid out.

    Attributes:
        delimiter: What stands between cells.
        header: The row of headers.
        columns: Where each role stands; several where none is surer.
    """

    delimiter: str
    header: Row
    columns: Columns


def rows_of(content: str, delimiter: str) -> Iterator[Row]:
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


def find_layout(
    name: str,
    content: str,
    roles: Roles,
    enough: Sequence[frozenset[str]],
    mapping: CsvMapping,
) -> Layout:
    """Find the delimiter and the header row: those that give the most roles.

    Args:
        name: The file, for a fault.
        content: Its text.
        roles: The headers to look for.
        enough: Sets of roles; all of one must be there.
        mapping: What is known; no row but one with all the headers it names will do.

    Raises:
        FileError: There is no such row; says what the nearest has.
        csv.Error: A cell is longer than the module reads.
    """
    found: list[Layout] = []
    lacking: list[tuple[int, Row]] = []
    named = {header for headers in mapping.columns.values() for header in headers}
    head = "\n".join(content.split("\n", _SEARCHED)[:_SEARCHED])
    for delimiter in (mapping.delimiter,) if mapping.delimiter else _DELIMITERS:
        rows = [r for r in rows_of(head, delimiter) if r.line > (mapping.skip or 0)]
        for place, row in enumerate(rows):
            missing = named.difference(row.cells)
            if missing:
                lacking.append((len(missing), row))
            else:
                columns = _columns(row, rows[place + 1 :], roles, mapping)
                found.append(Layout(delimiter, row, columns))
    if lacking and not found:
        nearest = min(lacking, key=lambda each: (each[0], each[1].line))[1]
        raise _not_as_mapped(name, nearest, mapping)
    best = max(found, key=lambda layout: len(layout.columns.places), default=None)
    if best is None or not any(best.columns.places.keys() >= e for e in enough):
        raise _no_layout(name, best, enough)
    return best


def _not_as_mapped(name: str, nearest: Row, mapping: CsvMapping) -> FileError:
    """Name the first header that a mapping gives and the nearest row lacks."""
    role, header = next(
        (role, header)
        for role, headers in mapping.columns.items()
        for header in headers
        if header not in nearest.cells
    )
    cells = ", ".join(repr(cell) for cell in nearest.cells if cell)
    fault = (
        f"no column is called {header!r}, as the mapping says; this line has {cells}"
    )
    return FileError(name, fault, line=nearest.line, field=f"columns.{role}")


def _no_layout(
    name: str, best: Layout | None, enough: Sequence[frozenset[str]]
) -> FileError:
    wanted = ", or ".join(" and ".join(sorted(roles)) for roles in enough)
    fault = f"no row of headers with columns for {wanted}"
    if best is not None and best.columns.places:
        known = ", ".join(best.columns.places)
        fault += f"; line {best.header.line} has {known}"
    return FileError(name, f"{fault}. A mapping can name the columns.")


def _columns(
    row: Row, below: Sequence[Row], roles: Roles, mapping: CsvMapping
) -> Columns:
    """Give the roles their columns: first those the mapping names."""
    places = {
        role: tuple(row.cells.index(header) for header in headers)
        for role, headers in mapping.columns.items()
    }
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
