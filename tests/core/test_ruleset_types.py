"""A ruleset made in Python holds what its fields declare, or says what does not."""

from decimal import Decimal
from operator import attrgetter
from typing import Any

import pytest
from attrs import AttrsInstance, evolve, fields

from payymo_core import Matcher, ReferenceRule, Ruleset, RulesetError, Thresholds
from payymo_core.rules import (
    AmountRule,
    CounterpartyRule,
    DateRule,
    GroupLimits,
    Policies,
    Priors,
    Treatment,
)
from tests.builders import ANYTHING, Text, leaves

RULE = ReferenceRule(name="number")


def of(kind: type[AttrsInstance], **values: Any) -> Any:
    """A part with what no type checker lets pass."""
    return kind(**values)


def faults(**given: Any) -> tuple[str, ...]:
    """What a ruleset says of itself; nothing where it is sound."""
    try:
        Ruleset(**given)
    except RulesetError as error:
        return error.faults
    return ()


def paths(**given: Any) -> list[str]:
    return [fault.split(":")[0] for fault in faults(**given)]


ILL_TYPED: list[tuple[dict[str, Any], str]] = [
    ({"version": "1"}, "version"),
    ({"version": True}, "version"),
    ({"references": None}, "references"),
    ({"references": [RULE]}, "references"),
    ({"references": (RULE, "number")}, "references[1]"),
    ({"thresholds": None}, "thresholds"),
    ({"thresholds": {"match": 0.9}}, "thresholds"),
    ({"thresholds": of(Thresholds, match="x")}, "thresholds.match"),
    ({"thresholds": of(Thresholds, margin=None)}, "thresholds.margin"),
    ({"policies": of(Policies, part="review")}, "policies.part"),
    ({"policies": of(Policies, part="nope")}, "policies.part"),
    ({"policies": of(Policies, ties=Treatment.REVIEW)}, "policies.ties"),
    ({"groups": of(GroupLimits, invoices=2.5)}, "groups.invoices"),
    ({"dates": of(DateRule, stale_after_days=float("nan"))}, "dates.stale_after_days"),
    ({"dates": of(DateRule, stale_after_days=10**30)}, "dates.stale_after_days"),
    ({"amount": of(AmountRule, short_most=50.0)}, "amount.short_most"),
    ({"amount": of(AmountRule, short_most=Decimal("sNaN"))}, "amount.short_most"),
    ({"amount": of(AmountRule, short_most=Decimal("1E+999999"))}, "amount.short_most"),
    ({"counterparty": of(CounterpartyRule, evidence="iban")}, "counterparty.evidence"),
    (
        {"counterparty": of(CounterpartyRule, evidence=("iban",))},
        "counterparty.evidence[0]",
    ),
    ({"priors": of(Priors, full=None)}, "priors.full"),
    ({"priors": of(Priors, full=float("nan"))}, "priors.full"),
]


@pytest.mark.parametrize(("given", "path"), ILL_TYPED, ids=repr)
def test_what_is_of_another_type_is_a_fault_with_its_path(given, path):
    assert paths(**given) == [path]


def test_a_choice_that_is_none_says_what_the_choices_are():
    assert faults(policies=of(Policies, over="review")) == (
        "policies.over: 'review' is not a Treatment: Treatment.MATCH, Treatment.REVIEW",
    )


LEAVES = dict(leaves(Ruleset()))


@pytest.mark.parametrize("path", LEAVES)
def test_whatever_a_field_holds_is_taken_or_told_of(path):
    """Never another error, and nothing of another type goes through."""
    *parts, name = path.split(".")
    for value in ANYTHING:
        given: dict[str, Any] = {name: value}
        for depth in range(len(parts), 0, -1):
            held = attrgetter(".".join(parts[:depth]))(Ruleset())
            given = {parts[depth - 1]: evolve(held, **given)}
        found = paths(**given)
        if not isinstance(value, type(LEAVES[path]) | int):
            assert path in found
        assert all(at.startswith((path, "priors")) for at in found)


@pytest.mark.parametrize("name", [field.name for field in fields(ReferenceRule)])
def test_whatever_a_field_of_a_rule_holds_is_taken_or_told_of(name):
    path = f"references[1].{name}"
    for value in ANYTHING:
        rule = evolve(RULE, **{name: value})
        found = paths(references=(ReferenceRule(name="first"), rule))
        if not isinstance(value, type(getattr(RULE, name)) | Text | str):
            assert found
        assert all(at.startswith(path) for at in found)


def test_faults_of_type_and_of_value_are_all_told_at_once():
    found = paths(
        references=(
            None,
            of(ReferenceRule, name=5, reliability=2.0),
            of(ReferenceRule, name="a", exactness=("bogus",), invoice_fields=("x",)),
            ReferenceRule(name="a", pattern="PO"),
        ),
        thresholds=of(Thresholds, match="x", margin=1.0),
        amount=None,
        policies=of(Policies, part="review"),
    )
    assert sorted(found) == [
        "amount",
        "policies.part",
        "references[0]",
        "references[1].name",
        "references[1].reliability",
        "references[2].exactness[0]",
        "references[2].invoice_fields",
        "references[2].name",
        "references[3].name",
        "references[3].pattern",
        "thresholds.margin",
        "thresholds.match",
    ]


def test_a_rule_that_cannot_be_read_leaves_the_others_their_places():
    text = """
    [[references]]
    reliability = 0.9
    [[references]]
    name = "order"
    reliability = 2.0
    """
    with pytest.raises(RulesetError) as raised:
        Ruleset.from_toml(text)
    assert [fault.split(":")[0] for fault in raised.value.faults] == [
        "references[0].name",
        "references[1].reliability",
    ]


@pytest.mark.parametrize("chunk", [0, -1, 2.0, True, None, "5"])
def test_a_chunk_is_a_whole_number_of_one_or_more(chunk):
    with pytest.raises(RulesetError, match="chunk: "):
        Matcher([], chunk=chunk)
