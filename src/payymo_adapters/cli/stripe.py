"""Stripe for the commands: its settings, and what is said of what came."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from payymo_adapters.cli.tasks import Fetched, Span, driver_for, setting
from payymo_adapters.consent import OAUTH, Accepted, RedirectNames
from payymo_adapters.errors import FieldError
from payymo_adapters.files.texts import counted
from payymo_adapters.http import Flow, Secret
from payymo_adapters.http_rules import Site
from payymo_adapters.stripe.failures import PROVIDER
from payymo_adapters.stripe.flows import (
    API,
    CONNECT,
    Access,
    Window,
    connect,
    consent_link,
)
from payymo_adapters.stripe.ledger import Carried, Ledger, ledger
from payymo_adapters.stripe.mapping import Mapped, map_ledger
from payymo_adapters.stripe.payouts import explode, unready
from payymo_adapters.stripe.retry import is_worth_repeating
from payymo_core import Rejected

if TYPE_CHECKING:
    from payymo_adapters.httpx_driver import HttpxDriver

T = TypeVar("T")
_KEY, _ACCOUNT = "PAYYMO_STRIPE_KEY", "PAYYMO_STRIPE_ACCOUNT"
_CLIENT, _REDIRECT = "PAYYMO_STRIPE_CLIENT_ID", "PAYYMO_STRIPE_REDIRECT"
_API, _CONNECT = "PAYYMO_STRIPE_API", "PAYYMO_STRIPE_CONNECT"


@frozen(kw_only=True)
class _Connector:
    """Connects an account to the platform that the key is of."""

    driver: "HttpxDriver"
    key: Secret
    client_id: str
    redirect: str
    title: str = PROVIDER
    names: RedirectNames = OAUTH

    def link(self, state: str, redirect: str) -> str:
        """Give the page at which an owner lets us read."""
        return consent_link(
            client_id=self.client_id,
            redirect=redirect,
            state=state,
            base=self.driver.site.origin,
        )

    def finish(self, accepted: Accepted) -> tuple[str, ...]:
        """Exchange the code."""
        found = self.driver.run(connect(self.key, accepted.code))
        mode = "live mode" if found.livemode else "test mode"
        return (
            f"connected: {found.account} ({found.scope}, {mode})",
            f"to read it: set {_ACCOUNT}={found.account}",
        )


@frozen(kw_only=True)
class _Fetcher:
    """Fetches what moved the balance of an account."""

    driver: "HttpxDriver"
    access: Access

    @property
    def account(self) -> str:
        """The connected account, or "" for the key's own."""
        return self.access.account

    def fetch(self, span: Span) -> Flow[Fetched]:
        """Ask for the ledger of a span."""
        window = Window(since=span.begin, until=span.end)
        found = yield from ledger(self.access, window)
        return _told(found, self.account)

    def run(self, flow: Flow[T]) -> T:
        """Run a flow against Stripe."""
        return self.driver.run(flow)


@contextmanager
def stripe_connector(environment: Mapping[str, str]) -> Iterator[_Connector]:
    """Open what connects an account.

    Raises:
        click.UsageError: A setting is missing.
    """
    key = Secret(setting(environment, _KEY))
    client_id = setting(environment, _CLIENT)
    with driver_for(_site(environment.get(_CONNECT) or CONNECT)) as driver:
        yield _Connector(
            driver=driver,
            key=key,
            client_id=client_id,
            redirect=environment.get(_REDIRECT, ""),
        )


@contextmanager
def stripe_fetcher(environment: Mapping[str, str]) -> Iterator[_Fetcher]:
    """Open what fetches transactions.

    Raises:
        click.UsageError: A setting is missing.
    """
    key = Secret(setting(environment, _KEY))
    access = Access(key=key, account=environment.get(_ACCOUNT, ""))
    with driver_for(_site(environment.get(_API) or API)) as driver:
        yield _Fetcher(driver=driver, access=access)


def _site(origin: str) -> Site:
    return Site(provider=PROVIDER, origin=origin, again=is_worth_repeating)


def _told(found: Ledger, account: str) -> Fetched:
    mapped = map_ledger(found, account)
    uneven = (_uneven(carried) for carried in found.carried)
    return Fetched(
        transactions=mapped.transactions,
        rejected=(*mapped.rejected, *(each for each in uneven if each)),
        notes=(*_waiting(mapped), *_aside(mapped), *_payouts(found)),
    )


def _uneven(carried: Carried) -> Rejected | None:
    try:
        explode(carried)
    except FieldError as error:
        name = carried.payout.id
        return Rejected(record_id=name, fault=error.fault, field=error.path)
    return None


def _waiting(mapped: Mapped) -> Iterator[str]:
    for each in mapped.waiting:
        made = f"{each.charge.created:%Y-%m-%d}"
        yield (
            f"charge {each.charge.id} of {made} is no money yet; it waits for its "
            f"{each.waits_for.replace('_', ' ')}, and comes with a later fetch"
        )


def _aside(mapped: Mapped) -> Iterator[str]:
    kinds = Counter(aside.category for aside in mapped.aside)
    if kinds:
        listed = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        yield f"left aside, since they pay nothing: {listed}"


def _payouts(found: Ledger) -> Iterator[str]:
    for carried in found.carried:
        lines = len(carried.lines) - 1  # its own is one of them
        yield f"payout {carried.payout.id} carries {counted(lines, 'line')}"
    for payout in found.payouts:
        reason = unready(payout)
        assert reason
        yield f"payout {payout.id} is not itemised: {reason.replace('_', ' ')}"
