"""What the readers of files hand out, and what they share."""

from collections import Counter
from collections.abc import Generator
from decimal import Decimal
from hashlib import sha256

from attrs import field, frozen

from payymo_adapters.checks import check_amounts
from payymo_adapters.errors import FieldError
from payymo_adapters.files.csv_format import CsvFormat
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Invoice, Transaction


@frozen(kw_only=True)
class Statement:
    """The transactions of one file.

    Attributes:
        records: In the order of the file, the rejected ones among them.
        format: What the file was found to be, in words.
        notes: What a reader of the result should know: what was detected, entries
            left out, balances that do not add up.
        detected: Of a CSV file, how it was found to be written.
    """

    records: tuple[Transaction | Rejected, ...]
    format: str
    notes: tuple[str, ...] = ()
    detected: CsvFormat | None = None


@frozen(kw_only=True)
class Summary:
    """What is known of a file once all of it was read.

    Attributes:
        format: What the file was found to be, in words.
        notes: What a reader of the result should know.
    """

    format: str
    notes: tuple[str, ...]


Stream = Generator[Transaction | Rejected, None, Summary]
"""The records of a file, one at a time; it returns what is known at its end."""


def gathered(stream: Stream) -> Statement:
    """Read a stream to its end."""
    summaries: list[Summary] = []

    def records() -> Generator[Transaction | Rejected]:
        summaries.append((yield from stream))

    held = tuple(records())
    [summary] = summaries
    return Statement(records=held, format=summary.format, notes=summary.notes)


@frozen(kw_only=True)
class Ledger:
    """The invoices of one file.

    Attributes:
        records: In the order of the file, the rejected ones among them.
        format: What the file was found to be, in words.
        notes: What a reader of the result should know.
        detected: Of a CSV file, how it was found to be written.
    """

    records: tuple[Invoice | Rejected, ...]
    format: str
    notes: tuple[str, ...] = ()
    detected: CsvFormat | None = None


@frozen
class Ids:
    """Makes ids unique within a file, the same ones at every reading."""

    _taken: set[str] = field(factory=set)
    _asked: Counter[str] = field(factory=Counter)

    def unique(self, wanted: str) -> str:
        """Give the id wanted, or where it is taken the same with a number.

        >>> ids = Ids()
        >>> ids.unique("a"), ids.unique("a"), ids.unique("a#2")
        ('a', 'a#2', 'a#2#2')
        """
        found = wanted
        while found in self._taken or not found:
            self._asked[wanted] += 1
            found = f"{wanted}#{self._asked[wanted] + 1}"
        self._taken.add(found)
        return found


def content_id(transaction: Transaction) -> str:
    """Make an id of what an entry says, for one that its bank gave none.

    Returns:
        Sixteen hexadecimal digits; the same at every reading, and the same for two
        entries that say the same.
    """
    counterparty = transaction.counterparty or Counterparty()
    said = (
        transaction.account,
        transaction.booking_date,
        transaction.value_date,
        format(transaction.amount, "f"),
        transaction.currency,
        transaction.remittance,
        transaction.creditor_reference,
        transaction.end_to_end_id,
        counterparty.name,
        counterparty.iban or counterparty.account,
    )
    joined = "\x1f".join("" if part is None else str(part) for part in said)
    return sha256(joined.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def checked(transaction: Transaction, where: str) -> Transaction | Rejected:
    """Give back a transaction, or reject it for its currency or an amount.

    Args:
        transaction: As read.
        where: File and line.
    """
    try:
        check_amounts(
            transaction.currency, amount=transaction.amount, fee=transaction.fee
        )
    except FieldError as error:
        return rejected(transaction.id, error, where)
    return transaction


def rejected(record_id: str, error: FieldError, where: str) -> Rejected:
    """Say of a record what is wrong with it, and where."""
    return Rejected(
        record_id=record_id, fault=error.fault, field=error.path, where=where
    )


@frozen(kw_only=True)
class Balances:
    """What a statement says it began and ended with.

    Attributes:
        name: What a person calls the statement.
        opening: Booked balance before the entries, major units; None: not given.
        closing: Booked balance after them.
        booked: Sum of the booked entries.
    """

    name: str
    opening: Decimal | None
    closing: Decimal | None
    booked: Decimal

    def fault(self) -> str | None:
        """Say by how much the entries miss the closing balance; None: they do not."""
        if self.opening is None or self.closing is None:
            return None
        missing = self.closing - self.opening - self.booked
        if not missing:
            return None
        return (
            f"{self.name} does not add up: opening {self.opening:,f} + booked "
            f"{self.booked:,f} = {self.opening + self.booked:,f}, "
            f"but closing is {self.closing:,f} (difference {missing:,f})"
        )
