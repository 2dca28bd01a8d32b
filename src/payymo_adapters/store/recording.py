"""What came, remembered: transactions and invoices, each version of what was sent.

A record that would contradict what is decided does not slip in. Money that is only
reserved gives way, and its decision is stopped; money that was posted does not, and the
record is returned with its fault.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen
from sqlalchemy import insert, select, update

from payymo_adapters.store import schema
from payymo_adapters.store.ahead import ahead
from payymo_adapters.store.audit import note
from payymo_adapters.store.bulk import Taken, Target, differing, upsert
from payymo_adapters.store.decisions import stop, supersede
from payymo_adapters.store.doubts import show_aside
from payymo_adapters.store.kinds import MOST_AHEAD, AllocationState, utc
from payymo_adapters.store.lines import Rows
from payymo_adapters.store.outbox import emit
from payymo_adapters.store.rows import (
    INVOICE_COLUMNS,
    TRANSACTION_COLUMNS,
    invoice_rows,
    transaction_rows,
)
from payymo_adapters.store.store import Books
from payymo_core.errors import Rejected
from payymo_core.money import from_minor
from payymo_core.pausing import collector_paused
from payymo_core.records import Invoice, Transaction


@frozen(kw_only=True)
class Recorded:
    """What became of records.

    Attributes:
        new: How many were not known.
        changed: How many were known otherwise.
        unchanged: How many were known as they are.
        waiting: Ids of invoices left as they were: a posting to them is on its way, or
            they were seen before the last one was confirmed. What was noted by a clock
            that was ahead holds up nothing.
        rejected: Records set aside, and why.
        stopped: Ids of invoices that changed, so that money kept for them is free.
        settled: Ids of invoices that are paid, as was decided.
        reopened: Ids of such that are open again: their money is free.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    waiting: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = field(default=())
    stopped: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()

    def with_more(self, part: "Recorded", rejected: Iterable[Rejected]) -> "Recorded":
        """The sum, and records that were set aside before."""
        return Recorded(
            new=self.new + part.new,
            changed=self.changed + part.changed,
            unchanged=self.unchanged + part.unchanged,
            waiting=(*self.waiting, *part.waiting),
            rejected=(*self.rejected, *rejected, *part.rejected),
            stopped=(*self.stopped, *part.stopped),
        )


_TRANSACTIONS = Target(
    table="transactions",
    columns=("account_id", *TRANSACTION_COLUMNS),
    history="transaction_versions",
    record="transaction_id",
    taken="recorded_at",
    since="changed_at",
    stamps=("recorded_at", "changed_at"),
    restamps=("changed_at",),
    cleared=("gone_at", "replaced_by"),
)
_INVOICES = Target(
    table="invoices",
    columns=INVOICE_COLUMNS,
    history="invoice_snapshots",
    record="invoice_id",
    taken="taken_at",
    since="changed_at",
    stamps=("as_of", "changed_at"),
    restamps=("as_of", "changed_at"),
)
# Money on its way to an invoice; the index of unresolved postings answers it, where
# the condition of that stands word for word.
_IN_FLIGHT = (
    "EXISTS (SELECT 1 FROM postings p WHERE p.tenant = t.tenant AND "
    "p.invoice_id = t.id AND p.state IN ('planned', 'sending', 'unknown') "
    "AND p.state <> 'planned') AS in_flight"
)


def add_account(books: Books, account: str, name: str) -> None:
    """Begin an account; one that is there already stays as it is.

    Args:
        books: The tenant's.
        account: A short name without a slash: transactions are known by it and their
            own id, as ``main/2026-0001``.
        name: As a person knows it.
    """
    row = schema.accounts
    mine = (row.c.tenant == books.tenant) & (row.c.id == account)
    if books.connection.scalar(select(row.c.id).where(mine)) is None:
        values = {
            "tenant": books.tenant,
            "id": account,
            "name": name,
            "created_at": books.now,
        }
        books.connection.execute(insert(row), values)


def record_transactions(
    books: Books,
    account: str,
    given: Iterable[Transaction | Rejected],
    payloads: Mapping[str, str] | None = None,
) -> Recorded:
    """Remember transactions of an account.

    Args:
        books: The tenant's.
        account: Its id.
        given: As a reader or a provider made them; ids are the account's own.
        payloads: What each was made of, by id, word for word.
    """
    done = Recorded()
    with collector_paused():
        for rows, rejected in ahead(transaction_rows(account, given, payloads or {})):
            part = _take_transactions(books, account, rows)
            done = done.with_more(part, rejected)
    _note(books, "transactions.recorded", account, done)
    return done


def _take_transactions(books: Books, account: str, rows: Rows) -> Recorded:
    changed: list[int] = []
    rejected: list[Rejected] = []
    more = "t.allocated, t.decision_id, t.currency, t.gross"
    new, others = differing(books, _TRANSACTIONS, rows, more)
    for known in others:
        fault = known.decision_id and _transaction_fault(books, rows, known)
        if fault:
            rejected.append(Rejected(record_id=rows.id[known.place], fault=fault))
        else:
            changed.append(known.place)
    taken = Taken(rows=rows, new=new, changed=changed)
    upsert(books, _TRANSACTIONS, taken, [account], books.now)
    # A proposal for a transaction that changed answers another question.
    supersede(books, [rows.id[place] for place in changed])
    return evolve(_counted(taken, len(rejected)), rejected=tuple(rejected))


def record_invoices(
    books: Books, given: Iterable[Invoice | Rejected], taken_at: datetime
) -> Recorded:
    """Remember invoices as their ledger had them at an instant.

    Args:
        books: The tenant's.
        given: As a reader or a provider made them.
        taken_at: When the ledger was asked, not when it answered.
    """
    at = utc(taken_at)
    done = Recorded()
    with collector_paused():
        for rows, rejected in ahead(invoice_rows(given)):
            done = done.with_more(_take_invoices(books, rows, at), rejected)
    _note(books, "invoices.recorded", "invoices", done)
    return done


def _take_invoices(books: Books, rows: Rows, at: datetime) -> Recorded:
    changed: list[int] = []
    waiting: list[str] = []
    stopped: list[str] = []
    more = f"t.allocated, t.outstanding, t.currency, t.as_of, {_IN_FLIGHT}"
    new, others = differing(books, _INVOICES, rows, more)
    for known in others:
        if known.in_flight or at < _as_of(known) <= books.now + MOST_AHEAD:
            waiting.append(rows.id[known.place])
        else:
            if known.allocated and not _holds(rows, known):
                _stop_all(books, rows.id[known.place])
                stopped.append(rows.id[known.place])
            changed.append(known.place)
    taken = Taken(rows=rows, new=new, changed=changed)
    upsert(books, _INVOICES, taken, [], at)
    return evolve(
        _counted(taken, len(waiting)), waiting=tuple(waiting), stopped=tuple(stopped)
    )


def _counted(taken: Taken, left: int) -> Recorded:
    """How many, where so many are left as they were."""
    new, changed = len(taken.new), len(taken.changed)
    unchanged = len(taken.rows) - new - changed - left
    return Recorded(new=new, changed=changed, unchanged=unchanged)


def notice_gone(
    books: Books, ids: Iterable[str], replaced_by: Mapping[str, str] | None = None
) -> list[str]:
    """Note that the bank no longer lists transactions it listed before.

    What is only reserved is given back; what was posted stays, for a person to see.

    Args:
        books: The tenant's.
        ids: As the store knows them, with their account.
        replaced_by: The ids that took their place, as a booked one does a pending's.

    Returns:
        Those whose money was posted, so that a person has to look.
    """
    row = schema.transactions
    posted = []
    for name in ids:
        mine = (row.c.tenant == books.tenant) & (row.c.id == name)
        held = books.connection.execute(
            select(row.c.decision_id, row.c.gone_at).where(mine)
        ).one()
        if held.gone_at is not None:
            continue
        if held.decision_id is not None:
            stop(books, held.decision_id, "the bank withdrew the transaction")
        supersede(books, [name])
        other = (replaced_by or {}).get(name)
        # Without a digest it is taken anew if the bank lists it again.
        gone = {"gone_at": books.now, "replaced_by": other, "digest": ""}
        books.connection.execute(update(row).where(mine).values(gone))
        note(books, "transaction.gone", name, {"replaced_by": other})
        if books.connection.scalar(select(row.c.allocated).where(mine)):
            told = {"transaction": name, "decision": held.decision_id}
            emit(books, "transaction.gone", name, told)
            posted.append(name)
    return posted


def _transaction_fault(books: Books, rows: Rows, known: Any) -> str:
    """Why a new version of a decided transaction cannot be taken; "" if it can."""
    named = dict(zip(TRANSACTION_COLUMNS, rows.values(known.place), strict=True))
    gross, currency = named["gross"], named["currency"]
    assert isinstance(gross, int)
    same = currency == known.currency and named["status"] == "booked"
    if same and _carries(gross, known.allocated):
        if gross != known.gross:
            show_aside(books, known.decision_id, "the bank changed the transaction")
        return ""
    stop(books, known.decision_id, "the bank changed the transaction")
    table = schema.transactions
    mine = (table.c.tenant == books.tenant) & (table.c.id == rows.id[known.place])
    left = books.connection.scalar(select(table.c.allocated).where(mine)) or 0
    if not left or (same and _carries(gross, left)):
        return ""
    applied = from_minor(left, known.currency)
    words = "of it was posted, or may have been: more than it now holds"
    return f"{applied:,} {known.currency} {words}"


def _carries(gross: int, allocated: int) -> bool:
    return allocated <= gross if gross > 0 else gross <= allocated <= 0


def _holds(rows: Rows, known: Any) -> bool:
    """Whether an invoice as it is now still takes what is reserved for it.

    Our own payments are off what was known: where less is owed, somebody else recorded
    money, and it may be the very money that is reserved.
    """
    named = dict(zip(INVOICE_COLUMNS, rows.values(known.place), strict=True))
    outstanding = named["outstanding"]
    assert isinstance(outstanding, int)
    low, high = min(0, outstanding), max(0, outstanding)
    same = named["currency"] == known.currency and named["status"] == "open"
    fell = abs(outstanding) < abs(known.outstanding)
    return bool(same and not fell and low <= known.allocated <= high)


def _stop_all(books: Books, invoice: str) -> None:
    row = schema.allocations
    numbers = books.connection.scalars(
        select(row.c.decision_id)
        .where(
            row.c.tenant == books.tenant,
            row.c.invoice_id == invoice,
            row.c.state == AllocationState.RESERVED,
        )
        .order_by(row.c.decision_id)
    ).all()
    for number in numbers:
        stop(books, number, f"invoice {invoice} changed")


def _as_of(known: Any) -> datetime:
    """An instant that raw SQL gives as SQLite keeps it, in UTC."""
    value = known.as_of
    if isinstance(value, str):
        return utc(datetime.fromisoformat(f"{value}+00:00"))
    return utc(value)


def _note(books: Books, action: str, subject: str, done: Recorded) -> None:
    if done.new or done.changed:
        note(books, action, subject, {"new": done.new, "changed": done.changed})
