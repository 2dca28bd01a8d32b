"""A saved answer of WHMCS' ``GetInvoices``.

Facts of that interface: ids are numbers or strings by version; an invoice without a
date says ``0000-00-00``; an empty list is ``""``; names are HTML-encoded; there is no
balance in the list, so an invoice paid in part shows its whole total.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from html import unescape
from os import PathLike, fspath
from pathlib import Path

from payymo_adapters.checks import check_amounts
from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.statement import Ledger, rejected
from payymo_adapters.files.texts import decode, one_line
from payymo_adapters.repeats import without_repeats
from payymo_core.errors import Rejected
from payymo_core.records import Customer, Invoice, InvoiceStatus

_STATUSES = {
    "Unpaid": InvoiceStatus.OPEN,
    "Overdue": InvoiceStatus.OPEN,
    "Collections": InvoiceStatus.OPEN,
    "Payment Pending": InvoiceStatus.OPEN,
    "Draft": InvoiceStatus.DRAFT,
    "Paid": InvoiceStatus.PAID,
    "Cancelled": InvoiceStatus.CANCELLED,
    "Refunded": InvoiceStatus.REFUNDED,
}
_NO_DATE = ("", "0000-00-00")
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
    held = page["invoices"]
    listed = held.get("invoice", "") if isinstance(held, dict) else held
    if isinstance(listed, list):
        yield from listed
    elif listed:
        yield listed


def _missing_pages(pages: list[object], count: int) -> Iterator[str]:
    """Say so where the response is one page of several."""
    totals = [page.get("totalresults") for page in pages if isinstance(page, dict)]
    total = next((str(each) for each in totals if each is not None), "")
    if total.isascii() and total.isdigit() and int(total[:9]) > count:
        yield f"the file holds {count} of {total} invoices: ask for the other pages too"


def _record(entry: object, where: str) -> Invoice | Rejected:
    if not isinstance(entry, dict):
        return rejected("", FieldError("not an object"), where)
    try:
        return _invoice(entry)
    except FieldError as error:
        return rejected(_text(entry, "id") or "", error, where)


def _invoice(entry: Mapping[str, object]) -> Invoice:
    identifier = _text(entry, "id") or _text(entry, "invoiceid")
    if not identifier:
        msg = "required, and missing"
        raise FieldError(msg, "id")
    total = _amount(entry, "total")
    if total is None:
        msg = "required, and missing"
        raise FieldError(msg, "total")
    balance = _amount(entry, "balance")
    outstanding = total if balance is None else balance
    currency = (_text(entry, "currencycode") or "").upper()
    try:
        check_amounts(currency, total=total, balance=outstanding)
    except FieldError as error:
        field = "currencycode" if error.path == "currency" else error.path
        raise FieldError(error.fault, field) from None
    return Invoice(
        id=identifier,
        number=_text(entry, "invoicenum"),
        outstanding=outstanding,
        total=total,
        currency=currency,
        issue_date=_day(entry, "date"),
        due_date=_day(entry, "duedate"),
        status=_status(entry),
        customer=_customer(entry),
    )


def _text(entry: Mapping[str, object], key: str) -> str | None:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return one_line(unescape(str(value))) or None


def _amount(entry: Mapping[str, object], key: str) -> Decimal | None:
    value = entry.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            found = Decimal(value)
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite() and abs(found.adjusted()) <= 20:
            return found
    msg = f"{str(value)[:40]!r} is not an amount, as '12.50'"
    raise FieldError(msg, key)


def _day(entry: Mapping[str, object], key: str) -> date | None:
    written = (_text(entry, key) or "")[:10]
    if written in _NO_DATE:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        msg = f"{written!r} is not a date of the calendar, as '2026-01-31'"
        raise FieldError(msg, key) from None


def _status(entry: Mapping[str, object]) -> InvoiceStatus:
    written = _text(entry, "status") or ""
    if written not in _STATUSES:
        msg = f"{written[:40]!r} is none of {', '.join(_STATUSES)}"
        raise FieldError(msg, "status")
    return _STATUSES[written]


def _customer(entry: Mapping[str, object]) -> Customer | None:
    identifier = _text(entry, "userid")
    if not identifier:
        return None
    names = (_text(entry, "firstname"), _text(entry, "lastname"))
    return Customer(
        id=identifier,
        name=" ".join(name for name in names if name) or None,
        company=_text(entry, "companyname"),
    )
