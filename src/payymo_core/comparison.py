"""How well each rule agrees on each pair: small integers, no judgement yet."""

from collections.abc import Sequence
from enum import IntEnum, unique

import numpy as np
from attrs import frozen

from payymo_core.bearers import PayerLevel
from payymo_core.blocking import PLAIN, Candidates, largest_shortfall
from payymo_core.columns import TransactionColumns
from payymo_core.finds import LEVELS, Finds
from payymo_core.keys import Counts, Floats, Ints, Levels, located
from payymo_core.ledger import Ledger
from payymo_core.nearness import near_finds, rank_of, slips
from payymo_core.payers import Payers
from payymo_core.rules import ReferenceRule, Ruleset
from payymo_core.sequences import begins
from payymo_core.texts import TextColumn
from payymo_core.timing import date_levels, expected_day


@unique
class AmountLevel(IntEnum):
    """How the gross amount of a transaction stands to an outstanding amount."""

    EXACT = 0
    SHORT = 1
    """Less, by no more than a bank's fee."""
    EQUAL_PART = 2
    """A half, a third, ... down to a twelfth of it."""
    PART = 3
    TWICE = 4
    OVER = 5
    """More, by no more than a tenth."""
    FAR_OVER = 6
    MANIFOLD = 10
    """Twice as much, or more."""
    COMPLETES = 11
    """A part that is, with other transactions' parts, just what is outstanding."""
    NEARLY_ALL = 7
    """Less, by no more than a tenth, but by more than a bank's fee."""
    TOTAL = 8
    """A closed invoice's total."""
    TOTAL_DIFFERS = 9


@unique
class TextLevel(IntEnum):
    """What a text without a find of this invoice says."""

    EMPTY = 0
    WORDS_ONLY = 1
    OTHER_NUMBERS = 2
    OTHER_INVOICE = 3
    """It plainly names another invoice of the ledger."""
    UNKNOWN_REFERENCE = 4
    """It names what looks like an invoice of the ledger, and is none of it."""


TELLING = 8.0
"""Bits of a find below which it may well be any number of a text."""
SOME = 5.0  # bits of a find that is no accident, though not plain
NOT_FOUND = len(LEVELS)
"""Level of a reference that was not found."""


@frozen(eq=False)
class References:
    """The best find of each pair.

    Attributes:
        rule: Place of the rule, -1 where nothing was found.
        level: Place in ``Exactness``, or ``NOT_FOUND``.
        bits: Surprise of the span by chance.
        field: Origin of the text in its record; -1 where nothing was found.
        begin: Where the find begins in the folded text.
        end: One past its end.
    """

    rule: Counts
    level: Levels
    bits: Floats
    field: Counts
    begin: Counts
    end: Counts

    @classmethod
    def none(cls, count: int) -> "References":
        """Nothing found on any of so many pairs."""
        absent = np.full(count, -1, np.int32)
        level = np.full(count, NOT_FOUND, np.int8)
        bits = np.zeros(count)
        return cls(absent, level, bits, absent.copy(), absent.copy(), absent.copy())

    def put(self, pair: Ints, finds: Finds, at: Ints, texts: TextColumn) -> None:
        """Write finds to their pairs, while the table is being built."""
        if not len(pair):
            return
        self.rule[pair], self.level[pair] = finds.rule[at], finds.level[at]
        self.bits[pair] = finds.bits[at]
        self.field[pair] = texts.origin[finds.text[at]]
        self.begin[pair], self.end[pair] = finds.begin[at], finds.end[at]


@frozen(eq=False)
class Comparisons:
    """Pairs and their levels.

    Attributes:
        transaction: Row of the transaction, rising.
        invoice: Row of the invoice.
        amount: An ``AmountLevel`` each.
        reference: The best find.
        said: A ``TextLevel`` each.
        payer: A ``PayerLevel`` each.
        sharers: Customers that the payer's text would fit as well.
        words: Words of the name that agree.
        date: A ``DateLevel`` each.
    """

    transaction: Ints
    invoice: Ints
    amount: Levels
    reference: References
    said: Levels
    payer: Levels
    sharers: Counts
    words: Counts
    date: Levels

    def __len__(self) -> int:
        return len(self.transaction)


def compare(
    row: Ints,
    invoice: Ints,
    transactions: TransactionColumns,
    ledger: Ledger,
    candidates: Candidates,
    ruleset: Ruleset,
) -> Comparisons:
    """Apply every rule to every pair given (rows in rising order)."""
    level, sharers, words = _payer(
        row, invoice, transactions, ledger, candidates.payers
    )
    amount = _amount(row, invoice, transactions, ledger, ruleset)
    reference = _reference(row, invoice, amount, ledger, candidates, ruleset)
    owed = (amount == AmountLevel.EXACT) & (level <= PayerLevel.NAME)
    owed &= (reference.level == NOT_FOUND) & (transactions.gross[row] > 0)
    pair = owed.nonzero()[0]
    near = slips(row[pair], invoice[pair], transactions, ledger, candidates, ruleset)
    reference.put(
        pair[near.pair], near.finds, np.arange(len(near.pair)), candidates.texts
    )
    return Comparisons(
        transaction=row,
        invoice=invoice,
        amount=amount,
        reference=reference,
        said=_said(candidates)[row],
        payer=level,
        sharers=sharers,
        words=words,
        date=date_levels(
            transactions.day[row],
            ledger.invoices.issued[invoice],
            expected_day(ledger.invoices, invoice),
            ruleset.dates.stale_after_days,
        ),
    )


def _amount(
    row: Ints,
    invoice: Ints,
    transactions: TransactionColumns,
    ledger: Ledger,
    ruleset: Ruleset,
) -> Levels:
    paid, owed = transactions.gross[row], ledger.invoices.outstanding[invoice]
    shortfall = largest_shortfall(paid, transactions.currency[row], ruleset.amount)
    missing = np.abs(owed) - np.abs(paid)
    parts = np.abs(owed) / np.maximum(np.abs(paid), 1)
    whole = np.abs(parts * np.abs(paid) - np.abs(owed)) + np.abs(
        np.rint(parts) * np.abs(paid) - np.abs(owed)
    )
    level = np.full(len(row), AmountLevel.FAR_OVER, np.int8)
    level[missing > 0] = AmountLevel.PART
    near = 10 * np.abs(missing) <= np.abs(owed)
    level[near] = AmountLevel.NEARLY_ALL
    level[near & (missing < 0)] = AmountLevel.OVER
    # A third of 100.00 is 33.33: a part rounds by less than a minor unit.
    equal = (missing > 0) & (parts < 12.5) & (whole < np.maximum(np.rint(parts), 1))
    level[equal] = AmountLevel.EQUAL_PART
    level[(missing > 0) & (missing <= shortfall)] = AmountLevel.SHORT
    level[-missing >= np.abs(owed)] = AmountLevel.MANIFOLD
    level[np.abs(paid) == 2 * np.abs(owed)] = AmountLevel.TWICE
    level[missing == 0] = AmountLevel.EXACT
    closed = ~ledger.invoices.is_open[invoice]
    total = np.abs(ledger.invoices.total[invoice]) == np.abs(paid)
    level[closed] = AmountLevel.TOTAL_DIFFERS
    level[closed & total] = AmountLevel.TOTAL
    return level


def _payer(
    row: Ints,
    invoice: Ints,
    transactions: TransactionColumns,
    ledger: Ledger,
    payers: Payers,
) -> tuple[Levels, Counts, Counts]:
    customer = ledger.customers.of_invoice[invoice]
    place, found = payers.places(row, customer)
    # A payer is another where something that both tell differs: names, or accounts.
    customers = ledger.customers
    known = (customer >= 0).nonzero()[0]
    payer, whose = row[known], customer[known]
    named = (transactions.name[payer] >= 0) & customers.named[whose]
    banked = (transactions.iban[payer] != 0) & customers.banked[whose]
    level = np.full(len(row), PayerLevel.UNKNOWN, np.int8)
    level[known[named | banked]] = PayerLevel.OTHER
    sharers = np.ones(len(row), np.int32)
    words = sharers.copy()
    at = place[found]
    level[found] = payers.level[at]
    sharers[found], words[found] = payers.sharers[at], payers.words[at]
    return level, sharers, words


def _said(candidates: Candidates) -> Levels:
    """What the texts of each transaction say at all."""
    texts, finds = candidates.texts, candidates.finds
    seen = texts.scan
    said = np.full(texts.rows, TextLevel.EMPTY, np.int8)
    if len(seen.start):
        # An end-to-end id is the payer's own number: that it is not the invoice's says
        # nothing.
        own = np.array([name == "end_to_end_id" for name in texts.fields], np.bool_)
        told = ~own[texts.field[seen.text]]
        said[texts.row[seen.text[told]]] = TextLevel.WORDS_ONLY
        long = seen.end - seen.bare >= 3
        numbers = told & seen.digits & long & ~texts.noise
        said[texts.row[seen.text[numbers]]] = TextLevel.OTHER_NUMBERS
    said[finds.transaction[finds.bits >= SOME]] = TextLevel.OTHER_NUMBERS
    said[candidates.names_unknown] = TextLevel.UNKNOWN_REFERENCE
    said[finds.transaction[finds.bits >= PLAIN]] = TextLevel.OTHER_INVOICE
    return said


def _reference(
    row: Ints,
    invoice: Ints,
    amount: Levels,
    ledger: Ledger,
    candidates: Candidates,
    ruleset: Ruleset,
) -> References:
    texts, finds = candidates.texts, candidates.finds
    width = len(ledger.invoices) + 1
    key = row * width + invoice
    best = _best_finds(finds, width, ruleset.references)
    found_key = (finds.transaction * width + finds.invoice)[best]
    place, found = located(found_key, key)
    at = best[place[found]]
    out = References.none(len(row))
    out.put(found.nonzero()[0], finds, at, texts)
    # Where some open item has just the amount, a mistyped number is looked for in its
    # like; elsewhere in every pair.
    whole = (amount == AmountLevel.EXACT) | (amount == AmountLevel.SHORT)
    paid_whole = np.bincount(row[whole], minlength=texts.rows) > 0
    wanted = (~found & (whole | ~paid_whole[row])).nonzero()[0]
    near = near_finds(wanted, row, invoice, ledger, candidates, ruleset)
    out.put(near.pair, near.finds, np.arange(len(near.pair)), texts)
    return out


def _best_finds(finds: Finds, width: int, rules: Sequence[ReferenceRule]) -> Ints:
    """The most surprising find of each pair."""
    key = finds.transaction * width + finds.invoice
    order = np.lexsort((rank_of(rules)[finds.rule], finds.level, -finds.bits, key))
    ordered = key[order]
    return order[begins(ordered)]
