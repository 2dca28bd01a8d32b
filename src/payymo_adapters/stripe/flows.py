"""What to ask Stripe: generators that yield requests and are sent the answers."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum, unique
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from attrs import frozen

from payymo_adapters.errors import FieldError, PayloadError
from payymo_adapters.http import Flow, HttpRequest, HttpResponse, Pairs, Secret
from payymo_adapters.http_rules import utc_now
from payymo_adapters.stripe.envelopes import Connected, read_page
from payymo_adapters.stripe.failures import PROVIDER, failure, malformed
from payymo_adapters.stripe.fields import Fields, decode
from payymo_adapters.stripe.wire import (
    BalanceTransaction,
    Charge,
    Dispute,
    PaymentIntent,
    Payout,
    Refund,
)

T = TypeVar("T")

API, CONNECT = "https://api.stripe.com", "https://connect.stripe.com"
"""Where the two kinds of flows are sent: all but the connecting ones to the first."""

VERSION = "2026-06-24.dahlia"
"""The version of the interface that ``wire`` reads; sent with every request."""

_LARGEST_PAGE = "100"
_MOST_PAGES = 10_000
_FORM = ("Content-Type", "application/x-www-form-urlencoded")


@frozen(kw_only=True)
class Access:
    """On whose behalf Stripe is asked.

    Attributes:
        key: The secret or restricted key, of the platform or of the account itself.
        account: The connected account, as ``acct_...``; "" for the key's own.
    """

    key: Secret
    account: str = ""


@frozen(kw_only=True)
class Window:
    """When something was created.

    Attributes:
        since: The first moment; None for the beginning.
        until: The first moment after; None for now.
    """

    since: datetime | None = None
    until: datetime | None = None

    @property
    def query(self) -> Pairs:
        """As Stripe's parameters."""
        ends = (("created[gte]", self.since), ("created[lt]", self.until))
        return tuple((k, str(int(t.timestamp()))) for k, t in ends if t)


EVER = Window()


@frozen
class Listing(Generic[T]):
    """A list of Stripe's.

    Attributes:
        path: Where it is.
        read: Makes one of its objects.
        filters: The parameters that it takes, beside those of every list.
    """

    path: str
    read: Callable[[Fields], T]
    filters: tuple[str, ...]


CHARGES = Listing("/v1/charges", Charge.of, ("customer", "payment_intent"))
PAYMENT_INTENTS = Listing("/v1/payment_intents", PaymentIntent.of, ("customer",))
BALANCE_TRANSACTIONS = Listing(
    "/v1/balance_transactions",
    BalanceTransaction.of,
    ("currency", "payout", "source", "type"),
)
PAYOUTS = Listing("/v1/payouts", Payout.of, ("destination", "status"))
REFUNDS = Listing("/v1/refunds", Refund.of, ("charge", "payment_intent"))
DISPUTES = Listing("/v1/disputes", Dispute.of, ("charge", "payment_intent"))


def every(
    access: Access,
    listing: Listing[T],
    window: Window = EVER,
    filters: Pairs = (),
    expand: Iterable[str] = (),
) -> Flow[tuple[T, ...]]:
    """Ask for a list to its end, newest first.

    Args:
        access: On whose behalf.
        listing: Which one.
        window: When its objects were created.
        filters: Further parameters, of those that the list takes.
        expand: Fields to be given in full, as ``source``.

    Raises:
        ValueError: A filter that the list does not take.
        ProviderError: Stripe did not give the list, or not as documented.
    """
    unknown = [name for name, _ in filters if name not in listing.filters]
    if unknown:
        msg = f"{listing.path} cannot be filtered by {', '.join(unknown)}"
        raise ValueError(msg)
    full = tuple(("expand[]", f"data.{name}") for name in expand)
    query = (("limit", _LARGEST_PAGE), *window.query, *filters, *full)
    found: dict[str, T] = {}
    after: Pairs = ()
    for _ in range(_MOST_PAGES):
        response = yield _asked(access, listing.path, query + after)
        page = _read(response, lambda body: read_page(body, listing.read))
        if not found.keys().isdisjoint(page.ids):
            _refuse_list("an object came twice: the pages do not move on", "data")
        found.update(zip(page.ids, page.items, strict=True))
        if not page.has_more:
            return tuple(found.values())
        if not page.ids:
            _refuse_list("more is said to follow an empty page", "has_more")
        after = (("starting_after", page.ids[-1]),)
    return _refuse_list(f"no end after {_MOST_PAGES:,} pages", "has_more")


def _refuse_list(fault: str, name: str) -> tuple[T, ...]:
    raise PayloadError(PROVIDER, fault, field=name)


def charge_of(access: Access, charge_id: str) -> Flow[Charge]:
    """Ask for one charge, with what it did to the balance and its payment intent.

    Raises:
        ProviderError: Stripe did not give it, or not as documented.
    """
    path = f"{CHARGES.path}/{quote(charge_id, safe='')}"
    full = ("balance_transaction", "payment_intent")
    query = tuple(("expand[]", name) for name in full)
    response = yield _asked(access, path, query)
    return _read(response, lambda body: Charge.of(decode(body)))


def contents_of(access: Access, payout: Payout) -> Flow[tuple[BalanceTransaction, ...]]:
    """Ask for the lines that a payout carries, its own among them.

    Raises:
        ProviderError: Stripe did not give them, or not as documented.
    """
    filters = (("payout", payout.id),)
    return every(access, BALANCE_TRANSACTIONS, filters=filters, expand=("source",))


@unique
class Scope(StrEnum):
    """What an owner lets us do."""

    READ_ONLY = "read_only"
    READ_WRITE = "read_write"


def consent_link(
    *,
    client_id: str,
    redirect: str,
    state: str,
    scope: Scope = Scope.READ_ONLY,
    base: str = CONNECT,
) -> str:
    """Give the page at which an account's owner lets us in.

    >>> consent_link(client_id="ca_1", redirect="https://example.org/back", state="s1")
    'https://connect.stripe.com/oauth/authorize?response_type=code&client_id=ca_1&scope=read_only&redirect_uri=https%3A%2F%2Fexample.org%2Fback&state=s1'
    """
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "scope": scope,
            "redirect_uri": redirect,
            "state": state,
        }
    )
    return f"{base}/oauth/authorize?{query}"


def connect(key: Secret, code: Secret) -> Flow[Connected]:
    """Exchange the code of a redirect, within five minutes and once.

    Raises:
        ProviderError: Stripe did not take it.
    """
    response = yield _exchange(key, code)
    return _read(response, lambda found: Connected.of(decode(found)))


def _exchange(key: Secret, code: Secret) -> HttpRequest:
    """Make the request apart from its flow: no variable there holds a secret."""
    form = (
        ("grant_type", "authorization_code"),
        ("code", code.reveal()),
        ("client_secret", key.reveal()),
    )
    return HttpRequest(
        method="POST",
        path="/oauth/token",
        headers=(("Accept", "application/json"), _FORM),
        body=urlencode(form).encode(),
    )


def disconnect(key: Secret, client_id: str, account: str) -> Flow[str]:
    """Give an owner's consent back.

    Returns:
        The account that is not connected any more.

    Raises:
        ProviderError: Stripe did not do so.
    """
    body = urlencode({"client_id": client_id, "stripe_user_id": account})
    response = yield HttpRequest(
        method="POST",
        path="/oauth/deauthorize",
        headers=(*_headers(Access(key=key)), _FORM),
        body=body.encode(),
    )
    return _read(response, lambda found: decode(found).text("stripe_user_id"))


def _asked(access: Access, path: str, query: Pairs) -> HttpRequest:
    return HttpRequest(path=path, query=query, headers=_headers(access))


def _headers(access: Access) -> tuple[tuple[str, str | Secret], ...]:
    headers: list[tuple[str, str | Secret]] = [
        ("Authorization", Secret(f"Bearer {access.key.reveal()}")),
        ("Stripe-Version", VERSION),
        ("Accept", "application/json"),
    ]
    if access.account:
        headers.append(("Stripe-Account", access.account))
    return tuple(headers)


def _read(response: HttpResponse, read: Callable[[bytes], T]) -> T:
    if response.status != 200:
        raise failure(response, utc_now())
    try:
        return read(response.body)
    except FieldError as error:
        raise malformed(error) from None
    except RecursionError:
        msg = "objects within objects without end"
        raise PayloadError(PROVIDER, msg) from None
