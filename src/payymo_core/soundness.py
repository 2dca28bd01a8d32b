"""What makes a record unusable, and which of its fields is at fault.

A column is sound where each of its values is, and what is asked of a value is written
once: a record alone is asked as a column of one, so the two cannot disagree.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import cast

from attrs import frozen

from payymo_core.errors import RecordError
from payymo_core.fields import (
    CounterpartyFields,
    CustomerFields,
    InvoiceFields,
    TransactionFields,
)
from payymo_core.money import exponent_of, to_minor
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)

Fault = tuple[str, str]
"""The field at fault, and what is wrong with it."""


@frozen
class _Kind:
    """What the values of a column have to be.

    Attributes:
        holds: Whether all the values are.
        fault: What is wrong with one that is not; ``{!r}`` stands for it.
    """

    holds: Callable[[Sequence[object]], bool]
    fault: str


def _of_kinds(values: Iterable[object], *kinds: type) -> bool:
    # A whole column has a few types at the most: so it is looked at in no time.
    return all(issubclass(kind, kinds) for kind in set(map(type, values)))


def _are_ids(values: Sequence[object]) -> bool:
    return _of_kinds(values, str) and "" not in values


def _are_texts(values: Sequence[object]) -> bool:
    return _of_kinds(values, str, type(None))


def _are_days(values: Sequence[object]) -> bool:
    # A datetime is a date to Python, but which day it is depends on its time zone.
    return set(map(type, values)) <= {date, type(None)}


def _are_mappings(values: Sequence[object]) -> bool:
    if not _of_kinds(values, Mapping):
        return False
    held = cast("Sequence[Mapping[object, object]]", values)
    words = chain.from_iterable(chain(m, m.values()) for m in filter(None, held))
    return _of_kinds(words, str)


def _are_tuples(values: Sequence[object]) -> bool:
    if not _of_kinds(values, tuple):
        return False
    held = cast("Sequence[tuple[object, ...]]", values)
    return _of_kinds(chain.from_iterable(held), str)


_ID = _Kind(_are_ids, "{!r} is not a text of at least one character")
_TEXT = _Kind(_are_texts, "{!r} is not a text")
_DAY = _Kind(_are_days, "{!r} is not a date")
_MAPPING = _Kind(_are_mappings, "is not a mapping of texts to texts")
_TUPLE = _Kind(_are_tuples, "is not a tuple of texts")


def _one_of(kind: type[StrEnum]) -> _Kind:
    known = frozenset(kind)
    return _Kind(
        lambda values: _of_kinds(values, str) and known.issuperset(values),
        f"{{!r}} is not one of {', '.join(sorted(kind))}",
    )


def _optional(kind: type) -> _Kind:
    return _Kind(
        lambda values: _of_kinds(values, kind, type(None)),
        f"{{!r}} is not a {kind.__name__}",
    )


# Amounts and currencies show what they are when they are converted.
_TRANSACTION = {
    "id": _ID,
    "booking_date": _DAY,
    "value_date": _DAY,
    "status": _one_of(TransactionStatus),
    "remittance": _TEXT,
    "creditor_reference": _TEXT,
    "end_to_end_id": _TEXT,
    "mandate_id": _TEXT,
    "counterparty": _optional(Counterparty),
    "account": _TEXT,
    "metadata": _MAPPING,
}
_INVOICE = {
    "id": _ID,
    "number": _TEXT,
    "issue_date": _DAY,
    "due_date": _DAY,
    "status": _one_of(InvoiceStatus),
    "creditor_reference": _TEXT,
    "references": _MAPPING,
    "customer": _optional(Customer),
    "metadata": _MAPPING,
}
_COUNTERPARTY = {"name": _TEXT, "iban": _TEXT, "account": _TEXT}
_CUSTOMER = {
    "id": _ID,
    "name": _TEXT,
    "company": _TEXT,
    "email": _TEXT,
    "ibans": _TUPLE,
    "accounts": _TUPLE,
    "aliases": _TUPLE,
}


def sound_ids(ids: Sequence[str]) -> bool:
    """Whether every id is a text of at least one character."""
    return _are_ids(ids)


def check_transactions(fields: TransactionFields) -> None:
    """Look at every column but the amounts.

    Raises:
        RecordError: A record is at fault; ``transaction_fault`` says which, and why.
    """
    _check(fields, _TRANSACTION)


def check_counterparties(others: CounterpartyFields) -> None:
    """Look at what tells the other sides, as ``check_transactions`` does."""
    _check(others, _COUNTERPARTY)


def check_invoices(fields: InvoiceFields) -> None:
    """Look at every column but the amounts.

    Raises:
        RecordError: A record is at fault; ``invoice_fault`` says which, and why.
    """
    _check(fields, _INVOICE)


def check_customers(customers: CustomerFields) -> None:
    """Look at what tells the customers, as ``check_invoices`` does."""
    _check(customers, _CUSTOMER)


def _check(fields: object, kinds: Mapping[str, _Kind]) -> None:
    for name, kind in kinds.items():
        if not kind.holds(getattr(fields, name)):
            msg = f"a value of {name} is at fault"
            raise RecordError(msg)


def transaction_fault(record: Transaction) -> Fault | None:
    """The field at fault and what is wrong with it; None for a usable record."""
    return next(_transaction_faults(record), None)


def _transaction_faults(record: Transaction) -> Iterator[Fault]:
    yield from _faults(record, _TRANSACTION)
    yield from _amount_faults(
        record.currency, amount=record.amount, fee=_or_zero(record.fee)
    )
    if record.counterparty is not None:
        yield from _faults(record.counterparty, _COUNTERPARTY, "counterparty.")


def invoice_fault(record: Invoice) -> Fault | None:
    """The field at fault and what is wrong with it; None for a usable record."""
    return next(_invoice_faults(record), None)


def _invoice_faults(record: Invoice) -> Iterator[Fault]:
    yield from _faults(record, _INVOICE)
    yield from _amount_faults(
        record.currency,
        outstanding=record.outstanding,
        total=_or_zero(record.total),
    )
    if record.customer is not None:
        yield from _faults(record.customer, _CUSTOMER, "customer.")


def _faults(
    record: object, kinds: Mapping[str, _Kind], prefix: str = ""
) -> Iterator[Fault]:
    for name, kind in kinds.items():
        value: object = getattr(record, name)
        if not kind.holds((value,)):
            yield f"{prefix}{name}", kind.fault.format(value)


def _amount_faults(currency: str, **amounts: Decimal) -> Iterator[Fault]:
    field = "currency"
    try:
        exponent_of(currency)
        for field, amount in amounts.items():  # noqa: B007 - named in the fault
            to_minor(amount, currency)
    except RecordError as error:
        yield field, str(error)


def _or_zero(amount: Decimal | None) -> Decimal:
    return Decimal(0) if amount is None else amount
