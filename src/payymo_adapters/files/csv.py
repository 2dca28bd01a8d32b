"""Bank statements as CSV, whatever bank wrote them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from os import PathLike

from attrs import evolve

from payymo_adapters.errors import FieldError
from payymo_adapters.files.csv_format import CsvMapping
from payymo_adapters.files.csv_layout import Row
from payymo_adapters.files.csv_table import Needs, Table, read_table
from payymo_adapters.files.headers import BANK
from payymo_adapters.files.mt940_details import is_iban
from payymo_adapters.files.statement import (
    Ids,
    Statement,
    checked,
    content_id,
    rejected,
)
from payymo_adapters.files.texts import counted
from payymo_adapters.files.vocabulary import IN, OUT, TRANSACTION_STATUSES
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Transaction, TransactionStatus

_NEEDS = Needs(
    BANK,
    (
        frozenset({"booking_date", "amount"}),
        frozenset({"booking_date", "debit", "credit"}),
        frozenset({"value_date", "amount"}),
        frozenset({"value_date", "debit", "credit"}),
    ),
    amounts=("amount", "debit", "credit", "balance"),
    dates=("booking_date", "value_date"),
)
_UNSAID = TransactionStatus.BOOKED


def read_csv(path: str | PathLike[str], mapping: CsvMapping | None = None) -> Statement:
    """Read a bank's CSV statement.

    Args:
        path: The file.
        mapping: What cannot be detected, or is detected wrongly.

    Returns:
        One transaction a row; ``format`` says in words what was detected, ``detected``
        holds it as a value.

    Raises:
        FileError: The columns, the decimal mark, the order of dates or the currency
            cannot be told; says how a mapping tells them.
        OSError: The file cannot be opened.
    """
    table = read_table(path, _NEEDS, mapping or CsvMapping())
    ids = Ids()
    records: list[Transaction | Rejected] = []
    notes: list[str] = []
    for row in table.rows:
        where = f"{table.path}:{row.line}"
        if _is_footer(table, row):
            notes.append(f"{where}: neither date nor amount: left out")
            continue
        try:
            found = _transaction(table, row)
        except FieldError as error:
            records.append(rejected(table.text(row, "id") or "", error, where))
            continue
        wanted = found.id or content_id(found)
        records.append(checked(evolve(found, id=ids.unique(wanted)), where))
    notes += _balance_faults(table, records)
    return Statement(
        records=tuple(records),
        format=str(table.format),
        notes=tuple(notes),
        detected=table.format,
    )


def _is_footer(table: Table, row: Row) -> bool:
    return not any(
        table.text(row, role)
        for role in ("booking_date", "value_date", "amount", "debit", "credit")
    )


def _transaction(table: Table, row: Row) -> Transaction:
    amount, currency = _amount(table, row)
    return Transaction(
        id=table.text(row, "id") or "",
        amount=amount,
        currency=currency,
        booking_date=table.day(row, "booking_date"),
        value_date=table.day(row, "value_date"),
        status=_status(table, row),
        remittance=table.text(row, "remittance"),
        creditor_reference=table.text(row, "creditor_reference"),
        end_to_end_id=_given(table.text(row, "end_to_end_id")),
        mandate_id=table.text(row, "mandate_id"),
        counterparty=_counterparty(table, row),
        account=table.text(row, "account"),
    )


def _given(identifier: str | None) -> str | None:
    return None if identifier in ("NOTPROVIDED", "NONREF") else identifier


def _status(table: Table, row: Row) -> TransactionStatus:
    text = table.text(row, "status")
    found = TRANSACTION_STATUSES.get(text.casefold()) if text else _UNSAID
    if found is None:
        msg = f"{text!r} is neither booked nor pending"
        raise FieldError(msg, "status")
    return found


def _counterparty(table: Table, row: Row) -> Counterparty | None:
    account = table.text(row, "counterparty_account")
    iban = account.replace(" ", "") if account and is_iban(account) else None
    found = Counterparty(
        name=table.text(row, "counterparty_name"),
        iban=iban,
        account=None if iban else account,
    )
    return None if found == Counterparty() else found


def _amount(table: Table, row: Row) -> tuple[Decimal, str]:
    """Signed amount of a row and its currency."""
    single = table.amount(row, "amount")
    if single is not None:
        sign = _direction(table, row, single[0])
        return sign * single[0], table.currency(row, single[1])
    if not {"debit", "credit"} & table.columns.places.keys():
        msg = "required, and missing"
        raise FieldError(msg, "amount")
    debit, credit = table.amount(row, "debit"), table.amount(row, "credit")
    out = abs(debit[0]) if debit else Decimal(0)
    into = credit[0] if credit else Decimal(0)
    if bool(out) == bool(into):
        msg = "a row has either a debit or a credit, and this has both or neither"
        raise FieldError(msg, "amount")
    written = (side[1] for side in (debit, credit) if side)
    return into - out, table.currency(row, *written)


def _direction(table: Table, row: Row, amount: Decimal) -> int:
    """Sign that a column such as ``Af Bij`` or ``S/H`` gives an unsigned amount."""
    text = table.text(row, "direction")
    if text is None:
        return 1
    word = text.casefold()
    if word not in IN | OUT:
        msg = f"{text[:40]!r} says neither in nor out"
        raise FieldError(msg, "direction")
    if word in IN and amount < 0:
        msg = f"{text!r} contradicts the sign of {amount:,f}"
        raise FieldError(msg, "direction")
    return -1 if word in OUT and amount > 0 else 1


def _balance_faults(
    table: Table, records: Sequence[Transaction | Rejected]
) -> Iterator[str]:
    """Hold running balances, where a column gives them, against the amounts."""
    booked = [
        (row, record)
        for row, record in zip(
            (row for row in table.rows if not _is_footer(table, row)),
            records,
            strict=True,
        )
        if isinstance(record, Transaction)
    ]
    try:
        balances = [table.amount(row, "balance") for row, _ in booked]
    except FieldError as error:
        yield f"balances are not checked: {error}"
        return
    rows = [
        (row.line, record.amount, balance[0])
        for (row, record), balance in zip(booked, balances, strict=True)
        if balance is not None
    ]
    if len(rows) < 2 or len(rows) < len(table.rows) - 1:
        return
    # Oldest first, a balance is the one above plus the row's amount; newest first,
    # the one below plus it.
    oldest = [new[0] for old, new in pairwise(rows) if new[2] != old[2] + new[1]]
    newest = [new[0] for new, old in pairwise(rows) if new[2] != old[2] + new[1]]
    faults = min(oldest, newest, key=len)
    if faults:
        lines = counted(len(faults), "such line")
        yield f"balance does not add up in line {faults[0]} ({lines})"
