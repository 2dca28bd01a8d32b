"""The exchange format: records as JSON Lines, in and out.

docs/reference/exchange-format.md is the contract. Transactions and invoices with a
fault come back as ``Rejected`` beside the good ones; a fault in labels, truths or
matches is a ``FileError``, because those are Payymo's own.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from payymo_adapters.atomic import write_atomically
from payymo_adapters.checks import check_amounts
from payymo_adapters.encoding import (
    invoice_to_json,
    label_to_json,
    match_to_json,
    transaction_to_json,
)
from payymo_adapters.errors import FileError
from payymo_adapters.jsonlines import (
    LineFault,
    Parser,
    decimal,
    identifier,
    iso_date,
    list_of,
    number,
    object_of,
    one_of,
    probability,
    read_numbered,
    read_objects,
    shared_text,
    strings,
    text,
)
from payymo_adapters.repeats import without_repeats
from payymo_core.errors import Rejected
from payymo_core.labels import Label, Truth, Verdict
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.results import Allocation, Evidence, Match, Outcome, Proposal, Reason

__all__ = [
    "TRANSACTION",
    "match_to_json",
    "read_invoices",
    "read_labels",
    "read_matches",
    "read_transactions",
    "read_truth",
    "read_truth_or_labels",
    "write_invoices",
    "write_matches",
    "write_transactions",
]

T = TypeVar("T")
Record = TypeVar("Record", Transaction, Invoice)


def _transaction(**values: object) -> Transaction:
    record = Transaction(**values)  # type: ignore[arg-type]
    check_amounts(record.currency, amount=record.amount, fee=record.fee)
    return record


def _invoice(**values: object) -> Invoice:
    record = Invoice(**values)  # type: ignore[arg-type]
    check_amounts(record.currency, outstanding=record.outstanding, total=record.total)
    return record


TRANSACTION = object_of(
    _transaction,
    {
        "id": identifier,
        "amount": decimal,
        "currency": shared_text,
        "booking_date": iso_date,
        "value_date": iso_date,
        "status": one_of(TransactionStatus),
        "remittance": text,
        "creditor_reference": text,
        "end_to_end_id": text,
        "mandate_id": text,
        "counterparty": object_of(
            Counterparty, {"name": text, "iban": text, "account": text}, ()
        ),
        "account": text,
        "fee": decimal,
        "metadata": strings,
    },
    ("id", "amount", "currency"),
)
"""Makes a transaction of what a line holds."""
_CUSTOMER: dict[str, Parser] = {
    "id": identifier,
    "name": text,
    "company": text,
    "email": text,
    "ibans": list_of(text),
    "accounts": list_of(text),
    "aliases": list_of(text),
}
_INVOICE: dict[str, Parser] = {
    "id": identifier,
    "number": text,
    "outstanding": decimal,
    "total": decimal,
    "currency": shared_text,
    "issue_date": iso_date,
    "due_date": iso_date,
    "status": one_of(InvoiceStatus),
    "creditor_reference": text,
    "references": strings,
    "metadata": strings,
}
_LABEL = object_of(
    Label,
    {
        "transaction": identifier,
        "invoices": list_of(identifier),
        "verdict": one_of(Verdict),
    },
    ("transaction", "invoices", "verdict"),
)
_TRUTH = object_of(
    Truth,
    {"transaction": identifier, "invoices": list_of(identifier)},
    ("transaction", "invoices"),
)
_ALLOCATIONS = list_of(
    object_of(
        Allocation, {"invoice": identifier, "amount": decimal}, ("invoice", "amount")
    )
)
_EVIDENCE_FIELDS = {
    "rule": text,
    "level": text,
    "weight": number,
    "transaction_text": text,
    "invoice_text": text,
}
_MATCH_FIELDS = {
    "transaction": identifier,
    "outcome": one_of(Outcome),
    "confidence": probability,
    "allocations": _ALLOCATIONS,
    "unapplied": decimal,
    "alternatives": list_of(
        object_of(
            Proposal,
            {"allocations": _ALLOCATIONS, "confidence": probability},
            ("allocations", "confidence"),
        )
    ),
    "evidence": list_of(object_of(Evidence, _EVIDENCE_FIELDS, tuple(_EVIDENCE_FIELDS))),
    "reasons": list_of(one_of(Reason)),
}
_MATCH = object_of(Match, _MATCH_FIELDS, tuple(_MATCH_FIELDS))


def read_transactions(path: str | PathLike[str]) -> list[Transaction | Rejected]:
    """Read transactions, in the order of the file.

    Args:
        path: A JSON Lines file.

    Returns:
        One a line: the transaction, or what is wrong with it and on which line.

    Raises:
        OSError: The file cannot be opened.
    """
    return _read_some(path, TRANSACTION)


def read_invoices(path: str | PathLike[str]) -> list[Invoice | Rejected]:
    """Read invoices, in the order of the file.

    Args:
        path: A JSON Lines file.

    Returns:
        One a line: the invoice, or what is wrong with it and on which line.

    Raises:
        OSError: The file cannot be opened.
    """
    known: dict[Customer, Customer] = {}

    def customer(**values: object) -> Customer:
        # A ledger names a customer on many lines: one value serves them all.
        made = Customer(**values)  # type: ignore[arg-type]
        return known.setdefault(made, made)

    fields = {**_INVOICE, "customer": object_of(customer, _CUSTOMER, ("id",))}
    required = ("id", "outstanding", "currency")
    return _read_some(path, object_of(_invoice, fields, required))


def read_labels(path: str | PathLike[str]) -> list[Label]:
    """Read reviewers' verdicts; each says in which line it stands.

    Raises:
        FileError: A line is not a label; names file, line and field.
        OSError: The file cannot be opened.
    """
    name = fspath(path)
    with Path(path).open("rb") as lines:
        return [
            evolve(_whole(name, label), where=f"{name}:{line}")
            for line, label in read_numbered(lines, _LABEL)
        ]


def read_truth(path: str | PathLike[str]) -> list[Truth]:
    """Read what each transaction really pays.

    Raises:
        FileError: A line is not a truth; names file, line and field.
        OSError: The file cannot be opened.
    """
    return _read_all(path, _TRUTH)


def read_truth_or_labels(path: str | PathLike[str]) -> list[Truth | Label]:
    """Read what is known of each transaction, in full or from a reviewer's verdicts.

    A line with a ``verdict`` is a label, any other a truth; a file may hold both.

    Raises:
        FileError: A line is neither; names file, line and field.
        OSError: The file cannot be opened.
    """
    return _read_all(path, _truth_or_label)


def _truth_or_label(value: object) -> Truth | Label:
    is_label = type(value) is dict and "verdict" in value
    return _LABEL(value) if is_label else _TRUTH(value)


def read_matches(path: str | PathLike[str]) -> list[Match]:
    """Read the matches of a run.

    Raises:
        FileError: A line is not a match; names file, line and field.
        OSError: The file cannot be opened.
    """
    return _read_all(path, _MATCH)


def _read_some(
    path: str | PathLike[str], parse: Callable[[object], Record]
) -> list[Record | Rejected]:
    name = fspath(path)
    lines: list[int] = []
    records: list[Record | Rejected] = []
    with Path(path).open("rb") as stream:
        for line, found in read_numbered(stream, parse):
            lines.append(line)
            if isinstance(found, LineFault):
                records.append(_rejected(name, found))
            else:
                records.append(found)
    return without_repeats(records, lambda place: f"{name}:{lines[place]}")


def _rejected(path: str, fault: LineFault) -> Rejected:
    return Rejected(
        record_id=fault.record_id,
        fault=fault.fault,
        field=fault.field,
        where=f"{path}:{fault.line}",
    )


def _read_all(path: str | PathLike[str], parse: Callable[[object], T]) -> list[T]:
    with Path(path).open("rb") as lines:
        name = fspath(path)
        return [_whole(name, found) for found in read_objects(lines, parse)]


def _whole(path: str, found: T | LineFault) -> T:
    if isinstance(found, LineFault):
        raise FileError(path, found.fault, line=found.line, field=found.field)
    return found


def write_transactions(
    transactions: Iterable[Transaction], path: str | PathLike[str]
) -> None:
    """Write transactions, one a line, whole or not at all.

    Raises:
        RecordError: An amount or a currency that no record may carry.
        OSError: The place cannot be written to.
    """
    _write(map(transaction_to_json, transactions), path)


def write_invoices(invoices: Iterable[Invoice], path: str | PathLike[str]) -> None:
    """Write invoices, one a line, whole or not at all.

    Raises:
        RecordError: An amount or a currency that no record may carry.
        OSError: The place cannot be written to.
    """
    _write(map(invoice_to_json, invoices), path)


def write_matches(matches: Iterable[Match], path: str | PathLike[str]) -> None:
    """Write matches, one a line, whole or not at all.

    Raises:
        OSError: The place cannot be written to.
    """
    _write(map(match_to_json, matches), path)


def write_labels(labels: Iterable[Label], path: str | PathLike[str]) -> None:
    """Write verdicts, one a line, whole or not at all.

    Raises:
        OSError: The place cannot be written to.
    """
    _write(map(label_to_json, labels), path)


def _write(rows: Iterable[Mapping[str, object]], path: str | PathLike[str]) -> None:
    write_atomically(path, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
