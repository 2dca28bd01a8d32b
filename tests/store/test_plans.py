"""Every frequent query has its index: no large table is read from end to end."""

from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from payymo_adapters.pipeline import Policy, apply, decide, match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import match_by_hand, undo
from payymo_adapters.store.outbox import due_events
from payymo_adapters.store.proposals import labels
from payymo_adapters.store.recording import notice_gone
from payymo_adapters.store.store import Store
from payymo_adapters.sync import gone_and_posted, known_rows
from payymo_core.rules import Ruleset
from tests.store.builders import (
    Ledger,
    at,
    billed,
    give,
    on_postgresql,
    paid,
    record,
    run_of,
)

LARGE = frozenset(table.name for table in schema.metadata.sorted_tables) - {
    # A few rows a tenant.
    *("tenants", "connections", "accounts", "rulesets", "sync_cursors"),
    "four_eyes",
}
# A large tenant's books beside those of ``acme``, so that reading all of a table is
# never the quickest way to a tenant's rows.
OTHERS = (
    "INSERT INTO accounts SELECT 'other', 'main', NULL, 'Main', NULL, NULL, now()",
    (
        "INSERT INTO transactions (tenant, id, account_id, external_id, amount, gross,"
        " currency, status, version, digest, payload, recorded_at, changed_at)"
        " SELECT 'other',"
        " 'main/o' || n, 'main', 'o' || n, 100, 100, 'EUR', 'booked', 1, 'x', '{}',"
        " now(), now()"
        " FROM generate_series(1, 4000) n"
    ),
    (
        "INSERT INTO transaction_versions SELECT tenant, id, 1, '{}', now()"
        " FROM transactions WHERE tenant = 'other'"
    ),
    (
        "INSERT INTO invoices (tenant, id, outstanding, currency, status, version,"
        " digest,"
        " payload, as_of) SELECT 'other', 'o' || n, 100, 'EUR', 'open', 1, 'x',"
        " '{}', now()"
        " FROM generate_series(1, 4000) n"
    ),
    (
        "INSERT INTO invoice_snapshots SELECT tenant, id, 1, '{}', now()"
        " FROM invoices WHERE tenant = 'other'"
    ),
    (
        "INSERT INTO match_decisions (tenant, id, transaction_id, state, kind,"
        " proposal,"
        " invoices, actor, created_at) SELECT 'other', n, 'main/o' || n,"
        " CASE WHEN n % 2 = 0 THEN 'active' ELSE 'proposed' END, 'match', '{}', '[]',"
        " 'Ada', now() FROM generate_series(1, 4000) n"
    ),
    (
        "INSERT INTO allocations SELECT 'other', n, 'main/o' || n, 'o' || n, 50, 'EUR',"
        " 'reserved', now() FROM generate_series(2, 4000, 2) n"
    ),
    (
        "INSERT INTO postings (tenant, id, decision_id, invoice_id, kind, amount,"
        " currency,"
        " posting_key, state, planned_at, changed_at) SELECT 'other', n, n, 'o' || n,"
        " 'payment', 50, 'EUR', 'k' || n, 'planned', now(), now()"
        " FROM generate_series(2, 4000, 2) n"
    ),
    (
        "INSERT INTO labels (tenant, id, decision_id, transaction_id, invoices,"
        " verdict,"
        " actor, given_at) SELECT 'other', n, n, 'main/o' || n, '[]', 'confirm', 'Ada',"
        " now() FROM generate_series(1, 4000) n"
    ),
    (
        "INSERT INTO outbox_events (tenant, seq, kind, subject, payload, created_at,"
        " next_at) SELECT 'other', n, 'x', 's' || n, '{}', now(), now()"
        " FROM generate_series(1, 4000) n"
    ),
    (
        "INSERT INTO audit_log SELECT 'other', n, now(), 'Ada', 'x', 's', '{}', n, n"
        " FROM generate_series(1, 4000) n"
    ),
)


def scanned(connection: Connection, statement: str, parameters: Any) -> set[str]:
    """The large tables that a statement reads from end to end."""
    if not statement.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
        return set()
    many = parameters if isinstance(parameters, list) else [parameters]
    cursor = connection.connection.cursor()
    cursor.execute(f"EXPLAIN {statement}", many[0] if many else None)
    plan = "\n".join(line for (line,) in cursor.fetchall())
    return {name for name in LARGE if f"Seq Scan on {name} " in plan}


@pytest.fixture
def crowded(store):
    """A store in which another tenant has far more rows than ``acme``."""
    with store.writing(at(0, tenant="other")) as books:
        for statement in OTHERS:
            books.connection.execute(text(statement))
    with store.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return store


def everything(store: Store) -> None:
    """What a day brings: each step of the pipeline, each verdict."""
    lines = [paid(f"t{n}", remittance=f"INV-2026-004{n}") for n in range(5)]
    bills = [billed(f"i{n}", number=f"INV-2026-004{n}") for n in range(5)]
    record(store, lines, bills)
    record(store, [paid("t0")], [billed("i0")], hours=1)
    match_undecided(run_of(store, 1), Ruleset(), None)
    decide(run_of(store, 1), Policy())
    with store.writing(at(2)) as books:
        posted = match_by_hand(books, "main/t1", [give("i1", "119.00")])
        undo(books, match_by_hand(books, "main/t2", [give("i2", "119.00")]))
        due_events(books)
        labels(books)
        notice_gone(books, ["main/t3"])
        assert known_rows(books, "main")
        assert not gone_and_posted(books, "main")
    apply(run_of(store, 2), Ledger())
    with store.writing(at(3)) as books:
        undo(books, posted)
    apply(run_of(store, 3), Ledger())


@on_postgresql
def test_no_statement_of_a_day_reads_a_large_table_from_end_to_end(crowded):
    found: dict[str, set[str]] = {}
    seen = 0

    def look(connection, _cursor, statement, parameters, _context, _many):
        nonlocal seen
        seen += 1
        for name in scanned(connection, statement, parameters):
            found.setdefault(name, set()).add(statement)

    event.listen(crowded.engine, "before_cursor_execute", look)
    everything(crowded)
    event.remove(crowded.engine, "before_cursor_execute", look)
    assert seen > 100
    assert not found
    # And what has no index would have been noticed.
    with crowded.reading("other") as connection:
        statement = "SELECT id FROM invoices WHERE number = 'INV-1'"
        assert scanned(connection, statement, {}) == {"invoices"}
