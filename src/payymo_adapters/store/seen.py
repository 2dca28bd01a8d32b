"""Every version of a record: what was known of it then, and what that changed.

An invoice is owed less with each payment that is posted; a version says what its ledger
wanted when it was seen. Of a transaction that came from a file each version is told in
full. A provider writes in its own way what it sends: of versions before the last, that
is told as it came.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import Connection, select

from payymo_adapters.exchange import TRANSACTION
from payymo_adapters.store import schema
from payymo_adapters.store.rows import read_transaction
from payymo_core.naming import texts

_OWED = ("outstanding", "currency", "status", "issue_date", "due_date")
_NO_STATUS = {"transactions": "booked", "invoices": "open"}


@frozen
class Seen:
    """A version of a record.

    Attributes:
        at: When it was first seen so, in UTC.
        detail: ``version``; what it was worth, and when it is due or its day and text;
            or what was ``sent``; and ``changed``, what differs from the version before.
    """

    at: datetime
    detail: Mapping[str, Any]


def seen_versions(connection: Connection, tenant: str, name: str) -> Iterator[Seen]:
    """The versions of a transaction or of an invoice, in order."""
    row, earlier = schema.transactions, schema.transaction_versions
    held = _versions(connection, tenant, name, (row, earlier, "recorded_at"))
    for place, version in enumerate(held):
        yield Seen(version.at, {**version.told(held[:place]), **_brought(version)})
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
    payload: str
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
        *(_version(e, e.at, status) for e in earlier),
        evolve(_version(now, now.changed_at, status), now=now),
    ]


def _version(row: Any, at: datetime, status: str) -> _Version:
    return _Version(row.version, at, row.payload, _sent(row.payload, status))


def _brought(version: _Version) -> dict[str, Any]:
    """What a transaction brought, when and with which words, as far as is known."""
    try:
        if version.now is not None:
            money = read_transaction(version.now)
        else:
            money = TRANSACTION(json.loads(version.payload))
    except ValueError:  # a provider's own words
        return {"sent": _read(version.payload)}
    said = {
        "gross": f"{money.gross:f}",
        "currency": money.currency,
        "status": str(money.status),
        "day": str(money.booking_date or money.value_date or ""),
        "text": texts(money),
    }
    return {key: value for key, value in said.items() if value}


def _sent(payload: str, status: str) -> dict[str, str]:
    """What was sent, and the status that is meant where none is."""
    return {"status": status, **_read(payload)}


def _read(payload: str) -> dict[str, str]:
    """What was sent, each value under its path; numbers as they were written."""
    try:
        said = json.loads(payload, parse_float=str, parse_int=str)
    except ValueError:  # whoever recorded it may have sent any text
        return {}
    return dict(_flat(said, ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        value = {str(place): each for place, each in enumerate(value)}
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}" if path else key)
    elif value is not None:
        yield path, str(value)
