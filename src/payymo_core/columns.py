"""Records to columns, once: what is bad is set aside with its fault.

Records are put in the order of their ids, so that no later stage can depend on the
order in which they came.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

import numpy as np
from attrs import frozen

from payymo_core.errors import Rejected
from payymo_core.keys import Ints, Mask
from payymo_core.money import EXPONENTS, minor_column, to_minor
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
        given, Transaction, sound_transactions, transaction_fault
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
    records, _, rejected = _usable(given, Invoice, sound_invoices, invoice_fault)
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
