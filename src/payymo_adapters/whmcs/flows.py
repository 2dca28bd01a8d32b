"""What to ask WHMCS: flows that read, over whatever transport reaches it."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from attrs import frozen

from payymo_adapters.errors import FieldError, PayloadError, RefusedError
from payymo_adapters.http import Flow, HttpRequest, Secret
from payymo_adapters.http_rules import utc_now
from payymo_adapters.whmcs import PROVIDER
from payymo_adapters.whmcs.answers import read_answer
from payymo_adapters.whmcs.wire import (
    ClientEntry,
    CurrencyEntry,
    Entry,
    InvoiceEntry,
    MethodEntry,
    TransactionEntry,
    listed,
    read_client,
    read_currency,
    read_each,
    read_invoice,
    read_method,
    read_transaction,
    text,
)
from payymo_core.errors import Rejected

T = TypeVar("T")

# WHMCS sets no limit of its own; a page of a few hundred kilobytes is quick anywhere.
_PAGE = 250
# Steps back in one listing: more, and it changes faster than it can be read.
_MOST_STEPS_BACK = 50
_NOT_FOUND = "invoice id not found"


class Api(Protocol):
    """A transport: carries an action and its parameters, and brings the answer."""

    def __call__(self, action: str, parameters: Mapping[str, str]) -> Flow[Entry]:
        """Ask for one action.

        Raises:
            ProviderError: It was not done, or it is not known whether it was.
        """
        ...


@frozen(kw_only=True)
class Access:
    """How to get in.

    Attributes:
        identifier: Of the API credentials.
        secret: The same.
        access_key: Lets in from any address; None where the list of addresses does.
        path: Of the API, from the root of the site.
    """

    identifier: Secret
    secret: Secret
    access_key: Secret | None = None
    path: str = "/includes/api.php"


def classic_api(access: Access) -> Api:
    """Reach WHMCS by its classic API: forms that are posted."""
    secrets = [access.identifier, access.secret]
    sent = {"identifier": access.identifier, "secret": access.secret}
    if access.access_key:
        secrets.append(access.access_key)
        sent["accesskey"] = access.access_key
    always = {"responsetype": "json", **{k: v.reveal() for k, v in sent.items()}}
    # A secret as a whole: what fails shows the variables of its place to some tools.
    credentials = Secret(urlencode(always))

    def ask(action: str, parameters: Mapping[str, str]) -> Flow[Entry]:
        form = urlencode({"action": action, **parameters})
        response = yield HttpRequest(
            method="POST",
            path=access.path,
            headers=(("content-type", "application/x-www-form-urlencoded"),),
            body=f"{credentials.reveal()}&{form}".encode("ascii"),
            # Reading twice is reading once, whatever the verb. What writes has no key:
            # WHMCS knows none, so it must never be sent again.
            idempotency_key=action if action.startswith("Get") else "",
        )
        return read_answer(response, action, secrets, utc_now())

    return ask


def list_invoices(api: Api, status: str = "") -> Flow[list[InvoiceEntry | Rejected]]:
    """Ask for all invoices of a status, or for all there are."""
    asked = {"orderby": "id", "order": "asc", **({"status": status} if status else {})}
    pages = _Pages("GetInvoices", "invoices", "invoice", asked)
    values = yield from _read_pages(api, pages)
    return [_or_rejected(value, read_invoice) for value in values]


def find_invoice(api: Api, invoice: str) -> Flow[InvoiceEntry | None]:
    """Ask for one invoice, with its balance and its items; None where there is none."""
    try:
        answer = yield from api("GetInvoice", {"invoiceid": invoice})
    except RefusedError as error:
        if _NOT_FOUND in error.fault.lower():
            return None
        raise
    found = _whole(lambda: read_invoice(answer))
    if found.id != invoice:
        raise PayloadError(PROVIDER, f"asked for {invoice}", field="invoiceid")
    return found


def find_transactions(api: Api, transid: str) -> Flow[list[TransactionEntry]]:
    """Ask for the payments on record under an id that was given to them."""
    answer = yield from api("GetTransactions", {"transid": transid})
    values = _list_of(answer, "transactions", "transaction")
    total = _total_of(answer)
    if total not in (None, len(values)):
        # What is not seen would be taken for not on record, and sent again.
        fault = f"{total} are told of, and {len(values)} listed"
        raise PayloadError(PROVIDER, fault, field="transactions")
    found = _whole(
        lambda: list(read_each(values, read_transaction, "transactions.transaction"))
    )
    return [entry for entry in found if entry.transid == transid]


def list_clients(api: Api) -> Flow[list[ClientEntry | Rejected]]:
    """Ask for all clients."""
    pages = _Pages("GetClients", "clients", "client", {"sorting": "ASC"})
    values = yield from _read_pages(api, pages)
    return [_or_rejected(value, read_client) for value in values]


def get_client(api: Api, client: str) -> Flow[ClientEntry]:
    """Ask for one client, with the currency that it is billed in."""
    answer = yield from api("GetClientsDetails", {"clientid": client})
    # Older versions have it at the top, newer ones under a name of its own as well.
    return _whole(lambda: read_client(answer.get("client") or answer))


def list_currencies(api: Api) -> Flow[list[CurrencyEntry]]:
    """Ask for the currencies that are billed in."""
    answer = yield from api("GetCurrencies", {})
    values = _list_of(answer, "currencies", "currency")
    return _whole(lambda: list(read_each(values, read_currency, "currencies.currency")))


def list_payment_methods(api: Api) -> Flow[list[MethodEntry]]:
    """Ask for the ways to pay that are switched on."""
    answer = yield from api("GetPaymentMethods", {})
    values = _list_of(answer, "paymentmethods", "paymentmethod")
    path = "paymentmethods.paymentmethod"
    return _whole(lambda: list(read_each(values, read_method, path)))


@frozen
class _Pages:
    """A listing.

    Attributes:
        action: What to ask.
        outer: Key of the answer that holds the list.
        inner: Key within that.
        parameters: What is asked with every page.
    """

    action: str
    outer: str
    inner: str
    parameters: Mapping[str, str]

    def at(self, start: int) -> dict[str, str]:
        return {**self.parameters, "limitstart": str(start), "limitnum": str(_PAGE)}


def _read_pages(api: Api, pages: _Pages) -> Flow[list[object]]:
    """Ask for page after page, each begun at the last entry of the one before.

    While the pages are read entries may leave the list, and what comes later moves up.
    Then the entry to begin at is not in the page, nor is any other that is known: it is
    gone back until one is, so that none is passed over.
    """
    found: dict[str, object] = {}
    start = size = steps_back = 0
    while True:
        answer = yield from api(pages.action, pages.at(start))
        page = _list_of(answer, pages.outer, pages.inner)
        ids = [_id_of(value) for value in page]
        if size > 1 and not found.keys() & set(ids):
            steps_back += 1
            if steps_back > _MOST_STEPS_BACK:
                fault = "the list changes faster than it can be read"
                raise PayloadError(PROVIDER, fault, field=pages.outer)
            # Half a page: what is found there is known in part, and in part new.
            start, size = max(0, start - size // 2), size if start else 0
            continue
        before, size = len(found), len(page)
        found.update(zip(ids, page, strict=True))
        if _is_last(answer, start, size):
            return list(found.values())
        if len(found) == before:
            fault = "the pages repeat themselves"
            raise PayloadError(PROVIDER, fault, field=pages.outer)
        start += max(1, size - 1)


def _list_of(answer: Entry, outer: str, inner: str) -> list[object]:
    if outer not in answer and _total_of(answer) != 0:
        raise PayloadError(PROVIDER, "required, and missing", field=outer)
    try:
        return listed(answer.get(outer), inner)
    except FieldError as error:
        raise PayloadError(PROVIDER, error.fault, field=outer) from None


def _total_of(answer: Entry) -> int | None:
    total = text(answer, "totalresults") or ""
    return int(total[:12]) if total.isascii() and total.isdigit() else None


def _is_last(answer: Entry, start: int, count: int) -> bool:
    total = _total_of(answer)
    if total is None:
        return count < _PAGE
    if not count and start < total:
        fault = f"{total} are told of, and none is listed from {start} on"
        raise PayloadError(PROVIDER, fault)
    return start + count >= total


def _id_of(value: object) -> str:
    """Tell entries apart; one without an id is itself."""
    known = text(value, "id") if isinstance(value, Mapping) else None
    return known or repr(value)


def _or_rejected(value: object, read: Callable[[object], T]) -> T | Rejected:
    try:
        return read(value)
    except FieldError as error:
        known = text(value, "id") if isinstance(value, Mapping) else None
        return Rejected(
            record_id=known or "", fault=error.fault, field=error.path, where=PROVIDER
        )


def _whole(read: Callable[[], T]) -> T:
    try:
        return read()
    except FieldError as error:
        raise PayloadError(PROVIDER, error.fault, field=error.path) from None
