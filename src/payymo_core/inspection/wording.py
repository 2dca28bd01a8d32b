"""Values as the sentences of a case show them: short, and the same each time."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from payymo_core.money import from_minor, to_minor
from payymo_core.records import Customer, Invoice

_MOST_LETTERS = 40
_MOST_NAMED = 3


def quoted(text: str) -> str:
    """A text between quotation marks, on one line, its end left out where it is long.

    >>> quoted("INV-7")
    '"INV-7"'
    """
    line = " ".join(text.split())
    shown = line if len(line) <= _MOST_LETTERS else f"{line[: _MOST_LETTERS - 3]}..."
    return f'"{shown}"'


def listed(texts: Sequence[str]) -> str:
    """Texts one after the other, the first three.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    if len(texts) > _MOST_NAMED:
        left = len(texts) - _MOST_NAMED
        return f"{', '.join(texts[:_MOST_NAMED])} and {left:,} more"
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def counted(count: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "invoice"), counted(1200, "invoice")
    ('1 invoice', '1,200 invoices')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def money(value: Decimal, currency: str) -> str:
    """An amount with the decimals of its currency.

    >>> money(Decimal("1234.5"), "EUR")
    '1,234.50 EUR'
    """
    return f"{from_minor(to_minor(value, currency), currency):,} {currency}"


def name_of(invoice: Invoice) -> str:
    """What its customer calls an invoice."""
    return quoted(invoice.number or invoice.id)


def called(customer: Customer) -> str:
    """What a customer is called."""
    return quoted(customer.company or customer.name or customer.id)


def owners_of(invoices: Iterable[Invoice]) -> tuple[str, ...]:
    """Ids of the customers of invoices."""
    return tuple(sorted({i.customer.id for i in invoices if i.customer}))
