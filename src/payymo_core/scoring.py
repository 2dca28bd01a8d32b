"""Levels to match weights, in bits: log2 of how much likelier a pair is than chance.

A weight is log2(m / u) (Fellegi and Sunter 1969): m, how often the level is seen when
the transaction pays the invoice; u, how often otherwise. u comes from the ledger: how
rare the amount is, how surprising the reference, how many customers share the name.
The m are shares counted on the worlds of benchmarks/generate.py, rounded.

Weights are whole multiples of 2**-8 bits, so that sums are exact in any order and an
explanation adds up to the weight to the last digit.
"""

from collections.abc import Mapping
from enum import IntEnum, unique
from typing import TypeVar

import numpy as np
from attrs import frozen

from payymo_core.bearers import PayerLevel
from payymo_core.columns import TransactionColumns
from payymo_core.comparison import (
    NOT_FOUND,
    AmountLevel,
    Comparisons,
    TextLevel,
)
from payymo_core.finds import LEVELS
from payymo_core.keys import Floats, Ints, Levels, Mask, mix
from payymo_core.ledger import Ledger
from payymo_core.payers import agreeing_by_chance
from payymo_core.rarity import range_bits, rarity_bits
from payymo_core.rules import Exactness, Priors, Ruleset
from payymo_core.timing import DateLevel, direction

Level = TypeVar("Level", bound=IntEnum)

QUANTUM = 2.0**-8
"""Weights are multiples of this many bits."""


@unique
class Kind(IntEnum):
    """What a hypothesis says the transaction does."""

    FULL = 0
    SEVERAL = 1
    PART = 2
    SHORT = 3
    OVER = 4
    TWICE = 5
    CLOSED = 6


@frozen(eq=False)
class Weights:
    """The evidence for each pair, in bits.

    Attributes:
        kind: What the hypothesis on this pair alone says.
        prior: Of its kind, spread over the open items it might have been.
        amount: Of the amount.
        reference: Of the reference, found or not.
        counterparty: Of who paid.
        date: Of when.
    """

    kind: Levels
    prior: Floats
    amount: Floats
    reference: Floats
    counterparty: Floats
    date: Floats

    def columns(self, pairs: Ints) -> Floats:
        """The five kinds of bits of some pairs, one column each; a row sums up."""
        kinds = (self.prior, self.amount, self.reference, self.counterparty, self.date)
        return np.column_stack([bits[pairs] for bits in kinds])


def quantised(bits: Floats) -> Floats:
    """Round to the quantum.

    >>> quantised(np.array([0.3]))
    array([0.30078125])
    """
    return np.rint(bits / QUANTUM) * QUANTUM


_KIND_OF_AMOUNT = np.array(
    [
        Kind.FULL,  # EXACT
        Kind.SHORT,  # SHORT
        Kind.PART,  # EQUAL_PART
        Kind.PART,  # PART
        Kind.TWICE,  # TWICE
        Kind.OVER,  # OVER
        Kind.OVER,  # FAR_OVER
        Kind.PART,  # NEARLY_ALL
        Kind.CLOSED,  # TOTAL
        Kind.CLOSED,  # TOTAL_DIFFERS
        Kind.OVER,  # MANIFOLD
        Kind.PART,  # COMPLETES
    ],
    np.int8,
)

# How often a reference shows in each way when the transaction pays the invoice; what
# is left of 1 is no find. In the order of Exactness.
_REFERENCE_M = {
    Exactness.EXACT: 0.55,
    Exactness.JOINED: 0.12,
    Exactness.DIGITS: 0.10,
    Exactness.LOOK_ALIKE: 0.02,
    Exactness.ONE_EDIT: 0.04,
    Exactness.TRUNCATED: 0.03,
}
_UNCITED = 1 - sum(_REFERENCE_M.values())
_HABIT_AS_GOOD_AS = 10  # payments of a customer that the shares above count for
_NOT_FOUND = {
    # log2 of P(no find | pays) / P(no find | does not), by what else the text says.
    TextLevel.EMPTY: 0.0,
    TextLevel.WORDS_ONLY: -1.5,
    TextLevel.OTHER_NUMBERS: -2.5,
    TextLevel.OTHER_INVOICE: -7.0,
    TextLevel.UNKNOWN_REFERENCE: -5.0,
}

_PAYER_M = 0.6
_OTHER_PAYER = -3.5  # about one payment in twelve comes from somebody else's account

# How often a payment comes when, from the due date. One payment in ten is taken to
# come whenever it likes, so that no habit of most decides about the few.
_DATE_M = {
    DateLevel.EARLY: 0.12,
    DateLevel.AHEAD: 0.14,
    DateLevel.ON_TIME: 0.34,
    DateLevel.DAYS_LATE: 0.2,
    DateLevel.WEEKS_LATE: 0.14,
    DateLevel.MONTHS_LATE: 0.05,
    DateLevel.VERY_LATE: 0.01,
    DateLevel.STALE: 0.001,
}
_ANY_DAY = 0.1
_AS_GOOD_AS = 100  # payments that the general experience counts for
_AS_FEW = 40
_RARELY_DUE = 0.02  # by chance at least so many items are due at any time
_BEFORE_ISSUE = -6.0
_LONG_BEFORE_ISSUE = -12.0


def _table(values: Mapping[Level, float], size: int) -> Floats:
    table = np.zeros(size)
    for level, bits in values.items():
        table[level] = bits
    return table


_DATE_TABLE = _table(_DATE_M, len(DateLevel))
_NOT_FOUND_TABLE = _table(_NOT_FOUND, len(TextLevel))
_M_TABLE = np.array([*(_REFERENCE_M[level] for level in LEVELS), _UNCITED])


def _are(*levels: AmountLevel) -> Mask:
    """Whether each level is one of these."""
    out = np.zeros(len(AmountLevel), np.bool_)
    out[list(levels)] = True
    return out


_ODD = _are(AmountLevel.FAR_OVER, AmountLevel.MANIFOLD, AmountLevel.NEARLY_ALL)
_NEAR = _are(AmountLevel.OVER, AmountLevel.NEARLY_ALL)
# Money of just the amount is by chance as likely as the amount is.
_AS_IT_IS = _are(AmountLevel.EXACT, AmountLevel.TOTAL, AmountLevel.TWICE).astype(float)


def score(
    pairs: Comparisons,
    transactions: TransactionColumns,
    ledger: Ledger,
    ruleset: Ruleset,
) -> Weights:
    """Turn the levels of each pair into bits."""
    kind = _KIND_OF_AMOUNT[pairs.amount]
    return Weights(
        kind=kind,
        prior=quantised(_prior(kind, pairs, transactions, ledger, ruleset.priors)),
        amount=quantised(_amount(pairs, transactions, ledger)),
        reference=quantised(_reference(pairs, ledger, ruleset)),
        counterparty=quantised(_counterparty(pairs, ledger)),
        date=quantised(_dates(kind, pairs, transactions, ledger, ruleset)),
    )


def prior_bits(priors: Priors) -> Floats:
    """Log-odds of each kind against "nothing", before it is spread over invoices."""
    shares = np.zeros(len(Kind))
    shares[Kind.FULL] = priors.full
    shares[Kind.SEVERAL] = priors.several
    shares[Kind.PART] = priors.part
    shares[Kind.SHORT] = priors.short
    shares[Kind.OVER] = priors.over * 0.98
    shares[Kind.TWICE] = priors.over * 0.02
    shares[Kind.CLOSED] = priors.closed
    return np.log2(shares / priors.nothing)


def open_items(transactions: TransactionColumns, rows: Ints, ledger: Ledger) -> Ints:
    """How many open items some could pay: of their currency, by their day."""
    way = direction(transactions.currency[rows], transactions.gross[rows])
    return np.maximum(ledger.timing.open_on(way, transactions.day[rows]), 1)


def _dates(
    kind: Levels,
    pairs: Comparisons,
    transactions: TransactionColumns,
    ledger: Ledger,
    ruleset: Ruleset,
) -> Floats:
    way = direction(transactions.currency, transactions.gross)
    stale = ruleset.dates.stale_after_days
    held, at = ledger.timing.levels_on(way, transactions.day, stale)
    # A ledger of few items says little of what is due when.
    chance = (held + _AS_FEW * _DATE_TABLE) / (
        held.sum(axis=1, keepdims=True) + _AS_FEW * _DATE_TABLE.sum()
    )
    # What the sure payments of this ledger show outweighs the general experience.
    shown = ledger.experience.dates + _AS_GOOD_AS * _DATE_TABLE
    habit = shown / shown.sum()
    bits = np.log2(_ANY_DAY + (1 - _ANY_DAY) * habit / np.maximum(chance, _RARELY_DUE))
    bits[:, DateLevel.UNKNOWN] = 0.0
    bits[:, DateLevel.BEFORE_ISSUE] = _BEFORE_ISSUE
    bits[:, DateLevel.LONG_BEFORE_ISSUE] = _LONG_BEFORE_ISSUE
    return np.where(kind == Kind.CLOSED, 0.0, bits[at[pairs.transaction], pairs.date])


def _prior(
    kind: Levels,
    pairs: Comparisons,
    transactions: TransactionColumns,
    ledger: Ledger,
    priors: Priors,
) -> Floats:
    row = pairs.transaction
    closed = np.maximum(ledger.closed_count[transactions.currency], 1)
    owed = open_items(transactions, np.arange(len(transactions)), ledger)
    count = np.where(kind == Kind.CLOSED, closed[row], owed[row])
    return prior_bits(priors)[kind] - np.log2(count)


def _amount(
    pairs: Comparisons, transactions: TransactionColumns, ledger: Ledger
) -> Floats:
    row = pairs.transaction
    rare = rarity_bits(transactions.gross, transactions.currency, ledger)[row]
    paid = np.abs(transactions.gross[row])
    owed = np.abs(ledger.invoices.outstanding[pairs.invoice])
    chance = _AS_IT_IS[pairs.amount]
    short = (pairs.amount == AmountLevel.SHORT).nonzero()[0]
    if len(short):
        fee = owed[short] - paid[short]
        chance[short] = _shortness(fee, pairs.invoice[short], ledger)
    equal = (pairs.amount == AmountLevel.EQUAL_PART).nonzero()[0]
    parts = np.rint(owed[equal] / np.maximum(paid[equal], 1))
    chance[equal] = 0.5 / np.maximum(parts, 1) ** 2
    over = (pairs.amount == AmountLevel.OVER).nonzero()[0]
    if len(over):
        chance[over] = _rounding(paid[over], owed[over])
    # Any other part, or a small excess, is as likely as the amount is by chance. Far
    # too much is rather several invoices, of which the text lost some, and a little
    # less a credit note set off: where the customer has other open items at all.
    likeness = np.where(
        _ODD[pairs.amount] & (ledger.debtors.open_items(pairs.invoice) != 1),
        2.0**-6,
        0.5,
    )
    likeness = np.where(pairs.amount == AmountLevel.MANIFOLD, 2.0**-9, likeness)
    plain = np.log2(likeness)
    # Other money is seldom within a tenth of what is owed.
    near = _NEAR[pairs.amount].nonzero()[0]
    if len(near):
        owing, invoice = owed[near], pairs.invoice[near]
        more = paid[near] > owing
        low = np.where(more, owing, 9 * owing // 10)
        high = np.where(more, 11 * owing // 10, owing)
        plain[near] += range_bits(low, high, ledger.invoices.currency[invoice], ledger)
    return np.maximum(np.log2(np.maximum(chance, 2.0**-60)) + rare, plain)


def _shortness(fee: Ints, invoice: Ints, ledger: Ledger) -> Floats:
    """How likely who pays short by a fee is short by just this."""
    # Fees are mostly whole multiples of half a unit, and small.
    share = np.where(fee % 50 == 0, 2.0**-7, 2.0**-12)
    memory = ledger.experience.memory
    customer = ledger.customers.of_invoice[invoice]
    keys = mix(customer, ledger.invoices.currency[invoice], fee)
    usual, habit, _ = memory.fees.probe(keys, 1)
    share[usual] = np.maximum(share[usual], memory.fee_share[habit])
    return share


def _rounding(paid: Ints, owed: Ints) -> Floats:
    """How likely who rounds up pays just this: to the next 1, 5, 10, ... units.

    Units are taken to have two decimals: those that have none or three round otherwise.
    """
    steps = np.array([100, 500, 1000, 5000, 10_000])
    up = paid[:, None] == -(-owed[:, None] // steps) * steps
    return np.where(up.any(axis=1), 0.5 / len(steps), 0.0)


def _reference(pairs: Comparisons, ledger: Ledger, ruleset: Ruleset) -> Floats:
    found = pairs.reference.level < NOT_FOUND
    rule = np.where(found, pairs.reference.rule, 0)
    doubt = np.array(
        [
            1 - ruleset.learnt.reliability(rule.name, rule.reliability)
            for rule in ruleset.references
        ]
        or [1.0]
    )
    known = ledger.invoices.count_in[ledger.invoices.currency[pairs.invoice]]
    # By chance, or named although something else is paid: any invoice of the ledger.
    chance = 2.0**-pairs.reference.bits + doubt[rule] / known
    shown = _shown(pairs, ledger)
    bits = np.log2(shown / np.minimum(chance, 1.0))
    # Who seldom names what he pays is not suspect for naming nothing.
    habit = np.where(pairs.said == TextLevel.EMPTY, 0.0, np.log2(shown / _UNCITED))
    return np.where(found, bits, _NOT_FOUND_TABLE[pairs.said] + habit)


def _shown(pairs: Comparisons, ledger: Ledger) -> Floats:
    """How often a reference shows in the way it does, when the customer pays.

    The mean of a Dirichlet posterior: the general shares, and what is known of the
    customer's payments.
    """
    general = _M_TABLE[pairs.reference.level]
    habits = ledger.experience.memory.habits
    customer = ledger.customers.of_invoice[pairs.invoice]
    seen = np.zeros(len(customer), np.int64)
    known = habits.total[customer].nonzero()[0]
    found = pairs.reference
    keys = mix(customer[known], found.rule[known], found.level[known])
    place, way, _ = habits.ways.probe(keys, 1)
    seen[known[place]] = habits.payments[way]
    return (seen + _HABIT_AS_GOOD_AS * general) / (
        habits.total[customer] + _HABIT_AS_GOOD_AS
    )


def _counterparty(pairs: Comparisons, ledger: Ledger) -> Floats:
    customers = ledger.debtors.in_currency[ledger.invoices.currency[pairs.invoice]]
    chance = agreeing_by_chance(pairs.payer, pairs.words, pairs.sharers, customers)
    known = np.log2(_PAYER_M / np.minimum(chance, 1.0))
    return np.where(
        pairs.payer < PayerLevel.UNKNOWN,
        known,
        np.where(pairs.payer == PayerLevel.OTHER, _OTHER_PAYER, 0.0),
    )
