"""Records to rows and back: amounts in minor units, what has parts as JSON.

Written for a hundred thousand at a time: a column is converted in one go, and a row's
digest is taken of the very values that are stored.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from itertools import chain
from typing import Any, TypeVar

from attrs import field, frozen

from payymo_adapters.encoding import invoice_to_json, transaction_to_json
from payymo_core.errors import RecordError, Rejected
from payymo_core.fields import (
    CounterpartyFields,
    CustomerFields,
    InvoiceFields,
    TransactionFields,
)
from payymo_core.money import from_minor, minor_column, to_minor
from payymo_core.pausing import collector_paused
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.sifting import in_order, of_kind, usable
from payymo_core.soundness import (
    check_customers,
    check_invoices,
    check_transactions,
    invoice_fault,
    transaction_fault,
)

Value = str | int | None
Record = TypeVar("Record", Transaction, Invoice)

TRANSACTION_COLUMNS = (
    *("external_id", "amount", "fee", "gross", "currency"),
    *("booking_date", "value_date", "status", "remittance", "creditor_reference"),
    *("end_to_end_id", "mandate_id", "counterparty", "own_account", "metadata"),
)
INVOICE_COLUMNS = (
    *("outstanding", "total", "currency", "number", "issue_date", "due_date"),
    *("status", "creditor_reference", "reference_fields", "customer", "metadata"),
)


@frozen
class Row:
    """A record as it is stored.

    Attributes:
        id: What its table knows it by.
        values: In the order of its table's columns.
        digest: Differs where any value or the payload does.
        payload: What the provider sent, word for word.
    """

    id: str
    values: tuple[Value, ...]
    digest: str
    payload: str = field(repr=False)


def transaction_rows(
    account: str, given: Iterable[Transaction | Rejected], payloads: Mapping[str, str]
) -> tuple[list[Row], list[Rejected]]:
    """Rows of the usable transactions, in the order of their ids.

    Args:
        account: Whose they are; a row's id is its name and the record's id.
        given: As a reader or a provider made them.
        payloads: What each was made of, by id; a record's own JSON where it is missing.

    Returns:
        The rows, and the records set aside with their faults.
    """
    with collector_paused():
        records, rejected = of_kind(given, Transaction)
        sound, at_fault = _sound(records, _transaction_values, transaction_fault)
        written = _Writer(payloads, transaction_to_json, f"{account}/")
        return written.rows(*sound, [*rejected, *at_fault])


def invoice_rows(
    given: Iterable[Invoice | Rejected], payloads: Mapping[str, str]
) -> tuple[list[Row], list[Rejected]]:
    """The same of invoices."""
    with collector_paused():
        records, rejected = of_kind(given, Invoice)
        sound, at_fault = _sound(records, _invoice_values, invoice_fault)
        written = _Writer(payloads, invoice_to_json, "")
        return written.rows(*sound, [*rejected, *at_fault])


Values = list[tuple[Value, ...]]
_JSON = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def _sound(
    records: list[Record],
    values_of: Callable[[Sequence[Record]], Values],
    fault_of: Callable[[Record], tuple[str, str] | None],
) -> tuple[tuple[list[Record], Values], list[Rejected]]:
    """What can be stored: all at once, and one by one only where something is wrong."""
    rejected: list[Rejected] = []
    try:
        ordered = [records[place] for place in in_order(records)]
        return (ordered, values_of(ordered)), rejected
    except RecordError:
        records, rejected = usable(records, fault_of)
        ordered = [records[place] for place in in_order(records)]
        return (ordered, values_of(ordered)), rejected


@frozen
class _Writer:
    """Turns values into rows, beside what they were made of."""

    payloads: Mapping[str, str]
    to_json: Callable[[Any], dict[str, object]]
    prefix: str

    def rows(
        self,
        records: Sequence[Transaction | Invoice],
        values: Values,
        rejected: list[Rejected],
    ) -> tuple[list[Row], list[Rejected]]:
        rows = []
        for record, held in zip(records, values, strict=True):
            payload = self.payloads.get(record.id)
            # A record that came without one is kept as what it says itself.
            sent = _JSON(self.to_json(record)) if payload is None else payload
            said = _said(held, sent)
            if said is None:
                fault = _unwritable(record, sent)
                if fault:
                    rejected.append(fault)
                    continue
                said = _JSON((held, sent)).encode()
            digest = blake2b(said, digest_size=16)
            rows.append(Row(self.prefix + record.id, held, digest.hexdigest(), sent))
        return rows, rejected


def _said(held: tuple[Value, ...], sent: str) -> bytes | None:
    """All that is stored as one text, told apart by separators.

    None where a value holds a separator, or a character that no text may hold.
    """
    parts = ["\0" if v is None else v if type(v) is str else str(v) for v in held]
    line = "\x1f".join((*parts, sent))
    try:
        said = line.encode()
    except UnicodeEncodeError:
        return None
    known = (len(held), held.count(None))
    return said if (said.count(b"\x1f"), said.count(b"\0")) == known else None


def _unwritable(record: Transaction | Invoice, sent: str) -> Rejected | None:
    """What no database takes as text: a NUL, or half of a pair of surrogates."""
    to_json = (
        transaction_to_json if isinstance(record, Transaction) else invoice_to_json
    )
    said = {**to_json(record), "payload": sent}  # type: ignore[arg-type]
    for name, value in said.items():
        letters = set().union(*_texts(value))
        if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in letters):
            fault = "holds a character that no text may hold"
            return Rejected(record_id=record.id, fault=fault, field=name)
    return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in chain(value.keys(), value.values()):
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    else:
        yield str(value)


def _transaction_values(records: Sequence[Transaction]) -> Values:
    fields = TransactionFields.of(records)
    check_transactions(fields)
    amounts = minor_column(fields.amount, fields.currency).tolist()
    fees = _optional_minor(fields.fee, fields.currency)
    return list(
        zip(
            fields.id,
            amounts,
            fees,
            map(_gross, amounts, fees),
            fields.currency,
            _days(fields.booking_date),
            _days(fields.value_date),
            map(str, fields.status),
            fields.remittance,
            fields.creditor_reference,
            fields.end_to_end_id,
            fields.mandate_id,
            _counterparties(fields.counterparty),
            fields.account,
            map(_mapping, fields.metadata),
            strict=True,
        )
    )


def _invoice_values(records: Sequence[Invoice]) -> Values:
    fields = InvoiceFields.of(records)
    check_invoices(fields)
    given = {id(c): c for c in fields.customer if c is not None}
    check_customers(CustomerFields.of(list(given.values())))
    customers = {key: _customer(c) for key, c in given.items()}
    return list(
        zip(
            minor_column(fields.outstanding, fields.currency).tolist(),
            _optional_minor(fields.total, fields.currency),
            fields.currency,
            fields.number,
            _days(fields.issue_date),
            _days(fields.due_date),
            map(str, fields.status),
            fields.creditor_reference,
            map(_mapping, fields.references),
            [None if c is None else customers[id(c)] for c in fields.customer],
            map(_mapping, fields.metadata),
            strict=True,
        )
    )


def _optional_minor(
    amounts: Sequence[Any], currencies: Sequence[str]
) -> list[int | None]:
    pairs = zip(amounts, currencies, strict=True)
    return [None if a is None else to_minor(a, c) for a, c in pairs]


def _gross(amount: int, fee: int | None) -> int:
    """As a record's own ``gross``: a fee does not turn the money round."""
    gross = amount + (fee or 0)
    return gross if gross * amount > 0 else amount


def _days(days: Sequence[date | None]) -> list[str | None]:
    known = {day: day.isoformat() for day in set(days) if day is not None}
    return [None if day is None else known[day] for day in days]


def _mapping(mapping: Mapping[str, str]) -> str | None:
    return _JSON(dict(mapping)) if mapping else None


def _counterparties(others: Sequence[Counterparty | None]) -> list[str | None]:
    """Each distinct one is written once."""
    fields = CounterpartyFields.of(others)
    parts = list(zip(fields.name, fields.iban, fields.account, strict=True))
    written = {part: _JSON(part) for part in set(parts)}
    return [
        None if other is None else written[part]
        for other, part in zip(others, parts, strict=True)
    ]


def _customer(customer: Customer) -> str:
    c = customer
    return _JSON([c.id, c.name, c.company, c.email, c.ibans, c.accounts, c.aliases])


def read_transaction(row: Any) -> Transaction:
    """A transaction from a row of its table; its id names the account as well."""
    currency = row.currency
    other = json.loads(row.counterparty) if row.counterparty else None
    return Transaction(
        id=row.id,
        amount=from_minor(row.amount, currency),
        currency=currency,
        booking_date=row.booking_date,
        value_date=row.value_date,
        status=TransactionStatus(row.status),
        remittance=row.remittance,
        creditor_reference=row.creditor_reference,
        end_to_end_id=row.end_to_end_id,
        mandate_id=row.mandate_id,
        counterparty=other
        and Counterparty(name=other[0], iban=other[1], account=other[2]),
        account=row.own_account,
        fee=None if row.fee is None else from_minor(row.fee, currency),
        metadata=json.loads(row.metadata) if row.metadata else {},
    )


def read_customer(text: str) -> Customer:
    """A customer from the JSON that invoices hold."""
    name, *texts = json.loads(text)
    first, company, email, ibans, accounts, aliases = texts
    return Customer(
        id=name,
        name=first,
        company=company,
        email=email,
        ibans=tuple(ibans),
        accounts=tuple(accounts),
        aliases=tuple(aliases),
    )


def read_invoice(row: Any) -> Invoice:
    """An invoice from a row of its table."""
    currency = row.currency
    return Invoice(
        id=row.id,
        outstanding=from_minor(row.outstanding, currency),
        currency=currency,
        number=row.number,
        total=None if row.total is None else from_minor(row.total, currency),
        issue_date=row.issue_date,
        due_date=row.due_date,
        status=InvoiceStatus(row.status),
        creditor_reference=row.creditor_reference,
        references=json.loads(row.reference_fields) if row.reference_fields else {},
        customer=read_customer(row.customer) if row.customer else None,
        metadata=json.loads(row.metadata) if row.metadata else {},
    )
