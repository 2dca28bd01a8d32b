"""Which entries of a bank's lists are the same transaction: none lost, none twice.

No id of a bank is to be relied on: they are missing, blank, used for several entries,
filled in a day late, or numbered anew with every consent. What can be relied on is that
a list tells every booked entry of its days once. So entries are paired with what is
known one to one, by what they say; ids and balances choose between twins, and an entry
that agrees with nothing known is new. What agrees and contradicts at once is a
``Doubt``: said, kept, and for a person to settle.

>>> from decimal import Decimal
>>> from payymo_adapters.banking import BankLine, Listing, Period
>>> said = Transaction(id="", amount=Decimal(-3), currency="EUR", remittance="Coffee")
>>> coffee = BankLine(transaction=said)
>>> twice = Listing(account="A1", period=Period(), booked=(coffee, coffee))
>>> first = absorb(Book(account="A1"), twice)
>>> len(first.new), len(absorb(first.book, twice).new)
(2, 0)
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from attrs import evolve, field, frozen

from payymo_adapters.banking import BankLine, Listing
from payymo_adapters.pairing import DoubtReason, Pairing
from payymo_adapters.sightings import (
    LATEST_BOOKING,
    Known,
    Seen,
    content,
    description,
    same_sum,
)
from payymo_core.records import Transaction, TransactionStatus


@frozen(kw_only=True)
class Book:
    """What is known of one account.

    Attributes:
        account: Its key.
        booked: Booked transactions, doubtful ones among them.
        pending: What was pending in the last list.
    """

    account: str
    booked: tuple[Known, ...] = ()
    pending: tuple[Known, ...] = ()


@frozen(kw_only=True)
class Doubt:
    """An entry for a person to settle: the known transaction again, or another one.

    Attributes:
        transaction: What it is if it is another one.
        like: Id of the known transaction that it may be.
        reason: What agrees and what does not.
        raw: The entry as it came.
    """

    transaction: Transaction
    like: str
    reason: DoubtReason
    raw: str = field(default="", repr=False)


@frozen(kw_only=True)
class Absorbed:
    """What a list adds to what is known.

    Attributes:
        book: What is known now.
        listed: Booked transactions of the list, known before or not, but for those in
            doubt.
        new: Those that were not known.
        changed: Known ones that the bank describes otherwise now, under their ids.
        doubts: Neither new nor known, for a person.
        waiting: Those of the list that were in doubt before, and are.
        pending: What is pending now; never matched.
        settled: Ids of what was pending and of the booked transaction it became.
        raws: Every entry of the list as it came, by the id it has now.
    """

    book: Book
    listed: tuple[Transaction, ...]
    new: tuple[Transaction, ...]
    changed: tuple[Transaction, ...]
    doubts: tuple[Doubt, ...]
    waiting: tuple[Transaction, ...]
    pending: tuple[Transaction, ...]
    settled: tuple[tuple[str, str], ...]
    raws: Mapping[str, str] = field(factory=dict, repr=False)


def absorb(book: Book, listing: Listing) -> Absorbed:
    """Tell what of a list is new.

    Args:
        book: What is known of the account, from all lists before.
        listing: Of the same account; complete for the days of its period.

    Raises:
        ValueError: The list is of another account.
    """
    if book.account != listing.account:
        msg = f"a list of {listing.account!r} for the book of {book.account!r}"
        raise ValueError(msg)
    seen = sorted((Seen.of(line) for line in listing.booked), key=Seen.order)
    facts = [one.known for one in seen]
    pairing = Pairing(facts, book.booked, listing.period)
    pairing.pair()
    ids = _named(book, seen, pairing)
    doubts = _doubts(book, facts, pairing, ids)
    again = {ids[n]: facts[n] for n in pairing.matched}
    added = {n: n in doubts for n in range(len(seen)) if n not in pairing.matched}
    fresh = tuple(
        evolve(facts[n], id=ids[n], doubtful=doubtful) for n, doubtful in added.items()
    )
    records = [one.record(ids[n], book.account) for n, one in enumerate(seen)]
    waiting = {n for n, k in pairing.matched.items() if book.booked[k].doubtful}
    pending = _pending(book.account, listing.pending, facts)
    return Absorbed(
        book=Book(
            account=book.account,
            booked=(*(_updated(old, again) for old in book.booked), *fresh),
            pending=tuple(known for known, _, _ in pending),
        ),
        listed=tuple(
            record
            for n, record in enumerate(records)
            if n not in doubts and n not in waiting
        ),
        new=tuple(records[n] for n, doubtful in added.items() if not doubtful),
        changed=tuple(
            records[n]
            for n, k in pairing.matched.items()
            if description(facts[n]) != description(book.booked[k])
        ),
        doubts=tuple(
            Doubt(
                transaction=records[n], like=like, reason=reason, raw=seen[n].line.raw
            )
            for n, (like, reason) in doubts.items()
        ),
        waiting=tuple(records[n] for n in sorted(waiting)),
        pending=tuple(record for _, record, _ in pending),
        settled=tuple(_settled(book.pending, [k for k, _, _ in pending], fresh)),
        raws={
            **{known.id: raw for known, _, raw in pending},
            **{ids[n]: one.line.raw for n, one in enumerate(seen)},
        },
    )


def _named(book: Book, seen: Sequence[Seen], pairing: Pairing) -> list[str]:
    """The id of every entry: the known one, a trusted one, or one of its content."""
    names = {known.id for known in book.booked}
    used = {each for known in book.booked for each in known.ids}
    often = Counter(each for one in seen for each in one.known.ids)
    found = []
    for n, one in enumerate(seen):
        if n in pairing.matched:
            found.append(book.booked[pairing.matched[n]].id)
            continue
        trusted = (
            f"{book.account}/{each.value}"
            for each in one.line.ids
            if often[each] == 1 and each not in used
        )
        name = next((name for name in trusted if name not in names), "")
        found.append(name or _numbered(one.stem(book.account), names))
        names.add(found[-1])
    return found


def _numbered(stem: str, names: set[str]) -> str:
    """The first number that is free: a twin's occurrence, from 1."""
    number = 1
    while f"{stem}/{number}" in names:
        number += 1
    return f"{stem}/{number}"


def _doubts(
    book: Book, facts: Sequence[Known], pairing: Pairing, ids: Sequence[str]
) -> dict[int, tuple[str, DoubtReason]]:
    """The doubts of the pairing, and entries that one list tells twice.

    The same words under the same id: one transaction on two pages, or two that share
    an id which is none.
    """
    found = {n: (book.booked[k].id, why) for n, (k, why) in pairing.doubts.items()}
    told: dict[Hashable, str] = {}
    for n in sorted(range(len(facts)), key=lambda n: n not in pairing.matched):
        one = facts[n]
        key = (content(one), one.ids, one.balance_after)
        if one.ids and key in told and n not in pairing.matched:
            found.setdefault(n, (told[key], DoubtReason.LISTED_TWICE))
        told.setdefault(key, ids[n])
    return dict(sorted(found.items()))


def _updated(old: Known, again: dict[str, Known]) -> Known:
    """What is known of a transaction after a list that tells it again."""
    one = again.get(old.id)
    if one is None:
        return old
    balance = old.balance_after if one.balance_after is None else one.balance_after
    return evolve(
        one,
        id=old.id,
        ids=old.ids | one.ids,
        balance_after=balance,
        doubtful=old.doubtful,
    )


def _pending(
    account: str, lines: Iterable[BankLine], booked: Sequence[Known]
) -> list[tuple[Known, Transaction, str]]:
    """What is pending, and as it came; not what the same list has as booked."""
    named: list[tuple[Known, Transaction, str]] = []
    names: set[str] = set()
    posted = {(each, one.amount) for one in booked for each in one.ids}
    for one in sorted(map(Seen.of, lines), key=Seen.order):
        if any((each, one.known.amount) in posted for each in one.known.ids):
            continue
        name = _numbered(f"{account}/pending/{one.known.said}", names)
        names.add(name)
        record = evolve(one.record(name, account), status=TransactionStatus.PENDING)
        named.append((evolve(one.known, id=name), record, one.line.raw))
    return named


def _settled(
    before: Sequence[Known],
    now: Sequence[Known],
    added: Sequence[Known],
) -> Iterator[tuple[str, str]]:
    """Pair what is pending no more with what was booked, where one fits only one."""
    waiting = {known.id for known in now}
    gone = [known for known in before if known.id not in waiting]
    fits = [(p, b) for p in gone for b in added if _becomes(p, b)]
    often = Counter(known.id for pair in fits for known in pair)
    for pending, booked in fits:
        if often[pending.id] == often[booked.id] == 1 or pending.ids & booked.ids:
            yield pending.id, booked.id


def _becomes(pending: Known, booked: Known) -> bool:
    if not same_sum(pending, booked):
        return False
    if pending.ids & booked.ids or pending.day is None or booked.day is None:
        return True
    return timedelta(-1) <= booked.day - pending.day <= LATEST_BOOKING
