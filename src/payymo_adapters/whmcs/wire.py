"""What WHMCS sends, as named fields: one tolerant decoder for answers and saved files.

Facts of its interface: ids are numbers or texts by version; money is a text with two
decimals; a date that is none says ``0000-00-00``; a list is a list, its only member, or
``""``; names are HTML-encoded; some actions send flattened keys, as
``currencies[currency][0][code]``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import TypeVar

from attrs import frozen

from payymo_adapters.errors import FieldError
from payymo_adapters.files.texts import one_line

T = TypeVar("T")
Entry = Mapping[str, object]

_NO_DATE = ("", "0000-00-00")
_FLAT = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


@frozen(kw_only=True)
class ItemEntry:
    """A line of an invoice.

    Attributes:
        type: ``Hosting``, ``Domain``, ...; ``Invoice`` where another one is collected.
        related: Id of what it is for, by the type.
    """

    type: str
    related: str


@frozen(kw_only=True)
class InvoiceEntry:
    """An invoice, of the list or by itself.

    Attributes:
        id: Its id.
        total: After tax and credit applied, major units.
        status: As WHMCS calls it.
        balance: What is left to pay; None in a list, which does not say.
        currency: ISO 4217; "" for one by itself, which does not say.
        customer: Id of the client, or None.
        number: None until it is given, which may be when it is paid.
        issued: Its date.
        due: When it is due.
        first_name: Of the client; None for one by itself.
        last_name: The same.
        company: The same.
        items: Its lines; empty in a list, which does not say.
    """

    id: str
    total: Decimal
    status: str
    balance: Decimal | None = None
    currency: str = ""
    customer: str | None = None
    number: str | None = None
    issued: date | None = None
    due: date | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    items: tuple[ItemEntry, ...] = ()


@frozen(kw_only=True)
class TransactionEntry:
    """A payment on record.

    Attributes:
        id: Given by WHMCS.
        transid: Given by who recorded it.
        invoice: Id of what it pays; None or "0" for none.
        amount_in: Money in, major units.
        amount_out: Money out, of a refund.
    """

    id: str
    transid: str
    invoice: str | None
    amount_in: Decimal
    amount_out: Decimal


@frozen(kw_only=True)
class ClientEntry:
    """A client.

    Attributes:
        id: The ``userid`` of invoices.
        email: None where there is none.
        currency: Id of the currency; None in a list, which does not say.
    """

    id: str
    email: str | None
    currency: str | None


@frozen(kw_only=True)
class CurrencyEntry:
    """A currency that WHMCS bills in: its id there, and its ISO 4217 code."""

    id: str
    code: str


@frozen(kw_only=True)
class MethodEntry:
    """A way to pay: its system name, as ``banktransfer``, and what clients see."""

    module: str
    name: str


def read_invoice(value: object) -> InvoiceEntry:
    """Read an entry of ``GetInvoices`` or an answer to ``GetInvoice``.

    Raises:
        FieldError: Not an invoice; names the field.
    """
    entry = _entry(value)
    return InvoiceEntry(
        # An answer has its id under another name, and its transactions have ids too.
        id=_first(entry, "id", "invoiceid"),
        total=_required(amount(entry, "total"), "total"),
        status=text(entry, "status") or "",
        balance=amount(entry, "balance"),
        currency=(text(entry, "currencycode") or "").upper(),
        customer=text(entry, "userid"),
        number=text(entry, "invoicenum"),
        issued=day(entry, "date"),
        due=day(entry, "duedate"),
        first_name=text(entry, "firstname"),
        last_name=text(entry, "lastname"),
        company=text(entry, "companyname"),
        items=_items(entry),
    )


def read_transaction(value: object) -> TransactionEntry:
    """Read an entry of ``GetTransactions``.

    Raises:
        FieldError: Not a transaction; names the field.
    """
    entry = _entry(value)
    return TransactionEntry(
        id=_first(entry, "id"),
        # Compared exactly, so taken as it is.
        transid=str(entry.get("transid") or ""),
        invoice=text(entry, "invoiceid"),
        amount_in=_required(amount(entry, "amountin"), "amountin"),
        amount_out=amount(entry, "amountout") or Decimal(0),
    )


def read_client(value: object) -> ClientEntry:
    """Read an entry of ``GetClients`` or the ``client`` of ``GetClientsDetails``.

    Raises:
        FieldError: Not a client; names the field.
    """
    entry = _entry(value)
    return ClientEntry(
        id=_first(entry, "id", "userid"),
        email=text(entry, "email"),
        currency=text(entry, "currency"),
    )


def read_currency(value: object) -> CurrencyEntry:
    """Read an entry of ``GetCurrencies``.

    Raises:
        FieldError: Not a currency; names the field.
    """
    entry = _entry(value)
    return CurrencyEntry(id=_first(entry, "id"), code=_first(entry, "code").upper())


def read_method(value: object) -> MethodEntry:
    """Read an entry of ``GetPaymentMethods``.

    Raises:
        FieldError: Not a way to pay; names the field.
    """
    entry = _entry(value)
    module = _first(entry, "module")
    return MethodEntry(module=module, name=text(entry, "displayname") or module)


def _items(entry: Entry) -> tuple[ItemEntry, ...]:
    try:
        return tuple(map(_read_item, listed(entry.get("items"), "item")))
    except FieldError as error:
        key = "items"
        raise error.under(key) from None


def _read_item(value: object) -> ItemEntry:
    entry = _entry(value)
    return ItemEntry(type=text(entry, "type") or "", related=text(entry, "relid") or "")


def read_each(
    values: Iterable[object], read: Callable[[object], T], path: str
) -> Iterable[T]:
    """Read entries that must all be readable.

    Args:
        values: The entries.
        read: One of the functions above.
        path: Of the list, for the error.

    Raises:
        FieldError: One is not; the path says which.
    """
    for place, value in enumerate(values):
        try:
            yield read(value)
        except FieldError as error:
            within = f"{path}.{place}"
            raise error.under(within) from None


def listed(held: object, name: str) -> list[object]:
    """Take a list however it is wrapped.

    >>> listed({"item": [1, 2]}, "item"), listed({"item": {"id": 1}}, "item")
    ([1, 2], [{'id': 1}])
    >>> listed("", "item"), listed({"item": {"0": 1, "1": 2}}, "item")
    ([], [1, 2])

    Raises:
        FieldError: Wrapped in a way that is not known; it is not taken for empty.
    """
    if isinstance(held, Mapping) and held and not _is_numbered(held):
        if name not in held:
            msg = f"there is no {name!r} in it"
            raise FieldError(msg)
        held = held[name]
    if isinstance(held, Mapping) and _is_numbered(held):
        held = list(held.values())
    if isinstance(held, list):
        return held
    return [held] if held else []


def _is_numbered(held: Mapping[object, object]) -> bool:
    """Whether it is a list of PHP that came as an object."""
    return bool(held) and all(str(key).isdecimal() for key in held)


def nested(flat: Entry) -> Entry:
    """Undo flattened keys; what is not flattened stays as it is.

    >>> nested({"result": "success", "a[b][0][id]": "1", "a[b][0][code]": "EUR"})
    {'result': 'success', 'a': {'b': {'0': {'id': '1', 'code': 'EUR'}}}}
    """
    if not any("[" in key for key in flat):
        return flat
    found: dict[str, object] = {}
    for key, value in flat.items():
        parts = _FLAT.fullmatch(key)
        steps = [parts[1], *parts[2][1:-1].split("][")] if parts else [key]
        last = steps.pop()
        place = found
        for step in steps:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):  # both a value and a list of values
                inner = place[step] = {}
            place = inner
        place[last] = value
    return found


def text(entry: Entry, key: str) -> str | None:
    """Read a text or a number as a text, decoded and on one line; None for nothing."""
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return one_line(unescape(str(value))) or None


def amount(entry: Entry, key: str) -> Decimal | None:
    """Read money exactly; None where the key is missing or empty.

    Raises:
        FieldError: Not an amount.
    """
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


def day(entry: Entry, key: str) -> date | None:
    """Read a date, with or without a time; None for one of zeros.

    Raises:
        FieldError: Not a date.
    """
    written = (text(entry, key) or "")[:10]
    if written in _NO_DATE:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        msg = f"{written!r} is not a date of the calendar, as '2026-01-31'"
        raise FieldError(msg, key) from None


def _entry(value: object) -> Entry:
    if not isinstance(value, Mapping):
        msg = "not an object"
        raise FieldError(msg)
    return value


def _first(entry: Entry, *keys: str) -> str:
    found = next((found for key in keys if (found := text(entry, key))), None)
    return _required(found, keys[0])


def _required(value: T | None, key: str) -> T:
    if value is None:
        msg = "required, and missing"
        raise FieldError(msg, key)
    return value
