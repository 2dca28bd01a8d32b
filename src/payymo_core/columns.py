"""Records to columns, once: what is bad is set aside with its fault.

Records are put in the order of their ids, so that no later stage can depend on the
order in which they came. They are read some at a time: a record is scattered over the
memory, and whatever looks at its values again finds them in the processor's cache.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from operator import lt
from typing import TypeVar, cast

import numpy as np
from attrs import evolve, frozen

from payymo_core.errors import Rejected
from payymo_core.fields import CounterpartyFields, InvoiceFields, TransactionFields
from payymo_core.keys import Ints, Mask
from payymo_core.lines import Lines, joined, lines_of
from payymo_core.money import EXPONENTS, minor_column
from payymo_core.records import (
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.soundness import (
    invoice_fault,
    sound_counterparties,
    sound_ids,
    sound_invoices,
    sound_transactions,
    transaction_fault,
)

NO_DAY = np.iinfo(np.int64).min
"""A date that is not known."""

CURRENCIES = tuple(sorted(EXPONENTS))
_CURRENCY_CODE = {code: place for place, code in enumerate(CURRENCIES)}
_AT_ONCE = 2048  # records whose values fit into the cache of a core

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
        texts: Remittance information, references and metadata.
        accounts: IBAN and account of the other side.
        name: Place of the other side's name in ``names``, -1 without one.
        names: Every distinct name of an other side.
    """

    records: Sequence[Transaction]
    input_order: Ints
    gross: Ints
    currency: Ints
    day: Ints
    booked: Mask
    texts: Lines
    accounts: Lines
    name: Ints
    names: Sequence[str]

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
        issued: Day number, or ``NO_DAY``.
        due: Day number, or ``NO_DAY``; without any date, the last day of the year that
            the number begins with.
        is_open: Status open and something outstanding.
        texts: Number, id and references.
        customer: Place of its customer in ``customers``, -1 without one.
        customers: The customers; one that is given as several objects stands as often.
    """

    records: Sequence[Invoice]
    outstanding: Ints
    total: Ints
    currency: Ints
    issued: Ints
    due: Ints
    is_open: Mask
    texts: Lines
    customer: Ints
    customers: Sequence[Customer]

    def __len__(self) -> int:
        return len(self.records)


def transaction_columns(
    given: Iterable[Transaction | Rejected],
) -> tuple[TransactionColumns, tuple[Rejected, ...]]:
    """Columns of the usable transactions, and what was set aside."""
    records, rejected = _of_kind(given, Transaction)
    ordered, order, repeated = _in_order(records)
    columns = _transactions(ordered)
    if columns is None:
        records, faults = _without_faults(records, transaction_fault)
        ordered, order, repeated = _in_order(records)
        columns = _transactions(ordered)
        rejected += faults
    assert columns is not None
    return evolve(columns, input_order=order), (*rejected, *repeated)


def _transactions(records: Sequence[Transaction]) -> TransactionColumns | None:
    """Columns of records; None where any of them is at fault."""
    names: dict[str, int] = {}
    parts = [_some_transactions(part, names) for part in _some(records)]
    sound = [part for part in parts if part is not None]
    if len(sound) < len(parts):
        return None
    counts = [len(part) for part in sound]
    return TransactionColumns(
        records=records,
        input_order=np.arange(len(records)),
        gross=np.concatenate([part.gross for part in sound]),
        currency=np.concatenate([part.currency for part in sound]),
        day=np.concatenate([part.day for part in sound]),
        booked=np.concatenate([part.booked for part in sound]),
        texts=joined([part.texts for part in sound], counts),
        accounts=joined([part.accounts for part in sound], counts),
        name=np.concatenate([part.name for part in sound]),
        names=tuple(names),
    )


def _some_transactions(
    records: Sequence[Transaction], names: dict[str, int]
) -> TransactionColumns | None:
    """Columns of a few records; names that are new get the next place."""
    fields = TransactionFields.of(records)
    gross = _gross(fields)
    if gross is None or not sound_transactions(fields):
        return None
    others = CounterpartyFields.of(fields.counterparty)
    if not sound_counterparties(others):
        return None
    days = zip(fields.booking_date, fields.value_date, strict=True)
    named = [names.setdefault(n, len(names)) if n else -1 for n in others.name]
    return TransactionColumns(
        records=records,
        input_order=np.zeros(0, np.int64),
        gross=gross,
        currency=_codes(fields.currency),
        day=_days([booked or value for booked, value in days]),
        booked=np.array([s == TransactionStatus.BOOKED for s in fields.status], bool),
        texts=lines_of(
            {
                "remittance": fields.remittance,
                "creditor_reference": fields.creditor_reference,
                "end_to_end_id": fields.end_to_end_id,
                "mandate_id": fields.mandate_id,
            },
            fields.metadata,
            "metadata.",
        ),
        accounts=lines_of({"iban": others.iban, "account": others.account}, (), ""),
        name=np.array(named, np.int64),
        names=(),
    )


def _gross(fields: TransactionFields) -> Ints | None:
    gross = minor_column(fields.amount, fields.currency)
    kept = [(n, fee) for n, fee in enumerate(fields.fee) if fee is not None]
    fees = minor_column([fee for _, fee in kept], [fields.currency[n] for n, _ in kept])
    if gross is None or fees is None:
        return None
    gross[[n for n, _ in kept]] += fees
    return gross


def invoice_columns(
    given: Iterable[Invoice | Rejected],
) -> tuple[InvoiceColumns, tuple[Rejected, ...]]:
    """Columns of the usable invoices, and what was set aside."""
    records, rejected = _of_kind(given, Invoice)
    ordered, _, repeated = _in_order(records)
    columns = _invoices(ordered)
    if columns is None:
        records, faults = _without_faults(records, invoice_fault)
        ordered, _, repeated = _in_order(records)
        columns = _invoices(ordered)
        rejected += faults
    assert columns is not None
    return columns, (*rejected, *repeated)


def _invoices(records: Sequence[Invoice]) -> InvoiceColumns | None:
    """Columns of records; None where any of them is at fault."""
    customers: dict[int, Customer] = {}
    place: dict[int, int] = {}
    parts = [_some_invoices(part, customers, place) for part in _some(records)]
    sound = [part for part in parts if part is not None]
    if len(sound) < len(parts):
        return None
    return InvoiceColumns(
        records=records,
        outstanding=np.concatenate([part.outstanding for part in sound]),
        total=np.concatenate([part.total for part in sound]),
        currency=np.concatenate([part.currency for part in sound]),
        issued=np.concatenate([part.issued for part in sound]),
        due=np.concatenate([part.due for part in sound]),
        is_open=np.concatenate([part.is_open for part in sound]),
        texts=joined([part.texts for part in sound], [len(part) for part in sound]),
        customer=np.concatenate([part.customer for part in sound]),
        customers=tuple(customers.values()),
    )


def _some_invoices(
    records: Sequence[Invoice], customers: dict[int, Customer], place: dict[int, int]
) -> InvoiceColumns | None:
    """Columns of a few records; customers that are new get the next place."""
    fields = InvoiceFields.of(records)
    outstanding = minor_column(fields.outstanding, fields.currency)
    if outstanding is None or not sound_invoices(fields):
        return None
    total = _totals(fields, outstanding)
    if total is None:
        return None
    due, issued = _days(fields.due_date), _days(fields.issue_date)
    undated = np.flatnonzero((due == NO_DAY) & (issued == NO_DAY))
    due[undated] = [_numbered_year_end(fields.number[n]) for n in undated.tolist()]
    customers.update({id(c): c for c in fields.customer if c is not None})
    if len(customers) > len(place):
        new = islice(customers, len(place), None)
        place.update({key: n for n, key in enumerate(new, len(place))})
    is_open = np.array([s == InvoiceStatus.OPEN for s in fields.status], np.bool_)
    return InvoiceColumns(
        records=records,
        outstanding=outstanding,
        total=total,
        currency=_codes(fields.currency),
        issued=issued,
        due=due,
        is_open=is_open & (outstanding != 0),
        texts=lines_of(
            {
                "number": fields.number,
                "id": fields.id,
                "creditor_reference": fields.creditor_reference,
            },
            fields.references,
            "references.",
        ),
        customer=np.array(
            [-1 if c is None else place[id(c)] for c in fields.customer], np.int64
        ),
        customers=(),
    )


def _totals(fields: InvoiceFields, outstanding: Ints) -> Ints | None:
    known = [(n, total) for n, total in enumerate(fields.total) if total is not None]
    totals = minor_column(
        [total for _, total in known], [fields.currency[n] for n, _ in known]
    )
    if totals is None:
        return None
    out = outstanding.copy()
    out[[n for n, _ in known]] = totals
    return out


def _some(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The records, a few at a time; once even where there are none."""
    for begin in range(0, max(len(records), 1), _AT_ONCE):
        yield records[begin : begin + _AT_ONCE]


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
) -> tuple[list[Record], list[Rejected]]:
    """The usable records, and the others with their faults."""
    usable, rejected = [], []
    for record in records:
        found = fault_of(record)
        if found is None:
            usable.append(record)
        else:
            field, fault = found
            name: object = record.id
            record_id = name if isinstance(name, str) else ""
            rejected.append(Rejected(record_id=record_id, fault=fault, field=field))
    return usable, rejected


def _in_order(
    records: Sequence[Record],
) -> tuple[Sequence[Record], Ints, list[Rejected]]:
    """Records in the order of their ids, where each stood, and what is repeated.

    One of each id is kept. Left as they are where an id is at fault.
    """
    ids = [record.id for record in records]
    places: list[int] = list(range(len(records)))
    repeated: list[Rejected] = []
    if sound_ids(ids) and not all(map(lt, ids, islice(ids, 1, None))):
        places.sort(key=ids.__getitem__)
        if len(set(ids)) < len(ids):
            places, repeated = _without_repeats(records, places)
        records = [records[place] for place in places]
    return records, np.array(places, np.int64), repeated


def _without_repeats(
    records: Sequence[Record], order: list[int]
) -> tuple[list[int], list[Rejected]]:
    """One of each id: equal records are one; of differing ones none can be trusted."""
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
            fault = f"duplicate id: {len(places)} different records carry it"
        rejected += [
            Rejected(record_id=record_id, fault=fault, field="id")
            for _ in places[1 if same else 0 :]
        ]
    return kept, rejected


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


def choose_rows(columns: TransactionColumns, rows: Ints) -> TransactionColumns:
    """Some transactions, their rows in rising order."""
    return TransactionColumns(
        records=[columns.records[row] for row in rows.tolist()],
        input_order=columns.input_order[rows],
        gross=columns.gross[rows],
        currency=columns.currency[rows],
        day=columns.day[rows],
        booked=columns.booked[rows],
        texts=columns.texts.take(rows),
        accounts=columns.accounts.take(rows),
        name=columns.name[rows],
        names=columns.names,
    )


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
        texts=columns.texts.of_rows(begin, end),
        accounts=columns.accounts.of_rows(begin, end),
        name=columns.name[rows],
        names=columns.names,
    )
