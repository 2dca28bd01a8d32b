"""What reviewers' verdicts taught, as values that a person can read and compare."""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum, unique
from math import isfinite

from attrs import Factory, frozen

from payymo_core.errors import RecordError
from payymo_core.money import to_minor

AS_GOOD_AS = 100
"""Texts that a rule's own reliability counts for, beside those that were labelled."""


@unique
class PayerKey(StrEnum):
    """What a payer was remembered by."""

    IBAN = "iban"
    ACCOUNT = "account"
    NAME = "name"


@frozen(kw_only=True)
class RejectedProposal:
    """What a transaction does not pay; it is never proposed for it again.

    Attributes:
        transaction: Its id.
        invoices: Ids of the invoices, sorted. None at all: the transaction pays
            nothing that is open, and nothing is proposed for it.
    """

    transaction: str
    invoices: tuple[str, ...] = ()


@frozen(kw_only=True)
class RememberedPayer:
    """Somebody who has paid for a customer.

    Attributes:
        key: What is remembered of the payer.
        value: An IBAN or account in capitals and digits; the sorted words of a name.
        customer: Id of the customer.
        weight: Confirmed payments less rejected ones, each for half as much with every
            half-life of age.
    """

    key: PayerKey = PayerKey.NAME
    value: str
    customer: str
    weight: float = 1.0


@frozen(kw_only=True)
class RuleRecord:
    """How often what a reference rule found was right.

    Attributes:
        rule: Its name.
        confirmed: Confirmed invoices that it found named.
        rejected: Invoices that it found named, by themselves rejected.
    """

    rule: str
    confirmed: int = 0
    rejected: int = 0


@frozen(kw_only=True)
class ShortPayer:
    """A customer whose payments come short by a fee.

    Attributes:
        customer: Its id.
        currency: ISO 4217 code.
        fee: What they are usually short by, major units.
        payments: Payments confirmed that were short by just this.
    """

    customer: str
    currency: str
    fee: Decimal = Decimal(0)
    payments: int = 1


@frozen(kw_only=True)
class Calibration:
    """A correction of log-odds: ``slope`` times them, plus ``intercept`` bits.

    It never raises them. Labels come from what was offered, not from a fair sample,
    and a proposal that gains would have to take from rivals that nobody judged.
    """

    slope: float = 1.0
    intercept: float = 0.0


@frozen(kw_only=True)
class Learnt:
    """All that was learnt.

    Attributes:
        labels: How many labels it was learnt from.
        calibration: Of the confidence.
        rejected: Never to be proposed again.
        payers: Who has paid for whom.
        rules: How reliable each reference rule was.
        short_payers: Whose payments come short by a fee.
    """

    labels: int = 0
    calibration: Calibration = Factory(Calibration)
    rejected: tuple[RejectedProposal, ...] = ()
    payers: tuple[RememberedPayer, ...] = ()
    rules: tuple[RuleRecord, ...] = ()
    short_payers: tuple[ShortPayer, ...] = ()

    def has_rejected(self, transaction: str, invoices: tuple[str, ...]) -> bool:
        """Whether it is known that a transaction does not pay just these invoices."""
        return any(
            proposal.transaction == transaction and proposal.invoices in ((), invoices)
            for proposal in self.rejected
        )

    def reliability(self, rule: str, own: float) -> float:
        """Mean of the Beta posterior of a rule's reliability.

        Args:
            rule: Its name.
            own: What the rule says of itself, worth ``AS_GOOD_AS`` labelled texts.
        """
        for record in self.rules:
            if record.rule == rule:
                seen = record.confirmed + record.rejected
                right = own * AS_GOOD_AS + record.confirmed
                return right / (AS_GOOD_AS + seen)
        return own


def learnt_faults(learnt: Learnt) -> Iterator[str]:
    """What cannot have been learnt, each fault beginning with its path."""
    if learnt.labels < 0:
        yield f"learnt.labels: {learnt.labels} is below 0"
    slope, intercept = learnt.calibration.slope, learnt.calibration.intercept
    if not (isfinite(slope) and slope >= 0):
        yield f"learnt.calibration.slope: {slope!r} is not zero or more"
    if not isfinite(intercept):
        yield f"learnt.calibration.intercept: {intercept!r} is not a number"
    for place, payer in enumerate(learnt.payers):
        if not (isfinite(payer.weight) and payer.weight > 0):
            yield f"learnt.payers[{place}].weight: {payer.weight!r} is not above 0"
    for place, record in enumerate(learnt.rules):
        if min(record.confirmed, record.rejected) < 0:
            yield f"learnt.rules[{place}]: a count is below 0"
    for place, short in enumerate(learnt.short_payers):
        yield from _short_faults(short, f"learnt.short_payers[{place}]")


def _short_faults(payer: ShortPayer, path: str) -> Iterator[str]:
    if payer.payments < 1:
        yield f"{path}.payments: {payer.payments} is below 1"
    try:
        fee = to_minor(payer.fee, payer.currency)
    except RecordError as error:
        yield f"{path}.fee: {error}"
        return
    if fee <= 0:
        yield f"{path}.fee: {payer.fee} is not above 0"
