"""The invoices, prepared once for any number of transactions."""

import numpy as np
from attrs import evolve, frozen

from payymo_core.columns import CURRENCIES, InvoiceColumns
from payymo_core.customers import Customers, all_told, customers_of
from payymo_core.experience import Experience, Memory
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
            shapes=ledger_shapes(texts, len(invoices)),
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


def settled(ledger: Ledger, invoices: InvoiceColumns) -> Ledger:
    """Index a ledger again whose states or amounts outstanding changed."""
    said = _Said(
        ledger.customers,
        ledger.forms,
        ledger.shapes,
        ledger.formats,
        ledger.experience.memory,
    )
    return _indexed(invoices, said)


def _indexed(invoices: InvoiceColumns, said: _Said) -> Ledger:
    customers = said.customers
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
        forms=said.forms,
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
        shapes=said.shapes,
        formats=said.formats,
        experience=Experience.none(len(invoices), said.memory),
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
