"""A WHMCS of its own: the classic API as documented, strict, and faulty on demand."""

import asyncio
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum, unique
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from attrs import define, field, frozen
from starlette.types import Receive, Scope, Send

from payymo_adapters.errors import UndeliveredError
from payymo_adapters.http import Flow, HttpRequest, HttpResponse, Secret
from payymo_adapters.whmcs.flows import Access

IDENTIFIER = "identifier-of-the-tests"
SECRET = "secret-of-the-tests"
ACCESS_KEY = "access-key-of-the-tests"
ACCESS = Access(identifier=Secret(IDENTIFIER), secret=Secret(SECRET))
PATH = "/includes/api.php"

Reply = dict[str, Any]


@unique
class Fault(Enum):
    """What goes wrong with a request."""

    LOST = "lost before it is handled, and no answer"
    UNANSWERED = "handled, and no answer"
    LATE = "no answer, and handled only later"
    STALLED = "handled, and the answer comes after everybody has left"
    FAILED_BEFORE = "500, not handled"
    FAILED_AFTER = "500, and handled"
    GARBLED_BEFORE = "not JSON, not handled"
    GARBLED_AFTER = "not JSON, and handled"


_NOT_HANDLED = (Fault.LOST, Fault.LATE, Fault.FAILED_BEFORE, Fault.GARBLED_BEFORE)
_NO_ANSWER = (Fault.LOST, Fault.UNANSWERED, Fault.LATE)
_FAILED = (Fault.FAILED_BEFORE, Fault.FAILED_AFTER)
_STALL_SECONDS = 1.0


class WhmcsError(Exception):
    """An error of the documented form."""


@define(kw_only=True)
class Bill:
    """An invoice as the database has it."""

    id: int
    userid: int
    total: Decimal
    status: str = "Unpaid"
    invoicenum: str = ""
    paid: Decimal = Decimal(0)
    items: list[dict[str, Any]] = field(factory=list)

    @property
    def balance(self) -> Decimal:
        return self.total - self.paid


@frozen
class Answer:
    """What goes over the wire; None for nothing."""

    status: int
    body: bytes
    kind: str = "application/json"


# Action -> parameter -> whether it is required; all of those that are documented.
_PARAMETERS: dict[str, dict[str, bool]] = {
    "GetInvoices": dict.fromkeys(
        ("limitstart", "limitnum", "userid", "status", "orderby", "order"), False
    ),
    "GetInvoice": {"invoiceid": True},
    "GetTransactions": dict.fromkeys(("invoiceid", "clientid", "transid"), False),
    "GetClients": dict.fromkeys(
        ("limitstart", "limitnum", "sorting", "status", "search", "orderby"), False
    ),
    "GetClientsDetails": {"clientid": False, "email": False, "stats": False},
    "GetCurrencies": {},
    "GetPaymentMethods": {},
    "AddInvoicePayment": {
        **dict.fromkeys(("invoiceid", "transid", "gateway", "date"), True),
        **dict.fromkeys(("amount", "fees", "noemail"), False),
    },
}
_COMMON = {"action", "identifier", "secret", "accesskey", "responsetype"}
_KNOWN = {action: _COMMON | set(known) for action, known in _PARAMETERS.items()}
_REQUIRED = {
    action: {key for key, required in known.items() if required}
    for action, known in _PARAMETERS.items()
}


@define(kw_only=True)
class Whmcs:
    """The installation.

    Attributes:
        bills: By id.
        clients: By id: name and currency's id and the like.
        currencies: Code by id.
        transactions: In the order of recording.
        credit: Of each client, from what was paid too much.
        allowed: Actions of the API role.
        blocked: An address that may not use the API; "" for none.
        most: Entries of a page, however many are asked for.
        fault: Says what goes wrong with a call of an action; None: nothing.
        before: Called before each call is handled.
        calls: Actions asked for, in order.
    """

    bills: dict[int, Bill] = field(factory=dict)
    clients: dict[int, dict[str, Any]] = field(factory=dict)
    currencies: dict[int, str] = field(factory=lambda: {1: "EUR", 2: "USD"})
    methods: dict[str, str] = field(
        factory=lambda: {"banktransfer": "Bank Transfer", "mailin": "Mail In"}
    )
    transactions: list[dict[str, Any]] = field(factory=list)
    credit: dict[int, Decimal] = field(factory=dict)
    allowed: set[str] = field(factory=lambda: set(_PARAMETERS))
    blocked: str = ""
    most: int = 1000
    fault: Callable[[str], Fault | None] = lambda _action: None
    before: Callable[[str], None] = lambda _action: None
    calls: list[str] = field(factory=list)
    _late: list[dict[str, str]] = field(factory=list)
    _by_transid: dict[str, list[dict[str, Any]]] = field(factory=dict)

    def bill(self, number: int, total: str, client: int = 1, **further: Any) -> Bill:
        """Write an invoice, and its client where it is new."""
        self.clients.setdefault(client, {"currency": 1})
        bill = Bill(id=number, userid=client, total=Decimal(total), **further)
        self.bills[number] = bill
        return bill

    def recorded(self, transid: str) -> list[dict[str, Any]]:
        """The payments on record under an id."""
        return self._by_transid.get(transid, [])

    def catch_up(self) -> None:
        """Handle what was late."""
        late, self._late = self._late, []
        for form in late:
            self._handled(form)

    # --- the ways in ------------------------------------------------------------------

    def drive(self, flow: Flow[Any]) -> Any:
        """Run a flow without a network: what is not answered is undelivered."""
        try:
            request = next(flow)
            while True:
                answer = self.answer(_form(request))
                if isinstance(answer, Answer):
                    response = HttpResponse(
                        status=answer.status,
                        headers=(("content-type", answer.kind),),
                        body=answer.body,
                    )
                    request = flow.send(response)
                else:
                    request = flow.throw(UndeliveredError("WHMCS", "no answer"))
        except StopIteration as end:
            return end.value

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak ASGI."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = Answer(404, b"<h1>Not Found</h1>", "text/html")
        if scope["path"] == PATH and scope["method"] == "POST":
            assert dict(scope["headers"])[b"content-type"] == (
                b"application/x-www-form-urlencoded"
            )
            found = self.answer(dict(parse_qsl(body.decode(), strict_parsing=True)))
            if found is Fault.STALLED:
                await asyncio.sleep(_STALL_SECONDS)
            answer = found if isinstance(found, Answer) else Answer(200, b"")
        promised = len(answer.body) or 99  # a promise not kept ends the connection
        headers = [
            (b"content-type", answer.kind.encode()),
            (b"content-length", b"%d" % promised),
        ]
        start = {"status": answer.status, "headers": headers}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": answer.body})

    def answer(self, form: dict[str, str]) -> Answer | Fault:
        """Answer one form; a fault stands for no answer."""
        action = form.get("action", "")
        self.calls.append(action)
        self.before(action)
        fault = self.fault(action)
        if fault is Fault.LATE:
            self._late.append(form)
        answer = None if fault in _NOT_HANDLED else self._handled(form)
        if fault in _NO_ANSWER or fault is Fault.STALLED:
            assert fault is not None
            return fault
        if fault in _FAILED:
            return Answer(500, b"<h1>Internal Server Error</h1>", "text/html")
        if fault is not None:
            return Answer(200, b"<br />\n<b>Warning</b>: ", "text/html; charset=utf-8")
        assert answer
        return answer

    def _handled(self, form: dict[str, str]) -> Answer:
        try:
            self._let_in(form)
            reply = self._act(form["action"], form)
        except WhmcsError as refused:
            status = 403 if refused.args[0].startswith("Invalid IP") else 200
            reply = {"result": "error", "message": refused.args[0]}
            return Answer(status, json.dumps(reply).encode())
        return Answer(200, json.dumps({"result": "success", **reply}).encode())

    def _let_in(self, form: Mapping[str, str]) -> None:
        if self.blocked and form.get("accesskey") != ACCESS_KEY:
            msg = f"Invalid IP {self.blocked}"
            raise WhmcsError(msg)
        if (form.get("identifier"), form.get("secret")) != (IDENTIFIER, SECRET):
            msg = "Authentication Failed"
            raise WhmcsError(msg)
        action = form.get("action", "")
        if action not in self.allowed:
            msg = f'Invalid Permissions: API action "{action.lower()}" is not allowed'
            raise WhmcsError(msg)
        unknown = form.keys() - _KNOWN[action]
        missing = _REQUIRED[action] - form.keys()
        assert form["responsetype"] == "json"
        if unknown or missing:
            msg = f"unknown {sorted(unknown)}, missing {sorted(missing)}"
            raise WhmcsError(msg)

    # --- what it does -----------------------------------------------------------------

    def _act(self, action: str, form: Mapping[str, str]) -> Reply:
        acts: dict[str, Callable[[Mapping[str, str]], Reply]] = {
            "GetInvoices": self._get_invoices,
            "GetInvoice": self._get_invoice,
            "GetTransactions": self._get_transactions,
            "GetClients": self._get_clients,
            "GetClientsDetails": self._get_client,
            "GetCurrencies": self._get_currencies,
            "GetPaymentMethods": self._get_methods,
            "AddInvoicePayment": self._add_payment,
        }
        return acts[action](form)

    def _get_invoices(self, form: Mapping[str, str]) -> Reply:
        wanted = form.get("status", "")
        bills = [b for b in self.bills.values() if wanted in ("", b.status)]
        bills.sort(key=lambda b: b.id)
        page, reply = self._page(bills, form)
        entries = [self._listed(bill) for bill in page]
        return {**reply, "invoices": {"invoice": entries} if entries else ""}

    def _page(
        self, held: list[Any], form: Mapping[str, str]
    ) -> tuple[list[Any], Reply]:
        start = int(form.get("limitstart", 0))
        count = min(int(form.get("limitnum", 25)), self.most)
        page = held[start : start + count]
        reply = {
            "totalresults": len(held),
            "startnumber": start,
            "numreturned": len(page),
        }
        return page, reply

    def _listed(self, bill: Bill) -> Reply:
        client = self.clients[bill.userid]
        return {
            "id": bill.id,
            "userid": bill.userid,
            "firstname": client.get("firstname", ""),
            "lastname": client.get("lastname", ""),
            "companyname": client.get("companyname", ""),
            "currencycode": self.currencies[client["currency"]],
            **self._columns(bill),
        }

    def _columns(self, bill: Bill) -> Reply:
        return {
            "invoicenum": bill.invoicenum,
            "date": "2026-02-01",
            "duedate": "2026-02-15",
            "datepaid": "0000-00-00 00:00:00",
            "subtotal": f"{bill.total:.2f}",
            "credit": "0.00",
            "total": f"{bill.total:.2f}",
            "status": bill.status,
            "paymentmethod": "banktransfer",
        }

    def _get_invoice(self, form: Mapping[str, str]) -> Reply:
        bill = self._bill_of(form)
        return {
            "invoiceid": str(bill.id),
            "userid": str(bill.userid),
            "balance": f"{bill.balance:.2f}",
            **self._columns(bill),
            "items": {"item": bill.items} if bill.items else "",
            "transactions": "",
        }

    def _bill_of(self, form: Mapping[str, str]) -> Bill:
        try:
            return self.bills[int(form["invoiceid"])]
        except (KeyError, ValueError):
            msg = "Invoice ID Not Found"
            raise WhmcsError(msg) from None

    def _get_transactions(self, form: Mapping[str, str]) -> Reply:
        assert set(form) & {"invoiceid", "clientid", "transid"}, "all there ever were"
        found = self.recorded(form["transid"]) if "transid" in form else []
        reply = {
            "totalresults": len(found),
            "startnumber": 0,
            "numreturned": len(found),
        }
        return {**reply, "transactions": {"transaction": found} if found else ""}

    def _get_clients(self, form: Mapping[str, str]) -> Reply:
        # By name unless told otherwise, as the real one does.
        held = sorted(self.clients, key=lambda i: self.clients[i].get("lastname", ""))
        page, reply = self._page(held, form)
        entries = [{"id": i, "email": self.clients[i].get("email", "")} for i in page]
        return {**reply, "clients": {"client": entries} if entries else ""}

    def _get_client(self, form: Mapping[str, str]) -> Reply:
        number = int(form["clientid"])
        if number not in self.clients:
            msg = "Client Not Found"
            raise WhmcsError(msg)
        currency = self.clients[number]["currency"]
        return {"client": {"id": number, "currency": currency, "email": ""}}

    def _get_currencies(self, _form: Mapping[str, str]) -> Reply:
        flat: Reply = {"totalresults": len(self.currencies)}
        for place, (number, code) in enumerate(self.currencies.items()):
            flat[f"currencies[currency][{place}][id]"] = str(number)
            flat[f"currencies[currency][{place}][code]"] = code
        return flat

    def _get_methods(self, _form: Mapping[str, str]) -> Reply:
        entries = [{"module": m, "displayname": n} for m, n in self.methods.items()]
        return {"paymentmethods": {"paymentmethod": entries}}

    def _add_payment(self, form: Mapping[str, str]) -> Reply:
        """Record it, a second time too, on an invoice that is paid too."""
        bill = self._bill_of(form)
        if bill.status == "Cancelled":
            msg = "It is not possible to add a payment to an invoice that is Cancelled"
            raise WhmcsError(msg)
        assert form["gateway"] in self.methods
        amount = Decimal(form.get("amount", "0")) or bill.balance
        entry = {
            "id": str(len(self.transactions) + 1),
            "userid": str(bill.userid),
            "currency": "0",
            "gateway": form["gateway"],
            "date": form["date"],
            "amountin": f"{amount:.2f}",
            "fees": "0.00",
            "amountout": "0.00",
            "rate": "1.00000",
            "transid": form["transid"],
            "invoiceid": str(bill.id),
            "refundid": "0",
        }
        self.transactions.append(entry)
        self._by_transid.setdefault(form["transid"], []).append(entry)
        self._settle(bill, amount)
        return {}

    def _settle(self, bill: Bill, amount: Decimal) -> None:
        taken = min(amount, max(bill.balance, Decimal(0)))
        bill.paid += taken
        more = self.credit.get(bill.userid, Decimal(0)) + amount - taken
        self.credit[bill.userid] = more
        if bill.balance <= 0 and bill.status != "Paid":
            bill.status = "Paid"
            bill.invoicenum = bill.invoicenum or f"2026-{len(self.transactions):04}"
            for item in bill.items:
                if item["type"] == "Invoice":
                    self.bills[item["relid"]].status = "Paid"


def _form(request: HttpRequest) -> dict[str, str]:
    assert (request.method, request.path, request.query) == ("POST", PATH, ())
    return dict(map(_pair, request.body.decode("ascii").split("&")))


# The same few stand in all of the many thousand forms of a test.
@lru_cache(maxsize=100_000)
def _pair(text: str) -> tuple[str, str]:
    key, value = text.split("=")
    return unquote_plus(key), unquote_plus(value)
