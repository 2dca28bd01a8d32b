"""Confidences, amounts and reasons as a person reads them."""

from collections.abc import Mapping
from decimal import Decimal

from payymo_adapters.files.texts import counted
from payymo_adapters.report.figures import Group
from payymo_core import (
    Evidence,
    Invoice,
    Match,
    MatchResult,
    Transaction,
)
from payymo_core.advice import what_would_settle
from payymo_core.money import written
from payymo_core.naming import percentage, texts

GROUPS = {
    Group.MATCH: "match",
    Group.REVIEW: "review",
    Group.NONE: "none",
    Group.OUTGOING: "none: outgoing",
    Group.PENDING: "none: pending",
}
"""What each group is called: its outcome, and of ``none`` what makes it apart."""

# What the engine passes over, by kind -> what there are so many of, and why.
_PASSED_OVER = {
    "reference": (
        "reference",
        "in the texts not looked up: too many invoices have that one",
    ),
    "amount": (
        "transaction",
        "not compared by amount alone: too many open invoices have that amount",
    ),
    "customer and amount": (
        "possible payer",
        "not compared by amount: too many of their open invoices have that amount",
    ),
    "open items of a customer": (
        "possible payer",
        "with more open invoices than are searched (groups.open_items of the ruleset)",
    ),
}

# Level of the prior's row -> what kind of payment it is.
_KINDS = {
    "full": "paid in full",
    "several": "several paid together",
    "part": "a part payment",
    "short": "short by a fee",
    "over": "overpaid",
    "twice": "paid twice in one sum",
}
_SIDES = ("prior", "rivals", "set", "dates")
_LEVELS = {
    "amount": {"exact": "amount", "sum": "sum of the amounts"},
    "counterparty": {
        "iban": "IBAN",
        "account": "account",
        "name": "name",
        "name_part": "part of the name",
        "similar_name": "similar name",
        "abbreviated": "name cut short",
        "paid_before": "has paid for the customer before",
        "name_in_text": "name in the text",
        "shared_word": "a word of the name",
    },
}
_TELLING = 1.0  # bits from which a row is worth a word


percent = percentage
"""Write a confidence; never as certain, never as impossible."""

amount = written
"""Write an amount of money, with the decimals of its currency."""


def signed(bits: float) -> str:
    """Write a weight in bits; a zero has no sign.

    >>> signed(4.3), signed(-28.43), signed(-0.001)
    ('+4.30', '-28.43', '0.00')
    """
    return f"{bits:+.2f}" if abs(bits) >= 0.005 else "0.00"


def share(value: float | None) -> str:
    """Write a measured share; as all or nothing only where it is that.

    >>> share(0.98765), share(0.99999), share(1.0), share(0.00001), share(None)
    ('98.77 %', '> 99.99 %', '100.00 %', '< 0.01 %', '-')
    """
    if value is None:
        return "-"
    if 0.99995 < value < 1:
        return "> 99.99 %"
    if 0 < value < 0.00005:
        return "< 0.01 %"
    return f"{value:.2%}".replace("%", " %")


def wanted(precision: float) -> str:
    """Write a precision as it was asked for.

    >>> wanted(0.999), wanted(0.9)
    ('99.9 %', '90 %')
    """
    return f"{precision * 100:.10g} %"


def amounts(money: Mapping[str, Decimal]) -> str:
    """Write sums in several currencies."""
    return ", ".join(amount(value, currency) for currency, value in money.items())


def passed_over(counts: Mapping[str, int]) -> list[str]:
    """Say what was too common to be compared.

    Args:
        counts: By kind, as a run gives them.
    """
    kinds = ((count, *_PASSED_OVER[kind]) for kind, count in counts.items() if count)
    return [f"{counted(count, thing)} {words}" for count, thing, words in kinds]


def name_of(invoice: Invoice) -> str:
    """Call an invoice what its customer calls it."""
    return invoice.number or invoice.id


def payer_of(transaction: Transaction) -> str:
    """Name the other side as well as the bank does."""
    other = transaction.counterparty
    return "" if other is None else other.name or other.iban or other.account or ""


texts_of = texts
"""Everything a payer could have written a reference into."""


def why(result: MatchResult, match: Match) -> str:
    """Say why a transaction was decided as it was, and what would settle it if not."""
    kind, question = kind_of(match), settle(result, match)
    if question:
        return f"{kind}? {question}" if kind else question
    agree = [_agreement(row) for row in match.evidence if row.weight >= _TELLING]
    return f"{kind}: {', '.join(text for text in agree if text)}"


def settle(result: MatchResult, match: Match) -> str:
    """Say what would settle a transaction; "" for a match."""
    advice = what_would_settle(result, match.transaction)
    return "" if advice is None else advice.sentence


def kind_of(match: Match) -> str:
    """Name the kind of payment that is proposed; "" where none is."""
    levels = (row.level for row in match.evidence if row.rule == "prior")
    return next((_KINDS.get(level, "") for level in levels), "")


def _agreement(row: Evidence) -> str:
    """What agrees, in a word or two; "" for what is no comparison."""
    if row.rule in _SIDES:
        return ""
    if row.rule in _LEVELS:
        return _LEVELS[row.rule].get(row.level, "")
    return f"{row.rule} ({row.level.replace('_', '-')})"
