"""Stripe for the commands: its settings, and what is said of what came."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from attrs import frozen

from payymo_adapters.banking import Link
from payymo_adapters.cli.connections import connected, load_settings, state
from payymo_adapters.cli.locking import held
from payymo_adapters.cli.tasks import Ask, Fetched, Span
from payymo_adapters.consent import OAUTH, Accepted, RedirectNames
from payymo_adapters.errors import FieldError, SettingsError
from payymo_adapters.files.texts import counted
from payymo_adapters.http import Flow
from payymo_adapters.settings import variable
from payymo_adapters.state import State, Waiting
from payymo_adapters.stripe.failures import PROVIDER
from payymo_adapters.stripe.flows import Window, connect, consent_link
from payymo_adapters.stripe.ledger import Carried, Ledger, ledger
from payymo_adapters.stripe.mapping import Mapped, map_ledger
from payymo_adapters.stripe.payouts import explode, unready
from payymo_adapters.stripe.settings import StripeSettings
from payymo_core import Rejected

if TYPE_CHECKING:
    from payymo_adapters.httpx_driver import HttpxDriver

T = TypeVar("T")


@frozen(kw_only=True)
class _Connector:
    """Connects an account to the platform that the key is of."""

    driver: "HttpxDriver"
    settings: StripeSettings
    title: str = PROVIDER
    names: RedirectNames = OAUTH

    @property
    def redirect(self) -> str:
        """The registered address; "" for the listener's own."""
        return self.settings.redirect

    def link(self, state: str, redirect: str) -> Link:
        """Give the page at which an owner lets us read."""
        url = consent_link(
            client_id=self.settings.client_id,
            redirect=redirect,
            state=state,
            base=self.driver.site.origin,
        )
        return Link(url=url, connection="")

    def finish(self, accepted: Accepted) -> tuple[str, ...]:
        """Exchange the code."""
        found = self.driver.run(connect(self.settings.key, accepted.code))
        mode = "live mode" if found.livemode else "test mode"
        return (
            f"connected: {found.account} ({found.scope}, {mode})",
            f"to read it: set {_variable('account')}={found.account}",
        )


@frozen(kw_only=True)
class _Fetcher:
    """Fetches what moved the balance of an account."""

    driver: "HttpxDriver"
    settings: StripeSettings
    known: State

    @property
    def account(self) -> str:
        """The connected account, or "" for the key's own."""
        return self.settings.account

    def fetch(self, span: Span) -> Flow[Fetched]:
        """Ask for the ledger of a span."""
        window = Window(since=span.begin, until=span.end)
        before = self.known.waiting(self.account)
        found = yield from ledger(self.settings.access, window, before)
        seen = {charge.id for charge in found.charges}
        missing = tuple(each for each in before if each not in seen)
        return told(found, self.settings, missing)

    def run(self, flow: Flow[T]) -> T:
        """Run a flow against Stripe."""
        return self.driver.run(flow)

    def limits(self) -> tuple[str, ...]:
        """Stripe counts by the second, and nothing by the day."""
        return ()


@contextmanager
def stripe_connector(ask: Ask) -> Iterator[_Connector]:
    """Open what connects an account.

    Raises:
        SettingsError: A setting is missing or wrong.
        click.UsageError: A bank is asked for.
    """
    if ask.bank or ask.country:
        msg = "Stripe is no bank: --bank and --country do not go with it."
        raise click.UsageError(msg)
    settings = load_settings(StripeSettings, ask.settings)
    if not settings.client_id:
        fault = "missing; the client id of the platform, as ca_..."
        raise SettingsError((f"{_variable('client_id')}: {fault}",))
    with connected(settings.connect_site) as driver:
        yield _Connector(driver=driver, settings=settings)


@contextmanager
def stripe_fetcher(path: Path | None) -> Iterator[_Fetcher]:
    """Open what fetches transactions.

    Raises:
        SettingsError: A setting is missing or wrong.
    """
    settings = load_settings(StripeSettings, path)
    with connected(settings.api_site) as driver, held(known := state()):
        yield _Fetcher(driver=driver, settings=settings, known=known)


def _variable(key: str) -> str:
    return variable(StripeSettings.SECTION, key)


def told(found: Ledger, settings: StripeSettings, missing: tuple[str, ...]) -> Fetched:
    """Say what a ledger means.

    Args:
        found: What was asked for.
        settings: Whose it is.
        missing: Charges that were waited for and not found.
    """
    mapped = map_ledger(found, settings.account, settings.exponents)
    uneven = (_uneven(carried, settings) for carried in found.carried)
    charges = (*missing, *(each.charge.id for each in mapped.waiting))
    return Fetched(
        transactions=mapped.transactions,
        rejected=(*mapped.rejected, *(each for each in uneven if each)),
        notes=(
            *_missing(missing),
            *_waiting(mapped),
            *_aside(mapped),
            *_payouts(found),
        ),
        waiting=Waiting(account=settings.account, charges=charges),
    )


def _uneven(carried: Carried, settings: StripeSettings) -> Rejected | None:
    try:
        explode(carried, settings.exponents)
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


def _missing(charges: tuple[str, ...]) -> Iterator[str]:
    for each in charges:
        yield f"charge {each} is waited for and not found; is the key another one's?"


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
