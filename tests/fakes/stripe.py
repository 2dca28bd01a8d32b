"""A small Stripe: strict as its documents, with a memory, and with faults on demand."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import define, field, frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

Object = dict[str, Any]
NOON = 1_772_366_400  # 2026-03-01 12:00 UTC
_EVERY_LIST = {"limit", "starting_after", "ending_before", "expand[]"}
# Lists may be numbered; the official client does so.
_INDEXED = re.compile(r"^expand\[\d+\]$")
_TIMES = {f"created[{end}]" for end in ("gt", "gte", "lt", "lte")}
# What a list is of, what it can be filtered by, what can be given in full.
_LISTS: Mapping[str, tuple[str, set[str], set[str]]] = {
    "/v1/charges": (
        "charge",
        {"customer", "payment_intent", "transfer_group"},
        {"balance_transaction", "payment_intent", "customer"},
    ),
    "/v1/payment_intents": (
        "payment_intent",
        {"customer", "customer_account"},
        {"latest_charge", "customer"},
    ),
    "/v1/balance_transactions": (
        "balance_transaction",
        {"currency", "payout", "source", "type"},
        {"source"},
    ),
    "/v1/payouts": ("payout", {"destination", "status"}, {"balance_transaction"}),
    "/v1/refunds": (
        "refund",
        {"charge", "payment_intent"},
        {"balance_transaction", "charge", "payment_intent"},
    ),
    "/v1/disputes": (
        "dispute",
        {"charge", "payment_intent"},
        {"charge", "payment_intent"},
    ),
}

OWNERS = ("sk_test_of_the_owner", "rt_of_the_owner")
"""What is handed out to a platform that an owner let in."""


@frozen
class Fault:
    """What the next request to a path is answered with, whatever it asks."""

    status: int = 500
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(factory=dict)


class RefusedRequestError(Exception):
    """A request that Stripe refuses."""

    def __init__(self, status: int, **error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = {"type": "invalid_request_error", **error}


@define
class FakeStripe:
    """The interface and the connecting site, of one platform and its accounts.

    Attributes:
        key: The platform's secret key.
        connected: Accounts whose owner let us in, with the scope.
        objects: By id, in the order they were made.
        asked: Method, path and query of every request.
        versions: The version that each request asked for.
        faults: Path -> what its next requests are answered with, in turn.
        denies: Whether the owner says no.
    """

    key: str = "sk_test_platform"
    client_id: str = "ca_payymo"
    redirects: set[str] = field(factory=set)
    owner: str = "acct_owner"
    denies: bool = False
    connected: dict[str, str] = field(factory=dict)
    objects: dict[str, Object] = field(factory=dict)
    asked: list[tuple[str, str, str]] = field(factory=list)
    versions: list[str] = field(factory=list)
    faults: dict[str, list[Fault]] = field(factory=dict)
    _codes: dict[str, str] = field(factory=dict)
    _numbers: Any = field(factory=lambda: count(1))

    # --- what happens at Stripe ---------------------------------------------------

    def pay(
        self, amount: int = 10_000, *, settled: bool = True, **words: Any
    ) -> Object:
        """A payer pays; the line of the balance may come later."""
        made = words.pop("created", NOON)
        name = self._name("ch")
        intent = {
            "object": "payment_intent",
            "id": self._name("pi"),
            "amount": amount,
            "amount_received": amount,
            "created": made,
            "currency": words.get("currency", "eur"),
            "customer": None,
            "description": words.pop("intent_description", None),
            "latest_charge": name,
            "metadata": words.pop("intent_metadata", {}),
            "status": "succeeded",
        }
        charge = {
            "object": "charge",
            "id": name,
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": 0,
            "balance_transaction": None,
            "billing_details": {"name": "Nora Weber", "email": None},
            "captured": True,
            "created": made,
            "currency": "eur",
            "customer": None,
            "description": None,
            "disputed": False,
            "metadata": {},
            "payment_intent": intent["id"],
            "receipt_email": "nora@example.org",
            "refunded": False,
            "status": "succeeded",
            **words,
        }
        self._keep(intent)
        self._keep(charge)
        if settled:
            self.settle(charge)
        return charge

    def settle(self, charge: Object, **words: Any) -> Object:
        """A charge reaches the balance."""
        amount = charge["amount"]
        line = self.line("charge", amount, charge["id"], fee=amount // 50, **words)
        charge["balance_transaction"] = line["id"]
        return line

    def line(
        self, category: str, amount: int, source: str, *, fee: int = 0, **words: Any
    ) -> Object:
        """The balance moves."""
        made = words.get("created", NOON + 60)
        kinds = {"dispute": "adjustment", "charge_failure": "payment_failure_refund"}
        line = {
            "object": "balance_transaction",
            "id": self._name("txn"),
            "amount": amount,
            "available_on": made + 2 * 86_400,
            "created": made,
            "currency": "eur",
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "status": "available",
            "type": kinds.get(category, category),
            **words,
        }
        self._keep(line)
        return line

    def refund(self, charge: Object, amount: int, **words: Any) -> Object:
        """A payer gets money back."""
        refund = {
            "object": "refund",
            "id": self._name("re"),
            "amount": amount,
            "charge": charge["id"],
            "created": words.get("created", NOON + 3_600),
            "currency": charge["currency"],
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": "requested_by_customer",
            "status": "succeeded",
        }
        self._keep(refund)
        line = self.line("refund", -amount, refund["id"], **words)
        refund["balance_transaction"] = line["id"]
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        return refund

    def dispute(self, charge: Object) -> Object:
        """A payer's bank takes money back."""
        dispute = {
            "object": "dispute",
            "id": self._name("dp"),
            "amount": charge["amount"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": NOON + 7_200,
            "currency": charge["currency"],
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": "fraudulent",
            "status": "needs_response",
        }
        self._keep(dispute)
        line = self.line("dispute", -charge["amount"], dispute["id"], fee=1_500)
        dispute["balance_transactions"].append(line)
        charge["disputed"] = True
        return dispute

    def pay_out(self, *lines: Object, **words: Any) -> Object:
        """The balance goes to the bank account."""
        amount = sum(line["net"] for line in lines)
        payout = {
            "object": "payout",
            "id": self._name("po"),
            "amount": amount,
            "arrival_date": NOON + 4 * 86_400,
            "automatic": True,
            "created": NOON + 86_400,
            "currency": "eur",
            "description": "STRIPE PAYOUT",
            "reconciliation_status": "completed",
            "statement_descriptor": None,
            "status": "paid",
            "trace_id": {"status": "supported", "value": "TRACE-1"},
            **words,
        }
        self._keep(payout)
        own = self.line("payout", -amount, payout["id"], created=payout["created"])
        payout["balance_transaction"] = own["id"]
        for line in (*lines, own):
            line["_payout"] = payout["id"]
        return payout

    def event(self, kind: str, thing: Object, **words: Any) -> bytes:
        """What a webhook is sent."""
        told = {
            "object": "event",
            "id": self._name("evt"),
            "type": kind,
            "api_version": "2026-06-24.dahlia",
            "created": NOON,
            "livemode": False,
            "data": {"object": _shown(thing)},
            **words,
        }
        return json.dumps(told).encode()

    def _name(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):04d}"

    def _keep(self, thing: Object) -> None:
        assert thing["id"] not in self.objects
        self.objects[thing["id"]] = thing

    # --- how it answers ---------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        path = request.url.path
        self.asked.append((request.method, path, request.url.query))
        self.versions.append(request.headers.get("stripe-version", ""))
        response = await self._answer(request, path)
        await response(scope, receive, send)

    async def _answer(self, request: Request, path: str) -> Response:
        if self.faults.get(path):
            fault = self.faults[path].pop(0)
            return Response(fault.body, fault.status, dict(fault.headers))
        try:
            return await self._route(request, path)
        except RefusedRequestError as refused:
            return JSONResponse({"error": refused.error}, refused.status)

    async def _route(self, request: Request, path: str) -> Response:
        pairs = [
            (_INDEXED.sub("expand[]", name), value)
            for name, value in parse_qsl(request.url.query, keep_blank_values=True)
        ]
        if path == "/oauth/authorize" and request.method == "GET":
            return self._authorise(dict(pairs))
        if path.startswith("/oauth/") and request.method == "POST":
            form = dict(parse_qsl((await request.body()).decode()))
            kind = request.headers.get("content-type", "")
            assert kind.startswith("application/x-www-form-urlencoded")
            return (
                self._token(form)
                if path.endswith("token")
                else self._leave(form, request)
            )
        self._check_caller(request)
        if request.method != "GET":
            raise RefusedRequestError(405, message="Only reading is played here")
        if path in _LISTS:
            return self._list(path, pairs)
        return self._one(path, pairs)

    def _check_caller(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            said = "Invalid API Key provided: sk_test_*******orm"
            raise RefusedRequestError(401, message=said)
        account = request.headers.get("stripe-account")
        if account is not None and account not in self.connected:
            said = f"The provided key '{self.key}' does not have access to '{account}'"
            raise RefusedRequestError(403, code="account_invalid", message=said)

    def _list(self, path: str, pairs: list[tuple[str, str]]) -> Response:
        kind, filters, expandable = _LISTS[path]
        query = _checked(pairs, _EVERY_LIST | _TIMES | filters)
        found = [o for o in reversed(self.objects.values()) if o["object"] == kind]
        found = [o for o in found if _fits(o, query, filters)]
        found.sort(key=lambda o: -o["created"])
        size = int(query.get("limit", "10"))
        if not 1 <= size <= 100:
            said = "Limit must be between 1 and 100"
            raise RefusedRequestError(400, param="limit", message=said)
        after = query.get("starting_after")
        places = [place for place, o in enumerate(found) if o["id"] == after]
        if after and not places:
            said = f"No such object: '{after}'"
            raise RefusedRequestError(400, code="resource_missing", message=said)
        rest = found[places[0] + 1 :] if after else found
        full = _expanded(pairs, "data.", expandable)
        return JSONResponse(
            {
                "object": "list",
                "url": path,
                "has_more": len(rest) > size,
                "data": [self._given(thing, full) for thing in rest[:size]],
            }
        )

    def _one(self, path: str, pairs: list[tuple[str, str]]) -> Response:
        folder, _, name = path.rpartition("/")
        kind, _, expandable = _LISTS.get(folder, ("", set(), set()))
        _checked(pairs, {"expand[]"})
        thing = self.objects.get(name)
        if not kind or thing is None or thing["object"] != kind:
            said = f"No such {kind or 'path'}: '{name}'"
            raise RefusedRequestError(404, code="resource_missing", message=said)
        return JSONResponse(self._given(thing, _expanded(pairs, "", expandable)))

    def _given(self, thing: Object, full: set[str]) -> Object:
        named = {key: self.objects.get(thing.get(key) or "") for key in full}
        return _shown(thing | {key: o for key, o in named.items() if o is not None})

    def _authorise(self, query: Mapping[str, str]) -> Response:
        known = {"response_type", "client_id", "scope", "redirect_uri", "state"}
        assert set(query) <= known
        assert query["response_type"] == "code"
        back = query["redirect_uri"]
        if query["client_id"] != self.client_id or back not in self.redirects:
            return Response("no such application", 400)
        answer = {"state": query["state"]}
        if self.denies:
            said = "The user denied your request"
            answer |= {"error": "access_denied", "error_description": said}
        else:
            code = self._name("ac")
            self._codes[code] = query.get("scope", "read_only")
            answer |= {"code": code, "scope": self._codes[code]}
        return RedirectResponse(f"{back}?{urlencode(answer)}", 302)

    def _token(self, form: Mapping[str, str]) -> Response:
        if set(form) != {"grant_type", "code", "client_secret"}:
            return _oauth("invalid_request", "Unknown or missing parameter")
        if form["client_secret"] != self.key:
            said = f"No such API key: {form['client_secret']}"
            return _oauth("invalid_client", said, 401)
        if form["grant_type"] != "authorization_code":
            return _oauth("unsupported_grant_type", "Unknown grant type")
        scope = self._codes.pop(form["code"], None)
        if scope is None:
            said = f"Authorization code does not exist: {form['code']}"
            return _oauth("invalid_grant", said)
        self.connected[self.owner] = scope
        return JSONResponse(
            {
                "access_token": OWNERS[0],
                "livemode": False,
                "refresh_token": OWNERS[1],
                "scope": scope,
                "stripe_publishable_key": "pk_test_of_the_owner",
                "stripe_user_id": self.owner,
                "token_type": "bearer",
            }
        )

    def _leave(self, form: Mapping[str, str], request: Request) -> Response:
        self._check_caller(request)
        if set(form) != {"client_id", "stripe_user_id"}:
            return _oauth("invalid_request", "Unknown or missing parameter")
        if form["client_id"] != self.client_id:
            return _oauth("invalid_client", "No such application", 401)
        if self.connected.pop(form["stripe_user_id"], None) is None:
            return _oauth("invalid_client", "This account is not connected", 401)
        return JSONResponse({"stripe_user_id": form["stripe_user_id"]})


def signed(body: bytes, secret: str, seconds: int) -> str:
    """The header that Stripe signs a webhook with."""
    mac = hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


def _oauth(code: str, said: str, status: int = 400) -> Response:
    return JSONResponse({"error": code, "error_description": said}, status)


def _checked(pairs: list[tuple[str, str]], known: set[str]) -> dict[str, str]:
    for name, _ in pairs:
        if name not in known:
            said = f"Received unknown parameter: {name}"
            raise RefusedRequestError(
                400, code="parameter_unknown", param=name, message=said
            )
    query = dict(pair for pair in pairs if pair[0] != "expand[]")
    twice = len(query) + sum(name == "expand[]" for name, _ in pairs) != len(pairs)
    if twice or {"starting_after", "ending_before"} <= query.keys():
        raise RefusedRequestError(400, message="A parameter is given twice")
    return query


def _expanded(pairs: list[tuple[str, str]], prefix: str, known: set[str]) -> set[str]:
    wanted = [value for name, value in pairs if name == "expand[]"]
    for value in wanted:
        if not value.startswith(prefix) or value.removeprefix(prefix) not in known:
            said = f"This property cannot be expanded ({value})"
            raise RefusedRequestError(400, message=said)
    return {value.removeprefix(prefix) for value in wanted}


_BOUNDS: Mapping[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}


def _fits(thing: Object, query: Mapping[str, str], filters: set[str]) -> bool:
    if any(thing.get(_key(f)) != query[f] for f in filters if f in query):
        return False
    return all(
        holds(thing["created"], int(query[f"created[{end}]"]))
        for end, holds in _BOUNDS.items()
        if f"created[{end}]" in query
    )


def _key(name: str) -> str:
    return "_payout" if name == "payout" else name


def _shown(thing: Object) -> Object:
    return {
        key: _shown(value) if isinstance(value, dict) else value
        for key, value in thing.items()
        if not key.startswith("_")
    }
