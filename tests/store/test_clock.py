"""A clock that was ahead once, and was set right: nothing is lost or held up by it."""

from datetime import UTC, date, datetime, time, timedelta

from payymo_adapters.bank_sync import first_day, record_listings
from payymo_adapters.bank_turns import asked, is_due, note_asked
from payymo_adapters.banking import BankLine, Listing, Period
from payymo_adapters.feeds import BankFeed, StripeFeed
from payymo_adapters.pipeline import apply
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import match_by_hand
from payymo_adapters.store.outbox import due_events, emit
from payymo_adapters.store.recording import record_invoices
from payymo_adapters.stripe_sync import Position, windows
from tests.store.builders import (
    ACT,
    NOW,
    Ledger,
    at,
    billed,
    give,
    paid,
    record,
    row,
    run_of,
)

SINCE = date(2026, 2, 1)
KEY = "DE02120300000000202051"
GIRO = BankFeed(
    id="giro",
    name="Giro",
    provider="gocardless",
    key=KEY,
    since=SINCE,
    every=timedelta(hours=6),
)
AHEAD = 24 * 90  # hours


def test_stripe_is_read_anew_from_the_beginning():
    cards = StripeFeed(id="cards", name="Stripe", since=SINCE)
    read = Position(until=NOW + timedelta(hours=AHEAD))
    first = next(windows(cards, read, NOW))
    assert first.since == datetime.combine(SINCE, time(), UTC)


def test_a_bank_is_asked_now_and_from_the_beginning(store):
    line = BankLine(transaction=paid("", booking_date=date(2026, 3, 1)))
    listing = Listing(account=KEY, period=Period(since=SINCE), booked=(line,))
    with store.writing(at(AHEAD)) as books:
        note_asked(books, GIRO, ["a1"])
        record_listings(books, GIRO, [listing])
    with store.writing(at(1)) as books:
        last = asked(books.connection, "acme", GIRO)
        assert is_due(last, GIRO, ["a1"], books.now)
        assert first_day(books, GIRO) == SINCE


def test_an_event_waits_no_longer_than_one_that_failed(store):
    with store.writing(at(AHEAD)) as books:
        emit(books, "match.applied", "main/t1", {})
    with store.writing(at(1)) as books:
        assert [event.kind for event in due_events(books)] == ["match.applied"]


def test_what_a_ledger_says_now_is_believed(store):
    record(store, [paid("t1", "100.00")], [billed("i1", "200.00")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "100.00")])
    apply(run_of(store, AHEAD), Ledger())
    with store.writing(at(1)) as books:
        done = record_invoices(books, [billed("i1", "40.00")], at(1).now)
    assert done.waiting == ()
    assert row(store, schema.invoices).outstanding == 4_000
