"""Who pays: customers by account and by name, each distinct name looked up once."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.accounts import account_keys
from payymo_core.fields import CustomerFields
from payymo_core.held import BY_ITSELF, Blocks
from payymo_core.keys import NO_ENTRIES, Ints, KeyIndex, Keys, Mask, mix, sorted_unique
from payymo_core.patched import Entries
from payymo_core.records import Customer
from payymo_core.sequences import begins
from payymo_core.spans import Spans, scan_folded, wholes
from payymo_core.words import Words

MOST_WORD_SHARERS = 40
"""Names that share a word; more, and two such words are looked up together."""
MOST_COMMON_WORDS = 6
"""Such words of one name, at most, that are paired with each other."""
NEVER_SHORTER = 4
"""A name of fewer letters is not looked for inside a text."""


@frozen(eq=False)
class Customers:
    """The customers of a ledger.

    Attributes:
        ids: Their ids, sorted.
        number: What the indexes of a ledger call each: what it is called stays, though
            others come between.
        of_invoice: Customer of each invoice, -1 where none is known.
        accounts: Customers by the key of the end of an account.
        iban_tails: Customers by the key of the end of an IBAN.
        ibans: Customers by the key of an IBAN.
        name_rows: Row of each of ``names``.
        names: Every distinct set of name words, sorted and joined by spaces; in any
            order.
        name_owner: Customers by name, as (name, customer) rows.
        named: Whether a customer has a name at all.
        banked: Whether an account of a customer is known.
        words: Number of each word that stands in a name.
        sorted_words: These in order, to find those that begin alike.
        word_names: Names by word.
        common: Whether more than ``MOST_WORD_SHARERS`` names share a word.
        initials: The first letter of each word, as a number.
        pair_names: Names by two of their common words, and by one and the initial of
            another word.
        in_text: Customers by the key of their name as one span of a text.
        text_heads: Sorted keys of the atoms these begin with.
        text_length: Letters in the longest of them.
    """

    ids: Blocks[str]
    number: Ints
    of_invoice: Ints
    accounts: KeyIndex
    iban_tails: KeyIndex
    ibans: KeyIndex
    name_rows: Mapping[str, int]
    names: Sequence[str]
    name_owner: KeyIndex
    named: NDArray[np.bool_]
    banked: NDArray[np.bool_]
    words: Mapping[str, int]
    sorted_words: Blocks[str]
    word_names: KeyIndex
    common: NDArray[np.bool_]
    initials: Ints
    pair_names: KeyIndex
    in_text: KeyIndex
    text_heads: Keys
    text_length: int

    def numbers(self, rows: Ints) -> Ints:
        """What the indexes of a ledger call customers; -1 for the row of none."""
        return np.where(rows < 0, -1, self.number[rows]) if self.ids else rows


@frozen(eq=False)
class Told:
    """What customers tell of who they are, by key: whose each key is.

    Attributes:
        accounts: Keys of the ends of accounts.
        iban_tails: Keys of the ends of IBANs.
        ibans: Keys of IBANs.
        called: Whose each name is.
        words: The words of each name, in order.
        names: The words of each name, sorted and joined by spaces.
        in_text: Keys of names as one span of a text.
        text_heads: Sorted keys of the atoms these begin with.
        text_length: Letters in the longest of them.
    """

    accounts: Entries[np.uint64]
    iban_tails: Entries[np.uint64]
    ibans: Entries[np.uint64]
    called: Ints
    words: Words
    names: Sequence[str]
    in_text: Entries[np.uint64]
    text_heads: Keys
    text_length: int

    @classmethod
    def of(cls, owner: Ints, fields: CustomerFields) -> "Told":
        """Read what customers tell.

        Args:
            owner: Row of each customer.
            fields: What they say.
        """
        whose, ibans = _each(owner, fields.ibans)
        iban_keys, iban_tails = account_keys(ibans)
        owners, accounts = _each(owner, fields.accounts)
        _, tails = account_keys(accounts)
        called, texts = _spoken(owner, fields)
        words = Words.of(texts)
        in_text, heads, longest = _text_table(called, words)
        words = words.in_order()
        return cls(
            accounts=(tails, owners),
            iban_tails=(iban_tails, whose),
            ibans=(iban_keys, whose),
            called=called,
            words=words,
            names=words.texts(),
            in_text=in_text,
            text_heads=heads,
            text_length=longest,
        )

    def rows(self, name_rows: Mapping[str, int]) -> Ints:
        """Row of each name; -1 for one that stands nowhere."""
        return np.array([name_rows.get(text, -1) for text in self.names], np.int64)


def customers_of(given: Sequence[Customer], of_invoice: Ints) -> Customers:
    """Collect the customers of a ledger.

    Args:
        given: The customers; one may stand as several.
        of_invoice: Place in them of each invoice's, -1 where it has none.
    """
    fields = CustomerFields.of(given)
    ids = tuple(sorted(set(fields.id)))
    row = {customer_id: place for place, customer_id in enumerate(ids)}
    owner = np.array([row[customer_id] for customer_id in fields.id], np.int64)
    told = Told.of(owner, fields)
    names = tuple(dict.fromkeys(filter(None, told.names)))
    name_row = dict(zip(names, range(len(names)), strict=True))
    called = told.rows(name_row)
    name, bearer = borne(told, called)
    words = told.words.distinct
    bearing, word = _pairs(called[told.words.name], told.words.word)
    common = np.bincount(word, minlength=len(words)) > MOST_WORD_SHARERS
    initials = initials_of(words)
    named = np.zeros(len(ids), np.bool_)
    named[bearer] = True
    banked = np.zeros(len(ids), np.bool_)
    banked[account_holders(told)] = True
    return Customers(
        ids=Blocks.of(ids, BY_ITSELF),
        number=np.arange(len(ids)),
        of_invoice=np.r_[owner, -1][of_invoice],
        accounts=owner_index(*told.accounts),
        iban_tails=owner_index(*told.iban_tails),
        ibans=owner_index(*told.ibans),
        name_rows=name_row,
        names=names,
        name_owner=KeyIndex.of(mix(name), bearer),
        named=named,
        banked=banked,
        words=dict(zip(words, range(len(words)), strict=True)),
        sorted_words=Blocks.of(words, BY_ITSELF),
        word_names=KeyIndex.of(mix(word), bearing),
        common=common,
        initials=initials,
        pair_names=KeyIndex.of(*common_pairs(bearing, word, common, initials)),
        in_text=owner_index(*told.in_text),
        text_heads=told.text_heads,
        text_length=told.text_length,
    )


_Texts = tuple[Ints, list[str]]
"""Texts, and whose each is."""


def _each(owner: Ints, texts: Sequence[Sequence[str]]) -> _Texts:
    """Every text of every customer."""
    return np.repeat(owner, list(map(len, texts))), list(chain.from_iterable(texts))


def _spoken(owner: Ints, fields: CustomerFields) -> _Texts:
    """Every name of every customer."""
    whose, aliases = _each(owner, fields.aliases)
    texts = [*fields.name, *fields.company, *aliases]
    given = np.array(list(map(bool, texts)), np.bool_)
    return np.r_[owner, owner, whose][given], [text for text in texts if text]


def account_holders(told: Told) -> Ints:
    """Those of whom an account or an IBAN is known, once for each."""
    (account, holder), (iban, owner) = told.accounts, told.ibans
    return np.concatenate([holder[account != 0], owner[iban != 0]])


def borne(told: Told, name: Ints) -> tuple[Ints, Ints]:
    """Each name of each customer once, in order; those of no word left out.

    Args:
        told: What customers tell.
        name: Row of each name that they tell, -1 for those of no word.
    """
    return _pairs(name[name >= 0], told.called[name >= 0])


def _pairs(one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Each pair of the two once, in order."""
    width = int(other.max(initial=0)) + 1
    pairs = sorted_unique(one * width + other)
    return pairs // width, pairs % width


def owner_index(keys: Keys, owners: Ints) -> KeyIndex:
    """Each owner once for each key; the key 0 of an empty text is left out."""
    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    keep = begins(keys, owners) & (keys != 0)
    return KeyIndex.of(keys[keep], owners[keep])


def initials_of(words: Iterable[str]) -> Ints:
    """The first letter of each word, as a number."""
    letters = "".join([word[0] for word in words]).encode("ascii")
    return np.frombuffer(letters, np.uint8).astype(np.int64)


def common_pairs(
    name: Ints, word: Ints, common: Mask, initials: Ints
) -> Entries[np.uint64]:
    """Names, in rising order, by two common words, or one and another's initial.

    Args:
        name: A name for each of its words, rising.
        word: The word.
        common: Whether a word is a common one.
        initials: The first letter of each word.
    """
    if not common[word].any():
        return NO_ENTRIES
    keys, bearers = [np.zeros(0, np.uint64)], [name[:0]]
    for apart in range(1, MOST_COMMON_WORDS):
        same = np.flatnonzero(name[apart:] == name[: max(len(name) - apart, 0)])
        one, other, bearer = word[same], word[same + apart], name[same]
        both = common[one] & common[other]
        keys.append(pair_keys(one[both], other[both]))
        bearers.append(bearer[both])
        for known, cut in ((one, other), (other, one)):
            keys.append(initial_keys(known, initials[cut])[common[known]])
            bearers.append(bearer[common[known]])
    key, owner = np.concatenate(keys), np.concatenate(bearers)
    order = np.lexsort((key, owner))
    key, owner = key[order], owner[order]
    once = begins(key) | begins(owner)
    return key[once], owner[once]


def initial_keys(word: Ints, initial: Ints) -> Keys:
    """Keys of a word and the first letter of another; none of two words is one."""
    return mix(word, -initial)


def pair_keys(one: Ints, other: Ints) -> Keys:
    """Keys of two words, whichever stands first."""
    return mix(np.minimum(one, other), np.maximum(one, other))


def _text_table(called: Ints, words: Words) -> tuple[Entries[np.uint64], Keys, int]:
    seen = scan_folded(np.frombuffer(words.lines().encode("ascii"), np.uint8))
    whole = wholes(seen)
    whole = whole.where(seen.length(whole) >= NEVER_SHORTER)
    owners = called[seen.text[whole.first]]
    heads = sorted_unique(seen.keys(Spans(whole.first, whole.first)))
    longest = int(seen.length(whole).max(initial=0))
    return (seen.keys(whole), owners), heads, longest
