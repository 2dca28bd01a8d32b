"""Bank Account Data, version 2: what is sent, and the named fields of what comes back.

Paths end with a slash, bodies are JSON, and every amount is a decimal string.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from attrs import field, frozen

from payymo_adapters.banking import Period
from payymo_adapters.http import HttpRequest, Secret
from payymo_adapters.payload import Fields

ORIGIN = "https://bankaccountdata.gocardless.com"
SCOPES = ("balances", "details", "transactions")

_API = "/api/v2"
_JSON = (("accept", "application/json"), ("content-type", "application/json"))
_GET = (("accept", "application/json"),)


# --- what is sent ---------------------------------------------------------------------


def new_token(secret_id: Secret, secret_key: Secret) -> HttpRequest:
    """Ask for tokens."""
    body = {"secret_id": secret_id.reveal(), "secret_key": secret_key.reveal()}
    return _post("token/new/", body)


def refresh_token(refresh: Secret) -> HttpRequest:
    """Ask for another access token."""
    return _post("token/refresh/", {"refresh": refresh.reveal()})


def institutions(country: str) -> HttpRequest:
    """Ask for the banks of a country."""
    query = (("country", country.upper()),)
    return HttpRequest(path=f"{_API}/institutions/", query=query, headers=_GET)


def agreement(bank: str, history_days: int, access_days: int) -> HttpRequest:
    """Ask for what the user is to consent to."""
    body = {
        "institution_id": bank,
        "max_historical_days": history_days,
        "access_valid_for_days": access_days,
        "access_scope": list(SCOPES),
    }
    return _post("agreements/enduser/", body)


def get_agreement(agreement_id: str) -> HttpRequest:
    """Ask how an agreement stands."""
    return _get(f"agreements/enduser/{_part(agreement_id)}/")


def requisition(
    bank: str, agreement_id: str, redirect: str, reference: str
) -> HttpRequest:
    """Ask for the link that a user consents by; the reference comes back with them."""
    body = {
        "redirect": redirect,
        "institution_id": bank,
        "agreement": agreement_id,
        "reference": reference,
    }
    return _post("requisitions/", body)


def get_requisition(requisition_id: str) -> HttpRequest:
    """Ask how a requisition stands."""
    return _get(f"requisitions/{_part(requisition_id)}/")


def delete_requisition(requisition_id: str) -> HttpRequest:
    """End a requisition and its agreements."""
    path = f"{_API}/requisitions/{_part(requisition_id)}/"
    return HttpRequest(method="DELETE", path=path, headers=_GET)


def account(account_id: str) -> HttpRequest:
    """Ask for what is known of an account; the bank is not asked."""
    return _get(f"accounts/{_part(account_id)}/")


def balances(account_id: str) -> HttpRequest:
    """Ask the bank for an account's balances."""
    return _of_account(account_id, "balances")


def details(account_id: str) -> HttpRequest:
    """Ask the bank for an account's currency, product and owner."""
    return _of_account(account_id, "details")


def transactions(account_id: str, period: Period) -> HttpRequest:
    """Ask the bank for what was booked in a period, and for what is pending."""
    ends = (("date_from", period.since), ("date_to", period.until))
    query = tuple((name, day.isoformat()) for name, day in ends if day)
    return _of_account(account_id, "transactions", query)


def _of_account(
    account_id: str, scope: str, query: tuple[tuple[str, str], ...] = ()
) -> HttpRequest:
    path = f"{_API}/accounts/{_part(account_id)}/{scope}/"
    budget = f"{account_id}/{scope}"
    return HttpRequest(path=path, query=query, headers=_GET, budget=budget)


def _get(path: str) -> HttpRequest:
    return HttpRequest(path=f"{_API}/{path}", headers=_GET)


def _post(path: str, body: Mapping[str, object]) -> HttpRequest:
    sent = json.dumps(body).encode()
    return HttpRequest(method="POST", path=f"{_API}/{path}", headers=_JSON, body=sent)


def _part(identifier: str) -> str:
    return quote(identifier, safe="")


# --- what comes back ------------------------------------------------------------------


@frozen(kw_only=True)
class Token:
    """A token and how long it holds."""

    value: Secret
    lifetime: timedelta


def read_token(held: Fields, name: str) -> Token:
    """Read the ``access`` or the ``refresh`` token."""
    seconds = held.number(f"{name}_expires")
    if not 0 < seconds <= 10**9:
        held.refuse(f"{name}_expires", "not a number of seconds to come")
    return Token(value=held.secret(name), lifetime=timedelta(seconds=seconds))


@frozen(kw_only=True)
class Institution:
    """A bank; its numbers of days come as strings."""

    id: str
    name: str
    countries: tuple[str, ...]
    history_days: int | None
    access_days: int | None


def read_institution(held: Fields) -> Institution:
    """Read a bank."""
    return Institution(
        id=held.text("id"),
        name=held.text("name"),
        countries=held.texts("countries"),
        history_days=_days(held, "transaction_total_days"),
        access_days=_days(held, "max_access_valid_for_days"),
    )


def _days(held: Fields, key: str) -> int | None:
    if key not in held:
        return None
    found = held.words(key)
    if not (found.isascii() and found.isdigit() and len(found) < 6):
        held.refuse(key, f"{found[:20]!r} is not a number of days")
    return int(found)


@frozen(kw_only=True)
class Agreement:
    """What a user consents to; it is accepted once they did."""

    id: str
    access_days: int
    accepted: datetime | None

    @property
    def expires_at(self) -> datetime | None:
        """When it ends; None before it was accepted."""
        if self.accepted is None:
            return None
        return self.accepted + timedelta(days=self.access_days)


def read_agreement(held: Fields) -> Agreement:
    """Read an agreement."""
    days = held.number("access_valid_for_days")
    if not 0 < days <= 3650:
        held.refuse("access_valid_for_days", f"{days} is not a number of days to come")
    accepted = held.moment("accepted")
    if accepted and not 2000 < accepted.year < 9000:
        held.refuse("accepted", f"{accepted} is not a time of our age")
    return Agreement(id=held.text("id"), access_days=days, accepted=accepted)


@frozen(kw_only=True)
class Requisition:
    """A user's consent on its way: two letters say how far it is."""

    id: str
    status: str
    bank: str
    agreement: str
    link: str = field(repr=False)
    accounts: tuple[str, ...]


def read_requisition(held: Fields) -> Requisition:
    """Read a requisition."""
    return Requisition(
        id=held.text("id"),
        status=held.words("status"),
        bank=held.words("institution_id"),
        agreement=held.words("agreement"),
        link=held.words("link"),
        accounts=held.texts("accounts"),
    )


@frozen(kw_only=True)
class Account:
    """What is known of an account without asking its bank."""

    id: str
    iban: str
    bban: str
    status: str
    bank: str
    owner: str
    name: str


def read_account(held: Fields) -> Account:
    """Read an account."""
    return Account(
        id=held.text("id"),
        iban=held.words("iban"),
        bban=held.words("bban"),
        status=held.words("status"),
        bank=held.words("institution_id"),
        owner=held.words("owner_name"),
        name=held.words("name"),
    )


@frozen(kw_only=True)
class Details:
    """What the bank says of an account."""

    iban: str
    currency: str
    owner: str
    name: str


def read_details(held: Fields) -> Details:
    """Read an account's details."""
    found = held.fields("account")
    return Details(
        iban=found.words("iban"),
        currency=found.words("currency"),
        owner=found.words("ownerName"),
        name=found.words("name") or found.words("product"),
    )
