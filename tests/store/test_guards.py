"""What the database itself forbids, whoever writes to it and however."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from payymo_adapters.errors import ConflictError, StoreError
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import ignore, insert_decisions, match_by_hand
from payymo_adapters.store.failures import constraint_of
from payymo_adapters.store.store import Act, Books, bind
from tests.store.builders import (
    ACT,
    NOW,
    billed,
    give,
    on_postgresql,
    paid,
    record,
    row,
)

RAW = {"tenant": "acme", "changed_at": NOW}


def reserve(
    books: Books, decision: int, invoice: str, amount: int, **more: object
) -> Any:
    values = {
        **RAW,
        "decision_id": decision,
        "transaction_id": "main/t1",
        "invoice_id": invoice,
        "amount": amount,
        "currency": "EUR",
        "state": "reserved",
        **more,
    }
    return books.connection.execute(insert(schema.allocations), values)


def decide(books: Books, transaction: str = "main/t1", state: str = "active") -> int:
    given = {
        "transaction_id": transaction,
        "state": state,
        "kind": "match",
        "proposal": "{}",
        "invoices": "[]",
    }
    (number,) = insert_decisions(books, [given])
    return number


def post(books: Books, **more: object) -> Any:
    values = {
        **RAW,
        "id": 1,
        "decision_id": 1,
        "invoice_id": "i1",
        "kind": "payment",
        "amount": 1,
        "currency": "EUR",
        "posting_key": "k1",
        "state": "planned",
        "planned_at": NOW,
        **more,
    }
    return books.connection.execute(insert(schema.postings), values)


def in_doubt(books: Books, **values: str) -> Any:
    """A posting that got no answer, and then gets other values one by one."""
    reserve(books, decide(books), "i1", 1)
    post(books)
    steps = [{"state": "sending"}, {"state": "unknown"}]
    for each in (*steps, *({name: value} for name, value in values.items())):
        books.connection.execute(update(schema.postings).values(each))


def open_account(books: Books, name: str) -> Any:
    values = {"tenant": books.tenant, "id": name, "name": name, "created_at": NOW}
    return books.connection.execute(insert(schema.accounts), values)


def come(books: Books, *accounts: str) -> Any:
    """One statement that brings a transaction to each of some accounts."""
    same = {
        "tenant": books.tenant,
        "external_id": "t9",
        "amount": 1,
        "gross": 1,
        "currency": "EUR",
        "status": "booked",
        "version": 1,
        "digest": "",
        "payload": "{}",
        "recorded_at": NOW,
        "changed_at": NOW,
    }
    rows = [{**same, "id": f"{name}/t9", "account_id": name} for name in accounts]
    return books.connection.execute(insert(schema.transactions).values(rows))


@pytest.fixture
def filled(store):
    record(store, [paid("t1")], [billed("i1")])  # so that there is a history
    record(
        store,
        [paid("t1", "100.00"), paid("t2", "100.00"), paid("us", currency="USD")],
        [billed("i1", "80.00"), billed("i2", "80.00"), billed("i3", status="paid")],
    )
    return store


FORBIDDEN: dict[str, Callable[[Books], Any]] = {
    "beyond the transaction": lambda b: [
        reserve(b, decide(b), "i1", 8000),
        reserve(b, 1, "i2", 2001),
    ],
    "beyond the invoice": lambda b: [
        reserve(b, decide(b), "i1", 7000),
        reserve(b, decide(b, "main/t2"), "i1", 1001, transaction_id="main/t2"),
    ],
    "against the invoice": lambda b: reserve(b, decide(b), "i1", -1),
    "to a paid invoice": lambda b: reserve(b, decide(b), "i3", 1),
    "to no invoice": lambda b: reserve(b, decide(b), "i9", 1),
    "of nothing": lambda b: reserve(b, decide(b), "i1", 0),
    "in another currency": lambda b: reserve(b, decide(b), "i1", 1, currency="USD"),
    "of foreign money": lambda b: reserve(
        b, decide(b, "main/us"), "i1", 1, transaction_id="main/us", currency="USD"
    ),
    "by another's decision": lambda b: reserve(b, decide(b, "main/t2"), "i1", 1),
    "by a decision that does not hold": lambda b: reserve(
        b, decide(b, state="rejected"), "i1", 1
    ),
    "settled without a posting": lambda b: reserve(
        b, decide(b), "i1", 1, state="settled"
    ),
    "settled later without a posting": lambda b: [
        reserve(b, decide(b), "i1", 1),
        b.connection.execute(update(schema.allocations).values(state="settled")),
    ],
    "an allocation that grows": lambda b: [
        reserve(b, decide(b), "i1", 1),
        b.connection.execute(update(schema.allocations).values(amount=2)),
    ],
    "an allocation that vanishes": lambda b: [
        reserve(b, decide(b), "i1", 1),
        b.connection.execute(schema.allocations.delete()),
    ],
    "released while its posting is planned": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b),
        b.connection.execute(update(schema.allocations).values(state="released")),
    ],
    "a posting of more than the allocation": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b, amount=2),
    ],
    "a posting of no allocation": lambda b: [decide(b), post(b)],
    "a reversal of what was never posted": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b, kind="reversal"),
    ],
    "a posting that is confirmed before it was sent": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b),
        b.connection.execute(update(schema.postings).values(state="confirmed")),
    ],
    "a posting that begins sent": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b, state="sending"),
    ],
    "a second posting of an allocation": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b),
        post(b, id=2, posting_key="k2"),
    ],
    "a posting under another's key": lambda b: [
        reserve(b, decide(b), "i1", 1),
        reserve(b, 1, "i2", 1),
        post(b),
        post(b, id=2, invoice_id="i2"),
    ],
    "a posting in doubt that is sent again by nobody": lambda b: in_doubt(
        b, state="sending"
    ),
    "a posting in doubt that is planned again": lambda b: in_doubt(
        b, ruled_by="Ada", state="planned"
    ),
    "a posting in doubt that is given up by nobody": lambda b: in_doubt(
        b, state="refused"
    ),
    "a posting that was sent again and is planned": lambda b: [
        in_doubt(b, ruled_by="Ada", state="sending"),
        b.connection.execute(update(schema.postings).values(state="planned")),
    ],
    "a posting that was sent again and is refused": lambda b: [
        in_doubt(b, ruled_by="Ada", state="sending"),
        b.connection.execute(update(schema.postings).values(state="refused")),
    ],
    "a word of nobody's": lambda b: in_doubt(b, ruled_by="payymo"),
    "a refused payment that is sent again": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b),
        *(
            b.connection.execute(update(schema.postings).values(state=state))
            for state in ("sending", "refused", "planned")
        ),
    ],
    "a second person who is the first": lambda b: [
        decide(b),
        b.connection.execute(update(schema.match_decisions).values(seconded_by="Ada")),
    ],
    "a second person from the beginning": lambda b: insert_decisions(
        b,
        [
            {
                "transaction_id": "main/t1",
                "state": "active",
                "kind": "match",
                "proposal": "{}",
                "invoices": "[]",
                "seconded_by": "Bo",
            }
        ],
    ),
    "a second person of what nobody confirmed": lambda b: [
        decide(b, state="proposed"),
        b.connection.execute(update(schema.match_decisions).values(seconded_by="Bo")),
    ],
    "a sum below nothing": lambda b: b.connection.execute(
        insert(schema.four_eyes),
        {"tenant": "acme", "currency": "EUR", "above": -1, "set_at": NOW},
    ),
    "two decisions for one transaction": lambda b: [decide(b), decide(b)],
    "two proposals for one transaction": lambda b: [
        decide(b, state="proposed"),
        decide(b, state="proposed"),
    ],
    "a decision that ends with money in it": lambda b: [
        reserve(b, decide(b), "i1", 1),
        b.connection.execute(update(schema.match_decisions).values(state="undone")),
    ],
    "a decision that comes back": lambda b: [
        decide(b),
        b.connection.execute(update(schema.match_decisions).values(state="undone")),
        b.connection.execute(update(schema.match_decisions).values(state="active")),
    ],
    "an invoice that shrinks under its money": lambda b: [
        reserve(b, decide(b), "i1", 50),
        b.connection.execute(update(schema.invoices).values(outstanding=49)),
    ],
    "a transaction that shrinks under its money": lambda b: [
        reserve(b, decide(b), "i1", 50),
        b.connection.execute(update(schema.transactions).values(gross=49)),
    ],
    "a repeated external id": lambda b: b.connection.execute(
        text(
            "INSERT INTO transactions (tenant, id, account_id, external_id, amount, "
            "gross, currency, status, version, digest, payload, recorded_at, "
            "changed_at) "
            "SELECT tenant, id, account_id, external_id, amount, gross, currency, "
            "status, version, digest, payload, recorded_at, changed_at FROM"
            " transactions"
        )
    ),
    "an external id under another name": lambda b: b.connection.execute(
        update(schema.transactions).values(external_id="t9")
    ),
    "a transaction of no account": lambda b: come(b, "nowhere"),
    "a transaction of no account among others": lambda b: come(b, "main", "nowhere"),
    "a transaction that moves to another account": lambda b: [
        open_account(b, "card"),
        b.connection.execute(
            text(
                "UPDATE transactions SET account_id = 'card', id = 'card/t2'"
                " WHERE id = 'main/t2'"
            )
        ),
    ],
    "an account that vanishes": lambda b: b.connection.execute(
        schema.accounts.delete()
    ),
    "an account under another id": lambda b: b.connection.execute(
        update(schema.accounts).values(id="card")
    ),
    "money that changes its currency under its invoices": lambda b: [
        reserve(b, decide(b), "i1", 1),
        b.connection.execute(update(schema.transactions).values(currency="USD")),
    ],
    "an invoice that changes its currency under its money": lambda b: [
        reserve(b, decide(b), "i1", 1),
        b.connection.execute(update(schema.invoices).values(currency="USD")),
    ],
    "of money that is gone": lambda b: [
        decide(b),
        b.connection.execute(update(schema.transactions).values(gone_at=NOW)),
        reserve(b, 1, "i1", 1),
    ],
    "an allocation that comes back": lambda b: [
        reserve(b, decide(b), "i1", 1),
        *(
            b.connection.execute(update(schema.allocations).values(state=state))
            for state in ("released", "reserved")
        ),
    ],
    "reversed without a posting": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b),
        *(
            b.connection.execute(update(schema.postings).values(state=state))
            for state in ("sending", "confirmed")
        ),
        b.connection.execute(update(schema.allocations).values(state="reversed")),
    ],
    "a decision that vanishes": lambda b: [
        decide(b),
        b.connection.execute(schema.match_decisions.delete()),
    ],
    "a decision of other invoices": lambda b: [
        decide(b),
        b.connection.execute(update(schema.match_decisions).values(invoices='["i2"]')),
    ],
    "a posting that vanishes": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b),
        b.connection.execute(schema.postings.delete()),
    ],
    "a posting of another sum": lambda b: [
        reserve(b, decide(b), "i1", 2),
        post(b, amount=2),
        b.connection.execute(update(schema.postings).values(amount=1)),
    ],
    "a posting under a new key": lambda b: [
        reserve(b, decide(b), "i1", 1),
        post(b),
        b.connection.execute(update(schema.postings).values(posting_key="k2")),
    ],
    "a history that vanishes": lambda b: b.connection.execute(
        schema.transaction_versions.delete()
    ),
    "a snapshot that changes": lambda b: b.connection.execute(
        update(schema.invoice_snapshots).values(payload="{}")
    ),
    "a history that changes": lambda b: b.connection.execute(
        update(schema.transaction_versions).values(payload="{}")
    ),
    "a snapshot that vanishes": lambda b: b.connection.execute(
        schema.invoice_snapshots.delete()
    ),
    "an audit log that changes": lambda b: b.connection.execute(
        update(schema.audit_log).values(actor="Eve")
    ),
    "an audit log that vanishes": lambda b: b.connection.execute(
        schema.audit_log.delete()
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_forbidden_is_impossible(filled, what):
    before = row(filled, schema.transactions, id="main/t1")
    with pytest.raises(ConflictError), filled.writing(ACT) as books:
        FORBIDDEN[what](books)
    assert row(filled, schema.transactions, id="main/t1") == before


def test_an_account_of_another_tenant_is_none(filled):
    with filled.writing(Act(tenant="other", actor="Eve", now=NOW)) as books:
        open_account(books, "card")
        come(books, "card")
    with (
        pytest.raises(ConflictError),
        filled.writing(Act(tenant="other", actor="Eve", now=NOW)) as books,
    ):
        come(books, "main")


@on_postgresql
def test_a_transaction_of_no_account_is_refused_as_by_a_foreign_key(filled):
    with filled.engine.connect() as connection, connection.begin():
        bind(connection, "acme")
        books = Books(connection=connection, tenant="acme", actor="Ada", now=NOW)
        with pytest.raises(IntegrityError) as caught:
            come(books, "nowhere")
    assert constraint_of(caught.value) == "fk_transactions_accounts"


@on_postgresql
def test_accounts_are_emptied_with_their_transactions_or_not_at_all(filled):
    with pytest.raises(ConflictError), filled.writing(ACT) as books:
        books.connection.execute(text("TRUNCATE accounts CASCADE"))
    with filled.writing(ACT) as books:
        books.connection.execute(text("TRUNCATE accounts, transactions CASCADE"))
        open_account(books, "main")
        come(books, "main")


@on_postgresql
def test_what_rows_are_known_by_is_compared_by_its_bytes(filled):
    """Whatever language the database speaks."""
    other = text(
        "SELECT indexrelid::regclass::text, a.attname FROM pg_index i, "
        "pg_attribute a, pg_class c WHERE c.oid = indrelid AND c.relkind = 'r' "
        "AND c.relnamespace = 'public'::regnamespace AND c.relname <> "
        "'alembic_version' AND a.attrelid = c.oid AND a.attnum = ANY(indkey) "
        "AND a.attcollation NOT IN (0, '\"C\"'::regcollation)"
    )
    with filled.reading() as connection:
        assert connection.execute(other).all() == []


def test_what_is_not_forbidden_is_possible(filled):
    """The guards refuse what they are made for and nothing else."""
    with filled.writing(ACT) as books:
        reserve(books, decide(books), "i1", 8000)
        reserve(books, 1, "i2", 2000)
    assert row(filled, schema.transactions, id="main/t1").allocated == 10_000
    assert row(filled, schema.invoices, id="i2").allocated == 2000


@pytest.mark.parametrize("table", schema.TENANT_TABLES, ids=lambda table: table.name)
def test_a_row_without_its_tenant_is_impossible(table):
    assert not table.c.tenant.nullable
    assert table.primary_key.columns[0].name == "tenant"
    to_tenant = [
        key
        for key in table.foreign_key_constraints
        if "tenant" in key.column_keys and not any(c.nullable for c in key.columns)
    ]
    assert to_tenant, "no reference holds it to a tenant that exists"


def test_a_row_of_an_unknown_tenant_is_impossible(store):
    with pytest.raises(ConflictError, match="no tenant 'nobody'"):
        with store.writing(Act(tenant="nobody", actor="Ada", now=NOW)):
            raise AssertionError
    with pytest.raises(StoreError), store.writing(ACT) as books:
        values = {"id": "main", "name": "Main", "created_at": NOW}
        books.connection.execute(insert(schema.accounts), {"tenant": "no", **values})


def test_a_credit_note_nets_within_the_transaction(store):
    record(store, [paid("t1", "80.00")], [billed("i1", "100.00"), billed("n1", "-20")])
    with store.writing(ACT) as books:
        both = [give("i1", "100.00"), give("n1", "-20.00")]
        match_by_hand(books, "main/t1", both)
    assert row(store, schema.transactions, id="main/t1").allocated == 8000
    assert row(store, schema.invoices, id="n1").allocated == -2000


def test_times_are_in_utc_and_have_a_zone(store):
    with pytest.raises(Exception, match="no time zone"):
        store.add_tenant(Act(tenant="x", actor="Ada", now=NOW.replace(tzinfo=None)), "")
    assert row(store, schema.tenants).created_at == NOW
    assert row(store, schema.tenants).created_at.tzname() == "UTC"


def test_an_ignored_transaction_holds_no_money(filled):
    with pytest.raises(ConflictError), filled.writing(ACT) as books:
        reserve(books, ignore(books, "main/t1", "a gift"), "i1", 1)


# --- row-level security ---------------------------------------------------------------


@on_postgresql
def test_a_client_that_lies_about_its_tenant_sees_nothing(filled):
    for table in schema.TENANT_TABLES:
        with filled.reading("other") as connection:
            count = select(func.count()).select_from(table)
            assert connection.scalar(count.where(table.c.tenant == "acme")) == 0
    with filled.reading("acme") as connection:
        count = select(func.count()).select_from(schema.transactions)
        assert connection.scalar(count) == 3


@on_postgresql
def test_a_client_that_lies_about_its_tenant_writes_nothing(filled):
    other = Act(tenant="other", actor="Eve", now=NOW)
    with (
        pytest.raises(StoreError, match="another tenant"),
        filled.writing(other) as books,
    ):
        values = {"id": "x", "name": "X", "created_at": NOW}
        books.connection.execute(insert(schema.accounts), {"tenant": "acme", **values})
    with filled.writing(other) as books:
        taken = update(schema.transactions).values(remittance="mine")
        assert books.connection.execute(taken).rowcount == 0
        moved = update(schema.tenants).values(name="mine")
        assert books.connection.execute(moved).rowcount == 1


@on_postgresql
def test_a_client_without_a_tenant_sees_nothing(filled):
    with filled.reading() as connection:
        for table in schema.metadata.sorted_tables:
            assert connection.scalar(select(func.count()).select_from(table)) == 0


@on_postgresql
def test_every_table_is_under_row_level_security(filled):
    with filled.reading() as connection:
        free = text(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> "
            "'alembic_version' AND relnamespace = 'public'::regnamespace "
            "AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        assert connection.scalars(free).all() == []
