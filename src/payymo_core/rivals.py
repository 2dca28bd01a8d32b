"""Who else explains a payment, and which other payment claims its invoices."""

from enum import StrEnum, unique
from math import log2

import numpy as np
from attrs import frozen

from payymo_core.columns import NO_DAY, InvoiceColumns, TransactionColumns
from payymo_core.confidence import Confidences, probability
from payymo_core.hypotheses import Hypotheses, alone
from payymo_core.keys import Floats, Ints, expand
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
        hypothesis: Its row; for another payment, that of the payment's claim; None
            where no single one stands out.
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
        alone: Probability of each, were there no other transaction.
        claimed: The invoice of each claim, rising; closed invoices are not claimed.
        claimant: The hypothesis of each claim.
    """

    hypotheses: Hypotheses
    confidence: Confidences
    transactions: TransactionColumns
    invoices: InvoiceColumns
    weight: Floats
    alone: Floats
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
            alone(hypotheses),
            invoice[order],
            owner[order],
        )

    def explanations(self, row: int) -> list[int]:
        """Hypotheses on open items that a transaction has, the heaviest first."""
        held = self._all(row)
        open_: list[int] = held[self.hypotheses.kind[held] != Kind.CLOSED].tolist()
        return open_

    def closed(self, row: int) -> list[int]:
        """Hypotheses on invoices that are not open, the heaviest first."""
        held = self._all(row)
        closed: list[int] = held[self.hypotheses.kind[held] == Kind.CLOSED].tolist()
        return closed

    def rest(self, hypothesis: int) -> Ints:
        """The other hypotheses of its transaction."""
        held = self._all(int(self.hypotheses.transaction[hypothesis]))
        return held[held != hypothesis]

    def _all(self, row: int) -> Ints:
        first, last = np.searchsorted(self.hypotheses.transaction, [row, row + 1])
        return np.arange(first, last)

    def places(self, hypothesis: int) -> list[int]:
        """Rows of the invoices of a hypothesis, in the order of their ids."""
        _, places = self._needs(np.array([hypothesis]))
        return sorted(places.tolist())

    def _needs(self, hypotheses: Ints) -> tuple[Ints, Ints]:
        """Every invoice of some hypotheses: (which of them, its row)."""
        table = self.hypotheses
        owner, place = expand(table.start[hypotheses], table.count[hypotheses])
        return owner, table.pairs.invoice[table.member[place]]

    def bills(self, hypothesis: int) -> list[Invoice]:
        """The invoices of a hypothesis, in the order of their ids."""
        return [self.invoices.records[place] for place in self.places(hypothesis)]

    def transaction(self, hypothesis: int) -> Transaction:
        """The transaction of a hypothesis."""
        return self.transactions.records[self.hypotheses.transaction[hypothesis]]

    def claims(self, hypothesis: int) -> list[int]:
        """Claims of other payments on its invoices: the likeliest of each, in order."""
        held = self._claims(np.array([hypothesis]))[1]
        row = self.hypotheses.transaction
        order = held[np.lexsort((held, -self.confidence.of[held]))]
        first = np.unique(row[order], return_index=True)[1]
        likeliest: list[int] = order[np.sort(first)].tolist()
        return likeliest

    def _claims(self, hypotheses: Ints) -> tuple[Ints, Ints]:
        """Other payments' claims on invoices of some hypotheses: (whose, claim).

        Parts of one invoice are claimed side by side.
        """
        kind, row = self.hypotheses.kind, self.hypotheses.transaction
        owner, places = self._needs(hypotheses)
        start = np.searchsorted(self.claimed, places)
        count = np.searchsorted(self.claimed, places, "right") - start
        need, place = expand(start, count)
        mine, claim = hypotheses[owner[need]], self.claimant[place]
        beside = (kind[mine] == Kind.PART) & (kind[claim] == Kind.PART)
        keep = (row[mine] != row[claim]) & ~beside
        return mine[keep], claim[keep]

    def paid_before(self, row: int) -> int | None:
        """The earlier payment's claim of which a transaction looks like a repetition.

        Of all invoices that it could pay, the one of which that is likeliest.
        """
        day, kind = self.transactions.day, self.hypotheses.kind
        held = self._all(row)
        whole = (kind[held] != Kind.CLOSED) & (kind[held] != Kind.PART)
        mine, claim = self._claims(held[whole])
        earlier = day[self.hypotheses.transaction[claim]]
        known = (earlier != NO_DAY) & (earlier < day[row]) & (kind[claim] != Kind.PART)
        mine, claim = mine[known], claim[known]
        if not len(claim):
            return None
        believed = np.maximum(self.confidence.of[claim], 2**-MOST_BITS)
        order = np.lexsort((claim, -self.weight[mine] - np.log2(believed)))
        return int(claim[order[0]])

    def named(self, hypothesis: int) -> str:
        """Its invoices, and how likely it is."""
        return f"{added_up(self.bills(hypothesis))} ({self.likely(hypothesis)})"

    def likely(self, hypothesis: int) -> str:
        """How likely it is, in percent."""
        return percentage(float(self.confidence.of[hypothesis]))


def strongest(contest: Contest, hypothesis: int) -> Rival:
    """What takes most from a hypothesis."""
    table, row = contest.hypotheses, int(contest.hypotheses.transaction[hypothesis])
    held = contest.rest(hypothesis)
    closed = table.kind[held] == Kind.CLOSED
    again, many = float(table.again[row]), float(table.other[row])
    odds = np.exp2(contest.weight[held])
    # All odds are against "nothing" without a story, after the other payments, and
    # before verdicts correct them: "nothing" is not corrected.
    stories = 1 + again + float(np.exp2(contest.weight[contest.closed(row)]).sum())
    plain = float(contest.confidence.nothing[row]) / stories
    before = contest.confidence.uncalibrated
    odds[~closed] = probability(before[held[~closed]]) / plain
    own = log2(1 + again + many + float(odds.sum()))
    # What its own transaction's other explanations do not take, other payments do.
    left = log2(float(probability(before[hypothesis])) / plain)
    if contest.weight[hypothesis] - left > own:
        claims = contest.claims(hypothesis)
        return Rival(RivalKind.OTHER_PAYMENT, claims[0] if claims else None)
    most = max(again, many, float(odds.max(initial=0.0)))
    if most == many:
        return Rival(RivalKind.MANY)
    if most == again:
        return Rival(RivalKind.SECOND_PAYMENT, contest.paid_before(row))
    other = int(odds.argmax())
    kind = RivalKind.CLOSED_INVOICE if closed[other] else RivalKind.OTHER_INVOICES
    return Rival(kind, int(held[other]))


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
    if rival.hypothesis is None:
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
        return Evidence("rivals", "paid_before", log_odds, ours, bills)
    if not held:
        return Evidence("rivals", "no_candidate", log_odds, "", "")
    return Evidence("rivals", "nothing", log_odds, "", contest.named(held[0]))


def closed_instead(contest: Contest, row: int) -> int | None:
    """The invoice no longer open that a transaction rather pays than anything else."""
    of = contest.confidence.of
    return next((h for h in contest.closed(row) if of[h] > _RATHER), None)
