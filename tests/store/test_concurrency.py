"""Many at once on one tenant: what must hold holds, and no deadlock gets through."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from sqlalchemy import func, select, text

from payymo_adapters.errors import ConflictError
from payymo_adapters.pipeline import apply
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.decisions import match_by_hand, undo
from payymo_adapters.store.postings import Posting
from payymo_adapters.store.recording import record_transactions
from payymo_adapters.store.store import Books, Store
from payymo_core.results import Allocation
from tests.store.builders import Ledger, at, billed, give, paid, record, run_of

WORKERS, STEPS = 16, 12
LINES = [paid(f"t{number}", "90.00") for number in range(6)]
BILLS = [billed(f"i{number}", "100.00") for number in range(6)]


class SharedLedger(Ledger):
    """A ledger that many may write to."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = Lock()

    def post(self, posting: Posting) -> None:
        with self.lock:
            super().post(posting)


def work(url: str, seed: int, ledger: Ledger) -> int:
    """Do some of everything, as a process of its own would."""
    store, chance = Store.open(url), random.Random(seed)
    done = 0
    for step in range(STEPS):
        amounts = [give(i, "30.00") for i in chance.sample(["i0", "i1", "i2"], 2)]
        name = f"main/t{chance.randrange(6)}"
        what = chance.choice(("match", "match", "undo", "apply", "record"))
        try:
            if what == "apply":
                apply(run_of(store, step), ledger)
            else:
                store.write(at(step), lambda b: verdict(b, what, name, amounts))  # noqa: B023 - called at once
            done += 1
        except ConflictError:
            pass
    store.close()
    return done


def verdict(books: Books, what: str, name: str, amounts: list[Allocation]) -> None:
    row = schema.transactions
    if what == "match":
        match_by_hand(books, name, amounts)
    elif what == "record":
        record_transactions(books, "main", LINES)
    else:
        mine = (row.c.tenant == books.tenant) & (row.c.id == name)
        held = books.connection.scalar(select(row.c.decision_id).where(mine))
        if held is not None:
            undo(books, held)


def test_many_workers_on_one_tenant_keep_the_books_right(store, url):
    record(store, LINES, BILLS)
    ledger = SharedLedger()
    with ThreadPoolExecutor(WORKERS) as pool:
        done = list(pool.map(lambda seed: work(url, seed, ledger), range(WORKERS)))
    assert sum(done) > WORKERS
    for hours in (STEPS + 1, STEPS + 2):
        apply(run_of(store, hours), ledger)
    with store.reading("acme") as connection:
        assert audit_faults(connection, "acme") == []
        for table, column in (
            ("transactions", "transaction_id"),
            ("invoices", "invoice_id"),
        ):
            total = text(
                f"SELECT count(*) FROM {table} t WHERE allocated <> (SELECT "
                "coalesce(sum(amount), 0) FROM allocations a WHERE a.tenant = t.tenant "
                f"AND a.{column} = t.id AND a.state IN ("
                + ("'reserved')" if table == "invoices" else "'reserved', 'settled')")
                + ")"
            )
            assert connection.scalar(total) == 0
        invoices = connection.execute(select(schema.invoices)).all()
        owed = {row.id: row.outstanding for row in invoices}
        states = connection.scalars(
            select(schema.postings.c.state).group_by(schema.postings.c.state)
        )
        assert set(states) <= {"confirmed", "stopped"}
        assert connection.scalar(select(func.count()).select_from(schema.labels))
    assert owed == {bill.id: 10_000 - ledger.paid(bill.id) for bill in BILLS}


@pytest.mark.slow
def test_work_goes_on_when_the_server_is_restarted_and_when_it_crashes():
    """Sixteen processes, for some seconds; `make chaos` does it for a minute."""
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-m", "tests.store.crowd"),
            *("--seconds", "9"),
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    assert not done.returncode, done.stderr
    assert "each once; the books are right" in done.stdout
    assert "server away" in done.stdout
    for act in ("sync", "match", "ignore", "undo", "apply"):
        assert f"  {act}: done" in done.stdout
