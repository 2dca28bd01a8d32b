"""The invoices, prepared once for any number of transactions."""

import numpy as np
from attrs import frozen

from payymo_core.columns import CURRENCIES, InvoiceColumns
from payymo_core.customers import Customers, customers_of
from payymo_core.experience import Experience
from payymo_core.keys import Ints, KeyIndex, Keys, Mask, mix
from payymo_core.memory import remembered
from payymo_core.references import Forms, forms_of
from payymo_core.rules import Ruleset
from payymo_core.shapes import ledger_formats, ledger_shapes
from payymo_core.timing import CustomerItems, Timing

CURRENCY_STEP = 1 << 54
"""Above any amount in minor units."""


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
        customers_in: Customers by currency.
        items: Open items that the customer of each invoice has in its currency.
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
    customers_in: Ints
    items: Ints
    shapes: Keys
    formats: Mask
    experience: Experience


def prepare(invoices: InvoiceColumns, ruleset: Ruleset) -> Ledger:
    """Index a ledger."""
    customers = customers_of(invoices.customers, invoices.customer)
    owed = np.flatnonzero(invoices.is_open)
    currency, amount = invoices.currency[owed], invoices.outstanding[owed]
    customer = customers.of_invoice[owed]
    known = customer >= 0
    near = currency * CURRENCY_STEP + amount
    near_order = np.lexsort((owed, near))
    by_customer = KeyIndex.of(mix(customer[known], currency[known]), owed[known])
    _, items = by_customer.ranges(mix(customers.of_invoice, invoices.currency))
    return Ledger(
        invoices=invoices,
        forms=forms_of(invoices.texts, len(invoices), ruleset.references),
        customers=customers,
        by_amount=KeyIndex.of(mix(currency, amount), owed),
        by_customer_amount=KeyIndex.of(
            mix(customer[known], currency[known], amount[known]), owed[known]
        ),
        by_customer=by_customer,
        near=near[near_order],
        near_rows=owed[near_order],
        amounts=KeyIndex.of(
            mix(invoices.currency, _size(invoices)), np.arange(len(invoices))
        ),
        timing=Timing.of(invoices),
        customer_items=CustomerItems.of(invoices, customers.of_invoice),
        closed_count=np.bincount(
            invoices.currency[~invoices.is_open], minlength=len(CURRENCIES)
        ),
        customers_in=_customers_in(invoices, customers),
        items=items,
        shapes=ledger_shapes(invoices.texts),
        formats=ledger_formats(invoices.texts),
        experience=Experience.none(len(invoices), remembered(ruleset, customers)),
    )


def _customers_in(invoices: InvoiceColumns, customers: Customers) -> Ints:
    """How many customers each currency has."""
    owned = customers.of_invoice >= 0
    width = len(CURRENCIES)
    pairs = customers.of_invoice[owned] * width + invoices.currency[owned]
    ordered = np.sort(pairs)
    new = np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)]
    return np.bincount(ordered[new] % width, minlength=width)


def _size(invoices: InvoiceColumns) -> Ints:
    return np.abs(np.where(invoices.is_open, invoices.outstanding, invoices.total))
