"""A ledger's columns after some of its invoices changed, or others joined them."""

from bisect import bisect_left
from itertools import pairwise
from operator import attrgetter
from typing import TypeVar

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from payymo_core.columns import InvoiceColumns
from payymo_core.keys import Ints, Mask
from payymo_core.lines import joined
from payymo_core.records import Invoice, InvoiceStatus

_Kind = TypeVar("_Kind", np.int64, np.bool_)
_ID = attrgetter("id")


def paid(columns: InvoiceColumns, rows: Ints) -> InvoiceColumns:
    """Columns after the invoices of some rows, in rising order, were paid."""
    held = columns.held
    records = {
        row: evolve(held[row], status=InvoiceStatus.PAID) for row in rows.tolist()
    }
    closed = np.zeros(len(rows), np.bool_)
    return evolve(
        columns,
        records=held.exchanged(records),
        is_open=_put(columns.is_open, rows, closed),
    )


def overwritten(
    columns: InvoiceColumns, rows: Ints, changed: InvoiceColumns
) -> InvoiceColumns:
    """Columns in which some rows owe what their changed records say, and are so open.

    Args:
        columns: As they were.
        rows: Whose record changed, in rising order.
        changed: Columns of the changed records; what these say else is as it was.
    """
    return evolve(
        columns,
        records=columns.held.exchanged(
            dict(zip(rows.tolist(), changed.records, strict=True))
        ),
        outstanding=_put(columns.outstanding, rows, changed.outstanding),
        total=_put(columns.total, rows, changed.total),
        is_open=_put(columns.is_open, rows, changed.is_open),
    )


def merged(columns: InvoiceColumns, new: InvoiceColumns) -> tuple[InvoiceColumns, Mask]:
    """Columns of both in the order of their ids, and which rows are the new ones.

    No id may stand in both.
    """
    at = np.array(
        [bisect_left(columns.records, record.id, key=_ID) for record in new.records],
        np.int64,
    )
    is_new = np.zeros(len(columns) + len(new), np.bool_)
    is_new[at + np.arange(len(new))] = True
    customer = np.where(new.customer < 0, -1, new.customer + len(columns.customers))
    cuts = np.r_[0, at, len(columns)]
    records: list[Invoice] = []
    texts, counts = [], []
    for place, (begin, end) in enumerate(pairwise(cuts.tolist())):
        if place:
            records.append(new.records[place - 1])
            texts.append(new.texts.of_rows(place - 1, place))
            counts.append(1)
        records += columns.records[begin:end]
        texts.append(columns.texts.of_rows(begin, end))
        counts.append(end - begin)
    both = InvoiceColumns(
        records=records,
        outstanding=np.insert(columns.outstanding, at, new.outstanding),
        total=np.insert(columns.total, at, new.total),
        currency=np.insert(columns.currency, at, new.currency),
        issued=np.insert(columns.issued, at, new.issued),
        due=np.insert(columns.due, at, new.due),
        is_open=np.insert(columns.is_open, at, new.is_open),
        texts=joined(texts, counts),
        customer=np.insert(columns.customer, at, customer),
        customers=(*columns.customers, *new.customers),
    )
    return both, is_new


def _put(column: NDArray[_Kind], rows: Ints, values: NDArray[_Kind]) -> NDArray[_Kind]:
    if np.array_equal(column[rows], values):
        return column
    out = column.copy()
    out[rows] = values
    return out
