"""The invoices, prepared once for any number of transactions."""

import numpy as np
from attrs import evolve, frozen

from payymo_core.columns import CURRENCIES, InvoiceColumns
from payymo_core.customers import Customers, all_told, customers_of
from payymo_core.debtors import Debtors
from payymo_core.experience import Experience, Memory
from payymo_core.keys import Ints, KeyIndex, Keys, Mask, mix
from payymo_core.memory import remembered
from payymo_core.owed import Owed
from payymo_core.references import Forms, forms_of
from payymo_core.rules import Ruleset
from payymo_core.shapes import ledger_formats, ledger_shapes
from payymo_core.splicing import Entries, in_order, respliced, respliced_rows
from payymo_core.timing import CustomerItems, Timing


@frozen(eq=False)
class Ledger:
    """The invoices, prepared once for any number of transactions.

    Attributes:
        invoices: Their columns.
        forms: Their references.
        customers: Their customers.
        by_amount: Open items by currency and outstanding amount.
        by_customer_amount: Open items by customer, currency and outstanding amount.
        by_customer: Open items by customer and currency.
        near: Open items ordered by currency and outstanding amount, as keys.
        near_rows: Their rows.
        amounts: All items by currency and size of the amount, for its frequency.
        timing: Open items by date.
        customer_items: Open items by customer and date.
        closed_count: Items by currency that are not open.
        debtors: Customers in a currency, and how many open items they have there.
        shapes: What its references look like.
        formats: Formats with check digits that it uses.
        experience: What verdicts and a first look at the transactions taught.
    """

    invoices: InvoiceColumns
    forms: Forms
    customers: Customers
    by_amount: KeyIndex
    by_customer_amount: KeyIndex
    by_customer: KeyIndex
    near: Ints
    near_rows: Ints
    amounts: KeyIndex
    timing: Timing
    customer_items: CustomerItems
    closed_count: Ints
    debtors: Debtors
    shapes: Keys
    formats: Mask
    experience: Experience


@frozen(eq=False)
class _Said:
    """What a ledger says of itself, whatever is paid."""

    customers: Customers
    forms: Forms
    shapes: Keys
    formats: Mask
    memory: Memory

    @classmethod
    def of(
        cls, invoices: InvoiceColumns, customers: Customers, ruleset: Ruleset
    ) -> "_Said":
        texts = invoices.texts
        return cls(
            customers=customers,
            forms=forms_of(texts, len(invoices), ruleset.references),
            shapes=ledger_shapes(texts),
            formats=ledger_formats(texts),
            memory=remembered(ruleset, customers),
        )


def prepare(invoices: InvoiceColumns, ruleset: Ruleset) -> Ledger:
    """Index a ledger."""
    customers = customers_of(invoices.customers, invoices.customer)
    return _indexed(invoices, _Said.of(invoices, customers, ruleset))


def enlarged(
    ledger: Ledger, invoices: InvoiceColumns, is_new: Mask, ruleset: Ruleset
) -> Ledger:
    """Index a ledger that invoices joined, as ``prepare`` would.

    Args:
        ledger: As it was.
        invoices: All of them, the customers of the old before those of the new.
        is_new: Which of them joined.
        ruleset: What the ledger was prepared for.
    """
    known, new = ledger.invoices.customers, invoices.customers
    if all_told(new[len(known) :], known):
        customers = _with_new(ledger.customers, invoices, is_new)
    else:
        customers = customers_of(new, invoices.customer)
    return _indexed(invoices, _Said.of(invoices, customers, ruleset))


def _with_new(
    customers: Customers, invoices: InvoiceColumns, is_new: Mask
) -> Customers:
    """Customers that more invoices were sent to."""
    row = {customer: place for place, customer in enumerate(customers.ids)}
    of_invoice = np.full(len(invoices), -1)
    of_invoice[~is_new] = customers.of_invoice
    sent = np.flatnonzero(is_new & (invoices.customer >= 0))
    of_invoice[sent] = [
        row[invoices.customers[place].id] for place in invoices.customer[sent].tolist()
    ]
    return evolve(customers, of_invoice=of_invoice)


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
    closed = _closed(invoices, rows) - _closed(before, rows)
    return _reindexed(
        evolve(
            ledger,
            invoices=invoices,
            amounts=ledger.amounts.changed(
                _amounts(before, rows), _amounts(invoices, rows)
            ),
            closed_count=ledger.closed_count + closed,
        ),
        gone,
        new,
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


def _indexed(invoices: InvoiceColumns, said: _Said) -> Ledger:
    customers, everything = said.customers, np.arange(len(invoices))
    owed = Owed.of(invoices, customers, everything)
    known = owed.of_customers()
    near, near_rows = in_order(owed.near())
    return Ledger(
        invoices=invoices,
        forms=said.forms,
        customers=customers,
        by_amount=KeyIndex.of(*owed.by_amount()),
        by_customer_amount=KeyIndex.of(*known.by_customer_amount()),
        by_customer=KeyIndex.of(*known.by_customer()),
        near=near,
        near_rows=near_rows,
        amounts=KeyIndex.of(*_amounts(invoices, everything)),
        timing=Timing(np.sort(owed.by_issue()), np.sort(owed.by_due_day())),
        customer_items=CustomerItems(np.sort(known.by_customer_issue())),
        closed_count=_closed(invoices, everything),
        debtors=Debtors.of(invoices, customers),
        shapes=said.shapes,
        formats=said.formats,
        experience=Experience.none(len(invoices), said.memory),
    )


def _closed(invoices: InvoiceColumns, rows: Ints) -> Ints:
    """How many of some invoices are not open, by currency."""
    currency = invoices.currency[rows[~invoices.is_open[rows]]]
    return np.bincount(currency, minlength=len(CURRENCIES))


def _amounts(invoices: InvoiceColumns, rows: Ints) -> Entries[Keys]:
    """Some invoices by currency and the size of their amount."""
    owed, total = invoices.outstanding[rows], invoices.total[rows]
    size = np.abs(np.where(invoices.is_open[rows], owed, total))
    return mix(invoices.currency[rows], size), rows
