"""A whole run over HTTP, killed or cut off at any byte or statement, and run again.

It reads a bank and an account at Stripe, matches, decides and tells a server what
happened. In the end the books have to hold what the bank and Stripe list, each once,
and the server has to know every event, of each subject in its order. After each break
no cursor may be ahead of what is recorded, no event be noted that did not come, and no
call be uncounted.
"""

import argparse
import io
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, frozen
from sqlalchemy import select

from payymo_adapters.bank_sync import reading
from payymo_adapters.cli.events import load_webhook
from payymo_adapters.cli.events import tell as tell_events
from payymo_adapters.cli.run_banks import read_banks
from payymo_adapters.cli.run_file import load_run_settings
from payymo_adapters.cli.run_stripe import read_stripe
from payymo_adapters.errors import ConflictError
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
from tests.fakes.banks import PRIVATE, enable_banking, gocardless
from tests.fakes.desks import IBAN
from tests.fakes.receivers import SECRET
from tests.fakes.rings import ringing
from tests.postgres import running_server
from tests.store.breaking import Breaking
from tests.store.builders import billed
from tests.store.killing import Killer, empty, in_child, say, watch
from tests.store.providers_wire import LABELS, Held, Providers
from tests.store.wires import Break, Order, Seen, Wire, wired

MADE = {"gocardless": gocardless, "enablebanking": enable_banking}
# A bank allows four calls a day: what is cut off asks twice, and three runs ask.
KINDS = ((Break.KILL, Break.CUT), (Break.KILL,))
RUNS = len(KINDS) + 1
BY_STATEMENT = 0.3
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
            "PAYYMO_DATABASE": self.url,
            "PAYYMO_STATE": str(self.state.directory),
            "PAYYMO_GOCARDLESS_SECRET_ID": "s-id",
            "PAYYMO_GOCARDLESS_SECRET_KEY": "s-key",
            "PAYYMO_GOCARDLESS_API": origin,
            "PAYYMO_ENABLEBANKING_APPLICATION": "app-1",
            "PAYYMO_ENABLEBANKING_KEY": PRIVATE,
            "PAYYMO_ENABLEBANKING_API": origin,
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
        accounts = held.consent.accounts
        now = datetime.now(UTC)
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
        settings = load_run_settings(self.file)
        bank, cards = settings.accounts
        assert isinstance(bank, BankFeed)
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


@contextmanager
def alone(run: Run) -> Iterator[None]:
    """Be the only runner, once the server noticed who was killed."""
    with ExitStack() as stack:
        for _ in range(200):
            try:
                stack.enter_context(only_runner(run.store, run.tenant))
            except ConflictError:
                time.sleep(0.05)
            else:
                break
        else:
            raise AssertionError
        yield


@define
class Rounds:
    """The story, told and broken off.

    Attributes:
        statements: How many events of the database a run has.
        killed: How many runs were killed at one.
    """

    story: Story
    chance: random.Random
    breaking: Breaking
    statements: int
    killed: int = 0
    rounds: int = 0

    @classmethod
    def begun(cls, story: Story, seed: int) -> "Rounds":
        """Tell it in peace, to know what passes."""
        chance = random.Random(seed)
        counted = story.folder / "statements"

        def tell() -> None:
            killer = Killer(0)
            watch(killer)
            story.tell(0)
            counted.write_text(str(killer.seen))

        peace = story.begin()
        story.wire.expect(Order())
        assert in_child(tell)
        peace = story.wire.settled()
        assert LABELS.issubset(peace.labels())
        breaking = Breaking(
            wire=story.wire,
            chance=chance,
            tell=story.tell,
            focus=LABELS,
            anywhere=0.1,
            peace=peace,
        )
        for telling in range(1, RUNS):
            seen = breaking.in_peace(telling)
        assert in_child(lambda: story.check(seen.held))
        return cls(story, chance, breaking, int(counted.read_text()))

    def round(self) -> None:
        """Break it off a few times, then let it come to its end."""
        self.story.begin()
        for telling, kinds in enumerate(KINDS):
            if self.chance.random() < BY_STATEMENT:
                seen = self._at_statement(telling)
            else:
                seen = self.breaking.broken(telling, kinds)
            assert in_child(partial(self.story.check_break, seen.held))
        seen = self.breaking.in_peace(RUNS - 1)
        assert in_child(partial(self.story.check, seen.held))
        self.rounds += 1

    @property
    def count(self) -> int:
        return self.killed + self.breaking.counts.total()

    def _at_statement(self, telling: int) -> Seen:
        at = self.chance.randint(1, self.statements)

        def tell() -> None:
            watch(Killer(at))
            self.story.tell(telling)

        self.story.wire.expect(Order())
        self.killed += not in_child(tell)
        return self.story.wire.settled()


def run(story: Story, breaks: int, seed: int) -> list[str]:
    """Break it off so many times."""
    rounds = Rounds.begun(story, seed)
    while rounds.count < breaks:
        rounds.round()
    kind, count = story.url.partition(":")[0], rounds.count
    passed = f"{rounds.breaking.peace.count} bytes and {rounds.statements} statements"
    where = f"at one of {passed}, in {rounds.rounds} rounds"
    done = "all is there once, and told in its order"
    return [
        f"{kind}, {story.bank}: broken off {count} times {where}; {done}",
        *rounds.breaking.told(),
        f"  statement: kill: {rounds.killed}",
    ]


def main() -> None:
    """Break off on both databases, with both providers of banks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--breaks", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="a PostgreSQL; without it, one is started")
    parser.add_argument(
        "--each-once", action="store_true", help="each bank on one database"
    )
    given = parser.parse_args()
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else None
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
        wires = {
            bank: stack.enter_context(wired(Providers.behind(made)))
            for bank, made in MADE.items()
        }
        urls = [f"sqlite:///{folder}/payymo.db", given.url]
        if given.url is None:
            server = stack.enter_context(running_server())
            urls[1] = server.url(server.create())
        pairs = [(url, bank) for url in urls for bank in MADE]
        if given.each_once:
            pairs = list(zip(urls, MADE, strict=True))
        for url, bank in pairs:
            story = Story(url, bank, folder, wires[bank])
            say(run(story, given.breaks // len(pairs), given.seed))


if __name__ == "__main__":
    main()
