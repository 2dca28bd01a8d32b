"""A file that is exported with other columns: the same money under other ids.

Where a bank gives none, an id is made of what an entry says, and a column that came or
went makes it another. Nobody but a person can tell such money from money of its own.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from payymo_adapters.store import schema
from payymo_adapters.store.store import Books
from payymo_core.money import to_minor
from payymo_core.records import Transaction, TransactionStatus

_OF_CONTENT = re.compile(r"[0-9a-f]{16}(#\d+)*")


def written_otherwise(
    books: Books, rows: Iterable[Any], fresh: Sequence[Transaction]
) -> dict[str, str]:
    """New entries that may be known ones, written otherwise -> why.

    Two whose ids are both the bank's own are two.

    Args:
        books: The tenant's.
        rows: Of ``known_rows``; those that are there still and are not listed.
        fresh: Booked transactions that are not known.
    """
    kept = defaultdict(list)
    for row in rows if fresh else ():
        if row.status == TransactionStatus.BOOKED:
            kept[row.booking_date, row.amount, row.currency].append(row)
    found = {}
    for each in fresh:
        sum_ = to_minor(each.amount, each.currency)
        same = kept.get((each.booking_date, sum_, each.currency), [])
        row = next((row for row in same if _may_be(books, row, each)), None)
        if row is not None:
            found[each.id] = f"may be {row.id} under another id"
            same.remove(row)
    return found


def _may_be(books: Books, row: Any, each: Transaction) -> bool:
    if not any(map(_OF_CONTENT.fullmatch, (row.external_id, each.id))):
        return False
    # A column more may well add to the words.
    words = sorted((row.remittance or "", each.remittance or ""), key=len)
    if words[0] not in words[1]:
        return False
    table = schema.transactions.c
    mine = (table.tenant == books.tenant) & (table.id == row.id)
    kept = books.connection.scalar(select(table.counterparty).where(mine))
    # Two names are two payers.
    names = {json.loads(kept)[0] if kept else None}
    names.add(each.counterparty.name if each.counterparty else None)
    return len(names - {None}) < 2
