"""How payers choose what they pay together, of all that they could."""

from math import comb

import numpy as np
from attrs import frozen

from payymo_core.columns import NO_DAY
from payymo_core.comparison import Comparisons
from payymo_core.keys import Floats, Ints
from payymo_core.ledger import Ledger
from payymo_core.subsets import MOST_MEMBERS

# How payers choose what to pay together: everything that is open, the oldest ones, one
# month's, or any choice at all, of which larger ones are the rarer.
_ALL_OPEN = 0.35
_OLDEST = 0.3
_ONE_MONTH = 0.1
_ANY = 0.25
_ONE_MORE = 0.6
_LEAVE_OUT = 0.1  # of those that are paid in order, this one or that is in dispute
_OF_SEVERAL_CUSTOMERS = 0.02


@frozen(eq=False)
class Searches:
    """Items among which a transaction's amount is looked for as a sum.

    Attributes:
        transaction: Row of the transaction of each search.
        customer: Whose items they are; -1 for those that the text names.
        start: Where its items begin.
        count: How many it has: all that were open, or all that are named.
        pair: The pair of each item, the oldest first.
    """

    transaction: Ints
    customer: Ints
    start: Ints
    count: Ints
    pair: Ints


@frozen(eq=False)
class Answers:
    """Sets that add up: the search of each, and its members padded with -1.

    Attributes:
        search: The search that found it.
        chosen: Places of its members among the search's items, rising.
        member: Its pairs.
    """

    search: Ints
    chosen: Ints
    member: Ints


def choice_bits(
    searches: Searches,
    answers: Answers,
    pairs: Comparisons,
    ledger: Ledger,
    open_bits: Floats,
) -> Floats:
    """log2 of how likely payers are to choose just these, of all they could."""
    search, chosen, member = answers.search, answers.chosen, answers.member
    held = member >= 0
    size = held.sum(axis=1)
    invoice = pairs.invoice[member]
    customer = np.where(held, ledger.customers.of_invoice[invoice], -1)
    one = (customer == customer[:, :1]) | ~held
    same = one.all(axis=1) & (customer[:, 0] >= 0)
    among = searches.count[search]
    whole = searches.customer[search] >= 0
    chance = _any_choice(among, size)
    through = np.where(held, chosen, -1).max(axis=1, initial=0) + 1
    chance += np.where(whole, _in_order(size, through, among), 0.0)
    month = _month_sizes(searches, answers, pairs, ledger)
    chance += np.where(whole & (month == size) & (size < among), _ONE_MONTH / 2, 0.0)
    # Before anything is known of the amount, any open item is as likely to be paid: a
    # customer with more of them pays the more often.
    chance *= np.where(whole, among, 1)
    # Of several customers: any other open item could have been meant.
    apart = np.log2(_OF_SEVERAL_CUSTOMERS) - (size - 1) * open_bits
    return np.where(whole | same, np.log2(np.maximum(chance, 2.0**-60)), apart)


MOST_ITEMS = 40
"""Items that a set is looked for among; whoever names more names a list."""

_CHOICES = np.array(
    [
        [
            _ANY * (1 - _ONE_MORE) * _ONE_MORE ** (size - 2) / comb(among, size)
            if 2 <= size <= among
            else 0.0
            for size in range(MOST_MEMBERS + 1)
        ]
        for among in range(41)
    ]
)


_MOST_LEFT_OUT = 3
_LEFT_OUT = np.array(
    [
        [
            _LEAVE_OUT**gaps / max(comb(through, gaps), 1)
            for gaps in range(_MOST_LEFT_OUT + 1)
        ]
        for through in range(41)
    ]
)


def _in_order(size: Ints, through: Ints, among: Ints) -> Floats:
    """Chance of the oldest so many, or of all, but for a few that are in dispute.

    Args:
        size: Members of the set.
        through: Place of its newest member, from one.
        among: How many it was chosen from.
    """
    left_out = through - size
    few = left_out <= _MOST_LEFT_OUT
    # Of so many oldest: few more often than many, and any number now and then.
    so_many = 0.5 * (1 - _ONE_MORE) * _ONE_MORE ** (size - 2.0) + 0.5 / among
    habit = np.where(through == among, _ALL_OPEN, _OLDEST * so_many)
    gaps = np.where(few, left_out, 0)
    return np.where(few, habit * _LEFT_OUT[np.minimum(through, 40), gaps], 0.0)


def _any_choice(among: Ints, size: Ints) -> Floats:
    """Chance of one set of a size, when any set of the open items may be meant."""
    return _CHOICES[np.minimum(among, len(_CHOICES) - 1), size]


def _month_sizes(
    searches: Searches, answers: Answers, pairs: Comparisons, ledger: Ledger
) -> Ints:
    """Items of one month's issue, where all members are of that month; else 0."""
    search, chosen = answers.search, answers.chosen
    issued = ledger.invoices.issued[pairs.invoice[searches.pair]]
    month = _months(issued)
    begin = searches.start[search]
    of_member = month[begin[:, None] + np.maximum(chosen, 0)]
    held = chosen >= 0
    first = of_member[:, 0]
    alike = ((of_member == first[:, None]) | ~held).all(axis=1) & (first > 0)
    total = np.zeros(len(search), np.int64)
    for place in range(41):
        inside = place < searches.count[search]
        at = np.minimum(begin + place, max(len(month) - 1, 0))
        total += inside & (month[at] == first)
    return np.where(alike, total, 0)


def _months(day: Ints) -> Ints:
    """A number for each month; 0 for a date that is not known."""
    epoch = 719_163  # the ordinal of 1970-01-01
    known = day != NO_DAY
    stamp = (np.where(known, day, epoch) - epoch).astype("datetime64[D]")
    months = stamp.astype("datetime64[M]").astype(np.int64) + 1
    return np.where(known, months + 12 * 2000, 0)
