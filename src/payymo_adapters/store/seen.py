"""Every version of a record: what was known of it then, and what that changed.

An invoice is owed less with each payment that is posted; a version says what its ledger
wanted when it was seen.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, select

from payymo_adapters.store import schema
from payymo_core.money import from_minor

_OWED = ("outstanding", "currency", "status", "issue_date", "due_date")
_NO_STATUS = {"transactions": "booked", "invoices": "open"}


@frozen
class Seen:
    """A version of a record.

    Attributes:
        at: When it was first seen so, in UTC.
        detail: ``version``; what it was worth and when it is due; and ``changed``, what
            differs from the version before.
    """

    at: datetime
    detail: Mapping[str, Any]


def seen_versions(connection: Connection, tenant: str, name: str) -> Iterator[Seen]:
    """The versions of a transaction or of an invoice, in order."""
    row, earlier = schema.transactions, schema.transaction_versions
    held = _versions(connection, tenant, name, (row, earlier, "recorded_at"))
    for place, version in enumerate(held):
        said = _of_transaction(version.now) if version.now else {}
        yield Seen(version.at, {**version.told(held[:place]), **said})
    row, earlier = schema.invoices, schema.invoice_snapshots
    held = _versions(connection, tenant, name, (row, earlier, "taken_at"))
    for place, version in enumerate(held):
        said = {key: version.sent[key] for key in _OWED if key in version.sent}
        yield Seen(version.at, {**version.told(held[:place]), **said})


@frozen
class _Version:
    """What was sent of a record, flat, and where it is the last one its row."""

    number: int
    at: datetime
    sent: Mapping[str, str]
    now: Any = None

    def told(self, before: "list[_Version]") -> dict[str, Any]:
        """Its number, and how it differs from the one before."""
        if not before:
            return {"version": self.number}
        old, new = before[-1].sent, self.sent
        changed = [
            {"field": key, "from": old.get(key), "to": new.get(key)}
            for key in dict.fromkeys([*old, *new])
            if old.get(key) != new.get(key)
        ]
        return {"version": self.number, "changed": changed}


def _versions(
    connection: Connection, tenant: str, name: str, tables: tuple[Any, Any, str]
) -> list[_Version]:
    """Those before the last, and the last as its row has it."""
    table, history, taken = tables
    mine = (table.c.tenant == tenant) & (table.c.id == name)
    now = connection.execute(select(table).where(mine)).one_or_none()
    if now is None:
        return []
    is_invoice = table is schema.invoices
    record = history.c.invoice_id if is_invoice else history.c.transaction_id
    earlier = connection.execute(
        select(history.c.version, history.c.payload, history.c[taken].label("at"))
        .where(history.c.tenant == tenant, record == name)
        .order_by(history.c.version)
    )
    status = _NO_STATUS[table.name]
    return [
        *(_Version(e.version, e.at, _sent(e.payload, status)) for e in earlier),
        _Version(now.version, now.changed_at, _sent(now.payload, status), now),
    ]


def _of_transaction(row: Any) -> dict[str, str]:
    """What a transaction brought; what was sent of it is as its source writes it."""
    gross = f"{from_minor(row.gross, row.currency):f}"
    return {"gross": gross, "currency": row.currency, "status": row.status}


def _sent(payload: str, status: str) -> dict[str, str]:
    """What was sent, each value under its path; numbers as they were written."""
    try:
        said = json.loads(payload, parse_float=str, parse_int=str)
    except ValueError:  # whoever recorded it may have sent any text
        said = {}
    return {"status": status, **dict(_flat(said, ""))}


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        value = {str(place): each for place, each in enumerate(value)}
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}" if path else key)
    elif value is not None:
        yield path, str(value)
