"""GoCardless Payments as its reference has it: strict, with a state, faults at will."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.faults import Faults

FILTERS = {
    "payments": {"created_at[gte]", "created_at[lt]", "customer", "status"},
    "payouts": {"created_at[gte]", "created_at[lt]", "status", "reference"},
    "refunds": {"created_at[gte]", "created_at[lt]", "payment"},
    "payout_items": {"payout"},
}


class RefusalError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(status)
        error = {
            "type": kind,
            "code": status,
            "message": reason.replace("_", " "),
            "errors": [{"reason": reason, "message": reason}],
            "request_id": "r1",
        }
        self.answer = JSONResponse({"error": error}, status)


@define
class GoCardlessPaymentsFake:
    """The service, its connect site with it, and a merchant behind it.

    Attributes:
        held: Resource -> its members, newest first.
        old: Payouts whose items are told no more.
        page: Members that a page holds at the most.
        code: What an authorisation is exchanged by, once.
        token: What it is exchanged for; until it is revoked.
        faults: What goes wrong next.
    """

    held: dict[str, list[dict[str, Any]]] = field(factory=dict)
    old: set[str] = field(factory=set)
    page: int = 2
    code: str = "c0de"
    token: str = "t0ken"
    revoked: bool = False
    faults: Faults = field(factory=Faults)

    @property
    def app(self) -> Starlette:
        """To be served."""
        return Starlette(
            routes=[
                Route("/oauth/access_token", self._connect, methods=["POST"]),
                Route("/{resource}", self._wrapped(self._list)),
                Route("/{resource}/{id}", self._wrapped(self._get)),
            ]
        )

    async def _connect(self, request: Request) -> Response:
        return self.faults.take(request) or await self._exchange(request)

    async def _exchange(self, request: Request) -> Response:
        given = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        wanted = {"grant_type", "code", "client_id", "client_secret", "redirect_uri"}
        if set(given) != wanted or given["code"] != self.code:
            data = {"error": "invalid_grant", "error_description": "The code is wrong"}
            return JSONResponse(data, 400)
        self.code = ""
        data = {
            "access_token": self.token,
            "token_type": "bearer",
            "scope": "read_only",
            "organisation_id": "OR1",
        }
        return JSONResponse(data)

    def _wrapped(self, job: Callable[[Request], object]) -> Callable[..., Any]:
        async def endpoint(request: Request) -> Response:
            if fault := self.faults.take(request):
                return fault
            try:
                self._check(request)
                return JSONResponse(job(request))
            except RefusalError as refusal:
                return refusal.answer

        return endpoint

    def _check(self, request: Request) -> None:
        if request.headers.get("gocardless-version") != "2015-07-06":
            raise RefusalError(400, "invalid_api_usage", "version_not_found")
        token = request.headers.get("authorization", "")
        if self.revoked or token != f"Bearer {self.token}":
            raise RefusalError(401, "invalid_api_usage", "access_token_revoked")
        if request.path_params["resource"] not in self.held:
            raise RefusalError(404, "invalid_api_usage", "resource_not_found")

    def _list(self, request: Request) -> object:
        resource, given = request.path_params["resource"], request.query_params
        if given.keys() - FILTERS[resource] - {"limit", "after"}:
            raise RefusalError(400, "invalid_api_usage", "unknown_parameter")
        if not 1 <= int(given.get("limit", "50")) <= 500:
            raise RefusalError(422, "validation_failed", "limit")
        if given.get("payout") in self.old:
            raise RefusalError(410, "invalid_state", "payout_items_archived")
        members = self._filtered(resource, given.get("payout", ""))
        begin = int(given.get("after", "0"))
        end = begin + min(self.page, int(given.get("limit", "50")))
        after = str(end) if end < len(members) else None
        cursors = {"before": None, "after": after}
        meta = {"cursors": cursors, "limit": self.page}
        return {resource: members[begin:end], "meta": meta}

    def _filtered(self, resource: str, payout: str) -> list[dict[str, Any]]:
        members = self.held[resource]
        if resource != "payout_items":
            return members
        told = [m for m in members if m["payout"] == payout]
        return [{k: v for k, v in m.items() if k != "payout"} for m in told]

    def _get(self, request: Request) -> object:
        resource = request.path_params["resource"]
        for each in self.held[resource]:
            if each["id"] == request.path_params["id"]:
                return {resource: each}
        raise RefusalError(404, "invalid_api_usage", "resource_not_found")
