"""A run's answers as columns: no value is made for a match that nobody looks at."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.columns import CURRENCIES
from payymo_core.decision import OUTCOMES, REASONS
from payymo_core.errors import Rejected
from payymo_core.keys import Floats, Ints, expand
from payymo_core.matching import MatchResult
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
        row = np.flatnonzero(chosen >= 0)
        start, count = hypotheses.start[chosen[row]], hypotheses.count[chosen[row]]
        owner, place = expand(start, count)
        owner = row[owner]
        invoice = hypotheses.pairs.invoice[hypotheses.member[place]]
        rising = np.lexsort((invoice, owner))
        owner, invoice, place = owner[rising], invoice[rising], place[rising]
        amount, currency = hypotheses.amount[place], transactions.currency[order]
        left = transactions.gross[order]
        np.subtract.at(left, owner, amount)
        records, invoices = transactions.records, run.ledger.invoices.records
        return cls(
            transaction=_values([records[n].id for n in order.tolist()]),
            outcome=_values([OUTCOMES[n] for n in run.decisions.outcome[order]]),
            confidence=run.decisions.confidence[order],
            unapplied=_major(left, currency),
            reasons=_reasons(run.decisions.reasons[order]),
            row=owner,
            invoice=_values([invoices[n].id for n in invoice.tolist()]),
            amount=_major(amount, currency[owner]),
            rejected=result.rejected,
        )


def _values(held: list[object]) -> Values:
    out = np.empty(len(held), object)
    out[:] = held
    return out


def _major(minor: Ints, currency: Ints) -> Values:
    codes = [CURRENCIES[code] for code in currency.tolist()]
    return _values([*major_column(minor.tolist(), codes)])


def _reasons(masks: Ints) -> Values:
    known = {
        mask: tuple(r for place, r in enumerate(REASONS) if mask >> place & 1)
        for mask in set(masks.tolist())
    }
    out = np.empty(len(masks), object)
    for row, mask in enumerate(masks.tolist()):
        out[row] = known[mask]
    return out
