"""What may be a known transaction again: kept, and put aside until a person looks.

It holds as a decision that pays nothing, so that no run matches it. Whoever knows that
it is money of its own undoes the decision; the next run then matches it.
"""

import json

from sqlalchemy import select

from payymo_adapters.store import schema
from payymo_adapters.store.audit import note
from payymo_adapters.store.decisions import insert_decisions, supersede
from payymo_adapters.store.kinds import DecisionKind, DecisionState
from payymo_adapters.store.outbox import emit
from payymo_adapters.store.store import Books

DOUBT = "payymo sync"
"""Who puts aside: no person, and not who applies by the policy."""


def put_aside(books: Books, transaction: str, reason: str) -> bool:
    """Put a transaction aside for a person.

    Not a verdict: it teaches nothing.

    Returns:
        Whether it is now; not where it is decided, not booked or not there.
    """
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
