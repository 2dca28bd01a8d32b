"""What makes a record unusable, and which of its fields is at fault."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain

from payymo_core.errors import RecordError
from payymo_core.money import minor_column, to_minor
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)


def sound_transactions(records: Sequence[Transaction]) -> bool:
    """Whether every column is what it should be; a record's own check says what not."""
    others = [r.counterparty for r in records if r.counterparty is not None]
    return (
        _sound_ids([r.id for r in records])
        and _sound_amounts([r.amount for r in records], [r.currency for r in records])
        and _sound_amounts(
            [r.fee for r in records if r.fee is not None],
            [r.currency for r in records if r.fee is not None],
        )
        and _are([r.booking_date for r in records], date)
        and _are([r.value_date for r in records], date)
        and _all_of([r.status for r in records], _STATUSES[TransactionStatus])
        and _are([r.remittance for r in records], str)
        and _are([r.creditor_reference for r in records], str)
        and _are([r.end_to_end_id for r in records], str)
        and _are([r.mandate_id for r in records], str)
        and _sound_mappings([r.metadata for r in records])
        and set(map(type, others)) <= {Counterparty}
        and _are([o.name for o in others], str)
        and _are([o.iban for o in others], str)
        and _are([o.account for o in others], str)
    )


def sound_invoices(records: Sequence[Invoice]) -> bool:
    """As ``sound_transactions``."""
    return (
        _sound_ids([r.id for r in records])
        and _sound_amounts(
            [r.outstanding for r in records], [r.currency for r in records]
        )
        and _sound_amounts(
            [r.outstanding if r.total is None else r.total for r in records],
            [r.currency for r in records],
        )
        and _are([r.issue_date for r in records], date)
        and _are([r.due_date for r in records], date)
        and _all_of([r.status for r in records], _STATUSES[InvoiceStatus])
        and _are([r.number for r in records], str)
        and _are([r.creditor_reference for r in records], str)
        and _sound_mappings([r.references for r in records])
        and _sound_customers([r.customer for r in records if r.customer is not None])
    )


def _sound_customers(customers: Sequence[Customer]) -> bool:
    if not set(map(type, customers)) <= {Customer}:
        return False
    lists = [
        texts
        for c in customers
        for texts in (c.ibans, c.accounts, c.aliases)
        if texts != ()
    ]
    return (
        _sound_ids([c.id for c in customers])
        and _are([c.name for c in customers], str)
        and _are([c.company for c in customers], str)
        and set(map(type, lists)) <= {tuple}
        and set(map(type, chain.from_iterable(lists))) <= {str}
    )


def _sound_mappings(mappings: Sequence[Mapping[str, str]]) -> bool:
    if not set(map(type, mappings)) <= {dict}:
        return all(_mapping_fault("", mapping) is None for mapping in mappings)
    held = [mapping for mapping in mappings if mapping]
    words = chain.from_iterable(chain(mapping, mapping.values()) for mapping in held)
    return set(map(type, words)) <= {str}


def _are(values: Sequence[object], kind: type) -> bool:
    return set(map(type, values)) <= {kind, type(None)}


def _all_of(values: Sequence[str], known: frozenset[str]) -> bool:
    return all(issubclass(t, str) for t in set(map(type, values))) and known >= set(
        values
    )


def _sound_amounts(amounts: Sequence[Decimal], currencies: Sequence[str]) -> bool:
    return minor_column(amounts, currencies) is not None


def _sound_ids(ids: Sequence[str]) -> bool:
    return set(map(type, ids)) <= {str} and "" not in ids


def transaction_fault(record: Transaction) -> tuple[str, str] | None:
    """The field at fault and what is wrong with it; None for a usable record."""
    return (
        _identity_fault(record.id)
        or _amount_fault("amount", record.amount, record.currency)
        or (
            record.fee is not None and _amount_fault("fee", record.fee, record.currency)
        )
        or _date_fault("booking_date", record.booking_date)
        or _date_fault("value_date", record.value_date)
        or _status_fault(record.status, TransactionStatus)
        or _text_fault("remittance", record.remittance)
        or _text_fault("creditor_reference", record.creditor_reference)
        or _text_fault("end_to_end_id", record.end_to_end_id)
        or _text_fault("mandate_id", record.mandate_id)
        or _mapping_fault("metadata", record.metadata)
        or (
            record.counterparty is not None and _counterparty_fault(record.counterparty)
        )
        or None
    )


def invoice_fault(record: Invoice) -> tuple[str, str] | None:
    """As ``transaction_fault``."""
    return (
        _identity_fault(record.id)
        or _amount_fault("outstanding", record.outstanding, record.currency)
        or (
            record.total is not None
            and _amount_fault("total", record.total, record.currency)
        )
        or _date_fault("issue_date", record.issue_date)
        or _date_fault("due_date", record.due_date)
        or _status_fault(record.status, InvoiceStatus)
        or _text_fault("number", record.number)
        or _text_fault("creditor_reference", record.creditor_reference)
        or _mapping_fault("references", record.references)
        or (record.customer is not None and _customer_fault(record.customer))
        or None
    )


def _identity_fault(record_id: object) -> tuple[str, str] | None:
    if isinstance(record_id, str) and record_id:
        return None
    return "id", f"{record_id!r} is not a text of at least one character"


def _amount_fault(
    field: str, amount: object, currency: object
) -> tuple[str, str] | None:
    try:
        to_minor(amount, currency)  # type: ignore[arg-type]
    except RecordError as error:
        return ("currency" if "currency" in str(error) else field), str(error)
    return None


def _date_fault(field: str, value: object) -> tuple[str, str] | None:
    if value is None or type(value) is date:
        return None
    return field, f"{value!r} is not a date"


def _status_fault(
    status: object, kind: type[TransactionStatus | InvoiceStatus]
) -> tuple[str, str] | None:
    if isinstance(status, str) and status in _STATUSES[kind]:
        return None
    return "status", f"{status!r} is not one of {', '.join(sorted(_STATUSES[kind]))}"


_STATUSES: dict[type[TransactionStatus | InvoiceStatus], frozenset[str]] = {
    TransactionStatus: frozenset(s.value for s in TransactionStatus),
    InvoiceStatus: frozenset(s.value for s in InvoiceStatus),
}


def _text_fault(field: str, value: object) -> tuple[str, str] | None:
    if value is None or isinstance(value, str):
        return None
    return field, f"{value!r} is not a text"


def _mapping_fault(field: str, value: object) -> tuple[str, str] | None:
    if not value and isinstance(value, Mapping):
        return None
    if isinstance(value, Mapping) and all(
        isinstance(key, str) and isinstance(text, str) for key, text in value.items()
    ):
        return None
    return field, "is not a mapping of texts to texts"


def _counterparty_fault(value: object) -> tuple[str, str] | None:
    if not isinstance(value, Counterparty):
        return "counterparty", f"{value!r} is not a Counterparty"
    return (
        _text_fault("counterparty.name", value.name)
        or _text_fault("counterparty.iban", value.iban)
        or _text_fault("counterparty.account", value.account)
    )


def _customer_fault(value: object) -> tuple[str, str] | None:
    if not isinstance(value, Customer):
        return "customer", f"{value!r} is not a Customer"
    for field, texts in (
        ("ibans", value.ibans),
        ("accounts", value.accounts),
        ("aliases", value.aliases),
    ):
        given: object = texts
        if given and not (
            isinstance(given, tuple) and all(isinstance(t, str) for t in given)
        ):
            return f"customer.{field}", "is not a tuple of texts"
    return (
        (value.id == "" and ("customer.id", "is empty"))
        or _text_fault("customer.id", value.id)
        or _text_fault("customer.name", value.name)
        or _text_fault("customer.company", value.company)
        or None
    )
