"""An account of ours is read under one name: under two, its money is there twice.

Then the second of each payment could pay something else.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select, update

from payymo_adapters.accounts import account_key
from payymo_adapters.store import schema
from payymo_adapters.store.store import Books
from payymo_core.errors import Rejected
from payymo_core.records import Transaction


def claim(
    books: Books, account: str, records: Iterable[Transaction | Rejected]
) -> str | None:
    """Take an account of our own for one account of the books.

    The same money under two names would be twice there, and pay twice. An account of
    several currencies may be one of each.

    Args:
        books: The tenant's.
        account: The id that the records are to be known by; it is there.
        records: Of a statement.

    Returns:
        The id under which they are read already; None where this one may have them.
    """
    own = {
        f"{key} {each.currency}"
        for each in records
        if isinstance(each, Transaction)
        and (key := account_key(each.account or ""))
        and key.isprintable()  # what is not, no database keeps: it is set aside
    }
    row = schema.accounts
    mine = row.c.tenant == books.tenant
    others = select(row.c.id).where(
        mine, row.c.id != account, row.c.identifier.in_(own)
    )
    other: str | None = books.connection.scalar(others.order_by(row.c.id).limit(1))
    if other is None and len(own) == 1:
        books.connection.execute(
            update(row)
            .where(mine, row.c.id == account, row.c.identifier.is_(None))
            .values(identifier=own.pop())
        )
    return other


def file_read_as(books: Books, account: str, stream: str, position: str) -> str | None:
    """The other account that a file is read for already.

    Args:
        books: The tenant's.
        account: The id that it is to be read for.
        stream: The file's.
        position: What it holds: a copy is the file.

    Returns:
        The account's id; None where it is read for no other.
    """
    row = schema.sync_cursors.c
    same = or_(row.stream == stream, row.position == position)
    found = select(row.account_id).where(
        row.tenant == books.tenant, row.account_id != account, same
    )
    other: str | None = books.connection.scalar(found.order_by(row.account_id).limit(1))
    return other


def bank_read_as(books: Books, account: str, stream: str, key: str) -> str | None:
    """The other account that is read from the same one at a bank.

    Args:
        books: The tenant's.
        account: The id that it is to be read for.
        stream: Whose position is what is known of an account at a bank.
        key: What that is known by.

    Returns:
        The account's id; None where it is read for no other.
    """
    for other in _others(books, account, stream):
        _, _, text = other.position.partition(" ")
        if json.loads(text)["account"] == key:
            return str(other.account_id)
    return None


def stripe_read_as(
    books: Books, account: str, stream: str, ids: Iterable[str]
) -> str | None:
    """The other account that has transactions of Stripe, whose ids are no other's.

    Args:
        books: The tenant's.
        account: The id that they are to be recorded for.
        stream: Whose position is how far an account at Stripe was read.
        ids: Of the transactions, as Stripe has them.

    Returns:
        The account's id; None where no other has any.
    """
    row, names = schema.transactions.c, set(ids)
    for other in _others(books, account, stream):
        # By their key: their ids begin so, and a zero comes after a slash.
        first, last = f"{other.account_id}/", f"{other.account_id}0"
        mine = (row.tenant == books.tenant) & (row.id > first) & (row.id < last)
        known = books.connection.scalars(select(row.external_id).where(mine))
        if not names.isdisjoint(known):
            return str(other.account_id)
    return None


def _others(books: Books, account: str, stream: str) -> Sequence[Any]:
    row = schema.sync_cursors.c
    mine = (row.tenant == books.tenant) & (row.account_id != account)
    found = select(row.account_id, row.position).where(mine, row.stream == stream)
    return books.connection.execute(found.order_by(row.account_id)).all()
