"""SWIFT statements: MT940 and MT942.

The fields' contents are parsed by the mt-940 library. Cutting the file into fields is
done here, so that a fault is located and a bad field does not lose the file; and the
text of field 86, whose inner forms differ by country, is taken apart in
``mt940_details``.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen
from mt940.models import Amount, Balance, Transactions
from mt940.options import Options
from mt940.processors import date_fixup_pre_processor
from mt940.tags import (
    BalanceBase,
    FloorLimitIndicator,
    StatementGLS,
    Tag,
)
from mt940.tags import Statement as StatementLine

from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.mt940_details import Details, is_iban, read_details
from payymo_adapters.files.statement import (
    Balances,
    Ids,
    Statement,
    checked,
    content_id,
    rejected,
)
from payymo_adapters.files.texts import decode, one_line
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Transaction

# Only the tags of the two messages: a line of text may begin with a time (":12:11").
FIELD = re.compile(
    r":(13D?|20|21|25P?|28C?|34F|60[FM]?|61|62[FM]?|64|65|86|90[CD]|94[02]|NS):"
)
_OPENING, _CLOSING = ("60F", "60M", "60"), ("62F", "62M", "62")
_CURRENCIES = (*_OPENING, *_CLOSING, "64", "34F")
_INTERIM = "34F"
# Which balances there are, opening and closing -> what is missing.
_MISSING = {
    (True, False): "no closing balance",
    (False, True): "no opening balance",
    (False, False): "neither an opening nor a closing balance",
}
_PLACEHOLDERS = ("", "NONREF", "NOTPROVIDED", "KREF+", "KREF", "EREF", "PREF")
_TAGS: dict[str, Tag] = {
    "34F": FloorLimitIndicator(),
    **dict.fromkeys((*_OPENING, *_CLOSING, "64"), BalanceBase()),
}
_LINE, _LINE_LONG_REFERENCE = StatementLine(), StatementGLS()
# The library's patterns take the beginning of an amount for the whole of it, and let
# what follows pass as text. A whole amount ends where the type of the entry begins
# (1!a3!c); without its comma only one of SWIFT's own types tells that from a letter O.
_WHOLE_ENTRY = re.compile(
    r"[0-9]*,[0-9]*(?=[A-Z]|//|\n|$)|[0-9]+(?=[FNS][A-Z0-9 ]{3})", re.IGNORECASE
)
_WHOLE_BALANCE = re.compile(r"[0-9]+(?:,[0-9]*)?(?= *(?:\n|$))")


@frozen
class _Field:
    """One field: the line it begins on, its tag and its lines."""

    line: int
    tag: str
    lines: tuple[str, ...]


def read_mt940(path: str | PathLike[str]) -> Statement:
    """Read an MT940 or MT942 file.

    Args:
        path: The file, in UTF-8 or Western European.

    Returns:
        One transaction a field 61, with the text of the fields 86 after it.

    Raises:
        FileError: There is no SWIFT field in it.
        OSError: The file cannot be opened.
    """
    name = fspath(path)
    text = decode(Path(path).read_bytes())
    fields = list(_fields(text.content))
    if not fields:
        fault = "no SWIFT field (':20:', ':61:', ...) in it"
        raise FileError(name, fault, line=1)
    reading = _Reading(name)
    for block in _statements(fields):
        reading.take(block)
    return Statement(
        records=tuple(reading.records),
        format=f"{reading.message} ({text.encoding})",
        notes=tuple(reading.notes),
    )


def _fields(content: str) -> Iterator[_Field]:
    start, tag, lines = 0, "", list[str]()
    for number, line in enumerate(content.split("\n"), start=1):
        found = FIELD.match(line)
        ends = line.rstrip() in ("-", "-}")
        if found or ends:
            if tag:
                yield _Field(start, tag, tuple(lines))
            start, tag = number, found[1] if found else ""
            lines = [line[found.end() :]] if found else []
        else:
            lines.append(line)
    if tag:
        yield _Field(start, tag, tuple(lines))


def _statements(fields: Sequence[_Field]) -> Iterator[list[_Field]]:
    """Cut the fields into statements; each begins with a field 20."""
    block: list[_Field] = []
    for each in fields:
        if each.tag == "20" and block:
            yield block
            block = []
        block.append(each)
    yield block


@define
class _Reading:
    """What is known so far of the file being read."""

    path: str
    records: list[Transaction | Rejected] = field(factory=list)
    notes: list[str] = field(factory=list)
    ids: Ids = field(factory=Ids)
    message: str = "MT940"

    def take(self, block: Sequence[_Field]) -> None:
        """Read one statement."""
        if any(each.tag == _INTERIM for each in block) and self.message != "MT942":
            self.message = "MT942"
            self.notes.append(
                "MT942 reports within the day: the bank may still amend it"
            )
        currency = _currency(block)
        account = _account(block, currency)
        booked = Decimal(0)
        for place, each in enumerate(block):
            if each.tag == "61":
                texts = _following(block, place, "86")
                found = self._entry(each, texts, account, currency)
                self.records.append(found)
                booked += found.amount if isinstance(found, Transaction) else 0
            elif each.tag == "25" and "61" in {f.tag for f in block[:place]}:
                self._note(each, "account given again after entries; left out")
        self._check_balances(block, booked)

    def _note(self, each: _Field, text: str) -> None:
        self.notes.append(f"{self.path}:{each.line}: {each.tag}: {text}")

    def _money(self, each: _Field) -> Amount | None:
        try:
            found = _parse(_TAGS[each.tag], _content(each), "")
        except FieldError:
            return None
        held = next(iter(found.values()))
        amount = held.amount if isinstance(held, Balance) else held
        return amount if isinstance(amount, Amount) else None

    def _check_balances(self, block: Sequence[_Field], booked: Decimal) -> None:
        opening = [f for f in block if f.tag in _OPENING][:1]
        closing = [f for f in block if f.tag in _CLOSING][-1:]
        sums: list[Decimal] = []
        for each in (*opening, *closing):
            money = self._money(each)
            if money is None or not (money.currency or "").isalpha():
                self._note(
                    each, f"balance cannot be read: {' '.join(each.lines)[:40]!r}"
                )
                return
            sums.append(money.amount)
        name = f"statement at line {block[0].line}"
        if opening and closing:
            fault = Balances(
                name=name, opening=sums[0], closing=sums[-1], booked=booked
            ).fault()
            if fault:
                self.notes.append(fault)
        elif not any(f.tag == _INTERIM for f in block):
            missing = _MISSING[bool(opening), bool(closing)]
            self.notes.append(
                f"{name} has {missing}: whether entries are missing cannot be checked"
            )

    def _entry(
        self, entry: _Field, texts: Sequence[_Field], account: str | None, currency: str
    ) -> Transaction | Rejected:
        where = f"{self.path}:{entry.line}"
        try:
            found = _parse_entry(entry, currency)
        except FieldError as error:
            return rejected("", error, where)
        details = read_details(line for text in texts for line in text.lines)
        transaction = _transaction(found, details, account)
        return checked(evolve(transaction, id=self.ids.unique(transaction.id)), where)


def _following(block: Sequence[_Field], place: int, tag: str) -> list[_Field]:
    found = []
    for each in block[place + 1 :]:
        if each.tag not in (tag, "NS"):
            break
        found.append(each)
    return [each for each in found if each.tag == tag]


def _currency(block: Sequence[_Field]) -> str:
    """Currency that a balance names, whether or not its amount can be read."""
    for tag in _CURRENCIES:
        for each in block:
            found = _TAGS[tag].re.match(_content(each)) if each.tag == tag else None
            if found and found["currency"].isalpha():
                return found["currency"].upper()
    return ""


def _content(each: _Field) -> str:
    return "\n".join(each.lines).strip()


def _account(block: Sequence[_Field], currency: str) -> str | None:
    found = next((each for each in block if each.tag in ("25", "25P")), None)
    account = one_line(" ".join(found.lines)) if found else ""
    if is_iban(account) and currency:
        # Dutch banks write the currency behind the IBAN.
        account = account.removesuffix(currency).strip()
    return account or None


def _parse(tag: Tag, value: str, currency: str) -> dict[str, Any]:
    """Let the library read one field.

    Its ``Tag.parse`` is not called because that logs the payer's data on a fault.
    """
    found = tag.re.match(value)
    is_entry = isinstance(tag, StatementLine)
    field = "61" if is_entry else ""
    if not found:
        msg = f"{value[:60]!r} is not of the form SWIFT lays down"
        raise FieldError(msg, field)
    whole = (_WHOLE_ENTRY if is_entry else _WHOLE_BALANCE).match(
        value, found.start("amount")
    )
    if not whole or whole.end() != found.end("amount"):
        msg = f"{value[:60]!r} holds an amount that is not written as '1234,56'"
        raise FieldError(msg, field)
    parts: dict[str, Any] = found.groupdict()
    library = Transactions(options=Options.all())
    if currency:
        parts["currency"] = currency
    try:
        if is_entry:
            # The 30th of February is when German interest is due.
            date_fixup_pre_processor(library, tag, parts)
        return dict(tag(library, parts))
    except (ValueError, ArithmeticError) as error:
        msg = f"{value[:60]!r} holds an impossible date or amount ({error})"
        raise FieldError(msg, field) from None


def _parse_entry(entry: _Field, currency: str) -> dict[str, Any]:
    head, *rest = entry.lines
    value = f"{head.strip()}\n{one_line(' '.join(rest))}".strip()
    if not currency:
        msg = "no balance of the statement names a currency"
        raise FieldError(msg, "currency")
    return _parse(_LINE_LONG_REFERENCE if "//" in head else _LINE, value, currency)


def _transaction(
    found: dict[str, Any], details: Details, account: str | None
) -> Transaction:
    amount: Amount = found["amount"]
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
