"""What providers do for ``connect`` and ``fetch``, whoever they are."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar

from attrs import frozen

from payymo_adapters.consent import Accepted, RedirectNames
from payymo_adapters.http import Flow
from payymo_core import Rejected, Transaction

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
