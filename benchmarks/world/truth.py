"""What a made transaction really pays, and what it gave away."""

from enum import StrEnum, unique

from attrs import frozen

from payymo_core.records import Invoice, Transaction


@unique
class Kind(StrEnum):
    """How a transaction came about; figures are reported for each."""

    FULL = "full"
    SHORT = "short"
    """A bank on the way kept a fee that nobody told us of."""
    NET_OF_FEE = "net_of_fee"
    """A processor kept a fee and says so."""
    OVERPAID = "overpaid"
    PART = "part"
    INSTALMENT = "instalment"
    JOINT_NAMED = "joint_named"
    JOINT_SOME_NAMED = "joint_some_named"
    JOINT_UNNAMED = "joint_unnamed"
    SET_OFF = "set_off"
    """Invoices less a credit note."""
    TWICE = "twice"
    """The second payment of an invoice; the first is an ordinary one."""
    CLOSED = "closed"
    """Pays, by its text, an invoice that was no longer open."""
    UNRELATED = "unrelated"
    CARD_PAYOUT = "card_payout"
    AUTHORITY = "authority"
    """Tax, insurance and salary refunds."""
    INTEREST = "interest"
    OWN_TRANSFER = "own_transfer"
    OUTGOING = "outgoing"


NOTHING = frozenset(
    {
        Kind.TWICE,
        Kind.CLOSED,
        Kind.UNRELATED,
        Kind.CARD_PAYOUT,
        Kind.AUTHORITY,
        Kind.INTEREST,
        Kind.OWN_TRANSFER,
        Kind.OUTGOING,
    }
)
"""The kinds that pay nothing that is open."""


@unique
class Legibility(StrEnum):
    """How much of a clue is left in a transaction."""

    EXACT = "exact"
    MANGLED = "mangled"
    NONE = "none"


@frozen(kw_only=True)
class TruthRow:
    """The truth about one transaction.

    Attributes:
        transaction: Its id.
        invoices: What it pays, sorted; empty where it pays nothing that is open.
        kind: How it came about.
        reference: What its fields say of the invoices it pays or, for a payment made
            twice or of a closed invoice, of the one it means.
        payer: What its counterparty, or a customer number in its text, says of the
            customer.
    """

    transaction: str
    invoices: tuple[str, ...]
    kind: Kind
    reference: Legibility
    payer: Legibility

    @property
    def usable(self) -> bool:
        """Whether the transaction carries a usable reference or payer."""
        return (self.reference, self.payer) != (Legibility.NONE, Legibility.NONE)


@frozen(kw_only=True)
class World:
    """A ledger as it stood before the statement, the statement, and the truth.

    Attributes:
        transactions: The statement, by booking date.
        invoices: The ledger, in order of issue; not all of it is open.
        truths: One a transaction, in the same order.
    """

    transactions: tuple[Transaction, ...]
    invoices: tuple[Invoice, ...]
    truths: tuple[TruthRow, ...]
