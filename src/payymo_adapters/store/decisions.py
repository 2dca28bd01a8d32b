"""Verdicts: what a transaction pays, is said here, and can be taken back.

Each is one function and one transaction. What was posted is not undone by forgetting
it: its reversal is planned, and the decision ends when that is confirmed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen
from sqlalchemy import func, insert, select, update

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.allotting import (
    allot,
    check_not_taken_back,
    plan_reversals,
    release,
    release_idle,
    show_rest,
)
from payymo_adapters.store.audit import note
from payymo_adapters.store.hinting import meant_transaction, what_replaced
from payymo_adapters.store.kinds import DecisionKind, DecisionState
from payymo_adapters.store.outbox import emit
from payymo_adapters.store.store import Books
from payymo_core.labels import Verdict
from payymo_core.results import Allocation


@frozen(kw_only=True)
class Decision:
    """An answer for a transaction.

    Attributes:
        id: Its number among the tenant's.
        transaction: The transaction's id.
        state: What became of it.
        kind: What it does.
        invoices: The ids of the invoices it names, sorted.
        proposal: The engine's match as JSON, or the allocations a person chose.
        live: Allocations that are reserved or settled.
        actor: Who decided; of a proposal, who proposed it.
    """

    id: int
    transaction: str
    state: DecisionState
    kind: DecisionKind
    invoices: tuple[str, ...]
    proposal: Mapping[str, Any]
    live: int
    actor: str

    @property
    def allocations(self) -> tuple[Allocation, ...]:
        """What it would allocate, or does."""
        return tuple(
            Allocation(held["invoice"], Decimal(held["amount"]))
            for held in self.proposal["allocations"]
        )


def decision(books: Books, number: int) -> Decision:
    """Find a decision.

    Raises:
        ConflictError: There is none of that number.
    """
    row = schema.match_decisions
    mine = (row.c.tenant == books.tenant) & (row.c.id == number)
    found = books.connection.execute(select(row).where(mine)).one_or_none()
    if found is None:
        fault = f"there is no decision {number}"
        raise ConflictError(fault)
    return Decision(
        id=found.id,
        transaction=found.transaction_id,
        state=DecisionState(found.state),
        kind=DecisionKind(found.kind),
        invoices=tuple(json.loads(found.invoices)),
        proposal=json.loads(found.proposal),
        live=found.live,
        actor=found.actor,
    )


def confirm(books: Books, number: int) -> None:
    """Let a proposal hold.

    Raises:
        ConflictError: It waits for no verdict any more, or its money is not there.
    """
    held = _waiting(books, number)
    _move(books, held, DecisionState.ACTIVE, decided_at=books.now, actor=books.actor)
    allot(books, held.id, held.transaction, held.allocations)
    add_label(books, held, held.invoices, Verdict.CONFIRM)
    tell(books, "match.confirmed", held)


def reject(books: Books, number: int) -> None:
    """Say that a proposal is wrong; it does not return for its transaction.

    Raises:
        ConflictError: It waits for no verdict any more.
    """
    held = _waiting(books, number)
    _move(books, held, DecisionState.REJECTED, decided_at=books.now, actor=books.actor)
    add_label(books, held, held.invoices, Verdict.REJECT)
    tell(books, "match.rejected", held)


def match_by_hand(
    books: Books, transaction: str, allocations: Sequence[Allocation]
) -> int:
    """Allocate a transaction as a person says; what is left over waits.

    Returns:
        The number of the decision.

    Raises:
        ConflictError: The transaction is decided, or the money is not there.
    """
    return _decide(books, transaction, DecisionKind.MATCH, allocations, "")


def split(
    books: Books, transaction: str, allocations: Sequence[Allocation], reason: str
) -> int:
    """Allocate a part of a transaction, and put the rest aside for a reason.

    Returns:
        The number of the decision.

    Raises:
        ConflictError: The transaction is decided, or the money is not there.
    """
    return _decide(books, transaction, DecisionKind.SPLIT, allocations, reason)


def ignore(books: Books, transaction: str, reason: str) -> int:
    """Put a transaction aside: it pays nothing.

    Returns:
        The number of the decision.

    Raises:
        ConflictError: The transaction is decided.
    """
    return _decide(books, transaction, DecisionKind.IGNORE, (), reason)


def undo(books: Books, number: int) -> None:
    """Take a verdict back.

    A rejected proposal waits again; a decision that holds gives its money back, at once
    where it was not posted, and otherwise when the reversal is confirmed.

    Raises:
        ConflictError: There is nothing to undo, or a posting is on its way.
    """
    held = decision(books, number)
    if held.state == DecisionState.REJECTED:
        state = DecisionState.SUPERSEDED
        if _is_free(books, held.transaction):
            state = DecisionState.PROPOSED
        _move(books, held, state, decided_at=None)
    elif held.state == DecisionState.ACTIVE:
        check_not_taken_back(books, held.id)
        release(books, held.id, held.transaction)
        plan_reversals(books, held.id, held.transaction)
        close_if_idle(books, held.id, DecisionState.UNDONE)
    else:
        fault = f"decision {number} is {held.state}: there is nothing to undo"
        raise ConflictError(fault)
    _retract_label(books, held)
    tell(books, "match.undone", held)


def stop(books: Books, number: int, reason: str) -> None:
    """End what was not posted of a decision, for its grounds are gone.

    A posting on its way stays until its outcome is known, and the decision with it.
    """
    held = decision(books, number)
    if release_idle(books, held.id, held.transaction):
        show_rest(books, held.id)
    close_if_idle(books, held.id, DecisionState.STOPPED)
    tell(books, "match.stopped", held, reason=reason)


def close_if_idle(books: Books, number: int, state: DecisionState) -> None:
    """End a decision that holds and whose money is not in use any more."""
    held = decision(books, number)
    if held.state == DecisionState.ACTIVE and not held.live:
        _move(books, held, state, closed_at=books.now)


def insert_decisions(books: Books, rows: Sequence[Mapping[str, object]]) -> list[int]:
    """Add decisions, numbered in their order."""
    row = schema.match_decisions
    last = select(func.coalesce(func.max(row.c.id), 0)).where(
        row.c.tenant == books.tenant
    )
    first = (books.connection.scalar(last) or 0) + 1
    numbers = list(range(first, first + len(rows)))
    shared = {"tenant": books.tenant, "created_at": books.now, "actor": books.actor}
    if rows:
        values = [
            {**shared, "id": number, **given}
            for number, given in zip(numbers, rows, strict=True)
        ]
        books.connection.execute(insert(row), values)
    return numbers


def supersede(books: Books, transactions: Iterable[str]) -> None:
    """End the proposals of transactions: another answer takes their place."""
    row = schema.match_decisions
    for transaction in transactions:
        mine = (
            (row.c.tenant == books.tenant)
            & (row.c.transaction_id == transaction)
            & (row.c.state == DecisionState.PROPOSED)
        )
        ended = {"state": DecisionState.SUPERSEDED, "closed_at": books.now}
        books.connection.execute(update(row).where(mine).values(ended))


def _decide(
    books: Books,
    transaction: str,
    kind: DecisionKind,
    allocations: Sequence[Allocation],
    reason: str,
) -> int:
    if kind == DecisionKind.MATCH and not allocations:
        fault = "a match names at least one invoice; to name none is to ignore"
        raise ConflictError(fault)
    if kind != DecisionKind.MATCH and not reason.strip():
        fault = "what is put aside needs a reason"
        raise ConflictError(fault)
    _check_undecided(books, transaction)
    supersede(books, [transaction])
    chosen = [{"invoice": a.invoice, "amount": str(a.amount)} for a in allocations]
    row = {
        "transaction_id": transaction,
        "state": DecisionState.ACTIVE,
        "kind": kind,
        "proposal": json.dumps({"allocations": chosen}),
        "invoices": json.dumps(sorted(a.invoice for a in allocations)),
        "reason": reason or None,
        "decided_at": books.now,
    }
    (number,) = insert_decisions(books, [row])
    allot(books, number, transaction, allocations)
    held = decision(books, number)
    add_label(books, held, held.invoices, Verdict.CONFIRM)
    said = "ignored" if kind == DecisionKind.IGNORE else "confirmed"
    tell(books, f"match.{said}", held, reason=reason)
    return number


def _check_undecided(books: Books, transaction: str) -> None:
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == transaction)
    found = books.connection.execute(
        select(row.c.decision_id, row.c.status, row.c.gone_at).where(mine)
    ).one_or_none()
    if found is None:
        meant = meant_transaction(books.connection, books.tenant, transaction)
        fault = f"there is no transaction {transaction!r}{meant}"
    elif found.decision_id is not None:
        fault = f"transaction {transaction!r} is decided: undo {found.decision_id}"
    elif found.gone_at is not None or found.status != "booked":
        fault = f"transaction {transaction!r} is not booked, or the bank withdrew it"
    else:
        return
    raise ConflictError(fault)


def _waiting(books: Books, number: int) -> Decision:
    held = decision(books, number)
    if held.state != DecisionState.PROPOSED:
        fault = f"decision {number} is {held.state}: it waits for no verdict"
        fault += what_replaced(books, held.transaction, number)
        raise ConflictError(fault)
    _check_undecided(books, held.transaction)
    return held


def _is_free(books: Books, transaction: str) -> bool:
    row = schema.match_decisions
    others = select(func.count()).where(
        row.c.tenant == books.tenant,
        row.c.transaction_id == transaction,
        row.c.state.in_((DecisionState.PROPOSED, DecisionState.ACTIVE)),
    )
    return not books.connection.scalar(others)


def _move(books: Books, held: Decision, state: DecisionState, **values: object) -> None:
    row = schema.match_decisions
    mine = (row.c.tenant == books.tenant) & (row.c.id == held.id)
    books.connection.execute(update(row).where(mine).values({"state": state, **values}))


def add_label(
    books: Books, held: Decision, invoices: Sequence[str], verdict: Verdict
) -> None:
    """Keep a verdict on what a transaction pays, to be learnt from."""
    row = schema.labels
    last = select(func.coalesce(func.max(row.c.id), 0)).where(
        row.c.tenant == books.tenant
    )
    values = {
        "tenant": books.tenant,
        "id": (books.connection.scalar(last) or 0) + 1,
        "decision_id": held.id,
        "transaction_id": held.transaction,
        "invoices": json.dumps(invoices),
        "verdict": verdict,
        "actor": books.actor,
        "given_at": books.now,
    }
    books.connection.execute(insert(row), values)


def _retract_label(books: Books, held: Decision) -> None:
    row = schema.labels
    mine = (
        (row.c.tenant == books.tenant)
        & (row.c.transaction_id == held.transaction)
        & (row.c.decision_id == held.id)
        & row.c.retracted_at.is_(None)
    )
    books.connection.execute(update(row).where(mine).values(retracted_at=books.now))


def tell(books: Books, kind: str, held: Decision, **more: object) -> None:
    """Note it for the audit, and for others."""
    said = {"decision": held.id, "invoices": held.invoices, **more}
    note(books, kind, held.transaction, said)
    emit(books, kind, held.transaction, {"transaction": held.transaction, **said})
