"""What comes out: one match per transaction, as values."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum, unique

from attrs import frozen


@unique
class Outcome(StrEnum):
    """What to do with a transaction."""

    MATCH = "match"
    """Sure enough to apply with no human."""
    REVIEW = "review"
    """Offered to a human."""
    NONE = "none"
    """Nothing to offer."""


@unique
class Reason(StrEnum):
    """Why a transaction is not a match, or what a reader should know of it."""

    AMBIGUOUS = "ambiguous"
    AMOUNT_DIFFERS = "amount_differs"
    AMOUNT_ONLY = "amount_only"
    BEFORE_ISSUE = "before_issue"
    CONTRARY_WORDS = "contrary_words"
    SENT_BACK = "sent_back"
    PAYER_OWES_THE_SAME = "payer_owes_the_same"
    CURRENCY_DIFFERS = "currency_differs"
    DUPLICATE_PAYMENT = "duplicate_payment"
    LOW_CONFIDENCE = "low_confidence"
    NO_CANDIDATE = "no_candidate"
    OTHER_INVOICE_NAMED = "other_invoice_named"
    OUTGOING = "outgoing"
    PENDING = "pending"
    REFERENCE_OF_PAID_INVOICE = "reference_of_paid_invoice"
    REJECTED_BEFORE = "rejected_before"
    REVIEW_BY_POLICY = "review_by_policy"
    TOO_OLD = "too_old"


@frozen
class Allocation:
    """Money of a transaction applied to one invoice.

    Attributes:
        invoice: Its id.
        amount: Major units, signed as the invoice's outstanding is.
    """

    invoice: str
    amount: Decimal


@frozen
class Proposal:
    """One explanation of a transaction.

    Attributes:
        allocations: Ordered by invoice id.
        confidence: Probability in [0, 1] that they are exactly right.
    """

    allocations: tuple[Allocation, ...]
    confidence: float


OTHER_ROWS = (
    *("prior", "amount", "counterparty", "dates", "set"),
    *("calibration", "rivals", "gate"),
)
"""Rules of the rows that are no reference rule's; ``reference`` is a find missed."""


@frozen
class Evidence:
    """One rule's comparison, with the text that agreed.

    Attributes:
        rule: Name of the reference rule, or one of ``OTHER_ROWS``.
        level: How well it agreed.
        weight: log2 Bayes factor, in bits; positive speaks for the proposal.
        transaction_text: What the transaction says.
        invoice_text: What the invoices say.
    """

    rule: str
    level: str
    weight: float
    transaction_text: str
    invoice_text: str


@frozen(kw_only=True)
class Match:
    """The engine's answer for one transaction.

    Attributes:
        transaction: Its id.
        outcome: Match, review or none.
        confidence: Probability in [0, 1] that ``allocations`` is exactly right; for
            ``none``, that the transaction pays nothing that is open.
        allocations: The first proposal; empty for ``none``.
        unapplied: What allocation leaves of the transaction, major units.
        alternatives: The next proposals, best first, five at the most.
        evidence: Weights in bits; with the rows ``prior``, ``rivals`` and ``gate``
            they add up, exactly, to the log-odds behind the confidence.
        reasons: Why it is not a match; empty for a match.
    """

    transaction: str
    outcome: Outcome
    confidence: float
    allocations: tuple[Allocation, ...]
    unapplied: Decimal
    alternatives: tuple[Proposal, ...]
    evidence: Sequence[Evidence]
    reasons: tuple[Reason, ...]
