"""An entry of a bank's list, reduced to what it can be known by."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

from attrs import evolve, frozen

from payymo_adapters.banking import BankId, BankLine
from payymo_core.money import to_minor
from payymo_core.records import Counterparty, Transaction

LATEST_BOOKING = timedelta(days=10)
"""How long a bank may take to book what was pending, or to move a booking."""


@frozen(kw_only=True)
class Known:
    """A transaction that was seen before: what the next list is held against.

    Attributes:
        id: What it was named; it never changes.
        said: Digest of amount, texts and counterparty.
        day: The day it was booked, or else of its value; None: neither is known.
        value_date: As the bank last said.
        amount: Minor units.
        currency: ISO 4217.
        ids: Every id that it was seen with.
        balance_after: As the bank last said, major units.
        doubtful: Whether it waits for a person.
    """

    id: str
    said: str
    day: date | None
    value_date: date | None
    amount: int
    currency: str
    ids: frozenset[BankId] = frozenset()
    balance_after: Decimal | None = None
    doubtful: bool = False


@frozen
class Seen:
    """An entry of the list in hand, and what it can be known by."""

    line: BankLine
    known: Known

    @classmethod
    def of(cls, line: BankLine) -> "Seen":
        """Reduce an entry."""
        record = line.transaction
        known = Known(
            id="",
            said=_digest(record),
            day=record.booking_date or record.value_date,
            value_date=record.value_date,
            amount=to_minor(record.amount, record.currency),
            currency=record.currency,
            ids=frozenset(line.ids),
            balance_after=line.balance_after,
        )
        return cls(line, known)

    def order(self) -> tuple[str, ...]:
        """The same for the same entries, in whatever order the bank lists them."""
        ids = sorted(f"{each.space} {each.value}" for each in self.known.ids)
        balance = self.known.balance_after
        return (
            str(self.known.day),
            self.known.said,
            *ids,
            "" if balance is None else format(balance.normalize(), "f"),
            self.line.raw,
        )

    def stem(self, account: str) -> str:
        """What an entry without a trusted id is named, but for its occurrence."""
        return f"{account}/{self.known.day}-{self.known.said}"

    def record(self, name: str, account: str) -> Transaction:
        """The transaction under its name."""
        return evolve(self.line.transaction, id=name, account=account)


def content(known: Known) -> tuple[str, date | None]:
    """What twins share: the words and the day."""
    return known.said, known.day


def description(known: Known) -> tuple[str, date | None, date | None]:
    """What a bank may say otherwise later."""
    return known.said, known.day, known.value_date


def agreement(one: Known, known: Known) -> int:
    """How much chooses this twin over another; an id counts for more."""
    balance = one.balance_after is not None and one.balance_after == known.balance_after
    return 2 * len(one.ids & known.ids) + balance


def contradict(one: Known, known: Known) -> bool:
    """Whether two entries of the same words cannot be one transaction."""
    if ids_differ(one, known):
        return True
    balances = {one.balance_after, known.balance_after} - {None}
    return len(balances) > 1 and not one.ids & known.ids


def ids_differ(one: Known, known: Known) -> bool:
    """Whether a space that numbers both numbers them differently."""
    ours, theirs = _spaces(one), _spaces(known)
    return any(not ours[space] & theirs[space] for space in ours.keys() & theirs.keys())


def _spaces(known: Known) -> dict[str, set[str]]:
    held: dict[str, set[str]] = defaultdict(set)
    for each in known.ids:
        held[each.space].add(each.value)
    return held


def same_sum(one: Known, known: Known) -> bool:
    """Whether they are of the same amount."""
    return (one.amount, one.currency) == (known.amount, known.currency)


def same_value_date(one: Known, known: Known) -> bool:
    """Whether both have a value date, and the same."""
    return one.value_date is not None and one.value_date == known.value_date


def near(one: Known, known: Known) -> bool:
    """Whether a bank may have moved the one to the other."""
    if one.day is None or known.day is None:
        return True
    return abs(one.day - known.day) <= LATEST_BOOKING


def _digest(record: Transaction) -> str:
    """Sixteen hexadecimal digits of what an entry says; its days are kept apart."""
    other = record.counterparty or Counterparty()
    said = (
        str(to_minor(record.amount, record.currency)),
        record.currency,
        record.remittance,
        record.creditor_reference,
        record.end_to_end_id,
        record.mandate_id,
        other.name,
        other.iban or other.account,
    )
    # Banks change case and gaps between one list and the next.
    joined = "\x1f".join(" ".join((part or "").casefold().split()) for part in said)
    return sha256(joined.encode("utf-8", "backslashreplace")).hexdigest()[:16]
