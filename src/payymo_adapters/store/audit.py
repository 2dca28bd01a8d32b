"""The audit log: every entry bears the hash of the one before it.

Who changes an entry, takes one out or cuts off the end breaks the chain, and
``audit_faults`` says where. It cannot be unsaid by who can rewrite the whole chain and
its end: keep a copy of the last hash elsewhere against that.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from itertools import count
from typing import Any

from sqlalchemy import Connection, insert, select, update

from payymo_adapters.store import schema
from payymo_adapters.store.store import Books

Detail = Mapping[str, object]
_AT_ONCE = 10_000


def note(books: Books, action: str, subject: str, detail: Detail) -> None:
    """Write an entry, in the transaction of what it tells.

    Args:
        books: The tenant's; whoever writes holds the end of the chain.
        action: As ``decision.confirmed``.
        subject: What it happened to: a transaction, an invoice, an account.
        detail: What else there is to know; never a secret.
    """
    row = schema.tenants
    mine = row.c.id == books.tenant
    end = books.connection.execute(
        select(row.c.audit_seq, row.c.audit_hash).where(mine)
    ).one()
    entry = {
        "tenant": books.tenant,
        "seq": end.audit_seq + 1,
        "at": books.now,
        "actor": books.actor,
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail, sort_keys=True, ensure_ascii=False),
        "previous_hash": end.audit_hash,
    }
    entry["hash"] = _hash(entry)
    books.connection.execute(insert(schema.audit_log), entry)
    moved = {"audit_seq": entry["seq"], "audit_hash": entry["hash"]}
    books.connection.execute(update(row).where(mine).values(moved))


def audit_faults(connection: Connection, tenant: str) -> list[str]:
    """Say where a tenant's chain is broken; nothing where it is whole."""
    log = schema.audit_log
    rows = connection.execute(
        select(log).where(log.c.tenant == tenant).order_by(log.c.seq),
        execution_options={"yield_per": _AT_ONCE},
    )
    faults, previous, wanted = [], "", count(1)
    last = 0
    for row in rows.mappings():
        if row["seq"] != next(wanted):
            faults.append(f"entry {last + 1} is missing")
            wanted = count(row["seq"] + 1)
        elif row["previous_hash"] != previous:
            faults.append(f"entry {row['seq']} does not follow the one before it")
        if row["hash"] != _hash(row):
            faults.append(f"entry {row['seq']} was changed")
        last, previous = row["seq"], row["hash"]
    tenants = schema.tenants.c
    end = connection.execute(
        select(tenants.audit_seq, tenants.audit_hash).where(tenants.id == tenant)
    ).one()
    if tuple(end) != (last, previous):
        faults.append(f"it ends with entry {last}, but had {end.audit_seq}")
    return faults


def _hash(entry: Mapping[Any, Any]) -> str:
    said = [
        *(entry["tenant"], entry["seq"], entry["at"].isoformat(), entry["actor"]),
        *(entry["action"], entry["subject"], entry["detail"], entry["previous_hash"]),
    ]
    return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
