"""Columns to values again: matches are made when they are looked at."""

# A plain ``slice`` is generic over Any, and Python 3.11 cannot say it otherwise.
# mypy: disable-error-code="explicit-any"

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import chain, islice, repeat
from typing import overload

import numpy as np
from attrs import frozen

from payymo_core.columns import CURRENCIES, TransactionColumns
from payymo_core.confidence import Confidences
from payymo_core.decision import OUTCOMES, REASONS, Decisions
from payymo_core.errors import Rejected
from payymo_core.evidence import rule_rows
from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Ints, expand
from payymo_core.ledger import Ledger
from payymo_core.making import made
from payymo_core.money import from_minor, major_column
from payymo_core.pausing import collector_paused
from payymo_core.records import Customer
from payymo_core.results import Allocation, Evidence, Match, Proposal, Reason
from payymo_core.rivals import Contest, closed_instead, nothing_row, rivals_row
from payymo_core.rules import Ruleset
from payymo_core.scoring import Kind

MOST_ALTERNATIVES = 5
_LEAST_CONFIDENCE = 0.001  # what is less likely is no alternative worth a look
_AT_ONCE = 1 << 15  # matches made while the collector is paused


@frozen(eq=False)
class Run:
    """Everything that a run left behind, in columns.

    Attributes:
        transactions: In the order of their ids.
        ledger: The invoices.
        ruleset: How they were compared.
        hypotheses: The best first within each transaction.
        confidence: Of each hypothesis.
        decisions: One row a transaction.
    """

    transactions: TransactionColumns
    ledger: Ledger
    ruleset: Ruleset
    hypotheses: Hypotheses
    confidence: Confidences
    decisions: Decisions

    @cached_property
    def contest(self) -> Contest:
        """The hypotheses by transaction and by invoice."""
        return Contest.of(
            self.hypotheses,
            self.confidence,
            self.transactions,
            self.ledger.invoices,
        )

    @cached_property
    def customers(self) -> dict[str, Customer]:
        """The customers by id; of one that is given as several, always the same."""
        out: dict[str, Customer] = {}
        for customer in self.ledger.invoices.roster.customers:
            held = out.setdefault(customer.id, customer)
            if held is not customer and str(held) < str(customer):
                out[customer.id] = customer
        return out


class LazyEvidence(Sequence[Evidence]):
    """The evidence of one match, written out when it is first looked at."""

    __slots__ = ("_row", "_rows", "_run")

    def __init__(self, run: Run, row: int) -> None:
        self._run = run
        self._row = row
        self._rows: tuple[Evidence, ...] | None = None

    @classmethod
    def of_rows(cls, run: Run, rows: Sequence[int]) -> "list[LazyEvidence]":
        """The evidence of many matches."""
        columns = {"_run": repeat(run), "_row": rows, "_rows": repeat(None)}
        return made(cls, len(rows), columns)

    def _written(self) -> tuple[Evidence, ...]:
        if self._rows is None:
            self._rows = proposal_evidence(self._run, self._row)
        return self._rows

    @overload
    def __getitem__(self, index: int) -> Evidence: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Evidence, ...]: ...
    def __getitem__(self, index: int | slice) -> Evidence | tuple[Evidence, ...]:
        return self._written()[index]

    def __len__(self) -> int:
        return len(self._written())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._written() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._written())

    def __repr__(self) -> str:
        return repr(self._written())


def proposal_evidence(run: Run, row: int) -> tuple[Evidence, ...]:
    """Evidence of a transaction's proposal, or of "nothing" where there is none."""
    proposal = int(run.decisions.proposal[row])
    bits = float(run.decisions.log_odds[row])
    if proposal >= 0:
        return hypothesis_evidence(run, proposal, bits)
    closed = closed_instead(run.contest, row)
    if closed is not None:
        return hypothesis_evidence(run, closed, bits)
    return (nothing_row(run.contest, row, bits),)


def hypothesis_evidence(
    run: Run, hypothesis: int, log_odds: float
) -> tuple[Evidence, ...]:
    """What speaks for and against a hypothesis; the weights add up to the log-odds."""
    row = int(run.hypotheses.transaction[hypothesis])
    record = run.transactions.records[row]
    rows = rule_rows(record, run.ledger, run.ruleset, run.hypotheses, hypothesis)
    # Before the rivals, which stand last.
    confidence = run.confidence
    correction = float(
        confidence.log_odds[hypothesis] - confidence.uncalibrated[hypothesis]
    )
    if correction:
        rows = (*rows, Evidence("calibration", "lowered", correction, "", ""))
    said = sum(entry.weight for entry in rows)
    return (*rows, rivals_row(run.contest, hypothesis, said, log_odds))


class MatchResult(Sequence[Match]):
    """One match a usable transaction, in the order in which they were given.

    Attributes:
        run: The columns behind it.
        rejected: Records set aside, with their faults; they have no match.
        capped: How many look-ups were passed over since their key was too common, by
            kind; what they could have brought was not compared.
    """

    def __init__(
        self, run: Run, rejected: tuple[Rejected, ...], capped: dict[str, int]
    ) -> None:
        self.run = run
        self.rejected = rejected
        self.capped = capped
        self._order: Ints = np.argsort(run.transactions.input_order)

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> Match: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Match, ...]: ...
    def __getitem__(self, index: int | slice) -> Match | tuple[Match, ...]:
        if isinstance(index, slice):
            return tuple(self._matches(self._order[index]))
        return self._matches(self._order[[index]])[0]

    def __iter__(self) -> Iterator[Match]:
        for begin in range(0, len(self._order), _AT_ONCE):
            with collector_paused():
                made = self._matches(self._order[begin : begin + _AT_ONCE])
            yield from made

    def row_of(self, transaction: str) -> int:
        """Row of a transaction in the columns.

        Raises:
            KeyError: No usable transaction has this id.
        """
        return self._rows[transaction]

    def place_of(self, invoice: str) -> int:
        """Row of an invoice in the ledger.

        Raises:
            KeyError: No usable invoice has this id.
        """
        return self._places[invoice]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {r.id: row for row, r in enumerate(self.run.ledger.invoices.records)}

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {r.id: row for row, r in enumerate(self.run.transactions.records)}

    def of(self, transaction: str) -> Match:
        """The match of one transaction.

        Raises:
            KeyError: No usable transaction has this id.
        """
        return self._matches(np.array([self.row_of(transaction)]))[0]

    def _matches(self, rows: Ints) -> list[Match]:
        run, decided, count = self.run, self.run.decisions, len(rows)
        records, places = run.transactions.records, rows.tolist()
        columns = {
            "transaction": [records[row].id for row in places],
            "outcome": [OUTCOMES[place] for place in decided.outcome[rows].tolist()],
            "confidence": decided.confidence[rows].tolist(),
            "allocations": _allocations(run, decided.proposal[rows]),
            "unapplied": unapplied(run, self.left[rows], rows),
            "alternatives": [self._alternatives.get(row, ()) for row in places],
            "evidence": LazyEvidence.of_rows(run, places),
            "reasons": reasons_of(decided.reasons[rows].tolist()),
        }
        return made(Match, count, columns)

    @cached_property
    def left(self) -> Ints:
        """What allocation leaves of each transaction, minor units."""
        run = self.run
        return run.transactions.gross - _allocated(
            run.hypotheses, run.decisions.proposal
        )

    @cached_property
    def _alternatives(self) -> dict[int, tuple[Proposal, ...]]:
        """The proposals of each transaction beside its first one."""
        found, of = _alternatives(self.run), self.run.confidence.of
        others = np.array(list(chain.from_iterable(found.values())), np.int64)
        offered = map(Proposal, _allocations(self.run, others), of[others].tolist())
        return {row: tuple(islice(offered, len(held))) for row, held in found.items()}


def _allocations(run: Run, hypotheses: Ints) -> list[tuple[Allocation, ...]]:
    """Of some hypotheses, each ordered by invoice id; none for -1."""
    table, some = run.hypotheses, (hypotheses >= 0).nonzero()[0]
    chosen = hypotheses[some]
    count = np.zeros(len(hypotheses), np.int64)
    count[some] = table.count[chosen]
    owner, place = expand(table.start[chosen], table.count[chosen])
    invoice = table.pairs.invoice[table.member[place]]
    # Invoices stand in the order of their ids.
    order = np.lexsort((invoice, owner))
    currency = run.transactions.currency[table.transaction[chosen[owner]]]
    codes = [CURRENCIES[code] for code in currency.tolist()]
    records = run.ledger.invoices.records
    columns = {
        "invoice": [records[row].id for row in invoice[order].tolist()],
        "amount": major_column(table.amount[place[order]].tolist(), codes),
    }
    held = iter(made(Allocation, len(order), columns))
    return [tuple(islice(held, members)) for members in count.tolist()]


def reasons_of(masks: Sequence[int]) -> list[tuple[Reason, ...]]:
    """The reasons that bit masks over ``REASONS`` stand for."""
    known = {
        mask: tuple(r for place, r in enumerate(REASONS) if mask >> place & 1)
        for mask in set(masks)
    }
    return [known[mask] for mask in masks]


_ZEROS = [from_minor(0, code) for code in CURRENCIES]


def unapplied(run: Run, left: Ints, rows: Ints) -> list[Decimal]:
    """What is left of some transactions, major units.

    Args:
        run: Theirs.
        left: Of each, minor units.
        rows: Which transactions.
    """
    currency = run.transactions.currency[rows]
    # Mostly nothing is left, and one zero serves all.
    out = [_ZEROS[code] for code in currency.tolist()]
    for row in left.nonzero()[0].tolist():
        out[row] = from_minor(int(left[row]), CURRENCIES[currency[row]])
    return out


def _allocated(hypotheses: Hypotheses, proposal: Ints) -> Ints:
    owner, _, place = hypotheses.incidence()
    total = np.zeros(len(hypotheses) + 1, np.int64)
    np.add.at(total, owner, hypotheses.amount[place])
    return total[proposal]  # the last row, which -1 reads, stays zero


def _alternatives(run: Run) -> dict[int, list[int]]:
    """Hypotheses worth a look, by transaction, the most probable first."""
    hypotheses, of = run.hypotheses, run.confidence.of
    proposed = np.zeros(len(hypotheses) + 1, np.bool_)
    proposed[run.decisions.proposal] = True
    live = hypotheses.kind != Kind.CLOSED
    worth = (live & (of >= _LEAST_CONFIDENCE) & ~proposed[:-1]).nonzero()[0]
    # Where nothing is offered there is nothing to choose from either.
    offered = run.decisions.proposal[hypotheses.transaction[worth]] >= 0
    worth = worth[offered]
    order = worth[np.lexsort((worth, -of[worth], hypotheses.transaction[worth]))]
    out: dict[int, list[int]] = {}
    rows = hypotheses.transaction[order].tolist()
    for row, hypothesis in zip(rows, order.tolist(), strict=True):
        others = out.setdefault(row, [])
        if len(others) < MOST_ALTERNATIVES:
            others.append(hypothesis)
    return out
