"""What is left of a transaction that pays something already, settled by a person.

It joins the decision that is there, for a transaction has one at the most. Each time, a
label names all that the decision pays then: the last of them is what can be taken back
alone, while no money of it was posted.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, select, update

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.allotting import allot, give_back
from payymo_adapters.store.decisions import Decision, add_label, decision, tell
from payymo_adapters.store.kinds import (
    AllocationState,
    DecisionKind,
    DecisionState,
    PostingKind,
    PostingState,
)
from payymo_adapters.store.store import Books
from payymo_core.labels import Verdict
from payymo_core.money import from_minor
from payymo_core.results import Allocation

LIVE = (AllocationState.RESERVED, AllocationState.SETTLED)


def rests(connection: Connection, tenant: str) -> Sequence[Any]:
    """Decisions that leave money that came in over: id, transaction_id, left.

    In the order of booking; ``left`` is in minor units. One that is to be taken back is
    none of them.
    """
    money = schema.transactions
    came_in = _rests(tenant).where(money.c.gross > 0)
    return connection.execute(came_in.order_by(money.c.booking_date, money.c.id)).all()


def rest_of(books: Books, transaction: str) -> Any | None:
    """What is left of one transaction: id of its decision, left, currency; or None."""
    mine = schema.transactions.c.id == transaction
    return books.connection.execute(_rests(books.tenant).where(mine)).one_or_none()


def paid_by(books: Books, number: int) -> list[Allocation]:
    """What a decision gives to invoices now, with what was settled of its rest."""
    row = schema.allocations
    found = books.connection.execute(
        select(row.c.invoice_id, row.c.amount, row.c.currency)
        .where(
            row.c.tenant == books.tenant,
            row.c.decision_id == number,
            row.c.state.in_(LIVE),
        )
        .order_by(row.c.invoice_id)
    )
    return [
        Allocation(held.invoice_id, from_minor(held.amount, held.currency))
        for held in found
    ]


def settle_rest(
    books: Books, transaction: str, allocations: Sequence[Allocation], reason: str
) -> int:
    """Give what is left of a transaction to invoices; with a reason, put it aside.

    Args:
        books: The tenant's; its actor is the person.
        transaction: Its id.
        allocations: What invoices get of the rest.
        reason: Why what no invoice gets is put aside; "" where it waits on.

    Returns:
        The number of the decision, which holds the rest as well.

    Raises:
        ConflictError: Nothing of it is left, or the money is not there.
    """
    rest = rest_of(books, transaction)
    if rest is None:
        fault = f"nothing is left of transaction {transaction!r}"
        raise ConflictError(fault)
    if not reason.strip() and (reason or not allocations):
        fault = "what is put aside needs a reason"
        raise ConflictError(fault)
    _check_new(books, rest.id, allocations)
    allot(books, rest.id, transaction, allocations)
    values: dict[str, object] = {}
    if reason:
        values = {"kind": DecisionKind.SPLIT, "reason": reason}
    if allocations:
        # The second person confirmed less than it gives now.
        values |= {"seconded_by": None, "seconded_at": None}
    _change(books, rest.id, actor=books.actor, **values)
    held = decision(books, rest.id)
    paid = tuple(sorted(live(books, rest.id)))
    add_label(books, held, paid, Verdict.CONFIRM)
    tell(books, "match.rest_settled", held, reason=reason, invoices=paid)
    return held.id


def unsettle_rest(books: Books, number: int) -> bool:
    """Take back what was settled last of a rest, while nothing of it was posted.

    Returns:
        Whether there was something to take back.

    Raises:
        ConflictError: A posting of it is on its way: its outcome must be known first.
    """
    held = decision(books, number)
    labels = _labels(books, held)
    if held.state != DecisionState.ACTIVE or len(labels) < 2:
        return False
    before, last = (set(json.loads(each.invoices)) for each in labels[-2:])
    held_now = live(books, number)
    added = (last - before) & held_now.keys()
    if any(held_now[name] == AllocationState.SETTLED for name in added):
        return False
    give_back(books, number, held.transaction, added)
    # What is put aside leaves no rest: nothing can have been settled since.
    _change(books, number, kind=DecisionKind.MATCH, reason=None)
    row = schema.labels
    mine = (row.c.tenant == books.tenant) & (row.c.id == labels[-1].id)
    books.connection.execute(update(row).where(mine).values(retracted_at=books.now))
    tell(books, "match.rest_undone", held, invoices=sorted(added))
    return True


def live(books: Books, number: int) -> dict[str, str]:
    """The invoices that a decision has money for -> the state of that."""
    row = schema.allocations
    found = books.connection.execute(
        select(row.c.invoice_id, row.c.state).where(
            row.c.tenant == books.tenant,
            row.c.decision_id == number,
            row.c.state.in_(LIVE),
        )
    )
    return {held.invoice_id: held.state for held in found}


def _rests(tenant: str) -> Select[Any]:
    row, money, posting = (
        schema.match_decisions,
        schema.transactions,
        schema.postings,
    )
    joined = row.join(
        money,
        and_(money.c.tenant == row.c.tenant, money.c.decision_id == row.c.id),
    )
    taken_back = exists().where(
        posting.c.tenant == row.c.tenant,
        posting.c.decision_id == row.c.id,
        posting.c.kind == PostingKind.REVERSAL,
        posting.c.state != PostingState.CONFIRMED,
    )
    left = money.c.gross - money.c.allocated
    return (
        select(row.c.id, row.c.transaction_id, left.label("left"), money.c.currency)
        .select_from(joined)
        .where(
            row.c.tenant == tenant,
            row.c.state == DecisionState.ACTIVE,
            row.c.kind == DecisionKind.MATCH,
            money.c.status == "booked",
            money.c.gone_at.is_(None),
            left != 0,
            ~taken_back,
        )
    )


def _check_new(books: Books, number: int, allocations: Sequence[Allocation]) -> None:
    """Refuse an invoice that the decision gave money to: that stays one sum."""
    row = schema.allocations
    mine = (row.c.tenant == books.tenant) & (row.c.decision_id == number)
    known = set(books.connection.scalars(select(row.c.invoice_id).where(mine)))
    for each in allocations:
        if each.invoice in known:
            fault = (
                f"invoice {each.invoice!r} had money of decision {number} before: "
                "undo that, and say all of it anew"
            )
            raise ConflictError(fault)


def _labels(books: Books, held: Decision) -> Sequence[Any]:
    row = schema.labels
    return books.connection.execute(
        select(row.c.id, row.c.invoices)
        .where(
            row.c.tenant == books.tenant,
            row.c.transaction_id == held.transaction,
            row.c.decision_id == held.id,
            row.c.retracted_at.is_(None),
        )
        .order_by(row.c.id)
    ).all()


def _change(books: Books, number: int, **values: object) -> None:
    row = schema.match_decisions
    mine = (row.c.tenant == books.tenant) & (row.c.id == number)
    books.connection.execute(update(row).where(mine).values(**values))
