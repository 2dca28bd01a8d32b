"""Who bears a name: each distinct name of a run is looked up once."""

from bisect import bisect_left
from collections.abc import Sequence
from enum import IntEnum, unique
from itertools import combinations, takewhile
from typing import NamedTuple

import numpy as np
from attrs import frozen

from payymo_core.columns import TransactionColumns
from payymo_core.customers import (
    MOST_COMMON_WORDS,
    MOST_WORD_SHARERS,
    Customers,
    initial_keys,
    pair_keys,
    text_keys,
)
from payymo_core.experience import Memory
from payymo_core.keys import Counts, Floats, Ints, Levels, Mask, mix, sorted_unique
from payymo_core.normalisation import name_sequences, name_words
from payymo_core.sequences import begins, sizes

MOST_SHARERS = 20
"""Customers that share an account or a name; more, and it tells nobody apart."""


@unique
class PayerLevel(IntEnum):
    """How well the counterparty agrees with a customer, best first."""

    IBAN = 0
    ACCOUNT = 1
    PAID_BEFORE = 2
    """The account, or somebody of this very name, paid for the customer before."""
    NAME = 3
    NAME_PART = 4
    SIMILAR_NAME = 5
    ABBREVIATED = 6
    """Some of its words, others cut short: "S. Walker", "Rossi Tran."."""
    NAME_IN_TEXT = 7
    SHARED_WORD = 8
    UNKNOWN = 9
    OTHER = 10


def may_have_paid(level: Ints | Levels, sharers: Ints | Counts) -> Mask:
    """Whether a customer may be the payer, by ``PayerLevel`` and who else would fit.

    One word that no other customer has may be an abbreviated name.
    """
    word = (level == PayerLevel.SHARED_WORD) & (sharers == 1)
    return (level < PayerLevel.SHARED_WORD) | word


@frozen(eq=False)
class Bearers:
    """Customers that may bear the names of a run's transactions.

    Attributes:
        start: Where those of each name begin.
        count: How many each name has.
        customer: Row of the customer.
        level: A ``PayerLevel``.
        sharers: Customers that the same name would fit as well.
        words: Words that agree; 1 where none do.
    """

    start: Ints
    count: Ints
    customer: Ints
    level: Ints
    sharers: Ints
    words: Ints


def bearers_of(
    transactions: TransactionColumns, customers: Customers, memory: Memory
) -> Bearers:
    """Look up each distinct name of the transactions among the customers'."""
    size = len(transactions.names)
    asked = np.flatnonzero(
        np.bincount(transactions.name[transactions.name >= 0], minlength=size)
    )
    names = [transactions.names[place] for place in asked.tolist()]
    wanted = list(map(name_words, name_sequences(names)))
    found = [_resolve(wanted, customers)]
    if len(known := memory.names.customer):
        needle, place, _ = memory.names.places.probe(text_keys(wanted), MOST_SHARERS)
        level = np.full(len(needle), PayerLevel.PAID_BEFORE)
        words = np.ones(len(needle), np.int64)
        sharers = memory.names.sharers[place]
        found.append((needle, known[place], level, sharers, words))
    name, *columns = map(np.concatenate, zip(*found, strict=True))
    # In the order of what they say: names have no order of their own.
    order = np.lexsort((*reversed(columns), name))
    count = np.bincount(asked[name], minlength=size)
    return Bearers(np.cumsum(count) - count, count, *(c[order] for c in columns))


_Rows = tuple[Ints, Ints, Ints, Ints, Ints]


def _resolve(asked: list[str], customers: Customers) -> _Rows:
    """Customers for distinct names, given as sorted words."""
    known = customers.name_rows
    same = [(n, known[text]) for n, text in enumerate(asked) if text in known]
    exact = np.array(same, np.int64).reshape(-1, 2)
    rest = np.array([n for n, t in enumerate(asked) if t and t not in known], np.int64)
    near, name, level, words = _near_names(asked, rest, customers)
    count = np.array([len(asked[n].split()) for n in exact[:, 0]], np.int64)
    row = np.concatenate([exact[:, 0], near])
    place = np.concatenate([exact[:, 1], name])
    levels = np.concatenate([np.full(len(exact), PayerLevel.NAME), level])
    agreed = np.concatenate([count, words])
    needle, customer, _ = customers.name_owner.probe(mix(place), MOST_SHARERS)
    row, levels = row[needle], levels[needle]
    group = row * len(PayerLevel) + levels
    _, back, sharers = np.unique(group, return_inverse=True, return_counts=True)
    return row, customer, levels, sharers[back], agreed[needle]


# Names are alike when at most about one letter in eight differs: the value where
# held-out pairs of names of one and of different companies part best.
_LIKE = 0.88


def _near_names(
    asked: Sequence[str], rest: Ints, customers: Customers
) -> tuple[Ints, Ints, Ints, Ints]:
    """Names that share a rare word with the ones asked for, and how near they are."""
    pairs = [
        (n, customers.words[meant])
        for n in rest.tolist()
        for word in asked[n].split()
        for meant in _meant(word, customers)
    ]
    table = np.array(pairs, np.int64).reshape(-1, 2)
    needle, name, _ = customers.word_names.probe(mix(table[:, 1]), MOST_WORD_SHARERS)
    row = table[needle, 0]
    order = np.lexsort((name, row))
    row, name = row[order], name[order]
    first = np.flatnonzero(begins(row, name))
    count = sizes(first, len(row))
    row, name, count = _with_common(
        (row[first], name[first], count), asked, rest, customers
    )
    ours, theirs = _taken_apart(asked, row), _taken_apart(customers.names, name)
    level = np.array(list(map(_nearness, ours, theirs)), np.int64)
    unlike = [
        n
        for n in np.flatnonzero(level == PayerLevel.SHARED_WORD).tolist()
        if _may_be(ours[n], theirs[n])
    ]
    alike = _similarity(
        [asked[n] for n in row[unlike].tolist()],
        [customers.names[n] for n in name[unlike].tolist()],
    )
    level[np.array(unlike, np.int64)[alike >= _LIKE]] = PayerLevel.SIMILAR_NAME
    # A common word and an initial say something of a name cut short alone.
    keep = (count > 0) | (level == PayerLevel.ABBREVIATED)
    return row[keep], name[keep], level[keep], np.maximum(count, 1)[keep]


def _with_common(
    found: tuple[Ints, Ints, Ints],
    asked: Sequence[str],
    rest: Ints,
    customers: Customers,
) -> tuple[Ints, Ints, Ints]:
    """And names that share two common words: (name asked for, name, words agreed).

    Or one of them, and the initial of another word: then no word is told to agree.
    """
    pairs = [
        (n, one, other)
        for n in rest.tolist()
        for one, other in combinations(_common_words(asked[n], customers), 2)
    ]
    table = np.array(pairs, np.int64).reshape(-1, 3)
    needle, name, _ = customers.pair_names.probe(
        pair_keys(table[:, 1], table[:, 2]), MOST_WORD_SHARERS
    )
    width = len(customers.names) + 1
    key, hits = np.unique(table[needle, 0] * width + name, return_counts=True)
    # Of k words that agree, k (k - 1) / 2 pairs are found.
    words = np.rint((1 + np.sqrt(1 + 8 * hits)) / 2).astype(np.int64)
    cut = _with_initials(asked, rest, customers, width)
    cut = cut[~np.isin(cut, key)]
    key, words = np.r_[key, cut], np.r_[words, np.zeros(len(cut), np.int64)]
    row, known, count = found
    held = row * width + known  # in order
    new = np.searchsorted(held, key) == np.searchsorted(held, key, "right")
    row = np.concatenate([row, key[new] // width])
    name = np.concatenate([known, key[new] % width])
    count = np.concatenate([count, words[new]])
    order = np.lexsort((name, row))
    return row[order], name[order], count[order]


def _with_initials(
    asked: Sequence[str], rest: Ints, customers: Customers, width: int
) -> Ints:
    """Names with a common word, and another that begins with an initial asked for."""
    pairs = [
        (n, known, ord(word))
        for n in rest.tolist()
        for word in asked[n].split()
        if len(word) == 1
        for known in _common_words(asked[n], customers)
    ]
    table = np.array(pairs, np.int64).reshape(-1, 3)
    needle, name, _ = customers.pair_names.probe(
        initial_keys(table[:, 1], table[:, 2]), MOST_WORD_SHARERS
    )
    return sorted_unique(table[needle, 0] * width + name)


def _common_words(asked: str, customers: Customers) -> list[int]:
    words = [customers.words.get(word, -1) for word in asked.split()]
    return [w for w in words if w >= 0 and customers.common[w]][:MOST_COMMON_WORDS]


_LEAST_BEGINNING = 4
_MOST_BEGUN = 3


def _meant(word: str, customers: Customers) -> Sequence[str]:
    """The word of a name that is written: itself, or the few that begin with it."""
    if word in customers.words:
        return (word,)
    if len(word) < _LEAST_BEGINNING:
        return ()
    known = customers.sorted_words
    begin = bisect_left(known, word)
    begun = list(
        takewhile(
            lambda other: other.startswith(word),
            known[begin : begin + _MOST_BEGUN + 1],
        )
    )
    return begun if len(begun) <= _MOST_BEGUN else ()


class _Name(NamedTuple):
    """The words of a name; it is taken apart once, and compared with many.

    Attributes:
        words: In their order.
        held: The same as a set.
        exact: Those in which a slip is none: numbers and initials.
        spaced: A space before each.
    """

    words: tuple[str, ...]
    held: frozenset[str]
    exact: frozenset[str]
    spaced: str

    @classmethod
    def of(cls, text: str) -> "_Name":
        words = tuple(text.split())
        exact = (word for word in words if len(word) == 1 or not word.isalpha())
        return cls(words, frozenset(words), frozenset(exact), f" {text}")


def _taken_apart(names: Sequence[str], places: Ints) -> list[_Name]:
    """Some names, each as often as its place is given."""
    distinct, back = np.unique(places, return_inverse=True)
    parts = [_Name.of(names[place]) for place in distinct.tolist()]
    return [parts[n] for n in back.tolist()]


def _may_be(one: _Name, other: _Name) -> bool:
    """Whether two names do not differ in what is never a slip: numbers and initials.

    >>> _may_be(_Name.of("17 FONDS IMMOBILIEN"), _Name.of("18 FONDS IMMOBILIEN"))
    False
    """
    return not (one.exact and other.exact and one.exact != other.exact)


def _nearness(one: _Name, other: _Name) -> PayerLevel:
    """Level of two names, given as sorted words, that share at least one.

    >>> _nearness(_Name.of("ROSSI TRAN"), _Name.of("ROSSI TRANSPORTS")).name
    'ABBREVIATED'
    """
    mine, yours = one.held, other.held
    if mine <= yours or yours <= mine:
        return PayerLevel.NAME_PART
    for word in one.words:
        if word not in yours and f" {word}" not in other.spaced:
            return PayerLevel.SHARED_WORD  # most pairs: it begins no word at all
    # "S. WALKER": what is not a whole word of the name begins one that is left.
    left = sorted(yours - mine)
    for word in one.words:
        if word not in yours:
            begun = next((w for w in left if w.startswith(word)), None)
            if begun is None:
                return PayerLevel.SHARED_WORD
            left.remove(begun)
    return PayerLevel.ABBREVIATED


def _similarity(one: Sequence[str], other: Sequence[str]) -> Floats:
    """Similarity in [0, 1], pair by pair; the only place that asks for one."""
    if not one:
        return np.zeros(0)
    # Imported here, when first used: it is a tenth of the package's import time.
    from rapidfuzz import fuzz, process  # noqa: PLC0415

    return process.cpdist(one, other, scorer=fuzz.ratio, workers=1) / 100
