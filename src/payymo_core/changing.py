"""Ledgers that change, without indexing again what stays.

Each is, to the last bit of what it finds, what ``prepare`` makes of the same invoices.
"""

import numpy as np
from attrs import evolve

from payymo_core.columns import InvoiceColumns
from payymo_core.customers import Customers
from payymo_core.experience import Experience
from payymo_core.keys import NO_ENTRIES, Ints, with_keys
from payymo_core.ledger import Ledger, amount_entries, closed_items
from payymo_core.memory import remembered_still
from payymo_core.merging import merged
from payymo_core.newcomers import with_customers
from payymo_core.owed import Owed
from payymo_core.references import with_forms
from payymo_core.rules import Ruleset
from payymo_core.shapes import forms_and_shapes
from payymo_core.splicing import Splice
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
    rows = splice.places
    known = _introduced(ledger, invoices, ruleset)
    customers = _sent(known.customers, invoices, splice)
    forms, shapes = forms_and_shapes(new.texts, len(new), ruleset.references)
    joined = evolve(
        _moved(known, splice.at),
        invoices=invoices,
        customers=customers,
        forms=with_forms(ledger.forms, forms, splice),
        closed_count=ledger.closed_count + closed_items(invoices, rows),
        debtors=ledger.debtors.joined(invoices, customers, splice),
        shapes=with_keys(ledger.shapes, shapes),
        formats=ledger.formats.joined(splice, new.texts),
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
    customers = with_customers(ledger.customers, strangers)
    return evolve(
        ledger,
        customers=customers,
        experience=evolve(
            ledger.experience,
            memory=remembered_still(ledger.experience.memory, ruleset, customers),
        ),
    )


def _sent(customers: Customers, invoices: InvoiceColumns, splice: Splice) -> Customers:
    """Customers that more invoices were sent to."""
    given, ids = invoices.roster.customers, customers.ids
    owner = [
        -1 if place < 0 else ids.before(given[place].id)
        for place in invoices.customer[splice.places].tolist()
    ]
    column = splice.of(customers.of_invoice, np.array(owner, np.int64))
    return evolve(customers, of_invoice=column)


def _moved(ledger: Ledger, at: Ints) -> Ledger:
    """A ledger whose invoices are renumbered: before some of them others came."""
    return evolve(
        ledger,
        by_amount=ledger.by_amount.moved(at),
        by_customer_amount=ledger.by_customer_amount.moved(at),
        by_customer=ledger.by_customer.moved(at),
        near=ledger.near.moved(at),
        amounts=ledger.amounts.moved(at),
    )


def _reindexed(ledger: Ledger, gone: Owed, new: Owed) -> Ledger:
    """A ledger of which some items are open no more, and others are."""
    parting, joining = gone.of_customers(), new.of_customers()
    return evolve(
        ledger,
        by_amount=ledger.by_amount.changed(gone.by_amount(), new.by_amount()),
        by_customer_amount=ledger.by_customer_amount.changed(
            parting.by_customer_amount(), joining.by_customer_amount()
        ),
        by_customer=ledger.by_customer.changed(
            parting.by_customer(), joining.by_customer()
        ),
        near=ledger.near.changed(gone.near(), new.near()),
        timing=Timing(
            ledger.timing.issued.changed(gone.by_issue(), new.by_issue()),
            ledger.timing.expected.changed(gone.by_due_day(), new.by_due_day()),
        ),
        customer_items=CustomerItems(
            ledger.customer_items.keys.changed(
                parting.by_customer_issue(), joining.by_customer_issue()
            )
        ),
        debtors=ledger.debtors.counted(gone.row, new.row),
    )
