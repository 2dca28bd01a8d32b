"""Bank Account Data as a ``BankProvider``: every job a flow.

New sign-ups are closed since 2025; keys that exist work on. Access tokens hold a day
and are kept in ``Tokens`` between flows, since asking for new ones is limited.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import define, evolve, field, frozen

from payymo_adapters.banking import (
    Balance,
    Bank,
    BankAccount,
    Connection,
    ConnectionStatus,
    ConsentGoneError,
    Link,
    Listing,
    Period,
    Wish,
)
from payymo_adapters.consent import RedirectNames
from payymo_adapters.errors import UnauthorisedError
from payymo_adapters.gocardless import wire
from payymo_adapters.gocardless.faults import NAME, fault_of, problem_of
from payymo_adapters.gocardless.mapping import (
    to_account,
    to_balances,
    to_bank,
    to_connection,
    to_listing,
)
from payymo_adapters.http import Flow, HttpRequest, HttpResponse, Secret
from payymo_adapters.http_rules import utc_now
from payymo_adapters.payload import Fields, read, read_list

T = TypeVar("T")

REDIRECT = RedirectNames(state="ref", code="", error="error", description="details")

# A token is not used in its last minute: it may be old when it arrives.
_MARGIN = timedelta(minutes=1)
# Banks that tell 90 days refuse exactly 90.
_REFUSED_DAYS = 90
_MOST_DAYS = 730
_WHY = {
    ConnectionStatus.BEGUN: "the bank has not finished the consent yet",
    ConnectionStatus.REFUSED: "the consent was not given, or the bank failed",
    ConnectionStatus.EXPIRED: "the consent has expired",
    ConnectionStatus.SUSPENDED: "the connection was suspended after many failures",
    ConnectionStatus.UNKNOWN: "the connection is in a state that is not documented",
}


@frozen
class Held:
    """A token and when it ends."""

    value: Secret
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return now < self.until - _MARGIN


@define
class Tokens:
    """The tokens of one pair of secrets, kept between flows."""

    access: Held | None = None
    refresh: Held | None = None


@frozen(kw_only=True)
class BankAccountData:
    """Bank accounts by GoCardless.

    Attributes:
        secret_id: Of the user secrets.
        secret_key: Likewise.
        tokens: Kept by the caller where it outlives this.
        clock: Gives the time in UTC.
    """

    secret_id: Secret
    secret_key: Secret
    tokens: Tokens = field(factory=Tokens)
    clock: Callable[[], datetime] = utc_now

    @property
    def name(self) -> str:
        """As a person knows it."""
        return NAME

    @property
    def redirect_names(self) -> RedirectNames:
        """How its redirect is read: the state comes back as ``ref``, without a code."""
        return REDIRECT

    def banks(self, country: str) -> Flow[tuple[Bank, ...]]:
        """The banks of a country."""
        response = yield from self._ask(wire.institutions(country))
        return read_list(
            NAME, response.body, lambda held: to_bank(wire.read_institution(held))
        )

    def connect(self, wish: Wish, state: str) -> Flow[Link]:
        """Ask for an agreement and a requisition; the state is its reference."""
        asked = wire.agreement(wish.bank.id, _history_days(wish), _access_days(wish))
        agreement = yield from self._read(asked, wire.read_agreement)
        asked = wire.requisition(wish.bank.id, agreement.id, wish.redirect, state)
        found = yield from self._read(asked, _with_link)
        return Link(url=found.link, connection=found.id)

    def finish(self, connection: str, code: Secret) -> Flow[Connection]:
        """Look whether the bank linked what was begun.

        Raises:
            ConsentGoneError: It is not linked; the user has to begin again.
        """
        del code  # there is none: the reference was the state
        found = yield from self.connection(connection)
        if why := _WHY.get(found.status):
            raise ConsentGoneError(NAME, why, code=found.status)
        return found

    def connection(self, connection: str) -> Flow[Connection]:
        """How a connection stands, with its accounts and the end of its consent."""
        asked = wire.get_requisition(connection)
        found = yield from self._read(asked, wire.read_requisition)
        agreement = None
        if found.agreement:
            asked = wire.get_agreement(found.agreement)
            agreement = yield from self._read(asked, wire.read_agreement)
        accounts = []
        for account_id in found.accounts:
            asked = wire.account(account_id)
            account = yield from self._read(asked, wire.read_account)
            accounts.append(to_account(account))
        return to_connection(found, agreement, accounts)

    def disconnect(self, connection: str) -> Flow[None]:
        """End a consent, and the agreements that belong to it."""
        yield from self._ask(wire.delete_requisition(connection))

    def details(self, account: BankAccount) -> Flow[BankAccount]:
        """The account with its currency and what else only its bank knows.

        It counts against the bank's limit of the day.
        """
        found = yield from self._read(wire.details(account.id), wire.read_details)
        return evolve(
            account,
            currency=found.currency or account.currency,
            name=account.name or found.name,
            owner=account.owner or found.owner,
        )

    def balances(self, account: BankAccount) -> Flow[tuple[Balance, ...]]:
        """What an account holds."""
        found = yield from self._read(wire.balances(account.id), to_balances)
        return found

    def transactions(self, account: BankAccount, period: Period) -> Flow[Listing]:
        """What was booked on an account, and what is pending; there are no pages."""
        asked = wire.transactions(account.id, period)
        found = yield from self._read(
            asked, lambda held: to_listing(held, account, period)
        )
        return found

    def _read(self, request: HttpRequest, parse: Callable[[Fields], T]) -> Flow[T]:
        response = yield from self._ask(request)
        return read(NAME, response.body, parse)

    def _ask(self, request: HttpRequest) -> Flow[HttpResponse]:
        """Ask with a token, and once more with another if it is our token's fault."""
        response = yield _signed(request, (yield from self._access()))
        if response.status == 401 and problem_of(response).blames_our_token:
            self.tokens.access = None
            response = yield _signed(request, (yield from self._access()))
        if not 200 <= response.status < 300:
            raise fault_of(response, self.clock())
        return response

    def _access(self) -> Flow[Secret]:
        """The access token in hand, a refreshed one, or a new one."""
        now = self.clock()
        held, refresh = self.tokens.access, self.tokens.refresh
        if held and held.holds(now):
            return held.value
        if refresh and refresh.holds(now):
            response = yield wire.refresh_token(refresh.value)
            if response.status != 401:
                return self._keep(response, now, ("access",))
            self.tokens.refresh = None
        response = yield wire.new_token(self.secret_id, self.secret_key)
        return self._keep(response, now, ("access", "refresh"))

    def _keep(
        self, response: HttpResponse, now: datetime, names: tuple[str, ...]
    ) -> Secret:
        if response.status in (400, 401):
            # Not quoted: what is wrong with a secret may be told by showing it.
            raise UnauthorisedError(
                NAME,
                "the secret id or the secret key is not accepted",
                advice="Check both, or make new ones in the portal",
                code=str(response.status),
            )
        if response.status != 200:
            raise fault_of(response, now)
        access = _token(response, "access", now)
        self.tokens.access = access
        if "refresh" in names:
            self.tokens.refresh = _token(response, "refresh", now)
        return access.value


def _token(response: HttpResponse, name: str, now: datetime) -> Held:
    token = read(NAME, response.body, lambda held: wire.read_token(held, name))
    return Held(token.value, now + token.lifetime)


def _signed(request: HttpRequest, token: Secret) -> HttpRequest:
    bearer = ("authorization", Secret(f"Bearer {token.reveal()}"))
    return evolve(request, headers=(*request.headers, bearer))


def _with_link(held: Fields) -> wire.Requisition:
    found = wire.read_requisition(held)
    if not found.link.startswith("https://"):
        held.refuse("link", "not the address of a page")
    return found


def _history_days(wish: Wish) -> int:
    least = min(wish.history_days, wish.bank.history_days or _MOST_DAYS, _MOST_DAYS)
    return max(1, least - 1 if least == _REFUSED_DAYS else least)


def _access_days(wish: Wish) -> int:
    return max(1, min(wish.access_days, wish.bank.access_days or wish.access_days))
