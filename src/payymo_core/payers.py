"""Who pays: each distinct account and name is looked up once."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from payymo_core.bearers import MOST_SHARERS, Bearers, PayerLevel
from payymo_core.columns import TransactionColumns
from payymo_core.customers import Customers
from payymo_core.experience import Experience, PayerIndex
from payymo_core.keys import (
    Counts,
    Floats,
    Ints,
    KeyIndex,
    Keys,
    Levels,
    Mask,
    expand,
    located,
    mix,
)
from payymo_core.rules import CounterpartyEvidence
from payymo_core.sequences import begins
from payymo_core.spans import runs
from payymo_core.texts import TextColumn

MOST_NAME_ATOMS = 8

# By chance no level agrees more rarely than this, in bits: accounts are shared in
# families, names are common words.
_RAREST = {
    PayerLevel.IBAN: 16.0,
    PayerLevel.ACCOUNT: 12.0,
    PayerLevel.PAID_BEFORE: 5.0,
    PayerLevel.NAME: 14.0,
    PayerLevel.NAME_PART: 10.0,
    PayerLevel.SIMILAR_NAME: 9.0,
    PayerLevel.ABBREVIATED: 7.0,
    PayerLevel.NAME_IN_TEXT: 8.0,
    PayerLevel.SHARED_WORD: 3.0,
    PayerLevel.UNKNOWN: 0.0,
    PayerLevel.OTHER: 0.0,
}
_RAREST_BITS = np.array([_RAREST[level] for level in PayerLevel])
# Not one cut short: another of its words begins alike.
_BY_WORDS = {
    *(PayerLevel.NAME, PayerLevel.NAME_PART, PayerLevel.SIMILAR_NAME),
    PayerLevel.NAME_IN_TEXT,
}
_OF_WORDS = np.array([level in _BY_WORDS for level in PayerLevel])
_ONE_WORD_LESS = 4.0  # "Hosting" as a whole name may be a word of the text
_FEW_CUSTOMERS = 40  # unrelated money often comes from customers: a small list is weak


def agreeing_by_chance(
    level: Ints | Levels,
    words: Ints | Counts,
    sharers: Ints | Counts,
    customers: Ints | int,
) -> Floats:
    """How likely a payer agrees so well with one of ``customers`` that is not meant."""
    bits = _RAREST_BITS[level] - _ONE_WORD_LESS * ((words < 2) & _OF_WORDS[level])
    return sharers / (customers + _FEW_CUSTOMERS) + 2.0**-bits


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

    def strangers(self, transaction: Ints, customer: Ints) -> Mask:
        """Whether nothing says that a customer, who is known, sent a transaction."""
        return (customer >= 0) & ~self.places(transaction, customer)[1]

    def places(self, transaction: Ints, customer: Ints) -> tuple[Ints, Mask]:
        """Where customers stand as those whom transactions may come from.

        Returns:
            The row of each customer, and whether it stands there at all.
        """
        # The customer -1 of none is no other transaction's last one.
        width = int(max(self.customer.max(initial=0), customer.max(initial=0))) + 2
        key, wanted = (
            row * width + who + 1
            for row, who in (
                (self.transaction, self.customer),
                (transaction, customer),
            )
        )
        return located(key, wanted)


def payers_of(
    transactions: TransactionColumns,
    texts: TextColumn,
    customers: Customers,
    known: Experience,
    bearers: Bearers,
    evidence: Sequence[CounterpartyEvidence],
) -> Payers:
    """Who may have sent each transaction, by every kind of evidence in use."""
    parts = []
    iban, account = transactions.iban, transactions.account
    if CounterpartyEvidence.IBAN in evidence:
        parts.append(_by_key(iban, customers.ibans, PayerLevel.IBAN))
        parts.append(_remembered(iban, known.memory.ibans))
    if CounterpartyEvidence.ACCOUNT in evidence:
        parts.append(_by_key(account, customers.accounts, PayerLevel.ACCOUNT))
        # The end of an IBAN is compared with an account alone, never with another IBAN.
        plain = np.where(iban == 0, account, np.uint64(0))
        parts.append(_by_key(plain, customers.iban_tails, PayerLevel.ACCOUNT))
        parts.append(_by_key(account, known.accounts, PayerLevel.PAID_BEFORE))
        parts.append(_remembered(account, known.memory.accounts))
    if CounterpartyEvidence.NAME in evidence:
        parts.append(_by_name(transactions, bearers))
        names = name_keys(transactions.name)
        parts.append(_by_key(names, known.names, PayerLevel.PAID_BEFORE))
    if CounterpartyEvidence.TEXT in evidence:
        parts.append(_by_text(texts, customers))
    some = [part for part in parts if len(part[0])]
    if not some:
        return Payers(*_none())
    return _best(
        [np.concatenate(column) for column in zip(*some, strict=True)],
        len(customers.ids),
    )


_Rows = tuple[Ints, Ints, Ints, Ints, Ints]


def _none() -> _Rows:
    empty = np.zeros(0, np.int64)
    return empty, empty, empty, empty, empty


def _rows(row: Ints, customer: Ints, level: int, sharers: Ints) -> _Rows:
    return row, customer, np.full(len(row), level), sharers, np.ones(len(row), np.int64)


def name_keys(name: Ints) -> Keys:
    """Keys of names, given their places among all; 0 for none."""
    return np.where(name >= 0, mix(name), np.uint64(0))


def _by_key(keys: Keys, index: KeyIndex, level: PayerLevel) -> _Rows:
    row = keys.nonzero()[0]
    needle, customer, _ = index.probe(keys[row], MOST_SHARERS)
    if not len(needle):
        return _none()
    sharers = np.bincount(needle, minlength=len(row))[needle]
    return _rows(row[needle], customer, level, sharers)


def _remembered(keys: Keys, known: PayerIndex) -> _Rows:
    row = keys.nonzero()[0]
    needle, place, _ = known.places.probe(keys[row], MOST_SHARERS)
    if not len(needle):
        return _none()
    customer, sharers = known.customer[place], known.sharers[place]
    return _rows(row[needle], customer, PayerLevel.PAID_BEFORE, sharers)


def _by_name(transactions: TransactionColumns, bearers: Bearers) -> _Rows:
    row = (transactions.name >= 0).nonzero()[0]
    name = transactions.name[row]
    owner, at = expand(bearers.start[name], bearers.count[name])
    return (
        row[owner],
        bearers.customer[at],
        bearers.level[at],
        bearers.sharers[at],
        bearers.words[at],
    )


def _by_text(texts: TextColumn, customers: Customers) -> _Rows:
    """Customers whose name stands in the remittance information."""
    seen, heads = texts.scan, customers.text_heads
    if not len(heads) or not len(seen.start):
        return _none()
    whole = located(heads, seen.atom_keys)[1] & ~seen.attached
    through = np.ones(len(whole), np.bool_)
    spans = runs(
        seen, whole.nonzero()[0], through, MOST_NAME_ATOMS, customers.text_length
    )
    spans = spans.where(~seen.goes_on(spans))
    needle, customer, _ = customers.in_text.probe(seen.keys(spans), MOST_SHARERS)
    if not len(needle):
        return _none()
    sharers = np.bincount(needle, minlength=len(spans))[needle]
    words = (spans.last - spans.first + 1)[needle]
    row = texts.row[seen.text[spans.first[needle]]]
    level = np.full(len(row), PayerLevel.NAME_IN_TEXT)
    return row, customer, level, sharers, words


def _named_alike(row: Ints, customer: Ints, level: Ints) -> Mask:
    """Customers of a like name, where the account is known to be another's."""
    by_account = level <= PayerLevel.ACCOUNT
    if not by_account.any():
        return by_account
    owned = np.zeros(int(row.max(initial=-1)) + 1, np.bool_)
    owned[row[by_account]] = True
    by_name = (level >= PayerLevel.NAME) & (level != PayerLevel.NAME_IN_TEXT)
    out = by_name & owned[row]
    width = int(customer.max(initial=0)) + 1
    pair = row * width + customer
    out[out] = ~np.isin(pair[out], pair[by_account])
    return out


def _best(columns: list[Ints], customers: int) -> Payers:
    """Keep what tells most of each transaction and customer; of equals, the level."""
    row, customer, level, sharers, words = columns
    chance = agreeing_by_chance(level, words, sharers, customers)
    # One word that is shared tells less than any name, however many bear that.
    vague = level >= PayerLevel.SHARED_WORD
    order = np.lexsort((level, chance, vague, customer, row))
    order = order[~_named_alike(row, customer, level)[order]]
    row, customer = row[order], customer[order]
    first = begins(row, customer)
    keep = order[first[: len(order)]]
    return Payers(
        transaction=columns[0][keep],
        customer=columns[1][keep],
        level=columns[2][keep],
        sharers=columns[3][keep],
        words=columns[4][keep],
    )
