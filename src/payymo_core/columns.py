"""Records to columns, once: what is bad is set aside with its fault.

Records are put in the order of their ids, so that no later stage can depend on the
order in which they came.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar, cast

import numpy as np
from attrs import frozen

from payymo_core.errors import Rejected
from payymo_core.fields import InvoiceFields, TransactionFields
from payymo_core.keys import Ints, Mask
from payymo_core.money import EXPONENTS, minor_column
from payymo_core.records import (
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.soundness import (
    invoice_fault,
    sound_invoices,
    sound_transactions,
    transaction_fault,
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
        fields: What they say.
        input_order: Where each stood among the usable records that came in.
        gross: Amount and fee, minor units.
        currency: Index into ``CURRENCIES``.
        day: Booking date (else value date) as a day number, or ``NO_DAY``.
        booked: Whether the bank has booked it.
    """

    records: Sequence[Transaction]
    fields: TransactionFields
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
        fields: What they say.
        outstanding: Minor units; negative for a credit note.
        total: As billed, minor units; the outstanding amount where it is not known.
        currency: Index into ``CURRENCIES``.
        issued: Day number, or ``NO_DAY``.
        due: Day number, or ``NO_DAY``; without any date, the last day of the year that
            the number begins with.
        is_open: Status open and something outstanding.
    """

    records: Sequence[Invoice]
    fields: InvoiceFields
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
    records, rejected = _of_kind(given, Transaction)
    fields = TransactionFields.of(records)
    places: Sequence[int] = range(len(records))
    if not sound_transactions(fields):
        places, faults = _without_faults(records, transaction_fault)
        rejected += faults
    order, repeated = _by_id(records, fields.id, places)
    if order != list(range(len(records))):
        records = [records[place] for place in order]
        fields = TransactionFields.of(records)
    columns = TransactionColumns(
        records=records,
        fields=fields,
        input_order=np.array(order, np.int64),
        gross=_gross(fields),
        currency=_codes(fields.currency),
        day=_days([b or v for b, v in zip(*_dates(fields), strict=True)]),
        booked=np.array([s == TransactionStatus.BOOKED for s in fields.status], bool),
    )
    return columns, (*rejected, *repeated)


def _dates(fields: TransactionFields) -> tuple[Sequence[date | None], ...]:
    return fields.booking_date, fields.value_date


def _gross(fields: TransactionFields) -> Ints:
    gross = _minor(fields.amount, fields.currency)
    kept = [(n, fee) for n, fee in enumerate(fields.fee) if fee is not None]
    rows = np.array([n for n, _ in kept], np.int64)
    currencies = [fields.currency[n] for n, _ in kept]
    gross[rows] += _minor([fee for _, fee in kept], currencies)
    return gross


def invoice_columns(
    given: Iterable[Invoice | Rejected],
) -> tuple[InvoiceColumns, tuple[Rejected, ...]]:
    """Columns of the usable invoices, and what was set aside."""
    records, rejected = _of_kind(given, Invoice)
    fields = InvoiceFields.of(records)
    places: Sequence[int] = range(len(records))
    if not sound_invoices(fields):
        places, faults = _without_faults(records, invoice_fault)
        rejected += faults
    order, repeated = _by_id(records, fields.id, places)
    if order != list(range(len(records))):
        records = [records[place] for place in order]
        fields = InvoiceFields.of(records)
    outstanding = _minor(fields.outstanding, fields.currency)
    due, issued = _days(fields.due_date), _days(fields.issue_date)
    undated = np.flatnonzero((due == NO_DAY) & (issued == NO_DAY))
    due[undated] = [_numbered_year_end(fields.number[n]) for n in undated.tolist()]
    is_open = np.array([s == InvoiceStatus.OPEN for s in fields.status], np.bool_)
    columns = InvoiceColumns(
        records=records,
        fields=fields,
        outstanding=outstanding,
        total=_totals(fields, outstanding),
        currency=_codes(fields.currency),
        issued=issued,
        due=due,
        is_open=is_open & (outstanding != 0),
    )
    return columns, (*rejected, *repeated)


def _totals(fields: InvoiceFields, outstanding: Ints) -> Ints:
    known = [(n, total) for n, total in enumerate(fields.total) if total is not None]
    rows = np.array([n for n, _ in known], np.int64)
    out = outstanding.copy()
    currencies = [fields.currency[n] for n, _ in known]
    out[rows] = _minor([total for _, total in known], currencies)
    return out


def _of_kind(
    given: Iterable[Record | Rejected], kind: type[Record]
) -> tuple[list[Record], list[Rejected]]:
    """Records of the kind wanted, and what was or is set aside."""
    everything = list(given)
    if set(map(type, everything)) <= {kind}:
        return cast("list[Record]", everything), []
    records, rejected = [], []
    for record in everything:
        if isinstance(record, kind):
            records.append(record)
        elif isinstance(record, Rejected):
            rejected.append(record)
        else:
            fault = f"is not a {kind.__name__} but a {type(record).__name__}"
            rejected.append(Rejected(record_id="", fault=fault))
    return records, rejected


def _without_faults(
    records: Sequence[Record], fault_of: Callable[[Record], tuple[str, str] | None]
) -> tuple[list[int], list[Rejected]]:
    """Places of the usable records, and the others with their faults."""
    places, rejected = [], []
    for place, record in enumerate(records):
        found = fault_of(record)
        if found is None:
            places.append(place)
        else:
            field, fault = found
            name: object = record.id
            record_id = name if isinstance(name, str) else ""
            rejected.append(Rejected(record_id=record_id, fault=fault, field=field))
    return places, rejected


def _by_id(
    records: Sequence[Record], ids: Sequence[str], places: Sequence[int]
) -> tuple[list[int], list[Rejected]]:
    """Places of one record of each id, in the order of ids, and what is repeated."""
    order = sorted(places, key=ids.__getitem__)
    if len({ids[place] for place in places}) == len(places):
        return order, []
    return _without_repeats(records, order)


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


def _minor(amounts: Sequence[Decimal], currencies: Sequence[str]) -> Ints:
    return np.array(minor_column(amounts, currencies), np.int64)


def _codes(currencies: Sequence[str]) -> Ints:
    return np.array([_CURRENCY_CODE[currency] for currency in currencies], np.int64)


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
        fields=columns.fields.part(rows),
        input_order=columns.input_order[rows],
        gross=columns.gross[rows],
        currency=columns.currency[rows],
        day=columns.day[rows],
        booked=columns.booked[rows],
    )
