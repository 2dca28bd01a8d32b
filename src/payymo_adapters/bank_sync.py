"""What a bank lists of an account, recorded with what its entries are told apart by.

A bank's ids are not relied on (``identity``). What is known of an account is its
cursor: it moves in the transaction that records what was listed, or not at all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from attrs import evolve, frozen

from payymo_adapters.banking import Listing
from payymo_adapters.errors import StoreError
from payymo_adapters.feeds import BankFeed
from payymo_adapters.identity import Absorbed, Book, absorb
from payymo_adapters.one_name import bank_read_as
from payymo_adapters.pairing import DoubtReason
from payymo_adapters.state import book_of_text, book_to_text
from payymo_adapters.store.connecting import cursor, move_cursor
from payymo_adapters.store.kinds import MOST_AHEAD
from payymo_adapters.store.recording import (
    add_account,
    notice_gone,
    record_transactions,
)
from payymo_adapters.store.store import Books
from payymo_adapters.sync import (
    Synced,
    day_of,
    gone_and_posted,
    in_place_of_posted,
    known_rows,
    put_aside_all,
)
from payymo_core.errors import Rejected
from payymo_core.records import Transaction, TransactionStatus

OVERLAP = timedelta(days=30)
"""How far before the last reading the next one begins: what is booked late is found."""
KNOWN = "bank"
"""The stream whose position is what is known."""


@frozen(kw_only=True)
class Reading:
    """How far an account was read.

    Attributes:
        book: What is known of it.
        day: When it was read last; None: never.
    """

    book: Book
    day: date | None = None


def reading(books: Books, feed: BankFeed) -> Reading:
    """How far an account was read.

    Raises:
        StoreError: What is kept is of another account, or spoilt; or the account is
            read under another name.
    """
    position = cursor(books, feed.id, KNOWN)
    if position is None:
        _check_one_name(books, feed)
        return Reading(book=Book(account=feed.key))
    day, _, text = position.partition(" ")
    try:
        return Reading(book=book_of_text(feed.key, text), day=date.fromisoformat(day))
    except ValueError:
        fault = f"{feed.id} was read from another account than {feed.key}"
        raise StoreError(fault, advice="Give each account a name of its own") from None


def _check_one_name(books: Books, feed: BankFeed) -> None:
    other = bank_read_as(books, feed.id, KNOWN, feed.key)
    if other:
        fault = f"{feed.key} is read as {other!r} already: it would be there twice"
        raise StoreError(fault, advice=f"Name it {other} again in the settings file")


def first_day(books: Books, feed: BankFeed) -> date:
    """The day from which on an account is asked for."""
    day = reading(books, feed).day
    # Read on a day to come, by a clock that was wrong: nobody knows how far.
    if day is None or day > (books.now + MOST_AHEAD).date():
        return feed.since
    return max(feed.since, day - OVERLAP)


def record_listings(
    books: Books, feed: BankFeed, listings: Sequence[Listing]
) -> Synced:
    """Record what a bank lists, what it lists no more, and how far it was read.

    Args:
        books: The tenant's; all of it is in their transaction.
        feed: The account.
        listings: One of each currency of the account, complete for their periods.
    """
    add_account(books, feed.id, feed.name)
    brought = _brought(feed, reading(books, feed).book, listings)
    rows = known_rows(books, feed.id)
    missing = [row for row in rows if row.external_id not in brought.records]
    gone = [row for row in missing if _is_withdrawn(row, listings)]
    doubts = _doubts(brought, [*gone, *gone_and_posted(books, feed.id)], rows)
    recorded = record_transactions(
        books, feed.id, _given(brought, listings), brought.payloads
    )
    aside = put_aside_all(books, feed.id, doubts)
    names = [row.id for row in gone]
    posted = notice_gone(books, names, brought.settled)
    move_cursor(books, feed.id, KNOWN, _position(books, brought.book))
    return Synced(
        recorded=recorded,
        # A pending entry comes and goes as its bank likes: that tells nobody anything.
        gone=tuple(row.id for row in gone if row.status == TransactionStatus.BOOKED),
        replaced=tuple(
            (name, brought.settled[name]) for name in names if name in brought.settled
        ),
        posted=tuple(posted),
        doubts=aside,
    )


@frozen(kw_only=True)
class _Brought:
    """What listings bring; ids are those of the account, without its key.

    Attributes:
        book: What is known now.
        records: By id, booked, doubtful and pending.
        payloads: What each was made of, by id.
        settled: Pending ones -> the booked ones they became, as the store knows them.
        doubts: By id, why a person has to look.
    """

    book: Book
    records: Mapping[str, Transaction]
    payloads: Mapping[str, str]
    settled: Mapping[str, str]
    doubts: Mapping[str, str]


def _brought(feed: BankFeed, before: Book, listings: Sequence[Listing]) -> _Brought:
    found: list[Absorbed] = []
    book = before
    for listing in listings:
        # Each currency has its own pending ones; the book takes those of all.
        found.append(absorb(evolve(book, pending=before.pending), listing))
        book = found[-1].book
    pending = {known.id: known for each in found for known in each.book.pending}
    listed = [(feed.own(t.id), t) for each in found for t in _listed(each)]
    raws = [pair for each in found for pair in each.raws.items()]
    settled = [pair for each in found for pair in each.settled]
    return _Brought(
        book=evolve(book, pending=tuple(pending.values())),
        records={name: evolve(each, id=name) for name, each in listed},
        payloads={feed.own(name): raw for name, raw in raws if raw},
        settled={
            f"{feed.id}/{feed.own(one)}": f"{feed.id}/{feed.own(other)}"
            for one, other in settled
            if one not in pending
        },
        doubts={
            feed.own(doubt.transaction.id): _may_be(
                f"{feed.id}/{feed.own(doubt.like)}", doubt.reason
            )
            for each in found
            for doubt in each.doubts
        },
    )


def _listed(found: Absorbed) -> Iterator[Transaction]:
    yield from found.listed
    yield from found.waiting
    yield from (doubt.transaction for doubt in found.doubts)
    yield from found.pending


def _may_be(like: str, reason: DoubtReason) -> str:
    return f"may be {like} again ({reason.replace('_', ' ')})"


def _given(
    brought: _Brought, listings: Iterable[Listing]
) -> Iterator[Transaction | Rejected]:
    yield from brought.records.values()
    for listing in listings:
        yield from listing.rejected


def _is_withdrawn(row: Any, listings: Sequence[Listing]) -> bool:
    """Whether a transaction that is not listed is there no more.

    An entry that cannot be read may be any; and a bank that lists nothing at all is
    taken to have failed.
    """
    if row.status == TransactionStatus.PENDING:
        return True
    if any(listing.rejected for listing in listings):
        return False
    day = day_of(row)
    return (
        day is not None
        and any(listing.booked for listing in listings)
        and all(day in listing.period for listing in listings)
    )


def _doubts(
    brought: _Brought, gone: Sequence[Any], rows: Sequence[Any]
) -> dict[str, str]:
    known = {row.external_id for row in rows}
    fresh = [
        each
        for name, each in brought.records.items()
        if name not in known and each.status is TransactionStatus.BOOKED
    ]
    return {**in_place_of_posted(gone, fresh), **brought.doubts}


def _position(books: Books, book: Book) -> str:
    return f"{books.now.date()} {book_to_text(book)}"
