"""A ruleset as TOML that a person can start from: every field, with its meaning."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from attrs import asdict, fields, has

from payymo_core import ReferenceRule, Ruleset

_HEAD = """\
# A Payymo ruleset. What is left out keeps its default; `payymo rules --explain`
# says it in words.
"""
_TABLES = {
    "references": """\
Where references are looked for: a [[references]] table a rule. Listing one of your own
replaces all of them.""",
    "amount": "How far an amount may be off and still be the whole invoice.",
    "counterparty": "What may tell who paid.",
    "dates": "When a payment is plausible.",
    "groups": "Bounds of the search for several invoices paid together.",
    "thresholds": "When a proposal is applied, offered, or dropped.",
    "policies": 'What a sure proposal of each kind may do: "match" or "review".',
    "priors": "How often each kind of transaction occurs: shares that add up to 1.",
    "learnt": "What `payymo learn` made of labels; learning anew replaces all of it.",
}
_KEYS = {
    "version": "Version of this format.",
    "references.name": "Names the rule in the evidence.",
    "references.transaction_fields": (
        "Of remittance, creditor_reference, end_to_end_id, mandate_id, metadata.KEY,"
        " metadata.*"
    ),
    "references.invoice_fields": (
        "Of number, id, creditor_reference, references.KEY, references.*"
    ),
    "references.pattern": (
        'How it is written in a text: "PO{digits:6}", or a regular expression.'
    ),
    "references.exactness": "The ways in which it may differ.",
    "references.reliability": (
        "Share of the texts with such a reference that pay the invoice it names."
    ),
    "amount.short_percent": "Short by a bank's fee: at most this share, in percent ...",
    "amount.short_most": "... and at most this much, in the invoice's currency.",
    "counterparty.evidence": "The kinds in use.",
    "dates.stale_after_days": "Overdue longer than this: a review, never a match.",
    "groups.invoices": "Invoices in a set, at most (2 to 12).",
    "groups.open_items": "Open items of a customer that are searched (2 to 40).",
    "thresholds.match": "Confidence from which it is a match.",
    "thresholds.review": "Confidence from which it is offered to a human.",
    "thresholds.margin": "Lead over the next rival that a match needs.",
    "policies.part": "A part of the invoice is paid.",
    "policies.short": "Short by a bank's fee.",
    "policies.over": "More is paid than is owed.",
    "policies.several": "Several invoices are paid together.",
    "policies.ties": (
        'A customer\'s invoices that nothing tells apart: "refuse" (a review) or'
        ' "oldest_due_first".'
    ),
    "priors.full": "Pays one invoice in full.",
    "priors.several": "Pays several invoices.",
    "priors.part": "Pays a part of one.",
    "priors.short": "Pays one, short by a bank's fee.",
    "priors.over": "Pays one, and more than is owed.",
    "priors.closed": "Pays one that is not open (again, or late).",
    "priors.nothing": "Has to do with no invoice at all.",
    "learnt.labels": "How many labels it was learnt from.",
    "learnt.calibration": "Bits of confidence above 0 become slope times as many.",
    "learnt.rejected": "Never proposed again; no invoices: it pays nothing open.",
    "learnt.payers": "Who has paid for whom, weighed by number and age.",
    "learnt.rules": "How often what a reference rule found was right.",
    "learnt.short_payers": "Customers whose payments come short by a usual fee.",
    "learnt.citing": "How payments of customers name what they pay, or do not.",
}


def ruleset_to_toml(ruleset: Ruleset) -> str:
    """Write a ruleset as commented TOML; ``Ruleset.from_toml`` gives it back.

    >>> Ruleset.from_toml(ruleset_to_toml(Ruleset())) == Ruleset()
    True
    """
    return "\n".join(_lines(ruleset)) + "\n"


def _lines(ruleset: Ruleset) -> Iterator[str]:
    yield _HEAD
    parts = [(f.name, getattr(ruleset, f.name)) for f in fields(Ruleset)]
    for name, value in parts:
        if not has(type(value)) and name != "references":
            yield from _pair(name, name, value)
    yield from _references(ruleset.references)
    for name, value in parts:
        if has(type(value)):
            yield from ("", *_comment(_TABLES[name]), f"[{name}]")
            for key in fields(type(value)):
                path = f"{name}.{key.name}"
                yield from _pair(path, key.name, getattr(value, key.name))


def _references(rules: tuple[ReferenceRule, ...]) -> Iterator[str]:
    yield from ("", *_comment(_TABLES["references"]))
    if not rules:
        yield "references = []"
    for place, rule in enumerate(rules):
        yield from ("", "[[references]]") if place else ("[[references]]",)
        for key in fields(ReferenceRule):
            path, value = f"references.{key.name}", getattr(rule, key.name)
            # Said once, at the first rule.
            if not place:
                yield from _comment(_KEYS[path])
            if value is not None:
                yield f"{key.name} = {_value(value)}"
            elif not place:
                yield f'# {key.name} = "PO{{digits:6}}"'


def _pair(path: str, key: str, value: Any) -> Iterator[str]:
    yield from _comment(_KEYS[path])
    yield f"{key} = {_value(value)}"


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"# {line}"


def _value(value: Any) -> str:
    match value:
        case tuple() if value and has(type(value[0])):
            # One a line: what two learnt rulesets differ in is seen with diff.
            return "".join(["[\n", *(f"  {_value(item)},\n" for item in value), "]"])
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _ if has(type(value)):
            pairs = asdict(value, recurse=False).items()
            return f"{{ {', '.join(f'{key} = {_value(v)}' for key, v in pairs)} }}"
        case int() | float():
            return repr(value)
        case Decimal():
            return _text(format(value, "f"))
        case _:
            return _text(value)


def _text(value: str) -> str:
    # A JSON string is a TOML one, but for the one control character JSON lets pass.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
