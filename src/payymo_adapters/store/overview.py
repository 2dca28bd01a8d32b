"""The books looked at: how things stand, what happened to a record, what a period was.

Only reads; money is in minor units.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
)

from payymo_adapters.store import schema
from payymo_adapters.store.doubts import DOUBT
from payymo_adapters.store.kinds import (
    AllocationState,
    DecisionKind,
    DecisionState,
    PostingKind,
    PostingState,
)
from payymo_adapters.store.outbox import WEBHOOK

_LIVE = (AllocationState.RESERVED, AllocationState.SETTLED)
_ASIDE = (DecisionKind.IGNORE, DecisionKind.SPLIT)
REVERSING = "reversing"
"""Of a line: an invoice has it, and it is to be taken back."""
_OPEN = (PostingState.PLANNED, PostingState.SENDING, PostingState.UNKNOWN)


@frozen(kw_only=True)
class Sums:
    """Money of one currency, of what came in and went out, by size.

    Attributes:
        currency: ISO 4217 code.
        transactions: How many are booked.
        gross: What they brought.
        allocated: What of that invoices have, or will have.
        returning: What invoices have, and is being taken back.
        waiting: What no invoice has, and nobody put aside.
        aside: What was put aside.
    """

    currency: str
    transactions: int
    gross: int
    allocated: int
    returning: int
    waiting: int
    aside: int


@frozen(kw_only=True)
class Line:
    """Money of a transaction, and what became of it.

    Attributes:
        transaction: Its id.
        day: Of booking.
        currency: ISO 4217 code.
        amount: Of this line; those of a transaction add up to what it brought.
        state: ``settled``, ``reserved`` or ``reversing`` (paid, and to be taken back)
            for an invoice; ``aside``, ``proposed``, ``waiting``, ``pending`` or
            ``withdrawn``.
        invoice: Which, or "".
        decision: Its number, or None.
        actor: Who decided, or "".
        reason: Why it is put aside, or "".
    """

    transaction: str
    day: date | None
    currency: str
    amount: int
    state: str
    invoice: str = ""
    decision: int | None = None
    actor: str = ""
    reason: str = ""


def sources(connection: Connection, tenant: str) -> Sequence[Any]:
    """The connections that are read.

    Their id, name, when they were (changed_at), fault, expires_at.
    """
    row = schema.connections
    return connection.execute(
        select(row.c.id, row.c.name, row.c.changed_at, row.c.fault, row.c.expires_at)
        .where(row.c.tenant == tenant, row.c.id != WEBHOOK)
        .order_by(row.c.id)
    ).all()


def sums(connection: Connection, tenant: str) -> list[Sums]:
    """Money that came in, by currency."""
    row, decided = schema.transactions, schema.match_decisions
    joined = row.outerjoin(
        decided,
        and_(decided.c.tenant == row.c.tenant, decided.c.id == row.c.decision_id),
    )
    left = row.c.gross - row.c.allocated
    aside = func.sum(left).filter(decided.c.kind.in_(_ASIDE))
    found = connection.execute(
        select(
            row.c.currency,
            func.count(),
            func.sum(row.c.gross),
            func.sum(row.c.allocated),
            func.sum(left),
            func.coalesce(aside, 0),
        )
        .select_from(joined)
        .where(*_came_in(tenant))
        .group_by(row.c.currency)
        .order_by(row.c.currency)
    )
    returning = _returning(connection, tenant)
    return [
        Sums(
            currency=currency,
            transactions=count,
            gross=int(gross),
            allocated=int(allocated) - returning.get(currency, 0),
            returning=returning.get(currency, 0),
            waiting=int(left) - int(aside),
            aside=int(aside),
        )
        for currency, count, gross, allocated, left, aside in found
    ]


def _returning(connection: Connection, tenant: str) -> dict[str, int]:
    """What invoices have of money that came in, and is being taken back."""
    row, part, posting = schema.transactions, schema.allocations, schema.postings
    joined = posting.join(
        part,
        and_(
            part.c.tenant == posting.c.tenant,
            part.c.decision_id == posting.c.decision_id,
            part.c.invoice_id == posting.c.invoice_id,
        ),
    ).join(row, and_(row.c.tenant == part.c.tenant, row.c.id == part.c.transaction_id))
    found = connection.execute(
        select(part.c.currency, func.sum(part.c.amount))
        .select_from(joined)
        .where(
            posting.c.tenant == tenant,
            posting.c.kind == PostingKind.REVERSAL,
            part.c.state == AllocationState.SETTLED,
            *_came_in(tenant),
        )
        .group_by(part.c.currency)
    )
    return {currency: int(amount) for currency, amount in found}


def _came_in(tenant: str) -> tuple[ColumnElement[bool], ...]:
    """What is true of money that came in."""
    row = schema.transactions.c
    booked = row.status == "booked"
    return row.tenant == tenant, booked, row.gone_at.is_(None), row.gross > 0


def proposals(connection: Connection, tenant: str) -> dict[str, int]:
    """How many proposals wait, by outcome."""
    row = schema.match_decisions
    found = connection.execute(
        select(row.c.outcome, func.count().label("waiting"))
        .where(row.c.tenant == tenant, row.c.state == DecisionState.PROPOSED)
        .group_by(row.c.outcome)
    )
    return {held.outcome: held.waiting for held in found}


def read_at(
    connection: Connection, tenant: str, account: str, stream: str
) -> datetime | None:
    """When an account was last read by a stream; None: never."""
    row = schema.sync_cursors.c
    mine = (row.tenant == tenant) & (row.account_id == account)
    found: datetime | None = connection.scalar(
        select(row.moved_at).where(mine, row.stream == stream)
    )
    return found


def doubts(connection: Connection, tenant: str) -> Sequence[Any]:
    """What is put aside, for nobody can tell what it is: id, transaction_id, reason."""
    row = schema.match_decisions
    return connection.execute(
        select(row.c.id, row.c.transaction_id, row.c.reason)
        .where(
            row.c.tenant == tenant,
            row.c.state == DecisionState.ACTIVE,
            row.c.kind == DecisionKind.IGNORE,
            row.c.actor == DOUBT,
        )
        .order_by(row.c.id)
    ).all()


def waiting_proposals(connection: Connection, tenant: str) -> Sequence[Any]:
    """Proposals without a verdict (id, transaction_id), the surest last.

    Those take the least thought.
    """
    row = schema.match_decisions
    return connection.execute(
        select(row.c.id, row.c.transaction_id)
        .where(row.c.tenant == tenant, row.c.state == DecisionState.PROPOSED)
        .order_by(row.c.confidence, row.c.id)
    ).all()


def unexplained(connection: Connection, tenant: str) -> Sequence[str]:
    """Money that came in, of which nothing is decided, and nothing is proposed."""
    row, proposed = schema.transactions, schema.match_decisions
    waits = exists().where(
        proposed.c.tenant == row.c.tenant,
        proposed.c.transaction_id == row.c.id,
        proposed.c.state == DecisionState.PROPOSED,
    )
    return connection.scalars(
        select(row.c.id)
        .where(*_came_in(tenant), row.c.decision_id.is_(None), ~waits)
        .order_by(row.c.booking_date, row.c.id)
    ).all()


def open_postings(connection: Connection, tenant: str) -> Sequence[Any]:
    """Postings whose outcome is not known yet, and reversals that were refused."""
    row = schema.postings
    refused = (row.c.kind == PostingKind.REVERSAL) & (
        row.c.state == PostingState.REFUSED
    )
    return connection.execute(
        select(row)
        .where(row.c.tenant == tenant, or_(row.c.state.in_(_OPEN), refused))
        .order_by(row.c.id)
    ).all()


def lines(
    connection: Connection, tenant: str, first: date, last: date
) -> Iterator[Line]:
    """What became of the transactions of a period, both days included.

    In the order of booking; one without a day of booking is of every period.
    """
    allotted: dict[str, list[Any]] = {}
    row, posting = schema.allocations, schema.postings
    reversed_ = exists().where(
        posting.c.tenant == row.c.tenant,
        posting.c.decision_id == row.c.decision_id,
        posting.c.invoice_id == row.c.invoice_id,
        posting.c.kind == PostingKind.REVERSAL,
        row.c.state == AllocationState.SETTLED,
    )
    for held in connection.execute(
        select(row, reversed_.label("reversed"))
        .where(row.c.tenant == tenant, row.c.state.in_(_LIVE))
        .order_by(row.c.decision_id, row.c.invoice_id)
    ):
        allotted.setdefault(held.transaction_id, []).append(held)
    for money in connection.execute(_of_period(tenant, first, last)):
        yield from _lines_of(money, allotted.get(money.id, []))


def _of_period(tenant: str, first: date, last: date) -> Select[Any]:
    row, held = schema.transactions, schema.match_decisions
    proposed = held.alias("proposed")
    joined = row.outerjoin(
        held, and_(held.c.tenant == row.c.tenant, held.c.id == row.c.decision_id)
    ).outerjoin(
        proposed,
        and_(
            proposed.c.tenant == row.c.tenant,
            proposed.c.transaction_id == row.c.id,
            proposed.c.state == DecisionState.PROPOSED,
        ),
    )
    day = row.c.booking_date
    return (
        select(
            *(row.c.id, day, row.c.currency, row.c.gross, row.c.status),
            *(row.c.gone_at, held.c.kind, held.c.reason),
            func.coalesce(held.c.id, proposed.c.id).label("decision"),
            held.c.actor,
            held.c.id.label("decided"),
        )
        .select_from(joined)
        .where(row.c.tenant == tenant, or_(day.is_(None), day.between(first, last)))
        .order_by(day, row.c.id)
    )


def _lines_of(money: Any, allotted: Sequence[Any]) -> Iterator[Line]:
    for held in allotted:
        yield Line(
            transaction=money.id,
            day=money.booking_date,
            currency=money.currency,
            amount=held.amount,
            state=REVERSING if held.reversed else held.state,
            invoice=held.invoice_id,
            decision=held.decision_id,
            actor=money.actor or "",
        )
    left = money.gross - sum(held.amount for held in allotted)
    if left or not allotted:
        yield Line(
            transaction=money.id,
            day=money.booking_date,
            currency=money.currency,
            amount=left,
            state=_state_of(money),
            decision=money.decision,
            actor=money.actor or "",
            reason=money.reason or "",
        )


def _state_of(money: Any) -> str:
    """What the money is that no invoice has."""
    if money.gone_at is not None:
        return "withdrawn"
    if money.status != "booked":
        return "pending"
    if money.kind in _ASIDE:
        return "aside"
    if money.decided is None and money.decision is not None:
        return "proposed"
    return "waiting"
