"""The engine's answers, kept until there is a verdict.

What was rejected does not come back for its transaction, and what is decided is not
proposed anew.
"""

import json
from collections.abc import Iterable, Sequence

from attrs import evolve, frozen
from sqlalchemy import select

from payymo_adapters.encoding import match_to_json
from payymo_adapters.store import schema
from payymo_adapters.store.alike import says_the_same
from payymo_adapters.store.audit import note
from payymo_adapters.store.decisions import insert_decisions, supersede
from payymo_adapters.store.kinds import DecisionKind, DecisionState
from payymo_adapters.store.outbox import emit
from payymo_adapters.store.store import Books
from payymo_core.labels import Label, Verdict
from payymo_core.learnt import RejectedProposal
from payymo_core.results import Match
from payymo_core.rules import Ruleset


@frozen(kw_only=True)
class Proposed:
    """What became of the engine's answers.

    Attributes:
        new: The numbers of the new proposals, in the order of their matches.
        kept: How many proposals stay as they were, for no person would see another.
        ended: How many are not proposed any more.
        rejected: How many were not proposed since they were rejected before.
    """

    new: tuple[int, ...]
    kept: int
    ended: int
    rejected: int


def propose(
    books: Books, matches: Iterable[Match], ruleset_version: int | None = None
) -> Proposed:
    """Keep the engine's answers as proposals.

    Args:
        books: The tenant's.
        matches: Of any of its transactions; those that are decided are passed over.
        ruleset_version: What they were made with.
    """
    waiting, rejected = _proposed(books), _rejected(books)
    free = _undecided(books)
    fresh, rows, kept, ended, again = [], [], 0, [], 0
    for match in matches:
        if match.transaction not in free:
            continue
        names = json.dumps(sorted(a.invoice for a in match.allocations))
        proposal = json.dumps(match_to_json(match), sort_keys=True)
        known = waiting.get(match.transaction)
        turned_down = (match.transaction, names) in rejected
        again += turned_down
        if not match.allocations or turned_down:
            ended += [match.transaction] if known is not None else []
        elif known is not None and says_the_same(known, proposal):
            kept += 1
        else:
            ended += [match.transaction] if known is not None else []
            fresh.append(match)
            rows.append(_row(match, names, proposal, ruleset_version))
    supersede(books, ended)
    numbers = insert_decisions(books, rows)
    for number, match in zip(numbers, fresh, strict=True):
        told = {"decision": number, **_told(match)}
        emit(books, "match.proposed", match.transaction, told)
    for name in sorted(set(ended) - {match.transaction for match in fresh}):
        emit(books, "match.lapsed", name, {"transaction": name})
    if rows or ended:
        counts = {"new": len(rows), "ended": len(ended)}
        note(books, "matches.proposed", "matches", counts)
    return Proposed(new=tuple(numbers), kept=kept, ended=len(ended), rejected=again)


def with_rejections(books: Books, ruleset: Ruleset) -> Ruleset:
    """Rules that leave out what was rejected, so that the next best is proposed.

    Of a transaction that the books have a verdict on, whether it stands or not, what
    the rules have learnt to be rejected counts for nothing: it may be taken back.
    """
    learnt = ruleset.learnt.rejected
    if learnt:
        row = schema.labels
        mine = select(row.c.transaction_id).where(row.c.tenant == books.tenant)
        judged = set(books.connection.scalars(mine))
        learnt = tuple(held for held in learnt if held.transaction not in judged)
    ours = [
        RejectedProposal(transaction=name, invoices=tuple(json.loads(invoices)))
        for name, invoices in sorted(_rejected(books))
    ]
    return evolve(ruleset, learnt=evolve(ruleset.learnt, rejected=(*learnt, *ours)))


def labels(books: Books) -> list[Label]:
    """The verdicts that stand, as ``learn`` takes them; the last of two that differ."""
    row = schema.labels
    found = books.connection.execute(
        select(row)
        .where(row.c.tenant == books.tenant, row.c.retracted_at.is_(None))
        .order_by(row.c.id)
    )
    last: dict[tuple[str, ...], Label] = {}
    for held in found:
        label = Label(
            transaction=held.transaction_id,
            invoices=tuple(json.loads(held.invoices)),
            verdict=Verdict(held.verdict),
            where=f"label {held.id}",
        )
        last.pop((label.transaction, *label.invoices), None)
        if label.verdict is Verdict.CONFIRM:
            _forget_confirmed(last, label.transaction)
        last[label.transaction, *label.invoices] = label
    return list(last.values())


def _forget_confirmed(labels: dict[tuple[str, ...], Label], transaction: str) -> None:
    """A decision that was stopped leaves its verdict; another takes its place."""
    for key, label in list(labels.items()):
        if label.transaction == transaction and label.verdict is Verdict.CONFIRM:
            del labels[key]


def _told(match: Match) -> dict[str, object]:
    """What others are told of an answer: not its evidence, which names people."""
    given = ((each.invoice, f"{each.amount:f}") for each in match.allocations)
    return {
        "transaction": match.transaction,
        "outcome": str(match.outcome),
        "confidence": match.confidence,
        "allocations": [{"invoice": name, "amount": sum_} for name, sum_ in given],
    }


def _row(
    match: Match, names: str, proposal: str, ruleset_version: int | None
) -> dict[str, object]:
    return {
        "transaction_id": match.transaction,
        "state": DecisionState.PROPOSED,
        "kind": DecisionKind.MATCH,
        "ruleset_version": ruleset_version,
        "confidence": match.confidence,
        "outcome": str(match.outcome),
        "proposal": proposal,
        "invoices": names,
    }


def _proposed(books: Books) -> dict[str, str]:
    row = schema.match_decisions
    found = books.connection.execute(
        select(row.c.transaction_id, row.c.proposal).where(
            row.c.tenant == books.tenant, row.c.state == DecisionState.PROPOSED
        )
    )
    return {held.transaction_id: held.proposal for held in found}


def _rejected(books: Books) -> set[tuple[str, str]]:
    row = schema.labels
    found = books.connection.execute(
        select(row.c.transaction_id, row.c.invoices).where(
            row.c.tenant == books.tenant,
            row.c.retracted_at.is_(None),
            row.c.verdict == Verdict.REJECT,
        )
    )
    return {(held.transaction_id, held.invoices) for held in found}


def _undecided(books: Books) -> set[str]:
    row = schema.transactions
    found: Sequence[str] = books.connection.scalars(
        select(row.c.id).where(
            row.c.tenant == books.tenant,
            row.c.decision_id.is_(None),
            row.c.status == "booked",
            row.c.gone_at.is_(None),
        )
    ).all()
    return set(found)
