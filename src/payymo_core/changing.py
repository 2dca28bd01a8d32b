"""Ledgers that change, without indexing again what stays.

Each is, to the last bit of what it finds, what ``prepare`` makes of the same invoices.
"""

from bisect import bisect_left

import numpy as np
from attrs import evolve

from payymo_core.columns import InvoiceColumns
from payymo_core.customers import Customers
from payymo_core.experience import Experience
from payymo_core.keys import NO_ENTRIES, Ints, with_keys
from payymo_core.ledger import Ledger, amount_entries, closed_items
from payymo_core.memory import remembered
from payymo_core.merging import merged
from payymo_core.newcomers import with_customers
from payymo_core.owed import Owed
from payymo_core.references import forms_of, with_forms
from payymo_core.rules import Ruleset
from payymo_core.shapes import Formats, ledger_shapes
from payymo_core.splicing import Splice, respliced, respliced_rows
from payymo_core.timing import CustomerItems, Timing


def settled(ledger: Ledger, invoices: InvoiceColumns, rows: Ints) -> Ledger:
    """Index a ledger again, as ``prepare`` would, of which some invoices changed.

    Args:
        ledger: As it was.
        invoices: All of them; those that changed owe another amount, or are open no
            more.
        rows: Which ones changed, rising.
    """
    before, customers = ledger.invoices, ledger.customers
    gone = Owed.of(before, customers, rows)
    new = Owed.of(invoices, customers, rows)
    closed = closed_items(invoices, rows) - closed_items(before, rows)
    return _reindexed(
        evolve(
            ledger,
            invoices=invoices,
            amounts=ledger.amounts.changed(
                amount_entries(before, rows), amount_entries(invoices, rows)
            ),
            closed_count=ledger.closed_count + closed,
        ),
        gone,
        new,
    )


def enlarged(ledger: Ledger, new: InvoiceColumns, ruleset: Ruleset) -> Ledger:
    """Index a ledger that invoices joined, as ``prepare`` would.

    Args:
        ledger: As it was.
        new: What joins it; no id of these is in it.
        ruleset: What the ledger was prepared for.
    """
    invoices, splice = merged(ledger.invoices, new)
    moved = splice.moved(len(ledger.invoices))
    rows = splice.rows()
    known = _introduced(ledger, invoices, ruleset)
    customers = _sent(known.customers, invoices, splice)
    joined = evolve(
        _moved(known, moved),
        invoices=invoices,
        customers=customers,
        forms=with_forms(
            ledger.forms,
            forms_of(new.texts, len(new), ruleset.references),
            moved,
            splice,
        ),
        closed_count=ledger.closed_count + closed_items(invoices, rows),
        debtors=ledger.debtors.joined(invoices, customers, splice),
        shapes=with_keys(ledger.shapes, ledger_shapes(new.texts, len(new))),
        formats=ledger.formats.joined(moved, Formats.of(new.texts), rows),
        experience=Experience.none(len(invoices), known.experience.memory),
    )
    nothing = Owed.of(invoices, customers, rows[:0])
    amounts = joined.amounts.changed(NO_ENTRIES, amount_entries(invoices, rows))
    return _reindexed(
        evolve(joined, amounts=amounts), nothing, Owed.of(invoices, customers, rows)
    )


def _introduced(ledger: Ledger, invoices: InvoiceColumns, ruleset: Ruleset) -> Ledger:
    """A ledger that knows the customers of what joins it, too."""
    strangers = invoices.roster.customers[len(ledger.invoices.roster.customers) :]
    if not strangers:
        return ledger
    before, customers = ledger.customers, with_customers(ledger.customers, strangers)
    places = np.argsort(customers.number)[before.number]
    return evolve(
        ledger,
        customers=customers,
        customer_items=ledger.customer_items.moved(places),
        experience=evolve(ledger.experience, memory=remembered(ruleset, customers)),
    )


def _sent(customers: Customers, invoices: InvoiceColumns, splice: Splice) -> Customers:
    """Customers that more invoices were sent to."""
    given = invoices.roster.customers
    owner = [
        -1 if place < 0 else bisect_left(customers.ids, given[place].id)
        for place in invoices.customer[splice.rows()].tolist()
    ]
    column = splice.of(customers.of_invoice, np.array(owner, np.int64))
    return evolve(customers, of_invoice=column)


def _moved(ledger: Ledger, places: Ints) -> Ledger:
    """A ledger whose invoices were renumbered, their order kept."""
    return evolve(
        ledger,
        by_amount=ledger.by_amount.moved(places),
        by_customer_amount=ledger.by_customer_amount.moved(places),
        by_customer=ledger.by_customer.moved(places),
        near_rows=places[ledger.near_rows],
        amounts=ledger.amounts.moved(places),
    )


def _reindexed(ledger: Ledger, gone: Owed, new: Owed) -> Ledger:
    """A ledger of which some items are open no more, and others are."""
    parting, joining = gone.of_customers(), new.of_customers()
    near, near_rows = respliced_rows(
        (ledger.near, ledger.near_rows), gone.near(), new.near()
    )
    return evolve(
        ledger,
        by_amount=ledger.by_amount.changed(gone.by_amount(), new.by_amount()),
        by_customer_amount=ledger.by_customer_amount.changed(
            parting.by_customer_amount(), joining.by_customer_amount()
        ),
        by_customer=ledger.by_customer.changed(
            parting.by_customer(), joining.by_customer()
        ),
        near=near,
        near_rows=near_rows,
        timing=Timing(
            respliced(ledger.timing.issued, gone.by_issue(), new.by_issue()),
            respliced(ledger.timing.expected, gone.by_due_day(), new.by_due_day()),
        ),
        customer_items=CustomerItems(
            respliced(
                ledger.customer_items.keys,
                parting.by_customer_issue(),
                joining.by_customer_issue(),
            )
        ),
        debtors=ledger.debtors.counted(gone.row, new.row),
    )
