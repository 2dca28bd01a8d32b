"""The two rules of the predecessor, each with its list of open invoices whole.

It scores every open invoice for every payment, takes the first of the best, and puts
the whole amount on that one. Here the same scores are computed for all invoices at
once, in the same order of additions, so that they are the same to the last bit; and
nothing is asked of a database or a remote ledger, as it does for every pair.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import frozen

from benchmarks.peers.answers import Pair
from benchmarks.peers.rows import THOUSANDTHS, Side, open_items, payments
from benchmarks.peers.tools import Answer, Run

Floats: TypeAlias = npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.int64]

SUGGESTED = 0.5
ADDITIVE_APPLIES = 0.9
MEAN_APPLIES = 0.75
CENT = 0.01
SHORTEST_PART = 3

Words = dict[str, list[int]]
"""A word, and the invoices it stands in; twice where it stands there twice."""


@frozen(eq=False)
class Owed:
    """The open invoices by id, in columns; the balances fall as payments are applied.

    Attributes:
        items: The invoices.
        balance: Outstanding, in major units.
        day: Of issue.
        place: By id.
        number: Printed numbers.
        words: Of names.
        currency: Where each is billed in.
        lengths: Of the words.
        cited: Lengths of ids and numbers.
    """

    items: list[Side]
    balance: Floats
    day: Counts
    place: dict[str, int]
    number: Words
    words: Words
    currency: dict[str, npt.NDArray[np.bool_]]
    lengths: frozenset[int]
    cited: frozenset[int]

    def apply(self, row: int, amount: float) -> None:
        """Take a payment off; what is paid leaves the list."""
        self.balance[row] -= amount
        if self.balance[row] < CENT / 2:
            self.balance[row] = np.nan


NameParts = Callable[[Side], list[str]]


def owed(items: Iterable[Side], parts: NameParts) -> Owed:
    """Put the open invoices in columns."""
    rows = sorted(items, key=lambda item: (len(item.id), item.id))
    words, number = defaultdict(list), defaultdict(list)
    for row, item in enumerate(rows):
        number[item.words].append(row)
        for part in parts(item):
            if len(part) >= SHORTEST_PART:
                words[part].append(row)
    currencies = np.array([item.currency for item in rows])
    place = {item.id: row for row, item in enumerate(rows)}
    return Owed(
        items=rows,
        balance=np.array([item.amount / THOUSANDTHS for item in rows]),
        day=np.array([item.issued.toordinal() for item in rows]),
        place=place,
        number=dict(number),
        words=dict(words),
        currency={name: currencies == name for name in set(currencies.tolist())},
        lengths=frozenset(map(len, words)),
        cited=frozenset(map(len, (*place, *filter(None, number)))),
    )


def reference_of(payment: Side) -> str:
    """Join all that may hold a number."""
    return " ".join((payment.words, *payment.references))


def description_of(payment: Side) -> str:
    """Join all that may hold a name."""
    return " ".join((*payment.names, payment.words)).lower()


def client_name(item: Side) -> str:
    """Write a client as "first last company"."""
    return " ".join(reversed(item.names))


def bracketed(item: Side) -> str:
    """Write a client as "first last (company)"."""
    company, *contact = item.names or ("",)
    return f"{contact[0]} ({company})" if contact else company


def pieces(text: str, known: Iterable[int]) -> set[str]:
    """Cut every piece of certain lengths out of a text."""
    return {
        text[at : at + size] for size in known for at in range(len(text) - size + 1)
    }


def named_in(books: Owed, text: str) -> Counts:
    """Count each client's words that stand in a text."""
    counts = np.zeros(len(books.items), np.int64)
    for piece in pieces(text, books.lengths):
        for row in books.words.get(piece, ()):
            counts[row] += 1
    return counts


# B1, additive.


def additive(payment: Side, item: Side) -> float:
    """Score one pair, as the rule is written down."""
    amount, balance = payment.amount / THOUSANDTHS, item.amount / THOUSANDTHS
    said = _alphanumeric(reference_of(payment))
    described = description_of(payment)
    parts = [p for p in client_name(item).lower().split() if len(p) >= SHORTEST_PART]
    named = sum(part in described for part in parts)
    cites = item.id in said or (item.words and item.words in said)
    score = _amount_points(amount, balance)
    score += 0.8 if cites else 0.0
    score += min(0.3 + 0.1 * named, 0.6) if named else 0.0
    score += _day_points(abs((payment.issued - item.issued).days))
    return min(score, 1.0)


def _alphanumeric(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _amount_points(amount: float, balance: float) -> float:
    if abs(amount - balance) < CENT:
        return 0.7
    if amount < balance:
        percent = 100 * amount / balance
        known = ((50, 0.5), (25, 0.4), (75, 0.5))
        near = [points for part, points in known if abs(percent - part) < 1]
        return near[0] if near else 0.3
    return 0.6 if amount <= 1.05 * balance else 0.0


def _day_points(days: int) -> float:
    known = ((1, 0.2), (3, 0.15), (7, 0.1), (14, 0.05))
    return next((points for most, points in known if days <= most), 0.0)


def additive_scores(payment: Side, books: Owed) -> Floats:
    """Score every open invoice; NaN where it is paid."""
    amount, balance = payment.amount / THOUSANDTHS, books.balance
    share = 100 * amount / balance
    parts = [np.abs(share - part) < 1 for part in (50, 25, 75)]
    less = np.select(parts, [0.5, 0.4, 0.5], 0.3)
    more = np.where(amount <= 1.05 * balance, 0.6, 0.0)
    exact = np.abs(amount - balance) < CENT
    scores = np.where(exact, 0.7, np.where(amount < balance, less, more))
    scores[_cited(payment, books)] += 0.8
    named = named_in(books, description_of(payment))
    scores += np.where(named > 0, np.minimum(0.3 + 0.1 * named, 0.6), 0.0)
    days = np.abs(payment.issued.toordinal() - books.day)
    scores += np.select([days <= 1, days <= 3, days <= 7, days <= 14], _DAYS, 0.0)
    return np.where(np.isnan(balance), np.nan, np.minimum(scores, 1.0))


_DAYS = [0.2, 0.15, 0.1, 0.05]


def _cited(payment: Side, books: Owed) -> list[int]:
    said = _alphanumeric(reference_of(payment))
    found = pieces(said, books.cited)
    rows = {books.place[piece] for piece in found if piece in books.place}
    return sorted(rows.union(*(books.number.get(piece, ()) for piece in found)))


# B2, mean.


def amount_score(amount: float, balance: Floats) -> Floats:
    """How well the amount fits; 0 where it is refused."""
    share = 100 * amount / balance
    quarter = (np.abs(share - 25) < 1) | (np.abs(share - 75) < 1)
    less = np.select([np.abs(share - 50) < 1, quarter], [0.85, 0.8], 0.7)
    more = np.where(amount <= 1.05 * balance, 0.9, 0.0)
    exact = np.abs(amount - balance) < CENT
    return np.where(exact, 1.0, np.where(amount < balance, less, more))


def finders(payment: Side, books: Owed) -> list[Floats]:
    """What each finder gives each invoice, in their order; 0 where it is not found."""
    size, amount = len(books.items), payment.amount / THOUSANDTHS
    reference = np.zeros(size)
    reference[_identified(payment, books)] = 0.9
    other = np.zeros(size, np.bool_)
    same = np.abs(books.balance - amount) < CENT
    same &= books.currency.get(payment.currency, other)
    named = named_in(books, description_of(payment))
    names = np.where(named > 0, np.minimum(0.5 + 0.1 * named, 0.8), 0.0)
    days = np.abs(payment.issued.toordinal() - books.day)
    dates = np.select([days <= 3, days <= 7, days <= 14], [0.7, 0.6, 0.5], 0.0)
    return [reference, np.where(same, 0.8, 0.0), names, dates]


def _identified(payment: Side, books: Owed) -> list[int]:
    stripped = "".join(filter(str.isalnum, reference_of(payment)))
    runs = "".join(c if c.isdigit() else " " for c in stripped).split()
    found = (books.place[run] for run in runs if run in books.place)
    return [row for row in found if not np.isnan(books.balance[row])]


def mean_scores(payment: Side, books: Owed) -> tuple[Floats, Counts]:
    """Every open invoice's confidence, and its place in the list of candidates."""
    size = len(books.items)
    found, order = np.zeros(size), np.full(size, 4 * size)
    for place, given in enumerate(finders(payment, books)):
        new = (found == 0) & (given > 0)
        found[new] = given[new]
        order[new] = place * size + np.flatnonzero(new)
    fits = amount_score(payment.amount / THOUSANDTHS, books.balance)
    scores = np.where((found > 0) & (fits > 0), (found + fits) / 2, 0.0)
    return np.where(np.isnan(books.balance), np.nan, scores), order


# Both, on all payments.

Choice = tuple[int, float] | None
"""An invoice and its confidence."""


def best_additive(payment: Side, books: Owed) -> Choice:
    """Choose the first of the best."""
    scores = np.nan_to_num(additive_scores(payment, books))
    row = int(np.argmax(scores))
    return (row, float(scores[row])) if scores[row] >= SUGGESTED else None


def first_mean(payment: Side, books: Owed) -> Choice:
    """Choose the first that may be applied; else the first of the best."""
    scores, order = mean_scores(payment, books)
    scores = np.nan_to_num(scores)
    for least in (MEAN_APPLIES, max(SUGGESTED, float(scores.max(initial=0.0)))):
        able = np.flatnonzero(scores >= least)
        if len(able):
            row = int(able[np.argmin(order[able])])
            return row, float(scores[row])
    return None


def applied(
    incoming: Iterable[Side],
    books: Owed,
    choose: Callable[[Side, Owed], Choice],
    applies: float,
) -> list[Pair]:
    """Take the newest payment first, as the predecessor does."""
    pairs: list[Pair] = []
    newest_first = sorted(incoming, key=lambda payment: payment.day, reverse=True)
    for payment in newest_first:
        choice = choose(payment, books) if books.items else None
        if choice is None:
            continue
        row, score = choice
        accepted = score >= applies
        pairs.append(Pair(payment.id, books.items[row].id, score, accepted))
        if accepted:
            books.apply(row, payment.amount / THOUSANDTHS)
    return pairs


def load_additive(folder: Path) -> Run:
    """Read the records for the rule that adds points."""
    incoming, items = payments(folder), open_items(folder)

    def run() -> Answer:
        books = owed(items, lambda item: client_name(item).lower().split())
        pairs = applied(incoming, books, best_additive, ADDITIVE_APPLIES)
        return lambda: {"applied at 0.9": pairs}

    return run


def load_mean(folder: Path) -> Run:
    """Read the records for the rule that takes a mean."""
    incoming, items = payments(folder), open_items(folder)

    def run() -> Answer:
        books = owed(items, lambda item: bracketed(item).lower().split(" "))
        pairs = applied(incoming, books, first_mean, MEAN_APPLIES)
        return lambda: {"applied at 0.75": pairs}

    return run
