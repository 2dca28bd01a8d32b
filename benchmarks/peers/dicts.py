"""What a good programmer writes in an afternoon: dictionaries, and a loop.

Payments are taken in the order they were booked. The first rule that gives an answer
gives it, and what is paid is off the list.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import field, frozen

from benchmarks.peers.answers import Pair
from benchmarks.peers.rows import (
    Side,
    invoice_keys,
    name_key,
    open_items,
    payment_keys,
    payments,
)
from benchmarks.peers.tools import Answer, Run

Payer = tuple[str, str]
"""A name or an account, and a currency."""
LEAST_DIGITS = 4
"""A shorter number is a coincidence more often than not."""
SURE = 0.75
"""What scores less is for a human."""


@frozen(eq=False)
class Books:
    """The open invoices, by all that may find them.

    Attributes:
        by_key: By how a text may name them.
        by_payer: By whom they were sent to; the oldest first.
        left: What is still open, by id.
    """

    by_key: dict[str, list[Side]] = field(factory=lambda: defaultdict(list))
    by_payer: dict[Payer, list[Side]] = field(factory=lambda: defaultdict(list))
    left: dict[str, Side] = field(factory=dict)

    def named_in(self, payment: Side) -> list[Side]:
        """Open invoices that the text names."""
        found = {
            item.id: item
            for key in payment_keys(payment)
            if len(key) >= LEAST_DIGITS
            for item in self.by_key.get(key, ())
            if item.id in self.left and item.currency == payment.currency
        }
        return list(found.values())

    def owed_by(self, payer: Payer) -> list[Side]:
        """What a payer owes, the oldest first."""
        return [item for item in self.by_payer.get(payer, ()) if item.id in self.left]


def books_of(items: list[Side]) -> Books:
    """File the open invoices."""
    books = Books(left={item.id: item for item in items})
    for item in sorted(items, key=lambda item: (item.day, item.id)):
        for key in invoice_keys(item):
            books.by_key[key].append(item)
        for payer in payers_of(item):
            books.by_payer[payer].append(item)
    return books


def payers_of(side: Side) -> list[Payer]:
    """Accounts first, since names are common."""
    known = (*side.accounts, *map(name_key, side.names))
    return [(key, side.currency) for key in dict.fromkeys(known) if key]


Found = tuple[list[Side], float] | None
"""What is paid, and how sure that is."""


def _all_named(books: Books, payment: Side) -> Found:
    named = books.named_in(payment)
    if named and sum(item.amount for item in named) == payment.amount:
        return named, 1.0
    exact = [item for item in named if item.amount == payment.amount]
    return (exact, 0.95) if len(exact) == 1 else None


def _owed_as_much(books: Books, payment: Side) -> Found:
    for payer in payers_of(payment):
        owed = books.owed_by(payer)
        exact = [item for item in owed if item.amount == payment.amount]
        if exact:
            return exact[:1], 0.9 if len(exact) == 1 else 0.7
        if owed and sum(item.amount for item in owed) == payment.amount:
            return owed, 0.85
    return None


def _named_in_part(books: Books, payment: Side) -> Found:
    named = books.named_in(payment)
    if len(named) != 1:
        return None
    return named, 0.8 if payment.amount < named[0].amount else 0.5


RULES: tuple[Callable[[Books, Side], Found], ...] = (
    _all_named,
    _owed_as_much,
    _named_in_part,
)


def answers(books: Books, incoming: list[Side]) -> Iterator[Pair]:
    """Ask the rules about each payment in turn."""
    for payment in sorted(incoming, key=lambda payment: (payment.day, payment.id)):
        found = next(filter(None, (rule(books, payment) for rule in RULES)), None)
        if found is None:
            continue
        items, score = found
        paid = sum(item.amount for item in items) <= payment.amount
        for item in items:
            yield Pair(payment.id, item.id, score, score >= SURE)
            if paid and score >= SURE:
                del books.left[item.id]


def load(folder: Path) -> Run:
    """Read the records."""
    incoming, items = payments(folder), open_items(folder)

    def run() -> Answer:
        found = list(answers(books_of(items), incoming))
        return lambda: {"rules": found}

    return run
