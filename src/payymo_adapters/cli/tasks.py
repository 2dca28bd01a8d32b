"""What providers do for ``connect`` and ``fetch``, whoever they are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

import click
from attrs import frozen

from payymo_adapters.consent import Accepted, RedirectNames
from payymo_adapters.http import Flow
from payymo_adapters.http_rules import Site
from payymo_core import Rejected, Transaction

if TYPE_CHECKING:
    from payymo_adapters.httpx_driver import HttpxDriver

T = TypeVar("T")


@frozen(kw_only=True)
class Span:
    """Days of UTC, the first and the last among them."""

    since: date
    until: date

    @property
    def begin(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.since, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after."""
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)


@frozen(kw_only=True)
class Fetched:
    """What came of a span.

    Attributes:
        transactions: In the order they are written in.
        rejected: What a person has to look at.
        notes: What else there is to say, a line each.
    """

    transactions: tuple[Transaction, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()


class Connector(Protocol):
    """Connects an account by its owner's consent."""

    @property
    def title(self) -> str:
        """The provider as a person knows it."""
        ...

    @property
    def names(self) -> RedirectNames:
        """What it calls the parameters of its redirect."""
        ...

    @property
    def redirect(self) -> str:
        """The address that is registered with it; "" for the listener's own."""
        ...

    def link(self, state: str, redirect: str) -> str:
        """Give the page to send the owner to."""
        ...

    def finish(self, accepted: Accepted) -> tuple[str, ...]:
        """Make the connection, and say in lines what came of it."""
        ...


class Fetcher(Protocol):
    """Fetches transactions."""

    @property
    def account(self) -> str:
        """Whose they are: what a fetch that goes on has to agree in."""
        ...

    def fetch(self, span: Span) -> Flow[Fetched]:
        """Ask for all of a span."""
        ...

    def run(self, flow: Flow[T]) -> T:
        """Run a flow against the provider."""
        ...


@contextmanager
def driver_for(site: Site) -> "Iterator[HttpxDriver]":
    """Connect to a site, for as long as a command takes.

    Raises:
        click.UsageError: Payymo was installed without what that takes.
    """
    # Here and not above: the other commands work without the extra, and start faster.
    try:
        import httpx  # noqa: PLC0415

        from payymo_adapters.httpx_driver import HttpxDriver  # noqa: PLC0415
    except ImportError as error:
        msg = f"{error.name} is not installed; pip install 'payymo[http]' brings it."
        raise click.UsageError(msg) from None
    with httpx.Client() as client:
        yield HttpxDriver(client=client, site=site)


def setting(environment: Mapping[str, str], name: str) -> str:
    """Read a setting that there has to be.

    Raises:
        click.UsageError: It is not set.
    """
    found = environment.get(name, "").strip()
    if not found:
        msg = f"{name} is not set."
        raise click.UsageError(msg)
    return found
