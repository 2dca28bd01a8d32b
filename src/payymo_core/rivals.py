"""Who else explains a payment, and which other payment claims its invoices."""

from collections.abc import Iterable
from enum import StrEnum, unique
from math import log2

import numpy as np
from attrs import frozen

from payymo_core.columns import NO_DAY, InvoiceColumns, TransactionColumns
from payymo_core.confidence import Confidences
from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Floats, Ints
from payymo_core.naming import added_up, payment, percentage
from payymo_core.records import Invoice, Transaction
from payymo_core.results import Evidence
from payymo_core.scoring import QUANTUM, Kind

MOST_BITS = 40.0
"""Log-odds beyond which no confidence is told: as good as certain."""
_RATHER = 0.5  # more likely than not


@unique
class RivalKind(StrEnum):
    """What competes with a hypothesis."""

    OTHER_INVOICES = "other_invoices"
    """Another explanation of the same payment."""
    CLOSED_INVOICE = "closed_invoice"
    """An invoice that is no longer open."""
    OTHER_PAYMENT = "other_payment"
    """Another payment that claims the same invoices."""
    SECOND_PAYMENT = "second_payment"
    """An earlier payment, so that this one pays again what is paid."""
    MANY = "many"
    """Explanations that were counted but not kept."""


@frozen
class Rival:
    """What takes most from a hypothesis.

    Attributes:
        kind: What it is.
        hypothesis: Its row; for another payment, that of the payment's claim; None for
            many.
    """

    kind: RivalKind
    hypothesis: int | None = None


@frozen(eq=False)
class Contest:
    """The hypotheses of a run by transaction and by invoice.

    Attributes:
        hypotheses: All of them.
        confidence: Of each.
        transactions: Their transactions.
        invoices: Their invoices.
        weight: Bits of each against "nothing", before any rival.
        claimed: The invoice of each claim, rising; closed invoices are not claimed.
        claimant: The hypothesis of each claim.
    """

    hypotheses: Hypotheses
    confidence: Confidences
    transactions: TransactionColumns
    invoices: InvoiceColumns
    weight: Floats
    claimed: Ints
    claimant: Ints

    @classmethod
    def of(
        cls,
        hypotheses: Hypotheses,
        confidence: Confidences,
        transactions: TransactionColumns,
        invoices: InvoiceColumns,
    ) -> "Contest":
        """Order what a run left behind."""
        owner, invoice, _ = hypotheses.incidence()
        live = np.flatnonzero(hypotheses.kind[owner] != Kind.CLOSED)
        order = live[np.lexsort((owner[live], invoice[live]))]
        return cls(
            hypotheses,
            confidence,
            transactions,
            invoices,
            hypotheses.weight(),
            invoice[order],
            owner[order],
        )

    def explanations(self, row: int) -> list[int]:
        """Hypotheses on open items that a transaction has, the heaviest first."""
        return [h for h in self._all(row) if self.hypotheses.kind[h] != Kind.CLOSED]

    def closed(self, row: int) -> list[int]:
        """Hypotheses on invoices that are not open, the heaviest first."""
        return [h for h in self._all(row) if self.hypotheses.kind[h] == Kind.CLOSED]

    def _all(self, row: int) -> range:
        ends = np.searchsorted(self.hypotheses.transaction, [row, row + 1])
        return range(int(ends[0]), int(ends[1]))

    def places(self, hypothesis: int) -> list[int]:
        """Rows of the invoices of a hypothesis, in the order of their ids."""
        table = self.hypotheses
        start = int(table.start[hypothesis])
        members = table.member[start : start + int(table.count[hypothesis])]
        return sorted(table.pairs.invoice[members].tolist())

    def bills(self, hypothesis: int) -> list[Invoice]:
        """The invoices of a hypothesis, in the order of their ids."""
        return [self.invoices.records[place] for place in self.places(hypothesis)]

    def transaction(self, hypothesis: int) -> Transaction:
        """The transaction of a hypothesis."""
        return self.transactions.records[self.hypotheses.transaction[hypothesis]]

    def claims(self, hypothesis: int) -> list[int]:
        """Claims of other payments on its invoices: the likeliest of each, in order.

        Parts of one invoice are claimed side by side.
        """
        table, of = self.hypotheses, self.confidence.of
        part = table.kind[hypothesis] == Kind.PART
        best: dict[int, int] = {}
        for claim in self._claims_on(self.places(hypothesis)):
            row = int(table.transaction[claim])
            beside = part and table.kind[claim] == Kind.PART
            if row != table.transaction[hypothesis] and not beside:
                held = best.setdefault(row, claim)
                best[row] = claim if of[claim] > of[held] else held
        return sorted(best.values(), key=lambda claim: (-of[claim], claim))

    def _claims_on(self, places: Iterable[int]) -> list[int]:
        ends = [np.searchsorted(self.claimed, [at, at + 1]) for at in places]
        return [c for first, last in ends for c in self.claimant[first:last].tolist()]

    def paid_before(self, row: int) -> int | None:
        """The earlier payment's claim of which a transaction looks like a repetition.

        Of all invoices that it could pay, the one of which that is likeliest.
        """
        day, of = self.transactions.day, self.confidence.of
        kind, owner = self.hypotheses.kind, self.hypotheses.transaction
        found = [
            (self.weight[mine] + log2(max(of[claim], 2**-MOST_BITS)), -claim)
            for mine in self.explanations(row)
            if kind[mine] != Kind.PART
            for claim in self.claims(mine)
            if kind[claim] != Kind.PART and NO_DAY < day[owner[claim]] < day[row]
        ]
        return -max(found)[1] if found else None

    def named(self, hypothesis: int) -> str:
        """Its invoices, and how likely it is."""
        return f"{added_up(self.bills(hypothesis))} ({self.likely(hypothesis)})"

    def likely(self, hypothesis: int) -> str:
        """How likely it is, in percent."""
        return percentage(float(self.confidence.of[hypothesis]))


def strongest(contest: Contest, hypothesis: int) -> Rival | None:
    """What takes most from a hypothesis; None where nothing does."""
    row = int(contest.hypotheses.transaction[hypothesis])
    odds: dict[Rival, float] = {
        Rival(kind, other): 2.0 ** contest.weight[other]
        for kind, held in (
            (RivalKind.OTHER_INVOICES, contest.explanations(row)),
            (RivalKind.CLOSED_INVOICE, contest.closed(row)),
        )
        for other in held
        if other != hypothesis
    }
    odds[Rival(RivalKind.MANY)] = float(contest.hypotheses.other[row])
    before = contest.paid_before(row)
    if before is not None:
        again = float(contest.hypotheses.again[row])
        odds[Rival(RivalKind.SECOND_PAYMENT, before)] = again
    own = log2(1 + sum(odds.values()))
    # What its own transaction's other explanations do not take, other payments do.
    others = contest.weight[hypothesis] - own - contest.confidence.log_odds[hypothesis]
    claims = contest.claims(hypothesis)
    if claims and others > own:
        return Rival(RivalKind.OTHER_PAYMENT, claims[0])
    most = max(odds, key=lambda rival: odds[rival])
    return most if odds[most] else None


def rivals_row(
    contest: Contest, hypothesis: int, said: float, log_odds: float
) -> Evidence:
    """The row that completes the evidence for a hypothesis: what its rivals take.

    Args:
        contest: All hypotheses.
        hypothesis: The one that is explained.
        said: Bits of all that the rules say of it.
        log_odds: Bits behind its confidence.
    """
    weight = log_odds - said
    if weight >= -QUANTUM:
        return Evidence("rivals", "none", weight, "", "")
    if log_odds >= MOST_BITS:
        return Evidence("rivals", "bounded", weight, "", "")
    rival = strongest(contest, hypothesis)
    if rival is None or rival.hypothesis is None:
        return Evidence("rivals", RivalKind.MANY, weight, "", "")
    claim = rival.hypothesis
    if rival.kind in (RivalKind.OTHER_PAYMENT, RivalKind.SECOND_PAYMENT):
        ours = f"{payment(contest.transaction(claim))} ({contest.likely(claim)})"
        return Evidence(
            "rivals", rival.kind, weight, ours, added_up(contest.bills(claim))
        )
    return Evidence("rivals", rival.kind, weight, "", contest.named(claim))


def nothing_row(contest: Contest, row: int, log_odds: float) -> Evidence:
    """The one row of a transaction that pays nothing that is open.

    Args:
        contest: All hypotheses.
        row: Row of the transaction.
        log_odds: Bits behind the confidence that it pays nothing that is open.
    """
    if not contest.transactions.booked[row]:
        return Evidence("gate", "pending", log_odds, "", "")
    held = contest.explanations(row)
    if not held and contest.transactions.gross[row] < 0:
        return Evidence("gate", "outgoing", log_odds, "", "")
    before = contest.paid_before(row)
    if before is not None and contest.confidence.again[row] > _RATHER:
        ours = payment(contest.transaction(before))
        bills = added_up(contest.bills(before))
        return Evidence("rivals", RivalKind.SECOND_PAYMENT, log_odds, ours, bills)
    if not held:
        return Evidence("rivals", "no_candidate", log_odds, "", "")
    return Evidence("rivals", "nothing", log_odds, "", contest.named(held[0]))


def closed_instead(contest: Contest, row: int) -> int | None:
    """The invoice no longer open that a transaction rather pays than anything else."""
    of = contest.confidence.of
    return next((h for h in contest.closed(row) if of[h] > _RATHER), None)
