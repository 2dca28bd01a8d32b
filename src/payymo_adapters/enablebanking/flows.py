"""Enable Banking as a ``BankProvider``: every job a flow.

Without headers that tell of a user at the screen a bank may be asked four times a day;
none is sent here, since a flow may run with nobody there.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar

from attrs import evolve, frozen

from payymo_adapters.banking import (
    Balance,
    Bank,
    BankAccount,
    Connection,
    Link,
    Listing,
    Period,
    Wish,
)
from payymo_adapters.consent import OAUTH, RedirectNames
from payymo_adapters.enablebanking import wire
from payymo_adapters.enablebanking.faults import NAME, TOO_LONG, code_of, fault_of
from payymo_adapters.enablebanking.mapping import (
    to_account,
    to_balances,
    to_bank,
    to_connection,
    to_listing,
)
from payymo_adapters.enablebanking.signing import application_token
from payymo_adapters.errors import PayloadError
from payymo_adapters.http import Flow, HttpRequest, HttpResponse, Secret
from payymo_adapters.http_rules import utc_now
from payymo_adapters.payload import Fields, read

T = TypeVar("T")

# A bank that refuses even so short a period refuses for another reason.
_SHORTEST = timedelta(days=7)
_MOST_PAGES = 2_000


@frozen(kw_only=True)
class EnableBanking:
    """Bank accounts by Enable Banking.

    Attributes:
        application_id: As the control panel shows it.
        private_key: RSA, in PEM.
        psu_type: ``business`` or ``personal``: which of a bank's doors users go to.
        clock: Gives the time in UTC.
    """

    application_id: str
    private_key: Secret
    psu_type: str = "business"
    clock: Callable[[], datetime] = utc_now

    @property
    def name(self) -> str:
        """As a person knows it."""
        return NAME

    @property
    def redirect_names(self) -> RedirectNames:
        """How its redirect is read: as OAuth has it."""
        return OAUTH

    def banks(self, country: str) -> Flow[tuple[Bank, ...]]:
        """The banks of a country."""
        asked = wire.aspsps(country, self.psu_type)
        found = yield from self._read(asked, wire.read_aspsps)
        return tuple(map(to_bank, found))

    def connect(self, wish: Wish, state: str) -> Flow[Link]:
        """Ask for the bank's page; what is begun has no id before the redirect."""
        days = min(wish.access_days, wish.bank.access_days or wish.access_days)
        # The id is all that a connection keeps of its bank, to connect it again.
        country, _, name = wish.bank.id.partition(" ")
        wanted = wire.Authorisation(
            name=name,
            country=country,
            psu_type=self.psu_type,
            redirect=wish.redirect,
            state=state,
            valid_until=self.clock() + timedelta(days=days),
        )
        url = yield from self._read(wire.authorise(wanted), _page)
        return Link(url=url, connection="")

    def finish(self, connection: str, code: Secret) -> Flow[Connection]:
        """Exchange the code for a session with its accounts."""
        del connection  # it has none before
        found = yield from self._read(wire.new_session(code), wire.read_new_session)
        accounts = [to_account(each, found.bank) for each in found.accounts]
        return to_connection(found, accounts)

    def connection(self, connection: str) -> Flow[Connection]:
        """How a session stands; its accounts are described by their banks."""
        found = yield from self._read(
            wire.session(connection), lambda held: wire.read_session(held, connection)
        )
        accounts = []
        for account_id in found.account_ids:
            asked = wire.details(account_id)
            account = yield from self._read(asked, wire.read_account)
            named = evolve(account, id=account_id)
            accounts.append(to_account(named, found.bank))
        return to_connection(found, accounts)

    def disconnect(self, connection: str) -> Flow[None]:
        """End a session."""
        yield from self._ask(wire.delete_session(connection))

    def balances(self, account: BankAccount) -> Flow[tuple[Balance, ...]]:
        """What an account holds."""
        found = yield from self._read(wire.balances(account.id), to_balances)
        return found

    def transactions(self, account: BankAccount, period: Period) -> Flow[Listing]:
        """What was booked on an account, and what is pending, of all pages.

        Where the bank does not tell of so long a period, of half of it and so on; the
        listing says of which.
        """
        # An end without a beginning is refused, so it is not asked for.
        told = period if period.since else Period()
        response = yield self._signed(wire.transactions(account.id, told, ""))
        while response.status >= 400 and code_of(response) == TOO_LONG:
            shorter = _shorter(told, self.clock().date())
            if shorter is None:
                break
            told = shorter
            response = yield self._signed(wire.transactions(account.id, told, ""))
        pages = yield from self._pages(account, told, response)
        return to_listing(pages, account, told)

    def _pages(
        self, account: BankAccount, period: Period, response: HttpResponse
    ) -> Flow[list[tuple[Fields, ...]]]:
        pages: list[tuple[Fields, ...]] = []
        keys = {""}
        while True:
            page, key = read(NAME, self._accepted(response).body, _page_of_entries)
            pages.append(page)
            # Pages may be empty and not the last.
            if not key:
                return pages
            if key in keys or len(pages) >= _MOST_PAGES:
                fault = "the pages do not end"
                raise PayloadError(NAME, fault, field="continuation_key")
            keys.add(key)
            response = yield self._signed(wire.transactions(account.id, period, key))

    def _read(self, request: HttpRequest, parse: Callable[[Fields], T]) -> Flow[T]:
        response = yield from self._ask(request)
        return read(NAME, response.body, parse)

    def _ask(self, request: HttpRequest) -> Flow[HttpResponse]:
        response = yield self._signed(request)
        return self._accepted(response)

    def _accepted(self, response: HttpResponse) -> HttpResponse:
        if not 200 <= response.status < 300:
            raise fault_of(response, self.clock())
        return response

    def _signed(self, request: HttpRequest) -> HttpRequest:
        now = self.clock()
        token = application_token(self.application_id, self.private_key, now)
        bearer = ("authorization", Secret(f"Bearer {token.reveal()}"))
        return evolve(request, headers=(*request.headers, bearer))


def _page(held: Fields) -> str:
    url = held.text("url")
    if not url.startswith("https://"):
        held.refuse("url", "not the address of a page")
    return url


def _page_of_entries(held: Fields) -> tuple[tuple[Fields, ...], str]:
    if "transactions" not in held:
        held.refuse("transactions", "required, and missing")
    return held.list("transactions"), held.words("continuation_key")


def _shorter(period: Period, today: date) -> Period | None:
    """The later half of a period; None where there is no shorter one to ask for."""
    until = period.until or today
    if period.since is None or until - period.since <= _SHORTEST:
        return None
    return evolve(period, since=until - (until - period.since) // 2)
