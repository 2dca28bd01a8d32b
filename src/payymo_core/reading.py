"""Records to columns, once: what is bad is set aside with its fault."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain, compress, count, repeat
from operator import eq

import numpy as np
from attrs import evolve

from payymo_core.accounts import account_keys
from payymo_core.columns import CURRENCIES, NO_DAY, InvoiceColumns, TransactionColumns
from payymo_core.errors import RecordError, Rejected
from payymo_core.fields import (
    CounterpartyFields,
    CustomerFields,
    InvoiceFields,
    TransactionFields,
)
from payymo_core.keys import Ints, Keys
from payymo_core.lines import Lines, joined, lines_of
from payymo_core.money import differing, minor_column
from payymo_core.records import (
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.roster import Roll, Roster
from payymo_core.sifting import in_order, of_kind, some_of, usable
from payymo_core.soundness import (
    check_counterparties,
    check_customers,
    check_invoices,
    check_transactions,
    invoice_fault,
    transaction_fault,
)

_CURRENCY_CODE = {code: place for place, code in enumerate(CURRENCIES)}
_OPEN, _BOOKED = InvoiceStatus.OPEN, TransactionStatus.BOOKED
_Names = defaultdict[str | None, int]
"""Place of each name, which a new one gets when it is asked for."""


def transaction_columns(
    given: Iterable[Transaction | Rejected],
) -> tuple[TransactionColumns, tuple[Rejected, ...]]:
    """Columns of the usable transactions, and what was set aside."""
    records, rejected = of_kind(given, Transaction)
    try:
        order = in_order(records)
        columns = _transactions([records[place] for place in order])
    except RecordError:
        records, unusable = usable(records, transaction_fault)
        rejected += unusable
        order = in_order(records)
        columns = _transactions([records[place] for place in order])
    return evolve(columns, input_order=np.array(order, np.int64)), tuple(rejected)


def _transactions(records: Sequence[Transaction]) -> TransactionColumns:
    """Columns of records.

    Raises:
        RecordError: Some of them are at fault.
    """
    names = _Names(count().__next__, {None: -1, "": -1})
    parts = [_some_transactions(part, names) for part in some_of(records)]
    counts = [len(part) for part in parts]
    return TransactionColumns(
        records=records,
        input_order=np.arange(len(records)),
        gross=np.concatenate([part.gross for part in parts]),
        currency=np.concatenate([part.currency for part in parts]),
        day=np.concatenate([part.day for part in parts]),
        booked=np.concatenate([part.booked for part in parts]),
        texts=joined([part.texts for part in parts], counts),
        iban=np.concatenate([part.iban for part in parts]),
        account=np.concatenate([part.account for part in parts]),
        name=np.concatenate([part.name for part in parts]),
        names=tuple(filter(None, names)),
    )


def _some_transactions(
    records: Sequence[Transaction], names: _Names
) -> TransactionColumns:
    """Columns of a few records; names that are new get the next place."""
    fields = TransactionFields.of(records)
    check_transactions(fields)
    others = CounterpartyFields.of(fields.counterparty)
    check_counterparties(others)
    days = zip(fields.booking_date, fields.value_date, strict=True)
    iban, account = _accounts(others)
    return TransactionColumns(
        records=records,
        input_order=np.zeros(0, np.int64),
        gross=_gross(fields),
        currency=_codes(fields.currency),
        day=_days([booked or value for booked, value in days]),
        booked=np.fromiter(map(eq, fields.status, repeat(_BOOKED)), np.bool_),
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
        iban=iban,
        account=account,
        name=np.fromiter(map(names.__getitem__, others.name), np.int64),
        names=(),
    )


def _accounts(others: CounterpartyFields) -> tuple[Keys, Keys]:
    """Keys of each other side's IBAN, and of the end of its account; 0 for none."""
    held = list(filter(None, chain(others.iban, others.account)))
    keys, tails = account_keys(held)
    of_iban = list(compress(count(), others.iban))
    rows = [*of_iban, *compress(count(), others.account)]
    iban, account = np.zeros((2, len(others.name)), np.uint64)
    iban[of_iban] = keys[: len(of_iban)]
    account[rows] = tails  # an account's own, where both are given
    return iban, account


def _gross(fields: TransactionFields) -> Ints:
    amount = minor_column(fields.amount, fields.currency)
    gross = amount.copy()
    fees = {n: fee for n, fee in enumerate(fields.fee) if fee is not None}
    currencies = [fields.currency[n] for n in fees]
    gross[list(fees)] += minor_column(list(fees.values()), currencies)
    turned = (amount != 0) & (np.sign(gross) != np.sign(amount))
    return np.where(turned, amount, gross)  # as a record's own ``gross``


def invoice_columns(
    given: Iterable[Invoice | Rejected],
) -> tuple[InvoiceColumns, tuple[Rejected, ...]]:
    """Columns of the usable invoices, and what was set aside."""
    records, rejected = of_kind(given, Invoice)
    try:
        columns = _invoices([records[place] for place in in_order(records)])
    except RecordError:
        records, unusable = usable(records, invoice_fault)
        rejected += unusable
        columns = _invoices([records[place] for place in in_order(records)])
    return columns, tuple(rejected)


def _invoices(records: Sequence[Invoice]) -> InvoiceColumns:
    """Columns of records.

    Raises:
        RecordError: Some of them are at fault.
    """
    roll = Roll()
    parts = [_some_invoices(part, roll) for part in some_of(records)]
    return InvoiceColumns(
        records=records,
        outstanding=np.concatenate([part.outstanding for part in parts]),
        total=np.concatenate([part.total for part in parts]),
        currency=np.concatenate([part.currency for part in parts]),
        issued=np.concatenate([part.issued for part in parts]),
        due=np.concatenate([part.due for part in parts]),
        is_open=np.concatenate([part.is_open for part in parts]),
        texts=joined([part.texts for part in parts], [len(part) for part in parts]),
        customer=roll.places_of(np.concatenate([part.customer for part in parts])),
        roster=Roster.of(roll),
    )


def _some_invoices(records: Sequence[Invoice], roll: Roll) -> InvoiceColumns:
    """Columns of a few records; customers, by their numbers, enter the roll."""
    fields = InvoiceFields.of(records)
    check_invoices(fields)
    customer = roll.numbers(fields.customer)
    strangers = roll.strangers(customer, fields.customer)
    said = CustomerFields.of(strangers)
    check_customers(said)
    roll.enter(strangers, said)
    outstanding = minor_column(fields.outstanding, fields.currency)
    due, issued = _days(fields.due_date), _days(fields.issue_date)
    undated = np.flatnonzero((due == NO_DAY) & (issued == NO_DAY))
    due[undated] = [_numbered_year_end(fields.number[n]) for n in undated.tolist()]
    is_open = np.fromiter(map(eq, fields.status, repeat(_OPEN)), np.bool_)
    return InvoiceColumns(
        records=records,
        outstanding=outstanding,
        total=_totals(fields, outstanding),
        currency=_codes(fields.currency),
        issued=issued,
        due=due,
        is_open=is_open & (outstanding != 0),
        texts=_texts(fields),
        customer=customer,
        roster=Roster.of(roll),
    )


def invoice_texts(records: Sequence[Invoice]) -> Lines:
    """What invoices say, as their columns had it when they were read."""
    parts = list(some_of(records))
    texts = [_texts(InvoiceFields.of(part)) for part in parts]
    return joined(texts, list(map(len, parts)))


def _texts(fields: InvoiceFields) -> Lines:
    return lines_of(
        {
            "number": fields.number,
            "id": fields.id,
            "creditor_reference": fields.creditor_reference,
        },
        fields.references,
        "references.",
    )


def _totals(fields: InvoiceFields, outstanding: Ints) -> Ints:
    # Mostly all of it is owed, and that is converted already.
    billed = [
        owed if total is None else total
        for total, owed in zip(fields.total, fields.outstanding, strict=True)
    ]
    rows = differing(billed, fields.outstanding)
    out = outstanding.copy()
    out[rows] = minor_column(
        [billed[n] for n in rows], [fields.currency[n] for n in rows]
    )
    return out


def _codes(currencies: Sequence[str]) -> Ints:
    codes = map(_CURRENCY_CODE.__getitem__, currencies)
    return np.fromiter(codes, np.int64, len(currencies))


# "F-2024001", "2024-001": the year, then at least two digits that count.
_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)[-/ ]?\d{2}")


def _numbered_year_end(number: str | None) -> int:
    """The last day of the year that an invoice number names, or ``NO_DAY``.

    A number that bears its year tells an old invoice where the ledger gives no date.
    """
    found = _YEAR.search(number) if number else None
    return date(int(found[1]), 12, 31).toordinal() if found else NO_DAY


def _days(dates: Sequence[date | None]) -> Ints:
    # Many records share few days.
    number = {d: NO_DAY if d is None else d.toordinal() for d in set(dates)}
    return np.fromiter(map(number.__getitem__, dates), np.int64, len(dates))
