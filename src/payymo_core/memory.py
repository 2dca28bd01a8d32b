"""What verdicts taught about payers, indexed for the customers of a ledger."""

from collections.abc import Sequence

import numpy as np

from payymo_core.columns import CURRENCIES
from payymo_core.customers import Customers, account_keys, owner_index, text_keys
from payymo_core.experience import Memory
from payymo_core.keys import KeyIndex, Keys, mix
from payymo_core.learnt import Learnt, PayerKey, RememberedPayer, ShortPayer
from payymo_core.money import to_minor
from payymo_core.spans import scan


def remembered(learnt: Learnt, customers: Customers) -> Memory:
    """Index what was learnt of the payers of these customers; of others, nothing."""
    row = {customer: place for place, customer in enumerate(customers.ids)}
    known = [payer for payer in learnt.payers if payer.customer in row]

    def index(held: Sequence[RememberedPayer], keys: Keys) -> KeyIndex:
        owners = [row[payer.customer] for payer in held]
        return owner_index(keys, np.array(owners, np.int64))

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
    return Memory(
        ibans=index(ibans, text_keys([payer.value for payer in ibans])),
        accounts=index(accounts, account_keys(scan(numbers), len(numbers))[1]),
        names=index(names, text_keys([payer.value for payer in names])),
        fees=_fees(short, row),
        fee_share=np.array([_share(payer) for payer in short], np.float64),
    )


def _fees(short: Sequence[ShortPayer], row: dict[str, int]) -> KeyIndex:
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
