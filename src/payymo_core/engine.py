"""The product in thirty lines: records in, a match for each transaction out."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from attrs import evolve, frozen

from payymo_core.assignment import assign
from payymo_core.bearers import Bearers, bearers_of
from payymo_core.blocking import Candidates, block
from payymo_core.columns import TransactionColumns, choose_rows, take_rows
from payymo_core.comparison import compare
from payymo_core.confidence import confidences
from payymo_core.decision import Notices, decide
from payymo_core.errors import Rejected, RulesetError
from payymo_core.grouping import group
from payymo_core.hindsight import experienced, sure_of
from payymo_core.hypotheses import Hypotheses, joined, replaced
from payymo_core.instalments import with_instalments
from payymo_core.keys import Ints, Mask
from payymo_core.ledger import Ledger, prepare
from payymo_core.matching import MatchResult, Run
from payymo_core.pausing import collector_paused
from payymo_core.precedence import with_precedence
from payymo_core.reading import invoice_columns, transaction_columns
from payymo_core.records import Invoice, Transaction
from payymo_core.rejections import without_rejected
from payymo_core.repeats import repeated
from payymo_core.reversals import sent_back
from payymo_core.rules import Ruleset, TiePolicy
from payymo_core.scoring import score
from payymo_core.texts import contrary
from payymo_core.ties import with_oldest_first

CHUNK = 25_000
"""Transactions compared at a time: bounds the memory, changes no result."""
LOOKS = 3
"""The first is for what is plain, the others for what it leaves in doubt."""
LIKELY = 0.01
"""Confidence below which a hypothesis is left out of the joint choice."""


@frozen(eq=False)
class Matcher:
    """A ledger prepared once, for any number of transactions.

    Attributes:
        ledger: The usable invoices, indexed.
        ruleset: How records are compared.
        rejected: Invoices set aside, and why.
        chunk: Transactions compared at a time.
    """

    ledger: Ledger
    ruleset: Ruleset
    rejected: tuple[Rejected, ...]
    chunk: int = CHUNK

    @classmethod
    def of(
        cls,
        invoices: Iterable[Invoice | Rejected],
        ruleset: Ruleset | None = None,
        *,
        chunk: int = CHUNK,
    ) -> "Matcher":
        """Index a ledger.

        Args:
            invoices: Open items, and others whose numbers may still explain a text; a
                reader's ``Rejected`` are passed on.
            ruleset: How records are compared; the default works for most.
            chunk: Transactions compared at a time, 1 or more.

        Raises:
            RulesetError: The chunk is not such a number.
        """
        if type(chunk) is not int or chunk < 1:
            msg = f"chunk: {chunk!r} is not a whole number of 1 or more"
            raise RulesetError((msg,))
        rules = Ruleset() if ruleset is None else ruleset
        with collector_paused():
            columns, rejected = invoice_columns(invoices)
            return cls(prepare(columns, rules), rules, rejected, chunk)

    def match(self, transactions: Iterable[Transaction | Rejected]) -> MatchResult:
        """Say for each transaction which invoices it pays.

        Args:
            transactions: In any order; the result keeps it.

        Returns:
            One match a usable transaction, and what was rejected.
        """
        with collector_paused():
            return self._match(transactions)

    def _match(self, transactions: Iterable[Transaction | Rejected]) -> MatchResult:
        columns, rejected = transaction_columns(transactions)
        memory = self.ledger.experience.memory
        bearers = bearers_of(columns, self.ledger.customers, memory)
        hypotheses, notices, capped = self._explain(columns, self.ledger, bearers)
        hypotheses, ledger, notices = self._look_again(
            columns, bearers, hypotheses, notices
        )
        if self.ruleset.policies.ties is TiePolicy.OLDEST_DUE_FIRST:
            hypotheses = with_oldest_first(hypotheses, columns, ledger)
        hypotheses = with_instalments(hypotheses, columns, ledger)
        hypotheses = with_precedence(hypotheses, columns)
        undone = sent_back(hypotheses, columns, ledger, self.ruleset)
        notices = evolve(notices, sent_back=undone, repeated=repeated(columns))
        outstanding = self.ledger.invoices.outstanding
        confidence = confidences(
            hypotheses, outstanding, self.ruleset.learnt.calibration
        )
        assigned = assign(hypotheses, confidence.of >= LIKELY, outstanding)
        decisions = decide(
            hypotheses, confidence, assigned, columns, notices, self.ruleset
        )
        run = Run(columns, ledger, self.ruleset, hypotheses, confidence, decisions)
        return MatchResult(run, (*rejected, *self.rejected), capped)

    def _look_again(
        self,
        columns: TransactionColumns,
        bearers: Bearers,
        hypotheses: Hypotheses,
        notices: Notices,
    ) -> tuple[Hypotheses, Ledger, Notices]:
        """What is in doubt, seen with what the sure payments taught."""
        ledger = self.ledger
        doubtful = columns.booked & (columns.gross > 0)
        known = -1
        for _ in range(LOOKS - 1):
            sure = sure_of(hypotheses, ledger)
            sure &= ~notices.rejected[hypotheses.transaction]
            settled = np.zeros(len(columns), np.bool_)
            settled[hypotheses.transaction[sure]] = True
            rows = np.flatnonzero(doubtful & ~settled)
            if not len(rows) or int(sure.sum()) <= known:
                break
            known = int(sure.sum())
            ledger = experienced(self.ledger, hypotheses, sure, columns)
            others, seen, _ = self._explain(choose_rows(columns, rows), ledger, bearers)
            rejected = notices.rejected.copy()
            rejected[rows] |= seen.rejected
            notices = evolve(notices, rejected=rejected)
            asked = np.zeros(len(columns), np.bool_)
            asked[rows] = True
            hypotheses = replaced(hypotheses, rows, others, asked)
            # What few items can explain is seen for good by now.
            doubtful &= hypotheses.crowded
        return hypotheses, ledger, notices

    def _explain(
        self, columns: TransactionColumns, ledger: Ledger, bearers: Bearers
    ) -> tuple[Hypotheses, Notices, dict[str, int]]:
        """Every transaction's hypotheses, a chunk at a time."""
        offsets = list(range(0, len(columns), self.chunk)) or [0]
        blocks = list(pairwise([*offsets, len(columns)]))
        if len(blocks) == 1:
            explained = [self._explain_block(columns, ledger, bearers, blocks[0])]
        else:
            # Imported here: one block, the common case of a service, needs no threads.
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

            # NumPy and RapidFuzz let go of the interpreter: two threads take 0.7 of
            # the time of one, and more gain nothing (SCALE 2.4).
            with ThreadPoolExecutor(2) as pool:
                explained = list(
                    pool.map(
                        lambda ends: self._explain_block(
                            columns, ledger, bearers, ends
                        ),
                        blocks,
                    )
                )
        parts = [part for part, _, _ in explained]
        notices = Notices(
            foreign=np.concatenate([said.foreign for _, said, _ in explained]),
            sent_back=np.zeros(len(columns), np.bool_),
            repeated=np.zeros(len(columns), np.bool_),
            contrary=np.concatenate([said.contrary for _, said, _ in explained]),
            rejected=np.concatenate([said.rejected for _, said, _ in explained]),
        )
        capped = Counter[str]()
        for _, _, passed_over in explained:
            capped.update(passed_over)
        return joined(parts, offsets), notices, dict(capped)

    def _explain_block(
        self,
        columns: TransactionColumns,
        ledger: Ledger,
        bearers: Bearers,
        ends: tuple[int, int],
    ) -> tuple[Hypotheses, Notices, dict[str, int]]:
        rows = take_rows(columns, *ends)
        candidates = block(rows, ledger, bearers, self.ruleset)
        hypotheses, rejected = without_rejected(
            explanations(rows, ledger, candidates, self.ruleset),
            rows,
            ledger.invoices,
            self.ruleset.learnt,
        )
        notices = Notices(
            sent_back=np.zeros(len(rows), np.bool_),
            repeated=np.zeros(len(rows), np.bool_),
            foreign=_names_other_currency(rows, ledger, candidates),
            contrary=contrary(candidates.texts),
            rejected=rejected,
        )
        return hypotheses, notices, candidates.capped


def match(
    transactions: Iterable[Transaction | Rejected],
    invoices: Iterable[Invoice | Rejected],
    ruleset: Ruleset | None = None,
) -> MatchResult:
    """Say which payment pays which invoice.

    Args:
        transactions: What reached the bank.
        invoices: The ledger.
        ruleset: How records are compared; the default works for most.

    Returns:
        One match a usable transaction, in the order given, and what was rejected.
    """
    return Matcher.of(invoices, ruleset).match(transactions)


def explanations(
    rows: TransactionColumns, ledger: Ledger, candidates: Candidates, ruleset: Ruleset
) -> Hypotheses:
    """Comparison, scoring and grouping of one block."""
    row, invoice = candidates.transaction, candidates.invoice
    pairs = compare(row, invoice, rows, ledger, candidates, ruleset)
    weights = score(pairs, rows, ledger, ruleset)
    return group(pairs, weights, candidates.unseen, rows, ledger, ruleset)


def candidate_pairs(
    transactions: Iterable[Transaction],
    invoices: Iterable[Invoice],
    ruleset: Ruleset | None = None,
) -> set[tuple[str, str]]:
    """The pairs that blocking brings, as ids: what its recall is measured on."""
    matcher = Matcher.of(invoices, ruleset)
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


def _names_other_currency(
    rows: TransactionColumns, ledger: Ledger, candidates: Candidates
) -> Mask:
    """Transactions that name an open item, but in another currency."""
    finds, invoices = candidates.finds, ledger.invoices
    row: Ints = finds.transaction
    other = rows.currency[row] != invoices.currency[finds.invoice]
    out = np.zeros(len(rows), np.bool_)
    out[row[other & invoices.is_open[finds.invoice]]] = True
    return out
