"""A saved world in plain rows, with the keys that tools in Python compare."""

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from attrs import frozen

from payymo_adapters.exchange import read_invoices, read_transactions
from payymo_core.errors import Rejected
from payymo_core.records import Invoice, InvoiceStatus, Transaction, TransactionStatus

THOUSANDTHS = 1000  # of a major unit: finer than any currency here
SHORTEST = 3  # a shorter key is in every other text
_LEGAL_FORMS = frozenset(
    {
        *("GMBH", "AG", "KG", "CO", "BV", "NV", "LTD", "LIMITED", "INC", "LLC", "PLC"),
        *("OY", "AB", "APS", "AS", "SA", "SARL", "SRL", "UG", "EK", "EU", "OHG", "GBR"),
        *("SE", "AND", "UND", "CORP", "KK", "LLP", "VOF", "HB", "KY"),
    }
)
_WORD = re.compile(r"[A-Z0-9]+")
_CHUNK = re.compile(r"[^ ,;+&]+")
_RUN = re.compile(r"[0-9]+")


@frozen(kw_only=True)
class Side:
    """One record, as a tool in Python is given it.

    Attributes:
        id: Of the record.
        amount: In thousandths of a major unit; of a payment, before its fee.
        currency: ISO 4217 code.
        day: Booked, or due.
        issued: Booked, or issued.
        words: What the payment says, or what is printed on the invoice.
        references: Further texts that are a reference each.
        names: Of the payer, or the customer's.
        accounts: The same.
        customer: Its id; empty for a payment.
    """

    id: str
    amount: int
    currency: str
    day: date
    issued: date
    words: str
    references: tuple[str, ...]
    names: tuple[str, ...]
    accounts: tuple[str, ...]
    customer: str = ""


def payments(folder: Path) -> list[Side]:
    """Read the booked credits."""
    found = read_transactions(folder / "transactions.jsonl")
    return [
        _payment(record)
        for record in found
        if not isinstance(record, Rejected)
        and record.status is TransactionStatus.BOOKED
        and record.amount > 0
    ]


def _payment(record: Transaction) -> Side:
    other = record.counterparty
    end_to_end = record.end_to_end_id
    further = [
        record.creditor_reference,
        end_to_end if end_to_end != "NOTPROVIDED" else None,
        *record.metadata.values(),
    ]
    return Side(
        id=record.id,
        amount=_thousandths(record.gross),
        currency=record.currency,
        day=record.booking_date or date.min,
        issued=record.booking_date or date.min,
        words=record.remittance or "",
        references=_given(*further),
        names=_given(other.name) if other else (),
        accounts=_given(other.iban, other.account) if other else (),
    )


def open_items(folder: Path) -> list[Side]:
    """Read the open invoices; credit notes are left out."""
    found = read_invoices(folder / "invoices.jsonl")
    return [
        _open_item(record)
        for record in found
        if not isinstance(record, Rejected)
        and record.status is InvoiceStatus.OPEN
        and record.outstanding > 0
    ]


def _open_item(record: Invoice) -> Side:
    customer = record.customer
    orders = record.references.get("purchase_order")
    return Side(
        id=record.id,
        amount=_thousandths(record.outstanding),
        currency=record.currency,
        day=record.due_date or date.min,
        issued=record.issue_date or date.min,
        words=record.number or "",
        references=_given(record.id, record.creditor_reference, orders),
        names=_given(customer.company, customer.name) if customer else (),
        accounts=(*customer.ibans, *customer.accounts) if customer else (),
        customer=customer.id if customer else "",
    )


def _thousandths(amount: Decimal) -> int:
    return int(amount * THOUSANDTHS)


def _given(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """Upper case, without accents.

    >>> plain("Müller, Sàrl")
    'MULLER, SARL'
    """
    if text.isascii():
        return text.upper()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.combining(c)).upper()


def compact(text: str) -> str:
    """Letters and digits alone.

    >>> compact("re 2026/004")
    'RE2026004'
    """
    return "".join(_WORD.findall(plain(text)))


def name_key(name: str) -> str:
    """Put the words of a name in one order, without legal forms.

    >>> name_key("Weber & Müller GmbH") == name_key("MULLER WEBER")
    True
    """
    words = _WORD.findall(plain(name).replace(".", "").replace("'", ""))
    return " ".join(sorted(word for word in words if word not in _LEGAL_FORMS))


def invoice_keys(item: Side) -> frozenset[str]:
    """Say how an invoice may be named in a text."""
    digits = _RUN.findall(item.words)
    tail = digits[-1].lstrip("0") if digits else ""
    keys = {compact(item.words), "".join(digits).lstrip("0"), tail}
    keys.update(map(compact, item.references))
    return frozenset(key for key in keys if len(key) >= SHORTEST)


def payment_keys(payment: Side) -> frozenset[str]:
    """Say what a payment may name: words, runs of digits, and such runs joined."""
    text = plain(" ".join((payment.words, *payment.references)))
    return frozenset(key for key in _keys(text) if len(key) >= SHORTEST)


def _keys(text: str) -> Iterator[str]:
    yield compact(text)
    for word in (*_WORD.findall(text), *map(compact, _CHUNK.findall(text))):
        if any(map(str.isdigit, word)):
            yield word
    runs = _RUN.findall(text)
    yield from (run.lstrip("0") for run in runs)
    pairs = [first + second for first, second in pairwise(runs)]
    yield from (pair.lstrip("0") for pair in pairs)
    yield from (
        (pair + last).lstrip("0") for pair, last in zip(pairs, runs[2:], strict=False)
    )


def truth_of(folder: Path) -> set[tuple[str, str]]:
    """Read every true pair."""
    rows = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        (row["transaction"], invoice)
        for row in map(json.loads, rows)
        for invoice in row["invoices"]
    }
