"""Customers that join a ledger, against those of a ledger indexed anew."""

from itertools import combinations
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Customer
from payymo_core.accounts import text_keys
from payymo_core.customers import (
    MOST_WORD_SHARERS,
    Customers,
    customers_of,
    initial_keys,
    pair_keys,
)
from payymo_core.keys import KeyIndex, mix
from payymo_core.newcomers import with_customers

ACCOUNTS = ("DE89370400440532013000", "NL91ABNA0417164300", "1234567890", "44")
COMMON = ("HOSTING", "BERG", "LUND", "MEDIA")
RARE = ("KRAUT", "OLIVE", "PINE", "QUARTZ", "ROSE", "SLATE", "TEAL", "UMBER")


def people(dice: Random, count: int) -> list[Customer]:
    """Customers with few words between them, some of whom tell two things."""

    def name() -> str | None:
        words = [word for word in COMMON if dice.random() < 0.6]
        words += dice.sample(RARE, dice.randrange(3))
        return " ".join(dice.sample(words, len(words))) or None

    return [
        Customer(
            id=f"c{dice.randrange(100)}",
            name=name(),
            company=name() if dice.random() < 0.3 else None,
            ibans=tuple(dice.sample(ACCOUNTS[:2], dice.randrange(2))),
            accounts=tuple(dice.sample(ACCOUNTS, dice.randrange(3))),
            aliases=tuple(filter(None, [name()])),
        )
        for _ in range(count)
    ]


def found(index: KeyIndex, keys: np.ndarray) -> list[list[int]]:
    """The rows of each key."""
    needle, row, _ = index.probe(keys, 10_000)
    return [row[needle == n].tolist() for n in range(len(keys))]


def told(customers: Customers) -> object:
    """All that can be looked up, in the words of whoever looks."""
    ids, names, words = list(customers.ids), customers.names, customers.words

    def called(rows: list[int]) -> list[str]:
        return sorted(names[row] for row in rows)

    every = np.array([words[word] for word in sorted(words)], np.int64)
    owner = mix(
        np.array([customers.name_rows[name] for name in sorted(names)], np.int64)
    )
    pairs = np.array(list(combinations(every.tolist(), 2)), np.int64).reshape(-1, 2)
    letters = np.unique([ord(word[0]) for word in words])
    begun = initial_keys(np.repeat(every, len(letters)), np.tile(letters, len(every)))
    accounts = text_keys([account[-10:] for account in ACCOUNTS])
    spoken = text_keys([" ".join(pair) for pair in combinations((*COMMON, *RARE), 2)])
    return {
        "ids": ids,
        "of invoice": customers.of_invoice.tolist(),
        "named": customers.named.tolist(),
        "banked": customers.banked.tolist(),
        "names": dict(
            zip(sorted(names), found(customers.name_owner, owner), strict=True)
        ),
        "words": list(customers.sorted_words),
        "common": [bool(customers.common[words[word]]) for word in sorted(words)],
        "of words": list(map(called, found(customers.word_names, mix(every)))),
        "of pairs": list(map(called, found(customers.pair_names, pair_keys(*pairs.T)))),
        "of initials": list(map(called, found(customers.pair_names, begun))),
        "ibans": found(customers.ibans, text_keys(ACCOUNTS)),
        "accounts": found(customers.accounts, accounts),
        "tails": found(customers.iban_tails, accounts),
        "spoken": found(customers.in_text, spoken),
        "heads": customers.text_heads.tolist(),
        "longest": customers.text_length,
    }


@given(st.integers(0, 1000), st.integers(0, 90), st.integers(0, 90))
def test_customers_that_join_are_looked_up_as_if_they_had_been_there(seed, held, more):
    dice = Random(seed)
    first, then, last = people(dice, held), people(dice, more), people(dice, 3)
    sent = np.arange(-1, held)
    customers = customers_of(first, sent)
    before = told(customers)
    grown = with_customers(with_customers(customers, then), last)
    assert told(grown) == told(customers_of([*first, *then, *last], sent))
    assert told(customers) == before


def test_some_words_of_these_names_come_to_be_common():
    """Or the test above would not see what a word that becomes common changes."""
    dice = Random(1)
    few = customers_of(people(dice, 30), np.arange(30))
    many = customers_of(people(dice, 60), np.arange(60))
    assert not few.common.any()
    assert many.common.sum() >= 2
    assert len(many.pair_names.shelf) > MOST_WORD_SHARERS
