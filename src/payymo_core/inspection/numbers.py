"""Invoice numbers and references that do not tell one invoice from another."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, unique
from itertools import pairwise

from payymo_core.inspection.books import TELLING, Books
from payymo_core.inspection.findings import Case, FindingCode, Severity
from payymo_core.inspection.letters import compacted, folded
from payymo_core.inspection.wording import called, listed, name_of, owners_of, quoted
from payymo_core.records import Invoice

_PART = re.compile("[A-Z]+|[0-9]+")


@unique
class _Sharing(Enum):
    """What tells the open ones of a number or a reference apart."""

    ALIKE = "nothing but the amount tells them apart"
    CUSTOMER = "only the customer tells them apart"
    GATE = "currency, or direction of the money, tells them apart"
    STATUS = "only one of them is open"


_Severities = Mapping[_Sharing, Severity]

_OF_NUMBERS: _Severities = {
    _Sharing.ALIKE: Severity.ERROR,
    _Sharing.CUSTOMER: Severity.WARNING,
    _Sharing.GATE: Severity.NOTE,
    _Sharing.STATUS: Severity.NOTE,
}
_OF_CREDITOR_REFERENCES: _Severities = {
    _Sharing.ALIKE: Severity.WARNING,
    _Sharing.CUSTOMER: Severity.ERROR,
}
# An order or a contract is often billed in several invoices.
_OF_FURTHER_REFERENCES: _Severities = {
    _Sharing.ALIKE: Severity.NOTE,
    _Sharing.CUSTOMER: Severity.WARNING,
}


def duplicate_numbers(books: Books) -> Iterator[Case]:
    """Numbers that several invoices have, one of them open at least."""
    held = [(i.number, i) for i in books.invoices if i.number]
    for text, invoices in _by_text(held):
        sharing = _sharing([i for i in invoices if i.id in books.open_ids])
        if sharing:
            severity = _OF_NUMBERS[sharing]
            says = f"number {_said(text, invoices, sharing)}"
            yield _case(FindingCode.DUPLICATE_NUMBER, severity, says, invoices)


def shared_references(books: Books) -> Iterator[Case]:
    """References that several open invoices carry in the same field."""
    fields: dict[str, list[tuple[str, Invoice]]] = {}
    for invoice in books.open_items:
        for name, text in invoice.references.items():
            fields.setdefault(name.replace("_", " "), []).append((text, invoice))
    held = [(i.creditor_reference, i) for i in books.open_items if i.creditor_reference]
    yield from _shared("creditor reference", held, _OF_CREDITOR_REFERENCES)
    for name, further in fields.items():
        yield from _shared(name, further, _OF_FURTHER_REFERENCES)


def _shared(
    name: str, held: Sequence[tuple[str, Invoice]], severities: _Severities
) -> Iterator[Case]:
    for text, invoices in _by_text(held):
        sharing = _sharing(invoices)
        severity = severities.get(sharing) if sharing else None
        if sharing and severity:
            says = f"{name} {_said(text, invoices, sharing)}"
            yield _case(FindingCode.SHARED_REFERENCE, severity, says, invoices)


def _by_text(
    held: Sequence[tuple[str, Invoice]],
) -> Iterator[tuple[str, list[Invoice]]]:
    """Texts that several invoices have, as one of them writes it, and which."""
    groups: dict[str, list[tuple[str, Invoice]]] = {}
    for letters, written in zip(compacted([t for t, _ in held]), held, strict=True):
        # A number is looked for without its leading zeros.
        key = letters.lstrip("0") if letters.isdigit() else letters
        if letters:
            groups.setdefault(key, []).append(written)
    for same in groups.values():
        if len(same) > 1:
            yield min(text for text, _ in same), [invoice for _, invoice in same]


def _sharing(open_items: Sequence[Invoice]) -> _Sharing | None:
    """What tells open invoices apart; None where there are none."""
    if len(open_items) < 2:
        return _Sharing.STATUS if open_items else None
    rivals: dict[tuple[str, bool], list[Invoice]] = {}
    for invoice in open_items:
        gate = invoice.currency, invoice.outstanding.is_signed()
        rivals.setdefault(gate, []).append(invoice)
    if len(rivals) == len(open_items):
        return _Sharing.GATE
    told_apart = all(
        len(owners_of(invoices)) == len(invoices)
        for invoices in rivals.values()
        if len(invoices) > 1
    )
    return _Sharing.CUSTOMER if told_apart else _Sharing.ALIKE


def _said(text: str, invoices: Sequence[Invoice], sharing: _Sharing) -> str:
    customers = {i.customer.id: i.customer for i in invoices if i.customer}
    owners = sorted({called(customer) for customer in customers.values()})
    of = f" of {listed(owners)}" if owners else ""
    return f"{quoted(text)} on {len(invoices):,} invoices{of}: {sharing.value}"


def _case(
    code: FindingCode, severity: Severity, says: str, invoices: Sequence[Invoice]
) -> Case:
    return Case(
        code=code,
        severity=severity,
        says=says,
        invoices=tuple(sorted({invoice.id for invoice in invoices})),
        customers=owners_of(invoices),
    )


def weak_numbers(books: Books) -> Iterator[Case]:
    """Open invoices whose best reference stands in texts by chance."""
    for invoice in books.open_items:
        bits = books.reference_bits.get(invoice.id)
        if invoice.number and bits is not None and bits < TELLING:
            says = f"number {quoted(invoice.number)}"
            yield _case(FindingCode.WEAK_NUMBER, Severity.WARNING, says, [invoice])


def numbers_that_begin_another(books: Books) -> Iterator[Case]:
    """Numbers of open invoices that longer ones begin with."""
    numbered = [invoice for invoice in books.open_items if invoice.number]
    numbers = [invoice.number or "" for invoice in numbered]
    parts = _groups(map(_parts, folded(numbers)), numbered)
    letters = _groups(compacted(numbers), numbered)
    suffixed = set[str]()
    for short, long in _beginnings(parts):
        suffixed.add(short.replace(" ", ""))
        yield _beginning(parts[short], parts[long], Severity.WARNING)
    for short, long in _beginnings(letters):
        if short not in suffixed:
            yield _beginning(letters[short], letters[long], Severity.NOTE)


def _parts(number: str) -> str:
    """Runs of letters and of digits, each with a blank behind it."""
    return "".join(f"{part} " for part in _PART.findall(number))


def _groups(
    written: Iterable[str], invoices: Iterable[Invoice]
) -> dict[str, list[Invoice]]:
    groups: dict[str, list[Invoice]] = {}
    for text, invoice in zip(written, invoices, strict=True):
        if text:
            groups.setdefault(text, []).append(invoice)
    return groups


def _beginnings(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Texts that others begin with, and the first of these.

    In order, it stands right behind: no other text can come between the two.
    """
    pairs = pairwise(sorted(texts))
    return ((short, long) for short, long in pairs if long.startswith(short))


def _beginning(
    short: Sequence[Invoice], long: Sequence[Invoice], severity: Severity
) -> Case:
    one, other = name_of(short[0]), name_of(long[0])
    says = f"number {one} is the beginning of {other}"
    code = FindingCode.NUMBER_BEGINS_ANOTHER
    return _case(code, severity, says, [*short, *long])
