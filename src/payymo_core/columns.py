"""Records to columns, once: what is bad is set aside with its fault.

Records are put in the order of their ids, so that no later stage can depend on the
order in which they came.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import TypeVar

import numpy as np
from attrs import frozen

from payymo_core.errors import RecordError, Rejected
from payymo_core.keys import Ints, Mask
from payymo_core.money import EXPONENTS, minor_column, to_minor
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)

NO_DAY = np.iinfo(np.int64).min
"""A date that is not known."""

CURRENCIES = tuple(sorted(EXPONENTS))
_CURRENCY_CODE = {code: place for place, code in enumerate(CURRENCIES)}

Record = TypeVar("Record", Transaction, Invoice)


@frozen(eq=False)
class TransactionColumns:
    """Transactions in the order of their ids.

    Attributes:
        records: The records themselves.
        input_order: Where each stood among the usable records that came in.
        gross: Amount and fee, minor units.
        currency: Index into ``CURRENCIES``.
        day: Booking date (else value date) as a day number, or ``NO_DAY``.
        booked: Whether the bank has booked it.
    """

    records: Sequence[Transaction]
    input_order: Ints
    gross: Ints
    currency: Ints
    day: Ints
    booked: Mask

    def __len__(self) -> int:
        return len(self.records)


@frozen(eq=False)
class InvoiceColumns:
    """Invoices in the order of their ids.

    Attributes:
        records: The records themselves.
        outstanding: Minor units; negative for a credit note.
        total: As billed, minor units; the outstanding amount where it is not known.
        currency: Index into ``CURRENCIES``.
        issued: Day number, or ``NO_DAY``; without any date, the last day of the year
            that the number begins with.
        due: Day number, or ``NO_DAY``.
        is_open: Status open and something outstanding.
    """

    records: Sequence[Invoice]
    outstanding: Ints
    total: Ints
    currency: Ints
    issued: Ints
    due: Ints
    is_open: Mask

    def __len__(self) -> int:
        return len(self.records)


def transaction_columns(
    given: Iterable[Transaction | Rejected],
) -> tuple[TransactionColumns, tuple[Rejected, ...]]:
    """Columns of the usable transactions, and what was set aside."""
    records, places, rejected = _usable(
        given, Transaction, _sound_transactions, _transaction_fault
    )
    amounts = _minor([r.amount for r in records], [r.currency for r in records])
    with_fee = [place for place, r in enumerate(records) if r.fee is not None]
    for place in with_fee:
        fee = records[place].fee
        amounts[place] += 0 if fee is None else to_minor(fee, records[place].currency)
    booked = TransactionStatus.BOOKED
    columns = TransactionColumns(
        records=records,
        input_order=np.array(places, np.int64),
        gross=amounts,
        currency=_codes(records),
        day=_days([r.booking_date or r.value_date for r in records]),
        booked=np.array([r.status == booked for r in records], np.bool_),
    )
    return columns, rejected


def invoice_columns(
    given: Iterable[Invoice | Rejected],
) -> tuple[InvoiceColumns, tuple[Rejected, ...]]:
    """Columns of the usable invoices, and what was set aside."""
    records, _, rejected = _usable(given, Invoice, _sound_invoices, _invoice_fault)
    currencies = [r.currency for r in records]
    outstanding = _minor([r.outstanding for r in records], currencies)
    totals = [r.outstanding if r.total is None else r.total for r in records]
    is_open = np.array([r.status == InvoiceStatus.OPEN for r in records], np.bool_)
    due = _days([r.due_date for r in records])
    issued = _days([r.issue_date for r in records])
    undated = np.flatnonzero((due == NO_DAY) & (issued == NO_DAY))
    issued[undated] = [_numbered_year_end(records[n].number) for n in undated.tolist()]
    columns = InvoiceColumns(
        records=records,
        outstanding=outstanding,
        total=_minor(totals, currencies),
        currency=_codes(records),
        issued=issued,
        due=due,
        is_open=is_open & (outstanding != 0),
    )
    return columns, rejected


def _usable(
    given: Iterable[Record | Rejected],
    kind: type[Record],
    sound: Callable[[Sequence[Record]], bool],
    fault_of: Callable[[Record], tuple[str, str] | None],
) -> tuple[list[Record], list[int], tuple[Rejected, ...]]:
    """Records in the order of their ids, their places, and what is set aside.

    Whole columns are checked first: one look a record only where one of them is bad.
    """
    rejected = []
    records: list[Record] = []
    for record in given:
        if isinstance(record, kind):
            records.append(record)
        elif isinstance(record, Rejected):
            rejected.append(record)
        else:
            fault = f"is not a {kind.__name__} but a {type(record).__name__}"
            rejected.append(Rejected(record_id="", fault=fault))
    if not sound(records):
        checked = [(record, fault_of(record)) for record in records]
        records = [record for record, fault in checked if fault is None]
        for record, found in checked:
            if found is not None:
                field, fault = found
                name: object = record.id
                record_id = name if isinstance(name, str) else ""
                rejected.append(Rejected(record_id=record_id, fault=fault, field=field))
    ids = [record.id for record in records]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    if len(set(ids)) < len(ids):
        order, repeated = _without_repeats(records, order)
        rejected += repeated
    return [records[place] for place in order], order, tuple(rejected)


def _sound_transactions(records: Sequence[Transaction]) -> bool:
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


def _sound_invoices(records: Sequence[Invoice]) -> bool:
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


def _without_repeats(
    records: Sequence[Record], order: list[int]
) -> tuple[list[int], list[Rejected]]:
    """One of each id: equal records are one; of differing ones none can be trusted."""
    count = Counter(record.id for record in records)
    kept: list[int] = []
    rejected = []
    groups: dict[str, list[int]] = {}
    for place in order:
        groups.setdefault(records[place].id, []).append(place)
    for record_id, places in groups.items():
        same = all(records[place] == records[places[0]] for place in places)
        if same:
            kept.append(places[0])
            fault = "duplicate id: the same record was given before"
        else:
            fault = f"duplicate id: {count[record_id]} different records carry it"
        rejected += [
            Rejected(record_id=record_id, fault=fault, field="id")
            for _ in places[1 if same else 0 :]
        ]
    return kept, rejected


def _transaction_fault(record: Transaction) -> tuple[str, str] | None:
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


def _invoice_fault(record: Invoice) -> tuple[str, str] | None:
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


def _minor(amounts: Sequence[Decimal], currencies: Sequence[str]) -> Ints:
    return np.array(minor_column(amounts, currencies), np.int64)


def _codes(records: Sequence[Transaction] | Sequence[Invoice]) -> Ints:
    return np.array([_CURRENCY_CODE[r.currency] for r in records], np.int64)


# "F-2024001", "2024-001": the year, then at least two digits that count.
_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)[-/ ]?\d{2}")


def _numbered_year_end(number: str | None) -> int:
    """The last day of the year that an invoice number names, or ``NO_DAY``.

    A number that bears its year tells an old invoice where the ledger gives no date.
    """
    found = _YEAR.search(number) if number else None
    return date(int(found[1]), 12, 31).toordinal() if found else NO_DAY


def _days(dates: Sequence[date | None]) -> Ints:
    return np.array([NO_DAY if d is None else d.toordinal() for d in dates], np.int64)


def take_rows(columns: TransactionColumns, begin: int, end: int) -> TransactionColumns:
    """Transactions from one row up to another."""
    rows = slice(begin, end)
    return TransactionColumns(
        records=columns.records[rows],
        input_order=columns.input_order[rows],
        gross=columns.gross[rows],
        currency=columns.currency[rows],
        day=columns.day[rows],
        booked=columns.booked[rows],
    )
