"""Banks for ``connect`` and ``fetch``, whichever provider reaches them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import click
from attrs import frozen

from payymo_adapters.banking import (
    Bank,
    BankAccount,
    Connection,
    ConsentGoneError,
    Link,
    Listing,
    Period,
    Wish,
    carried_over,
)
from payymo_adapters.cli.locking import held
from payymo_adapters.cli.reaching import Reach, Reached, allowance
from payymo_adapters.cli.tasks import (
    Ask,
    Connector,
    Doubted,
    Fetched,
    Fetcher,
    Span,
)
from payymo_adapters.consent import Accepted, RedirectNames
from payymo_adapters.errors import (
    LimitError,
    SettingsError,
    UndeliveredError,
)
from payymo_adapters.files.texts import counted
from payymo_adapters.http import Flow
from payymo_adapters.http_rules import utc_now
from payymo_adapters.identity import Absorbed, Book, absorb
from payymo_adapters.state import CALLS_A_DAY, Consented, State

T = TypeVar("T")

# What is of one account, and says nothing of the others.
_OF_AN_ACCOUNT = (ConsentGoneError, LimitError, UndeliveredError)
_MOST_LISTED = 30


@frozen(kw_only=True)
class _Connector:
    """Connects a bank."""

    reached: Reached
    bank: Bank
    country: str

    @property
    def title(self) -> str:
        """The provider as a person knows it."""
        return self.reached.provider.name

    @property
    def names(self) -> RedirectNames:
        """What it calls the parameters of its redirect."""
        return self.reached.provider.redirect_names

    @property
    def redirect(self) -> str:
        """The registered address; "" for the listener's own."""
        return self.reached.redirect

    def link(self, state: str, redirect: str) -> Link:
        """Give the page at which the user consents."""
        wish = Wish(bank=self.bank, redirect=redirect)
        return self.reached.driver.run(self.reached.provider.connect(wish, state))

    def finish(self, accepted: Accepted) -> tuple[str, ...]:
        """Make the connection and keep it."""
        provider, known = self.reached.provider, self.reached.state
        flow = provider.finish(accepted.consent.subject, accepted.code)
        after = self.reached.driver.run(flow)
        with held(known):
            before = known.consents(provider.name)
            known.keep_consent(Consented(country=self.country, connection=after))
        return tuple(_connected(before, after))


@frozen(kw_only=True)
class _Fetcher:
    """Fetches what was booked on every account that is connected."""

    reached: Reached
    connections: tuple[Connection, ...]

    @property
    def accounts(self) -> tuple[BankAccount, ...]:
        """All of them."""
        return tuple(a for c in self.connections for a in c.accounts)

    @property
    def account(self) -> str:
        """What a fetch that goes on has to agree in: every consent numbers anew."""
        return " ".join(sorted(account.id for account in self.accounts))

    def fetch(self, span: Span) -> Flow[Fetched]:
        """Ask for a span of every account; one that is not to be had stops no other."""
        period = Period(since=span.since, until=span.until)
        found: list[Fetched] = []
        books: dict[str, Book] = {}
        for account in self.accounts:
            # Two currencies of one IBAN are two accounts, and one book.
            book = books.get(account.key) or self.reached.state.book(account.key)
            try:
                listing = yield from listing_of(self.reached, account, period)
            except _OF_AN_ACCOUNT as error:
                found.append(Fetched(unread=((account.key, error),)))
            else:
                absorbed = absorb(book, listing)
                books[account.key] = absorbed.book
                found.append(_told(listing, absorbed, period))
        return _joined(found, self._warnings(), tuple(books.values()))

    def run(self, flow: Flow[T]) -> T:
        """Run a flow against the provider."""
        return self.reached.driver.run(flow)

    def limits(self) -> tuple[str, ...]:
        """Say what is left of the calls of today."""
        known = self.reached.state
        return tuple(f"{each.key}: {calls_left(known, each)}" for each in self.accounts)

    def _warnings(self) -> tuple[str, ...]:
        told = (connection.warning(utc_now()) for connection in self.connections)
        return tuple(warning for warning in told if warning)


def listing_of(reached: Reached, account: BankAccount, period: Period) -> Flow[Listing]:
    """Ask for an account, unless that is known to fail: failures suspend it.

    Raises:
        ConsentGoneError: Only a new consent helps; that is kept.
        ProviderError: It is not to be had now.
    """
    provider = reached.provider
    if account.status.is_final:
        fault = f"not asked, since the account is {account.status} at the bank"
        raise ConsentGoneError(provider.name, fault)
    try:
        return (yield from provider.transactions(account, period))
    except ConsentGoneError as error:
        if error.status and error.status.is_final:
            reached.state.keep_status(account, error.status)
        raise


def bank_connector(reach: Reach) -> Callable[[Ask], AbstractContextManager[Connector]]:
    """Make what opens a connector."""

    @contextmanager
    def opened(ask: Ask) -> Iterator[_Connector]:
        if not (ask.country and ask.bank):
            msg = "--country and --bank are wanted, as --country DE --bank Sparkasse."
            raise click.UsageError(msg)
        with reach(ask.settings) as reached:
            banks = reached.driver.run(reached.provider.banks(ask.country))
            bank = chosen(banks, ask)
            yield _Connector(reached=reached, bank=bank, country=ask.country)

    return opened


def bank_fetcher(
    reach: Reach,
) -> Callable[[Path | None], AbstractContextManager[Fetcher]]:
    """Make what opens a fetcher."""

    @contextmanager
    def opened(path: Path | None) -> Iterator[_Fetcher]:
        with reach(path) as reached:
            given = reached.state.consents(reached.provider.name)
            if not given:
                fault = f"no bank is connected by {reached.provider.name}"
                advice = f"payymo connect {reached.command} --country ... --bank ..."
                raise SettingsError((f"{fault}; {advice}",))
            with held(reached.state):
                connections = tuple(each.connection for each in given)
                yield _Fetcher(reached=reached, connections=connections)

    return opened


def chosen(banks: Sequence[Bank], ask: Ask) -> Bank:
    """The bank that was asked for.

    Raises:
        click.UsageError: None is, or several may be; they are listed.
    """
    wanted = ask.bank.casefold()
    exact = [b for b in banks if wanted in (b.id.casefold(), b.name.casefold())]
    found = exact or [b for b in banks if wanted in b.name.casefold()]
    if len(found) == 1:
        return found[0]
    fault = "may be any of these" if found else "is none of these"
    listed = "\n".join(f"  {b.id}: {b.name}" for b in (found or banks)[:_MOST_LISTED])
    country = ask.country.upper()
    if not banks:
        msg = f"no bank of {country!r} can be connected; is that the code of a country?"
    else:
        msg = f"--bank {ask.bank!r} {fault} in {country}:\n{listed}"
    raise click.UsageError(msg)


def calls_left(known: State, account: BankAccount) -> str:
    """Say how often an account can still be read today."""
    left = allowance(known, account, now := utc_now())
    if left.later is None:
        return f"{left.calls} of {CALLS_A_DAY} calls left today"
    day = "" if left.later.date() == now.date() else f"{left.later:%Y-%m-%d} "
    return f"next refresh possible at {day}{left.later:%H:%M} UTC"


def _connected(before: Sequence[Consented], after: Connection) -> Iterator[str]:
    until = f" until {after.expires_at:%Y-%m-%d}" if after.expires_at else ""
    yield f"connected: {after.bank}{until}"
    known = {a.key for each in before for a in each.connection.accounts}
    for account in after.accounts:
        goes_on = "; its history goes on" if account.key in known else ""
        yield f"account: {account.key} {account.name or account.owner}".rstrip() + (
            goes_on
        )
    for each in before:
        if each.connection.bank == after.bank:
            for account in carried_over(each.connection, after).missing:
                yield f"not opened by this consent: {account.key}"


def _told(listing: Listing, found: Absorbed, asked: Period) -> Fetched:
    return Fetched(
        transactions=found.listed,
        doubts=tuple(_doubts(found)),
        rejected=listing.rejected,
        notes=tuple(f"{listing.account}: {n}" for n in _notes(listing, found, asked)),
    )


def _doubts(found: Absorbed) -> Iterator[Doubted]:
    for doubt in found.doubts:
        says = f"may be {doubt.like} again ({doubt.reason.replace('_', ' ')})"
        yield Doubted(transaction=doubt.transaction, says=says)
    for transaction in found.waiting:
        yield Doubted(transaction=transaction, says="was in doubt before")


def listing_notes(listing: Listing, asked: Period) -> Iterator[str]:
    """What a person should know of what a bank listed."""
    yield from listing.notes
    if listing.period.since != asked.since:
        yield f"the bank tells only from {listing.period.since} on"
    if not listing.booked:
        yield "nothing was booked in these days; a bank may tell of it a day late"


def _notes(listing: Listing, found: Absorbed, asked: Period) -> Iterator[str]:
    yield from listing_notes(listing, asked)
    if found.pending:
        yield f"{counted(len(found.pending), 'pending one')} left out"
    for transaction in found.changed:
        yield f"described otherwise than before: {transaction.id}"


def _joined(
    found: Sequence[Fetched], warnings: tuple[str, ...], books: tuple[Book, ...]
) -> Fetched:
    return Fetched(
        transactions=tuple(t for each in found for t in each.transactions),
        doubts=tuple(d for each in found for d in each.doubts),
        rejected=tuple(r for each in found for r in each.rejected),
        notes=(*(n for each in found for n in each.notes), *warnings),
        unread=tuple(u for each in found for u in each.unread),
        books=books,
    )
