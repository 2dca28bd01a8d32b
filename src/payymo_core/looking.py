"""Looks at the transactions: each brings their hypotheses, a block at a time.

A block is a pure function of its transactions and the ledger, so blocks may be looked
at in any order, by any number of workers, in this process or in another.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve, frozen

from payymo_core.bearers import Bearers
from payymo_core.blocking import Candidates, block
from payymo_core.columns import TransactionColumns, choose_rows, take_rows
from payymo_core.comparison import compare
from payymo_core.grouping import group
from payymo_core.hindsight import experienced, sure_of
from payymo_core.hypotheses import Hypotheses, completed, joined
from payymo_core.keys import Ints, Mask
from payymo_core.ledger import Ledger
from payymo_core.omissions import with_omissions
from payymo_core.rejections import without_rejected
from payymo_core.rules import Ruleset
from payymo_core.scoring import score
from payymo_core.texts import contrary

if TYPE_CHECKING:
    from concurrent.futures import Executor

LOOKS = 3
"""The first is for what is plain, the others for what it leaves in doubt."""


@frozen(eq=False)
class Seen:
    """What looking at transactions brought.

    Attributes:
        hypotheses: Their explanations.
        foreign: Those that name an open item in another currency.
        contrary: Those that speak of a refund, a cancellation, or of what is not paid.
        rejected: Those whose best explanation a reviewer rejected.
        capped: How many look-ups were passed over, by kind.
    """

    hypotheses: Hypotheses
    foreign: Mask
    contrary: Mask
    rejected: Mask
    capped: dict[str, int]


@frozen(eq=False)
class Looking:
    """How blocks of transactions are looked at.

    Attributes:
        ruleset: How records are compared.
        bearers: Who bears the names of the run.
        chunk: Transactions in a block.
        executor: Who looks at the blocks; None for two threads.
    """

    ruleset: Ruleset
    bearers: Bearers
    chunk: int
    executor: "Executor | None"

    def explained(
        self, columns: TransactionColumns, ledger: Ledger
    ) -> tuple[Seen, Ledger]:
        """Look at transactions, and again at what is in doubt.

        Returns:
            What was seen, and the ledger with what the sure payments taught.
        """
        seen, before = self._look(columns, ledger), ledger
        doubtful = columns.booked & (columns.gross > 0)
        known = -1
        for _ in range(LOOKS - 1):
            sure = sure_of(seen.hypotheses, ledger)
            sure &= ~seen.rejected[seen.hypotheses.transaction]
            settled = np.zeros(len(columns), np.bool_)
            settled[seen.hypotheses.transaction[sure]] = True
            learnt = int(sure.sum())
            if not learnt:
                # The same would be seen again, but for what was put off.
                doubtful &= seen.hypotheses.crowded
            rows = (doubtful & ~settled).nonzero()[0]
            if not len(rows) or learnt <= known:
                break
            known = learnt
            ledger = experienced(before, seen.hypotheses, sure, columns)
            seen = _forgotten(seen, rows)
            seen = _completed(
                seen, rows, self._look(choose_rows(columns, rows), ledger)
            )
            # What few items can explain is seen for good by now.
            doubtful &= seen.hypotheses.crowded
        return seen, ledger

    def _look(self, columns: TransactionColumns, ledger: Ledger) -> Seen:
        """Every transaction's hypotheses, a block at a time."""
        offsets = list(range(0, len(columns), self.chunk)) or [0]
        bare = evolve(columns, records=(), names=())  # nobody needs the values here
        blocks = [take_rows(bare, *ends) for ends in pairwise([*offsets, len(columns)])]
        seen = _joined(self._looked_at(blocks, ledger), offsets)
        hypotheses, rejected = without_rejected(
            seen.hypotheses, columns, ledger.invoices, self.ruleset.learnt
        )
        return evolve(seen, hypotheses=hypotheses, rejected=rejected)

    def _looked_at(
        self, blocks: Sequence[TransactionColumns], ledger: Ledger
    ) -> Sequence[Seen]:
        if self.executor is not None:
            bare = evolve(ledger, invoices=evolve(ledger.invoices, records=()))
            given = (bare, self.bearers, self.ruleset)
            asked = [self.executor.submit(look_at, rows, *given) for rows in blocks]
            return [future.result() for future in asked]
        if len(blocks) == 1:
            return [look_at(blocks[0], ledger, self.bearers, self.ruleset)]
        # Imported here: one block, the common case of a service, needs no threads.
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

        # NumPy and RapidFuzz let go of the interpreter: two threads take 0.7 of the
        # time of one, and more gain nothing (SCALE 2.4).
        with ThreadPoolExecutor(2) as pool:
            return list(
                pool.map(
                    lambda rows: look_at(rows, ledger, self.bearers, self.ruleset),
                    blocks,
                )
            )


def look_at(
    rows: TransactionColumns, ledger: Ledger, bearers: Bearers, ruleset: Ruleset
) -> Seen:
    """Every hypothesis of a block of transactions.

    Needs no record, only columns, so that it may run in another process.
    """
    found = block(rows, ledger, bearers, ruleset)
    pairs = compare(found.transaction, found.invoice, rows, ledger, found, ruleset)
    weights = score(pairs, rows, ledger, ruleset)
    hypotheses = group(pairs, weights, found.unseen, rows, ledger, ruleset)
    return Seen(
        hypotheses=with_omissions(hypotheses, rows, found, pairs, ledger),
        foreign=_names_other_currency(rows, ledger, found),
        contrary=contrary(found.texts),
        rejected=np.zeros(len(rows), np.bool_),
        capped=found.capped,
    )


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


def _joined(blocks: Sequence[Seen], offsets: Sequence[int]) -> Seen:
    """What consecutive blocks brought."""
    if len(blocks) == 1:
        return blocks[0]
    capped = Counter[str]()
    for seen in blocks:
        capped.update(seen.capped)
    return Seen(
        hypotheses=joined([seen.hypotheses for seen in blocks], offsets),
        foreign=np.concatenate([seen.foreign for seen in blocks]),
        contrary=np.concatenate([seen.contrary for seen in blocks]),
        rejected=np.concatenate([seen.rejected for seen in blocks]),
        capped=dict(capped),
    )


def _forgotten(seen: Seen, rows: Ints) -> Seen:
    """What was seen, without the hypotheses of some transactions."""
    asked = np.zeros(len(seen.rejected), np.bool_)
    asked[rows] = True
    kept = np.flatnonzero(~asked[seen.hypotheses.transaction])
    return evolve(seen, hypotheses=seen.hypotheses.take(kept))


def _completed(seen: Seen, rows: Ints, again: Seen) -> Seen:
    """What was seen, and what a further look at the forgotten transactions brought."""
    rejected = seen.rejected.copy()
    rejected[rows] |= again.rejected
    hypotheses = completed(seen.hypotheses, rows, again.hypotheses)
    return evolve(seen, hypotheses=hypotheses, rejected=rejected)
