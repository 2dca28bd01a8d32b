"""GoCardless Payments: what is sent, and the named fields of what comes back.

Amounts are whole minor units, but for the items of payouts: decimal strings of minor
units, to a tenth.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

from attrs import field, frozen

from payymo_adapters.http import HttpRequest, Secret
from payymo_adapters.payload import Fields

ORIGIN = "https://api.gocardless.com"
SANDBOX = "https://api-sandbox.gocardless.com"
CONNECT = "https://connect.gocardless.com"
CONNECT_SANDBOX = "https://connect-sandbox.gocardless.com"
VERSION = "2015-07-06"
PAGE = 500
"""The most that a page may hold."""

_HEADERS = (("accept", "application/json"), ("gocardless-version", VERSION))


# --- what is sent ---------------------------------------------------------------------


def listing(
    resource: str, filters: tuple[tuple[str, str], ...], after: str
) -> HttpRequest:
    """Ask for a page of a resource, newest first."""
    cursor = (("after", after),) if after else ()
    query = (*filters, ("limit", str(PAGE)), *cursor)
    return HttpRequest(path=f"/{resource}", query=query, headers=_HEADERS)


def one(resource: str, resource_id: str) -> HttpRequest:
    """Ask for one of a resource."""
    path = f"/{resource}/{quote(resource_id, safe='')}"
    return HttpRequest(path=path, headers=_HEADERS)


@frozen(kw_only=True)
class OAuthApp:
    """The partner application that merchants connect to.

    Attributes:
        client_id: Of the application.
        client_secret: Likewise.
        redirect: Exactly as it was registered.
    """

    client_id: str
    client_secret: Secret
    redirect: str


def authorise_url(app: OAuthApp, state: str, origin: str = CONNECT) -> str:
    """Make the address that a merchant goes to; reading is all that is asked for.

    Args:
        app: The application.
        state: As ``consent.begin`` made it.
        origin: Of the connect site, live or sandbox.
    """
    query = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect,
        "response_type": "code",
        "scope": "read_only",
        "state": state,
        "initial_view": "login",
    }
    return f"{origin}/oauth/authorize?{urlencode(query)}"


def exchange(app: OAuthApp, code: Secret) -> HttpRequest:
    """Exchange a code for a token; to be sent to the connect site."""
    body = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "client_id": app.client_id,
        "client_secret": app.client_secret.reveal(),
        "redirect_uri": app.redirect,
    }
    headers = (
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
    )
    sent = urlencode(body).encode()
    return HttpRequest(
        method="POST", path="/oauth/access_token", headers=headers, body=sent
    )


# --- what comes back ------------------------------------------------------------------


@frozen(kw_only=True)
class Merchant:
    """A merchant who connected; the token ends only when they revoke it."""

    token: Secret
    organisation: str
    scope: str
    email: str


def read_merchant(held: Fields) -> Merchant:
    """Read what a code was exchanged for."""
    if held.words("token_type").lower() not in ("", "bearer"):
        held.refuse("token_type", "not a bearer token")
    return Merchant(
        token=held.secret("access_token"),
        organisation=held.text("organisation_id"),
        scope=held.words("scope"),
        email=held.words("email"),
    )


@frozen(kw_only=True)
class Payment:
    """What a customer paid.

    Attributes:
        id: As ``PM123``.
        amount: Minor units.
        currency: ISO 4217.
        status: As ``paid_out``.
        reference: Shown to the customer.
        description: The merchant's words.
        charge_date: When it was collected.
        mandate: Id of the mandate that it was collected by.
        payout: Id of the payout that carried it, or "".
        metadata: The merchant's.
    """

    id: str
    amount: int
    currency: str
    status: str
    reference: str = ""
    description: str = ""
    charge_date: date | None = None
    mandate: str = ""
    payout: str = ""
    metadata: Mapping[str, str] = field(factory=dict)


def read_payment(held: Fields) -> Payment:
    """Read a payment."""
    links = held.fields("links")
    return Payment(
        id=held.text("id"),
        amount=held.number("amount"),
        currency=held.text("currency"),
        status=held.words("status"),
        reference=held.words("reference"),
        description=held.words("description"),
        charge_date=held.day("charge_date"),
        mandate=links.words("mandate"),
        payout=links.words("payout"),
        metadata=held.strings("metadata"),
    )


@frozen(kw_only=True)
class Payout:
    """What reaches the bank account, fees taken off.

    Attributes:
        id: As ``PO123``.
        amount: Minor units, net.
        fees: Minor units, taken off already.
        currency: ISO 4217.
        reference: Stands on the bank statement.
        status: ``pending``, ``paid`` or ``bounced``.
        arrival_date: When it reaches the account.
        paid: Minor units and currency that arrive where they were exchanged.
    """

    id: str
    amount: int
    fees: int
    currency: str
    reference: str
    status: str
    arrival_date: date | None = None
    paid: tuple[int, str] | None = None

    @property
    def arrives(self) -> tuple[int, str]:
        """Minor units and currency that the bank statement shows."""
        return self.paid or (self.amount, self.currency)


def read_payout(held: Fields) -> Payout:
    """Read a payout."""
    return Payout(
        id=held.text("id"),
        amount=held.number("amount"),
        fees=held.number("deducted_fees"),
        currency=held.text("currency"),
        reference=held.words("reference"),
        status=held.words("status"),
        arrival_date=held.day("arrival_date"),
        paid=_exchanged(held),
    )


def _exchanged(held: Fields) -> tuple[int, str] | None:
    exchange_ = held.fields("fx")
    if "fx_amount" not in exchange_ or "fx_currency" not in exchange_:
        return None
    currency = exchange_.text("fx_currency")
    if currency == held.words("currency"):
        return None
    return exchange_.number("fx_amount"), currency


@frozen(kw_only=True)
class PayoutItem:
    """One thing that a payout is made up of.

    Attributes:
        type: As ``payment_paid_out``.
        amount: Minor units to a tenth, signed: positive to the merchant.
        payment: Id of the payment concerned, or "".
        refund: Id of the refund concerned, or "".
    """

    type: str
    amount: Decimal
    payment: str = ""
    refund: str = ""


def read_item(held: Fields) -> PayoutItem:
    """Read an item of a payout."""
    links = held.fields("links")
    return PayoutItem(
        type=held.text("type"),
        amount=held.decimal("amount"),
        payment=links.words("payment"),
        refund=links.words("refund"),
    )


@frozen(kw_only=True)
class Refund:
    """What was given back of a payment."""

    id: str
    amount: int
    currency: str
    payment: str = ""
    reference: str = ""


def read_refund(held: Fields) -> Refund:
    """Read a refund."""
    return Refund(
        id=held.text("id"),
        amount=held.number("amount"),
        currency=held.text("currency"),
        payment=held.fields("links").words("payment"),
        reference=held.words("reference"),
    )


@frozen(kw_only=True)
class Event:
    """Something that happened to a resource; the resource itself is asked for anew.

    Attributes:
        id: As ``EV123``; the same event may come several times, and in any order.
        resource: What it happened to, as ``payouts``.
        action: What happened, as ``paid``.
        at: When, as the provider writes it.
        links: Ids of what it concerns, by kind.
        organisation: Of the merchant, where the application is a partner's; or "".
    """

    id: str
    resource: str
    action: str
    at: datetime | None
    links: Mapping[str, str]
    organisation: str = ""


def read_event(held: Fields) -> Event:
    """Read an event."""
    links = held.strings("links")
    return Event(
        id=held.text("id"),
        resource=held.text("resource_type"),
        action=held.text("action"),
        at=held.moment("created_at"),
        links=links,
        organisation=links.get("organisation", ""),
    )
