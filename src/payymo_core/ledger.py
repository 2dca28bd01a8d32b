"""The invoices, prepared once for any number of transactions."""

from functools import cached_property

import numpy as np
from attrs import evolve, frozen

from payymo_core.columns import CURRENCIES, InvoiceColumns
from payymo_core.customers import Customers, customers_of
from payymo_core.debtors import Debtors
from payymo_core.experience import Experience
from payymo_core.keys import Ints, KeyIndex, Keys, mix
from payymo_core.lines import Lines
from payymo_core.memory import remembered
from payymo_core.owed import Owed
from payymo_core.patched import Entries, Shelf, in_order
from payymo_core.reading import invoice_texts
from payymo_core.references import Forms
from payymo_core.rules import Ruleset
from payymo_core.shapes import Formats, forms_and_shapes
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
        near: Open items in the order of currency and outstanding amount.
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
    near: Shelf[np.int64]
    amounts: KeyIndex
    timing: Timing
    customer_items: CustomerItems
    closed_count: Ints
    debtors: Debtors
    shapes: Keys
    formats: Formats
    experience: Experience

    @cached_property
    def texts(self) -> Lines:
        """What the invoices say."""
        return invoice_texts(self.invoices.records)


def prepare(invoices: InvoiceColumns, ruleset: Ruleset) -> Ledger:
    """Index a ledger."""
    texts, everything = invoices.texts, np.arange(len(invoices))
    customers = customers_of(invoices.roster.customers, invoices.customer)
    owed = Owed.of(invoices, customers, everything)
    known = owed.of_customers()
    forms, shapes = forms_and_shapes(texts, len(invoices), ruleset.references)
    return Ledger(
        invoices=evolve(invoices, texts=Lines.none()),
        forms=forms,
        customers=customers,
        by_amount=KeyIndex.of(*owed.by_amount()),
        by_customer_amount=KeyIndex.of(*known.by_customer_amount()),
        by_customer=KeyIndex.of(*known.by_customer()),
        near=Shelf.of(*in_order(owed.near())),
        amounts=KeyIndex.of(*amount_entries(invoices, everything)),
        timing=Timing.of(owed.by_issue(), owed.by_due_day()),
        customer_items=CustomerItems.of(known.by_customer_issue()),
        closed_count=closed_items(invoices, everything),
        debtors=Debtors.of(invoices, customers),
        shapes=shapes,
        formats=Formats.of(texts),
        experience=Experience.none(len(invoices), remembered(ruleset, customers)),
    )


def closed_items(invoices: InvoiceColumns, rows: Ints) -> Ints:
    """How many of some invoices are not open, by currency."""
    currency = invoices.currency[rows[~invoices.is_open[rows]]]
    return np.bincount(currency, minlength=len(CURRENCIES))


def amount_entries(invoices: InvoiceColumns, rows: Ints) -> Entries[np.uint64]:
    """Some invoices by currency and the size of their amount."""
    owed, total = invoices.outstanding[rows], invoices.total[rows]
    size = np.abs(np.where(invoices.is_open[rows], owed, total))
    return mix(invoices.currency[rows], size), rows
