"""What the engine is given: open items in columns, transactions without a decision."""

# ruff: noqa: S608 - statements are made of names that stand in this package

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from sqlalchemy import Connection, select, text

from payymo_adapters.store import schema
from payymo_adapters.store.rows import (
    TRANSACTION_COLUMNS,
    read_customer,
    read_transaction,
)
from payymo_core.money import major_column
from payymo_core.pausing import collector_paused
from payymo_core.records import Customer, Invoice, InvoiceStatus, Transaction

Texts = Sequence[str | None]
Days = NDArray[np.datetime64]


@frozen(eq=False)
class OpenItems:
    """Open invoices in columns, in the order of their ids.

    Attributes:
        id: What an allocation names.
        outstanding: Minor units still owed, without what is reserved.
        total: Minor units as billed; None where it is not known.
        currency: ISO 4217 codes.
        number: What the customer quotes.
        issue_date: Day, or not-a-time.
        due_date: Day, or not-a-time.
        creditor_reference: Printed on it.
        references: Further reference fields, as JSON.
        customer: Place in ``customers``, -1 without one.
        customers: Each once.
        metadata: As JSON.
    """

    id: Sequence[str]
    outstanding: NDArray[np.int64]
    total: Sequence[int | None]
    currency: Sequence[str]
    number: Texts
    issue_date: Days
    due_date: Days
    creditor_reference: Texts
    references: Texts
    customer: NDArray[np.int64]
    customers: Sequence[Customer]
    metadata: Texts

    def __len__(self) -> int:
        return len(self.id)

    def records(self) -> list[Invoice]:
        """The same as values, for the engine."""
        with collector_paused():
            return list(self._records())

    def _records(self) -> Iterator[Invoice]:
        outstanding = major_column(self.outstanding.tolist(), self.currency)
        totals = [0 if total is None else total for total in self.total]
        columns = zip(
            self.id,
            outstanding,
            self.currency,
            self.number,
            self.total,
            major_column(totals, self.currency),
            self.issue_date.tolist(),
            self.due_date.tolist(),
            self.creditor_reference,
            self.references,
            self.customer.tolist(),
            self.metadata,
            strict=True,
        )
        for (
            name, owed, currency, number, known, total, issued, due,
            creditor_reference, references, customer, metadata,
        ) in columns:  # fmt: skip
            yield Invoice(
                id=name,
                outstanding=owed,
                currency=currency,
                number=number,
                total=None if known is None else total,
                issue_date=issued,
                due_date=due,
                status=InvoiceStatus.OPEN,
                creditor_reference=creditor_reference,
                references=json.loads(references) if references else {},
                customer=None if customer < 0 else self.customers[customer],
                metadata=json.loads(metadata) if metadata else {},
            )


_COLUMNS = (
    *("id", "outstanding - allocated", "total", "currency", "number"),
    *("issue_date", "due_date", "creditor_reference", "reference_fields"),
    *("customer", "metadata"),
)
_OPEN = (
    f"SELECT {', '.join(_COLUMNS)} FROM invoices WHERE tenant = {{tenant}} AND "
    "status = 'open' ORDER BY id"
)


def open_items(connection: Connection, tenant: str) -> OpenItems:
    """Read a tenant's open invoices, a million at a time if need be."""
    with collector_paused():
        if connection.dialect.name == "sqlite":
            statement = text(_OPEN.format(tenant=":tenant"))
            rows = connection.execute(statement, {"tenant": tenant}).all()
            columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        else:
            columns = _copied(connection, tenant)
        return _columns(columns or [()] * len(_COLUMNS))


def undecided(connection: Connection, tenant: str) -> list[Transaction]:
    """Read a tenant's booked transactions that nothing was decided of."""
    row = schema.transactions
    found = connection.execute(
        select(row.c.id, *(row.c[name] for name in TRANSACTION_COLUMNS))
        .where(
            row.c.tenant == tenant,
            row.c.decision_id.is_(None),
            row.c.status == "booked",
            row.c.gone_at.is_(None),
        )
        .order_by(row.c.id)
    )
    return [read_transaction(held) for held in found]


def _columns(columns: Sequence[Sequence[Any]]) -> OpenItems:
    places: dict[str, int] = {}
    customers = columns[9]
    place = [-1 if c is None else places.setdefault(c, len(places)) for c in customers]
    return OpenItems(
        id=columns[0],
        outstanding=np.fromiter(map(int, columns[1]), np.int64, len(columns[1])),
        total=[None if total is None else int(total) for total in columns[2]],
        currency=columns[3],
        number=columns[4],
        issue_date=_days(columns[5]),
        due_date=_days(columns[6]),
        creditor_reference=columns[7],
        references=columns[8],
        customer=np.array(place, np.int64),
        customers=[read_customer(customer) for customer in places],
        metadata=columns[10],
    )


def _days(days: Sequence[str | None]) -> Days:
    """Days from their ISO texts, each distinct one read once."""
    known = {day: np.datetime64(day or "NaT", "D").astype(int) for day in set(days)}
    places = np.fromiter(map(known.__getitem__, days), np.int64, len(days))
    return places.view("datetime64[D]")


# Not what COPY writes by default: the only backslashes are those of texts.
_NULL = "\x01"


def _copied(connection: Connection, tenant: str) -> list[Sequence[Any]]:
    """The same by COPY: no value is made for a field, but of the text as a whole."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        # COPY takes no parameters: the tenant is the setting that it was bound to,
        # and a caller that names another gets nothing.
        statement = "SELECT current_setting('payymo.tenant', true) = %s"
        if not cursor.execute(statement, (tenant,)).fetchone()[0]:
            return []
        source = _OPEN.format(tenant="current_setting('payymo.tenant', true)")
        with cursor.copy(f"COPY ({source}) TO STDOUT (NULL E'\\x01')") as copy:
            text_of_all = b"".join(copy).decode()
    lines = text_of_all.split("\n")
    lines.pop()
    columns = list(zip(*[line.split("\t") for line in lines], strict=True))
    if "\\" in text_of_all:
        columns = [tuple(map(_plain, column)) for column in columns]
    return [
        [None if value == _NULL else value for value in column]
        if _NULL in column
        else column
        for column in columns
    ]


_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _plain(value: str) -> str:
    """A text without the escapes that COPY writes."""
    if "\\" not in value:
        return value
    first, *parts = value.split("\\")
    out, literal = [first], False
    for part in parts:
        if literal:
            out.append(part)
            literal = False
        elif not part:  # an escaped backslash: what follows stands for itself
            out.append("\\")
            literal = True
        else:
            out.append(_ESCAPES.get(part[0], part[0]) + part[1:])
    return "".join(out)
