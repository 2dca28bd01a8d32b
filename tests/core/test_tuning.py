"""What labels speak for changing: found, measured on others, and never unproven."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_core import (
    Invoice,
    Label,
    Outcome,
    ReferenceRule,
    Ruleset,
    RulesetError,
    Thresholds,
    Transaction,
    learn,
    match,
)
from payymo_core.binomial import lower_bound
from payymo_core.rules import AmountRule
from payymo_core.suggesting import LEAST_TEXTS
from payymo_core.tuning import PARTS, Suggestion, Tuning, tune
from tests import strategies
from tests.builders import bill, confirmed, payment, rejected

ORDERS = ReferenceRule(name="order", invoice_fields=("references.order",))
NUMBERS = ReferenceRule(
    name="number", transaction_fields=("remittance",), invoice_fields=("number",)
)


def ledger(count: int = 40) -> list[Invoice]:
    return [
        bill(
            f"i{n:02d}",
            f"{1000 + 117 * n}.37 EUR",
            f"INV-2026-{n:04d}",
            due="2026-05-01",
            references={"order": f"ZK{7710 + 3 * n}"},
        )
        for n in range(count)
    ]


def paid(invoice: Invoice, text: str, lacking: str = "0") -> Transaction:
    amount = invoice.outstanding - Decimal(lacking)
    return payment(f"t{invoice.id[1:]}", f"{amount} EUR", text, booked="2026-05-02")


def right(transactions: Sequence[Transaction]) -> list[Label]:
    return [confirmed(t.id, f"i{t.id[1:]}") for t in transactions]


def one(tuning: Tuning, setting: str) -> Suggestion:
    (found,) = (s for s in tuning.suggestions if s.change.setting == setting)
    return found


def orders(count: int = 40) -> tuple[list[Transaction], list[Invoice]]:
    """Payments that name an order, of which a ruleset of numbers knows nothing."""
    invoices = ledger(count)
    return [paid(i, f"order {i.references['order']}") for i in invoices], invoices


# --- what is found --------------------------------------------------------------------


def test_a_field_that_no_rule_reads_is_suggested_with_its_effect():
    transactions, invoices = orders()
    rules = Ruleset(references=(NUMBERS,))
    assert {m.outcome for m in match(transactions, invoices, rules)} == {Outcome.REVIEW}
    found = tune(transactions, invoices, right(transactions), rules, 0.9)
    suggestion = one(found, "references: a rule for references.order in remittance")
    assert suggestion.change.because == "it named what was paid in 40 of 40 texts"
    assert suggestion.proven
    assert (suggestion.effect.right, suggestion.effect.matched) == (40, 40)
    assert (found.today.matched, found.together.right) == (0, 40)
    rule = found.ruleset.references[-1]
    assert found.ruleset.references == (NUMBERS, rule)
    assert rule.transaction_fields == ("remittance",)
    assert rule.invoice_fields == ("references.order",)
    assert rule.reliability == pytest.approx(lower_bound(40, 40, 0.95), abs=0.001)
    outcomes = {m.outcome for m in match(transactions, invoices, found.ruleset)}
    assert outcomes == {Outcome.MATCH}
    assert Ruleset.from_toml(ruleset_to_toml(found.ruleset)) == found.ruleset


def test_a_field_that_is_read_is_not_suggested():
    transactions, invoices = orders()
    for rules in (Ruleset(), Ruleset(references=(NUMBERS, ORDERS))):
        found = tune(transactions, invoices, right(transactions), rules, 0.9)
        assert not any("a rule for" in s.change.setting for s in found.suggestions)


def test_a_field_that_names_what_is_not_paid_is_not_suggested():
    transactions, invoices = orders()
    wrong = [confirmed(t.id, f"i{39 - n:02d}") for n, t in enumerate(transactions)]
    found = tune(transactions, invoices, wrong, Ruleset(references=(NUMBERS,)), 0.9)
    assert found.suggestions == ()


def test_a_rule_that_is_wrong_more_often_than_it_says_is_to_say_less():
    invoices = ledger()
    transactions = [paid(i, i.number or "") for i in invoices]
    labels = right(transactions)[:20] + [
        rejected(t.id, f"i{t.id[1:]}") for t in transactions[20:]
    ]
    found = tune(transactions, invoices, labels, Ruleset(), 0.9)
    suggestion = one(found, "references.reliability of 'invoice number'")
    assert suggestion.change.because == "what it found was right 20 times of 40"
    assert (suggestion.change.before, suggestion.change.after) == ("0.99", "0.5")
    assert found.ruleset.references[1].reliability == 0.5
    # Half of what was matched is wrong: no threshold is too high for that.
    raised = [s for s in found.suggestions if s.change.setting == "thresholds.match"]
    assert all(float(s.change.after) > 0.99 for s in raised)


def test_a_rule_of_ones_own_that_finds_nothing_is_to_go():
    transactions, invoices = orders(LEAST_TEXTS)
    idle = ReferenceRule(name="idle", invoice_fields=("references.contract",))
    rules = Ruleset(references=(ORDERS, idle))
    label = right(transactions)[:1]
    found = tune(transactions, invoices, label, rules)
    (suggestion,) = found.suggestions
    assert suggestion.change.setting == "references: the rule 'idle'"
    assert suggestion.change.because == "it found nothing in 299 transactions"
    assert found.ruleset.references == (ORDERS,)
    assert found.together == found.today
    # Fewer might just not have had it, and what is built in stays anyway.
    assert tune(transactions[1:], invoices, label, rules).suggestions == ()
    assert tune(transactions, invoices, label).suggestions == ()


def test_a_fee_that_is_larger_than_allowed_is_to_be_allowed():
    invoices = ledger()
    transactions = [paid(i, i.number or "", "8.13") for i in invoices]
    rules = Ruleset(amount=AmountRule(short_percent=Decimal(0), short_most=Decimal(1)))
    found = tune(transactions, invoices, right(transactions), rules, 0.9)
    suggestion = one(found, "amount.short_percent, amount.short_most")
    assert suggestion.change.after == "1.0, 10"
    labels = right(transactions)[:2]
    assert tune(transactions, invoices, labels, rules, 0.9).suggestions == ()


def test_a_threshold_is_lowered_as_far_as_the_labels_prove():
    invoices = ledger()
    transactions = [paid(i, i.number or "") for i in invoices]
    rules = Ruleset(thresholds=Thresholds(match=0.999999))
    found = tune(transactions, invoices, right(transactions), rules, 0.9)
    assert one(found, "thresholds.match").proven
    assert found.ruleset.thresholds.match < 0.999999
    assert found.ruleset == evolve(rules, thresholds=found.ruleset.thresholds)


# --- what is proven -------------------------------------------------------------------


def test_few_labels_prove_nothing_and_say_how_many_would():
    transactions, invoices = orders()
    rules = Ruleset(references=(NUMBERS,))
    found = tune(transactions, invoices, right(transactions)[:20], rules)
    assert (found.precision, found.needed, found.judged) == (0.999, 2995, 20)
    suggestion = one(found, "references: a rule for references.order in remittance")
    assert not suggestion.proven
    assert suggestion.effect.right == 20
    assert (found.taken, found.ruleset, found.together) == ((), rules, found.today)


def test_what_is_too_little_by_itself_is_proven_together():
    """Half give the order, half the number; either half is too few."""
    invoices = ledger(60)
    transactions = [
        paid(i, f"order {i.references['order']}" if n % 2 else i.number or "")
        for n, i in enumerate(invoices)
    ]
    nothing = Ruleset(references=(evolve(NUMBERS, transaction_fields=("mandate_id",)),))
    found = tune(transactions, invoices, right(transactions), nothing, 0.93)
    readings = [s for s in found.suggestions if "a rule for" in s.change.setting]
    assert [s.proven for s in readings] == [False, False]
    assert {s.change for s in readings} <= set(found.taken)
    assert found.together.right == 60


def test_the_effect_is_not_measured_on_what_chose_the_change():
    """Four texts name an order: without their part three are left, or fewer."""
    transactions, invoices = orders(4)
    rules = Ruleset(references=(NUMBERS,))
    found = tune(transactions, invoices, right(transactions), rules, 0.3)
    assert PARTS > 4
    suggestion = one(found, "references: a rule for references.order in remittance")
    assert suggestion.effect.right == 4
    # With three, each is judged by what two others say: too few to choose by.
    few = tune(transactions[:3], invoices, right(transactions[:3]), rules, 0.3)
    assert not any("a rule for" in s.change.setting for s in few.suggestions)


@pytest.mark.parametrize("precision", [0.0, 1.0, -0.5, float("nan")])
def test_a_precision_that_is_none_is_refused(precision):
    with pytest.raises(RulesetError, match="precision"):
        tune([], [], [], precision=precision)


# --- laws -----------------------------------------------------------------------------


@st.composite
def lessons(draw: st.DrawFn) -> tuple[strategies.World, list[Label], Ruleset]:
    world = draw(strategies.worlds())
    rules = draw(strategies.rulesets())
    narrow = evolve(rules, references=rules.references[: draw(st.integers(0, 2))])
    return world, draw(strategies.labels(world)), narrow


def matched(world: strategies.World, rules: Ruleset) -> set[tuple[object, ...]]:
    return {
        (m.transaction, m.allocations)
        for m in match(world.transactions, world.invoices, rules)
        if m.outcome is Outcome.MATCH
    }


@given(lessons())
@settings(max_examples=60)
def test_what_matches_more_holds_at_the_lower_bound(lesson):
    world, labels, rules = lesson
    for precision in (0.999, 0.2):
        found = tune(world.transactions, world.invoices, labels, rules, precision)
        if not matched(world, found.ruleset) <= matched(world, rules):
            assert found.together.precision_at_least >= precision
            assert found.together.wrong <= found.today.wrong
        for suggestion in found.suggestions:
            alone = matched(world, suggestion.change.apply(rules))
            if suggestion.proven and not alone <= matched(world, rules):
                assert suggestion.effect.precision_at_least >= precision


@given(lessons(), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_order_and_what_was_learnt_before_play_no_part(lesson, random):
    world, labels, rules = lesson
    mixed = [*labels, *labels]
    random.shuffle(mixed)
    learnt = learn(world.transactions, world.invoices, labels, rules)
    ours = tune(world.transactions, world.invoices, labels, rules, 0.2)
    other = tune(world.transactions, world.invoices, mixed, learnt, 0.2)
    assert (other.today, other.suggestions) == (ours.today, ours.suggestions)
    assert other.ruleset == evolve(ours.ruleset, learnt=learnt.learnt)
