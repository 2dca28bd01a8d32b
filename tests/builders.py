"""Records and columns in a line each: what tests are written with."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
from attrs import AttrsInstance, fields, frozen, has

from payymo_core.comparison import Comparisons, References
from payymo_core.hypotheses import PARTS, Hypotheses
from payymo_core.labels import Label, Truth, Verdict
from payymo_core.records import Counterparty, Customer, Invoice, Transaction
from payymo_core.results import Allocation, Evidence, Match, Outcome, Proposal, Reason
from payymo_core.scoring import Kind


def payment(
    transaction_id: str,
    money: str,
    text: str | None = None,
    *,
    booked: str | None = None,
    payer: str | None = None,
    iban: str | None = None,
    **further: object,
) -> Transaction:
    """A transaction, as ``payment("t1", "9.00 EUR", "INV-7", booked="2026-03-04")``."""
    amount, currency = money.split()
    other = Counterparty(name=payer, iban=iban) if payer or iban else None
    return Transaction(
        id=transaction_id,
        amount=Decimal(amount),
        currency=currency,
        remittance=text,
        booking_date=date.fromisoformat(booked) if booked else None,
        counterparty=other,
        **further,  # type: ignore[arg-type]
    )


def bill(
    invoice_id: str,
    money: str,
    number: str | None = None,
    *,
    due: str | None = None,
    customer: Customer | None = None,
    **further: object,
) -> Invoice:
    """An invoice, as ``bill("i1", "100.00 EUR", "INV-7", due="2026-03-01")``."""
    amount, currency = money.split()
    return Invoice(
        id=invoice_id,
        outstanding=Decimal(amount),
        currency=currency,
        number=number,
        due_date=date.fromisoformat(due) if due else None,
        customer=customer,
        **further,  # type: ignore[arg-type]
    )


def answer(
    transaction_id: str,
    outcome: Outcome,
    confidence: float,
    *proposals: Sequence[str],
    reasons: Sequence[Reason] = (),
    rival: float = 0.0,
    amount: str = "exact",
) -> Match:
    """A match with its proposals, given as ids of invoices.

    Args:
        transaction_id: Its id.
        outcome: Match, review or none.
        confidence: Of the first proposal.
        proposals: The first one and the alternatives.
        reasons: Why it is not a match.
        rival: Confidence of each alternative.
        amount: How well the amount agrees.
    """
    held = [tuple(Allocation(i, Decimal(1)) for i in one) for one in proposals]
    return Match(
        transaction=transaction_id,
        outcome=outcome,
        confidence=confidence,
        allocations=held[0] if held else (),
        unapplied=Decimal(0),
        alternatives=tuple(Proposal(one, rival) for one in held[1:]),
        evidence=(Evidence("amount", amount, 1.0, "", ""),),
        reasons=tuple(reasons),
    )


def truth(transaction_id: str, *invoices: str) -> Truth:
    """What a transaction really pays."""
    return Truth(transaction=transaction_id, invoices=invoices)


def confirmed(transaction_id: str, *invoices: str) -> Label:
    """A reviewer's yes to a set of invoices."""
    return Label(transaction=transaction_id, invoices=invoices, verdict=Verdict.CONFIRM)


def rejected(transaction_id: str, *invoices: str) -> Label:
    """A reviewer's no to a set of invoices."""
    return Label(transaction=transaction_id, invoices=invoices, verdict=Verdict.REJECT)


@frozen
class Claim:
    """One hypothesis on a transaction, as a table of them is written by hand.

    Attributes:
        bits: Its weight against "nothing".
        money: Minor units that each invoice, by its row, is given.
        kind: Whole claims are FULL or SEVERAL; parts are PART.
    """

    bits: float
    money: Mapping[int, int]
    kind: Kind = Kind.FULL

    @property
    def invoices(self) -> frozenset[int]:
        """Rows of the invoices that it needs."""
        return frozenset(self.money)


def hypotheses(claims: Sequence[Sequence[Claim]]) -> Hypotheses:
    """A table of hypotheses: the claims of each transaction."""
    flat = [(row, claim) for row, held in enumerate(claims) for claim in held]
    parts = np.zeros((len(flat), len(PARTS)), np.float32)
    parts[:, 0] = [claim.bits for _, claim in flat]
    count = np.array([len(claim.money) for _, claim in flat], np.int64)
    rows = [row for row, claim in flat for _ in claim.money]
    invoices = [invoice for _, claim in flat for invoice in claim.money]
    money = [amount for _, claim in flat for amount in claim.money.values()]
    return Hypotheses(
        transaction=np.array([row for row, _ in flat], np.int64),
        kind=np.array([claim.kind for _, claim in flat], np.int8),
        parts=parts,
        start=np.cumsum(count) - count,
        count=count,
        member=np.arange(len(invoices)),
        amount=np.array(money, np.int64),
        pairs=_pairs(rows, invoices),
        omits=np.zeros(len(flat), np.bool_),
        rest_owed=np.zeros(len(flat), np.bool_),
        other=np.zeros(len(claims)),
        again=np.zeros(len(claims)),
        crowded=np.zeros(len(claims), np.bool_),
    )


def _pairs(rows: Sequence[int], invoices: Sequence[int]) -> Comparisons:
    level, count = np.zeros(len(rows), np.int8), np.zeros(len(rows), np.int32)
    bits = np.zeros(len(rows))
    return Comparisons(
        transaction=np.array(rows, np.int64),
        invoice=np.array(invoices, np.int64),
        amount=level,
        reference=References(count, level, bits, count, count, count),
        said=level,
        payer=level,
        sharers=count,
        words=count,
        date=level,
    )


# --- whatever a caller without a type checker may bring -----------------------------


class Text(str):
    """As NumPy's and lxml's texts are: a text of another class."""

    __slots__ = ()


class Amount(Decimal):
    """A number of another class."""


ANYTHING: tuple[Any, ...] = (
    None,
    5,
    5.0,
    True,
    b"x",
    object(),
    [],
    (),
    ("a",),
    ("a", 5),
    {},
    {"a": "b"},
    {"a": None},
    {1: "a"},
    MappingProxyType({"a": "b"}),
    "",
    "EUR",
    "open",
    Text("x"),
    "\ud800\x00\n",
    Decimal("1.00"),
    Decimal("1.005"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("1E+30"),
    Amount("1.00"),
    date(2026, 1, 1),
    datetime(2026, 1, 1, tzinfo=UTC),
    Counterparty(),
    Customer(id="c"),
)
"""A value of many a kind, for any field."""


def leaves(value: AttrsInstance, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field that holds no further fields, by its path, with what it holds."""
    for field in fields(type(value)):
        held = getattr(value, field.name)
        inner = f"{path}{field.name}"
        if has(type(held)):
            yield from leaves(held, f"{inner}.")
        else:
            yield inner, tuple(held.items()) if isinstance(held, dict) else held
