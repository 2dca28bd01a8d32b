"""What goes in: transactions and open items, as values.

The fields and their meaning are those of the exchange format
(docs/reference/exchange-format.md). Records carry what they were given; the engine
checks each when it reads them into columns and returns a bad one as ``Rejected``.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique

from attrs import field, frozen

from payymo_core.money import added


@unique
class TransactionStatus(StrEnum):
    """Whether the bank has booked it; a pending transaction is never matched."""

    BOOKED = "booked"
    PENDING = "pending"


@unique
class InvoiceStatus(StrEnum):
    """Only an open item is matched; the numbers of others still explain a text."""

    OPEN = "open"
    PAID = "paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    DRAFT = "draft"


@frozen(kw_only=True)
class Counterparty:
    """The other side of a transaction, as the bank names it."""

    name: str | None = None
    iban: str | None = None
    account: str | None = None


@frozen(kw_only=True)
class Transaction:
    """One booked credit or debit on a bank or processor account.

    Attributes:
        id: Unique within a run.
        amount: Signed, major units; money in is positive. Never a float.
        currency: ISO 4217 code.
        booking_date: The day the bank booked it.
        value_date: The day it counts for interest.
        status: Booked or pending.
        remittance: Unstructured remittance information.
        creditor_reference: Structured reference travelling with the money.
        end_to_end_id: ISO 20022 end-to-end identification, unchanged.
        mandate_id: ISO 20022 mandate identification, unchanged.
        counterparty: The other side.
        account: Our own account.
        fee: Kept back by a processor: ``amount`` is net.
        metadata: What the provider carries along.
    """

    id: str
    amount: Decimal
    currency: str
    booking_date: date | None = None
    value_date: date | None = None
    status: TransactionStatus = TransactionStatus.BOOKED
    remittance: str | None = None
    creditor_reference: str | None = None
    end_to_end_id: str | None = None
    mandate_id: str | None = None
    counterparty: Counterparty | None = None
    account: str | None = None
    fee: Decimal | None = None
    metadata: Mapping[str, str] = field(factory=dict)

    @property
    def gross(self) -> Decimal:
        """What was paid, major units: the amount and the fee.

        A fee does not turn the money round: where it would, the amount alone counts, so
        that money that went out is never taken for a payment.
        """
        gross = added(self.amount, self.fee or Decimal(0))
        turned = gross <= 0 if self.amount > 0 else gross >= 0
        return self.amount if self.amount and turned else gross


@frozen(kw_only=True)
class Customer:
    """Who an invoice was sent to.

    Attributes:
        id: The same id is the same customer.
        name: Contact or trading name.
        company: Company name, where it differs.
        email: Address the invoice went to.
        ibans: Accounts the customer is known to pay from.
        accounts: The same for accounts without an IBAN.
        aliases: Further names the customer pays under.
    """

    id: str
    name: str | None = None
    company: str | None = None
    email: str | None = None
    ibans: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@frozen(kw_only=True)
class Invoice:
    """An open item: something billed with an amount outstanding.

    Attributes:
        id: Unique within a run; what an allocation names.
        outstanding: Still owed, major units; negative for a credit note.
        currency: ISO 4217 code.
        number: What the customer sees and quotes; not always unique.
        total: As billed, major units.
        issue_date: The day it was issued.
        due_date: The day it falls due.
        status: Only ``open`` is matched.
        creditor_reference: Structured reference printed on it.
        references: Further reference fields (``purchase_order``, ``order``, ...).
        customer: Who it was sent to.
        metadata: What the source carries along.
    """

    id: str
    outstanding: Decimal
    currency: str
    number: str | None = None
    total: Decimal | None = None
    issue_date: date | None = None
    due_date: date | None = None
    status: InvoiceStatus = InvoiceStatus.OPEN
    creditor_reference: str | None = None
    references: Mapping[str, str] = field(factory=dict)
    customer: Customer | None = None
    metadata: Mapping[str, str] = field(factory=dict)
