"""When invoices are paid: levels of lateness, and how common each is on a day.

That an invoice is due this week says much where few are, and little where most are: the
ledger itself tells how many were open on a day, and how many of these were due when.
"""

from enum import IntEnum, unique

import numpy as np
from attrs import frozen

from payymo_core.columns import CURRENCIES, NO_DAY, InvoiceColumns
from payymo_core.keys import Ints, Levels, Mask
from payymo_core.patched import Patched


@unique
class DateLevel(IntEnum):
    """When the money came, from the due date (where there is none, the issue date)."""

    UNKNOWN = 0
    LONG_BEFORE_ISSUE = 1
    """By more days than who pays ahead of an invoice is early."""
    BEFORE_ISSUE = 2
    EARLY = 3
    """More than a week before it was due."""
    AHEAD = 4
    ON_TIME = 5
    """Within a day of the due date."""
    DAYS_LATE = 6
    """By a week at most."""
    WEEKS_LATE = 7
    """By a month at most."""
    MONTHS_LATE = 8
    """By four months at most."""
    VERY_LATE = 9
    STALE = 10


# Last day after the due date of each level but the last, which the ruleset bounds.
_LAST_DAY = {
    DateLevel.EARLY: -8,
    DateLevel.AHEAD: -2,
    DateLevel.ON_TIME: 1,
    DateLevel.DAYS_LATE: 7,
    DateLevel.WEEKS_LATE: 30,
    DateLevel.MONTHS_LATE: 120,
}
GRACE = 3
"""Banks book and clocks differ by a day or two: so long before its issue may be."""
PREPAID = 10
"""Who knows what is to come pays so many days before the issue at the most."""

_STEP = 1 << 21  # above the ordinal of any date


@frozen(eq=False)
class Timing:
    """The open items of a ledger by direction and date.

    A direction is a currency and whether money comes in or goes out.

    Attributes:
        issued: Sorted keys of direction and issue date.
        expected: Sorted keys of direction and due date.
    """

    issued: Patched[np.int64]
    expected: Patched[np.int64]

    @classmethod
    def of(cls, issued: Ints, expected: Ints) -> "Timing":
        """Order keys of issue and of due dates."""
        return cls(Patched.of(np.sort(issued)), Patched.of(np.sort(expected)))

    def open_on(self, way: Ints, day: Ints) -> Ints:
        """How many items were open on each day: issued by then, or who knows when."""
        return _between(self.issued, way, np.zeros_like(day), _until(day))

    def levels_on(self, way: Ints, day: Ints, stale_after: int) -> tuple[Ints, Ints]:
        """How many open items were at each level on each day.

        Args:
            way: Direction of each transaction.
            day: Its day, or ``NO_DAY``.
            stale_after: Days after which an invoice is stale.

        Returns:
            A row for each direction and day that there is, a column a level; and the
            row of each transaction.
        """
        distinct, back = np.unique(way * _STEP + _ordinal(day), return_inverse=True)
        way, day = distinct // _STEP, distinct % _STEP
        out = np.zeros((len(distinct), len(DateLevel)), np.int64)
        # Of each level from ahead of time to stale, the days on which it was due.
        last = day[:, None] - np.array([*_LAST_DAY.values(), stale_after]) - 1
        first = np.ones_like(last)
        first[:, :-1] = last[:, 1:] + 1
        out[:, DateLevel.AHEAD :] = _between(self.expected, way[:, None], first, last)
        rest = self.open_on(way, day) - out.sum(axis=1)
        out[:, DateLevel.EARLY] = np.maximum(rest, 0)
        return out, back


@frozen(eq=False)
class CustomerItems:
    """The open items of each customer by currency and issue date, as sorted keys."""

    keys: Patched[np.int64]

    @classmethod
    def of(cls, keys: Ints) -> "CustomerItems":
        """Order keys of customer, currency and issue date."""
        return cls(Patched.of(np.sort(keys)))

    def without(self, keys: Ints) -> "CustomerItems":
        """The items but for those of some of the keys."""
        return CustomerItems(self.keys.changed(keys, keys[:0]))

    def open_on(self, customer: Ints, currency: Ints, day: Ints) -> Ints:
        """How many of them were open on each day.

        Args:
            customer: What the indexes call each customer; -1 for none.
            currency: Index into ``CURRENCIES``.
            day: Days, or ``NO_DAY``.
        """
        account = customer * len(CURRENCIES) + currency
        return _between(self.keys, account, np.zeros_like(day), _until(day))


def direction(currency: Ints, amount: Ints) -> Ints:
    """A number for currency and sign."""
    return currency * 2 + (amount < 0)


def direction_days(way: Ints, day: Ints) -> Ints:
    """Keys of directions and days."""
    return way * _STEP + _ordinal(day)


def customer_days(customer: Ints, currency: Ints, day: Ints) -> Ints:
    """Keys of customers, currencies and days."""
    return (customer * len(CURRENCIES) + currency) * _STEP + _ordinal(day)


def expected_day(invoices: InvoiceColumns, rows: Ints) -> Ints:
    """The due date of some invoices; where there is none, its issue date."""
    return due_day(invoices.due[rows], invoices.issued[rows])


def due_day(due: Ints, issued: Ints) -> Ints:
    """Due dates; where there is none, the issue date."""
    return np.where(due == NO_DAY, issued, due)


def before_issue(level: Levels) -> Mask:
    """Whether the money came before the invoice was there, by days or by weeks."""
    return (level == DateLevel.BEFORE_ISSUE) | (level == DateLevel.LONG_BEFORE_ISSUE)


def date_levels(day: Ints, issued: Ints, expected: Ints, stale_after: int) -> Levels:
    """The ``DateLevel`` of each pair, from days that may be ``NO_DAY``."""
    known = (day != NO_DAY) & (expected != NO_DAY)
    late = np.where(known, day - np.where(known, expected, 0), 0)
    last = [*_LAST_DAY.values(), stale_after]
    level = DateLevel.EARLY + np.searchsorted(last, late)
    since = np.where(known & (issued != NO_DAY), day - np.where(known, issued, 0), 0)
    level = np.where(since < -GRACE, DateLevel.BEFORE_ISSUE, level)
    level = np.where(since < -PREPAID, DateLevel.LONG_BEFORE_ISSUE, level)
    return np.where(known, level, DateLevel.UNKNOWN).astype(np.int8)


def _ordinal(day: Ints) -> Ints:
    """Days as small numbers: 0 for one that is not known."""
    return np.where(day == NO_DAY, 0, day)


def _until(day: Ints) -> Ints:
    """The last day of issue of what is open on a day; any day where it is unknown."""
    return np.where((day == NO_DAY) | (day == 0), _STEP - 1, day + GRACE)


def _between(keys: Patched[np.int64], group: Ints, first: Ints, last: Ints) -> Ints:
    """How many keys of each group lie from one day to another."""
    base, most = group * _STEP, _STEP - 1
    begin = keys.before(base + np.minimum(np.maximum(first, 0), most))
    end = keys.before(base + np.minimum(np.maximum(last, 0), most), "right")
    return np.maximum(end - begin, 0)
