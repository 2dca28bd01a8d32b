"""How records and numbers are written in a sentence."""

from collections import Counter
from collections.abc import Sequence

from payymo_core.money import written
from payymo_core.records import Customer, Invoice, Transaction

_MOST_LETTERS = 40
_MOST_LISTED = 4


def percentage(confidence: float) -> str:
    """Write a confidence; never as certain, never as impossible.

    >>> percentage(0.5), percentage(0.99999), percentage(0.00001)
    ('50.0 %', '> 99.9 %', '< 0.1 %')
    """
    if confidence > 0.9994:
        return "> 99.9 %"
    if confidence < 0.0006:
        return "< 0.1 %"
    return f"{confidence:.1%}".replace("%", " %")


def listed(texts: Sequence[str], joint: str = "and") -> str:
    """Texts one after the other; of many, the first few and how many are left.

    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed(list("abcdefg"))
    ('a, b and c', 'a or b', 'a, b, c, d and 3 more')
    """
    if len(texts) > _MOST_LISTED:
        left = len(texts) - _MOST_LISTED
        return f"{', '.join(texts[:_MOST_LISTED])} {joint} {left} more"
    *first, last = texts
    return f"{', '.join(first)} {joint} {last}" if first else last


def shortened(text: str) -> str:
    """A text on one line, its end left out where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LETTERS else f"{line[: _MOST_LETTERS - 3]}..."


def called(invoice: Invoice) -> str:
    """What its customer calls an invoice."""
    return shortened(invoice.number or invoice.id)


def called_apart(invoices: Sequence[Invoice]) -> list[str]:
    """What invoices are called; with their ids, where two have one number."""
    times = Counter(map(called, invoices))
    return [
        called(invoice)
        if times[called(invoice)] == 1 or called(invoice) == invoice.id
        else f"{called(invoice)} (id {invoice.id})"
        for invoice in invoices
    ]


def added_up(invoices: Sequence[Invoice]) -> str:
    """What invoices are called that are paid together."""
    return " + ".join(called_apart(invoices))


def day_of(invoice: Invoice) -> str:
    """The day an invoice fell due, else the day of its issue; "" without one."""
    if invoice.due_date:
        return f"due {invoice.due_date}"
    return f"issued {invoice.issue_date}" if invoice.issue_date else ""


def told(invoice: Invoice) -> str:
    """An invoice with what is owed on it, and its day."""
    owed = written(invoice.outstanding, invoice.currency)
    return f"{called(invoice)} ({', '.join(filter(None, (owed, day_of(invoice))))})"


def told_together(invoices: Sequence[Invoice]) -> str:
    """Invoices that are paid together; a single one with what is owed and its day."""
    return told(invoices[0]) if len(invoices) == 1 else added_up(invoices)


def payment(transaction: Transaction) -> str:
    """A transaction by its id and its day."""
    day = transaction.booking_date or transaction.value_date
    return f"{transaction.id} of {day}" if day else transaction.id


def owner(customer: Customer | None) -> str:
    """What a customer is called; "" for none."""
    if customer is None:
        return ""
    return shortened(customer.company or customer.name or customer.id)


def payer(transaction: Transaction) -> str:
    """The other side as well as the bank names it; "" where it does not."""
    other = transaction.counterparty
    if other is None:
        return ""
    account = other.iban or other.account or ""
    name = shortened(other.name or "")
    return f"{name} ({account})" if name and account else name or account


def texts(transaction: Transaction) -> str:
    """Everything that a payer could have written a reference into."""
    said = (
        transaction.remittance,
        transaction.creditor_reference,
        transaction.end_to_end_id,
        *transaction.metadata.values(),
    )
    return " · ".join(text for text in said if text)
