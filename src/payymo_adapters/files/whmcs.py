"""A saved answer of WHMCS' ``GetInvoices``.

There is no balance in the list, so an invoice paid in part shows its whole total.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from os import PathLike, fspath
from pathlib import Path

from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.statement import Ledger, rejected
from payymo_adapters.files.texts import decode
from payymo_adapters.repeats import without_repeats
from payymo_adapters.whmcs.mapping import to_invoice
from payymo_adapters.whmcs.wire import listed, read_invoice, text
from payymo_core.errors import Rejected
from payymo_core.records import Invoice

_NO_BALANCE = (
    "WHMCS gives no balances here: the totals are taken as outstanding, so part "
    "payments and credit already applied are not seen"
)


def read_whmcs(path: str | PathLike[str]) -> Ledger:
    """Read a saved ``GetInvoices`` response, or a list of them.

    Args:
        path: The file, JSON.

    Returns:
        One invoice an entry; a fault names its place, as ``invoices.invoice.3``.

    Raises:
        FileError: Not JSON, not such a response, or WHMCS' own error message.
        OSError: The file cannot be opened.
    """
    name = fspath(path)
    data = _load(name, Path(path).read_bytes())
    pages = data if isinstance(data, list) else [data]
    entries = [entry for page in pages for entry in _entries(name, page)]

    def where(place: int) -> str:
        return f"{name}: invoices.invoice.{place + 1}"

    records = [_record(entry, where(place)) for place, entry in enumerate(entries)]
    blind = any(isinstance(e, dict) and "balance" not in e for e in entries)
    return Ledger(
        records=tuple(without_repeats(records, where)),
        format="WHMCS GetInvoices (JSON)",
        notes=(
            *_missing_pages(pages, len(entries)),
            *((_NO_BALANCE,) if blind else ()),
        ),
    )


def _load(name: str, data: bytes) -> object:
    try:
        # Numbers stay decimal: a float is no money.
        found: object = json.loads(decode(data).content, parse_float=Decimal)
    except json.JSONDecodeError as error:
        fault = f"not JSON: {error.msg}"
        raise FileError(name, fault, line=error.lineno) from None
    except (ValueError, RecursionError):
        fault = "not JSON of WHMCS: too long a number, or too deep"
        raise FileError(name, fault) from None
    return found


def _entries(name: str, page: object) -> Iterator[object]:
    if not isinstance(page, dict):
        fault = "not a response of WHMCS: an object with 'invoices' is wanted"
        raise FileError(name, fault)
    if page.get("result") == "error":
        fault = f"WHMCS answered with an error: {page.get('message')}"
        raise FileError(name, fault, field="message")
    if "invoices" not in page:
        fault = (
            "not a response to GetInvoices: there is no 'invoices' in it; invoices of "
            "your own go one on a line, with no list around them (JSON Lines)"
        )
        raise FileError(name, fault, field="invoices")
    try:
        yield from listed(page["invoices"], "invoice")
    except FieldError as error:
        raise FileError(name, error.fault, field="invoices") from None


def _missing_pages(pages: list[object], count: int) -> Iterator[str]:
    """Say so where the response is one page of several."""
    totals = [page.get("totalresults") for page in pages if isinstance(page, dict)]
    total = next((str(each) for each in totals if each is not None), "")
    if total.isascii() and total.isdigit() and int(total[:9]) > count:
        yield f"the file holds {count} of {total} invoices: ask for the other pages too"


def _record(entry: object, where: str) -> Invoice | Rejected:
    try:
        return to_invoice(read_invoice(entry))
    except FieldError as error:
        known = text(entry, "id") if isinstance(entry, dict) else None
        return rejected(known or "", error, where)
