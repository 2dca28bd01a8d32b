"""Four eyes: what posts more than a sum waits for a second person.

The sums are kept with the books, so that the database holds whoever plans a payment to
them. A person is known by a name alone: who may give it is for whoever runs Payymo.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.audit import note
from payymo_adapters.store.kinds import (
    PAYYMO,
    AllocationState,
    DecisionKind,
    DecisionState,
    PostingKind,
)
from payymo_adapters.store.outbox import emit
from payymo_adapters.store.store import Books
from payymo_adapters.wording import plain_name
from payymo_core.money import from_minor, to_minor
from payymo_core.results import Allocation


def hold_sums(books: Books, sums: Mapping[str, Decimal]) -> None:
    """Set the sums above which four eyes are wanted, by currency; no others hold.

    Args:
        books: The tenant's.
        sums: Major units: what a decision gives to invoices, taken together, whichever
            way it goes.
    """
    row = schema.four_eyes
    mine = row.c.tenant == books.tenant
    wanted = {code: to_minor(money, code) for code, money in sums.items()}
    found = books.connection.execute(select(row.c.currency, row.c.above).where(mine))
    known = {held.currency: held.above for held in found}
    if known == wanted:
        return
    books.connection.execute(delete(row).where(mine))
    for code, above in wanted.items():
        values = {"tenant": books.tenant, "currency": code, "above": above}
        books.connection.execute(insert(row), {**values, "set_at": books.now})
    said = {code: f"{from_minor(above, code):f}" for code, above in wanted.items()}
    note(books, "four_eyes.set", "four_eyes", {"above": said})


def is_above(books: Books, given: Sequence[Allocation], currency: str) -> bool:
    """Whether allocations, taken together, need a second person."""
    row = schema.four_eyes
    mine = (row.c.tenant == books.tenant) & (row.c.currency == currency)
    above = books.connection.scalar(select(row.c.above).where(mine))
    return above is not None and given_out(given, currency) > above


def given_out(given: Sequence[Allocation], currency: str) -> int:
    """What allocations give, whichever way each goes, in minor units."""
    return sum(abs(to_minor(each.amount, currency)) for each in given)


def second(books: Books, number: int) -> None:
    """Confirm, as the second person, what another one confirmed.

    Args:
        books: The tenant's; its actor is the person.
        number: The decision's.

    Raises:
        ConflictError: It waits for no second person, or not for this one.
    """
    waiting = waiting_for_second(books.connection, books.tenant)
    held = next((each for each in waiting if each.id == number), None)
    if held is None:
        raise ConflictError(_why_not_second(books, number))
    if is_same_person(held.actor, books.actor):
        fault = f"{books.actor} confirmed decision {number}: another person is wanted"
        raise ConflictError(fault)
    if held.actor == PAYYMO:
        fault = f"no person confirmed decision {number}: undo it, and confirm it anew"
        raise ConflictError(fault)
    row = schema.match_decisions
    mine = (row.c.tenant == books.tenant) & (row.c.id == number)
    done = {"seconded_by": books.actor, "seconded_at": books.now}
    books.connection.execute(update(row).where(mine).values(done))
    note(books, "match.seconded", held.transaction_id, {"decision": number})
    told = {"transaction": held.transaction_id, "decision": number}
    emit(books, "match.seconded", held.transaction_id, told)


def _why_not_second(books: Books, number: int) -> str:
    row = schema.match_decisions
    mine = (row.c.tenant == books.tenant) & (row.c.id == number)
    held = books.connection.execute(select(row).where(mine)).one_or_none()
    if held is None or held.state != DecisionState.ACTIVE:
        return f"decision {number} waits for no second person"
    names = " and ".join(filter(None, (held.actor, held.seconded_by)))
    said = "put aside" if held.kind == DecisionKind.IGNORE else "confirmed"
    return f"decision {number} is {said} already, by {names}: it waits for nobody"


def unsecond(books: Books, number: int) -> bool:
    """Take the second person's confirmation back, while nothing is planned.

    Returns:
        Whether there was one to take back.
    """
    row, part = schema.match_decisions, schema.allocations
    planned = select(part.c.invoice_id).where(
        part.c.tenant == books.tenant, part.c.decision_id == number, is_planned()
    )
    mine = (row.c.tenant == books.tenant) & (row.c.id == number)
    seconded = (row.c.state == DecisionState.ACTIVE) & row.c.seconded_by.is_not(None)
    held = books.connection.execute(select(row).where(mine, seconded)).one_or_none()
    if held is None or books.connection.execute(planned).first():
        return False
    gone = {"seconded_by": None, "seconded_at": None}
    books.connection.execute(update(row).where(mine).values(gone))
    said = {"decision": number, "second": held.seconded_by}
    note(books, "match.unseconded", held.transaction_id, said)
    told = {"transaction": held.transaction_id, "decision": number}
    emit(books, "match.unseconded", held.transaction_id, told)
    return True


def is_same_person(name: str, other: str) -> bool:
    """Whether two names are one person's, however they are written."""
    return plain_name(name) == plain_name(other)


def waiting_for_second(connection: Connection, tenant: str) -> Sequence[Any]:
    """Decisions that wait: id, transaction_id, actor, currency, total (minor units)."""
    row, part = schema.match_decisions, schema.allocations
    joined = row.join(
        part, and_(part.c.tenant == row.c.tenant, part.c.decision_id == row.c.id)
    )
    found = connection.execute(
        select(
            *(row.c.id, row.c.transaction_id, row.c.actor, part.c.currency),
            func.sum(func.abs(part.c.amount)).label("total"),
        )
        .select_from(joined)
        .where(
            row.c.tenant == tenant,
            row.c.state == DecisionState.ACTIVE,
            part.c.state == AllocationState.RESERVED,
            ~is_planned(),
            wants_second(),
        )
        .group_by(row.c.id, row.c.transaction_id, row.c.actor, part.c.currency)
        .order_by(row.c.id)
    )
    return found.all()


def is_planned(*such: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the payment of an allocation was planned, and is of such a kind."""
    row, posting = schema.allocations, schema.postings
    return exists().where(
        posting.c.tenant == row.c.tenant,
        posting.c.decision_id == row.c.decision_id,
        posting.c.invoice_id == row.c.invoice_id,
        posting.c.kind == PostingKind.PAYMENT,
        *such,
    )


def wants_second() -> ColumnElement[bool]:
    """Whether an allocation is of a decision that lacks its second person.

    What came free of it counts as well, as for the database: one person alone may have
    given up what arrives all the same, and gives other money now.
    """
    row, every = schema.allocations, schema.allocations.alias("every")
    decision, limit = schema.match_decisions.alias("decision"), schema.four_eyes
    total = (
        select(func.sum(func.abs(every.c.amount)))
        .where(every.c.tenant == row.c.tenant, every.c.decision_id == row.c.decision_id)
        .correlate(row)
        .scalar_subquery()
    )
    return (
        select(limit.c.above)
        .where(
            limit.c.tenant == row.c.tenant,
            limit.c.currency == row.c.currency,
            limit.c.above < total,
            decision.c.tenant == row.c.tenant,
            decision.c.id == row.c.decision_id,
            decision.c.seconded_by.is_(None),
        )
        .correlate(row)
        .exists()
    )
