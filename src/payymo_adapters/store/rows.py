"""Records to rows and back: amounts in minor units, what has parts as JSON.

Written for a hundred thousand at a time: a column is converted in one go, and the next
part is made while the database takes the last.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from json.encoder import encode_basestring_ascii
from typing import Any, Generic, TypeVar

from attrs import frozen

from payymo_adapters.encoding import invoice_to_json, transaction_to_json
from payymo_adapters.store.lines import Columns, Rows, rows_of, unwritable
from payymo_core.errors import RecordError, Rejected
from payymo_core.fields import CustomerFields, InvoiceFields, TransactionFields
from payymo_core.money import from_minor, minor_column, to_minor
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


MOST_OF_AN_ID = 500
"""Characters: of a key, PostgreSQL's index takes not more than some 2,700 bytes."""
AT_ONCE = 10_000
"""Records of a part: enough that a statement's own cost is nothing among theirs."""

_JSON = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def transaction_rows(
    account: str, given: Iterable[Transaction | Rejected], payloads: Mapping[str, str]
) -> Iterator[tuple[Rows, list[Rejected]]]:
    """Rows of the usable transactions, in the order of their ids, in parts.

    Args:
        account: Whose they are; a row's id is its name and the record's id.
        given: As a reader or a provider made them.
        payloads: What each was made of, by id; a record's own JSON where it is missing.

    Yields:
        Rows, and records set aside with their faults.
    """
    kind = _Kind(
        columns=_transaction_columns,
        fault=transaction_fault,
        to_json=transaction_to_json,
        payloads=payloads,
        prefix=f"{account}/",
    )
    return kind.parts(*of_kind(given, Transaction))


def invoice_rows(
    given: Iterable[Invoice | Rejected],
) -> Iterator[tuple[Rows, list[Rejected]]]:
    """The same of invoices, each kept as what it says itself."""
    kind = _Kind(
        columns=_invoice_columns,
        fault=invoice_fault,
        to_json=invoice_to_json,
        payloads={},
        prefix="",
    )
    return kind.parts(*of_kind(given, Invoice))


@frozen(kw_only=True)
class _Kind(Generic[Record]):
    """How records of a kind become rows, beside what they were made of."""

    columns: Callable[[Sequence[Record]], Columns]
    fault: Callable[[Record], tuple[str, str] | None]
    to_json: Callable[[Record], dict[str, Any]]
    payloads: Mapping[str, str]
    prefix: str

    def parts(
        self, records: list[Record], rejected: list[Rejected]
    ) -> Iterator[tuple[Rows, list[Rejected]]]:
        """All at once, and one by one only where something is wrong."""
        more: list[Rejected] = []
        try:
            places = in_order(records)
        except RecordError:
            records, more = usable(records, self.fault)
            places = in_order(records)
        yield Rows(), rejected + more
        for first in range(0, len(places), AT_ONCE):
            yield self._part([records[at] for at in places[first : first + AT_ONCE]])

    def _part(self, records: list[Record]) -> tuple[Rows, list[Rejected]]:
        rejected: list[Rejected] = []
        if max(len(record.id) for record in records) > MOST_OF_AN_ID:
            records, rejected = usable(records, _id_fault)
        try:
            columns = self.columns(records)
        except RecordError:
            records, more = usable(records, self.fault)
            rejected += more
            columns = self.columns(records)
        ids = [self.prefix + record.id for record in records]
        sent = self._sent(records)
        rows, at_fault = rows_of(ids, columns, sent)
        for place in at_fault:
            said = {**self.to_json(records[place]), "payload": sent[place]}
            rejected.append(unwritable(records[place].id, said))
        return rows, rejected

    def _sent(self, records: Sequence[Record]) -> list[str]:
        payloads = [self.payloads.get(record.id) for record in records]
        # A record that came without one is kept as what it says itself.
        return [
            _JSON(self.to_json(record)) if payload is None else payload
            for record, payload in zip(records, payloads, strict=True)
        ]


def _id_fault(record: Transaction | Invoice) -> tuple[str, str] | None:
    if len(record.id) <= MOST_OF_AN_ID:
        return None
    return "id", f"longer than the {MOST_OF_AN_ID} characters that the books keep"


def _transaction_columns(records: Sequence[Transaction]) -> Columns:
    fields = TransactionFields.of(records)
    check_transactions(fields)
    amounts = minor_column(fields.amount, fields.currency).tolist()
    fees = _optional_minor(fields.fee, fields.currency)
    return (
        fields.id,
        amounts,
        fees,
        list(map(_gross, amounts, fees)) if any(fees) else amounts,
        fields.currency,
        _days(fields.booking_date),
        _days(fields.value_date),
        list(map(str, fields.status)),
        fields.remittance,
        fields.creditor_reference,
        fields.end_to_end_id,
        fields.mandate_id,
        _counterparties(fields.counterparty),
        fields.account,
        list(map(_mapping, fields.metadata)),
    )


def _invoice_columns(records: Sequence[Invoice]) -> Columns:
    fields = InvoiceFields.of(records)
    check_invoices(fields)
    given = {id(c): c for c in fields.customer if c is not None}
    check_customers(CustomerFields.of(list(given.values())))
    customers = {key: _customer(c) for key, c in given.items()}
    return (
        minor_column(fields.outstanding, fields.currency).tolist(),
        _optional_minor(fields.total, fields.currency),
        fields.currency,
        fields.number,
        _days(fields.issue_date),
        _days(fields.due_date),
        list(map(str, fields.status)),
        fields.creditor_reference,
        list(map(_mapping, fields.references)),
        [None if c is None else customers[id(c)] for c in fields.customer],
        list(map(_mapping, fields.metadata)),
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
    """As JSON; a list of three texts is written by hand in a tenth of the time."""
    quoted = encode_basestring_ascii
    return [
        None
        if other is None
        else "["
        f"{'null' if (name := other.name) is None else quoted(name)},"
        f"{'null' if (iban := other.iban) is None else quoted(iban)},"
        f"{'null' if (account := other.account) is None else quoted(account)}]"
        for other in others
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
