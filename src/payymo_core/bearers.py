"""Who bears a name: each distinct name of a run is looked up once."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import IntEnum, unique
from itertools import chain

import numpy as np
from attrs import frozen

from payymo_core.accounts import text_keys
from payymo_core.columns import TransactionColumns
from payymo_core.customers import (
    MOST_COMMON_WORDS,
    MOST_WORD_SHARERS,
    Customers,
    initial_keys,
    pair_keys,
)
from payymo_core.experience import Memory
from payymo_core.keys import (
    Counts,
    Ints,
    Levels,
    Mask,
    expand,
    mix,
    renumbered,
    sorted_unique,
)
from payymo_core.likeness import InCommon, cut_short, similarity
from payymo_core.sequences import begins, sizes
from payymo_core.words import Words

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
    words = Words.of(names).in_order()
    texts = words.texts()
    found = [_resolve(words, texts, customers)]
    if len(known := memory.names.customer):
        needle, place, _ = memory.names.places.probe(text_keys(texts), MOST_SHARERS)
        level = np.full(len(needle), PayerLevel.PAID_BEFORE)
        agreed = np.ones(len(needle), np.int64)
        sharers = memory.names.sharers[place]
        found.append((needle, known[place], level, sharers, agreed))
    name, *columns = map(np.concatenate, zip(*found, strict=True))
    # In the order of what they say: names have no order of their own.
    order = np.lexsort((*reversed(columns), name))
    count = np.bincount(asked[name], minlength=size)
    return Bearers(np.cumsum(count) - count, count, *(c[order] for c in columns))


_Rows = tuple[Ints, Ints, Ints, Ints, Ints]


def _resolve(asked: Words, texts: Sequence[str], customers: Customers) -> _Rows:
    """Customers for distinct names, given as their words in order."""
    known = np.array([customers.name_rows.get(text, -1) for text in texts], np.int64)
    exact = np.flatnonzero(known >= 0)
    near, name, level, words = _near_names(asked.where(known < 0), texts, customers)
    row = np.concatenate([exact, near])
    place = np.concatenate([known[exact], name])
    levels = np.concatenate([np.full(len(exact), PayerLevel.NAME), level])
    agreed = np.concatenate([asked.said[exact], words])
    needle, customer, _ = customers.name_owner.probe(mix(place), MOST_SHARERS)
    row, levels = row[needle], levels[needle]
    group, groups = renumbered(row * len(PayerLevel) + levels)
    sharers = np.bincount(group, minlength=groups)
    return row, customer, levels, sharers[group], agreed[needle]


def _near_names(
    asked: Words, texts: Sequence[str], customers: Customers
) -> tuple[Ints, Ints, Ints, Ints]:
    """Names that share a rare word with the ones asked for, and how near they are."""
    if not len(asked.name) or not customers.words:
        none = asked.name[:0]
        return none, none, none, none
    row, word = _known_words(asked, customers)
    needle, name, _ = customers.word_names.probe(mix(word), MOST_WORD_SHARERS)
    width = len(customers.names) + 1
    pair, count = _counted(row[needle] * width + name)
    pair, count = _with_common((pair, count), asked, customers, width)
    row, name = pair // width, pair % width
    level = _levels(row, name, texts, customers.names)
    # A common word and an initial say something of a name cut short alone.
    keep = (count > 0) | (level == PayerLevel.ABBREVIATED)
    return row[keep], name[keep], level[keep], np.maximum(count, 1)[keep]


def _counted(values: Ints) -> tuple[Ints, Ints]:
    """Each value once, rising, and how often it is there."""
    values = np.sort(values)
    first = np.flatnonzero(begins(values))
    return values[first], sizes(first, len(values))


def _known_words(asked: Words, customers: Customers) -> tuple[Ints, Ints]:
    """The customers' words that the words of names may be: (name, number)."""
    count = np.zeros(len(asked.distinct), np.int64)
    used = np.flatnonzero(np.bincount(asked.word, minlength=len(count)))
    meant = [_meant(asked.distinct[word], customers) for word in used.tolist()]
    count[used] = list(map(len, meant))
    start = np.cumsum(count) - count
    said, at = expand(start[asked.word], count[asked.word])
    number = np.array(list(chain.from_iterable(meant)), np.int64)
    return asked.name[said], number[at]


def _with_common(
    found: tuple[Ints, Ints], asked: Words, customers: Customers, width: int
) -> tuple[Ints, Ints]:
    """And names that share two common words: (name asked for and name, words agreed).

    Or one of them, and the initial of another word: then no word is told to agree.
    """
    row, word = _common_words(asked, customers)
    rows, keys = [row[:0]], [np.zeros(0, np.uint64)]
    for apart in range(1, MOST_COMMON_WORDS):
        one = np.flatnonzero(row[apart:] == row[:-apart])
        rows.append(row[one])
        keys.append(pair_keys(word[one], word[one + apart]))
    needle, name, _ = customers.pair_names.probe(
        np.concatenate(keys), MOST_WORD_SHARERS
    )
    pair, hits = _counted(np.concatenate(rows)[needle] * width + name)
    # Of k words that agree, k (k - 1) / 2 pairs are found.
    words = np.rint((1 + np.sqrt(1 + 8 * hits)) / 2).astype(np.int64)
    cut = _with_initials((row, word), asked, customers, width)
    # Of equal ones the first stands: a rare word, two common ones, an initial.
    pair = np.concatenate([found[0], pair, cut])
    count = np.concatenate([found[1], words, np.zeros(len(cut), np.int64)])
    order = np.argsort(pair, kind="stable")
    order = order[begins(pair[order])]
    return pair[order], count[order]


def _with_initials(
    common: tuple[Ints, Ints], asked: Words, customers: Customers, width: int
) -> Ints:
    """Names with a common word, and another that begins with an initial asked for."""
    row, word = common
    initial = np.array([ord(w) if len(w) == 1 else 0 for w in asked.distinct])
    cut = np.flatnonzero(initial[asked.word])
    start = np.searchsorted(asked.name[cut], row)
    end = np.searchsorted(asked.name[cut], row, "right")
    owner, at = expand(start, end - start)
    keys = initial_keys(word[owner], initial[asked.word[cut[at]]])
    needle, name, _ = customers.pair_names.probe(keys, MOST_WORD_SHARERS)
    return sorted_unique(row[owner[needle]] * width + name)


def _common_words(asked: Words, customers: Customers) -> tuple[Ints, Ints]:
    """The first common words of each name: (name, number of the word)."""
    numbers = [customers.words.get(word, -1) for word in asked.distinct]
    number = np.array(numbers, np.int64)[asked.word]
    known = np.flatnonzero(number >= 0)
    common = known[customers.common[number[known]]]
    name, number = asked.name[common], number[common]
    first = np.arange(len(name)) - np.searchsorted(name, name) < MOST_COMMON_WORDS
    return name[first], number[first]


_LEAST_BEGINNING = 4
_MOST_BEGUN = 3


def _meant(word: str, customers: Customers) -> list[int]:
    """The word of a name that is written: itself, or the few that begin with it."""
    if (number := customers.words.get(word)) is not None:
        return [number]
    if len(word) < _LEAST_BEGINNING:
        return []
    known = customers.sorted_words
    begin = bisect_left(known, word)
    near = known[begin : begin + _MOST_BEGUN + 1]
    begun = [customers.words[other] for other in near if other.startswith(word)]
    return begun if len(begun) <= _MOST_BEGUN else []


# Names are alike when at most about one letter in eight differs: the value where
# held-out pairs of names of one and of different companies part best.
_LIKE = 0.88


def _levels(row: Ints, name: Ints, asked: Sequence[str], names: Sequence[str]) -> Ints:
    """Level of each pair of a name asked for and a customer's, as sorted words.

    Args:
        row: Place of the one in ``asked``.
        name: Place of the other in ``names``.
        asked: The names asked for.
        names: The customers'.
    """
    rows, one = np.unique(row, return_inverse=True)
    places, other = np.unique(name, return_inverse=True)
    texts = [asked[n] for n in rows.tolist()] + [names[n] for n in places.tolist()]
    other += len(rows)
    common = InCommon.of(texts, one, other)
    level = np.where(common.within(), PayerLevel.NAME_PART, PayerLevel.SHARED_WORD)

    def spelt(pairs: Ints) -> Iterator[list[str]]:
        return ([texts[n] for n in each[pairs].tolist()] for each in (one, other))

    cut = np.flatnonzero(common.may_be_cut() & ~common.within())
    cut = cut[np.array(list(map(cut_short, *spelt(cut))), np.bool_)]
    level[cut] = PayerLevel.ABBREVIATED
    slips = np.flatnonzero(common.may_be_slips() & (level == PayerLevel.SHARED_WORD))
    level[slips[similarity(*spelt(slips)) >= _LIKE]] = PayerLevel.SIMILAR_NAME
    return level
