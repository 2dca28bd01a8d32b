"""Who pays: customers by account and by name, each distinct name looked up once."""

from collections.abc import Iterable, Sequence
from enum import IntEnum, unique

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from payymo_core.keys import Floats, Ints, KeyIndex, expand, mix
from payymo_core.normalisation import compact, name_sequences, name_words
from payymo_core.records import Customer, Invoice, Transaction
from payymo_core.rules import CounterpartyEvidence
from payymo_core.spans import Spans, runs, scan, wholes
from payymo_core.texts import TextColumn

MOST_SHARERS = 20
"""Customers that share an account or a name; more, and it tells nobody apart."""
MOST_WORD_SHARERS = 40
MOST_NAME_ATOMS = 8
NEVER_SHORTER = 4
"""A name of fewer letters is not looked for inside a text."""


@unique
class PayerLevel(IntEnum):
    """How well the counterparty agrees with a customer, best first."""

    IBAN = 0
    ACCOUNT = 1
    NAME = 2
    NAME_PART = 3
    SIMILAR_NAME = 4
    NAME_IN_TEXT = 5
    SHARED_WORD = 6
    UNKNOWN = 7
    OTHER = 8


KIND_OF_LEVEL = {
    PayerLevel.IBAN: CounterpartyEvidence.IBAN,
    PayerLevel.ACCOUNT: CounterpartyEvidence.ACCOUNT,
    PayerLevel.NAME: CounterpartyEvidence.NAME,
    PayerLevel.NAME_PART: CounterpartyEvidence.NAME,
    PayerLevel.SIMILAR_NAME: CounterpartyEvidence.NAME,
    PayerLevel.SHARED_WORD: CounterpartyEvidence.NAME,
    PayerLevel.NAME_IN_TEXT: CounterpartyEvidence.TEXT,
}


@frozen(eq=False)
class Customers:
    """The customers of a ledger.

    Attributes:
        ids: Their ids, sorted.
        of_invoice: Customer of each invoice, -1 where none is known.
        accounts: Customers by the key of an account or of an IBAN's tail.
        ibans: Customers by the key of an IBAN.
        names: Every distinct set of name words, sorted and joined by spaces.
        name_owner: Customers by name, as (name, customer) rows.
        named: Whether a customer has a name at all.
        words: Number of each word that stands in a name.
        word_names: Names by word.
        word_bits: How rare each word is.
        in_text: Customers by the key of their name as one span of a text.
        text_heads: Sorted keys of the atoms these begin with.
        text_length: Letters in the longest of them.
    """

    ids: tuple[str, ...]
    of_invoice: Ints
    accounts: KeyIndex
    ibans: KeyIndex
    names: tuple[str, ...]
    name_owner: KeyIndex
    named: NDArray[np.bool_]
    words: dict[str, int]
    word_names: KeyIndex
    word_bits: Floats
    in_text: KeyIndex
    text_heads: NDArray[np.uint64]
    text_length: int


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


def customers_of(invoices: Sequence[Invoice]) -> Customers:
    """Collect the customers of a ledger."""
    held = _distinct(invoices)
    ids = tuple(sorted({customer.id for customer in held}))
    row = {customer_id: place for place, customer_id in enumerate(ids)}
    distinct = [(row[customer.id], customer) for customer in held]
    ibans = [(n, t) for n, c in distinct for t in c.ibans]
    accounts = [(n, t) for n, c in distinct for t in c.accounts]
    tails = [(n, _tail(t)) for n, t in (*ibans, *accounts)]
    spoken = sorted({(n, t) for n, c in distinct for t in _names(c)})
    sequences = name_sequences([text for _, text in spoken])
    words = [
        (n, name_words(sequence))
        for (n, _), sequence in zip(spoken, sequences, strict=True)
    ]
    names = tuple(sorted({text for _, text in words if text}))
    name_row = {text: place for place, text in enumerate(names)}
    owners = sorted({(name_row[text], n) for n, text in words if text})
    word_rows, word_names = _word_table(names)
    in_text, heads, longest = _text_table(
        [(n, sequence) for (n, _), sequence in zip(spoken, sequences, strict=True)]
    )
    named = np.zeros(len(ids), np.bool_)
    named[[n for _, n in owners]] = True
    count = np.bincount(word_names[0], minlength=len(word_rows))
    return Customers(
        ids=ids,
        of_invoice=np.array(
            [-1 if i.customer is None else row[i.customer.id] for i in invoices],
            np.int64,
        ),
        accounts=_text_index(tails),
        ibans=_text_index(ibans),
        names=names,
        name_owner=_pair_index(owners),
        named=named,
        words=word_rows,
        word_names=KeyIndex.of(mix(word_names[0]), word_names[1]),
        word_bits=np.log2((len(names) + 1) / np.maximum(count, 1)),
        in_text=in_text,
        text_heads=heads,
        text_length=longest,
    )


def _distinct(invoices: Sequence[Invoice]) -> list[Customer]:
    """Customers, each as often as its records differ in what tells who it is."""
    objects = {id(i.customer): i.customer for i in invoices if i.customer is not None}
    return list(
        {
            (c.id, c.name, c.company, c.ibans, c.accounts, c.aliases): c
            for c in objects.values()
        }.values()
    )


def _names(customer: Customer) -> Iterable[str]:
    yield from (t for t in (customer.name, customer.company, *customer.aliases) if t)


def _tail(account: str) -> str:
    """The last ten digits, as a bank writes a national account number.

    >>> _tail("DE12500105170648489890"), _tail("648489890")
    ('648489890', '648489890')
    """
    return compact(account)[-10:].lstrip("0")


def _text_index(pairs: Sequence[tuple[int, str]]) -> KeyIndex:
    unique = sorted({(text, n) for n, text in pairs if compact(text)})
    keys = text_keys([text for text, _ in unique])
    return KeyIndex.of(keys, np.array([n for _, n in unique], np.int64))


def _pair_index(pairs: Sequence[tuple[int, int]]) -> KeyIndex:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return KeyIndex.of(mix(table[:, 0]), table[:, 1])


def text_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Key of the letters and digits of each text; 0 where it has none."""
    seen = scan(texts)
    whole = wholes(seen)
    keys = np.zeros(len(texts), np.uint64)
    keys[seen.text[whole.first]] = seen.keys(whole)
    return keys


def _word_table(names: Sequence[str]) -> tuple[dict[str, int], tuple[Ints, Ints]]:
    rows: dict[str, int] = {}
    word: list[int] = []
    name: list[int] = []
    for place, text in enumerate(names):
        for part in text.split():
            word.append(rows.setdefault(part, len(rows)))
            name.append(place)
    return rows, (np.array(word, np.int64), np.array(name, np.int64))


def _text_table(
    spoken: Sequence[tuple[int, list[str]]],
) -> tuple[KeyIndex, NDArray[np.uint64], int]:
    unique = sorted(
        {
            (" ".join(words), row)
            for row, words in spoken
            if sum(map(len, words)) >= NEVER_SHORTER
        }
    )
    texts = [text for text, _ in unique]
    seen = scan(texts)
    whole = wholes(seen)
    index = KeyIndex.of(seen.keys(whole), np.array([n for _, n in unique], np.int64))
    heads = np.sort(seen.keys(Spans(whole.first, whole.first)))
    return index, heads, max(map(len, texts), default=0)


def payers_of(
    records: Sequence[Transaction],
    texts: TextColumn,
    customers: Customers,
    evidence: Sequence[CounterpartyEvidence],
) -> Payers:
    """Who may have sent each transaction, by every kind of evidence in use."""
    parts = [_none()]
    others = [(n, r.counterparty) for n, r in enumerate(records) if r.counterparty]
    if CounterpartyEvidence.IBAN in evidence:
        known = [(n, o.iban) for n, o in others if o.iban]
        parts.append(_by_account(known, customers.ibans, PayerLevel.IBAN))
    if CounterpartyEvidence.ACCOUNT in evidence:
        known = [(n, _tail(o.account or o.iban or "")) for n, o in others]
        parts.append(_by_account(known, customers.accounts, PayerLevel.ACCOUNT))
    if CounterpartyEvidence.NAME in evidence:
        parts.append(_by_name(records, customers))
    if CounterpartyEvidence.TEXT in evidence:
        parts.append(_by_text(texts, customers))
    return _best([np.concatenate(column) for column in zip(*parts, strict=True)])


_Rows = tuple[Ints, Ints, Ints, Ints, Ints]


def _none() -> _Rows:
    empty = np.zeros(0, np.int64)
    return empty, empty, empty, empty, empty


def _rows(row: Ints, customer: Ints, level: int, sharers: Ints) -> _Rows:
    return row, customer, np.full(len(row), level), sharers, np.ones(len(row), np.int64)


def _by_account(
    known: Sequence[tuple[int, str]], index: KeyIndex, level: PayerLevel
) -> _Rows:
    row = np.array([n for n, _ in known], np.int64)
    needle, customer, _ = index.probe(text_keys([t for _, t in known]), MOST_SHARERS)
    sharers = np.bincount(needle, minlength=len(known))[needle]
    return _rows(row[needle], customer, level, sharers)


def _by_name(records: Sequence[Transaction], customers: Customers) -> _Rows:
    """Resolve each distinct counterparty name once, then hand it to its rows."""
    places: dict[str, list[int]] = {}
    for row, record in enumerate(records):
        if record.counterparty is not None and record.counterparty.name:
            places.setdefault(record.counterparty.name, []).append(row)
    asked, customer, level, sharers, words = _resolve(
        list(map(name_words, name_sequences(list(places)))), customers
    )
    rows = [np.array(held, np.int64) for held in places.values()]
    sizes = np.array([len(held) for held in rows], np.int64)
    flat = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    starts = np.cumsum(sizes) - sizes
    owner, at = expand(starts[asked], sizes[asked])
    return flat[at], customer[owner], level[owner], sharers[owner], words[owner]


def _resolve(asked: list[str], customers: Customers) -> _Rows:
    """Customers for distinct names, given as sorted words."""
    known = {text: place for place, text in enumerate(customers.names)}
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


# A name is part of another when it lacks nothing but words; like it, when at most
# about one letter in eight differs. Values where held-out pairs of names of one and of
# different companies part best; neither decides a match by itself.
_PART = 0.999
_LIKE = 0.88


def _near_names(
    asked: Sequence[str], rest: Ints, customers: Customers
) -> tuple[Ints, Ints, Ints, Ints]:
    """Names that share a rare word with the ones asked for, and how near they are."""
    pairs = [
        (n, customers.words[word])
        for n in rest.tolist()
        for word in asked[n].split()
        if word in customers.words
    ]
    table = np.array(pairs, np.int64).reshape(-1, 2)
    needle, name, _ = customers.word_names.probe(mix(table[:, 1]), MOST_WORD_SHARERS)
    row, bits = table[needle, 0], customers.word_bits[table[needle, 1]]
    order = np.lexsort((name, row))
    row, name, bits = row[order], name[order], bits[order]
    first = np.flatnonzero(
        np.r_[True, (row[1:] != row[:-1]) | (name[1:] != name[:-1])][: len(row)]
    )
    shared = np.add.reduceat(bits, first) if len(first) else bits
    count = np.diff(np.r_[first, len(row)])
    row, name = row[first], name[first]
    mine = _total_bits([asked[n] for n in row.tolist()], customers)
    theirs = _total_bits([customers.names[n] for n in name.tolist()], customers)
    contained = shared / np.maximum(np.minimum(mine, theirs), 1e-9)
    alike = _similarity(
        [asked[n] for n in row.tolist()], [customers.names[n] for n in name.tolist()]
    )
    level = np.full(len(row), PayerLevel.SHARED_WORD)
    level[contained >= _PART] = PayerLevel.NAME_PART
    level[alike >= _LIKE] = PayerLevel.SIMILAR_NAME
    return row, name, level, count


def _total_bits(names: Sequence[str], customers: Customers) -> Floats:
    rarest = np.log2(len(customers.names) + 1)
    known: dict[str, float] = {}
    for text in names:
        if text not in known:
            known[text] = sum(
                customers.word_bits[customers.words[word]]
                if word in customers.words
                else rarest
                for word in text.split()
            )
    return np.array([known[text] for text in names], np.float64)


def _similarity(one: Sequence[str], other: Sequence[str]) -> Floats:
    """Similarity in [0, 1], pair by pair; the only place that asks for one."""
    if not one:
        return np.zeros(0)
    return process.cpdist(one, other, scorer=fuzz.ratio, workers=1) / 100


def _by_text(texts: TextColumn, customers: Customers) -> _Rows:
    """Customers whose name stands in the remittance information."""
    seen, heads = texts.scan, customers.text_heads
    if not len(heads) or not len(seen.start):
        return _none()
    atoms = np.arange(len(seen.start))
    keys = seen.keys(Spans(atoms, atoms))
    place = np.minimum(np.searchsorted(heads, keys), len(heads) - 1)
    whole = (heads[place] == keys) & ~seen.attached
    through = np.ones(len(atoms), np.bool_)
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
