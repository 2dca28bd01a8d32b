"""Sixteen processes at once on one tenant, and a server that is restarted under them.

``python -m tests.store.crowd --seconds 60`` starts a PostgreSQL of its own. Each
process syncs, gives verdicts, takes them back and applies, at random, until the time is
over. After a third of it the server is restarted, and after another it crashes.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from attrs import define, evolve, field
from sqlalchemy import select, text

from payymo_adapters.errors import ConflictError, StoreError
from payymo_adapters.pipeline import Run, apply
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.decisions import ignore, match_by_hand, undo
from payymo_adapters.store.recording import (
    add_account,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.store import Act, Books, Store, upgrade
from payymo_core.money import from_minor
from payymo_core.records import Invoice
from tests.postgres import Server, running_server
from tests.store.builders import NOW, billed, give, paid
from tests.store.killing import Killer, forked, is_whole, say
from tests.store.story import FileLedger, Teller

WORKERS = 16
LINES = [paid(f"t{number}", "90.00") for number in range(8)]
BILLS = [billed(f"i{number}", "100.00") for number in range(4)]
# What a server says that is restarted.
GOES = ("stopping or starting", "connection was lost")


@define
class Worker:
    """One process's work, and what came of it."""

    store: Store
    ledger: FileLedger
    chance: random.Random
    begun: float
    counts: Counter[str] = field(factory=Counter)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.time() - self.begun)

    def write(self, work: Callable[[Books], object]) -> None:
        self.store.write(Act(tenant="acme", actor="Ada", now=self.now()), work)

    def work(self, until: float) -> None:
        acts = (self.sync, self.ignore, self.undo, *[self.match, self.apply] * 2)
        while time.time() < until:
            act = self.chance.choice(acts)
            try:
                act()
            except ConflictError as error:
                # Two writers who follow each other never meet at a key.
                if act == self.sync or "constraint" in str(error):
                    raise
                self.counts[f"{act.__name__}: refused"] += 1
            except StoreError as error:
                if not any(words in str(error) for words in GOES):
                    raise
                self.counts[f"{act.__name__}: server away"] += 1
                time.sleep(0.1)
            else:
                self.counts[f"{act.__name__}: done"] += 1

    def sync(self) -> None:
        more = paid(f"n{self.chance.randrange(200)}", "10.00")
        taken_at = self.now()
        bills = as_billed(self.ledger)
        self.write(lambda books: record_transactions(books, "main", [*LINES, more]))
        self.write(lambda books: record_invoices(books, bills, taken_at))

    def match(self) -> None:
        names = [bill.id for bill in self.chance.sample(BILLS, 2)]
        amounts = [give(name, self.chance.choice(["30.00", "45.00"])) for name in names]
        self.write(lambda books: match_by_hand(books, self.line(), amounts))

    def ignore(self) -> None:
        self.write(lambda books: ignore(books, self.line(), "a gift"))

    def undo(self) -> None:
        self.write(partial(undo_of, self.line()))

    def apply(self) -> None:
        apply(Run(store=self.store, tenant="acme", clock=self.now), self.ledger)

    def line(self) -> str:
        return f"main/{self.chance.choice(LINES).id}"


def undo_of(line: str, books: Books) -> None:
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == line)
    held = books.connection.scalar(select(row.c.decision_id).where(mine))
    if held is not None:
        undo(books, held)


def as_billed(ledger: FileLedger) -> list[Invoice]:
    """The invoices as the ledger has them."""
    taken: Counter[str] = Counter()
    for _, invoice, amount in ledger.lines():
        taken[invoice] += amount
    return [
        evolve(bill, outstanding=bill.outstanding - from_minor(taken[bill.id], "EUR"))
        for bill in BILLS
    ]


def work(url: str, folder: Path, seed: int, seconds: float) -> None:
    """What one process does."""
    store = Store.open(url)
    ledger = FileLedger(folder / "ledger", Killer(0))
    begun = float((folder / "begun").read_text())
    worker = Worker(store, ledger, random.Random(seed), begun)
    worker.work(begun + seconds)
    (folder / f"worker-{seed}").write_text(json.dumps(worker.counts))


def check(store: Store, ledger: FileLedger) -> None:
    """What has to be true when all have left."""
    lines = ledger.lines()
    assert len({key for key, _, _ in lines}) == len(lines), "posted twice"
    taken: Counter[str] = Counter()
    for _, invoice, amount in lines:
        taken[invoice] += amount
        assert 0 <= taken[invoice] <= 10_000, "paid beyond what was billed"
    owed = {bill.id: int(bill.outstanding * 100) for bill in as_billed(ledger)}
    with store.reading("acme") as connection:
        shown = connection.execute(select(schema.invoices)).all()
        assert {bill.id: bill.outstanding for bill in shown} == owed
        assert audit_faults(connection, "acme") == []
        for table, column, states in (
            ("transactions", "transaction_id", "'reserved', 'settled'"),
            ("invoices", "invoice_id", "'reserved'"),
        ):
            held = (
                "SELECT coalesce(sum(amount), 0) FROM allocations a WHERE "
                f"a.tenant = t.tenant AND a.{column} = t.id AND a.state IN ({states})"
            )
            wrong = f"SELECT count(*) FROM {table} t WHERE allocated <> ({held})"
            assert connection.scalar(text(wrong)) == 0
        row = schema.postings.c
        postings = connection.execute(select(row.posting_key, row.state)).all()
        assert {posting.state for posting in postings} <= {"confirmed", "stopped"}
        confirmed = {p.posting_key for p in postings if p.state == "confirmed"}
        assert confirmed == {key for key, _, _ in lines}


def run(server: Server, seconds: float, folder: Path, seed: int) -> list[str]:
    """Let them all work, and restart the server twice."""
    url = server.url(server.create())
    upgrade(url)
    store = Store.open(url)
    act = Act(tenant="acme", actor="Ada", now=NOW)
    store.add_tenant(act, "Acme")
    with store.writing(act) as books:
        add_account(books, "main", "Main")
        record_transactions(books, "main", LINES)
        record_invoices(books, BILLS, NOW)
    store.close()
    (folder / "begun").write_text(str(time.time()))
    seeds = range(seed, seed + WORKERS)
    children = [forked(partial(work, url, folder, s, seconds)) for s in seeds]
    for mode in ("fast", "immediate"):
        time.sleep(seconds / 3)
        server.restart(mode)
    assert all(list(map(is_whole, children)))
    store = Store.open(url)
    ledger = FileLedger(folder / "ledger", Killer(0))
    for hours in (1, 2):
        Teller(store, ledger, hours).post(0)
    check(store, ledger)
    store.close()
    counts: Counter[str] = Counter()
    for s in seeds:
        counts.update(json.loads((folder / f"worker-{s}").read_text()))
    count = len(ledger.lines())
    return [
        f"postgresql: {WORKERS} workers for {seconds:g} s, the server restarted twice",
        f"  {count} postings, each once; the books are right",
        *(f"  {what}: {many}" for what, many in sorted(counts.items())),
    ]


def main() -> None:
    """Crowd a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as name, running_server() as server:
        say(run(server, given.seconds, Path(name), given.seed))


if __name__ == "__main__":
    main()
