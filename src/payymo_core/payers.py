"""Who pays: each distinct account and name is looked up once."""

from bisect import bisect_left
from collections.abc import Sequence
from enum import IntEnum, unique
from itertools import takewhile

import numpy as np
from attrs import frozen

from payymo_core.columns import TransactionColumns
from payymo_core.customers import Customers, account_keys, text_keys
from payymo_core.experience import Experience, Memory
from payymo_core.keys import Floats, Ints, KeyIndex, Keys, expand, mix
from payymo_core.normalisation import name_sequences, name_words
from payymo_core.rules import CounterpartyEvidence
from payymo_core.spans import runs, scan_folded
from payymo_core.texts import TextColumn

MOST_SHARERS = 20
"""Customers that share an account or a name; more, and it tells nobody apart."""
MOST_WORD_SHARERS = 40
MOST_NAME_ATOMS = 8


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


@frozen(eq=False)
class Payers:
    """Customers that a transaction may come from; the best level of each.

    Attributes:
        transaction: Row of the transaction, rising.
        customer: Row of the customer.
        level: A ``PayerLevel``.
        sharers: Customers that the same text would fit as well.
        words: Words that agree; 1 where none do.
    """

    transaction: Ints
    customer: Ints
    level: Ints
    sharers: Ints
    words: Ints


def payers_of(
    transactions: TransactionColumns,
    texts: TextColumn,
    customers: Customers,
    known: Experience,
    evidence: Sequence[CounterpartyEvidence],
) -> Payers:
    """Who may have sent each transaction, by every kind of evidence in use."""
    parts = [_none()]
    iban, account = paying_accounts(transactions)
    if CounterpartyEvidence.IBAN in evidence:
        parts.append(_by_key(iban, customers.ibans, PayerLevel.IBAN))
        parts.append(_by_key(iban, known.memory.ibans, PayerLevel.PAID_BEFORE))
    if CounterpartyEvidence.ACCOUNT in evidence:
        parts.append(_by_key(account, customers.accounts, PayerLevel.ACCOUNT))
        # The end of an IBAN is compared with an account alone, never with another IBAN.
        plain = np.where(iban == 0, account, np.uint64(0))
        parts.append(_by_key(plain, customers.iban_tails, PayerLevel.ACCOUNT))
        parts.append(_by_key(account, known.accounts, PayerLevel.PAID_BEFORE))
        parts.append(_by_key(account, known.memory.accounts, PayerLevel.PAID_BEFORE))
    if CounterpartyEvidence.NAME in evidence:
        parts.append(_by_name(transactions, customers, known.memory))
        names = name_keys(transactions.name)
        parts.append(_by_key(names, known.names, PayerLevel.PAID_BEFORE))
    if CounterpartyEvidence.TEXT in evidence:
        parts.append(_by_text(texts, customers))
    return _best([np.concatenate(column) for column in zip(*parts, strict=True)])


_Rows = tuple[Ints, Ints, Ints, Ints, Ints]


def _none() -> _Rows:
    empty = np.zeros(0, np.int64)
    return empty, empty, empty, empty, empty


def _rows(row: Ints, customer: Ints, level: int, sharers: Ints) -> _Rows:
    return row, customer, np.full(len(row), level), sharers, np.ones(len(row), np.int64)


def paying_accounts(transactions: TransactionColumns) -> tuple[Keys, Keys]:
    """Keys of each other side's IBAN, and of the end of its account; 0 for none.

    An IBAN ends with the number of the account, where no other one is given.
    """
    lines = transactions.accounts
    keys, tails = account_keys(scan_folded(lines.letters), len(lines))
    is_iban = lines.named(["iban"])
    iban = np.zeros(len(transactions), np.uint64)
    account = iban.copy()
    iban[lines.row[is_iban]] = keys[is_iban]
    account[lines.row[is_iban]] = tails[is_iban]
    account[lines.row[~is_iban]] = tails[~is_iban]
    return iban, account


def name_keys(name: Ints) -> Keys:
    """Keys of names, given their places among all; 0 for none."""
    return np.where(name >= 0, mix(name), np.uint64(0))


def _by_key(keys: Keys, index: KeyIndex, level: PayerLevel) -> _Rows:
    row = np.flatnonzero(keys)
    needle, customer, _ = index.probe(keys[row], MOST_SHARERS)
    sharers = np.bincount(needle, minlength=len(row))[needle]
    return _rows(row[needle], customer, level, sharers)


def _by_name(
    transactions: TransactionColumns, customers: Customers, memory: Memory
) -> _Rows:
    """Resolve each distinct counterparty name once, then hand it to its rows."""
    row = np.flatnonzero(transactions.name >= 0)
    row = row[np.argsort(transactions.name[row], kind="stable")]
    name = transactions.name[row]
    start = np.flatnonzero(np.r_[True, name[1:] != name[:-1]][: len(name)])
    count = np.diff(np.r_[start, len(name)])
    names = [transactions.names[place] for place in name[start].tolist()]
    wanted = list(map(name_words, name_sequences(names)))
    found = [_resolve(wanted, customers)]
    if len(memory.names.keys):
        found.append(_by_key(text_keys(wanted), memory.names, PayerLevel.PAID_BEFORE))
    asked, customer, level, sharers, words = map(
        np.concatenate, zip(*found, strict=True)
    )
    owner, at = expand(start[asked], count[asked])
    return row[at], customer[owner], level[owner], sharers[owner], words[owner]


def _resolve(asked: list[str], customers: Customers) -> _Rows:
    """Customers for distinct names, given as sorted words."""
    known = customers.name_rows
    same = [(n, known[text]) for n, text in enumerate(asked) if text in known]
    exact = np.array(same, np.int64).reshape(-1, 2)
    rest = np.array([n for n, t in enumerate(asked) if t and t not in known], np.int64)
    near, name, level, words = _near_names(asked, rest, customers)
    count = np.array([len(asked[n].split()) for n in exact[:, 0]], np.int64)
    row, place = np.r_[exact[:, 0], near], np.r_[exact[:, 1], name]
    levels = np.r_[np.full(len(exact), PayerLevel.NAME), level]
    agreed = np.r_[count, words]
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
    first = np.flatnonzero(
        np.r_[True, (row[1:] != row[:-1]) | (name[1:] != name[:-1])][: len(row)]
    )
    count = np.diff(np.r_[first, len(row)])
    row, name = row[first], name[first]
    ours = [asked[n] for n in row.tolist()]
    theirs = [customers.names[n] for n in name.tolist()]
    level = np.array(list(map(_nearness, ours, theirs)), np.int64)
    unlike = np.flatnonzero(
        (level == PayerLevel.SHARED_WORD)
        & np.array(list(map(_may_be, ours, theirs)), bool)
    )
    alike = _similarity([ours[n] for n in unlike], [theirs[n] for n in unlike])
    level[unlike[alike >= _LIKE]] = PayerLevel.SIMILAR_NAME
    return row, name, level, count


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


def _may_be(one: str, other: str) -> bool:
    """Whether two names do not differ in what is never a slip: numbers and initials.

    >>> _may_be("17 FONDS IMMOBILIEN", "18 FONDS IMMOBILIEN")
    False
    """
    ours, theirs = one.split(), other.split()
    return not any(
        _exact_words(words) - _exact_words(others) and _exact_words(others)
        for words, others in ((ours, theirs), (theirs, ours))
    )


def _exact_words(words: Sequence[str]) -> set[str]:
    return {word for word in words if len(word) == 1 or not word.isalpha()}


def _nearness(one: str, other: str) -> PayerLevel:
    """Level of two names, given as sorted words, that share at least one.

    >>> _nearness("ROSSI TRAN", "ROSSI TRANSPORTS").name
    'ABBREVIATED'
    """
    ours, theirs = one.split(), other.split()
    mine, yours = set(ours), set(theirs)
    if mine <= yours or yours <= mine:
        return PayerLevel.NAME_PART
    # "S. WALKER": what is not a whole word of the name begins one that is left.
    left = sorted(yours - mine)
    for word in ours:
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


def _by_text(texts: TextColumn, customers: Customers) -> _Rows:
    """Customers whose name stands in the remittance information."""
    seen, heads = texts.scan, customers.text_heads
    if not len(heads) or not len(seen.start):
        return _none()
    keys = seen.atom_keys
    place = np.minimum(np.searchsorted(heads, keys), len(heads) - 1)
    whole = (heads[place] == keys) & ~seen.attached
    through = np.ones(len(keys), np.bool_)
    spans = runs(
        seen, np.flatnonzero(whole), through, MOST_NAME_ATOMS, customers.text_length
    )
    spans = spans.where(~seen.goes_on(spans))
    needle, customer, _ = customers.in_text.probe(seen.keys(spans), MOST_SHARERS)
    sharers = np.bincount(needle, minlength=len(spans))[needle]
    words = (spans.last - spans.first + 1)[needle]
    row = texts.row[seen.text[spans.first[needle]]]
    level = np.full(len(row), PayerLevel.NAME_IN_TEXT)
    return row, customer, level, sharers, words


def _best(columns: list[Ints]) -> Payers:
    """Keep the best level of each transaction and customer."""
    row, customer, level, sharers, words = columns
    order = np.lexsort((-words, sharers, level, customer, row))
    row, customer = row[order], customer[order]
    first = np.r_[True, (row[1:] != row[:-1]) | (customer[1:] != customer[:-1])]
    keep = order[first[: len(order)]]
    return Payers(
        transaction=columns[0][keep],
        customer=columns[1][keep],
        level=columns[2][keep],
        sharers=columns[3][keep],
        words=columns[4][keep],
    )
