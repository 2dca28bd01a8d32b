"""Bank Account Data against its own document: requests valid, every example read."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from payymo_adapters.banking import BankAccount, ConsentGoneError, Period, Wish
from payymo_adapters.errors import (
    LimitError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.gocardless import BankAccountData, wire
from payymo_adapters.gocardless.faults import fault_of, problem_of
from payymo_adapters.gocardless.flows import Held, Tokens
from payymo_adapters.gocardless.mapping import to_balances, to_bank, to_listing
from payymo_adapters.http import HttpRequest, HttpResponse, Secret
from payymo_adapters.payload import read, read_list
from tests.flows import answered, run
from tests.openapi import Document, Example

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "gocardless"
FILE = SAMPLES / "bank_account_data_openapi.json"
DOCUMENT = Document(FILE) if FILE.exists() else None
EXAMPLES = list(DOCUMENT.examples()) if DOCUMENT else []
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UUID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
ACCOUNT = BankAccount(key="k", id=UUID, bank="N26_NTSBDEB1")

pytestmark = pytest.mark.skipif(DOCUMENT is None, reason="shared files are not here")

N26 = {
    "id": "N26_NTSBDEB1",
    "name": "N26 Bank",
    "countries": ["DE"],
    "logo": "",
    "transaction_total_days": "90",
    "max_access_valid_for_days": "180",
}
REQUISITION = {
    "id": UUID,
    "status": "LN",
    "institution_id": "N26_NTSBDEB1",
    "agreement": UUID,
    "accounts": [UUID],
    "link": "https://ob.gocardless.com/psd2/start/x/y",
}
AGREEMENT = {
    "id": UUID,
    "access_valid_for_days": 180,
    "accepted": "2026-01-01T09:00:00.123Z",
}
DATA: dict[str, object] = {
    "token/new/": {
        "access": "a",
        "access_expires": 86400,
        "refresh": "r",
        "refresh_expires": 2592000,
    },
    "token/refresh/": {"access": "b", "access_expires": 86400},
    "institutions/": [N26],
    "agreements/enduser/": AGREEMENT,
    "requisitions/": REQUISITION,
    "transactions/": {"transactions": {"booked": []}},
    "balances/": {"balances": []},
    "details/": {"account": {"currency": "EUR"}},
    f"accounts/{UUID}/": {"id": UUID, "iban": "DE89370400440532013000"},
}


class Judge:
    """Answers every request, and asks the document what is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.operations: set[tuple[str, str]] = set()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        assert DOCUMENT is not None
        self.faults += DOCUMENT.faults(request)
        path = request.path.removeprefix("/api/v2/")
        self.operations.add((request.method, path.replace(UUID, "{id}")))
        names = (path, path.removesuffix(f"{UUID}/"), path.split(f"{UUID}/")[-1])
        found = next(DATA[name] for name in names if name in DATA)
        return answered(201 if request.method == "POST" else 200, found)


class TokenJudge(Judge):
    """The same, tokens answered with 200."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = super().__call__(request)
        status = 200 if "/token/" in request.path else response.status
        return HttpResponse(status=status, body=response.body)


def test_every_request_of_every_flow_is_valid() -> None:
    judge = TokenJudge()
    tokens = Tokens(refresh=Held(Secret("r"), NOW + timedelta(days=1)))
    for held in (Tokens(), tokens):
        provider = BankAccountData(
            secret_id=Secret("i"),
            secret_key=Secret("k"),
            tokens=held,
            clock=lambda: NOW,
        )
        (bank,) = run(provider.banks("de"), judge)
        wish = Wish(bank=bank, redirect="http://127.0.0.1:8000/done")
        link = run(provider.connect(wish, "state-of-43-characters"), judge)
        connection = run(provider.finish(link.connection, Secret("")), judge)
        (account,) = connection.accounts
        for period in (
            Period(),
            Period(since=date(2026, 1, 1)),
            Period(since=date(2026, 1, 1), until=date(2026, 2, 1)),
        ):
            run(provider.transactions(account, period), judge)
        run(provider.balances(account), judge)
        assert run(provider.details(account), judge).currency == "EUR"
        run(provider.disconnect(link.connection), judge)
    assert judge.faults == []
    assert len(judge.operations) == 12


def test_the_judge_sees_what_is_wrong() -> None:
    assert DOCUMENT is not None
    wrong = (
        HttpRequest(path="/api/v2/institutions/", query=(("land", "de"),)),
        HttpRequest(path="/api/v2/institutions"),
        HttpRequest(method="PUT", path="/api/v2/institutions/"),
        wire.agreement("", 90, 90),
        wire.agreement("N26", 0, 90),
        wire.agreement("N26", 90, 731),
        wire.requisition("N26", UUID, "http://localhost/", "x" * 257),
    )
    assert [request for request in wrong if not DOCUMENT.faults(request)] == []


PARSED: dict[str, Callable[[bytes], Any]] = {
    "/api/v2/institutions/": lambda body: read_list(
        "P", body, lambda held: to_bank(wire.read_institution(held))
    ),
    "/api/v2/institutions/{id}/": lambda body: read("P", body, wire.read_institution),
    "/api/v2/accounts/{id}/balances/": lambda body: read("P", body, to_balances),
    "/api/v2/accounts/{id}/details/": lambda body: read("P", body, wire.read_details),
    "/api/v2/accounts/{id}/transactions/": lambda body: read(
        "P", body, lambda held: to_listing(held, ACCOUNT, Period())
    ),
}
GOOD = [each for each in EXAMPLES if each.status < 300 and each.method == "GET"]
DELETED = {
    e.name: e for e in EXAMPLES if e.status < 300 and e.method not in ("GET", "POST")
}
BAD = [each for each in EXAMPLES if each.status >= 400]


@pytest.mark.parametrize("example", GOOD, ids=str)
def test_every_good_example_is_read(example: Example) -> None:
    found = PARSED[example.path](json.dumps(example.value).encode())
    assert found


# An agreement goes with its requisition, so that none is ever deleted by itself.
NOT_USED = {"EUADeleted"}


def test_a_consent_is_ended_by_the_example_of_a_requisition_deleted() -> None:
    assert DELETED.keys() - NOT_USED == {"RequisitionDeleted"}
    example = DELETED["RequisitionDeleted"]
    asked: list[tuple[str, str]] = []

    def site(request: HttpRequest) -> HttpResponse:
        asked.append((request.method, request.path.replace(UUID, "{id}")))
        return answered(example.status, example.value)

    held = Tokens(access=Held(Secret("a"), NOW + timedelta(days=1)))
    provider = BankAccountData(
        secret_id=Secret("i"), secret_key=Secret("k"), tokens=held, clock=lambda: NOW
    )
    run(provider.disconnect(UUID), site)
    assert asked == [(example.method, example.path)]


def test_the_example_of_transactions_is_read_entry_by_entry() -> None:
    """Its days are the word "date": each entry is rejected for that, none is lost."""
    (example,) = [e for e in GOOD if e.path.endswith("/transactions/")]
    listing = PARSED[example.path](json.dumps(example.value).encode())
    assert [r.field for r in listing.rejected] == ["bookingDate"] * 2 + ["valueDate"]


RIGHT: dict[int, type[ProviderError]] = {
    400: RefusedError,
    402: RefusedError,
    404: RefusedError,
    405: RefusedError,
    429: LimitError,
    500: UndeliveredError,
    503: UndeliveredError,
}
NAMED: dict[str, type[ProviderError]] = {
    "InvalidToken": UnauthorisedError,
    "AuthenticationFailed": UnauthorisedError,
    "EUAExpiredError": ConsentGoneError,
    "AccessExpiredError": ConsentGoneError,
    "AccountInactiveError": ConsentGoneError,
    "IPAccessDenied": UnauthorisedError,
    "AccountEUAScopeError": ConsentGoneError,
    "AccountValidEUAError": ConsentGoneError,
    "AccountAccessForbidden": UnauthorisedError,
    "AccountResourceUnavailable": RefusedError,
    "AccountSuspendedError": ConsentGoneError,
    "AccountStateError": ConsentGoneError,
    # What else is forbidden: agreements are only accepted by the user at the bank.
    "EUAPermissionError": UnauthorisedError,
    "YouDon'tHavePermissionsForReconfirmation": UnauthorisedError,
}


@pytest.mark.parametrize("example", BAD, ids=str)
def test_every_error_example_is_the_right_error(example: Example) -> None:
    response = answered(example.status, example.value)
    error = fault_of(response, NOW)
    wanted = RIGHT.get(example.status) or NAMED.get(example.name, UnauthorisedError)
    assert type(error) is wanted
    problem = problem_of(response)
    assert not problem.said.startswith("answers with") or problem.account


@pytest.mark.parametrize(
    "said",
    [
        "redirect: This field is required.",
        "institution_id: Unknown Institution ID",
        "redirect: Redirect URL is required: Where",
        "Incorrect date range: Starting date",
    ],
)
def test_all_four_shapes_of_a_400_name_their_field(said: str) -> None:
    told = [problem_of(answered(400, e.value)).said for e in BAD if e.status == 400]
    assert [text for text in told if said in text]
