"""Learning from verdicts: what it changes, and what it must never change."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from math import exp, fsum, log, log2

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_core import (
    Customer,
    Invoice,
    Label,
    Match,
    Outcome,
    Reason,
    Ruleset,
    RulesetError,
    Thresholds,
    Transaction,
    Verdict,
    explain,
    explain_pair,
    learn,
    match,
)
from payymo_core.calibrating import fitted
from payymo_core.feedback import label_faults
from payymo_core.learnt import (
    AS_GOOD_AS,
    Calibration,
    Citing,
    Learnt,
    PayerKey,
    RejectedProposal,
    RememberedPayer,
    RuleRecord,
    ShortPayer,
)
from payymo_core.lesson import FORGOTTEN, HALF_LIFE, LEAST_PAYMENTS
from payymo_core.wording import describe_learnt
from tests import strategies
from tests.builders import bill, payment
from tests.oracles import overdrawn
from tests.strategies import World

EASY = Ruleset(thresholds=Thresholds(match=0.55, review=0.01, margin=0.0))
IBAN = "DE89370400440532013000"
CUSTOMERS = [
    Customer(id=f"c{n}", name=name)
    for n, name in enumerate(
        ("Weber Metallbau", "Nordwind Hosting", "Ahornhof Optik", "Falke Druck")
    )
]


def confirm(transaction: str, *invoices: str) -> Label:
    return Label(transaction=transaction, invoices=invoices, verdict=Verdict.CONFIRM)


def reject(transaction: str, *invoices: str) -> Label:
    return Label(transaction=transaction, invoices=invoices, verdict=Verdict.REJECT)


def ledger(count: int = 12) -> list[Invoice]:
    """Invoices of four customers, every amount its own, with plain numbers."""
    return [
        bill(
            f"i{n}",
            f"{1000 + 117 * n}.37 EUR",
            f"INV-2026-{n:04d}",
            due="2026-05-01",
            customer=CUSTOMERS[n % 4],
        )
        for n in range(count)
    ]


def owed(invoice: int) -> str:
    return f"{1000 + 117 * invoice}.37 EUR"


def answer(
    transactions: Sequence[Transaction], invoices: Sequence[Invoice], rules: Ruleset
) -> Match:
    """The last transaction's."""
    return list(match(transactions, invoices, rules))[-1]


def proposals(one: Match) -> list[tuple[str, ...]]:
    held = (one.allocations, *(other.allocations for other in one.alternatives))
    return [tuple(sorted(a.invoice for a in allocations)) for allocations in held]


# --- laws -----------------------------------------------------------------------------


@st.composite
def lessons(draw: st.DrawFn) -> tuple[World, list[Label]]:
    world = draw(strategies.worlds())
    return world, draw(strategies.labels(world))


@given(lessons(), st.randoms(use_true_random=False))
def test_the_order_of_labels_and_their_number_of_copies_play_no_part(lesson, random):
    world, labels = lesson
    mixed = [*labels, *labels]
    random.shuffle(mixed)
    ours = learn(world.transactions, world.invoices, labels)
    assert learn(world.transactions, world.invoices, mixed) == ours


@given(lessons(), st.data())
def test_a_label_left_out_is_as_if_it_had_never_been(lesson, data):
    world, labels = lesson
    kept = data.draw(
        st.lists(st.sampled_from(labels), unique=True) if labels else st.just([])
    )
    all_of_them = learn(world.transactions, world.invoices, labels)
    again = learn(world.transactions, world.invoices, kept, all_of_them)
    assert again == learn(world.transactions, world.invoices, kept)


@given(strategies.worlds(), strategies.rulesets())
def test_no_labels_change_nothing(world, ruleset):
    rules = learn(world.transactions, world.invoices, [], ruleset)
    assert rules == ruleset


@given(lessons())
@settings(max_examples=300)
def test_what_was_rejected_is_not_proposed_again(lesson):
    world, labels = lesson
    rules = learn(world.transactions, world.invoices, labels, EASY)
    found = {m.transaction: m for m in match(world.transactions, world.invoices, rules)}
    faulty = label_faults(world.transactions, world.invoices, labels)
    doubtful = {fault.record_id for fault in faulty}
    for label in labels:
        if label.transaction in doubtful or not label.invoices:
            continue
        if label.verdict is Verdict.REJECT and label.transaction in found:
            assert tuple(sorted(label.invoices)) not in proposals(
                found[label.transaction]
            )


@given(lessons())
def test_money_is_conserved_whatever_was_learnt(lesson):
    world, labels = lesson
    rules = learn(world.transactions, world.invoices, labels, EASY)
    outstanding = {i.id: i.outstanding for i in world.invoices}
    given_to = Counter[str]()
    result = match(world.transactions, world.invoices, rules)
    assert sorted(m.transaction for m in result) == sorted(
        m.transaction for m in match(world.transactions, world.invoices, EASY)
    )
    for line in result:
        if line.outcome is Outcome.MATCH:
            given_to.update({a.invoice: a.amount for a in line.allocations})
    assert not overdrawn(given_to, outstanding)


@given(lessons())
def test_the_evidence_still_adds_up_to_the_confidence(lesson):
    world, labels = lesson
    rules = learn(world.transactions, world.invoices, labels)
    slanted = evolve(
        rules,
        learnt=evolve(rules.learnt, calibration=Calibration(slope=0.7)),
    )
    result = match(world.transactions, world.invoices, slanted)
    for line in result:
        bits = fsum(row.weight for row in line.evidence)
        assert line.confidence == 1 / (1 + 2**-bits)
        assert (
            fsum(row.weight for row in explain(result, line.transaction).rows) == bits
        )


calibrations = st.builds(Calibration, slope=st.floats(0, 1))


@given(strategies.worlds(), calibrations)
def test_calibration_never_raises_a_confidence_nor_adds_a_match(world, calibration):
    rules = Ruleset(learnt=Learnt(labels=1, calibration=calibration))
    plain = match(world.transactions, world.invoices)
    for before, after in zip(
        plain, match(world.transactions, world.invoices, rules), strict=True
    ):
        if after.outcome is not Outcome.NONE:
            assert after.confidence <= before.confidence
        if after.outcome is Outcome.MATCH:
            assert before.outcome is Outcome.MATCH


@given(lessons())
def test_what_was_learnt_is_written_and_read_back_as_it_was(lesson):
    world, labels = lesson
    rules = learn(world.transactions, world.invoices, labels)
    assert Ruleset.from_toml(ruleset_to_toml(rules)) == rules


# --- what was rejected ----------------------------------------------------------------


def test_a_rejected_number_leaves_the_next_best_for_review():
    invoices = [
        bill(f"i{n}", "238.00 EUR", f"INV-2026-010{n}", customer=CUSTOMERS[0])
        for n in (1, 2)
    ]
    paid = [payment("t1", "238.00 EUR", "INV-2026-0101", payer="Weber Metallbau")]
    assert answer(paid, invoices, Ruleset()).outcome is Outcome.MATCH
    rules = learn(paid, invoices, [reject("t1", "i1")])
    line = answer(paid, invoices, rules)
    assert line.outcome is Outcome.REVIEW
    assert proposals(line) == [("i2",)]
    assert Reason.REJECTED_BEFORE in line.reasons
    why = explain_pair(match(paid, invoices, rules), "t1", "i1")
    assert "rejected" in why.conclusion


def test_where_nothing_else_is_left_the_reason_says_so():
    paid = [payment("t1", owed(1), "INV-2026-0001")]
    rules = learn(paid, ledger(), [reject("t1", "i1")])
    line = answer(paid, ledger(), rules)
    assert (line.outcome, line.allocations) == (Outcome.NONE, ())
    assert Reason.REJECTED_BEFORE in line.reasons


def test_what_pays_nothing_is_proposed_nothing():
    paid = [payment("t1", owed(1), "INV-2026-0001 INV-2026-0002")]
    rules = learn(paid, ledger(), [confirm("t1")])
    assert rules.learnt.rejected == (RejectedProposal(transaction="t1", invoices=()),)
    line = answer(paid, ledger(), rules)
    assert (line.outcome, line.reasons) == (Outcome.NONE, (Reason.REJECTED_BEFORE,))


def test_a_rejection_of_nothing_names_nothing():
    paid = [payment("t1", owed(1), "INV-2026-0001")]
    learnt = learn(paid, ledger(), [reject("t1")]).learnt
    assert (learnt.labels, learnt.rejected, learnt.payers) == (1, (), ())


def test_what_was_rejected_for_one_transaction_is_proposed_for_another():
    paid = [payment("t1", owed(1), "INV-2026-0001")]
    rules = learn(paid, ledger(), [reject("t1", "i1")])
    other = [payment("t2", owed(1), "INV-2026-0001")]
    assert proposals(answer(other, ledger(), rules))[0] == ("i1",)


def test_what_a_human_has_to_look_at_teaches_the_run_nothing():
    invoices = [
        bill("i1", "238.00 EUR", "INV-2026-0101", customer=CUSTOMERS[0]),
        bill("i2", "238.00 EUR", "INV-2026-0102", customer=CUSTOMERS[1]),
        bill("i3", "71.13 EUR", "INV-2026-0103", customer=CUSTOMERS[1]),
    ]
    both = payment("t1", "238.00 EUR", "INV-2026-0101 INV-2026-0102", iban=IBAN)
    rules = learn([both], invoices, [reject("t1", "i1")])
    assert rules.learnt.payers == ()
    line = answer([both, payment("t2", "71.13 EUR", iban=IBAN)], invoices, rules)
    assert "paid_before" not in [row.level for row in line.evidence]


# --- who has paid for whom ------------------------------------------------------------


def silent(name: str, money: str, booked: str, **payer: str) -> Transaction:
    return payment(name, money, "danke", booked=booked, **payer)


@pytest.mark.parametrize(
    "payer", [{"iban": IBAN}, {"payer": "Kranich Holding"}], ids=["iban", "name"]
)
def test_who_was_confirmed_once_needs_no_word_the_next_time(payer):
    first = [silent("t1", owed(1), "2026-05-02", **payer)]
    later = [silent("t2", owed(5), "2026-05-03", **payer)]
    assert answer(later, ledger(), Ruleset()).outcome is Outcome.REVIEW
    rules = learn(first, ledger(), [confirm("t1", "i1")])
    line = answer(later, ledger(), rules)
    assert (line.outcome, proposals(line)[0]) == (Outcome.MATCH, ("i5",))
    assert "paid_before" in [row.level for row in line.evidence]


def test_a_remembered_account_is_known_by_its_last_digits():
    def paid(name: str, account: str, money: str) -> Transaction:
        one = silent(name, money, "2026-05-02", payer="Kranich Holding")
        assert one.counterparty
        return evolve(one, counterparty=evolve(one.counterparty, account=account))

    rules = learn([paid("t1", "0648489890", owed(1))], ledger(), [confirm("t1", "i1")])
    known = {payer.key: payer.value for payer in rules.learnt.payers}
    assert known[PayerKey.ACCOUNT] == "0648489890"
    other = paid("t2", "64 848 9890", owed(5))
    assert other.counterparty
    nameless = evolve(other, counterparty=evolve(other.counterparty, name=None))
    assert answer([nameless], ledger(), rules).outcome is Outcome.MATCH


def test_a_name_that_customers_bear_stays_theirs_alike():
    twins = [Customer(id=f"t{n}", name="Anna Berg") for n in (1, 2)]
    invoices = [
        bill(f"i{n}", f"{90 + n}.10 EUR", customer=twins[n % 2]) for n in range(4)
    ]
    paid = [payment("t1", "90.10 EUR", payer="Anna Berg")]
    rules = learn(paid, invoices, [confirm("t1", "i0")])
    later = [payment("t2", "93.10 EUR", payer="Anna Berg")]
    ours, plain = (answer(later, invoices, r) for r in (rules, Ruleset()))
    assert tuple(ours.evidence) == tuple(plain.evidence)


def test_to_know_a_payer_never_makes_his_name_say_less():
    first = [silent("t1", owed(1), "2026-05-02", payer="Nordwind Hosting", iban=IBAN)]
    later = [silent("t2", owed(5), "2026-05-03", payer="Nordwind Hosting", iban=IBAN)]
    rules = learn(first, ledger(), [confirm("t1", "i1")])
    before, after = (answer(later, ledger(), r) for r in (Ruleset(), rules))
    assert after.confidence >= before.confidence


def test_who_mostly_pays_for_one_customer_is_taken_to_again():
    """Nine payments for one and one for another: not a half each."""
    held = [
        RememberedPayer(key=PayerKey.IBAN, value=IBAN, customer=customer, weight=weight)
        for customer, weight in (("c1", 9.0), ("c2", 1.0))
    ]
    later = [silent("t2", "238.00 EUR", "2026-05-03", iban=IBAN)]
    invoices = [
        bill(f"i{n}", "238.00 EUR", customer=CUSTOMERS[n], due="2026-05-01")
        for n in (1, 2)
    ]
    for payers, likely in (
        (held, "i1"),
        ([evolve(held[0], weight=0.1), held[1]], "i2"),
    ):
        rules = Ruleset(learnt=Learnt(labels=10, payers=tuple(payers)))
        line = answer(later, invoices, rules)
        assert proposals(line)[0] == (likely,)
        assert line.confidence > 2 * line.alternatives[0].confidence


def test_a_rejected_payer_is_not_remembered():
    paid = [silent(f"t{n}", owed(1), "2026-05-02", iban=IBAN) for n in (1, 2)]
    labels = [confirm("t1", "i1"), reject("t2", "i1")]
    assert learn(paid, ledger(), labels[:1]).learnt.payers
    assert not learn(paid, ledger(), labels).learnt.payers


def test_a_wrong_invoice_of_the_right_customer_says_nothing_against_the_payer():
    paid = [silent("t1", owed(1), "2026-05-02", iban=IBAN)]
    (payer,) = learn(
        paid, ledger(), [reject("t1", "i5"), confirm("t1", "i1")]
    ).learnt.payers
    assert (payer.customer, payer.weight) == ("c1", 1.0)


def test_memory_fades_by_half_with_every_half_life_until_it_is_gone():
    days = {"t1": "2024-05-01", "t2": "2025-05-01", "t3": "2026-05-01"}
    ibans = {"t1": "BE68539007547034", "t2": IBAN, "t3": "FR7630006000011234567890189"}
    paid = [silent(t, owed(1), day, iban=ibans[t]) for t, day in days.items()]
    assert HALF_LIFE == 365
    labels = [confirm(t, "i1") for t in days]
    weights = {p.value: p.weight for p in learn(paid, ledger(), labels).learnt.payers}
    # The first one is two half-lives and no day more than that old: 730 days.
    assert [weights[ibans[t]] for t in ("t1", "t2", "t3")] == [FORGOTTEN, 0.5, 1.0]
    older = evolve(paid[0], booking_date=paid[0].booking_date.replace(month=4))  # type: ignore[union-attr]
    rest = learn([older, *paid[1:]], ledger(), labels).learnt.payers
    assert ibans["t1"] not in {payer.value for payer in rest}


def test_a_payment_without_a_date_counts_in_full():
    paid = [payment("t1", owed(1), iban=IBAN), payment("t2", owed(2), iban=IBAN)]
    labels = [confirm("t1", "i1"), confirm("t2", "i2")]
    assert {p.weight for p in learn(paid, ledger(), labels).learnt.payers} == {1.0}


def test_customers_that_a_ledger_no_longer_has_are_passed_over():
    paid = [silent("t1", owed(1), "2026-05-02", iban=IBAN)]
    rules = learn(paid, ledger(), [confirm("t1", "i1")])
    others = [i for i in ledger() if i.customer and i.customer.id != "c1"]
    line = answer([silent("t2", owed(2), "2026-05-03", iban=IBAN)], others, rules)
    assert proposals(line)[0] == ("i2",)


# --- reliability, fees ----------------------------------------------------------------


def test_a_rule_is_as_reliable_as_it_was_seen_to_be():
    paid = [payment(f"t{n}", owed(n), f"INV-2026-{n:04d}") for n in range(6)]
    labels = [confirm("t0", "i0"), *(reject(f"t{n}", f"i{n}") for n in range(1, 6))]
    learnt = learn(paid, ledger(), labels).learnt
    name = "invoice number"
    assert learnt.rules == (RuleRecord(rule=name, confirmed=1, rejected=5),)
    # The mean of Beta(99 + 1, 1 + 5).
    assert AS_GOOD_AS == 100
    assert learnt.reliability(name, 0.99) == pytest.approx(100 / 106)
    assert learnt.reliability("another", 0.97) == 0.97


def test_what_was_matched_beside_makes_a_rejection_count_for_less():
    paid = [payment(f"t{n}", owed(n), f"INV-2026-{n:04d}") for n in range(12)]
    labels = [reject("t0", "i0")]
    (record,) = learn(paid, ledger(), labels).learnt.rules
    assert record == RuleRecord(rule="invoice number", rejected=1, matched=11)
    learnt = Learnt(rules=(record,))
    assert learnt.reliability("invoice number", 0.99) == pytest.approx(110 / 112)
    # Nobody looked at them: they make no rule surer than it says of itself.
    sure = Learnt(rules=(evolve(record, rejected=0, matched=9000),))
    assert sure.reliability("invoice number", 0.99) == 0.99
    # What was confirmed does.
    told = Learnt(rules=(evolve(record, rejected=0, confirmed=900),))
    assert told.reliability("invoice number", 0.99) == pytest.approx(999 / 1000)


def test_what_any_text_may_hold_by_chance_says_nothing_of_a_rule():
    invoices = [bill("i1", "238.00 EUR", "417"), bill("i2", "59.50 EUR", "418")]
    paid = [payment("t1", "238.00 EUR", "Tel 417")]
    assert learn(paid, invoices, [reject("t1", "i1")]).learnt.rules == ()


def test_what_an_unreliable_rule_finds_counts_for_less():
    paid = [payment("t1", owed(1), "INV-2026-0001")]
    bad = RuleRecord(rule="invoice number", confirmed=0, rejected=500)
    rules = Ruleset(learnt=Learnt(labels=500, rules=(bad,)))
    weights = [
        {row.rule: row.weight for row in answer(paid, ledger(), one).evidence}
        for one in (Ruleset(), rules)
    ]
    assert weights[1]["invoice number"] < weights[0]["invoice number"] - 3


def test_an_invoice_of_a_wrong_set_is_not_held_against_the_rule():
    paid = [payment("t1", owed(1), "INV-2026-0001 INV-2026-0002")]
    learnt = learn(paid, ledger(), [reject("t1", "i1", "i2")]).learnt
    assert learnt.rules == ()


def test_who_is_always_short_by_one_fee_is_expected_to_be():
    def paid(name: str, invoice: int, lacking: str) -> Transaction:
        amount = Decimal(owed(invoice).split()[0]) - Decimal(lacking)
        return payment(name, f"{amount} EUR", "danke", payer="Nordwind Hosting")

    early = [paid("t1", 1, "5.13"), paid("t2", 5, "5.13"), paid("t3", 9, "2.00")]
    labels = [confirm("t1", "i1"), confirm("t2", "i5"), confirm("t3", "i9")]
    rules = learn(early, ledger(), labels)
    habit = ShortPayer(customer="c1", currency="EUR", fee=Decimal("5.13"), payments=2)
    assert rules.learnt.short_payers == (habit,)
    kept = evolve(rules, learnt=Learnt(labels=3, short_payers=(habit,)))
    for lacking, gain in (("5.13", log2(0.5 / 2**-12)), ("4.13", 0.0)):
        weights = [
            {
                row.rule: row.weight
                for row in answer([paid("t4", 9, lacking)], ledger(), one).evidence
            }
            for one in (Ruleset(), kept)
        ]
        assert weights[1]["amount"] - weights[0]["amount"] == pytest.approx(gain, abs=5)
        assert (weights[1]["amount"] > weights[0]["amount"]) is bool(gain)


# --- how a customer names what it pays ------------------------------------------------


def cited(name: str, invoice: int, text: str, **payer: str) -> Transaction:
    return payment(name, owed(invoice), text, booked="2026-05-02", **payer)


def reference_weight(line: Match) -> float:
    (row,) = (r for r in line.evidence if r.rule in {"reference", "invoice number"})
    return row.weight


def test_who_drops_the_prefix_is_expected_to():
    paid = [cited(f"t{n}", n, f"2026-{n:04d}") for n in (1, 5, 9)]
    labels = [confirm(f"t{n}", f"i{n}") for n in (1, 5, 9)]
    learnt = learn(paid, ledger(14), labels).learnt
    number = "invoice number"
    assert learnt.citing == (
        Citing(customer="c1", rule=number, way="digits", payments=3),
    )
    rules = Ruleset(learnt=Learnt(labels=3, citing=learnt.citing))

    def gain(text: str, invoice: int = 13) -> float:
        later = [cited("t13", invoice, text)]
        plain, habit = (answer(later, ledger(14), r) for r in (Ruleset(), rules))
        return reference_weight(habit) - reference_weight(plain)

    # Three payments beside the ten that general experience counts for.
    assert gain("2026-0013") == pytest.approx(log2((3 + 10 * 0.1) / 13 / 0.1), abs=0.01)
    assert gain("INV-2026-0013") == pytest.approx(log2(10 / 13), abs=0.01)
    assert gain("danke") == pytest.approx(log2(10 / 13), abs=0.01)
    assert gain("2026-0012", 12) == 0  # of another customer


def test_who_always_gives_the_order_is_expected_to():
    invoices = [
        evolve(one, references={"order": f"ZK{7710 + n}"})
        for n, one in enumerate(ledger(14))
    ]
    paid = [cited(f"t{n}", n, f"ZK{7710 + n}") for n in (1, 5, 9)]
    rules = learn(paid, invoices, [confirm(f"t{n}", f"i{n}") for n in (1, 5, 9)])
    (habit,) = rules.learnt.citing
    assert (habit.rule, habit.way, habit.payments) == ("further reference", "exact", 3)
    later = [cited("t13", 13, "ZK7723")]
    assert (
        answer(later, invoices, rules).confidence
        > answer(later, invoices, Ruleset()).confidence
    )


def test_who_never_names_anything_is_not_suspect_for_it():
    paid = [cited(f"t{n}", n, "danke") for n in (1, 5, 9)]
    rules = learn(paid, ledger(14), [confirm(f"t{n}", f"i{n}") for n in (1, 5, 9)])
    assert rules.learnt.citing == (Citing(customer="c1", payments=3),)
    kept = Ruleset(learnt=Learnt(labels=3, citing=rules.learnt.citing))
    later = [cited("t13", 13, "danke")]
    ours, plain = (answer(later, ledger(14), r) for r in (kept, Ruleset()))
    share = (3 + 10 * 0.14) / 13
    gain = reference_weight(ours) - reference_weight(plain)
    assert gain == pytest.approx(log2(share / 0.14), abs=0.01)


def test_an_empty_text_says_nothing_of_how_somebody_cites():
    paid = [payment(f"t{n}", owed(n)) for n in (1, 5, 9)]
    labels = [confirm(f"t{n}", f"i{n}") for n in (1, 5, 9)]
    assert learn(paid, ledger(14), labels).learnt.citing == ()


def test_too_few_payments_are_no_habit():
    paid = [cited(f"t{n}", n, f"2026-{n:04d}") for n in (1, 5)]
    labels = [confirm(f"t{n}", f"i{n}") for n in (1, 5)]
    assert len(labels) < LEAST_PAYMENTS
    assert learn(paid, ledger(14), labels).learnt.citing == ()


def test_what_was_matched_counts_beside_what_a_reviewer_confirmed():
    """Reviews show how somebody cites at his worst, the rest how he mostly does."""
    paid = [cited(f"t{n}", n, f"INV-2026-{n:04d}") for n in (1, 5)]
    paid.append(cited("t9", 9, "danke"))
    outcomes = [m.outcome for m in match(paid, ledger(14))]
    assert outcomes == [Outcome.MATCH, Outcome.MATCH, Outcome.REVIEW]
    seen = {
        habit.way: habit.payments
        for habit in learn(paid, ledger(14), [confirm("t9", "i9")]).learnt.citing
    }
    assert seen == {"": 1, "exact": 2}
    # What was matched and turned out wrong is none of the customer's.
    labels = [confirm("t9", "i9"), reject("t1", "i1")]
    assert learn(paid, ledger(14), labels).learnt.citing == ()
    # Nobody said anything of another customer.
    assert learn(paid, ledger(14), [confirm("t1", "i2")]).learnt.citing == ()


def test_habits_of_a_rule_that_is_gone_are_passed_over():
    habit = Citing(customer="c1", rule="order of old", way="exact", payments=50)
    later = [cited("t1", 1, "INV-2026-0001")]
    rules = Ruleset(learnt=Learnt(labels=50, citing=(habit,)))
    assert answer(later, ledger(), rules) == answer(later, ledger(), Ruleset())


# --- calibration ----------------------------------------------------------------------


def posterior(points: Sequence[tuple[float, bool]], slope: float) -> float:
    """Log of the posterior of a correction, written out."""
    total = -48 * (slope - 1) ** 2 / 2 - 10 * log(2) * (1 - slope)
    for bits, right in points:
        odds = slope * min(bits, 10.0) * log(2)
        total -= log(1 + exp(-odds if right else odds)) if bits > 0 else 0
    return total


one_judged = st.tuples(st.integers(-160, 160).map(lambda n: n / 8), st.booleans())
judged = st.lists(one_judged, max_size=60)


@given(judged)
def test_the_fit_is_the_most_probable_one(points):
    found = fitted(points).slope
    best = posterior(points, found)
    for other in (found - 0.05, found - 0.001, found + 0.001, found + 0.05):
        if 0 <= other <= 1:
            assert posterior(points, other) <= best + 1e-6


@given(judged, one_judged, st.randoms(use_true_random=False))
def test_to_be_right_once_more_never_raises_the_bar(points, further, random):
    bits, right = further
    mixed = [*points, further]
    random.shuffle(mixed)
    before, after = fitted(points).slope, fitted(mixed).slope
    if bits <= 0:
        assert after == before
    else:
        assert after >= before if right else after <= before


def test_no_verdicts_leave_confidences_as_they_are():
    assert fitted([]) == Calibration()


def test_sure_proposals_that_turn_out_wrong_lower_what_is_believed():
    assert fitted([(6.0, n % 2 == 0) for n in range(200)]).slope * 6 < 1
    assert fitted([(6.0, n % 65 > 0) for n in range(650)]).slope == 1


def test_one_slip_changes_nothing_and_four_end_matching():
    """What is sure to one in a thousand, against a bar of one in a hundred."""
    sure, bar = 10.0, log2(99)
    assert fitted([(sure, False)]) == Calibration()
    assert fitted([(sure, False)] * 3).slope * sure > bar
    assert fitted([(sure, False)] * 4).slope * sure < bar
    assert fitted([(sure, False)] * 4 + [(sure, True)] * 4000).slope * sure > bar


def test_many_wrong_matches_end_in_reviews():
    paid = [payment(f"t{n}", owed(n), f"INV-2026-{n:04d}") for n in range(12)]
    assert {m.outcome for m in match(paid, ledger())} == {Outcome.MATCH}
    rules = learn(paid, ledger(), [confirm(f"t{n}") for n in range(8)])
    assert {m.outcome for m in match(paid[8:], ledger(), rules)} == {Outcome.REVIEW}


def test_what_looks_sure_but_is_held_back_teaches_nothing_of_confidences():
    # Only its amount speaks for it, which no other has: sure, yet never matched.
    invoices = [bill("i1", "84317.91 EUR")]
    paid = [payment("t1", "84317.91 EUR")]
    line = answer(paid, invoices, Ruleset())
    assert (line.outcome, line.confidence > 0.99) == (Outcome.REVIEW, True)
    rules = learn(paid, invoices, [reject("t1", "i1")])
    assert rules.learnt.calibration == Calibration()


# --- labels at fault ------------------------------------------------------------------


def test_labels_that_cannot_be_used_are_named_and_the_rest_is():
    paid = [payment(f"t{n}", owed(n), f"INV-2026-{n:04d}", iban=IBAN) for n in range(4)]
    labels = [
        evolve(confirm("t9", "i1"), where="labels.jsonl:1"),
        confirm("t0", "i0", "i77"),
        confirm("t1", "i1"),
        reject("t1", "i1"),
        confirm("t2", "i2"),
        confirm("t2", "i3"),
        confirm("t3", "i3"),
    ]
    faults = label_faults(paid, ledger(), labels)
    assert str(faults[0]) == (
        "labels.jsonl:1: record 't9': transaction: "
        "no usable transaction has the id 't9'"
    )
    assert [(f.record_id, f.field) for f in faults[1:]] == [
        ("t0", "invoices"),
        ("t1", "verdict"),
        ("t1", "verdict"),
        ("t2", "invoices"),
        ("t2", "invoices"),
    ]
    rules = learn(paid, ledger(), labels)
    assert rules == learn(paid, ledger(), labels[-1:])
    assert rules.learnt.labels == 1


@pytest.mark.parametrize(
    ("learnt", "path"),
    [
        (Learnt(labels=-1), "learnt.labels"),
        *(
            (Learnt(calibration=Calibration(slope=slope)), "learnt.calibration.slope")
            for slope in (-0.1, 1.1, float("nan"))
        ),
        *(
            (Learnt(citing=(habit,)), f"learnt.citing[0]{field}")
            for habit, field in (
                (Citing(customer="c", payments=0), ".payments"),
                (Citing(customer="c", rule="invoice number"), ""),
                (Citing(customer="c", way="exact"), ""),
                (Citing(customer="c", rule="invoice number", way="loud"), ".way"),
            )
        ),
        (
            Learnt(
                payers=(
                    RememberedPayer(
                        key=PayerKey.NAME, value="A", customer="c", weight=0.0
                    ),
                )
            ),
            "learnt.payers[0].weight",
        ),
        (
            Learnt(rules=(RuleRecord(rule="r", confirmed=-1, rejected=0),)),
            "learnt.rules[0]",
        ),
        *(
            (
                Learnt(
                    short_payers=(
                        ShortPayer(
                            customer="c",
                            currency=currency,
                            fee=Decimal(fee),
                            payments=payments,
                        ),
                    )
                ),
                f"learnt.short_payers[0].{field}",
            )
            for currency, fee, payments, field in (
                ("EUR", "-1", 1, "fee"),
                ("EUR", "0.001", 1, "fee"),
                ("XXZ", "1", 1, "fee"),
                ("EUR", "1", 0, "payments"),
            )
        ),
    ],
)
def test_what_cannot_have_been_learnt_is_refused(learnt, path):
    with pytest.raises(RulesetError, match=path.replace("[", r"\[")):
        Ruleset(learnt=learnt)


def test_what_was_learnt_is_said_in_words():
    short = ShortPayer(customer="c1", currency="EUR", fee=Decimal("5.00"), payments=3)
    rules = Ruleset(
        learnt=Learnt(
            labels=12,
            calibration=Calibration(slope=0.5),
            rejected=(RejectedProposal(transaction="t1", invoices=("i1",)),),
            payers=(
                RememberedPayer(key=PayerKey.IBAN, value="X", customer="c", weight=1.0),
            ),
            rules=(RuleRecord(rule="invoice number", confirmed=0, rejected=10),),
            short_payers=(short,),
            citing=(Citing(customer="c1"), Citing(customer="c2")),
        )
    )
    assert describe_learnt(rules) == (
        "Learnt from 12 labels:",
        "1 rejected proposal does not come again.",
        "Who has paid for 1 customer before is known by 1 name, IBAN or account.",
        "Rule 'invoice number' is right in 90.0 % of the texts after all.",
        "Customer 'c1' was 3 times short by 5.00 EUR.",
        "How 2 customers name what they pay is known.",
        "What would be a confidence of 0.99 counts as 0.9087.",
    )
    assert describe_learnt(Ruleset()) == ()
    once = Learnt(labels=1, short_payers=(evolve(short, payments=1),))
    assert describe_learnt(Ruleset(learnt=once)) == (
        "Learnt from 1 label:",
        "Customer 'c1' was 1 time short by 5.00 EUR.",
    )
