"""What else money may be for that does not just pay the invoices of a hypothesis.

What a text names beside them, wherever in it that stands: most of it is no hypothesis,
since a credit note is not paid by itself, and a small invoice does not explain much
money. So it is read from the finds, not from the hypotheses. And another open item of
the customer that is just the difference, though nobody named it.
"""

import numpy as np
from attrs import evolve, frozen

from payymo_core.blocking import MOST_OF_AMOUNT, PLAIN, Candidates, issued_by_then
from payymo_core.columns import TransactionColumns
from payymo_core.comparison import (
    NOT_FOUND,
    SOME,
    TELLING,
    Comparisons,
)
from payymo_core.finds import LEVELS, Finds, covered
from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Ints, Keys, Mask, expand, located, mix
from payymo_core.ledger import Ledger
from payymo_core.nearness import one_edit_apart
from payymo_core.rules import Exactness
from payymo_core.scoring import Kind
from payymo_core.sequences import following
from payymo_core.spans import Spans

_NEAR = LEVELS.index(Exactness.LOOK_ALIKE)
_INEXACT = np.zeros(len(Kind), np.bool_)
_INEXACT[[Kind.PART, Kind.SHORT, Kind.OVER]] = True
_NOTHING = -1


@frozen(eq=False)
class _Named:
    """Places of texts where something is named, ordered by transaction.

    Attributes:
        row: Row of the transaction.
        invoice: Row of the invoice, open or not; -1 for what only looks like one.
        find: Place among the finds; -1 for slips, and for what is no invoice.
        field: Origin of the text in its record.
        begin: Where it begins there.
        end: One past its end.
    """

    row: Ints
    invoice: Ints
    find: Ints
    field: Ints
    begin: Ints
    end: Ints

    @classmethod
    def of(cls, candidates: Candidates, pairs: Comparisons, heads: Keys) -> "_Named":
        """Of the texts that name something at two places or more."""
        texts, finds, slips = candidates.texts, candidates.finds, pairs.reference
        # Slips are looked for in some pairs only, and are not among the finds.
        near = np.flatnonzero((slips.level >= _NEAR) & (slips.level < NOT_FOUND))
        text, begin, end = texts.located(_unexplained(candidates, heads))
        missing = np.full(len(near) + len(text), _NOTHING)
        row = np.r_[finds.transaction, pairs.transaction[near], texts.row[text]]
        field = np.r_[
            texts.origin[finds.text], slips.field[near], texts.origin[text]
        ].astype(np.int64)
        begin = np.r_[finds.begin, slips.begin[near], begin]
        end = np.r_[finds.end, slips.end[near], end]
        kept = _of_several_places(row, field, begin, end)
        return cls(
            row[kept],
            np.r_[finds.invoice, pairs.invoice[near], missing[len(near) :]][kept],
            np.r_[np.arange(len(finds.invoice)), missing][kept],
            field[kept],
            begin[kept],
            end[kept],
        )

    def overlap(self, one: Ints, two: Ints) -> Mask:
        """Whether two places have letters in common."""
        same = self.field[one] == self.field[two]
        same &= self.begin[one] < self.end[two]
        return same & (self.begin[two] < self.end[one])


def _of_several_places(row: Ints, field: Ints, begin: Ints, end: Ints) -> Ints:
    """Those of texts that name something at two places, ordered by transaction."""
    rows = int(row.max(initial=-1)) + 1
    first, last = np.full(rows, np.iinfo(np.int64).max), np.full(rows, -1)
    np.minimum.at(first, row, (field << 32) + end)
    np.maximum.at(last, row, (field << 32) + begin)
    several = np.flatnonzero((last >= first)[row])
    return several[np.argsort(row[several], kind="stable")]


def _unexplained(candidates: Candidates, heads: Keys) -> Spans:
    """Where texts name what looks like an invoice, and is none.

    Or what begins as the ledger's references do, before digits, however many of these:
    a bank cuts them, and a payer loses one.
    """
    texts, finds, unknown = candidates.texts, candidates.finds, candidates.unknown
    seen = texts.scan
    if not len(heads) or not len(seen.start):
        return unknown
    free = ~texts.noise & ~covered(texts, finds.of_rules(finds.bits >= SOME))
    joined = seen.digits & free & (seen.attached | seen.follows("-/._ "))
    first = (~seen.digits & free & following(joined)).nonzero()[0]
    first = first[located(heads, seen.atom_keys[first])[1]]
    return Spans(np.r_[unknown.first, first], np.r_[unknown.last, first + 1])


def with_omissions(
    hypotheses: Hypotheses,
    transactions: TransactionColumns,
    candidates: Candidates,
    pairs: Comparisons,
    ledger: Ledger,
) -> Hypotheses:
    """Tell which hypotheses leave out something that the money may be for as well.

    Named at another place than their own invoices: anybody's invoice that is plainly
    named, or any of the same customer. Or, where the amount is not just what is owed,
    what looks like an invoice and is none of the ledger.

    Args:
        hypotheses: Of a block of transactions.
        transactions: The block.
        candidates: What was found in its texts.
        pairs: All its compared pairs.
        ledger: The invoices.
    """
    named = _Named.of(candidates, pairs, ledger.forms.heads)
    omits = np.zeros(len(hypotheses), np.bool_)
    if len(named.row):
        owner, place = _left_out(hypotheses, named, candidates.finds, ledger)
        slip = _mistyped(owner, place, hypotheses, named, candidates.finds, ledger)
        omits[owner[~slip]] = True
    rest = _rest_owed(hypotheses, transactions, ledger)
    return evolve(hypotheses, omits=omits, rest_owed=rest)


def _rest_owed(
    hypotheses: Hypotheses, transactions: TransactionColumns, ledger: Ledger
) -> Mask:
    """Hypotheses whose money differs by just another open item of the customer.

    A sum with it is a hypothesis of its own, but not where the customer has so many
    items that no sums are formed.
    """
    out, index = np.zeros(len(hypotheses), np.bool_), ledger.by_customer_amount
    invoice = hypotheses.pairs.invoice[hypotheses.member[hypotheses.start]]
    whose = ledger.customers.of_invoice[invoice]
    inexact = (_INEXACT[hypotheses.kind] & (whose >= 0)).nonzero()[0]
    row, invoice = hypotheses.transaction[inexact], invoice[inexact]
    rest = transactions.gross[row] - ledger.invoices.outstanding[invoice]
    number = ledger.customers.number[whose[inexact]]
    keys = mix(number, transactions.currency[row], rest)
    at, item, _ = index.first(keys, MOST_OF_AMOUNT)
    there = issued_by_then(transactions, ledger.invoices, row[at], item)
    out[inexact[at[there]]] = True
    return out


def leaves_named_out(hypotheses: Hypotheses) -> Mask:
    """Hypotheses that leave out what the text names, and do not say by the amount why.

    One invoice in full, of several that are named, is none of them: who names two and
    pays just one says by the amount which one it is. Nor are several, if all are named.
    """
    pairs = hypotheses.pairs
    owner, _, place = hypotheses.incidence()
    plain = pairs.reference.bits[hypotheses.member[place]] >= PLAIN
    named = np.bincount(owner, plain, len(hypotheses))
    whole = (hypotheses.kind == Kind.FULL) | (
        (hypotheses.kind == Kind.SEVERAL) & (named == hypotheses.count)
    )
    return hypotheses.omits & ~whole


def _left_out(
    hypotheses: Hypotheses, named: _Named, finds: Finds, ledger: Ledger
) -> tuple[Ints, Ints]:
    """Hypotheses, and places where something else than their own is named."""
    start = np.searchsorted(named.row, hypotheses.transaction)
    count = np.searchsorted(named.row, hypotheses.transaction, "right") - start
    owner, place = expand(start, count)
    width = len(ledger.invoices) + 1
    invoice = named.invoice[place]
    of_member, member, _ = hypotheses.incidence()
    mine = np.isin(owner * width + invoice, of_member * width + member)
    first = hypotheses.pairs.invoice[hypotheses.member[hypotheses.start]][owner]
    whose = ledger.customers.of_invoice
    same = (whose[invoice] == whose[first]) & (whose[first] >= 0)
    find = named.find[place]
    bits = np.r_[finds.bits, TELLING][find]  # a slip of the same customer's is telling
    told = np.where(same, bits >= TELLING, (bits >= PLAIN) & (find != _NOTHING))
    told = np.where(invoice == _NOTHING, _INEXACT[hypotheses.kind[owner]], told)
    other, own = np.flatnonzero(told & ~mine), np.flatnonzero(mine)
    # What stands where a member is named may as well be that member.
    begin = np.searchsorted(owner[own], owner[other])
    size = np.searchsorted(owner[own], owner[other], "right") - begin
    which, at = expand(begin, size)
    touches = named.overlap(place[other[which]], place[own[at]])
    apart = (np.bincount(which, touches, len(other)) == 0) & (size > 0)
    return owner[other[apart]], place[other[apart]]


def _mistyped(
    owner: Ints,
    place: Ints,
    hypotheses: Hypotheses,
    named: _Named,
    finds: Finds,
    ledger: Ledger,
) -> Mask:
    """Places that name a stranger's invoice, one edit from a member not named."""
    start, count = hypotheses.start[owner], hypotheses.count[owner]
    which, at = expand(start, count)
    member = hypotheses.member[at]
    invoice = hypotheses.pairs.invoice[member]
    found, whose = named.find[place[which]], ledger.customers.of_invoice
    maybe = (found != _NOTHING) & (
        hypotheses.pairs.reference.level[member] == NOT_FOUND
    )
    maybe &= whose[named.invoice[place[which]]] != whose[invoice]
    maybe[maybe] = one_edit_apart(finds.of_rules(found[maybe]), invoice[maybe], ledger)
    return np.bincount(which, maybe, len(owner)) > 0
