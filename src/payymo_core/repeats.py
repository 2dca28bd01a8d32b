"""One booking that is given twice: by two files, or under two ids."""

import numpy as np

from payymo_core.columns import NO_DAY, TransactionColumns
from payymo_core.keys import Ints, Mask

_LEAST_LETTERS = 5
_NO_ID = "NOTPROVIDED"
_APART = 5  # days; a standing order bears one id for ever, a month apart


def repeated(transactions: TransactionColumns) -> Mask:
    """Payments that bear the end-to-end id and the amount of one of the days before."""
    rows: list[int] = []
    keys: list[str] = []
    for row, record in enumerate(transactions.records):
        name = record.end_to_end_id
        if name and len(name) >= _LEAST_LETTERS and name.upper() != _NO_ID:
            rows.append(row)
            keys.append(name)
    places = np.array(rows, np.int64)
    _, same = np.unique(np.array(keys, str), return_inverse=True)
    out = np.zeros(len(transactions), np.bool_)
    out[places[_follows(same, transactions, places)]] = True
    return out & (transactions.gross > 0)


def _follows(name: Ints, transactions: TransactionColumns, row: Ints) -> Mask:
    """Which of some rows follow another of the same name, amount and payer."""
    columns = (
        transactions.day[row],
        transactions.name[row],
        transactions.currency[row],
        transactions.gross[row],
        name,
    )
    order = np.lexsort((row, *columns))
    day = columns[0][order]
    alike = np.ones(max(len(row) - 1, 0), np.bool_)
    for column in columns[1:]:
        alike &= column[order][1:] == column[order][:-1]
    near = (np.diff(day) <= _APART) | (day[1:] == NO_DAY) | (day[:-1] == NO_DAY)
    out = np.zeros(len(row), np.bool_)
    out[order[1:][alike & near]] = True
    return out
