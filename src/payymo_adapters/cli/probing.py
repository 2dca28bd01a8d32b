"""Looks at what is set up: each question a probe, and nothing is changed by any."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from attrs import define, evolve, frozen

from payymo_adapters.checkup import Probe
from payymo_adapters.cli.connections import (
    connected,
    installed,
    load_settings,
    source,
)
from payymo_adapters.cli.database import DATABASE, database_url, require_sqlalchemy
from payymo_adapters.cli.invoices import api_of
from payymo_adapters.cli.reaching import (
    Reach,
    Reached,
    allowance,
    enable_banking,
    gocardless,
)
from payymo_adapters.cli.redirect import PORT, listening
from payymo_adapters.cli.starting import FILE
from payymo_adapters.errors import (
    Bar,
    LimitError,
    MissingLibraryError,
    ProviderError,
    RefusedError,
    SettingsError,
    StoreError,
    UnauthorisedError,
)
from payymo_adapters.gocardless.settings import GoCardlessSettings
from payymo_adapters.http import Flow, HttpRequest, HttpResponse
from payymo_adapters.http_limits import read_time
from payymo_adapters.http_rules import utc_now
from payymo_adapters.journal import journalled
from payymo_adapters.run_settings import WHMCS
from payymo_adapters.settings import (
    Section,
    Source,
    WhmcsSettings,
    is_set,
    variable,
)
from payymo_adapters.state import Consented
from payymo_adapters.stripe import flows as stripe
from payymo_adapters.stripe.settings import StripeSettings
from payymo_adapters.webhooks import WebhookSettings
from payymo_adapters.whmcs.flows import list_payment_methods

T = TypeVar("T")
Look = Callable[[Path | None], Iterator[Probe]]

# What reading asks for, each of which a role may lack; nothing has the number 0.
_WHMCS: Mapping[str, Mapping[str, str]] = {
    "GetInvoices": {"limitnum": "1"},
    "GetInvoice": {"invoiceid": "0"},
    "GetClients": {"limitnum": "1"},
    "GetClientsDetails": {"clientid": "0"},
    "GetTransactions": {"transid": "payymo doctor"},
    "GetCurrencies": {},
}
_STRIPE: tuple[stripe.Listing[Any], ...] = (
    stripe.BALANCE_TRANSACTIONS,
    stripe.CHARGES,
    stripe.PAYMENT_INTENTS,
    stripe.PAYOUTS,
    stripe.REFUNDS,
    stripe.DISPUTES,
)
_ENABLE_BANKING = "enablebanking"
# A country that both bank providers reach; asked of where no bank is connected yet.
_ANY_COUNTRY = "DE"


@frozen(kw_only=True)
class Subject:
    """What can be looked at.

    Attributes:
        is_set_up: Whether anything of its settings is there.
        look: Asks.
    """

    is_set_up: Callable[[Source], bool]
    look: Look


@define
class _Dates:
    """Watches for the time that a provider tells with its answers."""

    told_at: datetime | None = None

    def answer(self, _request: HttpRequest) -> HttpResponse | None:
        """Nothing was asked before."""
        return None

    def keep(self, _request: HttpRequest, response: HttpResponse) -> None:
        """Take note of the time."""
        self.told_at = read_time(response.header("date"), utc_now()) or self.told_at


def probed(subject: str, run: Callable[[Flow[T]], T], flow: Flow[T]) -> Probe:
    """Ask, and say what came of it."""
    dates = _Dates()
    error: ProviderError | None = None
    try:
        run(journalled(flow, dates, lambda _: None))
    except ProviderError as failed:
        error = failed
    return Probe(subject=subject, now=utc_now(), error=error, told_at=dates.told_at)


def is_final(probe: Probe) -> bool:
    """Whether further questions would be answered alike."""
    if isinstance(probe.error, UnauthorisedError):
        return probe.error.bar is not Bar.PERMISSION
    return isinstance(probe.error, ProviderError) and not isinstance(
        probe.error, RefusedError | LimitError
    )


def look_at_whmcs(path: Path | None) -> Iterator[Probe]:
    """Ask each action that reading needs, and for the gateway; nothing is written."""
    settings = load_settings(WhmcsSettings, path)
    api = api_of(settings)
    with connected(settings.site) as driver:
        for action, parameters in _WHMCS.items():
            probe = probed(f"WHMCS {action}", driver.run, api(action, parameters))
            yield _unless_missing(probe)
            if is_final(probe):
                return
        methods: list[str] = []

        def ask() -> Flow[None]:
            found = yield from list_payment_methods(api)
            methods.extend(each.module for each in found)

        probe = probed("WHMCS GetPaymentMethods", driver.run, ask())
        gateway = (settings.gateway, tuple(methods))
        yield probe if probe.error else evolve(probe, gateway=gateway)


def _unless_missing(probe: Probe) -> Probe:
    """That there is no invoice 0 says that we may ask for one."""
    missing = isinstance(probe.error, RefusedError) and (
        "not found" in probe.error.fault.lower()
    )
    return evolve(probe, error=None) if missing else probe


def look_at_stripe(path: Path | None) -> Iterator[Probe]:
    """Ask for each list, of a moment in which nothing was made."""
    settings = load_settings(StripeSettings, path)
    now = utc_now()
    nothing = stripe.Window(since=now, until=now)
    with connected(settings.api_site) as driver:
        for listing in _STRIPE:
            flow = stripe.every(settings.access, listing, nothing)
            probe = probed(f"Stripe {listing.path}", driver.run, flow)
            yield probe
            if is_final(probe):
                return
    if settings.client_id:
        yield _way_back("Stripe", settings.redirect)


def look_at_banks(reach: Reach) -> Look:
    """Make what asks for the banks, and how each consent stands."""

    def look(path: Path | None) -> Iterator[Probe]:
        with reach(path) as reached:
            given = reached.state.consents(reached.provider.name)
            countries = {each.country.upper() for each in given} or {_ANY_COUNTRY}
            banks: set[str] = set()
            for country in sorted(countries):
                probe = _banks_of(country, reached, banks)
                yield probe
                if is_final(probe):
                    return
            yield _way_back(reached.provider.name, reached.redirect)
            for each in given:
                yield _consent(each, reached, banks)

    return look


def _banks_of(country: str, reached: Reached, banks: set[str]) -> Probe:
    def ask() -> Flow[None]:
        found = yield from reached.provider.banks(country)
        banks.update(each.id for each in found)

    name = f"{reached.provider.name} banks of {country}"
    return probed(name, reached.driver.run, ask())


def _consent(given: Consented, reached: Reached, banks: set[str]) -> Probe:
    """How it stands by the provider; by what is kept where that does not say."""
    held = [given.connection]

    def ask() -> Flow[None]:
        held.append((yield from reached.provider.connection(given.connection.id)))

    name = f"{reached.provider.name} consent for {given.connection.bank}"
    probe = probed(name, reached.driver.run, ask())
    now = utc_now()
    return evolve(
        probe,
        connection=held[-1],
        supported=given.connection.bank in banks,
        calls=tuple(
            (account.key, allowance(reached.state, account, now))
            for account in given.connection.accounts
        ),
    )


def look_at_webhook(path: Path | None) -> Iterator[Probe]:
    """Whether the receiver answers at all; it is told of nothing."""
    settings = load_settings(WebhookSettings, path)

    def ask() -> Flow[None]:
        yield HttpRequest(path=urlsplit(settings.url).path or "/")

    with connected(settings.site) as driver:
        yield probed("webhook", driver.run, ask())


def look_at_database(path: Path | None) -> Iterator[Probe]:
    """Whether it can be used, what weakens it, and what it says was not read."""
    url = database_url(path or FILE)
    error: StoreError | None = None
    weaknesses: list[str] = []
    try:
        require_sqlalchemy()
        from payymo_adapters.store.checkup import check  # noqa: PLC0415 - an extra

        weaknesses = check(url)
    except StoreError as failed:
        error = failed
    yield Probe(
        subject="database", now=utc_now(), error=error, weaknesses=tuple(weaknesses)
    )
    if error is None and "payymo" in source(path).file:
        from payymo_adapters.cli.unread import unread  # noqa: PLC0415 - an extra

        yield Probe(subject="books", now=utc_now(), unread=unread(path or FILE))


def _of_section(section: Callable[[], type[Section]]) -> Callable[[Source], bool]:
    return lambda source: is_set(section(), source)


def _is_enable_banking_set(source: Source) -> bool:
    """By the names of its settings, where the library is missing that reads them."""
    try:
        return is_set(_enable_banking_settings(), source)
    except MissingLibraryError:
        begin = variable(_ENABLE_BANKING, "")
        return _ENABLE_BANKING in source.file or any(
            name.startswith(begin) for name in source.environment
        )


def _is_whmcs_set(source: Source) -> bool:
    """Also where a run is to have its invoices from there."""
    invoices = source.file.get("invoices")
    wanted = isinstance(invoices, Mapping) and invoices.get("from") == WHMCS
    return wanted or is_set(WhmcsSettings, source)


def _names_books(source: Source) -> bool:
    return bool(source.environment.get(DATABASE)) or "payymo" in source.file


def _enable_banking_settings() -> type[Section]:
    with installed():
        from payymo_adapters.enablebanking.settings import (  # noqa: PLC0415
            EnableBankingSettings,
        )
    return EnableBankingSettings


SUBJECTS: Mapping[str, Subject] = {
    WHMCS: Subject(is_set_up=_is_whmcs_set, look=look_at_whmcs),
    "stripe": Subject(
        is_set_up=_of_section(lambda: StripeSettings), look=look_at_stripe
    ),
    "gocardless": Subject(
        is_set_up=_of_section(lambda: GoCardlessSettings),
        look=look_at_banks(gocardless),
    ),
    _ENABLE_BANKING: Subject(
        is_set_up=_is_enable_banking_set,
        look=look_at_banks(enable_banking),
    ),
    "webhook": Subject(
        is_set_up=_of_section(lambda: WebhookSettings), look=look_at_webhook
    ),
    "database": Subject(is_set_up=_names_books, look=look_at_database),
}
"""Whom ``payymo doctor`` knows; what is set up besides is one more row."""


def look_at(name: str, path: Path | None) -> Iterator[Probe]:
    """Ask all there is to ask; that something cannot be set up is a probe as well."""
    told = False
    try:
        for probe in SUBJECTS[name].look(path):
            # One clock is told of once, however many answers carry the time.
            yield evolve(probe, told_at=None) if told else probe
            told = told or probe.told_at is not None
    except SettingsError as error:
        yield Probe(subject=name, now=utc_now(), error=error)


def _way_back(provider: str, redirect: str) -> Probe:
    """Whether a user can come back from a consent: as registered, or to our port."""
    error: OSError | None = None
    if not redirect:
        try:
            with listening(PORT, "/"):
                pass
        except OSError as failed:
            error = failed
    where = "redirect address" if redirect else f"redirect to port {PORT}"
    return Probe(
        subject=f"{provider} {where}", now=utc_now(), error=error, redirect=redirect
    )
