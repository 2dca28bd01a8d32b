"""Enable Banking as its document has it: strict, with a state, faults at will."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import jwt
from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.faults import Faults

ROOT = UUID(int=1)
ASPSP = {"name": "Sandbox Finance", "country": "DE"}


class RefusalError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(status)
        data = {"message": error.replace("_", " ").lower(), "code": status}
        self.answer = JSONResponse({**data, "error": error}, status)


@define
class EnableBankingFake:
    """The service, and the bank and user behind it.

    Attributes:
        public_key: Of the application, in PEM.
        application_id: Of the application.
        entries: Of the one account, as the bank lists them.
        iban: Of the one account.
        page: Entries that a page holds; empty pages come between the others.
        longest_days: That the bank tells of at once; 0: any number.
        faults: What goes wrong next.
    """

    public_key: str
    application_id: str = "app-1"
    entries: list[dict[str, Any]] = field(factory=list)
    iban: str = "DE89370400440532013000"
    page: int = 2
    longest_days: int = 0
    calls_a_day: int = 4
    faults: Faults = field(factory=Faults)
    codes: dict[str, dict[str, Any]] = field(factory=dict)
    sessions: dict[str, dict[str, Any]] = field(factory=dict)
    begun: list[dict[str, Any]] = field(factory=list)
    calls: dict[str, int] = field(factory=dict)
    made: int = 0

    def consent(self) -> str:
        """The user agrees at the bank; gives the query of the redirect."""
        begun = self.begun[-1]
        code = self._id("code")
        self.codes[code] = begun
        return f"state={begun['state']}&code={code}"

    def refuse_consent(self) -> str:
        """The user does not agree."""
        state = self.begun[-1]["state"]
        return f"state={state}&error=access_denied&error_description=Cancelled"

    def end_sessions(self) -> None:
        """Every consent expires."""
        for session in self.sessions.values():
            session["status"] = "EXPIRED"

    @property
    def app(self) -> Starlette:
        """To be served."""
        made: list[tuple[str, str, Callable[..., object]]] = [
            ("GET", "/aspsps", self._aspsps),
            ("POST", "/auth", self._auth),
            ("POST", "/sessions", self._make_session),
            ("GET", "/sessions/{id}", self._session),
            ("DELETE", "/sessions/{id}", self._delete_session),
            ("GET", "/accounts/{id}/details", self._details),
            ("GET", "/accounts/{id}/balances", self._balances),
            ("GET", "/accounts/{id}/transactions", self._transactions),
        ]
        return Starlette(
            routes=[
                Route(path, self._wrapped(job), methods=[method])
                for method, path, job in made
            ]
        )

    def _wrapped(self, job: Callable[..., object]) -> Callable[..., Any]:
        async def endpoint(request: Request) -> Response:
            if fault := self.faults.take(request):
                return fault
            body = await request.body()
            try:
                self._check_token(request)
                given = json.loads(body) if request.method == "POST" else request
                return JSONResponse(job(given))
            except RefusalError as refusal:
                return refusal.answer

        return endpoint

    def _check_token(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token,
                self.public_key,
                ["RS256"],
                audience="api.enablebanking.com",
                issuer="enablebanking.com",
                options={"require": ["iss", "aud", "iat", "exp"]},
            )
            known = jwt.get_unverified_header(token)["kid"] == self.application_id
        except jwt.PyJWTError:
            raise RefusalError(401, "UNAUTHORIZED_ACCESS") from None
        if not known or claims["exp"] - claims["iat"] > 86_400:
            raise RefusalError(401, "UNAUTHORIZED_ACCESS")

    def _aspsps(self, request: Request) -> object:
        _known(request, {"country", "psu_type", "service"})
        if request.query_params.get("country") != ASPSP["country"]:
            return {"aspsps": []}
        return {"aspsps": [{**ASPSP, "maximum_consent_validity": 180 * 86_400}]}

    def _auth(self, body: dict[str, Any]) -> object:
        wanted = {"access", "aspsp", "state", "redirect_url"}
        if not wanted <= body.keys() <= wanted | {"psu_type"}:
            raise RefusalError(422, "WRONG_REQUEST_PARAMETERS")
        if body["aspsp"] != ASPSP:
            raise RefusalError(422, "WRONG_ASPSP_PROVIDED")
        self.begun.append(body)
        return {"url": "https://tilisy.example/welcome?sessionid=1"}

    def _make_session(self, body: dict[str, Any]) -> object:
        if set(body) != {"code"} or body["code"] not in self.codes:
            raise RefusalError(422, "WRONG_AUTHORIZATION_CODE")
        begun = self.codes.pop(body["code"])
        name, uid = self._id("session"), self._id("account")
        self.sessions[name] = {
            "status": "AUTHORIZED",
            "accounts": [uid],
            "aspsp": ASPSP,
            "access": begun["access"],
        }
        described = [self._described(uid)]
        return {**self.sessions[name], "session_id": name, "accounts": described}

    def _described(self, uid: str) -> dict[str, Any]:
        return {
            "uid": uid,
            "account_id": {"iban": self.iban},
            "identification_hash": "hash",
            "name": "Nordwind Hosting",
            "currency": "EUR",
            "cash_account_type": "CACC",
        }

    def _session(self, request: Request) -> Any:
        found = self.sessions.get(request.path_params["id"])
        if found is None:
            raise RefusalError(404, "SESSION_DOES_NOT_EXIST")
        return found

    def _delete_session(self, request: Request) -> object:
        self._session(request)["status"] = "CLOSED"
        return {"message": "OK"}

    def _details(self, request: Request) -> object:
        return self._described(self._account(request))

    def _balances(self, request: Request) -> object:
        self._account(request)
        money = {"amount": "657.49", "currency": "EUR"}
        balance = {"name": "", "balance_amount": money, "balance_type": "CLBD"}
        return {"balances": [balance]}

    def _transactions(self, request: Request) -> object:
        known = {"date_from", "date_to", "continuation_key", "transaction_status"}
        _known(request, known)
        account = self._account(request)
        given = request.query_params
        key = given.get("continuation_key", "")
        self._check_period(given.get("date_from", ""), given.get("date_to", ""))
        if not key:
            if self.calls.get(account, 0) >= self.calls_a_day:
                raise RefusalError(429, "ASPSP_RATE_LIMIT_EXCEEDED")
            self.calls[account] = self.calls.get(account, 0) + 1
        since, until = given.get("date_from", "0"), given.get("date_to", "9")
        entries = [e for e in self.entries if since <= e["booking_date"] <= until]
        return self._page(entries, key)

    def _page(self, entries: list[dict[str, Any]], key: str) -> dict[str, Any]:
        at = int(key or 0)
        # Every other page is empty and not the last.
        place, empty = divmod(at, 2)
        begin = place * self.page
        held = [] if empty else entries[begin : begin + self.page]
        more = begin + self.page < len(entries)
        found: dict[str, Any] = {"transactions": held}
        return {**found, "continuation_key": str(at + 1)} if more else found

    def _check_period(self, since: str, until: str) -> None:
        if until and not since:
            raise RefusalError(422, "DATE_TO_WITHOUT_DATE_FROM")
        if not (since and self.longest_days):
            return
        last = date.fromisoformat(until) if until else datetime.now(UTC).date()
        if (last - date.fromisoformat(since)).days > self.longest_days:
            raise RefusalError(422, "WRONG_TRANSACTIONS_PERIOD")

    def _account(self, request: Request) -> str:
        account: str = request.path_params["id"]
        for session in self.sessions.values():
            if account in session["accounts"]:
                if session["status"] != "AUTHORIZED":
                    raise RefusalError(401, f"{session['status']}_SESSION")
                return account
        raise RefusalError(404, "ACCOUNT_DOES_NOT_EXIST")

    def _id(self, kind: str) -> str:
        self.made += 1
        return str(uuid5(ROOT, f"{kind} {self.made}"))


def _known(request: Request, known: set[str]) -> None:
    if request.query_params.keys() - known:
        raise RefusalError(422, "WRONG_REQUEST_PARAMETERS")
