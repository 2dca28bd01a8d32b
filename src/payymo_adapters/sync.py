"""What a statement or a ledger says, recorded together with how far it was read.

Windows may overlap: what is known is not recorded again, what was booked late is found.
Money that a statement no longer lists is noticed only where the statement is known to
list whole days; and what takes the place of money that was posted is for a person.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, unique
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, select

from payymo_adapters.rewritten import written_otherwise
from payymo_adapters.store import schema
from payymo_adapters.store.closing import reopen, settle_closed
from payymo_adapters.store.connecting import cursor, move_cursor
from payymo_adapters.store.doubts import put_aside
from payymo_adapters.store.recording import (
    Recorded,
    add_account,
    notice_gone,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.rows import read_invoice
from payymo_adapters.store.store import Books
from payymo_core.errors import RecordError, Rejected
from payymo_core.money import from_minor, to_minor
from payymo_core.records import (
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)


@unique
class Coverage(Enum):
    """What it means that a statement does not list an entry."""

    SOME = "some"
    """Nothing: it lists what it lists."""
    WHOLE_DAYS = "whole_days"
    """The bank withdrew it, if it was booked on a day that the statement tells of."""


@frozen(kw_only=True)
class Statement:
    """Entries of an account, as one source told them at one time.

    Attributes:
        account: Its id.
        name: Its name, as a person knows it.
        stream: What was read, as ``file:march.xml``.
        position: How far: another one where there is something new.
        records: As a reader or a provider made them.
        coverage: What is not listed.
    """

    account: str
    name: str
    stream: str
    position: str
    records: Sequence[Transaction | Rejected]
    coverage: Coverage = Coverage.SOME


@frozen(kw_only=True)
class Synced:
    """What a statement brought.

    Attributes:
        recorded: Of its records.
        gone: Ids of transactions that the bank lists no longer.
        replaced: Ids of pending ones -> of the booked ones in their place.
        posted: Those of the gone whose money was posted: for a person.
        doubts: Ids of what may be a known transaction again -> why; it is put aside.
        waits: How many charges are no money yet.
    """

    recorded: Recorded
    gone: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    posted: tuple[str, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()
    waits: int = 0


def is_read(books: Books, account: str, stream: str, position: str) -> bool:
    """Whether a source was read up to a position."""
    return cursor(books, account, stream) == position


def record_statement(books: Books, said: Statement) -> Synced:
    """Record a statement, what is gone by it, and how far it was read.

    All of it in the books' transaction: a run that breaks off reads it again.
    """
    add_account(books, said.account, said.name)
    known = {held.external_id: held for held in known_rows(books, said.account)}
    held = [each for each in said.records if isinstance(each, Transaction)]
    fresh = [
        each
        for each in held
        if each.id not in known and each.status is TransactionStatus.BOOKED
    ]
    unread = {e.record_id for e in said.records if isinstance(e, Rejected)}
    listed = {each.id for each in held} | unread
    missing = [row for name, row in known.items() if name not in listed]
    replaced = dict(_replaced(said.account, missing, fresh))
    # What cannot be read, not even its id, may be any of them.
    whole = said.coverage is Coverage.WHOLE_DAYS and unread <= known.keys()
    withdrawn = _within(missing, held) if whole else []
    gone = {row.id for row in withdrawn} | replaced.keys()
    posted_once = [*withdrawn, *gone_and_posted(books, said.account)]
    recorded = record_transactions(books, said.account, said.records)
    there = [row for row in missing if row.id not in gone]
    doubts = written_otherwise(books, there, fresh)
    doubts |= in_place_of_posted(posted_once, fresh)
    aside = put_aside_all(books, said.account, doubts)
    posted = notice_gone(books, sorted(gone), replaced)
    move_cursor(books, said.account, said.stream, said.position)
    return Synced(
        recorded=recorded,
        gone=tuple(sorted(gone - replaced.keys())),
        replaced=tuple(replaced.items()),
        posted=tuple(posted),
        doubts=aside,
    )


def other_money(
    books: Books, account: str, records: Iterable[Transaction | Rejected]
) -> list[str]:
    """Ids that stood for other money before, as a file's that count from 1 each month.

    A bank may move a booking; then its sum and its words stay as they were. Of one day,
    it may mend the sum or the words.
    """
    known = {held.external_id: held for held in known_rows(books, account)}
    return [
        each.id
        for each in records
        if isinstance(each, Transaction)
        and (row := known.get(each.id)) is not None
        and row.status == each.status == TransactionStatus.BOOKED
        and _differing(row, each) > 1
    ]


def _differing(row: Any, each: Transaction) -> int:
    """How many differ of day, sum and words."""
    days = row.booking_date, each.booking_date
    sums = _sum_of_row(row), _sum_of(each)
    words = row.remittance, each.remittance
    return sum(one != other for one, other in (days, sums, words))


def missing_invoices(books: Books, listed: Iterable[str]) -> list[Invoice]:
    """The invoices that are open in the books and not among those listed."""
    row = schema.invoices
    names = set(listed)
    found = books.connection.execute(
        select(row)
        .where(row.c.tenant == books.tenant, row.c.status == InvoiceStatus.OPEN)
        .order_by(row.c.id)
    )
    return [read_invoice(held) for held in found if held.id not in names]


def record_whole_ledger(
    books: Books, records: Sequence[Invoice | Rejected], taken_at: datetime
) -> Recorded:
    """Record a ledger that lists all that is open: what it leaves out is not.

    A ledger without one usable invoice says nothing of the others; one with a record
    that could not be read, not even its id, may list any of them there.
    """
    listed = {each.id: each for each in records if isinstance(each, Invoice)}
    if not listed:
        return record_invoices(books, records, taken_at)
    bad = {each.record_id for each in records if isinstance(each, Rejected)}

    whole = "" not in bad
    numbers = {
        each.number
        for each in listed.values()
        if each.number and each.status == InvoiceStatus.OPEN
    }

    def wanted(held: Any) -> int | None:
        name = held.invoice_id
        # Of an invoice that is called otherwise now, it does not say that it is paid.
        if name not in listed and (not whole or held.number in numbers):
            return None
        return None if name in bad else _wanted(listed.get(name), held.currency)

    reopened, settled = reopen(books, wanted), settle_closed(books, wanted)
    left_out = missing_invoices(books, listed.keys() | bad) if whole else []
    closed = [
        evolve(
            each,
            status=InvoiceStatus.CANCELLED,
            metadata={**each.metadata, "listed": "no more"},
        )
        for each in left_out
    ]
    # What was settled is what the ledger said at that instant: it holds up nothing.
    at = max(taken_at, books.now) if settled or reopened else taken_at
    done = record_invoices(books, [*records, *closed], at)
    return evolve(done, settled=tuple(settled), reopened=tuple(reopened))


def _wanted(invoice: Invoice | None, currency: str) -> int | None:
    """What a ledger wants for an invoice; None where that is not told."""
    if invoice is None or invoice.status == InvoiceStatus.PAID:
        return 0
    if (invoice.status, invoice.currency) != (InvoiceStatus.OPEN, currency):
        return None
    try:
        return to_minor(invoice.outstanding, currency)
    except RecordError:
        return None


def _of_account(books: Books, account: str) -> Iterable[ColumnElement[bool]]:
    """What is true of the transactions of an account; their key answers it.

    Their ids begin with its name and a slash, and a zero comes after a slash.
    """
    row = schema.transactions.c
    after, before = f"{account}/", f"{account}0"
    return row.tenant == books.tenant, row.id > after, row.id < before


def known_rows(books: Books, account: str) -> Sequence[Any]:
    """What of an account's transactions tells whether they are listed still."""
    row = schema.transactions
    return books.connection.execute(
        select(
            *(row.c.id, row.c.external_id, row.c.status, row.c.amount, row.c.currency),
            *(row.c.booking_date, row.c.value_date, row.c.allocated),
            row.c.remittance,
        ).where(
            *_of_account(books, account),
            row.c.gone_at.is_(None),
        )
    ).all()


def gone_and_posted(books: Books, account: str) -> Sequence[Any]:
    """Transactions that were posted, and then withdrawn by the bank."""
    row = schema.transactions
    return books.connection.execute(
        select(
            *(row.c.id, row.c.booking_date, row.c.amount, row.c.currency),
            row.c.allocated,
        ).where(
            *_of_account(books, account),
            row.c.gone_at.is_not(None),
            row.c.allocated != 0,
        )
    ).all()


def _within(rows: Sequence[Any], held: Sequence[Transaction]) -> list[Any]:
    """Those of the days that a statement tells of, from its first to its last."""
    days = [
        each.booking_date
        for each in held
        if each.booking_date and each.status is TransactionStatus.BOOKED
    ]
    if not days:
        return []
    first, last = min(days), max(days)
    return [row for row in rows if first <= (day_of(row) or date.min) <= last]


def day_of(row: Any) -> date | None:
    """The day that a row counts for."""
    found: date | None = row.booking_date or row.value_date
    return found


_Sum = tuple[Decimal, str]


def _sum_of(each: Transaction) -> _Sum:
    return each.amount, each.currency


def _sum_of_row(row: Any) -> _Sum:
    return from_minor(row.amount, row.currency), row.currency


def _replaced(
    account: str, missing: Sequence[Any], fresh: Sequence[Transaction]
) -> Iterator[tuple[str, str]]:
    """Pending entries, each with the one booked entry that has its sum."""
    pending = [row for row in missing if row.status == TransactionStatus.PENDING]
    waiting = Counter(map(_sum_of_row, pending))
    came = Counter(map(_sum_of, fresh))
    booked = {_sum_of(each): f"{account}/{each.id}" for each in fresh}
    for row in pending:
        key = _sum_of_row(row)
        if (waiting[key], came[key]) == (1, 1):
            yield row.id, booked[key]


def in_place_of_posted(
    gone: Sequence[Any], fresh: Sequence[Transaction]
) -> dict[str, str]:
    """New entries that may be posted ones under another id -> why.

    Args:
        gone: Rows of ``known_rows`` or of ``gone_and_posted`` that are not listed.
        fresh: Booked transactions that are not known.
    """
    posted = {
        (row.booking_date, *_sum_of_row(row)): row.id for row in gone if row.allocated
    }
    keys = {each.id: (each.booking_date, *_sum_of(each)) for each in fresh}
    return {
        name: f"may be {posted[key]} under another id"
        for name, key in keys.items()
        if key in posted
    }


def put_aside_all(
    books: Books, account: str, doubts: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Put entries of an account aside for a person.

    Args:
        books: The tenant's.
        account: Its id.
        doubts: By the account's own ids, why.

    Returns:
        Ids of those that are aside now, and why.
    """
    named = [(f"{account}/{name}", reason) for name, reason in doubts.items()]
    return tuple(each for each in named if put_aside(books, *each))
