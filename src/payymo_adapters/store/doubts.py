"""What may be a known transaction again: kept, and put aside until a person looks.

It holds as a decision that pays nothing, so that no run matches it. Whoever knows that
it is money of its own undoes the decision; the next run then matches it.
"""

import json

from sqlalchemy import select

from payymo_adapters.store import schema
from payymo_adapters.store.allotting import show_rest
from payymo_adapters.store.audit import note
from payymo_adapters.store.decisions import (
    close_if_idle,
    decision,
    insert_decisions,
    stop,
    supersede,
    tell,
)
from payymo_adapters.store.kinds import AllocationState, DecisionKind, DecisionState
from payymo_adapters.store.outbox import emit
from payymo_adapters.store.store import Books

DOUBT = "payymo sync"
"""Who puts aside: no person, and not who applies by the policy."""


def put_aside(books: Books, transaction: str, reason: str) -> bool:
    """Put a transaction aside for a person.

    Not a verdict: it teaches nothing.

    Returns:
        Whether it is now; not where it is decided, not booked or not there, nor where
        it was put aside for that reason before.
    """
    if _is_put_aside_before(books, transaction, reason):
        return False
    row = schema.transactions.c
    mine = (row.tenant == books.tenant) & (row.id == transaction)
    free = row.decision_id.is_(None) & row.gone_at.is_(None) & (row.status == "booked")
    if books.connection.scalar(select(row.id).where(mine, free)) is None:
        return False
    supersede(books, [transaction])
    aside = {
        "transaction_id": transaction,
        "state": DecisionState.ACTIVE,
        "kind": DecisionKind.IGNORE,
        "proposal": json.dumps({"allocations": []}),
        "invoices": "[]",
        "reason": reason,
        "decided_at": books.now,
        "actor": DOUBT,
    }
    (number,) = insert_decisions(books, [aside])
    said = {"transaction": transaction, "decision": number, "reason": reason}
    note(books, "transaction.doubted", transaction, said)
    emit(books, "transaction.doubted", transaction, said)
    return True


def put_known_aside(books: Books, transaction: str, reason: str) -> bool:
    """Put a transaction aside of which its provider says otherwise now.

    What is only reserved is given back; what was posted stays as it is.

    Returns:
        As of ``put_aside``.
    """
    row = schema.allocations.c
    mine = (row.tenant == books.tenant) & (row.transaction_id == transaction)
    reserved = row.state == AllocationState.RESERVED
    decided = books.connection.scalar(select(row.decision_id).where(mine, reserved))
    if decided is not None and not _is_put_aside_before(books, transaction, reason):
        stop(books, decided, reason)
    return put_aside(books, transaction, reason)


def show_aside(books: Books, number: int, reason: str) -> None:
    """Let what a person put aside of a transaction wait again: it was another sum.

    What may be a known one again is for a person to look at as it is.
    """
    held = decision(books, number)
    if held.kind == DecisionKind.MATCH or held.actor == DOUBT:
        return
    show_rest(books, number)
    close_if_idle(books, number, DecisionState.STOPPED)
    tell(books, "match.stopped", held, reason=reason)


def _is_put_aside_before(books: Books, transaction: str, reason: str) -> bool:
    """Whether a person had the chance to say what is to be done."""
    row = schema.match_decisions.c
    mine = (row.tenant == books.tenant) & (row.transaction_id == transaction)
    found = select(row.id).where(mine, row.actor == DOUBT, row.reason == reason)
    return books.connection.scalar(found.limit(1)) is not None
