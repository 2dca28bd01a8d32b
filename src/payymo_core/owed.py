"""Open items as the indexes of a ledger hold them: what each is found by."""

from attrs import frozen

from payymo_core.columns import InvoiceColumns
from payymo_core.customers import Customers
from payymo_core.keys import Ints, Keys, mix
from payymo_core.timing import customer_days, direction, direction_days, due_day

CURRENCY_STEP = 1 << 54
"""Above any amount in minor units."""


@frozen(eq=False)
class Owed:
    """Some open items of a ledger.

    Attributes:
        row: Their rows, rising.
        currency: Index into ``CURRENCIES``.
        amount: What is owed, minor units.
        customer: Row of the customer, -1 where none is known.
        number: What the indexes call the customer, -1 where none is known.
        issued: Day number, or ``NO_DAY``.
        expected: Day number of the due date, else the issue date, or ``NO_DAY``.
    """

    row: Ints
    currency: Ints
    amount: Ints
    customer: Ints
    number: Ints
    issued: Ints
    expected: Ints

    @classmethod
    def of(cls, invoices: InvoiceColumns, customers: Customers, rows: Ints) -> "Owed":
        """Those of some rows, in rising order, that are open."""
        owed = rows[invoices.is_open[rows]]
        customer = customers.of_invoice[owed]
        return cls(
            row=owed,
            currency=invoices.currency[owed],
            amount=invoices.outstanding[owed],
            customer=customer,
            number=customers.numbers(customer),
            issued=invoices.issued[owed],
            expected=due_day(invoices.due[owed], invoices.issued[owed]),
        )

    def of_customers(self) -> "Owed":
        """Those whose customer is known."""
        known = self.customer >= 0
        return Owed(
            self.row[known],
            self.currency[known],
            self.amount[known],
            self.customer[known],
            self.number[known],
            self.issued[known],
            self.expected[known],
        )

    def by_amount(self) -> tuple[Keys, Ints]:
        """Rows by currency and amount."""
        return mix(self.currency, self.amount), self.row

    def by_customer(self) -> tuple[Keys, Ints]:
        """Rows by customer and currency; none without a customer among them."""
        return mix(self.number, self.currency), self.row

    def by_customer_amount(self) -> tuple[Keys, Ints]:
        """Rows by customer, currency and amount; none without a customer among them."""
        return mix(self.number, self.currency, self.amount), self.row

    def near(self) -> tuple[Ints, Ints]:
        """Rows by currency and amount, in their order."""
        return self.currency * CURRENCY_STEP + self.amount, self.row

    def by_issue(self) -> Ints:
        """Keys of direction and issue date."""
        return direction_days(direction(self.currency, self.amount), self.issued)

    def by_due_day(self) -> Ints:
        """Keys of direction and due date."""
        return direction_days(direction(self.currency, self.amount), self.expected)

    def by_customer_issue(self) -> Ints:
        """Keys of customer, currency and issue date; none without a customer."""
        return customer_days(self.number, self.currency, self.issued)
