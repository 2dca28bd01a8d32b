"""A run as a user has it, against the services of a line, and what has to be true."""

import io
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen
from sqlalchemy import select

from payymo_adapters.bank_sync import reading
from payymo_adapters.cli.events import load_webhook
from payymo_adapters.cli.events import tell as tell_events
from payymo_adapters.cli.run_banks import read_banks
from payymo_adapters.cli.run_file import load_run_settings
from payymo_adapters.cli.run_stripe import read_stripe
from payymo_adapters.exchange import write_invoices
from payymo_adapters.feeds import BankFeed, StripeFeed
from payymo_adapters.files import read_ledger
from payymo_adapters.pipeline import Run, decide, match_undecided
from payymo_adapters.state import CALLS_A_DAY, Consented, State
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.store import Store
from payymo_adapters.stripe_sync import position
from payymo_adapters.sync import record_whole_ledger
from payymo_core.rules import Ruleset
from tests.fakes.desks import IBAN, environment_of
from tests.fakes.receivers import SECRET
from tests.fakes.rings import ringing
from tests.store.builders import billed
from tests.store.killing import empty, once_noticed
from tests.store.providers_wire import Held
from tests.store.wires import Seen, Wire

BILLS = [
    billed("i1", "119.00", number="INV-2026-1001"),
    billed("i2", "80.00", number="INV-2026-1002"),
    billed("i3", "100.00", number="INV-2026-1003"),
    billed("i4", "60.00", number="INV-2026-1004"),
]
SETTINGS = """
[payymo]
tenant = "acme"
[accounts.main]
from = "{bank}"
account = "{iban}"
since = {since}
every_hours = 0
[accounts.cards]
from = "stripe"
since = {since}
[invoices]
from = "invoices.jsonl"
[apply.EUR]
payment = "1000.00"
day = "5000.00"
[webhook]
url = "{origin}/payymo"
"""


@frozen
class Story:
    """A user's settings on a database, and the services of a line.

    Attributes:
        bank: What the settings call the bank's provider.
    """

    url: str
    bank: str
    folder: Path
    wire: Wire

    def begin(self) -> Seen:
        """Begin anew: nothing is known but the bank's consent."""
        empty(self.url)
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        seen = self.wire.anew()
        consented = Consented(country="DE", connection=seen.held.consent)
        self.state.keep_consent(consented)
        write_invoices(BILLS, self.folder / "invoices.jsonl")
        self.file.write_text(
            SETTINGS.format(
                bank=self.bank,
                iban=IBAN,
                since=datetime.now(UTC).date() - timedelta(80),
                origin=self.wire.origin,
            ),
            encoding="utf-8",
        )
        return seen

    @property
    def file(self) -> Path:
        return self.folder / "payymo.toml"

    @property
    def state(self) -> State:
        return State(self.folder / "state")

    def environ(self) -> dict[str, str]:
        origin = self.wire.origin
        return {
            **environment_of(origin, self.state.directory),
            "PAYYMO_DATABASE": self.url,
            "PAYYMO_STRIPE_KEY": "sk_test_platform",
            "PAYYMO_STRIPE_API": origin,
            "PAYYMO_WEBHOOK_SECRET": SECRET,
        }

    def tell(self, telling: int) -> None:
        """Run, in a process of its own: it changes the environment."""
        os.environ.update(self.environ())
        store = Store.open(self.url)
        # Later than what waits for a second attempt.
        later = timedelta(hours=telling)
        run = Run(store=store, tenant="acme", clock=lambda: datetime.now(UTC) + later)
        store.add_tenant(run.act(), "Acme")
        said = io.StringIO()
        with alone(run), ringing(), redirect_stdout(said), redirect_stderr(said):
            self._steps(run)
        store.close()

    def _steps(self, run: Run) -> None:
        settings = load_run_settings(self.file)
        for step in (read_banks, read_stripe):
            list(step(run, settings, self.file))
        bills = read_ledger(self.folder / "invoices.jsonl").records
        now = run.clock()
        run.store.write(run.act(), lambda books: record_whole_ledger(books, bills, now))
        match_undecided(run, Ruleset(), None)
        decide(run, settings.policy)
        list(tell_events(run, load_webhook(self.file)))

    # --- what has to be true --------------------------------------------------------

    def check_break(self, held: Held) -> None:
        """After every break."""
        os.environ.update(self.environ())
        store = Store.open(self.url)
        with store.reading("acme") as connection:
            if not connection.scalars(select(schema.tenants.c.id)).all():
                return
            rows = connection.execute(select(schema.transactions)).all()
            ids = {(row.account_id, row.external_id) for row in rows}
            assert len(ids) == len(rows)
            self._check_events(connection, held)
            used = sum(connection.scalars(select(schema.call_budgets.c.used)))
            assert audit_faults(connection, "acme") == []
        assert used >= held.calls
        self._check_cursors(store, ids, held)
        store.close()
        now = datetime.now(UTC)
        if now.date() - timedelta(80) != bank_of(self.file).since:
            return  # of the calls of the day before, the folder knows nothing
        accounts = held.consent.accounts
        left = [
            self.state.budget.allowance(f"{account.id}/transactions", now).calls
            for account in accounts
        ]
        assert CALLS_A_DAY * len(accounts) - sum(left) >= held.calls

    def _check_events(self, connection: Any, held: Held) -> None:
        row = schema.outbox_events.c
        events = connection.execute(
            select(row.subject, row.seq, row.delivered_at).order_by(row.seq)
        ).all()
        noted = {(e.subject, e.seq) for e in events if e.delivered_at is not None}
        assert noted <= set(held.came), "noted, and it never came"
        first = list(dict.fromkeys(held.came))
        for subject in {subject for subject, _ in first}:
            came = [seq for name, seq in first if name == subject]
            there = [e.seq for e in events if e.subject == subject]
            assert came == there[: len(came)], "out of order"

    def _check_cursors(
        self, store: Store, ids: set[tuple[str, str]], held: Held
    ) -> None:
        bank, cards = bank_of(self.file), load_run_settings(self.file).accounts[1]
        assert isinstance(cards, StripeFeed)
        run = Run(store=store, tenant="acme", clock=lambda: datetime.now(UTC))
        known = store.write(run.act(), lambda books: reading(books, bank).book)
        for each in (*known.booked, *known.pending):
            assert ("main", bank.own(each.id)) in ids, "the cursor is ahead"
        read = store.write(run.act(), lambda books: position(books, cards))
        if read.until is None:
            return
        for name, (made, charge) in held.lines.items():
            if made < read.until.timestamp() and charge not in read.waiting:
                assert ("cards", name) in ids, "the cursor is ahead"

    def check(self, held: Held) -> None:
        """When the story came to its end."""
        self.check_break(held)
        store = Store.open(self.url)
        with store.reading("acme") as connection:
            rows = connection.execute(select(schema.transactions)).all()
            events = connection.execute(select(schema.outbox_events)).all()
        store.close()
        bank = [row for row in rows if row.account_id == "main"]
        there = [r for r in bank if r.gone_at is None and r.replaced_by is None]
        assert Counter((r.remittance, r.amount) for r in there) == held.booked
        assert {r.status for r in bank if r not in there} <= {"pending"}
        cards = [row for row in rows if row.account_id == "cards"]
        assert sorted(row.external_id for row in cards) == sorted(held.lines)
        assert {(e.subject, e.seq) for e in events} == set(held.came)
        decided = {row.id for row in rows if row.decision_id is not None}
        assert decided == {e.subject for e in events if e.kind == "match.confirmed"}
        assert decided


def bank_of(file: Path) -> BankFeed:
    """The account at the bank, which is read from 80 days before the story on."""
    bank, _ = load_run_settings(file).accounts
    assert isinstance(bank, BankFeed)
    return bank


@contextmanager
def alone(run: Run) -> Iterator[None]:
    """Be the only runner, once the server noticed who was killed."""
    with ExitStack() as stack:
        once_noticed(lambda: stack.enter_context(only_runner(run.store, run.tenant)))
        yield
