"""What happened to a transaction or an invoice, and why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, or_, select

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.given import Money
from payymo_adapters.store.hinting import meant_invoice, meant_transaction
from payymo_adapters.store.kinds import DecisionState
from payymo_adapters.store.seen import seen_versions


@frozen
class Happening:
    """Something that happened to a record.

    Attributes:
        at: When, in UTC.
        place: Its place among those of one instant; of the audit log, its number there.
        actor: Who did it; "" for what nobody did.
        action: What, as ``match.confirmed``.
        detail: What else there is to know, as JSON takes it.
    """

    at: datetime
    place: int
    actor: str
    action: str
    detail: Mapping[str, Any]


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
        Happening(seen.at, 0, "", "recorded", seen.detail)
        for seen in seen_versions(connection, tenant, name)
    ]
    if not came:
        meant = meant_transaction(connection, tenant, name)
        meant += meant_invoice(connection, tenant, name)
        fault = f"there is no transaction and no invoice {name!r}{meant}"
        raise ConflictError(fault)
    decisions = _decisions(connection, tenant, name)
    given = Money.of(connection, tenant, [held.id for held in decisions])
    noted = list(_noted(connection, tenant, name, decisions, given))
    # A clock that was set back turns nothing round that the audit log has in order.
    reached = accumulate((each.at for each in noted), max)
    timed = [
        *((each.at, each) for each in came),
        *((each.at, each) for each in _proposals(decisions, given, noted)),
        *zip(reached, noted, strict=True),
    ]
    return [each for _, each in sorted(timed, key=_order)]


def _order(timed: tuple[datetime, Happening]) -> tuple[datetime, int]:
    at, happening = timed
    return at, happening.place


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


def _proposals(
    decisions: Sequence[Any], given: Money, noted: Sequence[Happening]
) -> Iterator[Happening]:
    """What was proposed or chosen, and what ended without another in its place."""
    # A rest that another person settled bears that one's name from then on.
    first = {each.detail.get("decision"): each.actor for each in reversed(noted)}
    for held in decisions:
        if held.confidence is None:
            # Not what it gave of its rest, later.
            chosen = [a["invoice"] for a in json.loads(held.proposal)["allocations"]]
            said = _said(held, given.of_decision(held.id, chosen))
            actor = first.get(held.id, held.actor)
            yield Happening(held.created_at, 1, actor, "match.chosen", said)
        else:
            yield _proposal(held)
    begun = {(held.transaction_id, held.created_at) for held in decisions}
    for held in decisions:
        is_over = held.state == DecisionState.SUPERSEDED
        if is_over and (held.transaction_id, held.closed_at) not in begun:
            said = {"decision": held.id, "transaction": held.transaction_id}
            yield Happening(held.closed_at, 1, "payymo", "match.lapsed", said)


def _said(held: Any, allocations: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    return {
        "decision": held.id,
        "transaction": held.transaction_id,
        "allocations": allocations,
    }


def _proposal(held: Any) -> Happening:
    proposal = json.loads(held.proposal)
    said = _said(held, proposal["allocations"])
    said |= {"outcome": held.outcome, "confidence": held.confidence}
    said |= {"reasons": proposal.get("reasons", [])}
    return Happening(held.created_at, 1, "payymo", "match.proposed", said)


def _noted(
    connection: Connection,
    tenant: str,
    name: str,
    decisions: Sequence[Any],
    given: Money,
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
        said = {
            "subject": held.subject,
            **detail,
            **given.of_entry(held.action, detail),
        }
        yield Happening(held.at, 1 + held.seq, held.actor, held.action, said)
