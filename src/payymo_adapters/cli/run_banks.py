"""Banks for ``payymo run``, whichever provider reaches them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from attrs import frozen

from payymo_adapters.bank_sync import first_day, record_listings
from payymo_adapters.bank_turns import asked, is_due, note_asked, warn_of_end
from payymo_adapters.banking import (
    BankAccount,
    Connection,
    ConsentGoneError,
    Listing,
    Period,
)
from payymo_adapters.budget import Budget
from payymo_adapters.cli.banks import listing_notes, listing_of
from payymo_adapters.cli.connections import state
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.locking import held
from payymo_adapters.cli.reaching import Reached, enable_banking, gocardless
from payymo_adapters.cli.run_told import fail, show
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.errors import (
    FileError,
    ProviderError,
    SettingsError,
    UnauthorisedError,
)
from payymo_adapters.feeds import BANK, BANKS, BankFeed
from payymo_adapters.pipeline import Run
from payymo_adapters.run_settings import RunSettings
from payymo_adapters.state import CALLS_A_DAY
from payymo_adapters.store.calls import StoreBudget
from payymo_adapters.store.connecting import (
    hold_connection,
    note_consent,
    note_sync,
)
from payymo_adapters.store.rejections import Origin, hold_rejected
from payymo_adapters.store.store import Books
from payymo_adapters.sync import Synced

_Reach = Callable[[Path | None, Budget | None], AbstractContextManager[Reached]]
_REACH: Mapping[str, _Reach] = {
    "gocardless": gocardless,
    "enablebanking": enable_banking,
}
_FAULTS = (FileError, OSError, ProviderError, SettingsError)


@frozen(kw_only=True)
class _Reachable:
    """An account, and what a consent opens it under.

    Attributes:
        feed: The account.
        accounts: One of each currency.
        consent: The latest that opens it.
    """

    feed: BankFeed
    accounts: tuple[BankAccount, ...]
    consent: Connection

    @property
    def ids(self) -> tuple[str, ...]:
        """The provider's."""
        return tuple(account.id for account in self.accounts)


def read_banks(run: Run, settings: RunSettings, file: Path) -> Iterator[Exit]:
    """Read the accounts at banks; one that is not to be had stops no other."""
    for provider in BANKS:
        feeds = [
            account
            for account in settings.accounts
            if isinstance(account, BankFeed) and account.provider == provider
        ]
        if feeds:
            yield from _read_provider(run, settings, file, feeds)


def _read_provider(
    run: Run, settings: RunSettings, file: Path, feeds: Sequence[BankFeed]
) -> Iterator[Exit]:
    def begin(books: Books) -> None:
        for feed in feeds:
            hold_connection(books, feed.connection, BANK, feed.name)

    run.store.write(run.act(), begin)
    provider = feeds[0].provider
    try:
        opened = tuple(_opened(feeds, BANKS[provider]))
    except _FAULTS as error:
        yield from (fail(run, feed.id, error) for feed in feeds)
        return
    _warn(run, settings, opened)
    known = {each.feed for each in opened}
    for feed in feeds:
        if feed not in known:
            fault = f"{feed.key} is not connected; payymo connect {provider}"
            yield fail(run, feed.id, fault)
    due = [each for each in opened if _is_due(run, each)]
    if due:
        yield from _read_due(run, file, due)


def _opened(feeds: Iterable[BankFeed], title: str) -> Iterator[_Reachable]:
    """Those that a consent opens."""
    given = [each.connection for each in state().consents(title)]
    for feed in feeds:
        for consent in reversed(given):
            accounts = tuple(a for a in consent.accounts if a.key == feed.key)
            if accounts:
                yield _Reachable(feed=feed, accounts=accounts, consent=consent)
                break


def _warn(run: Run, settings: RunSettings, opened: Sequence[_Reachable]) -> None:
    """Note until when consents hold, and tell once of each that ends soon."""
    consents = {each.consent.id: each.consent for each in opened}
    for consent in consents.values():
        feeds = [each.feed for each in opened if each.consent == consent]

        def work(
            books: Books, consent: Connection = consent, feeds: list[BankFeed] = feeds
        ) -> bool:
            for feed in feeds:
                note_consent(books, feed.connection, consent.expires_at)
            return warn_of_end(books, consent, feeds, settings.warn_ahead)

        run.store.write(run.act(), work)
        if warning := consent.warning(run.clock(), settings.warn_ahead):
            say(stderr(), f"warning: {warning}", "bold yellow")


def _is_due(run: Run, each: _Reachable) -> bool:
    with run.store.reading(run.tenant) as connection:
        last = asked(connection, run.tenant, each.feed)
    return is_due(last, each.feed, each.ids, run.clock())


def _read_due(run: Run, file: Path, due: Sequence[_Reachable]) -> Iterator[Exit]:
    budget = StoreBudget(
        store=run.store,
        act=run.act(),
        connections={
            f"{name}/transactions": each.feed.connection
            for each in due
            for name in each.ids
        },
        calls_a_day=CALLS_A_DAY,
    )
    codes: list[Exit] = []
    try:
        with (
            _REACH[due[0].feed.provider](file, budget) as reached,
            held(reached.state),
        ):
            for each in due:
                codes.append(_read(run, reached, each))  # noqa: PERF401 - an error keeps those before it
    except _FAULTS as error:
        codes.extend(fail(run, each.feed.id, error) for each in due[len(codes) :])
    yield from codes


def _read(run: Run, reached: Reached, each: _Reachable) -> Exit:
    feed = each.feed
    since = run.store.write(run.act(), lambda books: first_day(books, feed))
    period = Period(since=since)
    try:
        listings = [
            reached.driver.run(listing_of(reached, account, period))
            for account in each.accounts
        ]
    except ProviderError as error:
        if _has_asked(error):
            run.store.write(run.act(), lambda books: note_asked(books, feed, each.ids))
        return fail(run, feed.id, error)

    def record(books: Books) -> Synced:
        note_asked(books, feed, each.ids)
        note_sync(books, feed.connection)
        done = record_listings(books, feed, listings)
        hold_rejected(books, Origin(feed.connection), done.recorded.rejected, ())
        return done

    done = run.store.write(run.act(), record)
    for note in _notes(listings, period):
        say(stdout(), f"{feed.id}: {note}")
    return show(feed.id, done)


def _has_asked(error: ProviderError) -> bool:
    """Whether it was the bank that failed; our credentials can be mended at once."""
    ours = isinstance(error, UnauthorisedError)
    return not ours or isinstance(error, ConsentGoneError)


def _notes(listings: Iterable[Listing], asked: Period) -> Iterator[str]:
    for listing in listings:
        yield from listing_notes(listing, asked)
        if listing.rejected:
            yield "what is listed no more is not looked for: an entry cannot be read"
