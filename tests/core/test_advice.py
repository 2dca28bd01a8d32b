"""The one thing that would settle a transaction: the facts, and whom to ask."""

from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given, settings

from payymo_core import (
    Customer,
    Label,
    MatchResult,
    Outcome,
    Reason,
    ReferenceRule,
    Ruleset,
    Thresholds,
    learn,
    match,
)
from payymo_core.advice import ADVISERS, Advice, what_would_settle
from payymo_core.ambiguity import which_of_several
from payymo_core.circumstances import Circumstances
from payymo_core.rules import DateRule, GroupLimits, Policies, Treatment
from tests import strategies
from tests.builders import bill, confirmed, payment, rejected

IBAN = "DE89370400440532013000"
BERG = Customer(id="berg", name="Anna Berg", ibans=(IBAN,))
NORD = Customer(id="nord", company="Nordwind Hosting AB")
ANY_LIMITS = GroupLimits()


def advice(result: MatchResult, transaction: str = "t1") -> Advice:
    found = what_would_settle(result, transaction)
    assert found is not None
    return found


def assert_says(found: Advice, reason: Reason, *facts: str) -> None:
    assert found.reason is reason
    for fact in facts:
        assert fact in found.sentence


def test_nothing_is_left_to_settle_of_a_match():
    result = match(
        [payment("t1", "119.00 EUR", "INV-2026-0042")],
        [bill("i1", "119.00 EUR", "INV-2026-0042")],
    )
    assert result[0].outcome is Outcome.MATCH
    assert what_would_settle(result, "t1") is None


# --- a reviewer said no before --------------------------------------------------------


def taught(*labels: Label, text: str = "INV-2026-0042") -> MatchResult:
    """Two bills of one amount, and what reviewers said of a payment of one."""
    transactions = [payment("t1", "119.00 EUR", text, payer="Anna Berg")]
    invoices = [
        bill("i1", "119.00 EUR", "INV-2026-0042", due="2026-05-01", customer=BERG),
        bill("i2", "119.00 EUR", "INV-2026-0043", due="2026-05-28", customer=BERG),
    ]
    return match(transactions, invoices, learn(transactions, invoices, labels))


def test_what_was_rejected_is_told_beside_what_fits_next():
    result = taught(rejected("t1", "i1"))
    assert result[0].outcome is Outcome.REVIEW
    assert_says(
        advice(result),
        Reason.REJECTED_BEFORE,
        "A reviewer rejected INV-2026-0042 (119.00 EUR, due 2026-05-01) for it",
        "what fits next is INV-2026-0043 (119.00 EUR, due 2026-05-28)",
        "Ask the payer whether it is for that",
    )


def test_where_all_that_fits_was_rejected_the_payer_is_told():
    found = advice(taught(*(rejected("t1", i) for i in ("i1", "i2"))))
    assert_says(
        found,
        Reason.REJECTED_BEFORE,
        "INV-2026-0042 (119.00 EUR, due 2026-05-01) and INV-2026-0043",
        "nothing else that is open fits",
        "The payer is customer berg (Anna Berg): ask what it is for",
    )


def test_what_pays_nothing_open_is_to_be_paid_back():
    found = advice(taught(confirmed("t1")))
    assert_says(found, Reason.REJECTED_BEFORE, "pays nothing that is open", "pay it")


# --- several fit ----------------------------------------------------------------------


def hosting(*payments: str) -> MatchResult:
    """Payments without a number of a customer who has two equal invoices open."""
    transactions = [
        payment(name, "9.99 EUR", "Hosting", booked="2026-06-03", payer="Anna Berg")
        for name in payments
    ]
    invoices = [
        bill("i1", "9.99 EUR", "48213", due="2026-05-01", customer=BERG),
        bill("i2", "9.99 EUR", "48977", due="2026-05-28", customer=BERG),
    ]
    return match(transactions, invoices)


def test_equal_invoices_of_a_payer_are_told_with_their_days():
    assert_says(
        advice(hosting("t1")),
        Reason.AMBIGUOUS,
        "Two invoices of 9.99 EUR are open for Anna Berg",
        "48213 due 2026-05-01",
        "48977 due 2026-05-28",
        "the text has no number in it",
        "Ask the payer",
    )


def test_equal_payments_of_equal_invoices_are_told_together():
    assert_says(
        advice(hosting("t1", "t2")),
        Reason.AMBIGUOUS,
        "48213 due 2026-05-01",
        "48977 due 2026-05-28",
        "t2 of 2026-06-03 fits as well",
    )


def test_equal_invoices_of_two_customers_ask_who_the_payer_is():
    transactions = [payment("t1", "59.50 EUR", payer="L. Moreau", iban="FR76300060")]
    invoices = [
        bill("i1", "59.50 EUR", "A-1001", due="2026-05-01", customer=BERG),
        bill("i2", "59.50 EUR", "B-2002", due="2026-05-28", customer=NORD),
    ]
    found = advice(match(transactions, invoices))
    assert_says(
        found,
        Reason.AMBIGUOUS,
        "A-1001 of Anna Berg due 2026-05-01",
        "B-2002 of Nordwind Hosting AB due 2026-05-28",
        "there is no text",
        "for whom L. Moreau (FR76300060) pays",
        "the IBAN",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no text"),
        ("Hosting", "the text has no number in it"),
        ("Hosting 4711", "the numbers in the text are none of theirs"),
        ("INV-2026-0090", "the text names another invoice"),
        ("INV-2026-0091", "the text names what is not in the ledger"),
        ("INV-2026-0042 INV-2026-0043", "the text names each of them"),
    ],
)
def test_what_the_text_says_of_equals_is_told(text, said):
    owed = [
        *(bill(f"i{n}", "9.99 EUR", f"INV-2026-004{n}", customer=BERG) for n in "23"),
        *(
            bill(f"n{n}", f"0.{n} EUR", f"INV-2026-00{n}", customer=NORD)
            for n in range(60, 91)
        ),
    ]
    result = match([payment("t1", "9.99 EUR", text, iban=IBAN)], owed)
    assert said in which_of_several(Circumstances(result.run, 0))


def test_the_one_that_the_text_names_is_told():
    owed = [
        bill("i1", "9.99 EUR", "INV-2026-0042", customer=BERG),
        bill("i2", "100.00 EUR", "INV-2026-0043", customer=BERG),
    ]
    transaction = payment("t1", "9.99 EUR", "INV-2026-0043", iban=IBAN)
    doubtful = Ruleset(references=(ReferenceRule(name="number", reliability=0.9),))
    assert_says(
        advice(match([transaction], owed, doubtful)),
        Reason.AMBIGUOUS,
        "INV-2026-0042 (9.99 EUR) or a part of INV-2026-0043 (100.00 EUR)",
        "the text names INV-2026-0043.",
    )


def test_customers_who_share_an_account_are_a_question_to_the_payer():
    """The account is known; adding it to either would settle nothing."""
    sohn = Customer(id="sohn", name="Berg & Sohn", ibans=(IBAN,))
    owed = [
        bill("i1", "59.50 EUR", "A-1001", customer=BERG),
        bill("i2", "59.50 EUR", "B-2002", customer=sohn),
    ]
    found = advice(match([payment("t1", "59.50 EUR", payer="X", iban=IBAN)], owed))
    assert_says(found, Reason.AMBIGUOUS, "Ask the payer which it is for.")


def test_invoices_with_one_number_are_told_apart_by_their_ids():
    transactions = [payment("t1", "50.00 EUR", "INV-2026-0042", payer="Anna Berg")]
    invoices = [
        bill(name, "50.00 EUR", "INV-2026-0042", customer=BERG) for name in ("i1", "i2")
    ]
    assert_says(
        advice(match(transactions, invoices)),
        Reason.AMBIGUOUS,
        "INV-2026-0042 (id i1)",
        "INV-2026-0042 (id i2)",
        "the text names each of them",
    )


def test_two_sets_of_one_sum_are_told_as_sums():
    transactions = [payment("t1", "100.00 EUR", "Sammelzahlung", payer="Anna Berg")]
    amounts = {"A-1001": 45, "A-1002": 30, "A-1003": 70, "A-1004": 40, "A-1005": 60}
    invoices = [
        bill(number, f"{amount}.00 EUR", number, customer=BERG)
        for number, amount in amounts.items()
    ]
    assert_says(
        advice(match(transactions, invoices)),
        Reason.AMBIGUOUS,
        "A-1002 + A-1003",
        "A-1004 + A-1005",
    )


def test_what_sets_have_in_common_is_told_once():
    amounts = {"A-1001": 45, "A-1002": 50, "A-1003": 30, "A-1004": 30}
    invoices = [
        bill(number, f"{amount}.00 EUR", number, customer=BERG)
        for number, amount in amounts.items()
    ]
    found = advice(match([payment("t1", "80.00 EUR", "Alles", iban=IBAN)], invoices))
    assert_says(
        found, Reason.AMBIGUOUS, "Together with A-1002 it may pay A-1003 or A-1004;"
    )


def twice(*days: str) -> MatchResult:
    """Payments that all name one invoice, in full."""
    transactions = [
        payment(f"t{n}", "119.00 EUR", "INV-2026-0042", booked=day, iban=IBAN)
        for n, day in enumerate(days, 1)
    ]
    invoices = [
        bill("i1", "119.00 EUR", "INV-2026-0042", due="2026-03-01", customer=BERG)
    ]
    return match(transactions, invoices)


def test_two_payments_of_one_day_are_both_named():
    for mine in ("t1", "t2"):
        assert_says(
            advice(twice("2026-03-04", "2026-03-04"), mine),
            Reason.DUPLICATE_PAYMENT,
            "t1 of 2026-03-04",
            "t2 of 2026-03-04",
            "INV-2026-0042 (119.00 EUR, due 2026-03-01)",
        )


def test_the_payment_that_came_first_is_named():
    result = twice("2026-03-04", "2026-04-10")
    assert what_would_settle(result, "t1") is None
    assert_says(
        advice(result, "t2"),
        Reason.DUPLICATE_PAYMENT,
        "t1 of 2026-03-04 has paid INV-2026-0042 (119.00 EUR, due 2026-03-01) already",
        "pay it back",
    )


@pytest.mark.parametrize(
    ("prices", "facts"),
    [
        (0, ("t1 of 2026-03-01 has paid A-1001 (9.99 EUR) already",)),
        (24, ("t2 of 2026-03-02 and t1 of 2026-03-01 may each pay A-1001",)),
    ],
)
def test_only_what_is_much_likelier_is_said_to_have_paid(prices, facts):
    """The rarer the amount, the surer the first of two payments is."""
    owed = [
        bill("i1", "9.99 EUR", "A-1001", customer=BERG),
        *(bill(f"n{n}", f"{n}.00 EUR", f"N-{n}") for n in range(1000, 1400)),
        *(bill(f"p{n}", "9.99 EUR", f"P-{n}", status="paid") for n in range(prices)),
    ]
    who = "Anna B" if prices else "Berg"
    paid = [
        payment(f"t{n}", "9.99 EUR", payer=who, booked=f"2026-03-0{n}") for n in (1, 2)
    ]
    assert_says(advice(match(paid, owed), "t2"), Reason.DUPLICATE_PAYMENT, *facts)


def test_money_for_something_else_is_no_second_payment():
    """Another payment has paid the invoice, but this one would not have anyway."""
    owed = [
        bill("i1", "119.00 EUR", "INV-2026-0042", customer=BERG),
        *(bill(f"n{n}", f"{n}.00 EUR", f"N-{n}") for n in range(1000, 1040)),
    ]
    paid = [
        payment("t1", "119.00 EUR", "INV-2026-0042", booked="2026-03-04", iban=IBAN),
        payment("t2", "12.34 EUR", "donation", booked="2026-03-09", iban=IBAN),
    ]
    found = advice(match(paid, owed), "t2")
    assert "already" not in found.sentence
    assert "pay it back" not in found.sentence
    assert "The payer is customer berg (Anna Berg): ask what it is for." in (
        found.sentence
    )


# --- the amount is another ------------------------------------------------------------


def differs(
    paid: str,
    *others: str,
    fee: str | None = None,
    limits: GroupLimits = ANY_LIMITS,
) -> Advice:
    """A payment that names an invoice of 119.00, and what else is open."""
    transactions = [
        payment(
            "t1",
            f"{paid} EUR",
            "INV-2026-0042",
            payer="Anna Berg",
            fee=Decimal(fee) if fee else None,
        )
    ]
    invoices = [
        bill("i42", "119.00 EUR", "INV-2026-0042", customer=BERG),
        *(
            bill(f"i{n}", f"{owed} EUR", f"X-{n}", customer=BERG)
            for n, owed in enumerate(others, 90)
        ),
    ]
    # So that nothing is sure enough, whatever it is.
    strict = Ruleset(thresholds=Thresholds(match=0.999999999), groups=limits)
    return advice(match(transactions, invoices, strict))


@pytest.mark.parametrize(
    ("paid", "much", "asked"),
    [
        ("124.00", "5.00 EUR more than the 119.00 EUR outstanding", "what the 5.00"),
        ("70.00", "49.00 EUR less than the 119.00 EUR outstanding", "49.00 EUR will"),
        ("116.50", "2.50 EUR less than the 119.00 EUR outstanding", "kept back"),
        ("238.00", "119.00 EUR more than the 119.00 EUR outstanding", "other 119.00"),
    ],
)
def test_the_difference_is_told_and_asked_for(paid, much, asked):
    found = differs(paid)
    assert_says(found, found.reason, f"{much} on INV-2026-0042", asked)


@pytest.mark.parametrize(
    ("paid", "other", "fact"),
    [
        ("150.00", "31.00", "X-90 (31.00 EUR) comes to just that"),
        ("100.00", "-19.00", "credit note X-90 (-19.00 EUR) comes to just that"),
        ("238.00", "119.00", "X-90 (119.00 EUR) comes to just that"),
    ],
)
def test_another_open_item_that_explains_the_difference_is_named(paid, other, fact):
    """Where a customer has too many items for the engine to search them for sets."""
    found = differs(paid, other, "12.00", limits=GroupLimits(open_items=2))
    assert fact in found.sentence
    assert "X-91" not in found.sentence


def test_another_open_item_that_would_be_paid_in_full_is_named():
    assert "it would pay X-90 (70.00 EUR) in full" in differs("70.00", "70.00").sentence


def test_a_fee_that_explains_the_difference_is_named():
    found = differs("119.00", fee="3.50")
    assert_says(found, Reason.AMOUNT_DIFFERS, "122.50 EUR is 3.50 EUR more", "the fee")


# --- the payer ------------------------------------------------------------------------


def amount_only(**who: str) -> Advice:
    invoices = [bill("i1", "731.19 EUR", "INV-2026-0042", customer=BERG)]
    return advice(match([payment("t1", "731.19 EUR", **who)], invoices))


@pytest.mark.parametrize(
    ("who", "facts"),
    [
        ({"payer": "L. Moreau", "iban": "FR7630006000"}, ("FR7630006000", "the IBAN")),
        ({"payer": "L. Moreau"}, ("L. Moreau", "the name")),
        ({"iban": "FR7630006000"}, ("FR7630006000", "the IBAN")),
    ],
)
def test_what_to_add_to_which_customer_is_told(who, facts):
    found = amount_only(**who)
    assert_says(found, Reason.AMOUNT_ONLY, "INV-2026-0042", "customer berg", *facts)


def test_money_from_nobody_is_a_question_to_the_bank():
    assert_says(amount_only(), Reason.AMOUNT_ONLY, "Ask the bank")


def test_an_invoice_of_nobody_wants_a_customer():
    invoices = [bill("i1", "731.19 EUR", "INV-2026-0042")]
    result = match([payment("t1", "731.19 EUR", payer="L. Moreau")], invoices)
    assert_says(advice(result), Reason.AMOUNT_ONLY, "L. Moreau", "its customer")


def test_a_payer_who_owes_nothing_is_told():
    owed = [bill("i1", "80.00 USD", "INV-2026-0042", customer=BERG)]
    for who in ({"iban": IBAN}, {"payer": "BERG, ANNA"}):
        result = match([payment("t1", "12.34 EUR", **who)], owed)
        found = advice(result)
        assert_says(found, Reason.NO_CANDIDATE, "is customer berg (Anna Berg)")


def test_a_payer_whom_nobody_knows_may_be_a_customer():
    result = match([payment("t1", "12.34 EUR", payer="L. Moreau")], [])
    assert_says(advice(result), Reason.NO_CANDIDATE, "If L. Moreau is a customer")
    result = match([payment("t1", "12.34 EUR")], [])
    assert_says(advice(result), Reason.NO_CANDIDATE, "Ask the bank who paid")


# --- the invoice cannot be paid -------------------------------------------------------


@pytest.mark.parametrize("status", ["paid", "cancelled", "refunded", "draft"])
def test_an_invoice_that_is_not_open_is_told_with_its_total_and_day(status):
    paid = bill(
        "i1",
        "0.00 EUR",
        "INV-2026-0042",
        due="2026-03-01",
        customer=BERG,
        status=status,
        total=Decimal("119.00"),
    )
    transaction = payment("t1", "119.00 EUR", "INV-2026-0042", payer="Anna Berg")
    assert_says(
        advice(match([transaction], [paid])),
        Reason.REFERENCE_OF_PAID_INVOICE,
        f"names INV-2026-0042 (119.00 EUR, due 2026-03-01), which is {status}",
        "pay it back",
    )
    other = bill("i2", "7.00 EUR", "INV-2026-0050", due="2026-05-01", customer=BERG)
    assert_says(
        advice(match([transaction], [paid, other])),
        Reason.REFERENCE_OF_PAID_INVOICE,
        "open for Anna Berg: INV-2026-0050 (7.00 EUR, due 2026-05-01)",
    )


def test_an_open_invoice_with_nothing_outstanding_is_told():
    paid = bill("i1", "0.00 EUR", "INV-2026-0042", customer=BERG)
    transaction = payment("t1", "119.00 EUR", "INV-2026-0042", payer="Anna Berg")
    found = advice(match([transaction], [paid]))
    assert "INV-2026-0042, on which nothing is outstanding" in found.sentence


def test_an_invoice_in_another_currency_is_told_with_both_amounts():
    owed = [bill("i1", "1290.00 USD", "INV-2026-0042", due="2026-03-01")]
    result = match([payment("t1", "1187.40 EUR", "INV-2026-0042")], owed)
    assert_says(
        advice(result),
        Reason.CURRENCY_DIFFERS,
        "INV-2026-0042 (1,290.00 USD, due 2026-03-01)",
        "1,187.40 EUR",
    )


def test_of_invoices_in_another_currency_only_open_ones_are_told():
    owed = [
        bill("i1", "80.00 USD", "INV-2026-0041"),
        bill("i2", "90.00 USD", "INV-2026-0042", status="paid"),
    ]
    result = match([payment("t1", "75.00 EUR", "INV-2026-0041 INV-2026-0042")], owed)
    assert_says(advice(result), Reason.CURRENCY_DIFFERS, "INV-2026-0041 (80.00 USD)")
    assert "INV-2026-0042" not in advice(result).sentence


def test_a_number_in_another_currency_is_idle_where_something_fits():
    owed = [
        bill("i1", "80.00 USD", "INV-2026-0041"),
        bill("i2", "50.17 EUR", "INV-2026-0050", customer=BERG),
    ]
    strict = Ruleset(thresholds=Thresholds(match=0.9999999999))
    paid = payment("t1", "50.17 EUR", "INV-2026-0041", iban=IBAN)
    result = match([paid], owed, strict)
    assert Reason.CURRENCY_DIFFERS in result[0].reasons
    assert "INV-2026-0050 (99" in advice(result).sentence
    assert "converted" not in advice(result).sentence


def test_pending_and_outgoing_money_asks_nothing():
    owed = [bill("i1", "119.00 EUR", "INV-2026-0042")]
    for change, reason in (
        ({"status": "pending"}, Reason.PENDING),
        ({"amount": Decimal(-119)}, Reason.OUTGOING),
    ):
        transaction = evolve(payment("t1", "119.00 EUR", "INV-2026-0042"), **change)
        assert advice(match([transaction], owed)).reason is reason


# --- what the ruleset bars ------------------------------------------------------------


def test_a_stale_invoice_is_told_with_the_bar():
    owed = bill("i1", "119.00 EUR", "INV-2024-0042", due="2024-03-01", customer=BERG)
    transaction = payment(
        "t1", "119.00 EUR", "INV-2024-0042", booked="2026-03-04", payer="Anna Berg"
    )
    ruleset = Ruleset(dates=DateRule(stale_after_days=500))
    assert_says(
        advice(match([transaction], [owed], ruleset)),
        Reason.TOO_OLD,
        "INV-2024-0042 (119.00 EUR, due 2024-03-01)",
        "733 days",
        "500",
        "dates.stale_after_days",
    )


@pytest.mark.parametrize(
    ("key", "paid", "fact"),
    [
        ("part", "70.00", "49.00 EUR less"),
        ("short", "116.50", "2.50 EUR less"),
        ("over", "119.50", "0.50 EUR more"),
        ("several", "150.00", "INV-2026-0042 + INV-2026-0043"),
    ],
)
def test_a_policy_is_told_with_its_key(key, paid, fact):
    chosen = {key: Treatment.REVIEW}
    ruleset = Ruleset(policies=Policies(**chosen))  # type: ignore[arg-type]
    owed = [
        bill("i1", "119.00 EUR", "INV-2026-0042", customer=BERG),
        bill("i2", "31.00 EUR", "INV-2026-0043", customer=BERG),
    ]
    text = "INV-2026-0042" + (" INV-2026-0043" if key == "several" else "")
    transaction = payment("t1", f"{paid} EUR", text, iban=IBAN)
    found = advice(match([transaction], owed, ruleset))
    assert_says(found, Reason.REVIEW_BY_POLICY, fact, f"policies.{key}")


def test_a_policy_is_not_all_that_is_in_the_way_of_what_is_weak():
    owed = [bill("i1", "119.00 EUR", "INV-2026-0042", customer=BERG)]
    strict = Ruleset(
        policies=Policies(part=Treatment.REVIEW),
        thresholds=Thresholds(match=0.9999999999),
    )
    found = advice(match([payment("t1", "70.00 EUR", "INV-2026-0042")], owed, strict))
    assert_says(found, Reason.REVIEW_BY_POLICY, "policies.part", "Ask the payer")
    assert "enough" not in found.sentence


# --- too weak -------------------------------------------------------------------------


def test_weak_evidence_is_told_with_what_speaks_against_it():
    owed = [bill("i1", "119.00 EUR", "INV-2026-0042", customer=BERG)]
    strict = Ruleset(thresholds=Thresholds(match=0.999999999))
    transaction = payment("t1", "119.00 EUR", "Miete 4711", payer="Anna Berg")
    assert_says(
        advice(match([transaction], owed, strict)),
        Reason.LOW_CONFIDENCE,
        "INV-2026-0042",
        "the text has numbers, but not INV-2026-0042",
        "the number of the invoice",
    )
    transaction = payment("t1", "119.00 EUR", "INV-2026-0042", payer="L. Moreau")
    assert_says(
        advice(match([transaction], owed, strict)),
        Reason.LOW_CONFIDENCE,
        "If L. Moreau pays for Anna Berg, add the name to customer berg",
    )


# --- what the text says ---------------------------------------------------------------


def test_another_invoice_that_the_text_names_is_told():
    owed = [
        bill("i1", "119.00 EUR", "INV-2026-0042", due="2026-03-01", customer=BERG),
        bill("i2", "48.00 EUR", "INV-2026-0058", due="2026-03-09", customer=NORD),
    ]
    transaction = payment("t1", "119.00 EUR", "INV-2026-0058", iban=IBAN)
    found = advice(match([transaction], owed))
    assert found.reason is Reason.OTHER_INVOICE_NAMED
    assert "names INV-2026-0058 (48.00 EUR, due 2026-03-09)" in found.sentence
    assert "INV-2026-0042" in found.sentence


def test_a_reference_that_the_ledger_does_not_have_is_told():
    owed = [
        bill(f"i{n}", f"{n}.17 EUR", f"INV-2026-00{n}", customer=BERG)
        for n in range(42, 60)
    ]
    transaction = payment("t1", "42.17 EUR", "INV-2026-0091", iban=IBAN)
    found = advice(match([transaction], owed))
    assert found.reason is Reason.OTHER_INVOICE_NAMED
    assert "none of the ledger" in found.sentence
    assert "INV-2026-0042" in found.sentence


@pytest.mark.parametrize(
    ("number", "owner", "fact"),
    [
        ("CN-2026-0007", BERG, "CN-2026-0007 (-68.51 EUR, due 2026-03-02)"),
        ("CN-2026-0119", NORD, "none of the ledger"),
    ],
)
def test_what_the_text_names_beside_the_proposal_is_told(number, owner, fact):
    owed = [
        bill("i1", "250.00 EUR", "INV-2026-0101", due="2026-03-01", customer=BERG),
        bill("c7", "-68.51 EUR", "CN-2026-0007", due="2026-03-02", customer=owner),
    ]
    transaction = payment("t1", "174.00 EUR", f"INV-2026-0101 {number}", iban=IBAN)
    found = advice(match([transaction], owed))
    assert found.reason is Reason.OTHER_INVOICE_NAMED
    assert fact in found.sentence


def test_words_that_say_the_contrary_are_quoted():
    owed = [bill("i1", "119.00 EUR", "INV-2026-0042", customer=BERG)]
    transaction = payment("t1", "119.00 EUR", "Storno INV-2026-0042", iban=IBAN)
    assert_says(
        advice(match([transaction], owed)),
        Reason.CONTRARY_WORDS,
        '"Storno INV-2026-0042"',
        "Ask the payer",
    )


def test_money_before_the_invoice_is_told_with_both_days():
    owed = bill(
        "i1",
        "119.00 EUR",
        "INV-2026-0042",
        customer=BERG,
        issue_date=date(2026, 3, 20),
    )
    transaction = payment(
        "t1", "119.00 EUR", "INV-2026-0042", booked="2026-03-04", iban=IBAN
    )
    assert_says(
        advice(match([transaction], [owed])),
        Reason.BEFORE_ISSUE,
        "2026-03-04",
        "INV-2026-0042 was issued on 2026-03-20",
    )


# --- laws -----------------------------------------------------------------------------


def test_every_reason_is_advised():
    assert set(ADVISERS) == set(Reason)


@settings(max_examples=200)
@given(strategies.worlds(), strategies.rulesets())
def test_whatever_is_not_a_match_is_advised(world, ruleset):
    result = match(world.transactions, world.invoices, ruleset)
    for line in result:
        found = what_would_settle(result, line.transaction)
        assert (found is None) == (line.outcome is Outcome.MATCH)
        if found is not None:
            assert found.reason in line.reasons
            assert found.sentence.endswith((".", "?"))
            assert found.sentence == " ".join(found.sentence.split())
            assert "None" not in found.sentence


@settings(max_examples=50)
@given(strategies.worlds())
def test_an_ambiguity_names_all_that_it_lies_between(world):
    result = match(world.transactions, world.invoices)
    invoices = {invoice.id: invoice for invoice in world.invoices}
    for line in result:
        found = what_would_settle(result, line.transaction)
        if found is None or found.reason is not Reason.AMBIGUOUS:
            continue
        for allocation in line.allocations:
            invoice = invoices[allocation.invoice]
            assert (invoice.number or invoice.id) in found.sentence


@settings(max_examples=50)
@given(strategies.worlds())
def test_the_order_of_the_records_changes_no_advice(world):
    def said(result: MatchResult) -> dict[str, Advice | None]:
        return {
            line.transaction: what_would_settle(result, line.transaction)
            for line in result
        }

    one = match(world.transactions, world.invoices)
    other = match(world.transactions[::-1], world.invoices[::-1])
    assert said(one) == said(other)
