"""A ruleset is checked as a whole, read from TOML, told in words; all of it counts."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import Enum

import pytest
from attrs import evolve, fields, frozen
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import (
    Counterparty,
    Customer,
    Match,
    Outcome,
    PayymoError,
    Reason,
    ReferenceRule,
    Ruleset,
    RulesetError,
    Thresholds,
    match,
)
from payymo_core.rules import (
    AmountRule,
    CounterpartyEvidence,
    CounterpartyRule,
    DateRule,
    Exactness,
    GroupLimits,
    Policies,
    Priors,
    TiePolicy,
    Treatment,
)
from payymo_core.wording import describe_ruleset
from tests import strategies
from tests.builders import bill, payment

# --- faults ---------------------------------------------------------------------------

FAULTS = [
    ("version = 2", "version:"),
    ("versoin = 1", "versoin:"),
    ('version = "1"', "version:"),
    ("thresholds = 3", "thresholds:"),
    ("[thresholds]\nmatch = 1.0", "thresholds.match:"),
    ("[thresholds]\nmatch = 0.5", "thresholds.match:"),
    ("[thresholds]\nmatch = true", "thresholds.match:"),
    ("[thresholds]\nmatch = nan", "thresholds.match:"),
    ("[thresholds]\nreview = 0", "thresholds.review:"),
    ("[thresholds]\nmatch = 0.6\nreview = 0.7", "thresholds.review:"),
    ("[thresholds]\nmargin = 1", "thresholds.margin:"),
    ("[thresholds]\nmargn = 0.5", "thresholds.margn:"),
    ("[amount]\nshort_percent = 3.5", "amount.short_percent:"),
    ('[amount]\nshort_percent = "three"', "amount.short_percent:"),
    ('[amount]\nshort_percent = "50"', "amount.short_percent:"),
    ('[amount]\nshort_percent = "NaN"', "amount.short_percent:"),
    ('[amount]\nshort_most = "-1"', "amount.short_most:"),
    ('[amount]\nshort_most = "Infinity"', "amount.short_most:"),
    ("[dates]\nstale_after_days = 0", "dates.stale_after_days:"),
    ("[dates]\nstale_after_days = 1.5", "dates.stale_after_days:"),
    ("[groups]\ninvoices = 13", "groups.invoices:"),
    ("[groups]\ninvoices = 1", "groups.invoices:"),
    ("[groups]\nopen_items = 41", "groups.open_items:"),
    ('[policies]\npart = "maybe"', "policies.part:"),
    ('[policies]\nties = "banana"', "policies.ties:"),
    ('[counterparty]\nevidence = ["iban", "face"]', "counterparty.evidence"),
    ("[priors]\nfull = 0.9", "priors:"),
    ("[priors]\nnothing = 0", "priors.nothing:"),
    ("references = 7", "references:"),
    ("[[references]]\nreliability = 0.5", "references[0].name:"),
    ('[[references]]\nname = " "', "references[0].name:"),
    ('[[references]]\nname = "a"\n[[references]]\nname = "a"', "references[1].name:"),
    ('[[references]]\nname = "a"\nreliability = 1.0', "references[0].reliability:"),
    ('[[references]]\nname = "a"\nexactness = []', "references[0].exactness:"),
    ('[[references]]\nname = "a"\nexactness = ["vague"]', "references[0].exactness"),
    (
        '[[references]]\nname = "a"\ninvoice_fields = []',
        "references[0].invoice_fields:",
    ),
    (
        '[[references]]\nname = "a"\ninvoice_fields = ["numbr"]',
        "references[0].invoice_fields:",
    ),
    (
        '[[references]]\nname = "a"\ninvoice_fields = ["references."]',
        "references[0].invoice_fields:",
    ),
    (
        '[[references]]\nname = "a"\ntransaction_fields = ["metadata"]',
        "references[0].transaction_fields:",
    ),
    (
        '[[references]]\nname = "a"\ntransaction_fields = ["counterparty"]',
        "references[0].transaction_fields:",
    ),
    ('[[references]]\nname = "a"\npattern = "PO"', "references[0].pattern:"),
    ('[[references]]\nname = "a"\npattern = "/(a+)+/"', "references[0].pattern:"),
    ("= 1", "not TOML:"),
]


@pytest.mark.parametrize(("text", "path"), FAULTS, ids=[text for text, _ in FAULTS])
def test_a_fault_begins_with_its_path(text, path):
    with pytest.raises(RulesetError) as raised:
        Ruleset.from_toml(text)
    assert any(fault.startswith(path) for fault in raised.value.faults)
    assert str(raised.value).splitlines() == list(raised.value.faults)
    assert isinstance(raised.value, PayymoError | ValueError)


def test_every_fault_is_told_at_once():
    text = """
    version = 3
    [thresholds]
    match = 1.5
    margin = -1
    [amount]
    short_most = "-3"
    shortest = 1
    [policies]
    over = "never"
    [[references]]
    name = "order"
    pattern = "/(x+)+y/"
    reliability = "high"
    """
    with pytest.raises(RulesetError) as raised:
        Ruleset.from_toml(text)
    paths = [fault.split(":")[0] for fault in raised.value.faults]
    for path in (
        "version",
        "thresholds.match",
        "thresholds.margin",
        "amount.short_most",
        "amount.shortest",
        "policies.over",
        "references[0].pattern",
        "references[0].reliability",
    ):
        assert path in paths


def test_faults_of_a_ruleset_made_in_python_are_all_told_too():
    with pytest.raises(RulesetError) as raised:
        Ruleset(
            thresholds=Thresholds(match=2.0, margin=1.0),
            groups=GroupLimits(invoices=99),
            references=(ReferenceRule(name=""), ReferenceRule(name="", reliability=0)),
        )
    paths = {fault.split(":")[0] for fault in raised.value.faults}
    assert paths == {
        "thresholds.match",
        "thresholds.margin",
        "groups.invoices",
        "references[0].name",
        "references[1].name",
        "references[1].reliability",
    }


# --- TOML -----------------------------------------------------------------------------


def toml(value: object) -> str:
    """A ruleset's field as TOML, by hand, so that the reader is not its own judge."""
    if isinstance(value, Decimal | str):
        return f"'{value}'"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    return str(value)


def document(ruleset: Ruleset) -> str:
    lines = [f"version = {ruleset.version}"]
    for part in fields(Ruleset):
        held = getattr(ruleset, part.name)
        if part.name == "references":
            tables = [("[[references]]", rule) for rule in held]
        elif part.name not in ("version", "learnt"):
            tables = [(f"[{part.name}]", held)]
        else:
            continue
        for head, table in tables:
            lines.append(head)
            lines += [
                f"{field.name} = {toml(getattr(table, field.name))}"
                for field in fields(type(table))
                if getattr(table, field.name) is not None
            ]
    return "\n".join(lines)


@given(strategies.rulesets())
def test_a_ruleset_written_as_toml_is_read_back_as_it_was(ruleset):
    read = Ruleset.from_toml(document(ruleset))
    assert read == ruleset
    assert describe_ruleset(read) == describe_ruleset(ruleset)


@given(strategies.rulesets(), strategies.worlds())
def test_a_ruleset_read_from_toml_decides_as_the_one_made_in_python(ruleset, world):
    read = Ruleset.from_toml(document(ruleset))
    ours = match(world.transactions, world.invoices, ruleset)
    assert list(match(world.transactions, world.invoices, read)) == list(ours)


def test_what_is_read_has_the_types_that_it_is_declared_with():
    read = Ruleset.from_toml(document(Ruleset()))
    assert type(read.policies.part) is Treatment
    assert type(read.policies.ties) is TiePolicy
    assert type(read.amount.short_percent) is Decimal
    assert {type(way) for rule in read.references for way in rule.exactness} == {
        Exactness
    }
    assert {type(kind) for kind in read.counterparty.evidence} == {CounterpartyEvidence}


def test_what_a_file_does_not_mention_keeps_its_default():
    assert Ruleset.from_toml("") == Ruleset()
    read = Ruleset.from_toml("[thresholds]\nmatch = 0.95\n")
    assert read == Ruleset(thresholds=Thresholds(match=0.95))


# --- every option counts --------------------------------------------------------------

BERG = Customer(id="berg", name="Anna Berg", ibans=("DE89370400440532013000",))
ONE = "119.00 EUR"


@frozen
class Effect:
    """Two rulesets that differ in one option, and records that tell them apart."""

    records: tuple[tuple[object, ...], tuple[object, ...]]
    one: Ruleset
    other: Ruleset

    def answers(self) -> tuple[list[Match], list[Match]]:
        transactions, invoices = self.records
        return (
            list(match(transactions, invoices, self.one)),  # type: ignore[arg-type]
            list(match(transactions, invoices, self.other)),  # type: ignore[arg-type]
        )


def effect(
    records: tuple[Iterable[object], Iterable[object]], one: Ruleset, other: Ruleset
) -> Effect:
    transactions, invoices = records
    return Effect((tuple(transactions), tuple(invoices)), one, other)


def policy(**chosen: Enum) -> Ruleset:
    return Ruleset(policies=Policies(**chosen))  # type: ignore[arg-type]


def exactness(*ways: Exactness) -> Ruleset:
    return Ruleset(references=(ReferenceRule(name="number", exactness=ways),))


def all_but(way: Exactness) -> Ruleset:
    return exactness(*(other for other in Exactness if other is not way))


def evidence(*kinds: CounterpartyEvidence) -> Ruleset:
    return Ruleset(counterparty=CounterpartyRule(evidence=kinds))


def one_to_one(
    text: str | None, number: str = "INV-2026-10421", money: str = ONE, **payer: str
) -> tuple[list[object], list[object]]:
    """A payment by Anna Berg of one of her two equal invoices."""
    said = payer or {"payer": "Anna Berg"}
    return (
        [payment("t1", money, text, booked="2026-03-04", **said)],
        [
            bill("i1", ONE, number, due="2026-03-01", customer=BERG),
            bill("i2", ONE, "INV-2026-93755", due="2026-03-01", customer=BERG),
        ],
    )


SUM = (
    [payment("t1", "166.60 EUR", "INV-2026-0042 INV-2026-0043", booked="2026-03-04")],
    [
        bill("i1", ONE, "INV-2026-0042", due="2026-03-01", customer=BERG),
        bill("i2", "47.60 EUR", "INV-2026-0043", due="2026-03-01", customer=BERG),
    ],
)
SUM_OF_THREE = (
    [payment("t1", "66.00 EUR", booked="2026-03-04", iban=BERG.ibans[0])],
    [
        bill(f"i{n}", f"{n}{n}.00 EUR", f"A-{n}", due="2026-03-01", customer=BERG)
        for n in (1, 2, 3)
    ],
)
LATE = (
    [payment("t1", ONE, "INV-2026-0042", booked="2026-09-04")],
    [bill("i1", ONE, "INV-2026-0042", due="2026-03-01")],
)
TOO_MUCH = (
    [
        payment(
            "t1",
            "135.00 EUR",
            "INV-2026-0042",
            booked="2026-03-04",
            iban=BERG.ibans[0],
        )
    ],
    [bill("i1", ONE, "INV-2026-0042", due="2026-03-01", customer=BERG)],
)
BY_TEXT = one_to_one("hosting for Anna Berg", payer="Somebody Else")
BY_ACCOUNT = (
    [
        evolve(
            payment("t1", ONE, booked="2026-03-04"),
            counterparty=Counterparty(account="0532013000"),
        )
    ],
    one_to_one(None)[1],
)
REVIEW = Treatment.REVIEW
PLAIN = "INV-2026-10421"

EFFECTS = {
    "policies.part": effect(
        one_to_one(PLAIN, money="59.50 EUR"), Ruleset(), policy(part=REVIEW)
    ),
    "policies.short": effect(
        one_to_one(PLAIN, money="116.50 EUR"), Ruleset(), policy(short=REVIEW)
    ),
    "policies.over": effect(TOO_MUCH, Ruleset(), policy(over=REVIEW)),
    "policies.several": effect(SUM, Ruleset(), policy(several=REVIEW)),
    "policies.ties": effect(
        one_to_one(None), Ruleset(), policy(ties=TiePolicy.OLDEST_DUE_FIRST)
    ),
    "thresholds.match": effect(
        one_to_one("INV-2026-1042"),
        Ruleset(thresholds=Thresholds(match=0.6, margin=0.0)),
        Ruleset(thresholds=Thresholds(match=0.9999, margin=0.0)),
    ),
    "thresholds.review": effect(
        ([payment("t1", ONE, None)], [bill("i1", ONE, "A-1"), bill("i2", ONE, "A-2")]),
        Ruleset(),
        Ruleset(thresholds=Thresholds(match=0.99, review=0.9)),
    ),
    "thresholds.margin": effect(
        one_to_one("INV-2026-1042"),
        Ruleset(thresholds=Thresholds(match=0.6, margin=0.0)),
        Ruleset(thresholds=Thresholds(match=0.6, margin=0.999)),
    ),
    "amount.short_percent": effect(
        one_to_one(PLAIN, money="116.50 EUR"),
        Ruleset(),
        Ruleset(amount=AmountRule(short_percent=Decimal(1))),
    ),
    "amount.short_most": effect(
        one_to_one(PLAIN, money="116.50 EUR"),
        Ruleset(),
        Ruleset(amount=AmountRule(short_most=Decimal(2))),
    ),
    "dates.stale_after_days": effect(
        LATE, Ruleset(), Ruleset(dates=DateRule(stale_after_days=150))
    ),
    "groups.invoices": effect(
        SUM_OF_THREE, Ruleset(), Ruleset(groups=GroupLimits(invoices=2))
    ),
    "groups.open_items": effect(
        SUM_OF_THREE, Ruleset(), Ruleset(groups=GroupLimits(open_items=2))
    ),
    "priors": effect(
        one_to_one(None),
        Ruleset(),
        Ruleset(priors=Priors(full=0.47, nothing=0.3)),
    ),
    "references.reliability": effect(
        one_to_one(PLAIN),
        Ruleset(references=(ReferenceRule(name="number", reliability=0.999),)),
        Ruleset(references=(ReferenceRule(name="number", reliability=0.6),)),
    ),
    "references.transaction_fields": effect(
        one_to_one(PLAIN),
        exactness(*Exactness),
        Ruleset(
            references=(
                ReferenceRule(name="number", transaction_fields=("end_to_end_id",)),
            )
        ),
    ),
    "references.invoice_fields": effect(
        one_to_one(PLAIN),
        exactness(*Exactness),
        Ruleset(references=(ReferenceRule(name="number", invoice_fields=("id",)),)),
    ),
    "references.pattern": effect(
        one_to_one(PLAIN),
        exactness(*Exactness),
        Ruleset(references=(ReferenceRule(name="number", pattern="NR{digits:9}"),)),
    ),
    "counterparty.evidence.iban": effect(
        one_to_one(None, iban=BERG.ibans[0]),
        evidence(CounterpartyEvidence.IBAN),
        evidence(CounterpartyEvidence.TEXT),
    ),
    "counterparty.evidence.account": effect(
        BY_ACCOUNT,
        evidence(CounterpartyEvidence.ACCOUNT),
        evidence(CounterpartyEvidence.NAME),
    ),
    "counterparty.evidence.name": effect(
        one_to_one(None),
        evidence(CounterpartyEvidence.NAME),
        evidence(CounterpartyEvidence.IBAN),
    ),
    "counterparty.evidence.text": effect(
        BY_TEXT,
        evidence(CounterpartyEvidence.TEXT),
        evidence(CounterpartyEvidence.IBAN),
    ),
}
EFFECTS |= {
    f"references.exactness.{way}": effect(
        one_to_one(text), exactness(way), all_but(way)
    )
    for way, text in {
        Exactness.EXACT: "INV-2026-10421",
        Exactness.JOINED: "INV202610421 8",
        Exactness.DIGITS: "2026 10421",
        Exactness.LOOK_ALIKE: "INV-2O26-10421",
        Exactness.ONE_EDIT: "INV-2026-10427",
        Exactness.TRUNCATED: "invoice INV-2026-104",
    }.items()
}


@pytest.mark.parametrize("option", EFFECTS)
def test_every_option_changes_what_comes_out(option):
    one, other = EFFECTS[option].answers()
    assert one != other


@pytest.mark.parametrize("option", EFFECTS)
def test_what_changes_the_answer_changes_the_words(option):
    """Prior shares are not for a bookkeeper; all else is told."""
    held = EFFECTS[option]
    told = describe_ruleset(held.one) != describe_ruleset(held.other)
    assert told or option == "priors"


def options() -> Iterator[str]:
    """Every option of a ruleset, and every way of being exact."""
    for part in fields(Ruleset):
        # What verdicts teach is judged where it is taught (test_feedback).
        if part.name in ("version", "priors", "learnt"):
            continue
        kind = ReferenceRule
        if part.name != "references":
            kind = type(getattr(Ruleset(), part.name))
        for option in fields(kind):
            ways = {"exactness": Exactness, "evidence": CounterpartyEvidence}
            for way in ways.get(option.name, ("",)):
                yield f"{part.name}.{option.name}" + (f".{way}" if way else "")


def test_no_option_is_without_an_effect():
    known = set(EFFECTS) | {"references.name"}
    assert known == set(options()) | {"priors"}


def test_the_name_of_a_rule_stands_in_the_evidence():
    named = Ruleset(references=(ReferenceRule(name="our number"),))
    (line,) = match(*one_to_one(PLAIN), named)  # type: ignore[arg-type]
    assert "our number" in [row.rule for row in line.evidence]


@pytest.mark.parametrize("kind", ["part", "short", "over", "several"])
def test_a_policy_turns_a_match_into_a_review_and_says_so(kind):
    (before,), (after,) = EFFECTS[f"policies.{kind}"].answers()
    assert (before.outcome, after.outcome) == (Outcome.MATCH, Outcome.REVIEW)
    assert Reason.REVIEW_BY_POLICY in after.reasons
    assert after.allocations == before.allocations


def test_a_ruleset_without_rules_matches_nothing_by_its_text():
    bare = Ruleset(references=(), counterparty=CounterpartyRule(evidence=()))
    (line,) = match(*one_to_one(PLAIN), bare)  # type: ignore[arg-type]
    assert line.outcome is Outcome.REVIEW
    assert set(line.reasons) >= {Reason.AMOUNT_ONLY, Reason.AMBIGUOUS}
    assert "Who paid is not looked at." in describe_ruleset(bare)


@given(st.sampled_from(Exactness), st.sampled_from(strategies.PRICES))
def test_a_rule_finds_nothing_in_a_way_that_it_does_not_allow(way, price):
    money = f"{strategies.major(price)} EUR"
    texts = {
        Exactness.EXACT: PLAIN,
        Exactness.JOINED: "INV202610421 8",
        Exactness.DIGITS: "2026 10421",
        Exactness.LOOK_ALIKE: "INV-2O26-10421",
        Exactness.ONE_EDIT: "INV-2026-10427",
        Exactness.TRUNCATED: "invoice INV-2026-104",
    }
    invoices = [bill("i1", money, PLAIN, customer=BERG)]
    transactions = [payment("t1", money, texts[way], payer="Anna Berg")]
    (line,) = match(transactions, invoices, exactness(way))
    assert ("number", way) in [(row.rule, row.level) for row in line.evidence]
    (line,) = match(transactions, invoices, all_but(way))
    assert ("number", way) not in [(row.rule, row.level) for row in line.evidence]
