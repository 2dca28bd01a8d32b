"""Records read field by field, each record walked once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from attrs import frozen

from payymo_core.records import Counterparty, Customer, Invoice, Transaction


@frozen(eq=False)
class TransactionFields:
    """What transactions say, one tuple a field."""

    id: tuple[str, ...]
    amount: tuple[Decimal, ...]
    currency: tuple[str, ...]
    booking_date: tuple[date | None, ...]
    value_date: tuple[date | None, ...]
    status: tuple[str, ...]
    remittance: tuple[str | None, ...]
    creditor_reference: tuple[str | None, ...]
    end_to_end_id: tuple[str | None, ...]
    mandate_id: tuple[str | None, ...]
    counterparty: tuple[Counterparty | None, ...]
    account: tuple[str | None, ...]
    fee: tuple[Decimal | None, ...]
    metadata: tuple[Mapping[str, str], ...]

    @classmethod
    def of(cls, records: Sequence[Transaction]) -> "TransactionFields":
        """Read every field of every record."""
        rows = [
            (
                r.id, r.amount, r.currency, r.booking_date, r.value_date, r.status,
                r.remittance, r.creditor_reference, r.end_to_end_id, r.mandate_id,
                r.counterparty, r.account, r.fee, r.metadata,
            )
            for r in records
        ]  # fmt: skip
        return cls(*(zip(*rows, strict=True) if rows else ((),) * 14))


@frozen(eq=False)
class InvoiceFields:
    """What invoices say, one tuple a field."""

    id: tuple[str, ...]
    outstanding: tuple[Decimal, ...]
    currency: tuple[str, ...]
    number: tuple[str | None, ...]
    total: tuple[Decimal | None, ...]
    issue_date: tuple[date | None, ...]
    due_date: tuple[date | None, ...]
    status: tuple[str, ...]
    creditor_reference: tuple[str | None, ...]
    references: tuple[Mapping[str, str], ...]
    customer: tuple[Customer | None, ...]
    metadata: tuple[Mapping[str, str], ...]

    @classmethod
    def of(cls, records: Sequence[Invoice]) -> "InvoiceFields":
        """Read every field of every record."""
        rows = [
            (
                r.id, r.outstanding, r.currency, r.number, r.total, r.issue_date,
                r.due_date, r.status, r.creditor_reference, r.references, r.customer,
                r.metadata,
            )
            for r in records
        ]  # fmt: skip
        return cls(*(zip(*rows, strict=True) if rows else ((),) * 12))


@frozen(eq=False)
class CounterpartyFields:
    """What the other sides are called, one tuple a field; None where there is none.

    Attributes:
        name: Its name.
        iban: Its IBAN.
        account: Its account number.
    """

    name: tuple[str | None, ...]
    iban: tuple[str | None, ...]
    account: tuple[str | None, ...]

    @classmethod
    def of(cls, others: Sequence[Counterparty | None]) -> "CounterpartyFields":
        """Read the other side of each transaction."""
        rows = [
            (None, None, None) if o is None else (o.name, o.iban, o.account)
            for o in others
        ]
        return cls(*(zip(*rows, strict=True) if rows else ((),) * 3))


@frozen(eq=False)
class CustomerFields:
    """What customers are called and pay from, one tuple a field."""

    id: tuple[str, ...]
    name: tuple[str | None, ...]
    company: tuple[str | None, ...]
    email: tuple[str | None, ...]
    ibans: tuple[tuple[str, ...], ...]
    accounts: tuple[tuple[str, ...], ...]
    aliases: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, customers: Sequence[Customer]) -> "CustomerFields":
        """Read every field of every customer."""
        rows = [
            (c.id, c.name, c.company, c.email, c.ibans, c.accounts, c.aliases)
            for c in customers
        ]
        return cls(*(zip(*rows, strict=True) if rows else ((),) * 7))

    def rows(self) -> Iterator[tuple[object, ...]]:
        """What each customer says: equal for equal ones."""
        return zip(
            self.id, self.name, self.company, self.email, self.ibans, self.accounts,
            self.aliases, strict=True,
        )  # fmt: skip
