"""The product in thirty lines: records in, a match for each transaction out."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve, frozen

from payymo_core.assignment import assign
from payymo_core.bearers import bearers_of
from payymo_core.blocking import block
from payymo_core.changing import enlarged, settled
from payymo_core.confidence import confidences
from payymo_core.decision import Notices, decide
from payymo_core.errors import RecordError, Rejected, RulesetError
from payymo_core.held import Records
from payymo_core.instalments import with_instalments
from payymo_core.ledger import Ledger, prepare
from payymo_core.looking import Looking
from payymo_core.matching import MatchResult, Run
from payymo_core.merging import overwritten, paid
from payymo_core.pausing import collector_paused
from payymo_core.precedence import with_precedence
from payymo_core.reading import invoice_columns, transaction_columns
from payymo_core.records import Invoice, Transaction
from payymo_core.repeats import repeated
from payymo_core.reversals import sent_back
from payymo_core.rules import Ruleset, TiePolicy, default_ruleset
from payymo_core.ties import with_oldest_first

if TYPE_CHECKING:
    from concurrent.futures import Executor

CHUNK = 10_000
"""Transactions compared at a time: bounds the memory, changes no result."""
LIKELY = 0.01
"""Confidence below which a hypothesis is left out of the joint choice."""


@frozen(eq=False, init=False)
class Matcher:
    """A ledger prepared once, for any number of transactions.

    Args:
        invoices: Open items, and others whose numbers may still explain a text; a
            reader's ``Rejected`` are passed on.
        ruleset: How records are compared; the default works for most.
        chunk: Transactions compared at a time, 1 or more.

    Attributes:
        ledger: The usable invoices, indexed.
        ruleset: How records are compared.
        rejected: Invoices set aside, and why.
        chunk: Transactions compared at a time.

    Raises:
        RulesetError: The chunk is not such a number.
    """

    ledger: Ledger
    ruleset: Ruleset
    rejected: tuple[Rejected, ...]
    chunk: int

    def __init__(
        self,
        invoices: Iterable[Invoice | Rejected],
        ruleset: Ruleset | None = None,
        *,
        chunk: int = CHUNK,
    ) -> None:
        if type(chunk) is not int or chunk < 1:
            msg = f"chunk: {chunk!r} is not a whole number of 1 or more"
            raise RulesetError((msg,))
        rules = default_ruleset() if ruleset is None else ruleset
        with collector_paused():
            columns, rejected = invoice_columns(invoices)
            ledger = prepare(columns, rules)
        self.__attrs_init__(ledger, rules, rejected, chunk)

    def _with(self, ledger: Ledger, rejected: tuple[Rejected, ...] = ()) -> "Matcher":
        """The same with another ledger, and what else was set aside."""
        other = object.__new__(Matcher)
        everything = (*self.rejected, *rejected)
        other.__attrs_init__(ledger, self.ruleset, everything, self.chunk)
        return other

    def add(self, invoices: Iterable[Invoice | Rejected]) -> "Matcher":
        """The ledger with further invoices; this one stays as it is.

        Only what is new is read and indexed.

        Args:
            invoices: As the first ones. One whose id the ledger has is set aside.
        """
        with collector_paused():
            held = self.ledger.invoices.held
            given = [_unless_held(record, held) for record in invoices]
            new, rejected = invoice_columns(given)
            ledger = enlarged(self.ledger, new, self.ruleset)
        return self._with(ledger, rejected)

    def close(self, ids: Iterable[str]) -> "Matcher":
        """The ledger after some invoices were paid; this one stays as it is.

        Raises:
            RecordError: The ledger has no invoice of such an id.
        """
        before = self.ledger.invoices
        rows = np.array(sorted({_row(before.held, each) for each in ids}), np.int64)
        return self._with(settled(self.ledger, paid(before, rows), rows))

    def update(self, outstanding: Mapping[str, Decimal]) -> "Matcher":
        """The ledger after other amounts are owed; this one stays as it is.

        Args:
            outstanding: Still owed, major units, by id.

        Raises:
            RecordError: The ledger has no invoice of such an id, or an amount is none
                of its currency.
        """
        held = self.ledger.invoices.held
        owed = {_row(held, invoice): amount for invoice, amount in outstanding.items()}
        rows = np.array(sorted(owed), np.int64)
        with collector_paused():
            changed, rejected = invoice_columns(
                evolve(held[row], outstanding=owed[row]) for row in rows.tolist()
            )
            if rejected:
                raise RecordError("; ".join(map(str, rejected)))
            columns = overwritten(self.ledger.invoices, rows, changed)
            return self._with(settled(self.ledger, columns, rows))

    def match(
        self,
        transactions: Iterable[Transaction | Rejected],
        *,
        executor: "Executor | None" = None,
    ) -> MatchResult:
        """Say for each transaction which invoices it pays.

        Args:
            transactions: In any order; the result keeps it.
            executor: Who compares the chunks, in this process or in others; the
                result is the same. None for two threads.

        Returns:
            One match a usable transaction, and what was rejected.
        """
        with collector_paused():
            return self._match(transactions, executor)

    def _match(
        self,
        transactions: Iterable[Transaction | Rejected],
        executor: "Executor | None",
    ) -> MatchResult:
        columns, rejected = transaction_columns(transactions)
        memory = self.ledger.experience.memory
        bearers = bearers_of(columns, self.ledger.customers, memory)
        looking = Looking(self.ruleset, bearers, self.chunk, executor)
        seen, ledger = looking.explained(columns, self.ledger)
        hypotheses = seen.hypotheses
        if self.ruleset.policies.ties is TiePolicy.OLDEST_DUE_FIRST:
            hypotheses = with_oldest_first(hypotheses, columns, ledger)
        hypotheses = with_instalments(hypotheses, columns, ledger)
        hypotheses = with_precedence(hypotheses, columns)
        notices = Notices(
            foreign=seen.foreign,
            sent_back=sent_back(hypotheses, columns, ledger, self.ruleset),
            repeated=repeated(columns),
            contrary=seen.contrary,
            rejected=seen.rejected,
        )
        outstanding = self.ledger.invoices.outstanding
        confidence = confidences(
            hypotheses, outstanding, self.ruleset.learnt.calibration
        )
        assigned = assign(hypotheses, confidence.of >= LIKELY, outstanding)
        decisions = decide(
            hypotheses, confidence, assigned, columns, notices, self.ruleset
        )
        run = Run(columns, ledger, self.ruleset, hypotheses, confidence, decisions)
        return MatchResult(run, (*rejected, *self.rejected), seen.capped)


def match(
    transactions: Iterable[Transaction | Rejected],
    invoices: Iterable[Invoice | Rejected],
    ruleset: Ruleset | None = None,
    *,
    executor: "Executor | None" = None,
) -> MatchResult:
    """Say which payment pays which invoice.

    Args:
        transactions: What reached the bank.
        invoices: The ledger.
        ruleset: How records are compared; the default works for most.
        executor: As ``Matcher.match`` takes it.

    Returns:
        One match a usable transaction, in the order given, and what was rejected.
    """
    return Matcher(invoices, ruleset).match(transactions, executor=executor)


def _unless_held(record: Invoice | Rejected, held: Records) -> Invoice | Rejected:
    """A new invoice, or what is wrong with one whose id is taken."""
    if isinstance(record, Invoice) and held.place_of(record.id) is not None:
        fault = "duplicate id: the ledger has it"
        return Rejected(record_id=record.id, fault=fault, field="id")
    return record


def _row(held: Records, invoice: str) -> int:
    row = held.place_of(invoice)
    if row is None:
        msg = f"the ledger has no invoice {invoice!r}"
        raise RecordError(msg)
    return row


def candidate_pairs(
    transactions: Iterable[Transaction],
    invoices: Iterable[Invoice],
    ruleset: Ruleset | None = None,
) -> set[tuple[str, str]]:
    """The pairs that blocking brings, as ids: what its recall is measured on."""
    matcher = Matcher(invoices, ruleset)
    columns, _ = transaction_columns(transactions)
    memory = matcher.ledger.experience.memory
    bearers = bearers_of(columns, matcher.ledger.customers, memory)
    found = block(columns, matcher.ledger, bearers, matcher.ruleset)
    records = matcher.ledger.invoices.records
    return {
        (columns.records[row].id, records[invoice].id)
        for row, invoice in zip(
            found.transaction.tolist(), found.invoice.tolist(), strict=True
        )
    }
