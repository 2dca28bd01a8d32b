"""A decision explained: why this invoice, and why not that one."""

import numpy as np
from attrs import frozen

from payymo_core.blocking import block, payable
from payymo_core.columns import take_rows
from payymo_core.comparison import compare
from payymo_core.evidence import evidence_rows
from payymo_core.hypotheses import PARTS, Hypotheses
from payymo_core.matching import MatchResult, Run, hypothesis_evidence
from payymo_core.records import Transaction
from payymo_core.results import Evidence, Outcome
from payymo_core.scoring import QUANTUM, score
from payymo_core.wording import reason_in_words, sentence


@frozen(kw_only=True)
class Explanation:
    """Why a transaction was, or was not, given some invoices.

    Attributes:
        transaction: Its id.
        invoices: Ids of the invoices that are explained; empty for "nothing open".
        outcome: The outcome of the transaction.
        confidence: Probability in [0, 1] that it pays exactly these invoices.
        weight: Log-odds behind the confidence, in bits.
        rows: What each rule said; their weights add up to ``weight`` exactly.
        conclusion: The upshot, in a sentence or two.
    """

    transaction: str
    invoices: tuple[str, ...]
    outcome: Outcome
    confidence: float
    weight: float
    rows: tuple[Evidence, ...]
    conclusion: str


def explain(result: MatchResult, transaction: str) -> Explanation:
    """Explain what was decided for a transaction.

    Raises:
        KeyError: No usable transaction has this id.
    """
    match = result.of(transaction)
    invoices = tuple(a.invoice for a in match.allocations)
    weight = float(result.run.decisions.log_odds[result.row_of(transaction)])
    why = " ".join(reason_in_words(reason) for reason in match.reasons)
    if match.outcome is Outcome.MATCH:
        why = "Sure enough to be applied: nothing else explains it nearly as well."
    return Explanation(
        transaction=transaction,
        invoices=invoices,
        outcome=match.outcome,
        confidence=match.confidence,
        weight=weight,
        rows=tuple(match.evidence),
        conclusion=f"{_headline(match.outcome, invoices, match.confidence)} {why}",
    )


def explain_pair(result: MatchResult, transaction: str, invoice: str) -> Explanation:
    """Explain why a transaction was, or was not, said to pay one invoice.

    Raises:
        KeyError: No usable transaction, or no usable invoice, has this id.
    """
    run, row = result.run, result.row_of(transaction)
    place = result.place_of(invoice)
    chosen = explain(result, transaction)
    if invoice in chosen.invoices:
        return chosen
    rows, weight = _kept(run, row, place) or _compared(run, row, place)
    transaction_record = run.transactions.records[row]
    gate = _gate(run, row, place, transaction_record)
    if run.ruleset.learnt.has_rejected(transaction, (invoice,)):
        gate = f"Not {invoice}: a reviewer rejected it for this transaction before."
    if gate is not None:
        rows, weight = _gated(rows)
    return Explanation(
        transaction=transaction,
        invoices=(invoice,),
        outcome=chosen.outcome,
        confidence=1 / (1 + 2**-weight),
        weight=weight,
        rows=rows,
        conclusion=gate or _why_not(run, place, rows, chosen),
    )


def _headline(outcome: Outcome, invoices: tuple[str, ...], confidence: float) -> str:
    names = " and ".join(invoices) or "nothing that is open"
    verb = {
        Outcome.MATCH: "Matched with",
        Outcome.REVIEW: "Offered for review:",
        Outcome.NONE: "Pays",
    }[outcome]
    return f"{verb} {names} (confidence {confidence:.4f})."


def _kept(run: Run, row: int, place: int) -> tuple[tuple[Evidence, ...], float] | None:
    """The hypothesis on just this invoice, where it was kept."""
    table = run.hypotheses
    mine = np.flatnonzero((table.transaction == row) & (table.count == 1))
    invoice = table.pairs.invoice[table.member[table.start[mine]]]
    held = mine[invoice == place]
    if not len(held):
        return None
    hypothesis = int(held[0])
    bits = float(run.confidence.log_odds[hypothesis])
    record = run.transactions.records[row]
    return hypothesis_evidence(run, record, hypothesis), bits


def _compared(run: Run, row: int, place: int) -> tuple[tuple[Evidence, ...], float]:
    """The pair compared anew: blocking or grouping had no use for it."""
    one = take_rows(run.transactions, row, row + 1)
    candidates = block(one, run.ledger, run.ruleset)
    pair = np.zeros(1, np.int64), np.array([place])
    pairs = compare(*pair, one, run.ledger, candidates, run.ruleset)
    weights = score(pairs, one, run.ledger, run.ruleset)
    parts = np.zeros((1, len(PARTS)))
    of_pair = weights.columns(np.zeros(1, np.int64))
    parts[:, : of_pair.shape[1]] = of_pair
    single = Hypotheses(
        transaction=pair[0],
        kind=weights.kind,
        parts=parts,
        start=np.zeros(1, np.int64),
        count=np.ones(1, np.int64),
        member=np.zeros(1, np.int64),
        amount=np.zeros(1, np.int64),
        pairs=pairs,
        other=np.zeros(1),
        again=np.zeros(1),
    )
    rivals = run.hypotheses.weight()[run.hypotheses.transaction == row]
    against = np.log2(1 + np.exp2(rivals).sum())
    # No more than what the answer leaves: others may want what this one rests on.
    most = -float(run.decisions.log_odds[row])
    bits = float(np.rint((parts.sum() - against) / QUANTUM) * QUANTUM)
    bits = max(min(bits, most), _IMPOSSIBLE)
    record = run.transactions.records[row]
    return evidence_rows(record, run.ledger, run.ruleset, single, 0, bits), bits


# Log-odds of what cannot be: the least that a confidence is told to.
_IMPOSSIBLE = -40.0


def _gated(rows: tuple[Evidence, ...]) -> tuple[tuple[Evidence, ...], float]:
    """The evidence for a pair that does not pass a gate, and the gate's weight."""
    said = rows[:-1]
    against = _IMPOSSIBLE - sum(row.weight for row in said)
    return (*said, Evidence("gate", "closed", against, "", "")), _IMPOSSIBLE


def _why_not(
    run: Run, place: int, rows: tuple[Evidence, ...], chosen: Explanation
) -> str:
    invoice = run.ledger.invoices.records[place]
    ours = {entry.rule: entry for entry in chosen.rows}
    against = [entry for entry in rows if entry.weight < 0 and entry.rule not in _SIDES]
    better = ""
    if chosen.invoices:
        names = " and ".join(chosen.invoices)
        better = f" {names} explains it better (confidence {chosen.confidence:.4f})"
        lead = [e for e in ours.values() if e.weight > 0 and e.rule not in _SIDES]
        if lead:
            best = max(lead, key=lambda entry: entry.weight)
            better += f": {sentence(best)}"
        better += "."
    worst = min(against, key=lambda entry: entry.weight, default=None)
    because = f" Against it: {sentence(worst)}." if worst else ""
    return f"Not {invoice.number or invoice.id}.{because}{better}"


_SIDES = ("prior", "rivals")


def _gate(run: Run, row: int, place: int, transaction: Transaction) -> str | None:
    """The gate that the pair does not pass, in words."""
    columns, invoices = run.transactions, run.ledger.invoices
    invoice = invoices.records[place]
    pair = np.array([row]), np.array([place])
    if payable(columns, invoices, *pair)[0]:
        return None
    name = invoice.number or invoice.id
    if not columns.booked[row]:
        return f"Not {name}: the transaction is pending, and no such one is matched."
    if columns.currency[row] != invoices.currency[place]:
        return (
            f"Not {name}: it is in {invoice.currency}, the money came in "
            f"{transaction.currency}."
        )
    if not invoices.is_open[place]:
        status = (
            "has nothing outstanding" if invoice.status == "open" else invoice.status
        )
        return f"Not {name}: it is not open ({status})."
    if transaction.amount < 0:
        return f"Not {name}: the money went out, and the invoice is owed to us."
    return f"Not {name} by itself: a credit note can only lower a set of invoices."
