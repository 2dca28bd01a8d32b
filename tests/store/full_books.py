"""Books with something of everything: every table, every state that lasts."""

import json
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, text

from payymo_adapters.errors import LimitError, RefusedError, UndeliveredError
from payymo_adapters.http import Secret
from payymo_adapters.pipeline import apply, match_undecided
from payymo_adapters.store import database, schema
from payymo_adapters.store.connecting import add_connection, move_cursor, spend
from payymo_adapters.store.credentials import Vault, keep
from payymo_adapters.store.decisions import (
    ignore,
    match_by_hand,
    reject,
    split,
    undo,
)
from payymo_adapters.store.four_eyes import hold_sums
from payymo_adapters.store.outbox import begin, delivered, due_events, postpone, take_in
from payymo_adapters.store.postings import begin_next
from payymo_adapters.store.recording import (
    add_account,
    record_transactions,
)
from payymo_adapters.store.rejections import Origin, hold_rejected
from payymo_adapters.store.store import Act, Store
from payymo_core import Ruleset
from payymo_core.errors import Rejected
from tests.store.builders import (
    ACT,
    HAND,
    Ledger,
    at,
    billed,
    give,
    paid,
    record,
    run_of,
)

VAULT = Vault.of([Vault.new_key()])
TOKEN = Secret("token-4711")
MANY = 5_200
"""Transactions of the other tenant: more than go at once."""


def fill(store: Store) -> Ledger:
    """Fill a store without records, and give the ledger that has its postings.

    Of ``acme``: i1 is paid, i2's payment is unknown and was made, i3's was refused,
    i4's was on its way when the process stopped, i5's waits to be sent, i6's was paid
    and is to be taken back.
    """
    store.add_tenant(ACT, "Acme Hosting")
    lines = [paid(f"t{n}", remittance=f"Zoë pays i{n}, ✓") for n in range(1, 10)]
    record(store, lines, [billed(f"i{n}") for n in range(1, 10)])
    ledger = Ledger()
    with store.writing(ACT) as books:
        undone = match_by_hand(books, "main/t6", [give("i6", "119.00")])
        match_by_hand(books, "main/t1", [give("i1", "119.00")])
    apply(run_of(store), ledger)
    with store.writing(at(0.1)) as books:
        match_by_hand(books, "main/t2", [give("i2", "119.00")])
        match_by_hand(books, "main/t3", [give("i3", "119.00")])
    ledger.faults = [
        ("after", UndeliveredError("Ledger", "no answer")),
        ("before", RefusedError("Ledger", "no such invoice")),
    ]
    apply(run_of(store, 0.1), ledger)
    with store.writing(at(0.2)) as books:
        match_by_hand(books, "main/t4", [give("i4", "119.00")])
        match_by_hand(books, "main/t5", [give("i5", "119.00")])
        ignore(books, "main/t8", "ours")
        split(books, "main/t9", [give("i9", "19.00")], "a gift")
    ledger.faults = [
        ("asked", UndeliveredError("Ledger", "no answer")),
        ("before", LimitError("Ledger", "too often", until=None)),
    ]
    apply(run_of(store, 0.2), ledger)
    with store.writing(at(0.3)) as books:
        assert begin_next(books)
        undo(books, undone)
    _around(store)
    _other(store)
    return ledger


def filled(url: str) -> None:
    store = Store.open(url)
    fill(store)
    store.close()


def triggers(url: str) -> list[tuple[Any, ...]]:
    engine = database.connect(url)
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
    if url.startswith("postgresql"):
        asked = (
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "
            "WHERE NOT tgisinternal ORDER BY 1, 2"
        )
    with engine.connect() as connection:
        found = [tuple(each) for each in connection.execute(text(asked))]
    engine.dispose()
    assert found
    return found


def _around(store: Store) -> None:
    """What is neither a decision nor a posting."""
    said = json.dumps({"name": "Zoë"}, ensure_ascii=False)
    with store.writing(at(1)) as books:
        hold_sums(books, {"EUR": Decimal(5000)})
        add_connection(books, "accounts/main", "file", "Main account")
        bad = Rejected(record_id="t0", fault="is no amount", where="a.jsonl:7")
        origin = Origin("accounts/main", "file:a.jsonl")
        hold_rejected(books, origin, [bad], ())
        books.connection.execute(
            insert(schema.rulesets),
            {
                "tenant": "acme",
                "version": 1,
                "content": said,
                "digest": "d",
                "created_at": books.now,
                "actor": HAND,
            },
        )
        add_connection(books, "bank", "gocardless", "Bank")
        keep(books, VAULT, "bank", TOKEN)
        assert spend(books, "bank", "transactions", 4)
        move_cursor(books, "main", "file:a.xml", "abc")
        assert take_in(books, "stripe", "evt_1", said)
        hold_sums(books, {"EUR": Decimal("1000.00")})
        begin(books)
        first, second, *_ = due_events(books)
        delivered(books, first)
        postpone(books, second, "no answer")
    changed = [paid("t7", "120.00")]
    record(store, changed, [billed("i7", "120.00", number="INV-7")], hours=2)
    new = match_undecided(run_of(store, 3), Ruleset(), 1).new
    with store.writing(at(3.1)) as books:
        reject(books, new[0])


def _other(store: Store) -> None:
    """Another tenant, with the ids of the first and many more."""
    act = Act(tenant="other", actor=HAND, now=ACT.now)
    store.add_tenant(act, "Other & Söhne")
    with store.writing(act) as books:
        add_account(books, "main", "Main")
        lines = [paid(f"t{n}", f"{n}.01") for n in range(1, MANY)]
        record_transactions(books, "main", lines)
        ignore(books, "main/t1", "ours")
