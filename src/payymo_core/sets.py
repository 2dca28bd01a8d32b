"""Several invoices paid together: exact sums among one customer's items, or named ones.

How likely a set is before its evidence falls with the number of sets it could have
been: a sum that chance alone could have hit is worth nothing, and two sets with one sum
share what they are worth.
"""

import numpy as np
from attrs import frozen

from payymo_core.bearers import may_have_paid
from payymo_core.blocking import PLAIN
from payymo_core.choices import MOST_ITEMS, Answers, Searches, choice_bits
from payymo_core.columns import NO_DAY, TransactionColumns
from payymo_core.comparison import NOT_FOUND, Comparisons
from payymo_core.experience import Look
from payymo_core.hypotheses import PARTS
from payymo_core.keys import Floats, Ints, Mask, expand, mix
from payymo_core.ledger import Ledger
from payymo_core.rarity import rarity_bits
from payymo_core.rules import Ruleset
from payymo_core.scoring import Kind, Weights, open_items, prior_bits, quantised
from payymo_core.sequences import begins, sizes
from payymo_core.subsets import (
    MOST_ENUMERATED,
    MOST_MEMBERS,
    MOST_MET,
    enumerate_sums,
    likely_sums,
    members,
    met_sums,
)
from payymo_core.timing import before_issue

# Who names some of the invoices names them all, but for one set in sixteen; and the
# more of them are not named, the likelier something else is meant.
_NOT_ALL_NAMED = -3.0
_NOT_NAMED = -1.0
# Of a customer's money that pays nothing open, this share is as even as his invoices.
_EVEN = 0.1
_STEPS = np.ravel(np.outer(10 ** np.arange(7), [1, 2, 5]))  # minor units


@frozen(eq=False)
class Sets:
    """Sets that add up to a transaction, one row each.

    Attributes:
        transaction: Row of the transaction.
        member: Its pairs, oldest first, padded with -1.
        parts: Bits, one column for each of ``PARTS``.
        other: For each transaction, odds of sets that the search could not count.
        crowded: Transactions with searches among many items.
    """

    transaction: Ints
    member: Ints
    parts: Floats
    other: Floats
    crowded: Mask

    def __len__(self) -> int:
        return len(self.transaction)

    @classmethod
    def none(cls, crowded: Mask) -> "Sets":
        """No set, of as many transactions as are told to be crowded or not."""
        return cls(
            transaction=np.zeros(0, np.int64),
            member=np.zeros((0, 1), np.int64),
            parts=np.zeros((0, len(PARTS))),
            other=np.zeros(len(crowded)),
            crowded=crowded,
        )


def sets_of(
    pairs: Comparisons,
    weights: Weights,
    known: Mask,
    transactions: TransactionColumns,
    ledger: Ledger,
    ruleset: Ruleset,
) -> Sets:
    """Find the sets of open items that add up to each transaction."""
    usable = transactions.booked & (transactions.gross > 0)
    items = (usable & ~_settled(pairs, weights, known, len(transactions)))[
        pairs.transaction
    ]
    items &= ledger.invoices.is_open[pairs.invoice]
    items &= (
        transactions.currency[pairs.transaction]
        == (ledger.invoices.currency[pairs.invoice])
    )
    named = pairs.reference.level < NOT_FOUND
    there = ~before_issue(pairs.date) & ~ledger.experience.taken[pairs.invoice]
    at = np.flatnonzero(items & (named | there))
    whose = _whose(at, pairs, ledger)
    at, whose = at[known[at] | (whose >= 0)], whose[known[at] | (whose >= 0)]
    searches = _searches(at, whose, pairs, transactions, ledger)
    crowded = np.zeros(len(transactions), np.bool_)
    crowded[searches.transaction[searches.count > MOST_ENUMERATED]] = True
    if ledger.experience.look is Look.FIRST:
        searches = _short(searches)
    if not len(searches.transaction):
        return Sets.none(crowded)
    amounts = ledger.invoices.outstanding[pairs.invoice[searches.pair]]
    answers, unfinished = _solve(searches, amounts, transactions, ruleset)
    answers = _distinct(searches, answers)
    parts = _parts(answers.member, pairs, weights)
    row = searches.transaction[answers.search]
    count = np.log2(open_items(transactions, row, ledger))
    parts[:, 0] = quantised(prior_bits(ruleset.priors)[Kind.SEVERAL] - count)
    rare = rarity_bits(transactions.gross[row], transactions.currency[row], ledger)
    # What the text names was not hit upon by chance.
    even = np.where(
        parts[:, 2] > 0, 0.0, _EVEN * _as_even(searches, amounts)[answers.search]
    )
    parts[:, 1] = quantised(-np.log2(np.exp2(-rare) + even))
    choice = choice_bits(searches, answers, pairs, ledger, count)
    parts[:, PARTS.index("set")] = quantised(choice)
    other = np.zeros(len(transactions))
    # A search that did not form every set may have missed as good a one as it found,
    # but for what the text names.
    missed = np.isin(answers.search, unfinished)
    unnamed = parts[missed].sum(axis=1) - np.maximum(parts[missed][:, 2], 0.0)
    np.add.at(other, row[missed], np.exp2(unnamed))
    return Sets(row, answers.member, parts, other, crowded)


def _settled(pairs: Comparisons, weights: Weights, known: Mask, rows: int) -> Mask:
    """Transactions that name one open item of just their amount, and no other."""
    found = pairs.reference.level < NOT_FOUND
    in_full = known & found & (weights.kind == Kind.FULL)
    others = np.bincount(pairs.transaction[found & ~in_full], minlength=rows)
    exact = np.bincount(pairs.transaction[in_full], minlength=rows)
    return (others == 0) & (exact >= 1)


def _as_even(searches: Searches, amounts: Ints) -> Floats:
    """How likely money is just some amount, if it is as even as a search's items are.

    One of as many amounts as there are up to their sum: 24 multiples of 5 up to 120.
    """
    owner, place = expand(searches.start, searches.count)
    sizes = np.abs(amounts[place])
    begin = np.flatnonzero(begins(owner))
    common = np.gcd.reduceat(sizes, begin)
    step = np.max(np.where(common[:, None] % _STEPS == 0, _STEPS, 1), axis=1)
    return step / np.add.reduceat(sizes, begin)


def _whose(items: Ints, pairs: Comparisons, ledger: Ledger) -> Ints:
    """The customer among whose items each is looked for; -1 for none.

    One who may have paid, or of whom the text names an open item plainly.
    """
    customer = ledger.customers.of_invoice[pairs.invoice[items]]
    known = may_have_paid(pairs.payer[items], pairs.sharers[items])
    plain = pairs.reference.level[items] < NOT_FOUND
    plain &= pairs.reference.bits[items] >= PLAIN
    key = pairs.transaction[items] * (len(ledger.customers.ids) + 1) + customer
    # Of the few transactions that name something plainly.
    some = np.zeros(int(pairs.transaction.max(initial=-1)) + 1, np.bool_)
    some[pairs.transaction[items[plain]]] = True
    at = np.flatnonzero(~known & some[pairs.transaction[items]])
    known[at] = np.isin(key[at], key[plain])
    return np.where(known, customer, -1)


def _searches(
    items: Ints,
    whose: Ints,
    pairs: Comparisons,
    transactions: TransactionColumns,
    ledger: Ledger,
) -> Searches:
    """One search a transaction and customer, and one for what its text names."""
    named = items[pairs.reference.level[items] < NOT_FOUND]
    named = named[_several(pairs.transaction[named])]
    items, whose = items[whose >= 0], whose[whose >= 0]
    several = _several(pairs.transaction[items])
    pair = np.concatenate([items[several], named])
    whose = np.concatenate([whose[several], np.full(len(named), -1)])
    row, invoice = pairs.transaction[pair], pairs.invoice[pair]
    due, issued = ledger.invoices.due[invoice], ledger.invoices.issued[invoice]
    age = np.where(due == NO_DAY, issued, due)
    order = np.lexsort((invoice, age, whose, row))
    pair, whose, row, invoice = pair[order], whose[order], row[order], invoice[order]
    new = begins(row, whose)
    start = np.flatnonzero(new)
    count = sizes(start, len(row))
    payers = row[start]
    choices = ledger.customer_items.open_on(
        ledger.customers.numbers(whose[start]),
        transactions.currency[payers],
        transactions.day[payers],
    )
    choices = np.where(whose[start] < 0, count, choices)
    owed = ledger.invoices.outstanding[invoice]
    most = np.add.reduceat(np.maximum(owed, 0), start) if len(start) else start
    # A hot customer's items are not all at hand: no sums among some of them.
    keep = (count >= 2) & (count >= choices) & (most >= transactions.gross[row[start]])
    keep &= count <= MOST_ITEMS
    return Searches(
        row[start][keep],
        whose[start][keep],
        start[keep],
        count[keep],
        pair,
    )


def _several(row: Ints) -> Mask:
    """Rows whose transaction has others, too: one item is no set."""
    return np.bincount(row)[row] >= 2


def _short(searches: Searches) -> Searches:
    """The rest is left to the second look: most of their items are taken by then."""
    keep = searches.count <= MOST_ENUMERATED
    return Searches(
        searches.transaction[keep],
        searches.customer[keep],
        searches.start[keep],
        searches.count[keep],
        searches.pair,
    )


def _solve(
    searches: Searches,
    amounts: Ints,
    transactions: TransactionColumns,
    ruleset: Ruleset,
) -> tuple[Answers, Ints]:
    """Every answer, and the searches that were not exhaustive."""
    targets = transactions.gross[searches.transaction]
    found = [np.zeros(0, np.int64)]
    chosen = [np.zeros((0, MOST_MEMBERS), np.int64)]
    for size in range(2, MOST_ENUMERATED + 1):
        these = np.flatnonzero(searches.count == size)
        if len(these):
            table = amounts[searches.start[these][:, None] + np.arange(size)]
            row, mask = enumerate_sums(table, targets[these])
            held = members(mask, size)
            keep = _fitting(held, ruleset.groups.invoices)
            found.append(these[row[keep]])
            chosen.append(_padded(held[keep]))
    unfinished = np.zeros(len(targets), np.bool_)
    for at in np.flatnonzero(searches.count > MOST_ENUMERATED).tolist():
        start, stop = searches.start[at], searches.start[at] + searches.count[at]
        places, unfinished[at] = _among_many(
            amounts[start:stop], int(targets[at]), ruleset.groups.invoices
        )
        found.append(np.full(len(places), at))
        chosen.append(places)
    search, places = np.concatenate(found), np.concatenate(chosen)
    pair = searches.pair[searches.start[search][:, None] + places]
    answers = Answers(search, places, np.where(places >= 0, pair, -1))
    return answers, np.flatnonzero(unfinished)


def _among_many(items: Ints, target: int, most: int) -> tuple[Ints, bool]:
    """Every answer among many items; or the likely ones, and that these are not all."""
    mask = met_sums(items, target) if len(items) <= MOST_MET else None
    if mask is None:
        return likely_sums(items[None, :], np.array([target]), most)[1], True
    if not len(mask):
        return np.zeros((0, MOST_MEMBERS), np.int64), False
    held = members(mask, len(items))
    return _padded(held[_fitting(held, most)]), False


def _fitting(held: Mask, most: int) -> Mask:
    """Subsets of two members or more, but not of too many."""
    size = held.sum(axis=1)
    return (size >= 2) & (size <= most)


def _padded(held: Mask) -> Ints:
    """Places of the members, in order, padded with -1."""
    out = np.full((len(held), MOST_MEMBERS), -1)
    row, place = np.nonzero(held)
    at = np.arange(len(row)) - np.searchsorted(row, row)
    out[row, at] = place
    return out


def _distinct(searches: Searches, answers: Answers) -> Answers:
    """One of each set: a customer's items may be those that the text names, too."""
    member = answers.member
    key = np.where(member >= 0, mix(member.ravel()).reshape(member.shape), np.uint64(0))
    of_set = key.sum(axis=1, dtype=np.uint64)
    order = np.lexsort((searches.customer[answers.search] < 0, of_set))
    new = begins(of_set[order])
    keep = np.sort(order[new])
    return Answers(answers.search[keep], answers.chosen[keep], member[keep])


def _parts(member: Ints, pairs: Comparisons, weights: Weights) -> Floats:
    """The members' evidence: who paid and when once, each reference for itself."""
    held = member >= 0
    size = np.maximum(held.sum(axis=1), 1)
    found = held & (pairs.reference.level[member] < NOT_FOUND)
    named = np.where(found, weights.reference[member], 0.0).sum(axis=1)
    missing = (held & ~found).sum(axis=1)
    silent = np.where(missing > 0, _NOT_ALL_NAMED, 0.0) + missing * _NOT_NAMED
    none = weights.reference[member[:, 0]]
    parts = np.zeros((len(member), len(PARTS)))
    parts[:, 2] = np.where(found.any(axis=1), named + silent, none)
    payer = np.where(held, weights.counterparty[member], -np.inf)
    parts[:, 3] = payer.max(axis=1, initial=-64.0)
    dates = np.where(held, weights.date[member], 0.0).sum(axis=1) / size
    parts[:, 4] = quantised(dates)
    return parts
