"""The explanations of transactions, as columns."""

from collections.abc import Sequence

import numpy as np
from attrs import evolve, frozen

from payymo_core.comparison import Comparisons, References
from payymo_core.keys import Bits, Floats, Ints, Levels, Mask, expand

PARTS = ("prior", "amount", "reference", "counterparty", "dates", "set")
"""What a hypothesis' weight is the sum of, in this order."""


@frozen(eq=False)
class Hypotheses:
    """One row an explanation; "it pays nothing that is open" is left unsaid.

    Attributes:
        transaction: Row of the transaction, rising.
        kind: A ``Kind`` each.
        parts: Bits of each of ``PARTS``, one column each.
        start: Where its members begin.
        count: How many members it has.
        member: Index into ``pairs`` of each member.
        amount: Minor units that each member is allocated; 0 for a closed invoice.
        pairs: The comparisons that members point to.
        omits: Whether the text names something that the members leave out.
        rest_owed: Whether the money is more or less than what is owed by just what
            another open item of the customer comes to.
        other: For each transaction, the odds of explanations that were counted but
            not kept, against "nothing".
        again: For each transaction, the odds that it pays a second time what an
            earlier one has paid, against "nothing".
        crowded: Transactions whose sets are among many items: they are looked for in
            the second look, when most of the items are taken.
    """

    transaction: Ints
    kind: Levels
    parts: Bits
    start: Ints
    count: Ints
    member: Ints
    amount: Ints
    pairs: Comparisons
    omits: Mask
    rest_owed: Mask
    other: Floats
    again: Floats
    crowded: Mask

    def __len__(self) -> int:
        return len(self.transaction)

    def weight(self) -> Floats:
        """Log-odds of each against "nothing", in bits; exact sums of the parts."""
        return self.parts.sum(axis=1, dtype=np.float64)

    def incidence(self) -> tuple[Ints, Ints, Ints]:
        """Every member: (hypothesis, invoice, place in ``member``)."""
        owner, place = expand(self.start, self.count)
        return owner, self.pairs.invoice[self.member[place]], place

    def take(self, rows: Ints) -> "Hypotheses":
        """Some of them, in the order given, with nothing that only others need."""
        some = self.ordered(rows)
        used = np.zeros(len(self.pairs), np.bool_)
        used[some.member] = True
        return evolve(
            some,
            member=(np.cumsum(used) - 1)[some.member],
            pairs=take_pairs(self.pairs, np.flatnonzero(used)),
        )

    def ordered(self, rows: Ints) -> "Hypotheses":
        """Some of them, in the order given, beside the comparisons of all."""
        count = self.count[rows]
        _, place = expand(self.start[rows], count)
        return evolve(
            self,
            transaction=self.transaction[rows],
            kind=self.kind[rows],
            parts=self.parts[rows],
            start=np.cumsum(count) - count,
            count=count,
            member=self.member[place],
            amount=self.amount[place],
            omits=self.omits[rows],
            rest_owed=self.rest_owed[rows],
        )


def alone(hypotheses: Hypotheses) -> Floats:
    """Probability of each hypothesis, were there no other transaction."""
    odds = np.exp2(hypotheses.weight())
    rows = len(hypotheses.other)
    total = np.bincount(hypotheses.transaction, weights=odds, minlength=rows)
    return odds / (1 + hypotheses.other + total)[hypotheses.transaction]


def completed(hypotheses: Hypotheses, rows: Ints, others: Hypotheses) -> Hypotheses:
    """The same, and for some transactions that have none other hypotheses.

    Args:
        hypotheses: Of the transactions that are not concerned.
        rows: The transactions concerned, rising.
        others: Theirs: its transactions are places in ``rows``.
    """
    pairs = others.pairs
    there = evolve(
        others,
        transaction=rows[others.transaction],
        pairs=evolve(pairs, transaction=rows[pairs.transaction]),
        other=np.zeros(0),
        again=np.zeros(0),
        crowded=np.zeros(0, np.bool_),
    )
    both = joined([hypotheses, there], [0, 0])
    out = both.ordered(np.argsort(both.transaction, kind="stable"))
    out.other[rows], out.again[rows] = others.other, others.again
    out.crowded[rows] = others.crowded
    return out


def take_pairs(pairs: Comparisons, rows: Ints) -> Comparisons:
    """Some of the comparisons."""
    reference = pairs.reference
    return Comparisons(
        transaction=pairs.transaction[rows],
        invoice=pairs.invoice[rows],
        amount=pairs.amount[rows],
        reference=References(
            rule=reference.rule[rows],
            level=reference.level[rows],
            bits=reference.bits[rows],
            field=reference.field[rows],
            begin=reference.begin[rows],
            end=reference.end[rows],
        ),
        said=pairs.said[rows],
        payer=pairs.payer[rows],
        sharers=pairs.sharers[rows],
        words=pairs.words[rows],
        date=pairs.date[rows],
    )


def joined(parts: Sequence[Hypotheses], offsets: Sequence[int]) -> Hypotheses:
    """The hypotheses of consecutive blocks of transactions as one table."""
    members = np.cumsum([0, *(len(part.member) for part in parts)])
    pairs = np.cumsum([0, *(len(part.pairs) for part in parts)])
    return Hypotheses(
        transaction=np.concatenate(
            [p.transaction + offset for p, offset in zip(parts, offsets, strict=True)]
        ),
        kind=np.concatenate([p.kind for p in parts]),
        parts=np.concatenate([p.parts for p in parts]),
        start=np.concatenate(
            [p.start + shift for p, shift in zip(parts, members, strict=False)]
        ),
        count=np.concatenate([p.count for p in parts]),
        member=np.concatenate(
            [p.member + shift for p, shift in zip(parts, pairs, strict=False)]
        ),
        amount=np.concatenate([p.amount for p in parts]),
        pairs=_joined_pairs([p.pairs for p in parts], offsets),
        omits=np.concatenate([p.omits for p in parts]),
        rest_owed=np.concatenate([p.rest_owed for p in parts]),
        other=np.concatenate([p.other for p in parts]),
        again=np.concatenate([p.again for p in parts]),
        crowded=np.concatenate([p.crowded for p in parts]),
    )


def _joined_pairs(parts: Sequence[Comparisons], offsets: Sequence[int]) -> Comparisons:
    found = [part.reference for part in parts]
    return Comparisons(
        transaction=np.concatenate(
            [p.transaction + offset for p, offset in zip(parts, offsets, strict=True)]
        ),
        invoice=np.concatenate([p.invoice for p in parts]),
        amount=np.concatenate([p.amount for p in parts]),
        reference=References(
            rule=np.concatenate([f.rule for f in found]),
            level=np.concatenate([f.level for f in found]),
            bits=np.concatenate([f.bits for f in found]),
            field=np.concatenate([f.field for f in found]),
            begin=np.concatenate([f.begin for f in found]),
            end=np.concatenate([f.end for f in found]),
        ),
        said=np.concatenate([p.said for p in parts]),
        payer=np.concatenate([p.payer for p in parts]),
        sharers=np.concatenate([p.sharers for p in parts]),
        words=np.concatenate([p.words for p in parts]),
        date=np.concatenate([p.date for p in parts]),
    )
