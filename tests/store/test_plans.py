"""Every frequent query has its index: no large table is read from end to end."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Connection, Date, bindparam, event, text

from payymo_adapters.pipeline import Policy, apply, decide, match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store.candidates import Named, candidates, holders
from payymo_adapters.store.connecting import (
    add_connection,
    give_back,
    is_used_up,
    spend,
)
from payymo_adapters.store.decisions import (
    confirm,
    ignore,
    match_by_hand,
    reject,
    split,
    undo,
)
from payymo_adapters.store.four_eyes import hold_sums, second, waiting_for_second
from payymo_adapters.store.histories import history
from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.lessons import lesson
from payymo_adapters.store.outbox import (
    delivered,
    due_events,
    events_aside,
    outbox,
    take_in,
)
from payymo_adapters.store.overview import (
    doubts,
    open_postings,
    proposals,
    sources,
    sums,
    unexplained,
    waiting_proposals,
)
from payymo_adapters.store.overview import lines as overview_lines
from payymo_adapters.store.postings import in_flight
from payymo_adapters.store.recording import notice_gone
from payymo_adapters.store.rejections import (
    Origin,
    hold_rejected,
    rejected_of,
    rejected_rows,
)
from payymo_adapters.store.rests import rests, settle_rest, unsettle_rest
from payymo_adapters.store.store import Books, Store
from payymo_adapters.sync import gone_and_posted, known_rows, record_whole_ledger
from payymo_core.errors import Rejected
from payymo_core.rules import Ruleset
from tests.store.builders import (
    NOW,
    Ledger,
    at,
    billed,
    give,
    on_sqlite,
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
MANY = """ WITH RECURSIVE many(n) AS
 (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 4000)"""
OTHERS = (
    "INSERT INTO accounts SELECT 'other', 'main', NULL, 'Main', NULL, NULL, :now",
    (
        "INSERT INTO connections (tenant, id, provider, name, changed_at)"
        " VALUES ('other', 'main', 'file', 'Main', :now)"
    ),
    (
        "INSERT INTO transactions (tenant, id, account_id, external_id, amount, gross,"
        " currency, status, version, digest, payload, recorded_at, changed_at)"
        f"{MANY} SELECT 'other', 'main/o' || n, 'main', 'o' || n, 100, 100, 'EUR',"
        " 'booked', 1, 'x', '{}', :now, :now FROM many"
    ),
    (
        "INSERT INTO transaction_versions SELECT tenant, id, 1, '{}', :now"
        " FROM transactions WHERE tenant = 'other'"
    ),
    (
        "INSERT INTO invoices (tenant, id, outstanding, currency, status, version,"
        f" digest, payload, as_of){MANY} SELECT 'other', 'o' || n, 100, 'EUR', 'open',"
        " 1, 'x', '{}', :now FROM many"
    ),
    (
        "INSERT INTO invoice_snapshots SELECT tenant, id, 1, '{}', :now"
        " FROM invoices WHERE tenant = 'other'"
    ),
    (
        "INSERT INTO match_decisions (tenant, id, transaction_id, state, kind,"
        f" proposal, invoices, actor, created_at){MANY} SELECT 'other', n,"
        " 'main/o' || n, CASE WHEN n % 2 = 0 THEN 'active' ELSE 'proposed' END,"
        " 'match', '{}', '[]', 'Ada', :now FROM many"
    ),
    (
        f"INSERT INTO allocations{MANY} SELECT 'other', n, 'main/o' || n, 'o' || n, 50,"
        " 'EUR', 'reserved', :now FROM many WHERE n % 2 = 0"
    ),
    (
        "INSERT INTO postings (tenant, id, decision_id, invoice_id, kind, amount,"
        f" currency, posting_key, state, planned_at, changed_at){MANY} SELECT 'other',"
        " n, n, 'o' || n, 'payment', 50, 'EUR', 'k' || n, 'planned', :now, :now"
        " FROM many WHERE n % 2 = 0"
    ),
    (
        "INSERT INTO labels (tenant, id, decision_id, transaction_id, invoices,"
        f" verdict, actor, given_at){MANY} SELECT 'other', n, n, 'main/o' || n, '[]',"
        " 'confirm', 'Ada', :now FROM many"
    ),
    (
        "INSERT INTO outbox_events (tenant, seq, kind, subject, payload, created_at,"
        f" next_at){MANY} SELECT 'other', n, 'x', 's' || n, '{{}}', :now, :now"
        " FROM many"
    ),
    (
        f"INSERT INTO audit_log{MANY} SELECT 'other', n, :now, 'Ada', 'x', 's', '{{}}',"
        " n || '', n || '' FROM many"
    ),
    (
        f"INSERT INTO webhook_inbox{MANY} SELECT 'other', 'stripe', 'evt_' || n,"
        " '{}', :now, NULL FROM many"
    ),
    (
        "INSERT INTO call_budgets (tenant, connection_id, budget, day, used, allowed)"
        f"{MANY} SELECT 'other', 'main', 'b' || n, :today, 1, 4 FROM many"
    ),
    (
        "INSERT INTO rejected_records (tenant, connection_id, stream, place, found_in,"
        f" record_id, field, fault, read_at){MANY} SELECT 'other', 'main', 's' || n, 0,"
        " 'a:1', 't' || n, '', 'bad', :now FROM many"
    ),
)
VALUES = (
    bindparam("now", NOW, type_=Utc),
    bindparam("today", NOW.date(), type_=Date),
)


def plan_of(connection: Connection, statement: str, parameters: Any) -> str:
    """How the database goes about a statement; "" for one that it has no plan for."""
    if not statement.lstrip().startswith(READS):
        return ""
    many = parameters if isinstance(parameters, list) else [parameters]
    cursor = connection.connection.cursor()
    explain, _ = PLANS[connection.dialect.name]
    cursor.execute(f"{explain} {statement}", many[0] if many else ())
    return "\n".join(str(line[-1]) for line in cursor.fetchall())


def scanned(connection: Connection, statement: str, plan: str) -> set[str]:
    """The large tables that a statement reads from end to end."""
    _, what = PLANS[connection.dialect.name]
    named = {*re.findall(what, plan)}
    return {name for name in LARGE if named & {name, *aliases(statement, name)}}


def aliases(statement: str, table: str) -> list[str]:
    """What a statement calls a table: SQLite says it by that name."""
    return re.findall(rf"\b{table} AS (\w+)", statement)


READS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
PLANS = {
    "postgresql": ("EXPLAIN", r"Seq Scan on (\w+)"),
    # All of an index is all of the table, too.
    "sqlite": ("EXPLAIN QUERY PLAN", r"\bSCAN (\w+)"),
}


@pytest.fixture
def crowded(store):
    """A store in which another tenant has far more rows than ``acme``."""
    with store.writing(at(0, tenant="other")) as books:
        for statement in OTHERS:
            asked = text(statement)
            used = [each for each in VALUES if f":{each.key}" in statement]
            books.connection.execute(asked.bindparams(*used))
    with store.reading("other") as connection:
        for name in LARGE:
            count = text(f"SELECT count(*) FROM {name} WHERE tenant = 'other'")
            assert connection.scalar(count) >= 2000
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return store


def everything(store: Store) -> None:
    """What a day brings: each step of the pipeline, each verdict, each look at it."""
    lines = [paid(f"t{n}", remittance=f"INV-2026-004{n}") for n in range(9)]
    bills = [billed(f"i{n}", number=f"INV-2026-004{n}") for n in range(9)]
    record(store, lines, bills)
    record(store, [paid("t0")], [billed("i0")], hours=1)
    new = match_undecided(run_of(store, 1), Ruleset(), None).new
    decide(run_of(store, 1), Policy())
    with store.writing(at(2)) as books:
        posted = verdicts(books, new)
    apply(run_of(store, 2), Ledger())
    with store.writing(at(3)) as books:
        undo(books, posted)
        messages(books)
    apply(run_of(store, 3), Ledger())
    with store.writing(at(4)) as books:
        sync(books)
    with store.reading("acme") as connection:
        look(connection)


def verdicts(books: Books, new: Sequence[int]) -> int:
    """Each verdict of a person; gives a decision that is posted after it."""
    hold_sums(books, {"EUR": Decimal("100.00")})
    posted = match_by_hand(books, "main/t1", [give("i1", "119.00")])
    second(evolve(books, actor="Bo"), posted)
    undo(books, match_by_hand(books, "main/t2", [give("i2", "119.00")]))
    reject(books, new[3])
    confirm(books, new[4])
    ignore(books, "main/t5", "a gift")
    split(books, "main/t7", [give("i7", "19.00")], "a deposit")
    match_by_hand(books, "main/t6", [give("i6", "19.00")])
    assert candidates(books, "main/t6", Named(first=["i6"], others=["i7"]), 5)
    assert unsettle_rest(books, settle_rest(books, "main/t6", [], "a gift"))
    settle_rest(books, "main/t6", [give("i7", "20.00")], "")
    assert holders(books, "i6")
    assert in_flight(books) == []
    assert waiting_for_second(books.connection, books.tenant)
    return posted


def messages(books: Books) -> None:
    """What is told and what is asked of the services of others."""
    first, *_ = due_events(books)
    delivered(books, first)
    assert take_in(books, "stripe", "evt_1", "{}")
    assert take_in(books, "stripe", "evt_1", "{}") is False
    add_connection(books, "bank", "gocardless", "Bank")
    assert spend(books, "bank", "transactions", 4)
    give_back(books, "bank", "transactions")
    assert not is_used_up(
        books.connection, books.tenant, "transactions", books.now.date()
    )
    assert outbox(books.connection, books.tenant) is None
    assert list(events_aside(books.connection, books.tenant)) == []


def sync(books: Books) -> None:
    """What is read again, with what is gone and what cannot be read."""
    notice_gone(books, ["main/t3"])
    assert known_rows(books, "main")
    assert not gone_and_posted(books, "main")
    origin = Origin("bank", "file:a.csv")
    bad = Rejected(record_id="t0", fault="is no amount", where="a.csv:7")
    hold_rejected(books, origin, [bad], ())
    assert rejected_of(books, origin)
    hold_rejected(books, Origin("bank", "file:b.csv"), [], ["t0"])
    record_whole_ledger(books, [billed("i8"), billed("i7")], books.now)
    assert lesson(books).labels


def look(connection: Connection) -> None:
    """What ``status``, ``review``, ``history`` and ``export`` ask."""
    for found in (sums, proposals, waiting_proposals, sources, rests):
        assert found(connection, "acme")
    for found in (doubts, unexplained, open_postings, rejected_rows):
        list(found(connection, "acme"))
    assert list(overview_lines(connection, "acme", date(2026, 3, 1), date(2026, 4, 1)))
    for name in ("main/t1", "i1"):
        assert len(history(connection, "acme", name)) > 2


@pytest.fixture
def plans(crowded) -> Iterator[list[tuple[str, str]]]:
    """Each statement that is sent to the store from now on, and its plan."""
    seen: list[tuple[str, str]] = []

    def asked(connection, _cursor, statement, parameters, _context, _many):
        seen.append((statement, plan_of(connection, statement, parameters)))

    event.listen(crowded.engine, "before_cursor_execute", asked)
    yield seen
    event.remove(crowded.engine, "before_cursor_execute", asked)


def test_no_statement_of_a_day_reads_a_large_table_from_end_to_end(crowded, plans):
    everything(crowded)
    seen, words = (
        [*plans],
        {word for sent, _ in plans for word in re.findall(r"\w+", sent)},
    )
    assert words >= LARGE
    with crowded.reading("other") as connection:
        found = {sent: scanned(connection, sent, plan) for sent, plan in seen}
        assert not {sent: names for sent, names in found.items() if names}
        # And what has no index would have been noticed.
        statement = "SELECT id FROM invoices AS bills WHERE number = 'INV-1'"
        plan = plan_of(connection, statement, ())
        assert scanned(connection, statement, plan) == {"invoices"}


KEYED = re.compile(r"SEARCH (\w+) USING (?:COVERING )?INDEX \w+ \(tenant=\?\)")

KEYS = ("transaction_id", "invoice_id", "subject", "decision_id")


@on_sqlite
def test_no_record_is_looked_for_among_all_of_its_tenant(crowded, plans):
    """SQLite by itself takes a tenant for a few rows, and reads them all."""
    everything(crowded)
    indexes = {
        index.name for table in LARGE for index in schema.metadata.tables[table].indexes
    }
    used = {name for _, plan in plans for name in re.findall(r"INDEX (\w+)", plan)}
    assert indexes - used == {"ix_webhook_inbox_waiting"}  # nobody asks for it yet
    for statement, plan in plans:
        if " LIKE " in statement:  # a history: what names an invoice somewhere
            continue
        for table in KEYED.findall(plan):
            for key in KEYS:
                assert f"{table}.{key} = ?" not in statement
