"""What happened to a transaction or an invoice, and why."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, or_, select

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.hinting import meant_invoice, meant_transaction
from payymo_core.money import from_minor
from payymo_core.naming import percentage


@frozen
class Happening:
    """Something that happened to a record.

    Attributes:
        at: When, in UTC.
        place: Its place among those of one instant; of the audit log, its number there.
        actor: Who did it; "" for what nobody did.
        action: What, as ``match.confirmed``.
        said: What else there is to know.
    """

    at: datetime
    place: int
    actor: str
    action: str
    said: str


def history(connection: Connection, tenant: str, name: str) -> list[Happening]:
    """Tell everything that happened to a record, in order.

    Args:
        connection: Bound to the tenant.
        tenant: Whose.
        name: Id of a transaction or of an invoice.

    Raises:
        ConflictError: There is no such record.
    """
    came = [
        *_arrivals(connection, tenant, name, schema.transactions),
        *_arrivals(connection, tenant, name, schema.invoices),
    ]
    if not came:
        meant = meant_transaction(connection, tenant, name)
        meant += meant_invoice(connection, tenant, name)
        fault = f"there is no transaction and no invoice {name!r}{meant}"
        raise ConflictError(fault)
    decisions = _decisions(connection, tenant, name)
    noted = list(_noted(connection, tenant, name, decisions))
    # A clock that was set back turns nothing round that the audit log has in order.
    reached = accumulate((each.at for each in noted), max)
    timed = [
        *((each.at, each) for each in (*came, *map(_proposal, decisions))),
        *zip(reached, noted, strict=True),
    ]
    return [each for _, each in sorted(timed, key=_order)]


def _order(timed: tuple[datetime, Happening]) -> tuple[datetime, int]:
    at, happening = timed
    return at, happening.place


def _arrivals(
    connection: Connection, tenant: str, name: str, table: Any
) -> Iterator[Happening]:
    row = table.c
    mine = (row.tenant == tenant) & (row.id == name)
    found = connection.execute(select(table).where(mine)).one_or_none()
    if found is None:
        return
    is_money = table is schema.transactions
    minor = found.gross if is_money else found.outstanding
    said = f"{from_minor(minor, found.currency)} {found.currency}, {found.status}"
    history = schema.transaction_versions if is_money else schema.invoice_snapshots
    key = history.c.transaction_id if is_money else history.c.invoice_id
    taken = history.c.recorded_at if is_money else history.c.taken_at
    earlier = connection.execute(
        select(history.c.version, taken.label("at"))
        .where(history.c.tenant == tenant, key == name)
        .order_by(history.c.version)
    )
    for version in earlier:
        yield Happening(version.at, 0, "", "recorded", f"version {version.version}")
    at = found.changed_at if is_money else found.as_of
    yield Happening(at, 0, "", "recorded", f"version {found.version}: {said}")


def _decisions(connection: Connection, tenant: str, name: str) -> Sequence[Any]:
    """Those of a transaction, and those that name an invoice."""
    row = schema.match_decisions
    # As JSON holds it; what only looks alike is left out below.
    named = row.c.invoices.contains(json.dumps(name), autoescape=True)
    given = _given(connection, tenant, name)
    found = connection.execute(
        select(row)
        .where(
            row.c.tenant == tenant,
            or_(row.c.transaction_id == name, named, row.c.id.in_(given)),
        )
        .order_by(row.c.id)
    )
    return [
        held
        for held in found
        if held.transaction_id == name
        or held.id in given
        or name in json.loads(held.invoices)
    ]


def _given(connection: Connection, tenant: str, invoice: str) -> set[int]:
    """Decisions that gave an invoice money, be it of a rest."""
    row = schema.allocations
    mine = (row.c.tenant == tenant) & (row.c.invoice_id == invoice)
    return set(connection.scalars(select(row.c.decision_id).where(mine)))


def _proposal(held: Any) -> Happening:
    proposal = json.loads(held.proposal)
    parts = ", ".join(
        f"{a['amount']} to {a['invoice']}" for a in proposal["allocations"]
    )
    said = f"decision {held.id}: {held.transaction_id} pays {parts or 'nothing'}"
    if held.confidence is not None:
        reasons = ", ".join(proposal.get("reasons", ()))
        said += f"; {held.outcome} at {percentage(held.confidence)}"
        said += f" ({reasons})" if reasons else ""
        return Happening(held.created_at, 1, "payymo", "match.proposed", said)
    said += f"; {held.reason}" if held.reason else ""
    return Happening(held.created_at, 1, held.actor, "match.chosen", said)


def _noted(
    connection: Connection, tenant: str, name: str, decisions: Sequence[Any]
) -> Iterator[Happening]:
    """Entries of the audit log that are about it, or about its decisions."""
    row = schema.audit_log
    numbers = {held.id for held in decisions}
    about = {name, *(held.transaction_id for held in decisions)}
    for held in decisions:
        about |= set(json.loads(held.invoices))
    found = connection.execute(
        select(row)
        .where(row.c.tenant == tenant, row.c.subject.in_(sorted(about)))
        .order_by(row.c.seq)
    )
    for held in found:
        detail = json.loads(held.detail)
        if held.subject != name and detail.get("decision") not in numbers:
            continue
        told = [f"{key} {_plain(value)}" for key, value in detail.items() if value]
        said = "; ".join([held.subject, *told])
        yield Happening(held.at, 1 + held.seq, held.actor, held.action, said)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
