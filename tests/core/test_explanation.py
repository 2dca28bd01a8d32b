"""Decisions told in words, and why not the other one."""

import re
from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from payymo_core import (
    Customer,
    Evidence,
    MatchResult,
    Outcome,
    Reason,
    ReferenceRule,
    Ruleset,
    RulesetError,
    Thresholds,
    explain,
    explain_pair,
    match,
    sentence,
)
from payymo_core.bearers import PayerLevel
from payymo_core.comparison import AmountLevel, TextLevel
from payymo_core.results import OTHER_ROWS
from payymo_core.rivals import MOST_BITS, RivalKind
from payymo_core.rules import Policies, TiePolicy
from payymo_core.scoring import Kind
from payymo_core.timing import DateLevel
from payymo_core.wording import reason_in_words
from tests import strategies
from tests.builders import bill, payment

IBAN = "DE89370400440532013000"
BERG = Customer(id="berg", name="Anna Berg")
PAYER = Customer(id="heid", name="Heidmark Verlag", ibans=(IBAN,))


@settings(max_examples=30)
@given(strategies.worlds())
def test_every_row_of_every_answer_is_a_sentence(world):
    result = match(world.transactions, world.invoices)
    for line in result:
        rows = [*line.evidence]
        for invoice in world.invoices:
            rows += explain_pair(result, line.transaction, invoice.id).rows
        for row in rows:
            said = sentence(row)
            assert said.strip() == said != ""
            assert "None" not in said


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_a_sentence(reason):
    assert reason_in_words(reason).endswith(".")


def test_the_rows_stand_in_their_order_and_name_the_texts():
    transactions = [
        payment(
            "t1", "119.00 EUR", "inv-2026-0042", booked="2026-03-04", payer="A BERG"
        )
    ]
    invoices = [
        bill("i42", "119.00 EUR", "INV-2026-0042", due="2026-03-01", customer=BERG)
    ]
    rows = explain(match(transactions, invoices), "t1").rows
    assert [row.rule for row in rows] == [
        "prior",
        "amount",
        "invoice number",
        "counterparty",
        "dates",
        "rivals",
    ]
    by_rule = {row.rule: row for row in rows}
    assert by_rule["amount"].transaction_text == "119.00 EUR"
    assert by_rule["invoice number"].transaction_text == "INV-2026-0042"
    assert by_rule["counterparty"].invoice_text == "Anna Berg"
    assert by_rule["dates"].transaction_text == "2026-03-04"
    assert "due 2026-03-01" in by_rule["dates"].invoice_text


def test_a_fee_is_told_with_the_amount():
    transactions = [payment("t1", "115.25 EUR", "A-42", fee=strategies.major(375))]
    result = match(transactions, [bill("i42", "119.00 EUR", "A-42")])
    amount = next(row for row in result[0].evidence if row.rule == "amount")
    said = "119.00 EUR (115.25 EUR and a fee of 3.75 EUR)"
    assert amount.transaction_text == said


WHY_NOT = [
    ({"status": "pending"}, {}, "pending"),
    ({}, {"status": "paid"}, "not open"),
    ({}, {"status": "cancelled"}, "not open"),
    ({}, {"outstanding": strategies.major(0)}, "nothing outstanding"),
    ({"currency": "USD"}, {}, "the money came in USD"),
    ({"amount": strategies.major(-11900)}, {}, "the money went out"),
    ({}, {"outstanding": strategies.major(-11900)}, "credit note"),
]


@pytest.mark.parametrize(("ours", "theirs", "said"), WHY_NOT)
def test_a_gate_is_told_in_words(ours, theirs, said):
    transaction = evolve(payment("t1", "119.00 EUR", "INV-2026-0042"), **ours)
    invoice = evolve(bill("i42", "119.00 EUR", "INV-2026-0042"), **theirs)
    result = match([transaction], [invoice])
    assert result[0].outcome is Outcome.NONE
    why = explain_pair(result, "t1", "i42")
    assert said in why.conclusion
    assert why.conclusion.startswith("Not INV-2026-0042")


def test_what_explains_it_better_is_named_by_its_number():
    invoices = [
        bill("i42", "119.00 EUR", "INV-2026-0042", customer=BERG),
        bill("i43", "119.00 EUR", "INV-2026-0043", customer=BERG),
        bill("i99", "5.00 EUR", "R-99"),
    ]
    result = match([payment("t1", "119.00 EUR", "INV-2026-0042")], invoices)
    for other in ("i43", "i99"):
        why = explain_pair(result, "t1", other)
        assert "INV-2026-0042 explains it better" in why.conclusion
        assert why.invoices == (other,)
    assert explain_pair(result, "t1", "i42") == explain(result, "t1")
    assert explain(result, "t1").conclusion.startswith("Matched with INV-2026-0042 ")


# --- what separates two of them -------------------------------------------------------


def test_only_what_differs_is_said_to_explain_it_better():
    """Both have the IBAN and the amount; the days alone tell them apart."""
    invoices = [
        bill("i1", "82.11 EUR", "KN-1628", due="2026-05-08", customer=PAYER),
        bill("i2", "82.11 EUR", "KN-1795", due="2026-05-24", customer=PAYER),
    ]
    paid = payment("t1", "82.11 EUR", "Hosting", booked="2026-05-29", iban=IBAN)
    why = explain_pair(match([paid], invoices), "t1", "i1").conclusion
    assert why.startswith("KN-1628 is offered too (confidence ")
    assert "KN-1795 explains it better: paid 2 to 7 days after the due date" in why
    assert "here, paid 8 to 30 days after the due date" in why
    assert "2026-05-24" in why
    assert "2026-05-08" in why
    assert "IBAN" not in why


def test_how_rare_a_kind_of_payment_is_counts_with_its_amount():
    """Each alone, the amount would differ less than the dates do."""
    invoices = [
        bill("i1", "100.00 EUR", "KN-1628", due="2026-05-29", customer=PAYER),
        evolve(
            bill("i2", "250.00 EUR", "KN-1795", customer=PAYER),
            issue_date=date(2026, 6, 7),
        ),
        *(bill(f"p{n}", "100.00 EUR", f"P-{n}") for n in range(30)),
    ]
    paid = payment("t1", "100.00 EUR", booked="2026-05-29", iban=IBAN)
    why = explain_pair(match([paid], invoices), "t1", "i2").conclusion
    assert "explains it better: 100.00 EUR is exactly what is outstanding" in why


def test_of_equals_neither_is_said_to_be_better():
    invoices = [
        bill(name, "82.11 EUR", f"KN-{name}", due="2026-05-08", customer=PAYER)
        for name in ("i1", "i2")
    ]
    result = match([payment("t1", "82.11 EUR", iban=IBAN)], invoices)
    [allocation] = result[0].allocations
    [other] = {"i1", "i2"} - {allocation.invoice}
    why = explain_pair(result, "t1", other).conclusion
    assert "is offered too (confidence 50.0 %)" in why
    assert f"Nothing tells KN-{other} and KN-{allocation.invoice} apart" in why
    assert "better" not in why


def test_the_policy_is_what_separates_equals():
    invoices = [
        bill("i1", "82.11 EUR", "KN-1628", due="2026-05-08", customer=PAYER),
        bill("i2", "82.11 EUR", "KN-1795", due="2026-05-09", customer=PAYER),
    ]
    oldest = Ruleset(policies=Policies(ties=TiePolicy.OLDEST_DUE_FIRST))
    paid = payment("t1", "82.11 EUR", "Hosting", booked="2026-05-01", iban=IBAN)
    result = match([paid], invoices, oldest)
    assert "the oldest is paid first" in explain_pair(result, "t1", "i2").conclusion


def test_an_invoice_that_is_offered_in_a_set_is_told_so():
    amounts = {"A-1001": 30, "A-1002": 70, "A-1003": 40, "A-1004": 60}
    invoices = [
        bill(number, f"{amount}.00 EUR", number, customer=PAYER)
        for number, amount in amounts.items()
    ]
    result = match([payment("t1", "100.00 EUR", "Sammel", iban=IBAN)], invoices)
    other = result[0].alternatives[0].allocations
    why = explain_pair(result, "t1", other[0].invoice).conclusion
    names = " + ".join(a.invoice for a in other)
    assert why.startswith(f"{other[0].invoice} is offered too, as {names} (")


# --- rivals by name -------------------------------------------------------------------


def duplicates(*days: str | None) -> MatchResult:
    transactions = [
        payment(f"t{n}", "58.31 EUR", "Rechnung KN-01382", booked=day, iban=IBAN)
        for n, day in enumerate(days, 1)
    ]
    invoices = [bill("i1", "58.31 EUR", "KN-01382", due="2026-04-15", customer=PAYER)]
    return match(transactions, invoices)


def test_a_second_payment_names_the_first_and_the_invoice():
    result = duplicates("2026-05-22", "2026-05-28")
    for why in (explain(result, "t2"), explain_pair(result, "t2", "i1")):
        assert "t1 of 2026-05-22" in why.conclusion
        assert "KN-01382" in why.conclusion
        assert "weeks" not in why.conclusion
        assert "due date" not in why.conclusion
    assert "t1 of 2026-05-22" in sentence(explain(result, "t2").rows[-1])
    assert explain(result, "t1").outcome is Outcome.MATCH


def test_another_payment_that_claims_the_invoice_is_named():
    result = duplicates(None, None)
    for mine, other in (("t1", "t2"), ("t2", "t1")):
        row = explain(result, mine).rows[-1]
        assert (row.rule, row.level) == ("rivals", "other_payment")
        assert sentence(row) == f"{other} (50.0 %) claims KN-01382 too"


def test_another_invoice_that_rivals_is_named():
    invoices = [
        bill(name, "82.11 EUR", f"KN-{name}", customer=PAYER) for name in ("i1", "i2")
    ]
    result = match([payment("t1", "82.11 EUR", iban=IBAN)], invoices)
    [allocation] = result[0].allocations
    [other] = {"i1", "i2"} - {allocation.invoice}
    row = explain(result, "t1").rows[-1]
    assert sentence(row) == f"it may be for KN-{other} (50.0 %) instead"


def test_the_row_of_a_sure_match_says_that_it_is_as_sure_as_can_be():
    """Forty bits are all that a confidence tells, whatever the evidence comes to."""
    invoices = [
        bill(f"i{n}", f"{owed} EUR", f"INV-2026-{n:06d}", customer=PAYER)
        for n, owed in enumerate(("1234.56", "17.03", "248.71", "99.12"), 4711)
    ]
    noise = [bill(f"n{n}", f"{n}.00 EUR", f"N-{n}") for n in range(1000, 1100)]
    named = " ".join(invoice.number or "" for invoice in invoices)
    paid = payment("t1", "1599.42 EUR", named, iban=IBAN)
    why = explain(match([paid], [*invoices, *noise]), "t1")
    assert why.weight == MOST_BITS
    assert why.rows[-1].level == "bounded"
    assert why.rows[-1].weight < -1
    assert "nothing else comes near" in why.conclusion


def test_a_match_beside_a_rival_does_not_say_that_nothing_comes_near():
    invoices = [
        bill("i1", "82.11 EUR", "KN-1628", due="2026-05-29", customer=PAYER),
        bill("i2", "82.11 EUR", "KN-1795", due="2026-02-20", customer=PAYER),
    ]
    paid = payment("t1", "82.11 EUR", booked="2026-05-29", iban=IBAN)
    loose = Ruleset(thresholds=Thresholds(match=0.51, margin=0.0))
    why = explain(match([paid], invoices, loose), "t1")
    assert why.outcome is Outcome.MATCH
    assert "although it may be for KN-1795" in why.conclusion
    assert "nothing else" not in why.conclusion


def test_an_invoice_that_another_payment_takes_is_told_so():
    """By the days it would be the better one of the two."""
    invoices = [
        bill("i1", "82.11 EUR", "KN-2026-1628", due="2026-05-29", customer=PAYER),
        bill("i2", "82.11 EUR", "KN-2026-1795", due="2026-02-20", customer=PAYER),
    ]
    paid = [
        payment("t1", "82.11 EUR", booked="2026-05-29", iban=IBAN),
        payment("t2", "82.11 EUR", "KN-2026-1628", booked="2026-05-29", iban=IBAN),
    ]
    result = match(paid, invoices)
    assert explain(result, "t1").invoices == ("i2",)
    why = explain_pair(result, "t1", "i1").conclusion
    assert "t2 of 2026-05-29" in why
    assert "claims KN-2026-1628 too" in why
    assert "By itself it explains the payment no worse than KN-2026-1795" in why


def test_an_explanation_without_a_rival_names_none():
    """A ruleset may ask for more than there is, whatever the rivals."""
    owed = [bill(f"i{n}", f"{n}.11 EUR", f"KN-2026-{n}") for n in range(1000, 1020)]
    strict = Ruleset(thresholds=Thresholds(match=0.99999999, review=0.99999998))
    result = match([payment("t1", "1007.11 EUR", "KN-2026-107")], owed, strict)
    assert result[0].outcome is Outcome.NONE
    why = explain_pair(result, "t1", "i1007")
    assert why.confidence > 0.5
    assert "comes near" not in why.conclusion


def test_a_further_reason_is_told_after_the_one_that_is_in_the_way():
    transactions = [
        payment(f"t{n}", "9.99 EUR", payer="Anna B", booked=f"2026-03-0{n}")
        for n in (1, 2)
    ]
    noise = [bill(f"n{n}", f"{n}.00 EUR", f"N-{n}") for n in range(1000, 1400)]
    owed = bill("i1", "9.99 EUR", "A-1001", customer=BERG)
    result = match(transactions, [owed, *noise])
    reasons = set(result.of("t2").reasons)
    assert {Reason.AMBIGUOUS, Reason.DUPLICATE_PAYMENT} <= reasons
    why = explain(result, "t2").conclusion
    assert why.endswith(reason_in_words(Reason.AMBIGUOUS))
    assert reason_in_words(Reason.DUPLICATE_PAYMENT) not in why


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        (payment("t1", "7.13 EUR", "loan 4711 4712"), "the text has numbers, but not"),
        (payment("t1", "82.11 EUR"), "Too little speaks for it."),
    ],
)
def test_what_speaks_against_an_invoice_is_told_where_nothing_is_proposed(paid, said):
    owed = [bill(f"i{n}", "82.11 EUR", f"KN-2026-{n}") for n in range(1000, 1100)]
    result = match([paid], owed)
    assert result[0].outcome is Outcome.NONE
    why = explain_pair(result, "t1", "i1042").conclusion
    assert why.startswith("Not KN-2026-1042. ")
    assert said in why


# --- nothing is explained too ---------------------------------------------------------


def test_money_that_nobody_knows_says_so():
    result = match([payment("t1", "1.00 EUR", "interest")], [])
    why = explain(result, "t1")
    assert why.invoices == ()
    assert why.conclusion.startswith("Pays nothing that is open")
    assert sentence(why.rows[-1]).startswith("no open invoice agrees")


@pytest.mark.parametrize(
    ("change", "level", "said"),
    [
        ({"status": "pending"}, "pending", "pending"),
        ({"amount": strategies.major(-11900)}, "outgoing", "the money went out"),
    ],
)
def test_a_gate_is_no_evidence(change, level, said):
    transaction = evolve(payment("t1", "119.00 EUR", "INV-2026-0042"), **change)
    invoice = bill("i42", "119.00 EUR", "INV-2026-0042")
    why = explain(match([transaction], [invoice]), "t1")
    [row] = why.rows
    assert (row.rule, row.level) == ("gate", level)
    assert said in sentence(row)
    assert why.conclusion.startswith("Not matched.")
    assert "confidence" not in why.conclusion


def test_a_paid_invoice_that_the_text_names_is_what_explains_the_payment():
    paid = bill(
        "i1",
        "0.00 EUR",
        "INV-2026-0042",
        due="2026-03-01",
        status="paid",
        total=strategies.major(35581),
    )
    why = explain(match([payment("t1", "355.81 EUR", "INV-2026-0042")], [paid]), "t1")
    assert why.outcome is Outcome.NONE
    rows = {row.rule: row for row in why.rows}
    assert rows["prior"].level == "closed"
    assert rows["invoice number"].invoice_text == "INV-2026-0042"
    assert sentence(rows["amount"]) == (
        "355.81 EUR is the total of an invoice that is not open (355.81 EUR)"
    )
    assert "INV-2026-0042 (355.81 EUR, due 2026-03-01), which is paid" in why.conclusion


def test_the_total_of_a_closed_invoice_may_be_unknown():
    paid = bill("i1", "0.00 EUR", "INV-2026-0042", status="paid")
    result = match([payment("t1", "355.81 EUR", "INV-2026-0042")], [paid])
    amount = next(r for r in explain(result, "t1").rows if r.rule == "amount")
    assert sentence(amount) == "355.81 EUR; the total of the invoice is not known"


def test_an_invoice_in_another_currency_is_named_with_both_currencies():
    invoices = [bill("i1", "129.00 USD", "KN-2026-01424", due="2026-04-19")]
    result = match([payment("t1", "118.74 EUR", "KN-2026-01424")], invoices)
    why = explain(result, "t1").conclusion
    assert "KN-2026-01424 (129.00 USD, due 2026-04-19)" in why
    assert "118.74 EUR" in why


@pytest.mark.parametrize(
    ("transaction", "owed"),
    [
        (payment("t1", "118.74 EUR", "KN-2026-01424"), "129.00 USD"),
        (payment("t1", "-1211.40 EUR", "KN-2026-01424"), "117.81 EUR"),
        (payment("t1", "50.00 EUR", "KN-2026-01424"), "-50.00 EUR"),
        (payment("t1", "0.00 EUR", "KN-2026-01424"), "50.00 EUR"),
    ],
)
def test_amounts_that_cannot_be_compared_are_not(transaction, owed):
    result = match([transaction], [bill("i1", owed, "KN-2026-01424")])
    why = explain_pair(result, "t1", "i1")
    assert {row.rule for row in why.rows}.isdisjoint({"amount", "prior"})
    assert why.rows[-1].rule == "gate"
    assert sum(row.weight for row in why.rows) == why.weight


# --- what a row says is true ----------------------------------------------------------


@given(st.integers(-40, 500), st.sampled_from(["due", "issued", "both"]))
def test_what_is_said_of_the_days_is_true(late, known):
    """Whatever the engine calls in time or late, the sentence holds for the dates."""
    day = date(2026, 3, 1)
    booked = (day + timedelta(days=late)).isoformat()
    invoice = evolve(
        bill("i1", "119.00 EUR", "INV-2026-0042"),
        due_date=None if known == "issued" else day,
        issue_date=None
        if known == "due"
        else day - timedelta(days=14)
        if known == "both"
        else day,
    )
    paid = payment("t1", "119.00 EUR", "INV-2026-0042", booked=booked)
    result = match([paid], [invoice])
    rows = explain_pair(result, "t1", "i1").rows
    said = sentence(next(row for row in rows if row.rule == "dates"))
    issued = {"issued": 0, "both": -14}.get(known, -1000)
    measured = "date of issue" if known == "issued" else "due date"
    claims = {
        "paid before it was issued": issued - 10 <= late < issued,
        "paid more than 10 days before it was issued": late < issued - 10,
        f"paid more than a week before the {measured}": late < -7,
        f"paid 2 to 7 days before the {measured}": -7 <= late <= -2,
        f"paid within a day of the {measured}": -1 <= late <= 1,
        f"paid 2 to 7 days after the {measured}": 2 <= late <= 7,
        f"paid 8 to 30 days after the {measured}": 8 <= late <= 30,
        f"paid 31 to 120 days after the {measured}": 31 <= late <= 120,
        f"paid more than 120 days after the {measured}": 120 < late <= 365,
        f"paid longer after the {measured} than the ruleset": late > 365,
    }
    [words] = [claim for claim in claims if said.startswith(claim)]
    assert claims[words]
    assert booked in said


LEVELS = [
    *(("prior", kind.name.lower()) for kind in Kind),
    *(("amount", level.name.lower()) for level in AmountLevel),
    *(("reference", f"not_found_{level.name.lower()}") for level in TextLevel),
    *(("counterparty", level.name.lower()) for level in PayerLevel),
    *(("dates", level.name.lower()) for level in DateLevel),
    *(("rivals", str(kind)) for kind in RivalKind),
]


@pytest.mark.parametrize(("rule", "level"), LEVELS)
def test_every_level_that_the_engine_knows_has_its_words(rule, level):
    assert sentence(Evidence(rule, level, 1.0, "2026-03-04", "due 2026-03-01"))


def test_the_year_of_a_number_is_told_where_no_date_is_known():
    paid = payment("t1", "119.00 EUR", "F-2024001", booked="2026-03-04")
    result = match([paid], [bill("i1", "119.00 EUR", "F-2024001")])
    dates = next(row for row in explain(result, "t1").rows if row.rule == "dates")
    assert "of 2024 by its number" in sentence(dates)
    assert "the year of its number" in sentence(dates)


def test_amounts_are_written_alike_everywhere():
    invoices = [
        bill("i1", "1178.1 EUR", "INV-2026-0042", customer=PAYER),
        bill("i2", "-78.10 EUR", "CN-2026-0001", customer=PAYER),
    ]
    paid = payment("t1", "1100 EUR", "INV-2026-0042 CN-2026-0001", iban=IBAN)
    rows = explain(match([paid], invoices), "t1").rows
    amount = next(row for row in rows if row.rule == "amount")
    assert amount.transaction_text == "1,100.00 EUR"
    assert sorted(amount.invoice_text.split(" - ")) == ["1,178.10 EUR", "78.10 EUR"]


def test_a_rule_may_be_called_reference():
    """As the row is where nothing is found."""
    rules = Ruleset(references=(ReferenceRule(name="reference"),))
    invoices = [bill("i1", "119.00 EUR", "INV-2026-0042")]
    for text in ("INV-2026-0042", "Danke"):
        result = match([payment("t1", "119.00 EUR", text)], invoices, rules)
        for row in explain_pair(result, "t1", "i1").rows:
            assert sentence(row)


@pytest.mark.parametrize("name", OTHER_ROWS)
def test_no_rule_may_be_called_as_another_row_is(name):
    with pytest.raises(RulesetError, match="a row of the evidence already"):
        Ruleset(references=(ReferenceRule(name=name),))


@settings(max_examples=30)
@given(strategies.worlds(), strategies.rulesets())
def test_no_conclusion_writes_a_confidence_as_a_bare_number(world, ruleset):
    result = match(world.transactions, world.invoices, ruleset)
    for line in result:
        said = [explain(result, line.transaction).conclusion]
        said += [
            explain_pair(result, line.transaction, invoice.id).conclusion
            for invoice in world.invoices
        ]
        for text in said:
            assert not re.search(r"confidence (?!(> |< )?\d+\.\d %)", text)
            assert text == " ".join(text.split())
