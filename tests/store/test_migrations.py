"""The schema, up and down, empty and with data in it."""

from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from payymo_adapters.errors import StoreError
from payymo_adapters.store import database, schema
from payymo_adapters.store.checkup import check
from payymo_adapters.store.seen import seen_versions
from payymo_adapters.store.store import Store, upgrade
from payymo_adapters.store.versions import migrate, newest

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
# What fills a database of a revision; the same SQL on both databases.
ROWS = {
    "0001": (
        "INSERT INTO tenants VALUES ('acme', 'Acme', '2026-03-02 09:30:00', 0, '')",
        (
            "INSERT INTO accounts VALUES"
            " ('acme', 'main', NULL, 'Main', NULL, 'EUR', '2026-03-02 09:30:00')"
        ),
        (
            "INSERT INTO transactions (tenant, id, account_id, external_id, amount,"
            " gross,"
            " currency, status, version, digest, payload, recorded_at, changed_at)"
            " VALUES"
            " ('acme', 'main/t1', 'main', 't1', 100, 100, 'EUR', 'booked', 1, 'x',"
            " '{}',"
            " '2026-03-02 09:30:00', '2026-03-02 09:30:00')"
        ),
        (
            "INSERT INTO invoices (tenant, id, outstanding, currency, status, version,"
            " digest, payload, as_of) VALUES"
            " ('acme', 'i1', 100, 'EUR', 'open', 1, 'x', '{}', '2026-03-02 09:30:00')"
        ),
    ),
    "0002": (
        (
            "INSERT INTO match_decisions (tenant, id, transaction_id, state, kind,"
            " proposal, invoices, actor, created_at) VALUES ('acme', 1, 'main/t1',"
            " 'active', 'match', '{}', '[\"i1\"]', 'Ada', '2026-03-02 09:30:00')"
        ),
        (
            "INSERT INTO allocations VALUES ('acme', 1, 'main/t1', 'i1', 60, 'EUR',"
            " 'reserved', '2026-03-02 09:30:00')"
        ),
    ),
    "0003": (
        (
            "INSERT INTO outbox_events (tenant, seq, kind, subject, payload,"
            " created_at,"
            " next_at) VALUES ('acme', 1, 'match.applied', 'main/t1', '{}',"
            " '2026-03-02 09:30:00', '2026-03-02 09:30:00')"
        ),
    ),
    "0004": (
        "INSERT INTO four_eyes VALUES ('acme', 'EUR', 50, '2026-03-02 09:30:00')",
        "UPDATE match_decisions SET seconded_by = 'Bo' WHERE id = 1",
        (
            "INSERT INTO postings (tenant, id, decision_id, invoice_id, kind, amount,"
            " currency, posting_key, state, planned_at, changed_at) VALUES ('acme', 1,"
            " 1, 'i1', 'payment', 60, 'EUR', 'k1', 'planned', '2026-03-02 09:30:00',"
            " '2026-03-02 09:30:00')"
        ),
        "UPDATE postings SET state = 'sending' WHERE id = 1",
        "UPDATE postings SET state = 'unknown', ruled_by = 'Ada' WHERE id = 1",
    ),
    "0005": (
        (
            "INSERT INTO transactions (tenant, id, account_id, external_id, amount,"
            " gross,"
            " currency, status, version, digest, payload, recorded_at, changed_at)"
            " VALUES"
            " ('acme', 'main/t2', 'main', 't2', 100, 100, 'EUR', 'booked', 1, 'x',"
            " '{}',"
            " '2026-03-02 09:30:00', '2026-03-02 09:30:00')"
        ),
    ),
    "0006": (
        (
            "INSERT INTO connections (tenant, id, provider, name, changed_at) VALUES"
            " ('acme', 'accounts/main', 'file', 'Main', '2026-03-02 09:30:00')"
        ),
        (
            "INSERT INTO rejected_records VALUES ('acme', 'accounts/main',"
            " 'file:a.jsonl', 0, 'a.jsonl:2', 't9', 'amount', 'is no amount',"
            " '2026-03-02 09:30:00')"
        ),
    ),
    "0007": (),
}


def fill(url: str, revision: str) -> None:
    """Write rows of a revision and of those before it."""
    engine = database.connect(url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('payymo.tenant','acme',true)"))
        for step in REVISIONS[: REVISIONS.index(revision) + 1]:
            for statement in ROWS[step]:
                connection.exec_driver_sql(statement)
    engine.dispose()


def counts(url: str) -> dict[str, int]:
    """How many rows each table holds."""
    engine = database.connect(url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('payymo.tenant','acme',true)"))
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        found = {
            name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar()
            for name in tables
        }
    engine.dispose()
    return {name: number for name, number in found.items() if number}


def test_the_migrations_make_what_the_schema_says(empty_url):
    upgrade(empty_url)
    engine = database.connect(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found = compare_metadata(context, schema.metadata)
        # On PostgreSQL a trigger does what this foreign key does.
        is_sqlite = connection.dialect.name == "sqlite"
        wanted = [] if is_sqlite else [("add_fk", "fk_transactions_accounts")]
        assert [(kind, thing.name) for kind, thing in found] == wanted
    engine.dispose()


def test_revisions_are_those_that_are_tested():
    assert newest() == REVISIONS[-1]
    assert set(ROWS) == set(REVISIONS)


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_with_data_comes_up_from_each_revision(empty_url, revision):
    assert upgrade(empty_url, revision) == ("", revision)
    fill(empty_url, revision)
    before = counts(empty_url)
    upgrade(empty_url)
    assert counts(empty_url) == before
    assert "transactions" in before
    Store.open(empty_url).close()


@pytest.mark.parametrize("revision", ["base", *REVISIONS[:-1]])
def test_a_database_with_data_goes_down_to_each_revision(empty_url, revision):
    upgrade(empty_url)
    fill(empty_url, REVISIONS[-1])
    before = counts(empty_url)
    upgrade(empty_url, revision)
    after = counts(empty_url)
    assert after == {name: before[name] for name in after}
    assert ("transactions" in after) == (revision != "base")
    assert ("allocations" in after) == (revision not in ("base", "0001"))
    assert ("rejected_records" in after) == (revision == "0006")
    upgrade(empty_url)
    assert check(empty_url) == []


def test_what_was_known_of_invoices_counts_as_seen_when_it_came_up(empty_url):
    upgrade(empty_url, "0005")
    fill(empty_url, "0005")
    upgrade(empty_url)
    store = Store.open(empty_url)
    with store.reading("acme") as connection:
        [seen] = seen_versions(connection, "acme", "i1")
    store.close()
    assert seen.at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_what_a_migration_leaves_behind_is_nothing(empty_url):
    upgrade(empty_url)
    upgrade(empty_url, "base")
    engine = database.connect(empty_url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        if connection.dialect.name == "postgresql":
            left = connection.execute(
                text("SELECT proname FROM pg_proc WHERE proname LIKE 'payymo%'")
            )
            assert left.all() == []
    engine.dispose()


def test_a_migration_that_breaks_off_leaves_the_old_schema(empty_url):
    upgrade(empty_url, "0001")
    engine = database.connect(empty_url)
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        migrate(connection)
        raise ZeroDivisionError
    engine.dispose()
    assert "allocations" not in counts(empty_url)
    assert upgrade(empty_url) == ("0001", "0007")


@pytest.mark.parametrize("revision", ["base", "0001"])
def test_a_store_at_another_revision_says_what_to_do(empty_url, revision):
    upgrade(empty_url)
    upgrade(empty_url, revision)
    with pytest.raises(StoreError, match=r"needs 0007\. Run `payymo db upgrade`"):
        Store.open(empty_url)


def test_a_store_of_a_newer_payymo_is_left_alone(empty_url):
    upgrade(empty_url)
    engine = create_engine(
        empty_url.replace("postgresql:", "postgresql+psycopg:"), future=True
    )
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StoreError, match="newer than this Payymo"):
        Store.open(empty_url)
