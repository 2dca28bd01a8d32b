"""Invoices of WHMCS as records of the exchange format."""

from collections.abc import Collection, Iterable, Mapping

from attrs import evolve

from payymo_adapters.checks import check_amounts
from payymo_adapters.errors import FieldError
from payymo_adapters.whmcs.wire import InvoiceEntry
from payymo_core.errors import Rejected
from payymo_core.records import Customer, Invoice, InvoiceStatus

STATUSES = {
    "Unpaid": InvoiceStatus.OPEN,
    "Overdue": InvoiceStatus.OPEN,
    "Collections": InvoiceStatus.OPEN,
    "Payment Pending": InvoiceStatus.OPEN,
    "Draft": InvoiceStatus.DRAFT,
    "Paid": InvoiceStatus.PAID,
    "Cancelled": InvoiceStatus.CANCELLED,
    "Refunded": InvoiceStatus.REFUNDED,
}
"""What WHMCS calls a status -> what it is here; ``Overdue`` is a filter there."""
COLLECTED_BY = "collected_by"
"""Key of the metadata that names the mass-payment invoice."""
# Type of an item that stands for another invoice.
_INVOICE_ITEM = "Invoice"


def to_invoice(entry: InvoiceEntry, email: str | None = None) -> Invoice:
    """Make a record of an invoice; without a balance its total is outstanding.

    Args:
        entry: As WHMCS sends it.
        email: The client's, which no invoice holds.

    Raises:
        FieldError: A value that no record may carry; names WHMCS' field.
    """
    outstanding = entry.total if entry.balance is None else entry.balance
    try:
        check_amounts(entry.currency, total=entry.total, balance=outstanding)
    except FieldError as error:
        field = "currencycode" if error.path == "currency" else error.path
        raise FieldError(error.fault, field) from None
    return Invoice(
        id=entry.id,
        number=entry.number,
        outstanding=outstanding,
        total=entry.total,
        currency=entry.currency,
        issue_date=entry.issued,
        due_date=entry.due,
        status=to_status(entry.status),
        customer=_customer(entry, email),
    )


def to_status(written: str) -> InvoiceStatus:
    """Know a status of WHMCS.

    Raises:
        FieldError: It is none.
    """
    if written not in STATUSES:
        msg = f"{written[:40]!r} is none of {', '.join(STATUSES)}"
        raise FieldError(msg, "status")
    return STATUSES[written]


def merged(listed: InvoiceEntry, alone: InvoiceEntry) -> InvoiceEntry:
    """What the list says of an invoice, and newer what it says by itself.

    Args:
        listed: Of ``GetInvoices``: with currency and names, no balance, no items.
        alone: Of ``GetInvoice``: the other way round.
    """
    return evolve(
        alone,
        currency=listed.currency,
        first_name=listed.first_name,
        last_name=listed.last_name,
        company=listed.company,
    )


def to_ledger(
    entries: Iterable[InvoiceEntry], emails: Mapping[str, str]
) -> list[Invoice | Rejected]:
    """Make records of invoices, mass payments resolved.

    A mass-payment invoice collects others of its client; paying it pays them. While it
    is open, they are not: what is open twice would be paid twice.

    Args:
        entries: With their items, or else mass payments are not seen.
        emails: By the client's id.
    """
    held = list(entries)
    collectors = {
        item.related: entry.id
        for entry in held
        if STATUSES.get(entry.status) is InvoiceStatus.OPEN
        for item in entry.items
        if item.type == _INVOICE_ITEM and item.related != entry.id
    }
    return [
        _resolved(_record(entry, emails.get(entry.customer or "")), collectors)
        for entry in held
    ]


def open_ones(entries: Iterable[InvoiceEntry | Rejected]) -> list[InvoiceEntry]:
    """Those whose balance and items matter."""
    return [
        entry
        for entry in entries
        if isinstance(entry, InvoiceEntry)
        and STATUSES.get(entry.status) is InvoiceStatus.OPEN
    ]


def without_balance(entries: Collection[InvoiceEntry]) -> int:
    """How many say their total only."""
    return sum(entry.balance is None for entry in entries)


def _record(entry: InvoiceEntry, email: str | None) -> Invoice | Rejected:
    try:
        return to_invoice(entry, email)
    except FieldError as error:
        return Rejected(
            record_id=entry.id, fault=error.fault, field=error.path, where="WHMCS"
        )


def _resolved(
    record: Invoice | Rejected, collectors: Mapping[str, str]
) -> Invoice | Rejected:
    if isinstance(record, Rejected) or record.status is not InvoiceStatus.OPEN:
        return record
    collector = collectors.get(record.id)
    if collector is None:
        return record
    # Its number still explains a text, and sends what names it to a person.
    return evolve(
        record,
        status=InvoiceStatus.CANCELLED,
        metadata={**record.metadata, COLLECTED_BY: collector},
    )


def _customer(entry: InvoiceEntry, email: str | None) -> Customer | None:
    if not entry.customer:
        return None
    names = (entry.first_name, entry.last_name)
    return Customer(
        id=entry.customer,
        name=" ".join(name for name in names if name) or None,
        company=entry.company,
        email=email,
    )
