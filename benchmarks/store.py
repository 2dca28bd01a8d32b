"""How long the store's bulk paths take, on PostgreSQL and on SQLite.

``python -m benchmarks.store`` starts a PostgreSQL of its own. The bounds are those of
the project: 100,000 transactions new in 3 s and unchanged in 1 s, a million open items
in columns in 6 s.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import psutil

from payymo_adapters.store.reading import open_items
from payymo_adapters.store.recording import (
    add_account,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.store import Act, Store, upgrade
from payymo_core.records import Counterparty, Customer, Invoice, Transaction
from tests.postgres import Server, running_server

ACT = Act(tenant="acme", actor="benchmark", now=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
AT_ONCE = 100_000


def transactions(count: int) -> list[Transaction]:
    """Money that came in, each with a text and another side."""
    return [
        Transaction(
            id=f"2026-{number:08}",
            amount=Decimal(100 + number % 90_000).scaleb(-2),
            currency="EUR",
            booking_date=date(2026, 1, 1) + timedelta(days=number % 360),
            remittance=f"Invoice INV-2026-{number:07} thank you",
            end_to_end_id=f"E2E-{number}",
            counterparty=Counterparty(name=f"Customer {number % 9973} Ltd"),
        )
        for number in range(count)
    ]


def payloads(records: list[Transaction]) -> dict[str, str]:
    """What a bank would have sent for each: some 600 characters."""
    return {
        record.id: f'{{"transactionId": "{record.id}", "amount": "{record.amount}", '
        f'"text": "{record.remittance}", "padding": "{"x" * 450}"}}'
        for record in records
    }


def invoices(first: int, count: int) -> list[Invoice]:
    """Open items of some customers."""
    customers = [
        Customer(id=f"c{number}", name=f"Customer {number} Ltd", ibans=())
        for number in range(9973)
    ]
    return [
        Invoice(
            id=str(number),
            outstanding=Decimal(100 + number % 90_000).scaleb(-2),
            currency="EUR",
            number=f"INV-2026-{number:07}",
            issue_date=date(2026, 1, 1) + timedelta(days=number % 300),
            due_date=date(2026, 2, 1) + timedelta(days=number % 300),
            customer=customers[number % len(customers)],
        )
        for number in range(first, first + count)
    ]


def worked(server: Server | None) -> tuple[float, float]:
    """Seconds of processor that this process and the server took so far."""
    mine = sum(os.times()[:2])
    if server is None:
        return mine, 0.0
    main = psutil.Process(server.process)
    # Those that ended count as the main process's children.
    times = [sum(main.cpu_times()[:4])]
    times += [sum(child.cpu_times()[:2]) for child in main.children(recursive=True)]
    return mine, sum(times)


def timed(what: str, server: Server | None, work: Callable[[], object]) -> None:
    """Say how long something took."""
    begun, before = perf_counter(), worked(server)
    work()
    taken = perf_counter() - begun
    ours, its = (after - at for after, at in zip(worked(server), before, strict=True))
    print(f"  {what:<36} {taken:6.2f} s (worked {ours:.2f} + {its:.2f} s)", flush=True)


def measure(url: str, lines: int, items: int, server: Server | None = None) -> None:
    """Measure one database."""
    upgrade(url)
    store = Store.open(url)
    store.add_tenant(ACT, "Acme")
    with store.writing(ACT) as books:
        add_account(books, "bank", "Bank")
    given = transactions(lines)
    sent = payloads(given)

    def take() -> None:
        with store.writing(ACT) as books:
            record_transactions(books, "bank", given, sent)

    timed(f"{lines:,} transactions, new", server, take)
    timed(f"{lines:,} transactions, unchanged", server, take)
    for first in range(0, items, AT_ONCE):
        held = invoices(first, min(AT_ONCE, items - first))
        with store.writing(ACT) as books:
            record_invoices(books, held, ACT.now)

    def read() -> None:
        with store.reading("acme") as connection:
            assert len(open_items(connection, "acme")) == items

    timed(f"{items:,} open items to columns", server, read)
    with store.reading("acme") as connection:
        columns = open_items(connection, "acme")
    timed(f"{items:,} columns to records", server, columns.records)
    store.close()


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=100_000)
    parser.add_argument("--invoices", type=int, default=1_000_000)
    given = parser.parse_args()
    with running_server() as server:
        print("PostgreSQL")
        url = server.url(server.create())
        measure(url, given.transactions, given.invoices, server)
    with tempfile.TemporaryDirectory() as folder:
        print("SQLite")
        url = f"sqlite:///{Path(folder) / 'payymo.db'}"
        measure(url, given.transactions, given.invoices)


if __name__ == "__main__":
    main()
