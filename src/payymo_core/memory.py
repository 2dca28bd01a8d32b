"""What verdicts taught about payers, indexed for the customers of a ledger."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from attrs import evolve

from payymo_core.accounts import account_keys, text_keys
from payymo_core.columns import CURRENCIES
from payymo_core.customers import Customers
from payymo_core.experience import Habits, Memory, PayerIndex
from payymo_core.keys import KeyIndex, Keys, mix
from payymo_core.learnt import PayerKey, RememberedPayer, ShortPayer
from payymo_core.money import to_minor
from payymo_core.rules import Exactness, Ruleset


def remembered(ruleset: Ruleset, customers: Customers) -> Memory:
    """Index what was learnt of the payers of these customers; of others, nothing."""
    learnt = ruleset.learnt
    row = _rows(ruleset, customers)
    known = [payer for payer in learnt.payers if payer.customer in row]
    ibans = [payer for payer in known if payer.key is PayerKey.IBAN]
    accounts = [payer for payer in known if payer.key is PayerKey.ACCOUNT]
    # A name that a customer bears says by itself whom it means, and its bearers are
    # as many as before.
    names = [
        payer
        for payer in known
        if payer.key is PayerKey.NAME and payer.value not in customers.name_rows
    ]
    short = [payer for payer in learnt.short_payers if payer.customer in row]
    numbers = [payer.value for payer in accounts]
    tails = account_keys(numbers)[1]
    return Memory(
        ibans=_payers(ibans, text_keys([payer.value for payer in ibans]), row),
        accounts=_payers(accounts, tails, row),
        names=_payers(names, text_keys([payer.value for payer in names]), row),
        fees=_fees(short, row),
        fee_share=np.array([_share(payer) for payer in short], np.float64),
        habits=_habits(ruleset, row, len(customers.ids)),
    )


def remembered_still(memory: Memory, ruleset: Ruleset, customers: Customers) -> Memory:
    """As ``remembered``, given what it was before more customers came."""
    learnt = ruleset.learnt
    if learnt.payers or learnt.short_payers or learnt.citing:
        return remembered(ruleset, customers)
    total = np.zeros(len(customers.ids) + 1, np.int64)
    return evolve(memory, habits=evolve(memory.habits, total=total))


def _rows(ruleset: Ruleset, customers: Customers) -> dict[str, int]:
    """Rows of those of the customers of whom something was learnt."""
    learnt, ids = ruleset.learnt, customers.ids
    told = chain(
        (payer.customer for payer in learnt.payers),
        (payer.customer for payer in learnt.short_payers),
        (habit.customer for habit in learnt.citing),
    )
    at = {customer: bisect_left(ids, customer) for customer in told}
    return {
        each: row for each, row in at.items() if tuple(ids[row : row + 1]) == (each,)
    }


def _payers(
    held: Sequence[RememberedPayer], keys: Keys, row: Mapping[str, int]
) -> PayerIndex:
    weight = np.array([payer.weight for payer in held], np.float64)
    # Who has paid nine times for one customer and once for another, pays for the
    # first as if for no other, and for the other as if that were one of ten.
    _, group = np.unique(keys, return_inverse=True)
    total = np.bincount(group, weight)
    sharers = np.rint(total[group] / weight).astype(np.int64)
    told = keys.nonzero()[0]
    return PayerIndex(
        KeyIndex.of(keys[told], told),
        np.array([row[payer.customer] for payer in held], np.int64),
        sharers,
    )


def _habits(ruleset: Ruleset, row: Mapping[str, int], customers: int) -> Habits:
    """How customers cite; what no rule of the ruleset finds any more is left out."""
    # As ``comparison.References`` tells what was found, and that nothing was.
    rules = {rule.name: place for place, rule in enumerate(ruleset.references)}
    rules[""] = -1
    ways = {way: place for place, way in enumerate((*Exactness, ""))}
    table = np.array(
        [
            (
                row[habit.customer],
                rules[habit.rule],
                ways[habit.way],
                habit.payments,
            )
            for habit in ruleset.learnt.citing
            if habit.customer in row and habit.rule in rules
        ],
        np.int64,
    ).reshape(-1, 4)
    customer, rule, way, payments = table.T
    total = np.bincount(customer, payments, customers + 1).astype(np.int64)
    ways_index = KeyIndex.of(mix(customer, rule, way), np.arange(len(table)))
    return Habits(ways_index, payments, total)


def _fees(short: Sequence[ShortPayer], row: Mapping[str, int]) -> KeyIndex:
    """Places in ``short`` by customer, currency and fee."""
    table = np.array(
        [
            (
                row[payer.customer],
                CURRENCIES.index(payer.currency),
                to_minor(payer.fee, payer.currency),
            )
            for payer in short
        ],
        np.int64,
    ).reshape(-1, 3)
    return KeyIndex.of(mix(*table.T), np.arange(len(short)))


def _share(payer: ShortPayer) -> float:
    """How likely the next fee is the usual one: one time in three after one payment."""
    return payer.payments / (payer.payments + 2)
