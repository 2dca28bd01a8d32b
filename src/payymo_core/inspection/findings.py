"""What a check finds: values."""

from enum import StrEnum, unique
from itertools import chain

from attrs import frozen


@unique
class Severity(StrEnum):
    """How much it matters; the worst first."""

    ERROR = "error"
    """A payment can go to the wrong invoice: mend it before anything is applied."""
    WARNING = "warning"
    """Likely a mistake, or a reason why payments cannot be matched."""
    NOTE = "note"
    """Worth knowing; it may be as it should."""


@unique
class FindingCode(StrEnum):
    """What was found. The codes are stable."""

    DUPLICATE_NUMBER = "duplicate_number"
    SHARED_REFERENCE = "shared_reference"
    WEAK_NUMBER = "weak_number"
    NUMBER_BEGINS_ANOTHER = "number_begins_another"
    NOTHING_OUTSTANDING = "nothing_outstanding"
    OUTSTANDING_ABOVE_TOTAL = "outstanding_above_total"
    DUE_BEFORE_ISSUE = "due_before_issue"
    FAR_AHEAD = "far_ahead"
    CURRENCY_WITHOUT_INVOICES = "currency_without_invoices"
    CURRENCY_WITHOUT_TRANSACTIONS = "currency_without_transactions"
    SHARED_ACCOUNT = "shared_account"
    PAYS_FOR_SEVERAL_CUSTOMERS = "pays_for_several_customers"
    SHARED_NAME = "shared_name"
    PAID_TWICE = "paid_twice"
    CLOSED_INVOICE_NAMED = "closed_invoice_named"
    TRUNCATED_TEXT = "truncated_text"
    SILENT_RULE = "silent_rule"


@frozen(kw_only=True)
class Case:
    """One place where something was found.

    Attributes:
        code: What was found.
        severity: How much it matters here.
        says: What is the matter, with the values concerned.
        transactions: Ids of the transactions concerned, sorted.
        invoices: Ids of the invoices concerned, sorted.
        customers: Ids of the customers concerned, sorted.
    """

    code: FindingCode
    severity: Severity
    says: str
    transactions: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


@frozen(kw_only=True)
class Finding:
    """Everything of one kind that was found, and what to do about it.

    Attributes:
        code: What was found.
        severity: How much it matters.
        says: What it is and why it matters, for a bookkeeper.
        advice: What to do about it.
        cases: Every place, in an order that is always the same; one at least.
    """

    code: FindingCode
    severity: Severity
    says: str
    advice: str
    cases: tuple[Case, ...]

    @property
    def transactions(self) -> tuple[str, ...]:
        """Ids of all transactions concerned, sorted."""
        return tuple(sorted(set(chain(*(case.transactions for case in self.cases)))))

    @property
    def invoices(self) -> tuple[str, ...]:
        """Ids of all invoices concerned, sorted."""
        return tuple(sorted(set(chain(*(case.invoices for case in self.cases)))))

    @property
    def customers(self) -> tuple[str, ...]:
        """Ids of all customers concerned, sorted."""
        return tuple(sorted(set(chain(*(case.customers for case in self.cases)))))


Kind = tuple[FindingCode, Severity]
"""What findings are gathered by."""
