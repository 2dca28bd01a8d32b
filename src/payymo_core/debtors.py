"""Debtors: a customer in one currency, and how many items it has open there."""

import numpy as np
from attrs import evolve, frozen

from payymo_core.columns import CURRENCIES, InvoiceColumns
from payymo_core.customers import Customers
from payymo_core.keys import NO_ENTRIES, Ints, KeyIndex, mix
from payymo_core.sequences import begins, totals
from payymo_core.splicing import Splice


@frozen(eq=False)
class Debtors:
    """The debtors of a ledger, by numbers from 1; 0 is for no known customer.

    Attributes:
        of_invoice: Debtor of each invoice.
        numbers: Debtors by the key of customer and currency.
        items: Open items of each.
        in_currency: Debtors by currency.
    """

    of_invoice: Ints
    numbers: KeyIndex
    items: Ints
    in_currency: Ints

    @classmethod
    def of(cls, invoices: InvoiceColumns, customers: Customers) -> "Debtors":
        """Number the debtors of a ledger, and count their open items."""
        sent = np.flatnonzero(customers.of_invoice >= 0)
        currency = invoices.currency[sent]
        keys = mix(customers.numbers(customers.of_invoice[sent]), currency)
        order = np.argsort(keys)
        keys = keys[order]
        new = begins(keys)
        number = totals(new)[1:]
        debtor = np.zeros(len(invoices), np.int64)
        debtor[sent[order]] = number
        items = np.bincount(debtor[invoices.is_open], minlength=int(new.sum()) + 1)
        items[0] = 0
        return cls(
            of_invoice=debtor,
            numbers=KeyIndex.of(keys[new], number[new]),
            items=items,
            in_currency=np.bincount(currency[order[new]], minlength=len(CURRENCIES)),
        )

    def open_items(self, invoice: Ints) -> Ints:
        """Open items of the debtor of each invoice; 0 where it is not known."""
        return self.items[self.of_invoice[invoice]]

    def joined(
        self, invoices: InvoiceColumns, customers: Customers, splice: Splice
    ) -> "Debtors":
        """With the debtors of invoices that joined; their items are not yet counted.

        Args:
            invoices: All of them.
            customers: Theirs.
            splice: Where they joined.
        """
        rows = splice.places
        sent = np.flatnonzero(customers.of_invoice[rows] >= 0)
        currency = invoices.currency[rows[sent]]
        keys = mix(customers.numbers(customers.of_invoice[rows[sent]]), currency)
        _, held = self.numbers.ranges(keys)
        unknown, first = np.unique(keys[held == 0], return_index=True)
        number = np.arange(len(unknown)) + len(self.items)
        numbers = self.numbers.changed(NO_ENTRIES, (unknown, number))
        debtor = np.zeros(len(rows), np.int64)
        debtor[sent] = numbers.shelf.rows(numbers.ranges(keys)[0])
        come = np.bincount(currency[held == 0][first], minlength=len(CURRENCIES))
        return Debtors(
            of_invoice=splice.of(self.of_invoice, debtor),
            numbers=numbers,
            items=np.r_[self.items, np.zeros(len(unknown), np.int64)],
            in_currency=self.in_currency + come,
        )

    def counted(self, gone: Ints, new: Ints) -> "Debtors":
        """After items of some invoices were paid, and others came to be open."""
        if not len(gone) and not len(new):
            return self
        items = self.items.copy()
        np.subtract.at(items, self.of_invoice[gone], 1)
        np.add.at(items, self.of_invoice[new], 1)
        items[0] = 0
        return evolve(self, items=items)
