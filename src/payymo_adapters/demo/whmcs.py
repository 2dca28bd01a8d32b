"""A stand-in for WHMCS: as much of its API as the demo asks of it, and nothing more.

It bills what a ledger lists, from the day of issue on, and remembers the payments it is
told of in a file, so that it is the same when it is started again. It is as careless as
the real one: what is sent twice is recorded twice. Credit notes are left out, since
WHMCS has none among its invoices.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import parse_qsl

from attrs import define, field

from payymo_core.records import Invoice, InvoiceStatus

T = TypeVar("T")

PATH = "/includes/api.php"
GATEWAY = "banktransfer"
_CURRENCIES = {"EUR": 1, "USD": 2}
_CLOSED = {InvoiceStatus.PAID: "Paid", InvoiceStatus.CANCELLED: "Cancelled"}
Form = Mapping[str, str]
Reply = dict[str, object]


class _RefusedError(Exception):
    """What WHMCS answers with ``result=error``."""


@define
class Bill:
    """An invoice.

    Attributes:
        record: As the ledger had it when the month began.
        received: Paid since, major units.
    """

    record: Invoice
    received: Decimal = Decimal(0)

    @property
    def number(self) -> int:
        """Its id: WHMCS counts its invoices."""
        return int(self.record.id[-5:])

    @property
    def client(self) -> int:
        """Who owes it; who is billed in two currencies is two clients there."""
        assert self.record.customer
        place = _CURRENCIES[self.record.currency] - 1
        return int(self.record.customer.id) + place * 100_000

    @property
    def balance(self) -> Decimal:
        """What is left to pay."""
        return self.record.outstanding - self.received

    @property
    def columns(self) -> Reply:
        """What a list and an answer about it alone both say."""
        record = self.record
        total = record.outstanding if record.total is None else record.total
        is_open = "Unpaid" if self.balance > 0 else "Paid"
        return {
            "userid": self.client,
            "invoicenum": record.number,
            "date": str(record.issue_date or "0000-00-00"),
            "duedate": str(record.due_date or "0000-00-00"),
            "total": f"{total:.2f}",
            "status": _CLOSED.get(record.status, is_open),
        }

    @property
    def email(self) -> str:
        """Where invoices go."""
        return (self.record.customer and self.record.customer.email) or ""

    @property
    def names(self) -> Reply:
        """Of the client, as WHMCS keeps them apart."""
        assert self.record.customer
        first, _, last = (self.record.customer.name or "").partition(" ")
        company = self.record.customer.company or ""
        return {"firstname": first, "lastname": last, "companyname": company}


@define
class StandIn:
    """The installation.

    Attributes:
        bills: By id.
        memory: File of the payments, one a line.
        secret: Of the API credentials, with any identifier.
        today: What is issued later is not there yet.
        payments: On record, in their order.
    """

    bills: dict[int, Bill]
    memory: Path
    secret: str
    today: date
    payments: list[dict[str, str]] = field(factory=list)

    @classmethod
    def over(
        cls, ledger: Iterable[Invoice], memory: Path, secret: str, today: date
    ) -> Self:
        """Bill what a ledger lists, less what is remembered as paid."""
        bills = [Bill(each) for each in ledger if each.outstanding >= 0]
        found = cls({bill.number: bill for bill in bills}, memory, secret, today)
        if memory.exists():
            for line in memory.read_text(encoding="utf-8").splitlines():
                found.book(json.loads(line))
        return found

    def answer(self, body: bytes) -> bytes:
        """Answer a form as it was posted."""
        form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))
        try:
            said = {"result": "success", **self._act_of(form)(form)}
        except _RefusedError as error:
            said = {"result": "error", "message": str(error)}
        return json.dumps(said).encode()

    def _act_of(self, form: Form) -> Callable[[Form], Reply]:
        acts: dict[str, Callable[[Form], Reply]] = {
            "GetInvoices": self._list_invoices,
            "GetInvoice": self._give_invoice,
            "GetTransactions": self._list_payments,
            "GetClients": self._list_clients,
            "GetClientsDetails": self._give_client,
            "GetCurrencies": _list_currencies,
            "AddInvoicePayment": self.add_payment,
        }
        act = acts.get(form.get("action", ""))
        is_let_in = form.get("secret") == self.secret
        return _known(act if is_let_in else None, "Authentication Failed")

    def book(self, payment: dict[str, str]) -> None:
        """Count a payment, one that is there already too."""
        self.payments.append(payment)
        self.bills[int(payment["invoiceid"])].received += Decimal(payment["amountin"])

    def add_payment(self, form: Form) -> Reply:
        """Record a payment, on paper first."""
        payment = {
            "id": str(len(self.payments) + 1),
            "transid": form["transid"],
            "invoiceid": str(self._bill_of(form).number),
            "date": form["date"],
            "amountin": form["amount"],
            "amountout": "0.00",
        }
        with self.memory.open("a", encoding="utf-8") as paper:
            paper.write(json.dumps(payment) + "\n")
        self.book(payment)
        return {}

    def _is_issued(self, bill: Bill) -> bool:
        return (bill.record.issue_date or date.min) <= self.today

    def _list_invoices(self, form: Form) -> Reply:
        entries = [
            {
                "id": number,
                "currencycode": bill.record.currency,
                **bill.names,
                **bill.columns,
            }
            for number, bill in sorted(self.bills.items())
            if self._is_issued(bill)
        ]
        wanted = form.get("status", "")
        found = [entry for entry in entries if wanted in ("", entry["status"])]
        return _listing("invoices", "invoice", found, form)

    def _bill_of(self, form: Form) -> Bill:
        bill = self.bills.get(int(form["invoiceid"]))
        there = bill if bill and self._is_issued(bill) else None
        return _known(there, "Invoice ID Not Found")

    def _give_invoice(self, form: Form) -> Reply:
        bill = self._bill_of(form)
        alone = {"invoiceid": bill.number, "balance": f"{bill.balance:.2f}"}
        return {**alone, "items": "", **bill.columns}

    def _list_payments(self, form: Form) -> Reply:
        found = [p for p in self.payments if p["transid"] == form["transid"]]
        return _listing("transactions", "transaction", found, {})

    def _list_clients(self, form: Form) -> Reply:
        bills = {bill.client: bill for bill in self.bills.values()}
        entries = [
            {"id": number, "email": bill.email, **bill.names}
            for number, bill in sorted(bills.items())
        ]
        return _listing("clients", "client", entries, form)

    def _give_client(self, form: Form) -> Reply:
        number = int(form["clientid"])
        bills = self.bills.values()
        bill = next((bill for bill in bills if bill.client == number), None)
        currency = _CURRENCIES[_known(bill, "Client Not Found").record.currency]
        return {"client": {"id": number, "currency": currency}}


def _known(value: T | None, fault: str) -> T:
    if value is None:
        raise _RefusedError(fault)
    return value


def _list_currencies(_form: Form) -> Reply:
    entries = [{"id": number, "code": code} for code, number in _CURRENCIES.items()]
    return _listing("currencies", "currency", entries, {})


def _listing(
    outer: str, inner: str, entries: Sequence[Mapping[str, object]], form: Form
) -> Reply:
    start, most = (int(form.get(key, 0)) for key in ("limitstart", "limitnum"))
    page = entries[start : start + (most or len(entries))]
    counts = {"totalresults": len(entries), "numreturned": len(page)}
    return {**counts, outer: {inner: page} if page else ""}
