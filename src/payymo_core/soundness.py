"""What makes a record unusable, and which of its fields is at fault."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain

from payymo_core.errors import RecordError
from payymo_core.fields import CounterpartyFields, InvoiceFields, TransactionFields
from payymo_core.money import to_minor
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)


def sound_transactions(fields: TransactionFields) -> bool:
    """Whether every column but the amounts is what it should be.

    Amounts show it when they are converted; a record's own check says what is wrong.
    """
    return (
        sound_ids(fields.id)
        and _are(fields.booking_date, date)
        and _are(fields.value_date, date)
        and _all_of(fields.status, _STATUSES[TransactionStatus])
        and _are(fields.remittance, str)
        and _are(fields.creditor_reference, str)
        and _are(fields.end_to_end_id, str)
        and _are(fields.mandate_id, str)
        and _sound_mappings(fields.metadata)
        and _are(fields.counterparty, Counterparty)
    )


def sound_counterparties(others: CounterpartyFields) -> bool:
    """Whether every other side is described by texts."""
    return all(_are(texts, str) for texts in (others.name, others.iban, others.account))


def sound_invoices(fields: InvoiceFields) -> bool:
    """As ``sound_transactions``."""
    return (
        sound_ids(fields.id)
        and _are(fields.issue_date, date)
        and _are(fields.due_date, date)
        and _all_of(fields.status, _STATUSES[InvoiceStatus])
        and _are(fields.number, str)
        and _are(fields.creditor_reference, str)
        and _sound_mappings(fields.references)
        and _sound_customers([c for c in fields.customer if c is not None])
    )


def _sound_customers(customers: Sequence[Customer]) -> bool:
    if not set(map(type, customers)) <= {Customer}:
        return False
    objects = {id(customer): customer for customer in customers}.values()
    rows = [(c.id, c.name, c.company, c.ibans, c.accounts, c.aliases) for c in objects]
    if not rows:
        return True
    ids, names, companies, *lists = zip(*rows, strict=True)
    return (
        sound_ids(ids)
        and _are(names, str)
        and _are(companies, str)
        and all(set(map(type, texts)) <= {tuple} for texts in lists)
        and all(set(map(type, chain.from_iterable(texts))) <= {str} for texts in lists)
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


def sound_ids(ids: Sequence[str]) -> bool:
    """Whether every id is a text of at least one character."""
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
