"""Which record was meant, where a name is no id of one."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from payymo_adapters.store import schema

_MOST = 3


def meant_transaction(connection: Connection, tenant: str, name: str) -> str:
    """Say which transactions have a name at their bank; "" where none has."""
    row = schema.transactions
    mine = (row.c.tenant == tenant) & (row.c.external_id == name)
    chosen = select(row.c.id).where(mine, row.c.id != name)
    found = connection.scalars(chosen.order_by(row.c.id).limit(_MOST)).all()
    return f"; {_either(found)} is meant, with its account?" if found else ""


def meant_invoice(connection: Connection, tenant: str, name: str) -> str:
    """Say which invoices have a name as their number; "" where none has."""
    row = schema.invoices
    mine = (row.c.tenant == tenant) & (row.c.number == name)
    chosen = select(row.c.id).where(mine, row.c.id != name)
    found = connection.scalars(chosen.order_by(row.c.id).limit(_MOST)).all()
    return f"; that is the number of the invoice {_either(found)}" if found else ""


def _either(names: Sequence[str]) -> str:
    return " or ".join(map(repr, names))
