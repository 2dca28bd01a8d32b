"""A decision explained: why this invoice, and why not that one."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from payymo_core.advice import what_would_settle
from payymo_core.bearers import bearers_of
from payymo_core.blocking import block, payable
from payymo_core.columns import take_rows
from payymo_core.comparison import compare
from payymo_core.evidence import rule_rows
from payymo_core.hypotheses import PARTS, Hypotheses
from payymo_core.matching import MatchResult, Run, hypothesis_evidence
from payymo_core.naming import added_up, called_apart, percentage
from payymo_core.records import Invoice, InvoiceStatus
from payymo_core.results import OTHER_ROWS, Evidence, Match, Outcome, Proposal
from payymo_core.rivals import MOST_BITS, RivalKind
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
        conclusion: The upshot, in a few sentences; for what is not a match, with what
            would settle it.
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
    return Explanation(
        transaction=transaction,
        invoices=tuple(a.invoice for a in match.allocations),
        outcome=match.outcome,
        confidence=match.confidence,
        weight=float(result.run.decisions.log_odds[result.row_of(transaction)]),
        rows=tuple(match.evidence),
        conclusion=f"{_headline(result, match)} {_why(result, match)}",
    )


def explain_pair(result: MatchResult, transaction: str, invoice: str) -> Explanation:
    """Explain why a transaction was, or was not, said to pay one invoice.

    Raises:
        KeyError: No usable transaction, or no usable invoice, has this id.
    """
    run, row = result.run, result.row_of(transaction)
    place = result.place_of(invoice)
    match = result.of(transaction)
    if invoice in {a.invoice for a in match.allocations}:
        return explain(result, transaction)
    rows, weight = _kept(run, row, place) or _compared(run, row, place)
    gate = _gate(run, row, place)
    if run.ruleset.learnt.has_rejected(transaction, (invoice,)):
        gate = Evidence("gate", "rejected", 0.0, "", "")
    if gate is None:
        conclusion = _why_not(result, match, invoice, rows)
    else:
        rows, weight = _gated(rows, gate)
        [name] = called_apart([run.ledger.invoices.records[place]])
        conclusion = f"Not {name}: {sentence(rows[-1])}."
    return Explanation(
        transaction=transaction,
        invoices=(invoice,),
        outcome=match.outcome,
        confidence=1 / (1 + 2**-weight),
        weight=weight,
        rows=rows,
        conclusion=conclusion,
    )


def _headline(result: MatchResult, match: Match) -> str:
    said = match.evidence[-1]
    if match.outcome is Outcome.NONE and said.rule == "gate":
        return "Not matched."
    names = added_up(_invoices(result, match)) or "nothing that is open"
    verb = {
        Outcome.MATCH: "Matched with",
        Outcome.REVIEW: "Offered for review:",
        Outcome.NONE: "Pays",
    }[match.outcome]
    return f"{verb} {names} (confidence {percentage(match.confidence)})."


def _invoices(result: MatchResult, proposal: Match | Proposal) -> list[Invoice]:
    records = result.run.ledger.invoices.records
    return [records[result.place_of(a.invoice)] for a in proposal.allocations]


def _why(result: MatchResult, match: Match) -> str:
    """What speaks against a match, or what would settle it; and further reasons."""
    advice = what_would_settle(result, match.transaction)
    if advice is None:
        rivals = match.evidence[-1]
        if match.confidence > _BEYOND_RIVALS or rivals.level == "none":
            return "Sure enough to be applied: nothing else comes near."
        return f"Sure enough to be applied, although {sentence(rivals)}."
    further = (reason for reason in match.reasons if reason is not advice.reason)
    return " ".join((advice.sentence, *map(reason_in_words, further)))


_BEYOND_RIVALS = 0.999  # less than one in a thousand for all of them together


def _kept(run: Run, row: int, place: int) -> tuple[tuple[Evidence, ...], float] | None:
    """The hypothesis on just this invoice, where it was kept."""
    contest = run.contest
    held = [*contest.explanations(row), *contest.closed(row)]
    mine = next((h for h in held if contest.places(h) == [place]), None)
    if mine is None:
        return None
    bits = float(run.confidence.log_odds[mine])
    return hypothesis_evidence(run, mine, bits), bits


def _compared(run: Run, row: int, place: int) -> tuple[tuple[Evidence, ...], float]:
    """The pair compared anew: blocking or grouping had no use for it."""
    one = take_rows(run.transactions, row, row + 1)
    ledger = run.ledger
    bearers = bearers_of(one, ledger.customers, ledger.experience.memory)
    candidates = block(one, ledger, bearers, run.ruleset)
    pair = np.zeros(1, np.int64), np.array([place])
    pairs = compare(*pair, one, run.ledger, candidates, run.ruleset)
    weights = score(pairs, one, run.ledger, run.ruleset)
    parts = np.zeros((1, len(PARTS)), np.float32)
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
        omits=np.zeros(1, np.bool_),
        rest_owed=np.zeros(1, np.bool_),
        other=np.zeros(1),
        crowded=np.zeros(1, np.bool_),
        again=np.zeros(1),
    )
    rivals = run.hypotheses.weight()[run.hypotheses.transaction == row]
    against = np.log2(1 + np.exp2(rivals).sum())
    # No more than what the answer leaves: others may want what this one rests on.
    most = -float(run.decisions.log_odds[row])
    bits = float(np.rint((parts.sum() - against) / QUANTUM) * QUANTUM)
    bits = max(min(bits, most), -MOST_BITS)
    record = run.transactions.records[row]
    rows = rule_rows(record, run.ledger, run.ruleset, single, 0)
    rest = bits - sum(entry.weight for entry in rows)
    return (*rows, Evidence("rivals", "left_out", rest, "", "")), bits


# What a pair comes to that money cannot pay has nothing to do with its amounts.
_INCOMPARABLE = ("currency", "owed_to_us", "no_money", "credit_note")


def _gated(
    rows: tuple[Evidence, ...], gate: Evidence
) -> tuple[tuple[Evidence, ...], float]:
    """The evidence for a pair that does not pass a gate, and the gate's weight."""
    moot = ("prior", "amount") if gate.level in _INCOMPARABLE else ()
    said = tuple(row for row in rows[:-1] if row.rule not in moot)
    against = -MOST_BITS - sum(row.weight for row in said)
    texts = gate.transaction_text, gate.invoice_text
    return (*said, Evidence("gate", gate.level, against, *texts)), -MOST_BITS


def _gate(run: Run, row: int, place: int) -> Evidence | None:
    """The gate that the pair does not pass, as a row without its weight."""
    columns, invoices = run.transactions, run.ledger.invoices
    if payable(columns, invoices, np.array([row]), np.array([place]))[0]:
        return None
    invoice, currency = invoices.records[place], columns.records[row].currency
    gross = int(columns.gross[row])
    if not columns.booked[row]:
        return Evidence("gate", "pending", 0.0, "", "")
    if currency != invoice.currency:
        return Evidence("gate", "currency", 0.0, currency, invoice.currency)
    if not invoices.is_open[place]:
        is_open = invoice.status is InvoiceStatus.OPEN
        status = "nothing outstanding" if is_open else str(invoice.status)
        return Evidence("gate", "closed", 0.0, "", status)
    if gross == 0:
        return Evidence("gate", "no_money", 0.0, "", "")
    level = "owed_to_us" if gross < 0 else "credit_note"
    return Evidence("gate", level, 0.0, "", "")


def _why_not(
    result: MatchResult, match: Match, invoice: str, rows: tuple[Evidence, ...]
) -> str:
    """Where an invoice stands that was not chosen, and what keeps it from more."""
    record = result.run.ledger.invoices.records[result.place_of(invoice)]
    chosen = _invoices(result, match)
    *best, name = called_apart([*chosen, record])
    standing = _standing(result, match, invoice, name)
    if not chosen:
        return f"{standing} {_against(rows)}"
    first = " + ".join(best)
    claimed = rows[-1].level == RivalKind.OTHER_PAYMENT
    taken = f" {sentence(rows[-1])}." if claimed else ""
    return f"{standing}{taken} {_compare(first, name, match.evidence, rows)}"


def _standing(result: MatchResult, match: Match, invoice: str, name: str) -> str:
    """Whether an invoice is offered beside the first proposal."""
    for other in match.alternatives:
        if invoice in {a.invoice for a in other.allocations}:
            shown = percentage(other.confidence)
            names = added_up(_invoices(result, other))
            whole = "" if len(other.allocations) == 1 else f", as {names}"
            return f"{name} is offered too{whole} (confidence {shown})."
    return f"Not {name}."


def _against(rows: Sequence[Evidence]) -> str:
    """What keeps an invoice from being proposed where nothing is."""
    *said, rivals = rows
    worst = min(said[1:], key=lambda row: row.weight)
    if sum(row.weight for row in said) > 0 and rivals.level != "none":
        return f"Against it: {sentence(rivals)}."
    if worst.weight < 0:
        return f"Against it: {sentence(worst)}."
    return "Too little speaks for it."


def _compare(
    first: str, name: str, theirs: Sequence[Evidence], ours: Sequence[Evidence]
) -> str:
    """What puts the first proposal ahead of another: where they differ most."""
    better, worse = _by_part(theirs), _by_part(ours)
    bits = {part: _bits(better, part) - _bits(worse, part) for part in better}
    # How often payments are of a kind hangs on how the amount stands.
    bits["amount"] += bits.pop("prior")
    del bits["rivals"]
    bits.pop("calibration", None)
    most = max(bits, key=lambda part: bits[part])
    if not any(bits.values()):
        return f"Nothing tells {name} and {first} apart."
    if bits[most] <= 0:
        return f"By itself it explains the payment no worse than {first}."
    here = f"; here, {sentence(worse[most])}" if most in worse else ""
    return f"{first} explains it better: {sentence(better[most])}{here}."


def _by_part(rows: Sequence[Evidence]) -> dict[str, Evidence]:
    """Rows by what they compare; that of the references by that name."""
    return {row.rule if row.rule in OTHER_ROWS else "reference": row for row in rows}


def _bits(rows: Mapping[str, Evidence], part: str) -> float:
    return rows[part].weight if part in rows else 0.0
