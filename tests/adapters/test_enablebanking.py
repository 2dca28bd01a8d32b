"""Enable Banking: its token, its fields, its errors."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from payymo_adapters.banking import (
    AccountStatus,
    Bank,
    BankAccount,
    BankLine,
    ConnectionStatus,
    ConsentGoneError,
    Period,
    Wish,
)
from payymo_adapters.enablebanking import EnableBanking
from payymo_adapters.enablebanking.faults import fault_of, is_worth_asking_again
from payymo_adapters.enablebanking.mapping import to_line
from payymo_adapters.enablebanking.signing import application_token
from payymo_adapters.enablebanking.wire import read_entry
from payymo_adapters.errors import (
    FieldError,
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.http import Secret
from payymo_adapters.payload import Fields
from payymo_core.records import TransactionStatus
from tests.flows import Script, answered, revealed, run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PROVIDER = EnableBanking(
    application_id="app-1", private_key=Secret(PEM), clock=lambda: NOW
)
ACCOUNT = BankAccount(key="k", id="a 1", bank="DE Bank")
ENTRY: dict[str, Any] = {
    "entry_reference": "5561990681",
    "transaction_id": "changes",
    "transaction_amount": {"amount": "119.00", "currency": "EUR"},
    "credit_debit_indicator": "CRDT",
    "status": "BOOK",
    "booking_date": "2026-03-02",
    "value_date": "2026-03-01",
    "debtor": {"name": "Anna Berg"},
    "creditor": {"name": "Nordwind Hosting"},
    "debtor_account": {"iban": "DE89 3704 0044 0532 0130 00"},
    "reference_number": "RF18539007547034",
    "reference_number_schema": "INTL",
    "remittance_information": ["RF18539007547034", "Hosting 2026"],
    "balance_after_transaction": {"amount": "500.00", "currency": "EUR"},
}


def line(**changed: object) -> BankLine:
    return to_line(read_entry(Fields({**ENTRY, **changed})))


# --- the token ------------------------------------------------------------------------


def test_the_token_is_signed_by_the_application_and_short_lived() -> None:
    token = application_token("app-1", Secret(PEM), NOW).reveal()
    claims = jwt.decode(
        token,
        KEY.public_key(),
        ["RS256"],
        audience="api.enablebanking.com",
        issuer="enablebanking.com",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert jwt.get_unverified_header(token) == {
        "typ": "JWT",
        "alg": "RS256",
        "kid": "app-1",
    }
    assert claims["iat"] == NOW.timestamp()
    assert 0 < claims["exp"] - claims["iat"] <= 86_400


def test_another_key_does_not_verify_it() -> None:
    token = application_token("app-1", Secret(PEM), NOW).reveal()
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, other.public_key(), ["RS256"], audience="x")


# --- fields ---------------------------------------------------------------------------


def test_a_credit_is_what_it_says() -> None:
    found = line()
    record = found.transaction
    assert (record.amount, record.currency) == (Decimal("119.00"), "EUR")
    assert (record.booking_date, record.value_date) == (
        date(2026, 3, 2),
        date(2026, 3, 1),
    )
    assert record.creditor_reference == "RF18539007547034"
    assert record.remittance == "Hosting 2026"
    assert record.counterparty
    assert record.counterparty.name == "Anna Berg"
    assert record.counterparty.iban == "DE89370400440532013000"
    assert [each.value for each in found.ids] == ["5561990681"]
    assert found.balance_after == Decimal("500.00")
    assert "changes" not in repr(found.ids)


@pytest.mark.parametrize("amount", ["119.00", "-119.00"])
def test_the_indicator_gives_the_sign_whatever_the_amount_has(amount: str) -> None:
    money = {"amount": amount, "currency": "EUR"}
    assert line(transaction_amount=money).transaction.amount == Decimal("119.00")
    debit = line(transaction_amount=money, credit_debit_indicator="DBIT").transaction
    assert debit.amount == Decimal("-119.00")
    assert debit.counterparty
    assert debit.counterparty.name == "Nordwind Hosting"


def test_a_direct_debit_s_reference_is_its_mandate() -> None:
    record = line(reference_number="M1", reference_number_schema="SDDM").transaction
    assert (record.mandate_id, record.creditor_reference) == ("M1", None)


@pytest.mark.parametrize("reference", [None, "", " ", "0", "NOTPROVIDED"])
def test_a_reference_that_is_none_is_no_id(reference: object) -> None:
    assert line(entry_reference=reference).ids == ()


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("BOOK", TransactionStatus.BOOKED),
        ("PDNG", TransactionStatus.PENDING),
        ("HOLD", TransactionStatus.PENDING),
        ("SCHD", TransactionStatus.PENDING),
        ("OTHR", TransactionStatus.PENDING),
    ],
)
def test_only_what_is_booked_is_booked(status: str, wanted: TransactionStatus) -> None:
    assert line(status=status).transaction.status is wanted


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"status": "NEWS"}, "status"),
        ({"credit_debit_indicator": "BOTH"}, "credit_debit_indicator"),
        ({"credit_debit_indicator": None}, "credit_debit_indicator"),
        ({"booking_date": None, "value_date": None}, "booking_date"),
        ({"transaction_amount": {"amount": 1.5}}, "transaction_amount.amount"),
        (
            {"transaction_amount": {"amount": "1", "currency": "??"}},
            "transaction_amount.currency",
        ),
    ],
)
def test_a_fault_names_its_field(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(FieldError) as raised:
        line(**changed)
    assert raised.value.path == path


# --- flows ----------------------------------------------------------------------------


def test_pages_are_joined_even_where_one_is_empty() -> None:
    script = Script(
        [
            answered(200, {"transactions": [ENTRY], "continuation_key": "k1"}),
            answered(200, {"transactions": [], "continuation_key": "k2"}),
            answered(200, {"transactions": [{**ENTRY, "status": "RJCT"}]}),
        ]
    )
    period = Period(since=date(2026, 1, 1), until=date(2026, 3, 1))
    found = run(PROVIDER.transactions(ACCOUNT, period), script)
    assert len(found.booked) == 1
    assert found.notes == ("1 rejected by the bank, left out",)
    first, second, third = script.asked
    assert first.path == "/accounts/a%201/transactions"
    assert first.query == (("date_from", "2026-01-01"), ("date_to", "2026-03-01"))
    assert second.query == (*first.query, ("continuation_key", "k1"))
    assert third.query[-1] == ("continuation_key", "k2")
    # Pages are one call of the bank's four a day.
    assert [each.budget for each in script.asked] == ["a 1/transactions", "", ""]
    assert revealed(first, "authorization").startswith("Bearer ey")


def test_an_end_without_a_beginning_is_not_asked_for() -> None:
    script = Script([answered(200, {"transactions": []})])
    period = Period(until=date(2026, 3, 1))
    found = run(PROVIDER.transactions(ACCOUNT, period), script)
    assert script.asked[0].query == ()
    assert found.period == Period()


def test_pages_that_do_not_end_are_an_error() -> None:
    page = answered(200, {"transactions": [], "continuation_key": "k1"})
    with pytest.raises(PayloadError, match="do not end"):
        run(PROVIDER.transactions(ACCOUNT, Period()), Script([page, page]))


def test_too_long_a_period_is_halved_until_the_bank_tells_of_it() -> None:
    refused = answered(422, {"message": "x", "error": "WRONG_TRANSACTIONS_PERIOD"})
    period = Period(since=date(2026, 1, 1), until=date(2026, 3, 1))
    script = Script([refused, refused, answered(200, {"transactions": []})])
    found = run(PROVIDER.transactions(ACCOUNT, period), script)
    assert found.period == Period(since=date(2026, 2, 15), until=date(2026, 3, 1))
    script = Script([refused] * 9)
    with pytest.raises(RefusedError):
        run(PROVIDER.transactions(ACCOUNT, period), script)
    assert len(script.asked) == 4


def test_a_user_is_asked_for_no_longer_than_the_bank_allows() -> None:
    bank = Bank(id="FI Nordea Business", name="", access_days=90)
    wish = Wish(bank=bank, redirect="https://a.example/back")
    script = Script([answered(200, {"url": "https://tilisy.example/1"})])
    run(PROVIDER.connect(wish, "st4te"), script)
    sent = json.loads(script.asked[0].body)
    assert sent == {
        "access": {"valid_until": (NOW + timedelta(days=90)).isoformat()},
        "aspsp": {"name": "Nordea Business", "country": "FI"},
        "state": "st4te",
        "redirect_url": "https://a.example/back",
        "psu_type": "business",
    }
    assert not script.asked[0].repeatable


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("PENDING_AUTHORIZATION", ConnectionStatus.BEGUN),
        ("RETURNED_FROM_BANK", ConnectionStatus.BEGUN),
        ("AUTHORIZED", ConnectionStatus.LINKED),
        ("INVALID", ConnectionStatus.REFUSED),
        ("CANCELLED", ConnectionStatus.REFUSED),
        ("EXPIRED", ConnectionStatus.EXPIRED),
        ("CLOSED", ConnectionStatus.EXPIRED),
        ("REVOKED", ConnectionStatus.EXPIRED),
        ("NEWS", ConnectionStatus.UNKNOWN),
    ],
)
def test_every_status_of_a_session_is_told(
    status: str, wanted: ConnectionStatus
) -> None:
    data = {
        "status": status,
        "accounts": [],
        "aspsp": {"name": "Nordea", "country": "FI"},
        "access": {"valid_until": "2026-08-01T00:00:00Z"},
    }
    found = run(PROVIDER.connection("s1"), Script([answered(200, data)]))
    assert found.status is wanted
    assert found.bank == "FI Nordea"
    assert found.expires_at == datetime(2026, 8, 1, tzinfo=UTC)


def test_an_account_without_an_iban_is_known_by_its_number_or_its_hash() -> None:
    other = {"other": {"identification": "12-34", "scheme_name": "BBAN"}}
    accounts = [
        {"uid": "u1", "identification_hash": "h1", "account_id": other},
        {"uid": "u2", "identification_hash": "h2"},
        {"identification_hash": "h3"},
    ]
    data = {
        "session_id": "s1",
        "accounts": accounts,
        "aspsp": {"name": "Nordea", "country": "FI"},
        "access": {},
    }
    found = run(PROVIDER.finish("", Secret("c0de")), Script([answered(200, data)]))
    assert [account.key for account in found.accounts] == ["12-34", "h2", "h3"]
    assert [account.status for account in found.accounts] == [
        AccountStatus.READY,
        AccountStatus.READY,
        AccountStatus.FAILED,
    ]


# --- errors ---------------------------------------------------------------------------

CODES: dict[type[ProviderError], tuple[int, str]] = {
    ConsentGoneError: (
        401,
        """EXPIRED_SESSION CLOSED_SESSION REVOKED_SESSION SESSION_DOES_NOT_EXIST
        WRONG_SESSION_STATUS EXPIRED_AUTHORIZATION_CODE WRONG_AUTHORIZATION_CODE
        ASPSP_ACCOUNT_NOT_ACCESSIBLE ASPSP_PSU_ACTION_REQUIRED""",
    ),
    UnauthorisedError: (
        403,
        """ACCESS_DENIED AUTHORIZATION_NOT_PROVIDED UNAUTHORIZED_ACCESS
        UNAUTHORIZED_IP REDIRECT_URI_NOT_ALLOWED NO_ACCOUNTS_ADDED""",
    ),
    LimitError: (429, "ASPSP_RATE_LIMIT_EXCEEDED"),
    UndeliveredError: (400, "ASPSP_ERROR ASPSP_TIMEOUT"),
    RefusedError: (
        422,
        """ACCOUNT_DOES_NOT_EXIST ALREADY_AUTHORIZED DATE_TO_WITHOUT_DATE_FROM
        DATE_FROM_IN_FUTURE INVALID_ACCOUNT_ID INVALID_HOST PSU_HEADER_NOT_PROVIDED
        PSU_HEADER_INVALID WRONG_ASPSP_PROVIDED WRONG_CONTINUATION_KEY
        WRONG_CREDENTIALS_PROVIDED WRONG_DATE_INTERVAL WRONG_REQUEST_PARAMETERS
        WRONG_TRANSACTIONS_PERIOD TRANSACTION_DOES_NOT_EXIST""",
    ),
}
EVERY = [(k, s, code) for k, (s, codes) in CODES.items() for code in codes.split()]


@pytest.mark.parametrize(("kind", "status", "code"), EVERY)
def test_every_error_code_is_the_right_error(
    kind: type[ProviderError], status: int, code: str
) -> None:
    data = {"message": "Not so", "detail": "since", "error": code, "code": status}
    error = fault_of(answered(status, data), NOW)
    assert type(error) is kind
    assert (error.code, error.fault) == (code, "Not so: since")


def test_an_error_without_a_text_has_its_status() -> None:
    for status, kind in ((404, RefusedError), (408, UndeliveredError)):
        error = fault_of(answered(status, b"<html>"), NOW)
        assert type(error) is kind
        assert error.fault == f"answers with {status}"


def test_what_the_bank_answers_is_not_asked_again_in_a_moment() -> None:
    for code in ("ASPSP_RATE_LIMIT_EXCEEDED", "ASPSP_ERROR", "ASPSP_TIMEOUT"):
        assert not is_worth_asking_again(answered(503, {"error": code}))
    assert is_worth_asking_again(answered(503, b"<html>"))
    assert not is_worth_asking_again(answered(422, {"error": "INVALID_HOST"}))
