"""The audit log tells when it was tampered with; credentials keep to themselves."""

import pytest
from sqlalchemy import text

from payymo_adapters.errors import StoreError
from payymo_adapters.http import Secret
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults, note
from payymo_adapters.store.connecting import add_connection, spend
from payymo_adapters.store.credentials import Vault, fetch, keep, rotate
from payymo_adapters.store.store import Store
from tests.store.builders import ACT, at, row

GUARDS = ("audit_log_is_append_only", "audit_log_are_not_deleted")


@pytest.fixture
def logged(store):
    with store.writing(ACT) as books:
        for number in range(5):
            note(books, "thing.done", f"main/t{number}", {"why": f"reason {number} é"})
    return store


def faults(store: Store) -> list[str]:
    with store.reading("acme") as connection:
        return audit_faults(connection, "acme")


def tamper(store: Store, statement: str) -> None:
    """Change the log as one who owns the database can."""
    with store.writing(ACT) as books:
        for name in GUARDS:
            on = "" if books.is_sqlite else " ON audit_log"
            books.connection.execute(text(f"DROP TRIGGER {name}{on}"))
        books.connection.execute(text(statement))


def restore(store: Store) -> None:
    """Put back what ``tamper`` took away, for the next test."""
    with store.writing(ACT) as books:
        if not books.is_sqlite:
            for name, event in zip(GUARDS, ("UPDATE", "DELETE"), strict=True):
                books.connection.execute(
                    text(
                        f"CREATE TRIGGER {name} BEFORE {event} ON audit_log "
                        f"FOR EACH ROW EXECUTE FUNCTION payymo_{name}()"
                    )
                )


def test_an_untouched_log_is_whole(logged):
    assert faults(logged) == []
    assert row(logged, schema.tenants).audit_seq == 5


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_log SET actor = 'Eve' WHERE seq = 3", "entry 3 was changed"),
        ("UPDATE audit_log SET detail = '{}' WHERE seq = 1", "entry 1 was changed"),
        ("UPDATE audit_log SET hash = 'x' WHERE seq = 2", "entry 2 was changed"),
        ("DELETE FROM audit_log WHERE seq = 3", "entry 3 is missing"),
        ("DELETE FROM audit_log WHERE seq = 1", "entry 1 is missing"),
        ("DELETE FROM audit_log WHERE seq > 3", "ends with entry 3, but had 5"),
        ("DELETE FROM audit_log", "ends with entry 0, but had 5"),
    ],
)
def test_a_log_that_was_tampered_with_says_where(logged, statement, said):
    tamper(logged, statement)
    try:
        assert any(said in fault for fault in faults(logged))
    finally:
        restore(logged)


def test_an_entry_and_what_it_tells_are_one(store):
    with pytest.raises(ZeroDivisionError), store.writing(ACT) as books:
        note(books, "thing.done", "main/t1", {})
        raise ZeroDivisionError
    assert row(store, schema.tenants).audit_seq == 0
    assert faults(store) == []


# --- credentials ----------------------------------------------------------------------

TOKEN = Secret("token-4711")


@pytest.fixture
def connected(store):
    with store.writing(ACT) as books:
        for name in ("bank", "card"):
            add_connection(books, name, "gocardless", name.title())
    return store


def test_credentials_come_back_and_are_not_in_the_database(connected):
    vault = Vault.of([Vault.new_key()])
    with connected.writing(ACT) as books:
        keep(books, vault, "bank", TOKEN)
        assert fetch(books, vault, "bank").reveal() == TOKEN.reveal()
    sealed = row(connected, schema.connections, id="bank").credentials
    assert TOKEN.reveal().encode() not in sealed
    assert TOKEN.reveal() not in repr(row(connected, schema.audit_log))


def test_keys_are_rotated_and_the_old_one_thrown_away(connected):
    old, new = Vault.new_key(), Vault.new_key()
    with connected.writing(ACT) as books:
        keep(books, Vault.of([old]), "bank", TOKEN)
        keep(books, Vault.of([old]), "card", TOKEN)
    with connected.writing(at(1)) as books:
        assert rotate(books, Vault.of([new, old])) == 2
    with connected.writing(at(2)) as books:
        assert fetch(books, Vault.of([new]), "bank").reveal() == TOKEN.reveal()
        with pytest.raises(StoreError, match="cannot be opened"):
            fetch(books, Vault.of([old]), "card")


def test_a_rotation_without_the_old_key_changes_nothing(connected):
    old = Vault.of([Vault.new_key()])
    with connected.writing(ACT) as books:
        keep(books, old, "bank", TOKEN)
    with pytest.raises(StoreError), connected.writing(at(1)) as books:
        rotate(books, Vault.of([Vault.new_key()]))
    with connected.writing(at(2)) as books:
        assert fetch(books, old, "bank").reveal() == TOKEN.reveal()


def test_credentials_copied_to_another_connection_are_not_opened(connected):
    vault = Vault.of([Vault.new_key()])
    with connected.writing(ACT) as books:
        keep(books, vault, "bank", TOKEN)
        books.connection.execute(
            text(
                "UPDATE connections SET credentials = (SELECT credentials FROM "
                "connections WHERE id = 'bank') WHERE id = 'card'"
            )
        )
        with pytest.raises(StoreError, match="'card' cannot be opened"):
            fetch(books, vault, "card")


def test_what_is_missing_is_said(connected):
    vault = Vault.of([Vault.new_key()])
    with connected.writing(ACT) as books:
        with pytest.raises(StoreError, match="no credentials"):
            fetch(books, vault, "bank")
        with pytest.raises(StoreError, match="no connection 'nowhere'"):
            keep(books, vault, "nowhere", TOKEN)


@pytest.mark.parametrize("keys", [[], [Secret("short")]])
def test_a_vault_without_a_key_is_refused_without_showing_it(keys):
    with pytest.raises(StoreError, match="missing or not a key") as failure:
        Vault.of(keys)
    assert "short" not in str(failure.value)


# --- budgets --------------------------------------------------------------------------


def test_calls_are_counted_against_a_budget_and_no_further(connected):
    with connected.writing(ACT) as books:
        spent = [spend(books, "bank", "transactions", 2) for _ in range(3)]
        assert spent == [True, True, False]
        assert spend(books, "bank", "balances", 2)
    with connected.writing(at(24)) as books:
        assert spend(books, "bank", "transactions", 2)
