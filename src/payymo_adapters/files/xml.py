"""Finding one's way in an XML element by local names, whatever the namespace."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from payymo_adapters.errors import FieldError
from payymo_adapters.files.texts import one_line

# xs:decimal, bounded as the exchange format's amounts are.
_DECIMAL = re.compile(r"\+?(?:[0-9]{1,16}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[TZ+-].*)?", re.DOTALL)


def local(element: etree._Element) -> str:
    """Name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def line_of(element: etree._Element) -> int:
    """Line an element begins on, from 1; 0 where it is not known."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def every(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Children of that name, in order."""
    return element.iterchildren(f"{{*}}{name}")


def first(element: etree._Element, path: str) -> etree._Element | None:
    """First element under a path of names, as ``RltdPties/Dbtr``."""
    found: etree._Element | None = element
    for name in path.split("/"):
        if found is None:
            return None
        found = next(every(found, name), None)
    return found


def text(element: etree._Element, *paths: str) -> str | None:
    """What stands under the first of the paths that holds any text."""
    for path in paths:
        found = first(element, path)
        if found is not None and found.text and found.text.strip():
            return one_line(found.text)
    return None


def amount(element: etree._Element, path: str) -> tuple[Decimal, str] | None:
    """Amount under a path, unsigned, with its currency ("" where it names none).

    Raises:
        FieldError: It is not an unsigned decimal.
    """
    found = first(element, path)
    if found is None:
        return None
    written = (found.text or "").strip()
    if not _DECIMAL.fullmatch(written):
        msg = f"{written[:40]!r} is not an unsigned decimal, as '1234.50'"
        raise FieldError(msg, path)
    return Decimal(written), found.get("Ccy", "")


def day(element: etree._Element, path: str) -> date | None:
    """Calendar day under a path, given as ``Dt`` or as ``DtTm``.

    Raises:
        FieldError: It is not a date of the calendar.
    """
    written = text(element, f"{path}/Dt", f"{path}/DtTm")
    if written is None:
        return None
    found = _DAY.fullmatch(written)
    try:
        return date.fromisoformat(found[1] if found else written)
    except ValueError:
        msg = f"{written[:40]!r} is not a date of the calendar, as '2026-01-31'"
        raise FieldError(msg, path) from None
