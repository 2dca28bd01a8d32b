"""What is kept from one run to the next."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from payymo_adapters.banking import BankAccount, BankId, Connection, ConnectionStatus
from payymo_adapters.budget import Allowance, MemoryBudget
from payymo_adapters.errors import FileError
from payymo_adapters.identity import Book
from payymo_adapters.sightings import Known
from payymo_adapters.state import Consented, State

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KNOWN = Known(
    id="K/1",
    said="0a",
    day=date(2026, 3, 1),
    value_date=None,
    amount=-119,
    currency="EUR",
    ids=frozenset({BankId(space="s", value="1"), BankId(space="s", value="2")}),
    balance_after=Decimal("-0.10"),
    doubtful=True,
)


def given(name: str, *keys: str, provider: str = "GoCardless") -> Consented:
    accounts = tuple(BankAccount(key=k, id=f"{name}/{k}", bank="B") for k in keys)
    return Consented(
        country="DE",
        connection=Connection(
            provider=provider,
            id=name,
            bank="B",
            status=ConnectionStatus.LINKED,
            accounts=accounts,
            expires_at=NOON,
        ),
    )


def reached(state: State) -> list[str]:
    held = state.consents()
    return [account.id for each in held for account in each.connection.accounts]


def test_each_account_is_reached_by_the_last_consent_that_opens_it(
    tmp_path: Path,
) -> None:
    state = State(tmp_path)
    for each in (
        given("r1", "A", "B"),
        given("r2", "C"),
        given("s1", "A", provider="Enable Banking"),
        given("r3", "B", "C"),
    ):
        state.keep_consent(each)
    # What the new one does not open is not lost, and one of another provider stands.
    assert reached(state) == ["r1/A", "s1/A", "r3/B", "r3/C"]
    assert [c.connection.id for c in state.consents("GoCardless")] == ["r1", "r3"]


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    state = State(tmp_path / "new")
    state.keep_consent(given("r1", "A"))
    assert state.consents() == (given("r1", "A"),)
    book = Book(account="K", booked=(KNOWN,), pending=(KNOWN,))
    state.keep_book(book)
    assert state.book("K") == book
    assert state.book("other") == Book(account="other")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"account": 1}', "[[[", '[{"a": 1}]']
)
def test_a_file_that_is_spoilt_is_refused(tmp_path: Path, text: str) -> None:
    state = State(tmp_path)
    state.keep_book(Book(account="K"))
    (book,) = (tmp_path / "books").iterdir()
    book.write_text(text, "utf-8")
    with pytest.raises(FileError, match="put a copy from before"):
        state.book("K")


def test_asking_what_is_left_counts_nothing() -> None:
    budget = MemoryBudget(2)
    assert budget.allowance("k", NOON) == Allowance(calls=2)
    budget.take("k", NOON)
    assert budget.allowance("k", NOON) == Allowance(calls=1)
    budget.take("k", NOON)
    tomorrow = datetime(2026, 3, 2, tzinfo=UTC)
    assert budget.allowance("k", NOON) == Allowance(calls=0, later=tomorrow)
    assert budget.allowance("k", tomorrow) == Allowance(calls=2)
    later = tomorrow + timedelta(hours=3)
    budget.close("k", later)
    assert budget.allowance("k", tomorrow) == Allowance(calls=0, later=later)
