"""Records, matches, findings as objects of the exchange format; the way out only.

>>> from payymo_core.records import Transaction
>>> transaction_to_json(Transaction(id="t1", amount=Decimal("9.5"), currency="EUR"))
{'id': 't1', 'amount': '9.50', 'currency': 'EUR'}
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from attrs import fields_dict

from payymo_core.inspection import Finding
from payymo_core.labels import Label
from payymo_core.money import from_minor, to_minor
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.results import Allocation, Match, Proposal

JsonObject = dict[str, object]
"""One line's object."""


def transaction_to_json(transaction: Transaction) -> JsonObject:
    """Give a transaction as one line's object; what is not known is left out.

    Raises:
        RecordError: An amount or a currency that no record may carry.
    """
    return _object(transaction, transaction.currency)


def invoice_to_json(invoice: Invoice) -> JsonObject:
    """Give an invoice as one line's object; what is not known is left out.

    Raises:
        RecordError: An amount or a currency that no record may carry.
    """
    return _object(invoice, invoice.currency)


def match_to_json(match: Match) -> JsonObject:
    """Give a match as one line's object, every key there."""
    return {
        "transaction": match.transaction,
        "outcome": str(match.outcome),
        "confidence": match.confidence,
        "allocations": _allocations(match.allocations),
        "unapplied": format(match.unapplied, "f"),
        "alternatives": [_proposal(proposal) for proposal in match.alternatives],
        "evidence": [
            {
                "rule": row.rule,
                "level": row.level,
                "weight": row.weight,
                "transaction_text": row.transaction_text,
                "invoice_text": row.invoice_text,
            }
            for row in match.evidence
        ],
        "reasons": [str(reason) for reason in match.reasons],
    }


def finding_to_json(finding: Finding) -> JsonObject:
    """Give a finding as one line's object, every key there."""
    return {
        "code": str(finding.code),
        "severity": str(finding.severity),
        "says": finding.says,
        "advice": finding.advice,
        "cases": [
            {
                "says": case.says,
                "transactions": case.transactions,
                "invoices": case.invoices,
                "customers": case.customers,
            }
            for case in finding.cases
        ],
    }


def _proposal(proposal: Proposal) -> JsonObject:
    allocations = _allocations(proposal.allocations)
    return {"allocations": allocations, "confidence": proposal.confidence}


def _allocations(allocations: Iterable[Allocation]) -> list[dict[str, str]]:
    return [
        {"invoice": a.invoice, "amount": format(a.amount, "f")} for a in allocations
    ]


def _text(value: str, _currency: str) -> str:
    return value


def _status(value: str, _currency: str) -> str | None:
    return None if value in _DEFAULT_STATUS else str(value)


def label_to_json(label: Label) -> JsonObject:
    """A label as the exchange format has it; where it came from is left out."""
    return {
        "transaction": label.transaction,
        "invoices": list(label.invoices),
        "verdict": str(label.verdict),
    }


def _money(value: Decimal, currency: str) -> str:
    return format(from_minor(to_minor(value, currency), currency), "f")


def _day(value: date, _currency: str) -> str:
    return value.isoformat()


def _list(value: Iterable[str], _currency: str) -> list[str] | None:
    return list(value) or None


def _strings(value: Mapping[str, str], _currency: str) -> dict[str, str] | None:
    return dict(value) or None


def _held(value: Counterparty | Customer, currency: str) -> JsonObject:
    return _object(value, currency)


_DEFAULT_STATUS = (TransactionStatus.BOOKED, InvoiceStatus.OPEN)
_ENCODERS: dict[str, Callable[[Any, str], object]] = {
    "status": _status,
    **dict.fromkeys(("amount", "fee", "outstanding", "total"), _money),
    **dict.fromkeys(("booking_date", "value_date", "issue_date", "due_date"), _day),
    **dict.fromkeys(("ibans", "accounts", "aliases"), _list),
    **dict.fromkeys(("metadata", "references"), _strings),
    **dict.fromkeys(("counterparty", "customer"), _held),
}
_Record = Transaction | Invoice | Counterparty | Customer
_FIELDS = {
    kind: tuple((key, _ENCODERS.get(key, _text)) for key in fields_dict(kind))
    for kind in (Transaction, Invoice, Counterparty, Customer)
}


def _object(record: _Record, currency: str) -> JsonObject:
    row: JsonObject = {}
    for key, encode in _FIELDS[type(record)]:
        value = getattr(record, key)
        if value is not None:
            encoded = encode(value, currency)
            if encoded is not None:
                row[key] = encoded
    return row
