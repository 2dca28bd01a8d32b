"""Reference rules that never fire, and why."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from attrs import evolve

from payymo_core.finds import LONGEST_SEARCHED, MOST_POSTINGS
from payymo_core.inspection.books import TELLING, Books, searched
from payymo_core.inspection.findings import Case, FindingCode, Severity
from payymo_core.inspection.letters import compacted
from payymo_core.inspection.wording import counted, listed, quoted
from payymo_core.lines import Lines
from payymo_core.patterns import compile_pattern, reference_of
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
        texts = _written(books.texts, rule.transaction_fields)
        values = _written(books.references, rule.invoice_fields)
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


def _written(lines: Lines, fields: Sequence[str]) -> list[str]:
    """What stands in some fields, folded."""
    texts = lines.letters.tobytes().decode("ascii").split("\n")
    return [texts[place] for place in np.flatnonzero(lines.named(fields)).tolist()]


def _why(
    rule: ReferenceRule, books: Books, texts: Sequence[str], values: Sequence[str]
) -> str:
    if not texts:
        return f"no transaction has {' or '.join(rule.transaction_fields)}"
    if not values:
        return f"no invoice has {' or '.join(rule.invoice_fields)}"
    if min(Counter(compacted(values)).values()) > MOST_POSTINGS:
        return f"each of its values stands on more than {MOST_POSTINGS} invoices"
    longest = max(values, key=lambda text: (len(text), text))
    wanted = f"invoices have values as {quoted(longest)}"
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
    forms = forms_of(books.references, len(books.invoices), [wide])
    found: set[str] = set()
    rows = len(books.transactions)
    for _, column, finds in searched(books.texts, rows, forms, [wide]):
        places = column.field[finds.text[finds.bits >= TELLING]]
        found |= {column.fields[place] for place in set(places.tolist())}
    return listed(sorted(found)) if found else ""


def _first_hit(pattern: str, texts: Sequence[str]) -> str | None:
    """The least reference that a pattern finds, of each text its first."""
    search = compile_pattern(pattern)
    hits = (search.search(text[:LONGEST_SEARCHED]) for text in texts)
    return min((reference_of(hit) for hit in hits if hit), default=None)
