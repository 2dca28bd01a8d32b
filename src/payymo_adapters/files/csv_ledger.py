"""Lists of invoices as CSV, as accounting and billing programs export them."""

from decimal import Decimal
from os import PathLike

from payymo_adapters.checks import check_amounts
from payymo_adapters.errors import FieldError
from payymo_adapters.files.csv_format import CsvMapping
from payymo_adapters.files.csv_layout import Row
from payymo_adapters.files.csv_table import Needs, Table, read_table
from payymo_adapters.files.headers import LEDGER
from payymo_adapters.files.statement import Ids, Ledger, rejected
from payymo_adapters.files.texts import counted
from payymo_adapters.files.vocabulary import INVOICE_STATUSES
from payymo_adapters.repeats import without_repeats
from payymo_core.errors import Rejected
from payymo_core.records import Customer, Invoice, InvoiceStatus

_NEEDS = Needs(
    LEDGER,
    tuple(
        frozenset({name, amount})
        for name in ("id", "number")
        for amount in ("outstanding", "total")
    ),
    amounts=("outstanding", "total"),
    dates=("issue_date", "due_date"),
)
_REFERENCES = "references."


def read_csv_ledger(
    path: str | PathLike[str], mapping: CsvMapping | None = None
) -> Ledger:
    """Read a list of invoices.

    Args:
        path: The file.
        mapping: What cannot be detected, or is detected wrongly.

    Returns:
        One invoice a row. A list without ids takes the numbers for ids; one without
        outstanding amounts takes the totals, and a note says so.

    Raises:
        FileError: The columns, the decimal mark, the order of dates or the currency
            cannot be told; says how a mapping tells them.
        OSError: The file cannot be opened.
    """
    table = read_table(path, _NEEDS, mapping or CsvMapping())
    ids = Ids()
    notes: list[str] = []
    if "outstanding" not in table.columns.places:
        notes.append("no column of outstanding amounts: the totals are taken for them")
    rows = [row for row in table.rows if _names_an_invoice(table, row)]
    left_out = len(table.rows) - len(rows)
    if left_out:
        rows_left_out = counted(left_out, "row")
        notes.append(f"{rows_left_out} with neither id, number nor customer left out")
    firsts: dict[tuple[str, ...], Row] = {}
    records = [
        _record(table, row, ids)
        if firsts.setdefault(row.cells, row) is row or table.text(row, "id")
        else _repeated(table, row, firsts[row.cells])
        for row in rows
    ]
    return Ledger(
        records=tuple(without_repeats(records, lambda n: _where(table, rows[n]))),
        format=str(table.format),
        notes=tuple(notes),
        detected=table.format,
    )


def _names_an_invoice(table: Table, row: Row) -> bool:
    # A sum below the last invoice names none.
    return any(table.text(row, role) for role in ("id", "number", "customer_name"))


def _record(table: Table, row: Row, ids: Ids) -> Invoice | Rejected:
    try:
        return _invoice(table, row, ids)
    except FieldError as error:
        name = table.text(row, "id") or table.text(row, "number") or ""
        return rejected(name, error, _where(table, row))


def _repeated(table: Table, row: Row, first: Row) -> Rejected:
    """Set a line aside that was given before: its invoice is owed once.

    Its number is no id of a record of its own, so ``without_repeats`` cannot see it.
    """
    msg = "the same line was given before"
    error = FieldError(f"{msg} (also {_where(table, first)})", "number")
    return rejected(table.text(row, "number") or "", error, _where(table, row))


def _where(table: Table, row: Row) -> str:
    return f"{table.path}:{row.line}"


def _invoice(table: Table, row: Row, ids: Ids) -> Invoice:
    outstanding, total, currency = _amounts(table, row)
    number = table.text(row, "number")
    given = table.text(row, "id")
    if not given and not number:
        msg = "neither an id nor a number"
        raise FieldError(msg, "id")
    return Invoice(
        # An id given twice is a fault; a number may be given twice.
        id=given or ids.unique(number or ""),
        number=number,
        outstanding=outstanding,
        total=total,
        currency=currency,
        issue_date=table.day(row, "issue_date"),
        due_date=table.day(row, "due_date"),
        status=_status(table, row),
        creditor_reference=table.text(row, "creditor_reference"),
        references=_references(table, row),
        customer=_customer(table, row),
    )


def _amounts(table: Table, row: Row) -> tuple[Decimal, Decimal | None, str]:
    total, outstanding = table.amount(row, "total"), table.amount(row, "outstanding")
    owed = outstanding or (total if "outstanding" not in table.columns.places else None)
    if owed is None:
        msg = "required, and missing"
        raise FieldError(msg, "outstanding")
    currency = table.currency(row, owed[1], total[1] if total else "")
    billed = total[0] if total else None
    check_amounts(currency, outstanding=owed[0], total=billed)
    return owed[0], billed, currency


def _status(table: Table, row: Row) -> InvoiceStatus:
    text = table.text(row, "status")
    found = INVOICE_STATUSES.get(text.casefold()) if text else InvoiceStatus.OPEN
    if found is None:
        msg = f"{text!r} is not a status that is known"
        raise FieldError(msg, "status")
    return found


def _references(table: Table, row: Row) -> dict[str, str]:
    found = {
        role.removeprefix(_REFERENCES): table.text(row, role)
        for role in table.columns.places
        if role.startswith(_REFERENCES)
    }
    return {name: text for name, text in found.items() if text}


def _customer(table: Table, row: Row) -> Customer | None:
    name, company = (
        table.text(row, "customer_name"),
        table.text(row, "customer_company"),
    )
    email, iban = table.text(row, "customer_email"), table.text(row, "customer_iban")
    # Without a customer number, the same name is the same customer.
    known = table.text(row, "customer_id") or company or name or email
    if not known:
        return None
    ibans = (iban.replace(" ", ""),) if iban else ()
    return Customer(id=known, name=name, company=company, email=email, ibans=ibans)
