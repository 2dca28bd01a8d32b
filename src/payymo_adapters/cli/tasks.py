"""What providers do for ``connect`` and ``fetch``, whoever they are."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from attrs import frozen

from payymo_adapters.banking import Link
from payymo_adapters.consent import Accepted, RedirectNames
from payymo_adapters.errors import ProviderError
from payymo_adapters.http import Flow
from payymo_adapters.identity import Book
from payymo_adapters.state import Waiting
from payymo_core import Rejected, Transaction

T = TypeVar("T")


@frozen(kw_only=True)
class Ask:
    """What a user says of whom to connect.

    Attributes:
        settings: The settings file, where there is one.
        country: Of the bank, by its ISO 3166 code; "" where there is no bank.
        bank: Its id or its name, or a part of that; likewise.
    """

    settings: Path | None
    country: str = ""
    bank: str = ""


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
class Doubted:
    """A transaction that may be one of the others again: for a person.

    Attributes:
        transaction: What it is if it is another one.
        says: Why.
    """

    transaction: Transaction
    says: str


@frozen(kw_only=True)
class Fetched:
    """What came of a span.

    Attributes:
        transactions: In the order they are written in.
        doubts: Never among them.
        rejected: What a person has to look at.
        notes: What else there is to say, a line each.
        unread: What could not be read, by the key of the account.
        books: What is known of each account now.
        waiting: What the next fetch has to ask for again; None: nothing is kept.
    """

    transactions: tuple[Transaction, ...] = ()
    doubts: tuple[Doubted, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[tuple[str, ProviderError], ...] = ()
    books: tuple[Book, ...] = ()
    waiting: Waiting | None = None


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

    def link(self, state: str, redirect: str) -> Link:
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

    def limits(self) -> tuple[str, ...]:
        """Say what is left of the calls of today, a line each."""
        ...
