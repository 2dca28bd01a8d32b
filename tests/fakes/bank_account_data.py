"""Bank Account Data as its document has it: strict, with a state, faults at will."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.faults import Faults

ROOT = UUID(int=0)
DAY = 86_400
BANK = {
    "id": "SANDBOXFINANCE_SFIN0000",
    "name": "Sandbox Finance",
    "bic": "SFIN0000",
    "transaction_total_days": "90",
    "countries": ["XX", "DE"],
    "logo": "https://cdn.example/logo.png",
    "max_access_valid_for_days": "180",
}


class RefusalError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, **data: object) -> None:
        super().__init__(status)
        self.answer = JSONResponse({**data, "status_code": status}, status)


def refuse(status: int, summary: str, detail: str, kind: str = "") -> RefusalError:
    named = {"type": kind} if kind else {}
    return RefusalError(status, summary=summary, detail=detail, **named)


@define
class BankAccountDataFake:
    """The service, and the bank and user behind it.

    Attributes:
        secret: Id and key.
        booked: Entries of the one account, as the bank lists them.
        pending: Likewise.
        iban: Of the one account.
        status: Of the one account.
        calls_a_day: That the bank allows of each scope.
        faults: What goes wrong next.
    """

    secret: tuple[str, str] = ("s-id", "s-key")
    booked: list[dict[str, Any]] = field(factory=list)
    pending: list[dict[str, Any]] = field(factory=list)
    iban: str = "DE89370400440532013000"
    status: str = "READY"
    calls_a_day: int = 4
    faults: Faults = field(factory=Faults)
    tokens: dict[str, str] = field(factory=dict)
    agreements: dict[str, dict[str, Any]] = field(factory=dict)
    requisitions: dict[str, dict[str, Any]] = field(factory=dict)
    expired: set[str] = field(factory=set)
    calls: dict[str, int] = field(factory=dict)
    made: int = 0

    # --- what users and time do -------------------------------------------------------

    def consent(self, requisition_id: str) -> str:
        """The user agrees at the bank; gives the query of the redirect."""
        found = self.requisitions[requisition_id]
        found["status"] = "LN"
        found["accounts"] = [self._id("account")]
        agreement = self.agreements[found["agreement"]]
        agreement["accepted"] = datetime.now(UTC).isoformat()
        return f"ref={found['reference']}"

    def refuse_consent(self, requisition_id: str) -> str:
        """The user does not agree."""
        found = self.requisitions[requisition_id]
        found["status"] = "RJ"
        ref = found["reference"]
        return f"ref={ref}&error=UserCancelledSession&details=User+cancelled"

    def forget_tokens(self) -> None:
        """All tokens end."""
        self.tokens.clear()

    # --- the service ------------------------------------------------------------------

    @property
    def app(self) -> Starlette:
        """To be served."""
        made: list[tuple[str, str, Callable[..., object]]] = [
            ("POST", "/token/new/", self._new_token),
            ("POST", "/token/refresh/", self._refresh),
            ("GET", "/institutions/", self._institutions),
            ("POST", "/agreements/enduser/", self._make_agreement),
            ("GET", "/agreements/enduser/{id}/", self._agreement),
            ("POST", "/requisitions/", self._make_requisition),
            ("GET", "/requisitions/{id}/", self._requisition),
            ("DELETE", "/requisitions/{id}/", self._delete_requisition),
            ("GET", "/accounts/{id}/", self._account),
            ("GET", "/accounts/{id}/{scope}/", self._scope),
        ]
        routes = [
            Route(f"/api/v2{path}", self._wrapped(job), methods=[method])
            for method, path, job in made
        ]
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        return app

    def _wrapped(self, job: Callable[..., object]) -> Callable[..., Any]:
        async def endpoint(request: Request) -> Response:
            if fault := self.faults.take(request):
                return fault
            body = await request.body()
            try:
                if "/token/" not in request.url.path:
                    self._check_token(request)
                if request.method == "POST":
                    found = job(json.loads(body))
                else:
                    found = job(request)
            except RefusalError as refusal:
                return refusal.answer
            made = request.method == "POST" and "/token/" not in request.url.path
            return JSONResponse(found, 201 if made else 200)

        return endpoint

    def _check_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(given) != "access":
            raise refuse(401, "Invalid token", "Token is invalid or expired")

    def _new_token(self, body: dict[str, Any]) -> object:
        _only(body, {"secret_id", "secret_key"}, set(body))
        if (body["secret_id"], body["secret_key"]) != self.secret:
            detail = "No active account found with the given credentials"
            raise refuse(401, "Authentication failed", detail)
        refresh = self._token("refresh")
        return {
            "access": self._token("access"),
            "access_expires": DAY,
            "refresh": refresh,
            "refresh_expires": 30 * DAY,
        }

    def _refresh(self, body: dict[str, Any]) -> object:
        _only(body, {"refresh"}, {"refresh"})
        if self.tokens.get(body["refresh"]) != "refresh":
            raise refuse(401, "Invalid token", "Token is invalid or expired")
        return {"access": self._token("access"), "access_expires": DAY}

    def _institutions(self, request: Request) -> object:
        _known(request, {"country"})
        country = request.query_params.get("country", "")
        return [BANK] if country in BANK["countries"] else []

    def _make_agreement(self, body: dict[str, Any]) -> object:
        wanted = {"institution_id"}
        more = {"max_historical_days", "access_valid_for_days", "access_scope"}
        _only(body, wanted, wanted | more)
        if body["institution_id"] != BANK["id"]:
            raise RefusalError(
                400, institution_id={"summary": "Unknown", "detail": "x"}
            )
        days = body.get("max_historical_days", 90)
        # As some banks do: exactly 90 are refused.
        if not 0 < days < 90:
            fault = {"summary": "Incorrect max_historical_days", "detail": "< 90"}
            raise RefusalError(400, max_historical_days=[fault])
        if not 0 < body.get("access_valid_for_days", 90) <= 180:
            fault = {"summary": "Incorrect access_valid_for_days", "detail": "<= 180"}
            raise RefusalError(400, access_valid_for_days=[fault])
        found = {"id": self._id("agreement"), "accepted": None, **body}
        self.agreements[found["id"]] = found
        return found

    def _agreement(self, request: Request) -> object:
        return _held(self.agreements, request)

    def _make_requisition(self, body: dict[str, Any]) -> object:
        wanted = {"redirect", "institution_id"}
        _only(body, wanted, wanted | {"agreement", "reference"})
        if body["reference"] in {r["reference"] for r in self.requisitions.values()}:
            fault = {"summary": "Client reference must be unique", "detail": "exists"}
            raise RefusalError(400, reference=fault)
        if body["agreement"] not in self.agreements:
            raise RefusalError(404, agreement={"summary": "not found", "detail": "x"})
        name = self._id("requisition")
        link = f"https://ob.example/psd2/start/{name}/{BANK['id']}"
        found = {"id": name, "status": "CR", "accounts": [], "link": link, **body}
        self.requisitions[name] = found
        return found

    def _requisition(self, request: Request) -> object:
        return _held(self.requisitions, request)

    def _delete_requisition(self, request: Request) -> object:
        found = _held(self.requisitions, request)
        del self.requisitions[found["id"]]
        return {"summary": "Requisition deleted", "detail": "with its agreements"}

    def _account(self, request: Request) -> object:
        self._check_account(request)
        return {
            "id": request.path_params["id"],
            "iban": self.iban,
            "status": self.status,
            "institution_id": BANK["id"],
            "owner_name": "Nordwind Hosting",
        }

    def _scope(self, request: Request) -> object:
        account, scope = request.path_params["id"], request.path_params["scope"]
        self._check_account(request)
        summary = f"Couldn't update account {scope}"
        if account in self.expired:
            detail = "Access has expired or it has been revoked."
            raise refuse(401, summary, detail, "AccessExpiredError")
        key = f"{account}/{scope}"
        if self.calls.get(key, 0) >= self.calls_a_day:
            detail = "Daily request limit set by the Institution has been exceeded."
            raise refuse(429, summary, detail, "RateLimitError")
        found = self._told(request, scope)
        # Only what succeeds counts.
        self.calls[key] = self.calls.get(key, 0) + 1
        return found

    def _told(self, request: Request, scope: str) -> object:
        match scope:
            case "transactions":
                _known(request, {"date_from", "date_to"})
                since = request.query_params.get("date_from", "0")
                until = request.query_params.get("date_to", "9")
                if since > until:
                    raise refuse(400, "Incorrect date range", "Starting date is later")
                lines = [e for e in self.booked if since <= _day(e) <= until]
                return {"transactions": {"booked": lines, "pending": self.pending}}
            case "balances":
                _known(request, set())
                money = {"amount": "657.49", "currency": "EUR"}
                return {"balances": [{"balanceAmount": money, "balanceType": "x"}]}
            case "details":
                _known(request, set())
                return {"account": {"iban": self.iban, "currency": "EUR"}}
            case _:
                raise refuse(404, "Not found.", "Not found.")

    def _check_account(self, request: Request) -> None:
        known = {a for r in self.requisitions.values() for a in r["accounts"]}
        if request.path_params["id"] not in known:
            raise refuse(404, "Account ID not found", "Please check")

    def _token(self, kind: str) -> str:
        token = f"t0ken-{self._id(kind)}"
        self.tokens[token] = kind
        return token

    def _id(self, kind: str) -> str:
        self.made += 1
        return str(uuid5(ROOT, f"{kind} {self.made}"))


def _day(entry: Mapping[str, Any]) -> str:
    return str(entry.get("bookingDate") or entry.get("valueDate"))


def _held(held: dict[str, dict[str, Any]], request: Request) -> dict[str, Any]:
    try:
        return held[request.path_params["id"]]
    except KeyError:
        raise refuse(404, "Not found.", "Not found.") from None


def _only(body: dict[str, Any], wanted: set[str], known: set[str]) -> None:
    if missing := wanted - body.keys():
        told = {key: ["This field is required."] for key in missing}
        raise RefusalError(400, **told)
    if unknown := body.keys() - known:
        raise refuse(400, "Unknown fields", f"Unknown fields {unknown} in data")


def _known(request: Request, known: set[str]) -> None:
    if unknown := request.query_params.keys() - known:
        raise refuse(400, "Unknown fields", f"Unknown fields {unknown} in query")
