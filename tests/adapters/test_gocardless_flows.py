"""Bank Account Data: what flows ask, what statuses mean, what errors say."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from payymo_adapters.banking import (
    AccountStatus,
    Bank,
    BankAccount,
    ConnectionStatus,
    ConsentGoneError,
    Period,
    Wish,
)
from payymo_adapters.errors import (
    LimitError,
    PayloadError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.gocardless import BankAccountData
from payymo_adapters.gocardless.faults import fault_of, is_worth_asking_again
from payymo_adapters.gocardless.flows import Held, Tokens
from payymo_adapters.http import HttpRequest, HttpResponse, Secret
from tests.flows import Script, answered, revealed, run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
REFUSED = answered(
    401, {"summary": "Invalid token", "detail": "expired", "status_code": 401}
)
NEW = answered(
    200,
    {
        "access": "acc2",
        "access_expires": 86400,
        "refresh": "ref2",
        "refresh_expires": 9,
    },
)
BANKS = answered(200, [])


def held(value: str, **ahead: float) -> Held:
    return Held(Secret(value), NOW + timedelta(**ahead))


def provider(tokens: Tokens | None = None) -> BankAccountData:
    return BankAccountData(
        secret_id=Secret("s-id"),
        secret_key=Secret("s-key"),
        tokens=tokens or Tokens(access=held("acc1", hours=1)),
        clock=lambda: NOW,
    )


def paths(script: Script) -> list[str]:
    return [request.path.removeprefix("/api/v2/") for request in script.asked]


# --- tokens ---------------------------------------------------------------------------


def test_a_token_in_hand_is_used() -> None:
    script = Script([BANKS])
    run(provider().banks("de"), script)
    assert revealed(script.asked[0], "authorization") == "Bearer acc1"
    assert script.asked[0].query == (("country", "DE"),)


def test_a_token_in_its_last_minute_is_refreshed_before_it_is_used() -> None:
    tokens = Tokens(access=held("acc1", seconds=59), refresh=held("ref1", days=9))
    fresh = answered(200, {"access": "acc3", "access_expires": 60})
    script = Script([fresh, BANKS])
    run(provider(tokens).banks("de"), script)
    assert paths(script) == ["token/refresh/", "institutions/"]
    assert json.loads(script.asked[0].body) == {"refresh": "ref1"}
    assert tokens.access
    assert tokens.access.value.reveal() == "acc3"
    assert tokens.access.until == NOW + timedelta(seconds=60)
    assert tokens.refresh
    assert tokens.refresh.value.reveal() == "ref1"


def test_a_refused_token_is_renewed_once_and_no_more() -> None:
    tokens = Tokens(access=held("acc1", hours=1), refresh=held("ref1", days=9))
    script = Script([REFUSED, REFUSED, NEW, REFUSED])
    with pytest.raises(UnauthorisedError, match="Invalid token"):
        run(provider(tokens).banks("de"), script)
    assert paths(script) == [
        "institutions/",
        "token/refresh/",
        "token/new/",
        "institutions/",
    ]
    assert revealed(script.asked[-1], "authorization") == "Bearer acc2"


def test_an_expired_consent_is_no_matter_of_our_token() -> None:
    data = {
        "summary": "End User Agreement (EUA) 1 has expired",
        "detail": "The end user must connect the account once more",
        "status_code": 401,
    }
    account = BankAccount(key="k", id="a1", bank="B")
    script = Script([answered(401, data)])
    with pytest.raises(ConsentGoneError):
        run(provider().transactions(account, Period()), script)
    assert len(script.asked) == 1


@pytest.mark.parametrize("access", [["acc9"], {"a": "acc9"}, "", None])
def test_a_token_that_is_none_is_told_without_showing_it(access: object) -> None:
    answer = answered(200, {"access": access, "access_expires": 60})
    with pytest.raises(PayloadError, match="access: required") as raised:
        run(provider(Tokens()).banks("de"), Script([answer]))
    assert "acc9" not in str(raised.value)


def test_nothing_that_holds_a_secret_shows_it() -> None:
    tokens = Tokens(access=held("acc1", hours=1), refresh=held("ref1", days=9))
    script = Script([REFUSED, REFUSED, NEW, BANKS])
    made = provider(tokens)
    run(made.banks("de"), script)
    shown = repr((made, tokens, script.asked))
    for secret in ("s-id", "s-key", "acc1", "acc2", "ref1", "ref2"):
        assert secret not in shown


# --- connecting -----------------------------------------------------------------------

REQUISITION: dict[str, Any] = {
    "id": "r1",
    "status": "LN",
    "institution_id": "B",
    "agreement": "g1",
    "accounts": ["a1"],
    "link": "https://ob.example/1",
}
AGREEMENT = {
    "id": "g1",
    "access_valid_for_days": 180,
    "accepted": "2026-03-01T10:00:00Z",
}
IBAN = "DE89370400440532013000"


def answers(request: HttpRequest, **changed: object) -> HttpResponse:
    path = request.path.removeprefix("/api/v2/")
    if path.startswith("agreements/"):
        return answered(201 if request.method == "POST" else 200, AGREEMENT)
    if path.startswith("requisitions/"):
        return answered(200, {**REQUISITION, **changed})
    return answered(200, {"id": "a1", "iban": IBAN, "status": "READY", **changed})


@pytest.mark.parametrize(
    ("wanted", "bank", "asked"),
    [
        ((90, 180), (None, None), (89, 180)),
        ((90, 180), (90, 90), (89, 90)),
        ((400, 180), (730, 180), (400, 180)),
        ((900, 400), (800, 180), (730, 180)),
        ((365, 30), (90, 180), (89, 30)),
        ((30, 180), (90, 180), (30, 180)),
    ],
)
def test_no_more_is_asked_for_than_a_bank_allows_and_never_exactly_90_days(
    wanted: tuple[int, int],
    bank: tuple[int | None, int | None],
    asked: tuple[int, int],
) -> None:
    made = Bank(id="B", name="B", history_days=bank[0], access_days=bank[1])
    wish = Wish(bank=made, redirect="x", history_days=wanted[0], access_days=wanted[1])
    sent = []

    def answer(request: HttpRequest) -> HttpResponse:
        sent.append(json.loads(request.body))
        return answers(request)

    run(provider().connect(wish, "st4te"), answer)
    agreement, requisition = sent
    found = (agreement["max_historical_days"], agreement["access_valid_for_days"])
    assert found == asked
    assert requisition["reference"] == "st4te"


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("CR", ConnectionStatus.BEGUN),
        ("ID", ConnectionStatus.BEGUN),
        ("GC", ConnectionStatus.BEGUN),
        ("UA", ConnectionStatus.BEGUN),
        ("SA", ConnectionStatus.BEGUN),
        ("GA", ConnectionStatus.BEGUN),
        ("RJ", ConnectionStatus.REFUSED),
        ("ER", ConnectionStatus.REFUSED),
        ("EX", ConnectionStatus.EXPIRED),
        ("SU", ConnectionStatus.SUSPENDED),
        ("XX", ConnectionStatus.UNKNOWN),
        ("", ConnectionStatus.UNKNOWN),
    ],
)
def test_only_a_linked_requisition_is_a_connection(
    status: str, wanted: ConnectionStatus
) -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        return answers(request, status=status)

    assert run(provider().connection("r1"), answer).status is wanted
    with pytest.raises(ConsentGoneError) as raised:
        run(provider().finish("r1", Secret("")), answer)
    assert raised.value.code == wanted


def test_a_linked_requisition_comes_with_its_accounts_and_its_end() -> None:
    found = run(provider().finish("r1", Secret("")), answers)
    assert found.status is ConnectionStatus.LINKED
    assert found.expires_at == datetime(2026, 8, 28, 10, tzinfo=UTC)
    (account,) = found.accounts
    assert (account.key, account.id) == (IBAN, "a1")


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("READY", AccountStatus.READY),
        ("DISCOVERED", AccountStatus.WAIT),
        ("PROCESSING", AccountStatus.WAIT),
        ("ERROR", AccountStatus.FAILED),
        ("EXPIRED", AccountStatus.EXPIRED),
        ("SUSPENDED", AccountStatus.SUSPENDED),
        ("NEWS", AccountStatus.UNKNOWN),
    ],
)
def test_every_status_of_an_account_is_told(status: str, wanted: AccountStatus) -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        account = request.path.startswith("/api/v2/accounts/")
        return answers(request, **({"status": status} if account else {}))

    (account,) = run(provider().connection("r1"), answer).accounts
    assert account.status is wanted


@pytest.mark.parametrize(
    ("iban", "bban", "key"),
    [
        ("de89 3704 0044 0532 0130 00", "1", IBAN),
        ("", "37040044 0532013000", "370400440532013000"),
        ("XXXX-XXXXXX-12345", "", "a1"),
    ],
)
def test_an_account_is_known_by_its_iban_or_else_by_its_number(
    iban: str, bban: str, key: str
) -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        return answers(request, iban=iban, bban=bban)

    (account,) = run(provider().connection("r1"), answer).accounts
    assert account.key == key


# --- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("ERROR", ConsentGoneError),
        ("SUSPENDED", ConsentGoneError),
        ("PROCESSING", UndeliveredError),
        ("DISCOVERED", UndeliveredError),
    ],
)
def test_an_account_in_place_of_an_error_tells_by_its_status(
    status: str, kind: type[Exception]
) -> None:
    error = fault_of(answered(409, {"id": "a1", "status": status}), NOW)
    assert type(error) is kind
    assert error.code == status


@pytest.mark.parametrize(
    ("detail", "headers", "seconds"),
    [
        ("Please try again in 90 seconds", {}, 90),
        ("", {"retry_after": "30"}, 30),
        ("", {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "40"}, 40),
        (
            "",
            {
                "http_x_ratelimit_account_success_remaining": "0",
                "http_x_ratelimit_account_success_reset": "3600",
            },
            3600,
        ),
        ("Daily request limit", {}, None),
    ],
)
def test_a_limit_says_until_when(
    detail: str, headers: dict[str, str], seconds: int | None
) -> None:
    data = {"summary": "Rate limit exceeded", "detail": detail, "status_code": 429}
    error = fault_of(answered(429, data, **headers), NOW)
    assert isinstance(error, LimitError)
    until = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert error.until == until


def test_what_the_bank_answers_is_not_asked_again_in_a_moment() -> None:
    said = {"summary": "x", "detail": "y"}
    for status, kind in (
        (429, "RateLimitError"),
        (500, "UnknownRequestError"),
        (503, "ServiceError"),
        (503, "ConnectionError"),
    ):
        assert not is_worth_asking_again(answered(status, {**said, "type": kind}))
    assert is_worth_asking_again(answered(503, b"<html>"))
    assert is_worth_asking_again(answered(429, {"summary": "x", "detail": "y"}))


def test_what_a_stranger_writes_moves_no_cursor() -> None:
    data = {"summary": "x\x1b[2J\n\ny", "detail": "z" * 999}
    shown = str(fault_of(answered(400, data), NOW))
    assert "\x1b" not in shown
    assert len(shown) < 400


def test_a_period_is_asked_for_by_its_days() -> None:
    script = Script([answered(200, {"transactions": {"booked": []}})])
    account = BankAccount(key="k", id="a/1", bank="B")
    period = Period(since=date(2026, 1, 1), until=date(2026, 2, 1))
    run(provider().transactions(account, period), script)
    (asked,) = script.asked
    assert asked.path == "/api/v2/accounts/a%2F1/transactions/"
    assert asked.query == (("date_from", "2026-01-01"), ("date_to", "2026-02-01"))
    assert asked.budget == "a/1/transactions"
