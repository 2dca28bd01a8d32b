"""What reviewers' verdicts taught, as values that a person can read and compare."""

from collections.abc import Collection, Iterator
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
        matched: Invoices that it found named in matches that nobody judged.
    """

    rule: str
    confirmed: int = 0
    rejected: int = 0
    matched: int = 0


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
class Citing:
    """How payments of a customer name what they pay.

    Attributes:
        customer: Its id.
        rule: Name of the reference rule that found it; "" where the text names nothing.
        way: An ``Exactness``; "" where the text names nothing.
        payments: Payments that did so.
    """

    customer: str
    rule: str = ""
    way: str = ""
    payments: int = 1


@frozen(kw_only=True)
class Calibration:
    """A correction of log-odds above 0: ``slope`` times them, in [0, 1].

    It never raises them. Labels come from what was offered, not from a fair sample,
    and a proposal that gains would have to take from rivals that nobody judged.
    """

    slope: float = 1.0


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
        citing: How payments name what they pay.
    """

    labels: int = 0
    calibration: Calibration = Factory(Calibration)
    rejected: tuple[RejectedProposal, ...] = ()
    payers: tuple[RememberedPayer, ...] = ()
    rules: tuple[RuleRecord, ...] = ()
    short_payers: tuple[ShortPayer, ...] = ()
    citing: tuple[Citing, ...] = ()

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
                right = own * AS_GOOD_AS + record.confirmed
                judged = right / (right + (1 - own) * AS_GOOD_AS + record.rejected)
                # Reviews alone show a rule at its worst. What was matched beside them
                # makes a rejection count for less, and no rule surer of itself.
                right += record.matched
                whole = right / (right + (1 - own) * AS_GOOD_AS + record.rejected)
                return max(judged, min(whole, own))
        return own


def learnt_faults(learnt: Learnt, ways: Collection[str]) -> Iterator[str]:
    """What cannot have been learnt, each fault beginning with its path.

    Args:
        learnt: What is checked.
        ways: In which a reference may be written.
    """
    if learnt.labels < 0:
        yield f"learnt.labels: {learnt.labels} is below 0"
    slope = learnt.calibration.slope
    if not 0 <= slope <= 1:
        yield f"learnt.calibration.slope: {slope!r} is not between 0 and 1"
    for place, payer in enumerate(learnt.payers):
        if not (isfinite(payer.weight) and payer.weight > 0):
            yield f"learnt.payers[{place}].weight: {payer.weight!r} is not above 0"
    for place, record in enumerate(learnt.rules):
        if min(record.confirmed, record.rejected, record.matched) < 0:
            yield f"learnt.rules[{place}]: a count is below 0"
    for place, short in enumerate(learnt.short_payers):
        yield from _short_faults(short, f"learnt.short_payers[{place}]")
    for place, habit in enumerate(learnt.citing):
        yield from _citing_faults(habit, f"learnt.citing[{place}]", ways)


def _citing_faults(habit: Citing, path: str, ways: Collection[str]) -> Iterator[str]:
    if habit.payments < 1:
        yield f"{path}.payments: {habit.payments} is below 1"
    if bool(habit.rule) != bool(habit.way):
        yield f"{path}: has one of rule and way, and not the other"
    if habit.way and habit.way not in ways:
        yield f"{path}.way: {habit.way!r} is not one of {', '.join(ways)}"


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
