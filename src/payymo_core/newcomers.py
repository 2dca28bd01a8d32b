"""Customers that join those of a ledger, or tell more of who they are."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from attrs import evolve

from payymo_core.customers import (
    MOST_WORD_SHARERS,
    Customers,
    Told,
    account_holders,
    borne,
    common_pairs,
    initials_of,
)
from payymo_core.fields import CustomerFields
from payymo_core.keys import (
    NO_ENTRIES,
    Ints,
    KeyIndex,
    Mask,
    mix,
    sorted_unique,
    with_keys,
)
from payymo_core.layered import with_entries, with_items
from payymo_core.patched import Entries
from payymo_core.records import Customer
from payymo_core.splicing import joining


def with_customers(customers: Customers, given: Sequence[Customer]) -> Customers:
    """The customers of a ledger, and others; whose the invoices are, as it was.

    Args:
        customers: Those it has.
        given: New ones, and such as tell something else than before.
    """
    fields = CustomerFields.of(given)
    customers = _with_ids(customers, fields.id)
    owner = list(map(customers.ids.before, fields.id))
    told = Told.of(np.array(owner, np.int64), fields)
    customers = _with_names(customers, told)
    name, bearer = borne(told, told.rows(customers.name_rows))
    named = customers.named.copy()
    named[bearer] = True
    banked = customers.banked.copy()
    banked[account_holders(told)] = True
    return evolve(
        customers,
        named=named,
        banked=banked,
        name_owner=customers.name_owner.with_distinct((mix(name), bearer)),
        accounts=_with_owners(customers.accounts, told.accounts),
        iban_tails=_with_owners(customers.iban_tails, told.iban_tails),
        ibans=_with_owners(customers.ibans, told.ibans),
        in_text=_with_owners(customers.in_text, told.in_text),
        text_heads=with_keys(customers.text_heads, told.text_heads),
        text_length=max(customers.text_length, told.text_length),
    )


def _with_owners(index: KeyIndex, more: Entries[np.uint64]) -> KeyIndex:
    keys, owners = more
    return index.with_distinct((keys[keys != 0], owners[keys != 0]))


def _with_ids(customers: Customers, ids: Sequence[str]) -> Customers:
    """And customers of other ids, who have not told anything yet."""
    held = customers.ids
    at = {each: held.before(each) for each in sorted(set(ids))}
    new = {
        each: place for each, place in at.items() if held[place : place + 1] != (each,)
    }
    if not new:
        return customers
    splice = joining(np.array(list(new.values()), np.int64))
    moved = splice.moved(len(held))
    number = np.arange(len(held), len(held) + len(new))
    return evolve(
        customers,
        ids=held.joined(new),
        number=splice.of(customers.number, number),
        of_invoice=np.r_[moved, -1][customers.of_invoice],
        named=splice.of(customers.named, np.zeros(len(new), np.bool_)),
        banked=splice.of(customers.banked, np.zeros(len(new), np.bool_)),
        name_owner=customers.name_owner.moved(splice.at),
        accounts=customers.accounts.moved(splice.at),
        iban_tails=customers.iban_tails.moved(splice.at),
        ibans=customers.ibans.moved(splice.at),
        in_text=customers.in_text.moved(splice.at),
    )


def _with_names(customers: Customers, told: Told) -> Customers:
    """And the names that are told, which nobody bears yet."""
    rows = customers.name_rows
    new = [name for name in dict.fromkeys(told.names) if name and name not in rows]
    if not new:
        return customers
    first = len(customers.names)
    words = [
        word
        for word in dict.fromkeys(" ".join(new).split())
        if word not in customers.words
    ]
    numbers = {word: len(customers.words) + n for n, word in enumerate(words)}
    with_words = evolve(
        customers,
        names=with_items(customers.names, new),
        name_rows=with_entries(rows, {name: first + n for n, name in enumerate(new)}),
        words=with_entries(customers.words, numbers),
        sorted_words=customers.sorted_words.joined(words),
        common=np.r_[customers.common, np.zeros(len(words), np.bool_)],
        initials=np.r_[customers.initials, initials_of(words)],
    )
    return _with_bearers(with_words, np.arange(first, first + len(new)))


def _with_bearers(customers: Customers, new: Ints) -> Customers:
    """And what words new names have; some words become common by that."""
    place, word = _word_column(customers, new)
    index = customers.word_names.changed(NO_ENTRIES, (mix(word), new[place]))
    touched = sorted_unique(word)
    _, sharers = index.ranges(mix(touched))
    risen = touched[(sharers > MOST_WORD_SHARERS) & ~customers.common[touched]]
    common = customers.common.copy()
    common[risen] = True
    _, bearing, _ = customers.word_names.probe(mix(risen), len(customers.names))
    held = sorted_unique(bearing)
    return evolve(
        customers,
        word_names=index,
        common=common,
        pair_names=customers.pair_names.changed(
            _pairs(customers, held, customers.common),
            _pairs(customers, np.r_[held, new], common),
        ),
    )


def _pairs(customers: Customers, names: Ints, common: Mask) -> Entries[np.uint64]:
    """Some names, in rising order, by two of their common words."""
    place, word = _word_column(customers, names)
    return common_pairs(names[place], word, common, customers.initials)


def _word_column(customers: Customers, names: Ints) -> tuple[Ints, Ints]:
    """Every word of some names: (which of these, number of the word)."""
    words = [customers.names[name].split() for name in names.tolist()]
    said = [customers.words[word] for word in chain.from_iterable(words)]
    owner = np.repeat(np.arange(len(words)), list(map(len, words)))
    return owner, np.array(said, np.int64)
