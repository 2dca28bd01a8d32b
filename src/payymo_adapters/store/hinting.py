"""Which record was meant, where a name is no id of one."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from payymo_adapters.store import schema
from payymo_adapters.store.kinds import DecisionState
from payymo_adapters.store.store import Books

_MOST = 3


def meant_transaction(connection: Connection, tenant: str, name: str) -> str:
    """Say which transactions have a name at their bank; "" where none has."""
    row = schema.transactions.c
    found = _called(connection, tenant, row, row.external_id == name, name)
    return f"; {found} is meant, with its account?" if found else ""


def meant_invoice(connection: Connection, tenant: str, name: str) -> str:
    """Say which invoices have a name as their number; "" where none has."""
    row = schema.invoices.c
    found = _called(connection, tenant, row, row.number == name, name)
    return f"; that is the number of the invoice {found}" if found else ""


def what_replaced(books: Books, transaction: str, number: int) -> str:
    """Say which decision is in the place of an earlier one; "" where none is."""
    row = schema.match_decisions.c
    later: int | None = books.connection.scalar(
        select(row.id).where(
            row.tenant == books.tenant,
            row.transaction_id == transaction,
            row.id > number,
            row.state.in_((DecisionState.PROPOSED, DecisionState.ACTIVE)),
        )
    )
    return f"; decision {later} took its place" if later else ""


def _called(
    connection: Connection, tenant: str, row: Any, so: ColumnElement[bool], name: str
) -> str:
    """Ids of a few that are called so and have another id than the name, by "or"."""
    chosen = select(row.id).where(row.tenant == tenant, so, row.id != name)
    found = connection.scalars(chosen.order_by(row.id).limit(_MOST))
    return " or ".join(map(repr, found))
