"""Enable Banking: what is sent, and the named fields of what comes back."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from attrs import field, frozen

from payymo_adapters.banking import Period
from payymo_adapters.errors import FieldError
from payymo_adapters.http import HttpRequest, Secret
from payymo_adapters.payload import Fields

ORIGIN = "https://api.enablebanking.com"

_GET = (("accept", "application/json"),)
_JSON = (*_GET, ("content-type", "application/json"))


# --- what is sent ---------------------------------------------------------------------


def aspsps(country: str, psu_type: str) -> HttpRequest:
    """Ask for the banks of a country that tell of accounts."""
    query = (
        ("country", country.upper()),
        ("psu_type", psu_type),
        ("service", "AIS"),
    )
    return HttpRequest(path="/aspsps", query=query, headers=_GET)


@frozen(kw_only=True)
class Authorisation:
    """What a user is asked to consent to."""

    name: str
    country: str
    psu_type: str
    redirect: str
    state: str
    valid_until: datetime


def authorise(wanted: Authorisation) -> HttpRequest:
    """Ask for the link that a user consents by."""
    body = {
        "access": {"valid_until": wanted.valid_until.isoformat()},
        "aspsp": {"name": wanted.name, "country": wanted.country},
        "state": wanted.state,
        "redirect_url": wanted.redirect,
        "psu_type": wanted.psu_type,
    }
    return _post("/auth", body)


def new_session(code: Secret) -> HttpRequest:
    """Exchange the redirect's code for a session."""
    return _post("/sessions", {"code": code.reveal()})


def session(session_id: str) -> HttpRequest:
    """Ask how a session stands."""
    return HttpRequest(path=f"/sessions/{_part(session_id)}", headers=_GET)


def delete_session(session_id: str) -> HttpRequest:
    """End a session, and the consent at the bank where that is possible."""
    path = f"/sessions/{_part(session_id)}"
    return HttpRequest(method="DELETE", path=path, headers=_GET)


def details(account_id: str) -> HttpRequest:
    """Ask the bank what an account is."""
    return _of_account(account_id, "details")


def balances(account_id: str) -> HttpRequest:
    """Ask the bank for an account's balances."""
    return _of_account(account_id, "balances")


def transactions(account_id: str, period: Period, continuation: str) -> HttpRequest:
    """Ask the bank for a page of what was booked or is pending."""
    pairs = (
        ("date_from", period.since),
        ("date_to", period.until),
        ("continuation_key", continuation),
    )
    query = tuple((name, str(value)) for name, value in pairs if value)
    return _of_account(account_id, "transactions", query)


def _of_account(
    account_id: str, scope: str, query: tuple[tuple[str, str], ...] = ()
) -> HttpRequest:
    path = f"/accounts/{_part(account_id)}/{scope}"
    # Further pages belong to the call that the first one was counted as.
    paged = any(name == "continuation_key" for name, _ in query)
    budget = "" if paged else f"{account_id}/{scope}"
    return HttpRequest(path=path, query=query, headers=_GET, budget=budget)


def _post(path: str, body: Mapping[str, object]) -> HttpRequest:
    sent = json.dumps(body).encode()
    return HttpRequest(method="POST", path=path, headers=_JSON, body=sent)


def _part(identifier: str) -> str:
    return quote(identifier, safe="")


# --- what comes back ------------------------------------------------------------------


@frozen(kw_only=True)
class Aspsp:
    """A bank; its name and country together are its id."""

    name: str
    country: str
    consent_seconds: int | None


def read_aspsps(held: Fields) -> tuple[Aspsp, ...]:
    """Read the list of banks."""
    key = "maximum_consent_validity"
    return tuple(
        Aspsp(
            name=each.text("name"),
            country=each.text("country"),
            consent_seconds=each.number(key) if key in each else None,
        )
        for each in held.list("aspsps")
    )


@frozen(kw_only=True)
class Account:
    """An account of a session; one without an id cannot be read."""

    id: str
    iban: str
    number: str
    hash: str
    name: str
    owner: str
    currency: str


def read_account(held: Fields) -> Account:
    """Read an account as a new session or its details describe it."""
    number = held.fields("account_id")
    return Account(
        id=held.words("uid"),
        iban=number.words("iban"),
        number=number.fields("other").words("identification"),
        hash=held.words("identification_hash"),
        name=held.words("details") or held.words("product"),
        owner=held.words("name"),
        currency=held.words("currency"),
    )


@frozen(kw_only=True)
class Session:
    """A consent: new ones describe their accounts, old ones only name them."""

    id: str
    status: str
    bank: str
    accounts: tuple[Account, ...] = ()
    account_ids: tuple[str, ...] = ()
    valid_until: datetime | None = None


def read_new_session(held: Fields) -> Session:
    """Read what a code was exchanged for."""
    return Session(
        id=held.text("session_id"),
        status="AUTHORIZED",
        bank=_bank(held),
        accounts=tuple(map(read_account, held.list("accounts"))),
        valid_until=held.fields("access").moment("valid_until"),
    )


def read_session(held: Fields, session_id: str) -> Session:
    """Read how a session stands."""
    return Session(
        id=session_id,
        status=held.words("status"),
        bank=_bank(held),
        account_ids=held.texts("accounts"),
        valid_until=held.fields("access").moment("valid_until"),
    )


def _bank(held: Fields) -> str:
    aspsp = held.fields("aspsp")
    return bank_id(aspsp.text("name"), aspsp.text("country"))


def bank_id(name: str, country: str) -> str:
    """Make one id of the two that name a bank.

    >>> bank_id("Nordea", "FI")
    'FI Nordea'
    """
    return f"{country} {name}"


@frozen(kw_only=True)
class Entry:
    """One entry of an account's list.

    Attributes:
        reference: The bank's id of it, unique within the account where it is honest.
        status: Four letters.
        amount: Without a sign, major units.
        credit: Whether money came in.
        currency: ISO 4217.
        booking_day: The day of booking.
        value_day: The day of value.
        name: Of the other side.
        iban: Of the other side.
        number: Of the other side, where it has no IBAN.
        creditor_reference: Structured.
        mandate: A direct debit's.
        texts: Remittance information.
        balance_after: Of the account, major units.
        raw: As it came.
    """

    reference: str
    status: str
    amount: Decimal
    credit: bool
    currency: str
    booking_day: date | None
    value_day: date | None
    name: str
    iban: str
    number: str
    creditor_reference: str
    mandate: str
    texts: tuple[str, ...]
    balance_after: Decimal | None
    raw: str = field(repr=False)


def read_entry(held: Fields) -> Entry:
    """Read an entry; its sign is what the indicator says, not what the amount says.

    Raises:
        FieldError: A field holds what the specification does not allow.
    """
    money = held.fields("transaction_amount")
    direction = held.text("credit_debit_indicator")
    if direction not in ("CRDT", "DBIT"):
        held.refuse("credit_debit_indicator", f"{direction[:20]!r} is unknown")
    credit = direction == "CRDT"
    other = "debtor" if credit else "creditor"
    number = held.fields(f"{other}_account")
    scheme = held.words("reference_number_schema")
    reference = held.words("reference_number")
    return Entry(
        reference=held.words("entry_reference"),
        status=held.text("status"),
        amount=abs(money.decimal("amount")),
        credit=credit,
        currency=money.text("currency"),
        booking_day=held.day("booking_date"),
        value_day=held.day("value_date") or held.day("transaction_date"),
        name=held.fields(other).words("name"),
        iban=number.words("iban"),
        number=number.fields("other").words("identification"),
        creditor_reference="" if scheme == "SDDM" else reference,
        mandate=reference if scheme == "SDDM" else "",
        texts=held.texts("remittance_information"),
        balance_after=_balance_after(held),
        raw=held.canonical,
    )


def _balance_after(held: Fields) -> Decimal | None:
    """A tie-break, so one that is not readable is none."""
    try:
        return held.fields("balance_after_transaction").decimal("amount")
    except FieldError:
        return None
