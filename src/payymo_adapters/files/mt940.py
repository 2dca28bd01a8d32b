"""SWIFT statements: MT940 and MT942.

Cutting the file into fields is done here, so that a fault is located and a bad field
does not lose the file. The fields' contents are parsed in ``mt940_fields``; the text of
field 86, whose inner forms differ by country, is taken apart in ``mt940_details``. The
file is read as a stream: only the entry in hand is held, and the ids given so far.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from os import PathLike, fspath
from typing import Any

from attrs import define, evolve, field

from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.mt940_details import Details, is_iban, read_details
from payymo_adapters.files.mt940_fields import (
    CLOSING,
    FLOOR,
    OPENING,
    Field,
    currency_of,
    money_of,
    parse_entry,
)
from payymo_adapters.files.statement import (
    Balances,
    Ids,
    Statement,
    Stream,
    Summary,
    checked,
    content_id,
    gathered,
    rejected,
)
from payymo_adapters.files.texts import one_line, open_text
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Transaction

# Only the tags of the two messages: a line of text may begin with a time (":12:11").
FIELD = re.compile(
    r":(13D?|20|21|25P?|28C?|34F|60[FM]?|61|62[FM]?|64|65|86|90[CD]|94[02]|NS):"
)
# Which balances there are, opening and closing -> what is missing.
_MISSING = {
    (True, False): "no closing balance",
    (False, True): "no opening balance",
    (False, False): "neither an opening nor a closing balance",
}
_PLACEHOLDERS = ("", "NONREF", "NOTPROVIDED", "KREF+", "KREF", "EREF", "PREF")
_Part = Sequence[Field]
"""A field; one that is an entry, with the texts behind it."""


def read_mt940(path: str | PathLike[str]) -> Statement:
    """Read an MT940 or MT942 file.

    Raises:
        FileError: As ``stream_mt940``.
        OSError: The file cannot be opened.
    """
    return gathered(stream_mt940(path))


def stream_mt940(path: str | PathLike[str]) -> Stream:
    """Read an MT940 or MT942 file of any size, one record at a time.

    Args:
        path: The file, in UTF-8 or Western European.

    Yields:
        One transaction a field 61, with the text of the fields 86 after it.

    Raises:
        FileError: There is no SWIFT field in it.
        OSError: The file cannot be opened.
    """
    reading = _Reading(fspath(path))
    with open_text(path) as text:
        for part in _parts(_fields(text)):
            yield from reading.take(part)
    yield from reading.end()
    if not reading.message:
        fault = "no SWIFT field (':20:', ':61:', ...) in it"
        raise FileError(reading.path, fault, line=1)
    return Summary(
        format=f"{reading.message} ({text.encoding})", notes=tuple(reading.notes)
    )


def _fields(lines: Iterable[str]) -> Iterator[Field]:
    start, tag, held = 0, "", list[str]()
    for number, ended in enumerate(lines, start=1):
        line = ended.removesuffix("\n")
        found = FIELD.match(line)
        ends = line.rstrip() in ("-", "-}")
        if found or ends:
            if tag:
                yield Field(start, tag, tuple(held))
            start, tag = number, found[1] if found else ""
            held = [line[found.end() :]] if found else []
        else:
            held.append(line)
    if tag:
        yield Field(start, tag, tuple(held))


def _parts(fields: Iterable[Field]) -> Iterator[_Part]:
    """Put the texts that follow an entry to it."""
    part: list[Field] = []
    for each in fields:
        if part and not (part[0].tag == "61" and each.tag in ("86", "NS")):
            yield part
            part = []
        part.append(each)
    if part:
        yield part


@define
class _Statement:
    """What is known so far of the statement being read.

    Attributes:
        line: The line it begins on.
        currency: That a balance names.
        account: As its field 25 writes it; None: not yet known.
        waiting: Entries before it is known what account and currency they are of.
        entries: How many there were.
        booked: Their sum.
        opening: The first opening balance.
        closing: The last closing balance.
        interim: Whether it is a report within the day.
    """

    line: int = 0
    currency: str = ""
    account: str | None = None
    waiting: list[_Part] = field(factory=list)
    entries: int = 0
    booked: Decimal = Decimal(0)
    opening: Field | None = None
    closing: Field | None = None
    interim: bool = False


@define
class _Reading:
    """What is known so far of the file being read."""

    path: str
    notes: list[str] = field(factory=list)
    ids: Ids = field(factory=Ids)
    message: str = ""
    statement: _Statement = field(factory=_Statement)

    def take(self, part: _Part) -> Iterator[Transaction | Rejected]:
        """Take note of a part, and give the records that can be made now."""
        first, now = part[0], self.statement
        if first.tag == "20":
            yield from self.end()
            now = self.statement = _Statement()
        self.message = self.message or "MT940"
        now.line = now.line or first.line
        if first.tag == "61":
            now.entries += 1
            now.waiting.append(part)
        elif first.tag in ("25", "25P"):
            self._take_account(first)
        else:
            self._take_balance(first)
        if now.currency and now.account is not None:
            yield from self._entries()

    def end(self) -> Iterator[Transaction | Rejected]:
        """Give what still waits, and check the balances."""
        if self.statement.line:
            yield from self._entries()
            self._check_balances(self.statement)

    def _take_account(self, each: Field) -> None:
        now = self.statement
        if each.tag == "25" and now.entries:
            self._note(each, "account given again after entries; left out")
        if now.account is None:
            now.account = one_line(" ".join(each.lines))

    def _take_balance(self, each: Field) -> None:
        now = self.statement
        now.currency = now.currency or currency_of(each)
        if each.tag in OPENING:
            now.opening = now.opening or each
        elif each.tag in CLOSING:
            now.closing = each
        elif each.tag == FLOOR:
            now.interim = True
            if self.message != "MT942":
                self.message = "MT942"
                self.notes.append(
                    "MT942 reports within the day: the bank may still amend it"
                )

    def _note(self, each: Field, text: str) -> None:
        self.notes.append(f"{self.path}:{each.line}: {each.tag}: {text}")

    def _check_balances(self, now: _Statement) -> None:
        name = f"statement at line {now.line}"
        sums: list[Decimal] = []
        for each in (now.opening, now.closing):
            money = each and money_of(each)
            if each and not money:
                self._note(
                    each, f"balance cannot be read: {' '.join(each.lines)[:40]!r}"
                )
                return
            if money:
                sums.append(money.amount)
        if len(sums) == 2:
            opening, closing = sums
            ends = Balances(
                name=name, opening=opening, closing=closing, booked=now.booked
            )
            if fault := ends.fault():
                self.notes.append(fault)
        elif not now.interim:
            missing = _MISSING[now.opening is not None, now.closing is not None]
            self.notes.append(
                f"{name} has {missing}: whether entries are missing cannot be checked"
            )

    def _entries(self) -> Iterator[Transaction | Rejected]:
        now = self.statement
        account = _account(now.account or "", now.currency)
        for part in now.waiting:
            found = self._entry(part, account, now.currency)
            if isinstance(found, Transaction):
                now.booked += found.amount
            yield found
        now.waiting = []

    def _entry(
        self, part: _Part, account: str | None, currency: str
    ) -> Transaction | Rejected:
        entry, *texts = part
        where = f"{self.path}:{entry.line}"
        try:
            found = parse_entry(entry, currency)
        except FieldError as error:
            return rejected("", error, where)
        lines = (line for text in texts if text.tag == "86" for line in text.lines)
        transaction = _transaction(found, read_details(lines), account)
        return checked(evolve(transaction, id=self.ids.unique(transaction.id)), where)


def _account(written: str, currency: str) -> str | None:
    if is_iban(written) and currency:
        # Dutch banks write the currency behind the IBAN.
        written = written.removesuffix(currency).strip()
    return written or None


def _transaction(
    found: dict[str, Any], details: Details, account: str | None
) -> Transaction:
    amount = found["amount"]
    extra = one_line(found.get("extra_details") or "")
    transaction = Transaction(
        id=_reference(found.get("bank_reference")),
        amount=amount.amount,
        currency=amount.currency or "",
        booking_date=_plain(found.get("entry_date")),
        value_date=_plain(found["date"]),
        remittance=details.remittance or (None if is_iban(extra) else extra or None),
        creditor_reference=details.creditor_reference,
        end_to_end_id=details.end_to_end_id,
        mandate_id=details.mandate_id,
        counterparty=_counterparty(details, extra),
        account=account,
        metadata=_metadata(details, _reference(found.get("customer_reference"))),
    )
    return evolve(transaction, id=transaction.id or content_id(transaction))


def _plain(day: date | None) -> date | None:
    """Make the library's kind of date an ordinary one."""
    return day and date(day.year, day.month, day.day)


def _reference(text: str | None) -> str:
    found = one_line(text or "")
    return "" if found.upper() in _PLACEHOLDERS else found


def _metadata(details: Details, customer_reference: str) -> dict[str, str]:
    given = {"customer_reference": customer_reference} if customer_reference else {}
    return {**given, **details.metadata}


def _counterparty(details: Details, extra: str) -> Counterparty | None:
    # Rabobank writes the other side's IBAN below the statement line.
    iban = details.iban or (extra if is_iban(extra) else None)
    found = Counterparty(name=details.name, iban=iban, account=details.account)
    return None if found == Counterparty() else found
