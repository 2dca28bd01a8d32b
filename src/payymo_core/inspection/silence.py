"""Reference rules that never fire, and why."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from payymo_core.fields import InvoiceFields
from payymo_core.finds import LONGEST_SEARCHED, MOST_POSTINGS
from payymo_core.inspection.books import TELLING, Books, searched
from payymo_core.inspection.findings import Case, FindingCode, Severity
from payymo_core.inspection.wording import counted, listed, quoted
from payymo_core.normalisation import compact, fold
from payymo_core.patterns import compile_pattern, reference_of
from payymo_core.records import Invoice, Transaction
from payymo_core.references import forms_of
from payymo_core.rules import (
    DEFAULT_REFERENCES,
    TRANSACTION_FIELDS,
    Exactness,
    ReferenceRule,
)

_ENOUGH = 20
"""Texts and values from which a rule that is built in is missed."""


def silent_rules(books: Books) -> Iterator[Case]:
    """Rules that found nothing; one that is built in, only where it could have."""
    for place, rule in enumerate(books.ruleset.references):
        if place in books.fired:
            continue
        texts = _texts(books.transactions, rule)
        values = _values(books.invoices, rule)
        built_in = rule in DEFAULT_REFERENCES
        # Nobody quotes our ids, and few have every kind of reference.
        idle = rule.invoice_fields == ("id",) or min(len(texts), len(values)) < _ENOUGH
        if built_in and idle:
            continue
        expected = not built_in or "number" in rule.invoice_fields
        yield Case(
            code=FindingCode.SILENT_RULE,
            severity=Severity.WARNING if expected else Severity.NOTE,
            says=f"rule {quoted(rule.name)}: {_why(rule, books, texts, values)}",
        )


def _texts(transactions: Sequence[Transaction], rule: ReferenceRule) -> list[str]:
    """What transactions say in the fields that a rule looks in."""
    return [
        text
        for record in transactions
        for name in rule.transaction_fields
        for text in _said(record, name, record.metadata)
    ]


def _values(invoices: Sequence[Invoice], rule: ReferenceRule) -> list[str]:
    """What invoices say in the fields that a rule looks for."""
    return [
        text
        for record in invoices
        for name in rule.invoice_fields
        for text in _said(record, name, record.references)
    ]


def _said(
    record: Transaction | Invoice, name: str, held: Mapping[str, str]
) -> list[str]:
    """The texts of a record under a name as a rule writes it."""
    head, dot, key = name.partition(".")
    if not dot:
        found = [getattr(record, head)]
    elif key == "*":
        found = list(held.values())
    else:
        found = [held.get(key)]
    return [text for text in found if text]


def _why(
    rule: ReferenceRule, books: Books, texts: Sequence[str], values: Sequence[str]
) -> str:
    if not texts:
        return f"no transaction has {' or '.join(rule.transaction_fields)}"
    if not values:
        return f"no invoice has {' or '.join(rule.invoice_fields)}"
    if min(Counter(map(compact, values)).values()) > MOST_POSTINGS:
        return f"each of its values stands on more than {MOST_POSTINGS} invoices"
    wanted = f"invoices have values as {quoted(min(values))}"
    if found := _elsewhere(rule, books):
        return f"{wanted}; they stand in {found}, but not where and as it looks"
    return f"{wanted}; {_not_found(rule.pattern, texts)}"


def _not_found(pattern: str | None, texts: Sequence[str]) -> str:
    many = counted(len(texts), "text")
    if pattern is None:
        return f"none stands in any of {many}"
    example = _first_hit(pattern, texts)
    if example is None:
        return f"the pattern {pattern} finds nothing in {many}"
    return f"the pattern {pattern} finds others, as {quoted(example)}"


def _elsewhere(rule: ReferenceRule, books: Books) -> str:
    """Fields of transactions in which values stand, whatever the rule asks for."""
    fields = (*TRANSACTION_FIELDS, "metadata.*")
    wide = evolve(
        rule, transaction_fields=fields, pattern=None, exactness=tuple(Exactness)
    )
    forms = forms_of(InvoiceFields.of(books.invoices), [wide])
    found: set[str] = set()
    for _, column, finds in searched(books.transactions, forms, [wide]):
        places = column.field[finds.text[finds.bits >= TELLING]]
        found |= {column.fields[place] for place in set(places.tolist())}
    return listed(sorted(found)) if found else ""


def _first_hit(pattern: str, texts: Sequence[str]) -> str | None:
    """The least reference that a pattern finds, of each text its first."""
    search = compile_pattern(pattern)
    lines = (fold(text).replace("\n", " ")[:LONGEST_SEARCHED] for text in texts)
    hits = (search.search(line) for line in lines)
    return min((reference_of(hit) for hit in hits if hit), default=None)
