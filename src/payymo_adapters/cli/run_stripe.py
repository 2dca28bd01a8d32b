"""Stripe for ``payymo run``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from payymo_adapters.cli.connections import connected, load_settings
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.run_told import fail, show
from payymo_adapters.cli.stripe import told
from payymo_adapters.cli.tasks import Fetched
from payymo_adapters.errors import ProviderError, SettingsError
from payymo_adapters.feeds import STRIPE, StripeFeed
from payymo_adapters.journal import journalled
from payymo_adapters.pipeline import Run
from payymo_adapters.run_settings import RunSettings
from payymo_adapters.store.connecting import hold_connection, note_sync
from payymo_adapters.store.rejections import Origin, hold_besides
from payymo_adapters.store.store import Books
from payymo_adapters.stripe.flows import Window
from payymo_adapters.stripe.ledger import ledger
from payymo_adapters.stripe.payloads import Payloads
from payymo_adapters.stripe.settings import StripeSettings
from payymo_adapters.stripe_sync import (
    Position,
    not_in_books,
    position,
    record_balance,
    windows,
)
from payymo_adapters.sync import Synced
from payymo_core.errors import Rejected
from payymo_core.records import Transaction

if TYPE_CHECKING:
    from payymo_adapters.httpx_driver import HttpxDriver


def read_stripe(run: Run, settings: RunSettings, file: Path) -> Iterator[Exit]:
    """Read the account at Stripe, where there is one; its failure stops no other."""
    for account in settings.accounts:
        if isinstance(account, StripeFeed):
            yield _read(run, account, file)


def _read(run: Run, feed: StripeFeed, file: Path) -> Exit:
    def begin(books: Books) -> Position:
        hold_connection(books, feed.connection, STRIPE, feed.name)
        return position(books, feed)

    read = run.store.write(run.act(), begin)
    codes = [Exit.DONE]
    try:
        settings = load_settings(StripeSettings, file)
        with connected(settings.api_site) as driver:
            reader = _Reader(run=run, feed=feed, driver=driver, settings=settings)
            for window in windows(feed, read, run.clock()):
                done, read = reader.read(window, read)
                codes.append(show(feed.id, done))
    except (ProviderError, SettingsError) as error:
        return fail(run, feed.id, error)
    run.store.write(run.act(), lambda books: note_sync(books, feed.connection))
    return max(codes)


@frozen(kw_only=True)
class _Reader:
    """Reads one window after the other."""

    run: Run
    feed: StripeFeed
    driver: "HttpxDriver"
    settings: StripeSettings

    def read(self, window: Window, read: Position) -> tuple[Synced, Position]:
        """Read a window, and record it with how far that is."""
        seen = Payloads()
        flow = ledger(self.settings.access, window, read.waiting)
        found = self.driver.run(journalled(flow, seen, lambda _: None))
        known = {charge.id for charge in found.charges}
        unseen = tuple(each for each in read.waiting if each not in known)
        fetched = told(found, self.settings, unseen)
        assert fetched.waiting is not None
        now = Position(until=window.until, waiting=fetched.waiting.charges)
        given = list(_given(fetched))
        payloads = seen.of(found)
        ids = [each.id for each in fetched.transactions]
        ids += [each.payout.id for each in found.carried]

        def record(books: Books) -> Synced:
            done = record_balance(books, self.feed, given, payloads, now)
            missing = not_in_books(books, self.feed, done.recorded.rejected)
            hold_besides(books, Origin(self.feed.connection), missing, ids)
            return done

        return self.run.store.write(self.run.act(), record), now


def _given(fetched: Fetched) -> Iterator[Transaction | Rejected]:
    yield from fetched.transactions
    yield from fetched.rejected
