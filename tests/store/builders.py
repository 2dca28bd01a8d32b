"""Made-up books: who writes, what comes, and when."""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as dt_time
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Table, select

from payymo_adapters.pipeline import Run
from payymo_adapters.store import schema
from payymo_adapters.store.kinds import PostingKind
from payymo_adapters.store.postings import Posting, in_flight, send_again
from payymo_adapters.store.recording import (
    add_account,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.store import Act, Store
from payymo_core.records import Customer, Invoice, Transaction
from payymo_core.results import Allocation

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HAND = "Ada"
_SECONDS_OF_A_TEST = 15
SETTINGS = """
[payymo]
tenant = "acme"
[accounts.main]
files = "in/*.jsonl"
[invoices]
from = "invoices.jsonl"
"""
on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ACT = Act(tenant="acme", actor=HAND, now=NOW)


def begin_in(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Make a folder the current one, with ``SETTINGS`` and a place for statements."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PAYYMO_DATABASE", url)
    monkeypatch.setenv("PAYYMO_ACTOR", HAND)
    monkeypatch.delenv("PAYYMO_SETTINGS", raising=False)
    Path("in").mkdir()
    Path("payymo.toml").write_text(SETTINGS, encoding="utf-8")


def at(hours: float, tenant: str = "acme", actor: str = HAND) -> Act:
    """An act some hours after the first."""
    return Act(tenant=tenant, actor=actor, now=NOW + timedelta(hours=hours))


def paid(name: str, amount: str = "119.00", **more: object) -> Transaction:
    """Money that came in."""
    values = {"currency": "EUR", "booking_date": date(2026, 3, 2), **more}
    return Transaction(id=name, amount=Decimal(amount), **values)  # type: ignore[arg-type]


def billed(name: str, outstanding: str = "119.00", **more: object) -> Invoice:
    """An open item."""
    values = {
        "currency": "EUR",
        "number": f"INV-{name}",
        "issue_date": date(2026, 2, 1),
        "customer": Customer(id="c1", name="Bo Larsen", company="Larsen Ltd"),
        **more,
    }
    return Invoice(id=name, outstanding=Decimal(outstanding), **values)  # type: ignore[arg-type]


def record(store: Store, transactions=(), invoices=(), hours: float = 0) -> None:
    """Remember records of the tenant ``acme``, whose account is ``main``."""
    act = at(hours)
    with store.writing(act) as books:
        add_account(books, "main", "Main account")
        done = record_transactions(books, "main", transactions)
        assert not done.rejected
        assert not record_invoices(books, invoices, act.now).rejected


def row(store: Store, table: Table, **values: object):
    """The one row of ``acme`` with some values."""
    with store.reading("acme") as connection:
        chosen = [table.c[name] == value for name, value in values.items()]
        mine = table.c.id == "acme" if table.name == "tenants" else None
        mine = table.c.tenant == "acme" if mine is None else mine
        return connection.execute(select(table).where(mine, *chosen)).one()


def states(store: Store) -> list[str]:
    """The states of decisions, in their order."""
    table = schema.match_decisions
    with store.reading("acme") as connection:
        return list(connection.scalars(select(table.c.state).order_by(table.c.id)))


def give(invoice: str, amount: str) -> Allocation:
    """Money for an invoice."""
    return Allocation(invoice, Decimal(amount))


def have_time_till_midnight() -> None:
    """Let the day begin, where it is about to: a day of calls ends with that of UTC."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now.date() + timedelta(1), dt_time(), UTC)
    left = (midnight - now).total_seconds()
    if left < _SECONDS_OF_A_TEST:
        time.sleep(left)


class Ledger:
    """A ledger of invoices that takes postings, in memory, and fails when told to.

    Attributes:
        posted: Keys of what was posted; a key that stands twice was paid twice.
        faults: What the next postings raise instead, before or after they are done.
    """

    def __init__(self) -> None:
        self.posted: list[tuple[str, str, int]] = []
        self.faults: list[tuple[str, Exception]] = []

    def post(self, posting: Posting) -> None:
        when, fault = self.faults.pop(0) if self.faults else ("", Exception())
        if when == "before":
            raise fault
        sign = 1 if posting.kind == PostingKind.PAYMENT else -1
        done = (posting.key, posting.owed.invoice, sign * posting.owed.amount)
        self.posted.append(done)
        if when == "after":
            raise fault

    def is_posted(self, posting: Posting) -> bool:
        if self.faults and self.faults[0][0] == "asked":
            raise self.faults.pop(0)[1]
        return any(key == posting.key for key, _, _ in self.posted)

    def paid(self, invoice: str) -> int:
        """Minor units that an invoice got, all in all."""
        assert len({key for key, _, _ in self.posted}) == len(self.posted)
        return sum(amount for _, name, amount in self.posted if name == invoice)


def have_sent_again(store: Store, hours: float) -> None:
    """A person looks: nothing is on its way, and what is unknown is not there."""
    with store.writing(at(hours)) as books:
        for posting in in_flight(books):
            send_again(books, posting.id)


def run_of(store: Store, hours: float = 0) -> Run:
    """The pipeline of ``acme`` at an instant."""
    return Run(store=store, tenant="acme", clock=lambda: at(hours).now)
