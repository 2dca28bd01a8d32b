"""Both bank providers behind one port, over real HTTP: the same tests for both."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from payymo_adapters.banking import (
    AccountStatus,
    BankAccount,
    ConnectionStatus,
    ConsentGoneError,
    Period,
    carried_over,
)
from payymo_adapters.budget import MemoryBudget
from payymo_adapters.consent import (
    ConsentError,
)
from payymo_adapters.enablebanking import EnableBanking
from payymo_adapters.errors import LimitError, ProviderError, UndeliveredError
from payymo_adapters.gocardless import BankAccountData
from payymo_adapters.http import Secret
from payymo_adapters.identity import Book, absorb
from tests.fakes.banks import (
    PRIVATE,
    PUBLIC,
    SECRETS,
    Setting,
    enable_banking,
    gocardless,
)


@pytest.fixture(params=[gocardless, enable_banking], ids=["gocardless", "enable"])
def setting(request: pytest.FixtureRequest) -> Iterator[Setting]:
    with request.param() as made:
        yield made


def test_a_user_connects_and_the_account_is_read(setting: Setting) -> None:
    connection = setting.connect()
    assert connection.status is ConnectionStatus.LINKED
    (account,) = connection.accounts
    assert account.key == account.iban == "DE89370400440532013000"
    assert account.status is AccountStatus.READY
    for n in range(5):
        setting.book(f"2026-03-0{n + 1}", "119.00", f"INV-{n}", f"b{n}")
    setting.book("2026-03-05", "-30.00", "Rent", "")
    listing = setting.fetch(account)
    assert not listing.rejected
    found = absorb(Book(account=account.key), listing)
    assert len(found.new) == 6
    first, *_, rent = sorted(found.new, key=lambda record: -record.amount)
    assert (first.amount, first.currency) == (Decimal("119.00"), "EUR")
    assert first.counterparty
    assert first.counterparty.name == "Anna Berg"
    assert rent.amount == Decimal("-30.00")
    period = Period(since=date(2026, 3, 2), until=date(2026, 3, 3))
    again = setting.fetch(account, period)
    assert [line.transaction.remittance for line in again.booked] == ["INV-1", "INV-2"]
    assert not absorb(found.book, again).new
    (balance,) = setting.driver.run(setting.provider.balances(account))
    assert balance.amount == Decimal("657.49")


def test_a_consent_ends_after_half_a_year_and_is_warned_of_ahead(
    setting: Setting,
) -> None:
    connection = setting.connect()
    again = setting.driver.run(setting.provider.connection(connection.id))
    assert again == connection
    assert connection.expires_at
    now = datetime.now(UTC)
    assert 178 <= (connection.days_left(now) or 0) <= 180
    assert not connection.warning(now)
    assert "in 13 days" in connection.warning(connection.expires_at - timedelta(13.5))
    assert "has ended" in connection.warning(connection.expires_at)


def test_to_reconnect_keeps_the_history_though_ids_change(setting: Setting) -> None:
    before = setting.connect()
    setting.book("2026-03-01", "119.00", "INV-1", "")
    setting.book("2026-03-01", "119.00", "INV-1", "")
    (account,) = before.accounts
    book = absorb(Book(account=account.key), setting.fetch(account)).book
    setting.end()
    with pytest.raises(ConsentGoneError, match="Connect the bank again"):
        setting.fetch(account)
    after = setting.connect()
    carried = carried_over(before, after)
    (kept,) = carried.kept
    assert (carried.added, carried.missing) == ((), ())
    assert (kept.key, kept.id != account.id) == (account.key, True)
    setting.book("2026-03-02", "7.00", "INV-2", "")
    found = absorb(book, setting.fetch(kept))
    assert [record.remittance for record in found.new] == ["INV-2"]
    assert not found.doubts


def test_nobody_else_can_finish_what_a_user_began(setting: Setting) -> None:
    with pytest.raises(ConsentError, match="begun by another user"):
        setting.connect(user="anna", back="berta")


def test_a_consent_that_is_not_given_connects_nothing(setting: Setting) -> None:
    with pytest.raises(ConsentError, match="was not given"):
        setting.refused()


def test_a_connection_can_be_ended(setting: Setting) -> None:
    connection = setting.connect()
    setting.driver.run(setting.provider.disconnect(connection.id))
    with pytest.raises(ProviderError):
        setting.fetch(connection.accounts[0])


def test_the_bank_s_limit_of_the_day_is_told_and_not_hammered(
    setting: Setting,
) -> None:
    (account,) = setting.connect().accounts
    for _ in range(4):
        setting.fetch(account)
    asked = len(setting.fake.faults.seen)
    with pytest.raises(LimitError):
        setting.fetch(account)
    assert len(setting.fake.faults.seen) == asked + 1


def test_the_bank_s_limit_of_the_day_is_kept_for_the_next_run(setting: Setting) -> None:
    (account,) = setting.connect().accounts
    budget = MemoryBudget(calls_a_day=100)
    setting = evolve(setting, driver=evolve(setting.driver, budget=budget))
    for _ in range(4):
        setting.fetch(account)
    with pytest.raises(LimitError):
        setting.fetch(account)
    asked = len(setting.fake.faults.seen)
    later = evolve(setting, driver=evolve(setting.driver, budget=budget))
    with pytest.raises(LimitError, match="Next call possible at"):
        later.fetch(account)
    assert len(setting.fake.faults.seen) == asked


def test_our_own_budget_is_asked_first(setting: Setting) -> None:
    (account,) = setting.connect().accounts
    driver = evolve(setting.driver, budget=MemoryBudget(calls_a_day=1))
    setting = evolve(setting, driver=driver)
    for n in range(5):
        setting.book(f"2026-03-0{n + 1}", "1.00", f"INV-{n}", "")
    assert len(setting.fetch(account).booked) == 5
    asked = len(setting.fake.faults.seen)
    with pytest.raises(LimitError, match="Next call possible at"):
        setting.fetch(account)
    assert len(setting.fake.faults.seen) == asked
    setting.driver.run(setting.provider.balances(account))


def test_what_fails_once_is_asked_for_again(setting: Setting) -> None:
    (account,) = setting.connect().accounts
    setting.book("2026-03-01", "1.00", "INV-1", "")
    setting.fake.faults.inject("/transactions", 502)
    setting.fake.faults.inject("/transactions/", 502)
    assert len(setting.fetch(account).booked) == 1


def test_what_fails_always_is_an_unknown_outcome(setting: Setting) -> None:
    (account,) = setting.connect().accounts
    for _ in range(9):
        setting.fake.faults.inject("/transactions", 503)
        setting.fake.faults.inject("/transactions/", 503)
    with pytest.raises(UndeliveredError):
        setting.fetch(account)


def failure(setting: Setting, account: BankAccount, status: int) -> str:
    """What is shown when the balances are answered so."""
    echo = {"summary": "x", "message": "x", "detail": "y"}
    for ending in ("/balances", "/balances/"):
        for _ in range(4):
            setting.fake.faults.inject(ending, status, echo)
    with pytest.raises(ProviderError) as raised:
        setting.driver.run(setting.provider.balances(account))
    for answers in setting.fake.faults.waiting.values():
        answers.clear()
    return repr(raised.value) + str(raised.value)


def test_no_secret_shows_in_a_log_a_repr_or_an_error(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        connection = setting.connect()
        (account,) = connection.accounts
        statuses = (400, 401, 402, 403, 404, 409, 418, 429, 500)
        errors = [failure(setting, account, status) for status in statuses]
    shown = [caplog.text, repr(setting.provider), repr(connection), *errors]
    assert caplog.text
    for secret in SECRETS:
        assert not [text for text in shown if secret in text]


# --- of one provider only -------------------------------------------------------------


def test_a_token_that_ended_is_refreshed_and_one_that_cannot_be_is_made_anew() -> None:
    with gocardless() as setting:
        (account,) = setting.connect().accounts
        seen = setting.fake.faults.seen
        setting.fake.tokens = {
            token: kind
            for token, kind in setting.fake.tokens.items()
            if kind != "access"
        }
        seen.clear()
        setting.fetch(account)
        assert [call.rpartition("/api/v2")[2] for call in seen] == [
            f"/accounts/{account.id}/transactions/",
            "/token/refresh/",
            f"/accounts/{account.id}/transactions/",
        ]
        setting.fake.forget_tokens()
        seen.clear()
        setting.fetch(account)
        assert [call for call in seen if "token" in call] == [
            "POST /api/v2/token/refresh/",
            "POST /api/v2/token/new/",
        ]


def test_tokens_are_kept_between_flows() -> None:
    with gocardless() as setting:
        setting.connect()
        tokens = [call for call in setting.fake.faults.seen if "token" in call]
        assert tokens == ["POST /api/v2/token/new/"]


def test_wrong_secrets_are_said_to_be_wrong() -> None:
    with gocardless() as setting:
        wrong = BankAccountData(secret_id=Secret("s-id"), secret_key=Secret("n0pe"))
        with pytest.raises(ProviderError, match="not accepted") as raised:
            setting.driver.run(wrong.banks("DE"))
        assert "n0pe" not in str(raised.value)


def test_a_bank_that_tells_less_is_asked_for_less() -> None:
    with enable_banking() as setting:
        (account,) = setting.connect().accounts
        today = datetime.now(UTC).date()
        setting.fake.longest_days = 30
        setting.book(str(today - timedelta(3)), "1.00", "INV-1", "")
        since = today - timedelta(100)
        listing = setting.fetch(account, Period(since=since))
        assert len(listing.booked) == 1
        assert listing.period.since == today - timedelta(25)


def test_a_key_that_is_none_is_said_to_be_none() -> None:
    with enable_banking() as setting:
        for key in ("n0pe", PUBLIC, PRIVATE.replace("A", "B")):
            wrong = EnableBanking(application_id="app-1", private_key=Secret(key))
            with pytest.raises(ProviderError, match="not an RSA key") as raised:
                setting.driver.run(wrong.banks("DE"))
            assert raised.value.__cause__ is None
            assert key not in str(raised.value)


def test_another_key_is_not_let_in() -> None:
    with enable_banking() as setting:
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = other.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode()
        wrong = EnableBanking(application_id="app-1", private_key=Secret(pem))
        with pytest.raises(ProviderError, match="Check the application id"):
            setting.driver.run(wrong.banks("DE"))
