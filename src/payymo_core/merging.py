"""A ledger's columns after some of its invoices changed, or others joined them."""

from typing import TypeVar

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from payymo_core.columns import InvoiceColumns
from payymo_core.keys import Ints
from payymo_core.lines import Lines
from payymo_core.records import InvoiceStatus
from payymo_core.splicing import Splice, joining

_Kind = TypeVar("_Kind", np.int64, np.bool_)


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


def merged(
    columns: InvoiceColumns, new: InvoiceColumns
) -> tuple[InvoiceColumns, Splice]:
    """Columns of both in the order of their ids, and where the new ones joined.

    The texts are left out. No id may stand in both.
    """
    at = [columns.held.before(record.id) for record in new.records]
    splice = joining(np.array(at, np.int64))
    roster, places = columns.roster.joined(new.roster.customers)
    customer = np.array([*places, -1], np.int64)[new.customer]
    both = InvoiceColumns(
        records=columns.held.joined(new.records),
        outstanding=splice.of(columns.outstanding, new.outstanding),
        total=splice.of(columns.total, new.total),
        currency=splice.of(columns.currency, new.currency),
        issued=splice.of(columns.issued, new.issued),
        due=splice.of(columns.due, new.due),
        is_open=splice.of(columns.is_open, new.is_open),
        texts=Lines.none(),
        customer=splice.of(columns.customer, customer),
        roster=roster,
    )
    return both, splice


def _put(column: NDArray[_Kind], rows: Ints, values: NDArray[_Kind]) -> NDArray[_Kind]:
    if np.array_equal(column[rows], values):
        return column
    out = column.copy()
    out[rows] = values
    return out
