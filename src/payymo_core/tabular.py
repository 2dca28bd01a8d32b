"""A run's answers as columns: no value is made for a match that nobody looks at."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.columns import CURRENCIES
from payymo_core.decision import OUTCOMES
from payymo_core.errors import Rejected
from payymo_core.keys import Floats, Ints, expand
from payymo_core.matching import MatchResult, reasons_of, unapplied
from payymo_core.money import major_column

Values = NDArray[np.object_]


@frozen(eq=False)
class MatchColumns:
    """Matches, one row a usable transaction, and what they allocate.

    Attributes:
        transaction: Its id.
        outcome: An ``Outcome`` each.
        confidence: As of ``Match``.
        unapplied: What allocation leaves of the transaction, major units.
        reasons: A tuple of ``Reason`` each.
        row: For each allocation of a first proposal, the row of its match; rising.
        invoice: The id of its invoice; rising within a match.
        amount: Major units, signed as the invoice's outstanding is.
        rejected: Records set aside, with their faults; they have no match.
    """

    transaction: Values
    outcome: Values
    confidence: Floats
    unapplied: Values
    reasons: Values
    row: Ints
    invoice: Values
    amount: Values
    rejected: tuple[Rejected, ...]

    @classmethod
    def of(cls, result: MatchResult) -> "MatchColumns":
        """The answers of a run, in the order of its transactions."""
        run = result.run
        transactions, hypotheses = run.transactions, run.hypotheses
        order = np.argsort(transactions.input_order)
        chosen = run.decisions.proposal[order]
        row = (chosen >= 0).nonzero()[0]
        start, count = hypotheses.start[chosen[row]], hypotheses.count[chosen[row]]
        owner, place = expand(start, count)
        owner = row[owner]
        invoice = hypotheses.pairs.invoice[hypotheses.member[place]]
        rising = np.lexsort((invoice, owner))
        owner, invoice, place = owner[rising], invoice[rising], place[rising]
        amount, currency = hypotheses.amount[place], transactions.currency[order]
        records, invoices = transactions.records, run.ledger.invoices.records
        return cls(
            transaction=_values([records[n].id for n in order.tolist()]),
            outcome=_values([OUTCOMES[n] for n in run.decisions.outcome[order]]),
            confidence=run.decisions.confidence[order],
            unapplied=_values(unapplied(run, result.left[order], order)),
            reasons=_values(reasons_of(run.decisions.reasons[order].tolist())),
            row=owner,
            invoice=_values([invoices[n].id for n in invoice.tolist()]),
            amount=_major(amount, currency[owner]),
            rejected=result.rejected,
        )


def _values(held: Sequence[object]) -> Values:
    out = np.empty(len(held), object)
    # Each by itself: tuples of one length would be taken for a table.
    for place, value in enumerate(held):
        out[place] = value
    return out


def _major(minor: Ints, currency: Ints) -> Values:
    codes = [CURRENCIES[code] for code in currency.tolist()]
    return _values(major_column(minor.tolist(), codes))
