"""What the engine is given: open items in columns, transactions without a decision."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from sqlalchemy import Connection, select, text

from payymo_adapters.store import schema
from payymo_adapters.store.blocks import Blocks, in_blocks
from payymo_adapters.store.rows import (
    INVOICE_COLUMNS,
    TRANSACTION_COLUMNS,
    read_customer,
    read_invoice,
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


_OPEN = "FROM invoices WHERE tenant = :tenant AND status = 'open' ORDER BY id"
_SELECT = (
    "SELECT id, outstanding - allocated, total, currency, number, issue_date, due_date,"
    f" creditor_reference, reference_fields, customer, metadata {_OPEN}"
)


def open_items(connection: Connection, tenant: str) -> OpenItems:
    """Read a tenant's open invoices, a million at a time if need be."""
    with collector_paused():
        if connection.dialect.name != "sqlite":
            blocks = in_blocks(connection, tenant)
            if blocks is not None:
                return _of_blocks(blocks)
        rows = connection.execute(text(_SELECT), {"tenant": tenant}).all()
        return _of_columns(list(zip(*rows, strict=True)) or [()] * 11)


def closed_items(connection: Connection, tenant: str, since: datetime) -> list[Invoice]:
    """Read a tenant's invoices that are open no more.

    They are paid by nothing, but a text that names one of them names no other.

    Args:
        connection: Bound to the tenant.
        tenant: Whose.
        since: Those that changed later.
    """
    row = schema.invoices
    found = connection.execute(
        select(row.c.id, *(row.c[name] for name in INVOICE_COLUMNS))
        .where(
            row.c.tenant == tenant,
            row.c.status != InvoiceStatus.OPEN,
            row.c.as_of >= since,
        )
        .order_by(row.c.id)
    )
    with collector_paused():
        return [read_invoice(held) for held in found]


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


def _of_blocks(blocks: Blocks) -> OpenItems:
    texts = blocks.texts
    place, customers = _customers(texts["customer"])
    return OpenItems(
        id=texts["id"],  # type: ignore[arg-type]
        outstanding=blocks.numbers["outstanding"],
        total=blocks.optional("total"),
        currency=texts["currency"],  # type: ignore[arg-type]
        number=texts["number"],
        issue_date=blocks.days("issue_date"),
        due_date=blocks.days("due_date"),
        creditor_reference=texts["creditor_reference"],
        references=texts["reference_fields"],
        customer=place,
        customers=customers,
        metadata=texts["metadata"],
    )


def _of_columns(columns: Sequence[Sequence[Any]]) -> OpenItems:
    place, customers = _customers(columns[9])
    return OpenItems(
        id=columns[0],
        outstanding=np.array(columns[1], np.int64),
        total=columns[2],
        currency=columns[3],
        number=columns[4],
        issue_date=_days(columns[5]),
        due_date=_days(columns[6]),
        creditor_reference=columns[7],
        references=columns[8],
        customer=place,
        customers=customers,
        metadata=columns[10],
    )


def _customers(written: Texts) -> tuple[NDArray[np.int64], list[Customer]]:
    """The place of each, and each distinct one."""
    places: dict[str, int] = {}
    place = [-1 if w is None else places.setdefault(w, len(places)) for w in written]
    return np.array(place, np.int64), list(map(read_customer, places))


def _days(days: Sequence[date | str | None]) -> Days:
    """Days as the database gives them, each distinct one read once."""
    known = {day: np.datetime64(day or "NaT", "D").astype(int) for day in set(days)}
    places = np.fromiter(map(known.__getitem__, days), np.int64, len(days))
    return places.view("datetime64[D]")
