"""What a check finds: a scenario for each finding, and what holds of all of them."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Outcome,
    ReferenceRule,
    Ruleset,
    Transaction,
    TransactionStatus,
    inspect,
    match,
)
from payymo_core.inspection import Case, Finding, FindingCode, Severity, books
from payymo_core.inspection.advice import WORDS
from payymo_core.inspection.letters import compacted, folded
from payymo_core.normalisation import compact, fold
from payymo_core.rules import Exactness
from tests import strategies
from tests.builders import bill, payment

WEBER = Customer(id="c1", company="Weber Metallbau GmbH")
LIND = Customer(id="c2", company="Lind Bygg AB")
IBAN, OTHER_IBAN = "DE89370400440532013000", "NL91ABNA0417164300"


def findings(
    transactions: Iterable[Transaction],
    invoices: Iterable[Invoice],
    ruleset: Ruleset | None = None,
) -> tuple[Finding, ...]:
    return inspect(match(transactions, invoices, ruleset))


def cases(
    code: FindingCode,
    transactions: Iterable[Transaction],
    invoices: Iterable[Invoice],
    ruleset: Ruleset | None = None,
) -> tuple[Case, ...]:
    """What was found of one code; the worst first."""
    found = findings(transactions, invoices, ruleset)
    return tuple(case for one in found if one.code is code for case in one.cases)


def only(
    code: FindingCode,
    transactions: Iterable[Transaction],
    invoices: Iterable[Invoice],
    ruleset: Ruleset | None = None,
) -> Case:
    """The one case of a code."""
    (case,) = cases(code, transactions, invoices, ruleset)
    return case


# --- nothing to find ------------------------------------------------------------------


def clean() -> tuple[list[Transaction], list[Invoice]]:
    """A month of two customers who pay what they owe, as a bookkeeper likes it."""
    invoices = [
        bill(
            f"i{n}",
            f"{100 + n}.00 EUR",
            f"INV-2026-{n:04d}",
            due=f"2026-05-{10 + n:02d}",
            issue_date=date(2026, 4, 10 + n),
            total=Decimal(100 + n),
            customer=WEBER if n % 2 else LIND,
        )
        for n in range(12)
    ]
    transactions = [
        payment(
            f"t{n}",
            f"{100 + n}.00 EUR",
            f"Invoice INV-2026-{n:04d}, thank you",
            booked=f"2026-05-{9 + n:02d}",
            payer="Weber Metallbau" if n % 2 else "LIND BYGG AB",
            iban=IBAN if n % 2 else OTHER_IBAN,
        )
        for n in range(10)
    ]
    return transactions, invoices


def test_a_clean_ledger_yields_nothing():
    assert findings(*clean()) == ()


def test_nothing_yields_nothing():
    assert findings([], []) == ()


def test_a_ledger_without_a_statement_is_still_looked_at():
    assert findings([], clean()[1]) == ()
    twice = [bill("i1", "9.00 EUR", "A-2001"), bill("i2", "9.00 EUR", "A-2001")]
    assert [one.code for one in findings([], twice)] == [FindingCode.DUPLICATE_NUMBER]


def test_findings_come_with_the_worst_first_and_say_what_to_do():
    transactions, invoices = clean()
    invoices += [
        evolve(invoices[0], id="again"),
        bill("paid-up", "0.00 EUR", "INV-2026-0099"),
        bill("swapped", "90.00 EUR", "INV-2026-0098", total=Decimal(9)),
    ]
    found = findings(transactions, invoices)
    assert [one.severity for one in found] == ["error", "warning", "note"]
    assert all(one.says and one.advice for one in found)
    assert found[0].invoices == ("again", "i0")
    assert found[0].customers == ("c2",)
    assert found[0].transactions == ()


# --- numbers --------------------------------------------------------------------------

DUPLICATE = FindingCode.DUPLICATE_NUMBER


def test_one_number_on_two_open_invoices_of_a_customer():
    one = bill("i1", "100.00 EUR", "INV-2026-7", customer=WEBER)
    other = bill("i2", "80.00 EUR", "inv 2026/7", customer=WEBER)
    case = only(DUPLICATE, [], [one, other])
    assert case.severity is Severity.ERROR
    assert case.invoices == ("i1", "i2")
    assert case.customers == ("c1",)
    assert case.says == (
        'number "INV-2026-7" on 2 invoices of "Weber Metallbau GmbH": '
        "nothing but the amount tells them apart"
    )


@pytest.mark.parametrize("owner", [None, WEBER])
def test_who_is_not_known_may_be_the_same(owner):
    one = bill("i1", "100.00 EUR", "INV-2026-7", customer=owner)
    other = bill("i2", "80.00 EUR", "INV-2026-7")
    assert only(DUPLICATE, [], [one, other]).severity is Severity.ERROR


def test_one_number_for_two_customers_is_told_apart_by_the_payer():
    one = bill("i1", "100.00 EUR", "INV-2026-7", customer=WEBER)
    other = bill("i2", "80.00 EUR", "INV-2026-7", customer=LIND)
    case = only(DUPLICATE, [], [one, other])
    assert case.severity is Severity.WARNING
    assert case.customers == ("c1", "c2")


def test_one_number_in_two_currencies_is_worth_a_note():
    one = bill("i1", "100.00 EUR", "INV-2026-7", customer=WEBER)
    other = bill("i2", "80.00 USD", "INV-2026-7", customer=WEBER)
    assert only(DUPLICATE, [], [one, other]).severity is Severity.NOTE


def test_an_invoice_and_its_credit_note_may_share_a_number():
    one = bill("i1", "100.00 EUR", "INV-2026-7", customer=WEBER)
    other = bill("i2", "-80.00 EUR", "INV-2026-7", customer=WEBER)
    assert only(DUPLICATE, [], [one, other]).severity is Severity.NOTE


def test_a_third_one_in_another_currency_does_not_tell_the_first_two_apart():
    owed = ["100.00 EUR", "80.00 EUR", "80.00 USD"]
    held = [bill(m, m, "INV-2026-7", customer=WEBER) for m in owed]
    case = only(DUPLICATE, [], held)
    assert case.severity is Severity.ERROR
    assert len(case.invoices) == 3


def test_a_number_of_a_paid_invoice_that_comes_again_is_worth_a_note():
    one = bill("i1", "100.00 EUR", "7001", customer=WEBER)
    other = evolve(one, id="i2", status=InvoiceStatus.PAID)
    case = only(DUPLICATE, [], [one, other])
    assert case.severity is Severity.NOTE
    assert case.invoices == ("i1", "i2")


def test_numbers_of_invoices_that_are_all_paid_do_no_harm():
    one = bill("i1", "100.00 EUR", "7001", status=InvoiceStatus.PAID)
    assert not cases(DUPLICATE, [], [one, evolve(one, id="i2")])


def test_leading_zeros_do_not_make_another_number():
    held = [bill("i1", "9.00 EUR", "0070012"), bill("i2", "8.00 EUR", "70012")]
    assert only(DUPLICATE, [], held).invoices == ("i1", "i2")


def test_signs_are_no_number():
    assert not cases(DUPLICATE, [], [bill("a", "9 EUR", "-"), bill("b", "9 EUR", "-")])


SHARED = FindingCode.SHARED_REFERENCE


@pytest.mark.parametrize(
    ("owner", "severity"), [(WEBER, Severity.WARNING), (LIND, Severity.ERROR)]
)
def test_one_creditor_reference_on_two_invoices(owner, severity):
    printed = {"creditor_reference": "RF18 5390 0754 7034"}
    one = bill("i1", "100.00 EUR", "INV-2026-7", customer=WEBER, **printed)
    other = bill("i2", "80.00 EUR", "INV-2026-8", customer=owner, **printed)
    case = only(SHARED, [], [one, other])
    assert case.severity is severity
    assert case.invoices == ("i1", "i2")
    assert case.says.startswith('creditor reference "RF18 5390 0754 7034" on 2 invoic')


@pytest.mark.parametrize(
    ("owner", "severity"), [(WEBER, Severity.NOTE), (LIND, Severity.WARNING)]
)
def test_one_purchase_order_on_two_invoices(owner, severity):
    order: dict[str, Any] = {"references": {"purchase_order": "PO-123456"}}
    one = bill("i1", "100.00 EUR", "INV-2026-7", customer=WEBER, **order)
    other = bill("i2", "80.00 EUR", "INV-2026-8", customer=owner, **order)
    case = only(SHARED, [], [one, other])
    assert case.severity is severity
    assert case.says.startswith('purchase order "PO-123456"')


def test_one_text_in_two_fields_is_two_references():
    one = bill("i1", "9.00 EUR", "A-7001", references={"order": "123456"})
    other = bill("i2", "9.00 EUR", "A-7002", references={"contract": "123456"})
    assert not cases(SHARED, [], [one, other])


def test_references_of_paid_invoices_may_be_used_again():
    one = bill("i1", "9.00 EUR", "A-7001", creditor_reference="RF18539007547034")
    assert not cases(SHARED, [], [one, evolve(one, id="i2", status=InvoiceStatus.PAID)])


def test_a_reference_in_two_currencies_is_told_apart():
    one = bill("i1", "9.00 EUR", "A-7001", creditor_reference="RF18539007547034")
    assert not cases(SHARED, [], [one, evolve(one, id="i2", currency="USD")])


WEAK = FindingCode.WEAK_NUMBER


def test_a_number_of_two_digits_stands_in_any_text():
    case = only(WEAK, [], [bill("i1", "9.00 EUR", "14"), bill("i2", "9 EUR", "70114")])
    assert case.invoices == ("i1",)
    assert case.says == 'number "14"'


def test_a_creditor_reference_makes_up_for_a_short_number():
    owed = bill("i1", "9.00 EUR", "14", creditor_reference="RF18539007547034")
    assert not cases(WEAK, [], [owed])


def test_an_invoice_without_a_number_has_no_weak_one():
    assert not cases(WEAK, [], [bill("i1", "9.00 EUR")])


def test_a_ruleset_that_looks_for_no_number_makes_none_weak():
    rules = Ruleset(references=(ReferenceRule(name="id", invoice_fields=("id",)),))
    assert not cases(WEAK, [], [bill("i1", "9.00 EUR", "14")], rules)


BEGINS = FindingCode.NUMBER_BEGINS_ANOTHER


def test_a_number_with_a_suffix_is_another_number():
    held = [bill("i1", "9.00 EUR", "2026-4711"), bill("i2", "8.00 EUR", "2026-4711-2")]
    case = only(BEGINS, [], held)
    assert case.severity is Severity.WARNING
    assert case.invoices == ("i1", "i2")
    assert case.says == 'number "2026-4711" is the beginning of "2026-4711-2"'


def test_a_number_that_goes_on_is_another_number():
    held = [bill("i1", "9.00 EUR", "R-10001"), bill("i2", "8.00 EUR", "R-100015")]
    case = only(BEGINS, [], held)
    assert case.severity is Severity.NOTE
    assert case.invoices == ("i1", "i2")


def test_a_longer_number_that_is_paid_does_no_harm():
    longer = bill("i2", "8.00 EUR", "2026-4711-2", status=InvoiceStatus.PAID)
    assert not cases(BEGINS, [], [bill("i1", "9.00 EUR", "2026-4711"), longer])


@given(st.lists(st.text("A12-", min_size=1, max_size=4), max_size=8))
def test_every_number_that_begins_another_is_found(numbers):
    held = [bill(f"i{n}", "9.00 EUR", number) for n, number in enumerate(numbers)]
    bare = {invoice.id: compact(invoice.number or "") for invoice in held}
    wanted = {
        short
        for short in filter(None, bare.values())
        if any(long.startswith(short) and long != short for long in bare.values())
    }
    found = cases(BEGINS, [], held)
    assert {min((bare[i] for i in c.invoices), key=len) for c in found} == wanted
    for case in found:
        assert len({bare[i] for i in case.invoices}) == 2


# --- amounts, dates, currencies -------------------------------------------------------


def test_an_open_invoice_with_nothing_outstanding():
    case = only(FindingCode.NOTHING_OUTSTANDING, [], [bill("i1", "0 EUR", "A-7001")])
    assert case.says == '"A-7001": 0.00 EUR outstanding'


@pytest.mark.parametrize(
    ("owed", "total", "wrong"),
    [
        ("90.00", "90.00", False),
        ("90.00", "90.01", False),
        ("90.01", "90.00", True),
        ("-90.00", "90.00", True),
        ("-90.00", "-90.00", False),
        ("-90.01", "-90.00", True),
        ("1000000000000.01", "1000000000000.00", True),
    ],
)
def test_more_outstanding_than_was_billed(owed, total, wrong):
    held = [bill("i1", f"{owed} EUR", "A-7001", total=Decimal(total))]
    assert bool(cases(FindingCode.OUTSTANDING_ABOVE_TOTAL, [], held)) is wrong


def test_what_is_paid_may_say_of_its_total_what_it_likes():
    held = [
        bill("i1", "0 EUR", "A-7001", status="paid"),
        bill("i2", "9 EUR", "A-7002", total=Decimal(1), status="cancelled"),
    ]
    assert findings([], held) == ()


def test_due_before_it_is_issued():
    held = [
        bill("i1", "9 EUR", "A-7001", due="2026-02-01", issue_date=date(2026, 3, 1)),
        bill("i2", "9 EUR", "A-7002", due="2026-03-01", issue_date=date(2026, 3, 1)),
        bill("i3", "9 EUR", "A-7003", due="2026-03-01"),
    ]
    case = only(FindingCode.DUE_BEFORE_ISSUE, [], held)
    assert case.says == '"A-7001": issued 2026-03-01, due 2026-02-01'
    assert case.invoices == ("i1",)


AHEAD = FindingCode.FAR_AHEAD


def test_a_mistyped_year():
    transactions, invoices = clean()
    transactions[3] = evolve(transactions[3], booking_date=date(2062, 5, 12))
    invoices[4] = evolve(invoices[4], issue_date=date(2027, 6, 1), due_date=None)
    invoices[5] = evolve(invoices[5], due_date=date(2062, 5, 15))
    found = cases(AHEAD, transactions, invoices)
    assert [case.says for case in found] == [
        '"INV-2026-0004": issued 2027-06-01',
        '"INV-2026-0005": due 2062-05-15',
        "a transaction of 103.00 EUR: booked 2062-05-12",
    ]
    assert [case.transactions for case in found] == [(), (), ("t3",)]


def test_a_few_days_after_the_others_is_not_far_ahead():
    transactions, invoices = clean()
    invoices[4] = evolve(invoices[4], issue_date=date(2027, 5, 1), due_date=None)
    assert not cases(AHEAD, transactions, invoices)


def test_a_ledger_of_many_years_is_not_far_ahead_of_itself():
    held = [
        bill(f"i{n}", "9 EUR", f"A-70{n}", issue_date=date(2000 + n, 6, 1))
        for n in range(10, 40)
    ]
    assert not cases(AHEAD, [], held)


@pytest.mark.parametrize("count", [3, 12])
def test_of_two_periods_neither_is_a_mistake(count):
    transactions, invoices = clean()
    later = [
        evolve(i, id=f"x{i.id}", issue_date=date(2029, 5, 1), due_date=None)
        for i in invoices[:count]
    ]
    assert not cases(AHEAD, transactions, invoices + later)


def test_money_in_a_currency_without_invoices():
    transactions, invoices = clean()
    abroad = [
        payment("in", "9.00 USD", "x", booked="2026-05-10"),
        payment("out", "-9.00 CHF", "x", booked="2026-05-10"),
        payment("wait", "9.00 GBP", "x", status=TransactionStatus.PENDING),
    ]
    code = FindingCode.CURRENCY_WITHOUT_INVOICES
    case = only(code, transactions + abroad, invoices)
    assert case.says == "USD: 1 transaction"
    assert case.transactions == ("in",)


def test_invoices_in_a_currency_without_money():
    transactions, invoices = clean()
    abroad = [
        bill("i20", "9.00 USD", "INV-2026-0020"),
        bill("i21", "8.00 USD", "INV-2026-0021"),
        bill("i22", "8.00 CHF", "INV-2026-0022", status=InvoiceStatus.PAID),
    ]
    code = FindingCode.CURRENCY_WITHOUT_TRANSACTIONS
    case = only(code, transactions, invoices + abroad)
    assert case.says == "USD: 2 invoices"
    assert case.invoices == ("i20", "i21")


# --- customers ------------------------------------------------------------------------

ACCOUNT = FindingCode.SHARED_ACCOUNT


def of_two_customers(**further: Any) -> list[Invoice]:
    """An invoice of each of two customers, both known by the same."""
    return [
        bill("i1", "100.00 EUR", "A-7001", customer=evolve(WEBER, **further)),
        bill("i2", "80.00 EUR", "A-7002", customer=evolve(LIND, **further)),
    ]


def test_an_iban_on_two_customers():
    case = only(ACCOUNT, [], of_two_customers(ibans=("DE89 3704 0044 0532 0130 00",)))
    assert case.severity is Severity.NOTE
    assert case.customers == ("c1", "c2")
    assert case.says == (
        f'account {IBAN}: "Weber Metallbau GmbH" (c1) and "Lind Bygg AB" (c2)'
    )


@pytest.mark.parametrize("field", ["ibans", "accounts"])
def test_money_from_an_account_of_two_customers(field):
    sent = payment("t1", "5.00 EUR", booked="2026-05-04")
    kind = "iban" if field == "ibans" else "account"
    sent = evolve(sent, counterparty=Counterparty(**{kind: IBAN}))
    transactions = [
        sent,
        evolve(sent, id="t2", amount=Decimal(-5)),
        evolve(sent, id="t3", status=TransactionStatus.PENDING),
        evolve(sent, id="t4", counterparty=Counterparty(iban=OTHER_IBAN)),
    ]
    case = only(ACCOUNT, transactions, of_two_customers(**{field: (IBAN.lower(),)}))
    assert case.severity is Severity.WARNING
    assert case.transactions == ("t1",)


def test_a_customer_may_have_its_account_on_many_invoices():
    known = evolve(WEBER, ibans=(IBAN,), accounts=(IBAN,))
    held = [bill(f"i{n}", "9 EUR", f"A-700{n}", customer=known) for n in range(3)]
    held[0] = evolve(held[0], customer=evolve(known, name="Anna Weber"))
    assert findings([], held) == ()


def test_an_account_of_blanks_is_none():
    assert not cases(ACCOUNT, [], of_two_customers(ibans=(" ",), accounts=("-",)))


SEVERAL = FindingCode.PAYS_FOR_SEVERAL_CUSTOMERS


def test_an_account_that_pays_for_two_customers():
    transactions = [
        payment("t1", "100.00 EUR", "A-7001001", iban=IBAN, payer="Pay Service"),
        payment("t2", "80.00 EUR", "A-7001002", iban=IBAN, payer="Pay Service"),
        payment("t3", "70.00 EUR", "A-7001003", iban=OTHER_IBAN, payer="Lind Bygg"),
    ]
    invoices = [
        bill("i1", "100.00 EUR", "A-7001001", customer=WEBER),
        bill("i2", "80.00 EUR", "A-7001002", customer=LIND),
        bill("i3", "70.00 EUR", "A-7001003", customer=LIND),
    ]
    assert {m.outcome for m in match(transactions, invoices)} == {Outcome.MATCH}
    case = only(SEVERAL, transactions, invoices)
    assert case.transactions == ("t1", "t2")
    assert case.invoices == ("i1", "i2")
    assert case.customers == ("c1", "c2")
    assert case.says.startswith(f"account {IBAN}, 2 transactions: ")


def test_an_account_that_the_ledger_shares_is_told_once():
    transactions = [
        payment("t1", "100.00 EUR", "A-7001", iban=IBAN),
        payment("t2", "80.00 EUR", "A-7002", iban=IBAN),
    ]
    invoices = of_two_customers(ibans=(IBAN,))
    assert {m.outcome for m in match(transactions, invoices)} == {Outcome.MATCH}
    assert [one.code for one in findings(transactions, invoices)] == [ACCOUNT]


NAME = FindingCode.SHARED_NAME


def test_two_customers_of_one_name():
    one = Customer(id="c1", name="Anna Berg", company="Berg & Söhne GmbH")
    other = Customer(id="c2", aliases=("Söhne Berg AG",))
    held = [
        bill("i1", "9 EUR", "A-7001", customer=one),
        bill("i2", "8 EUR", "A-7002", customer=other),
        bill("i3", "7 EUR", "A-7003", customer=WEBER),
    ]
    case = only(NAME, [], held)
    assert case.customers == ("c1", "c2")
    assert case.says == (
        'name "Berg & Söhne GmbH": "Berg & Söhne GmbH" (c1) and "c2" (c2)'
    )


def test_a_customer_who_owes_nothing_does_not_share_a_name():
    held = [
        bill("i1", "9 EUR", "A-7001", customer=WEBER),
        bill("i2", "8 EUR", "A-7002", customer=evolve(WEBER, id="c9"), status="paid"),
    ]
    assert not cases(NAME, [], held)


# --- transactions ---------------------------------------------------------------------

TWICE = FindingCode.PAID_TWICE
NAMED = "Invoice INV-2026-0007"


def paid(*days: str, text: str = NAMED, **further: Any) -> list[Transaction]:
    """The same payment on some days."""
    known: dict[str, Any] = {"payer": "Weber Metallbau", "iban": IBAN, **further}
    return [
        payment(f"t{n}", "100.00 EUR", text, booked=day, **known)
        for n, day in enumerate(days, 1)
    ]


OWED = bill("i7", "100.00 EUR", "INV-2026-0007", customer=WEBER, due="2026-05-04")


def test_an_invoice_that_is_paid_again_weeks_later():
    case = only(TWICE, paid("2026-05-04", "2026-05-28"), [OWED])
    assert case.severity is Severity.WARNING
    assert case.transactions == ("t1", "t2")
    assert case.invoices == ("i7",)
    assert case.says == (
        '"Invoice INV-2026-0007": 100.00 EUR on 2026-05-04 and 2026-05-28'
    )


def test_three_times_is_one_case():
    days = "2026-05-04", "2026-05-28", "2026-06-12"
    assert only(TWICE, paid(*days), [OWED]).transactions == ("t1", "t2", "t3")


def test_a_month_later_it_may_be_a_standing_order():
    assert not cases(TWICE, paid("2026-05-04", "2026-06-04"), [OWED])


def test_words_that_name_nothing_are_worth_a_note():
    case = only(TWICE, paid("2026-05-04", "2026-05-10", text="thanks"), [OWED])
    assert case.severity is Severity.NOTE
    assert case.invoices == ()


def test_other_words_that_name_nothing_are_another_payment():
    one, other = paid("2026-05-04", "2026-05-10", text="thanks")
    other = evolve(other, creditor_reference="RF18539007547034")
    assert not cases(TWICE, [one, other], [OWED])


def test_no_money_is_no_payment():
    nothing = [evolve(t, amount=Decimal(0)) for t in paid("2026-05-04", "2026-05-05")]
    assert not cases(TWICE, nothing, [OWED])


def test_a_number_that_any_text_may_hold_names_nothing():
    twice = paid("2026-05-04", "2026-05-28", text="R 7")
    assert not cases(TWICE, twice, [evolve(OWED, number="R7")])


def test_words_that_name_nothing_come_again_each_week():
    assert not cases(TWICE, paid("2026-05-04", "2026-05-11", text="thanks"), [OWED])


def test_a_name_tells_the_payer_where_no_account_does():
    days = "2026-05-04", "2026-05-05"
    assert cases(TWICE, paid(*days, iban=None), [OWED])
    assert not cases(TWICE, paid(*days, iban=None, payer=None), [OWED])


def test_a_pending_payment_and_its_booked_twin_are_one():
    booked = paid("2026-05-04")
    pending = [evolve(booked[0], id="p", status=TransactionStatus.PENDING)]
    assert findings(booked + pending, [OWED]) == ()


def test_what_was_paid_back_is_settled():
    back = evolve(paid("2026-05-30")[0], id="back", amount=Decimal(-100))
    assert not cases(TWICE, [*paid("2026-05-04", "2026-05-28"), back], [OWED])


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal("100.01")},
        {"currency": "USD"},
        {"remittance": "Invoice INV-2026-0008"},
        {"counterparty": Counterparty(iban=OTHER_IBAN)},
        {"booking_date": None},
    ],
)
def test_another_amount_text_or_payer_is_another_payment(change):
    one, other = paid("2026-05-04", "2026-05-28")
    assert not cases(TWICE, [one, evolve(other, **change)], [OWED])


def test_a_second_payment_may_be_worded_otherwise():
    one, other = paid("2026-05-04", "2026-05-28")
    other = evolve(other, remittance="paying your INV 2026 0007")
    assert only(TWICE, [one, other], [OWED]).transactions == ("t1", "t2")


def test_what_is_still_outstanding_may_be_paid_in_equal_parts():
    parts = paid("2026-05-04", "2026-05-10", "2026-05-16")
    twice = evolve(OWED, outstanding=Decimal(200))
    assert cases(TWICE, parts, [twice])
    twice = evolve(OWED, outstanding=Decimal("300.00"))
    assert not cases(TWICE, parts, [twice])


def test_what_is_outstanding_in_another_currency_makes_no_room():
    other = bill("i9", "500.00 USD", "INV-2026-0009", customer=WEBER)
    twice = paid("2026-05-04", "2026-05-28", text=f"{NAMED}, INV-2026-0009")
    assert only(TWICE, twice, [OWED, other]).invoices == ("i7", "i9")


def test_two_instalments_are_no_second_payment():
    halves = [evolve(t, amount=Decimal(50)) for t in paid("2026-05-04", "2026-05-18")]
    assert not cases(TWICE, halves, [OWED])


CLOSED = FindingCode.CLOSED_INVOICE_NAMED


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        ({"status": InvoiceStatus.PAID}, "paid"),
        ({"status": InvoiceStatus.CANCELLED}, "cancelled"),
        ({"outstanding": Decimal(0)}, "nothing outstanding"),
    ],
)
def test_money_for_an_invoice_that_is_not_open(change, standing):
    closed = evolve(OWED, total=Decimal(100), **change)
    case = only(CLOSED, paid("2026-05-04"), [closed])
    assert case.says == f'"INV-2026-0007" ({standing}): 100.00 EUR'
    assert case.transactions == ("t1",)
    assert case.invoices == ("i7",)


def test_all_closed_invoices_that_a_text_names_are_told():
    closed = [
        evolve(OWED, status=InvoiceStatus.PAID, total=Decimal(100)),
        bill("i8", "50.00 EUR", "INV-2026-0008", status="refunded"),
        bill("i9", "50.00 EUR", "INV-2026-0009", customer=LIND),
    ]
    text = "INV-2026-0007 and INV-2026-0008, not INV-2026-0009"
    assert only(CLOSED, paid("2026-05-04", text=text), closed).invoices == ("i7", "i8")


CUT = FindingCode.TRUNCATED_TEXT


def texts(lines: Sequence[str], **further: Any) -> list[Transaction]:
    """A transaction a text."""
    return [
        payment(f"t{n:02d}", f"{n + 1}.00 EUR", line, booked="2026-05-04", **further)
        for n, line in enumerate(lines)
    ]


SAID = [
    f"{word} {rest} {n}"
    for n, (word, rest) in enumerate(
        (word, rest)
        for word in ("Payment", "Rg.", "our order of last week", "Facture", "to you")
        for rest in ("for May", "with thanks", "less discount", "x", "as agreed on")
    )
]


def test_a_bank_that_cuts_texts_off():
    case = only(CUT, texts([line[:18] for line in SAID]), [])
    cut = [f"t{n:02d}" for n, line in enumerate(SAID) if len(line) >= 18]
    assert list(case.transactions) == cut
    assert case.says == f"remittance: {len(cut)} of 25 texts end at 18 characters"


def test_each_account_has_its_bank():
    short = texts([line[:18] for line in SAID], account="SHOP")
    full = [evolve(t, id=f"x{t.id}", account="MAIN") for t in texts(SAID)]
    assert only(CUT, short + full, []).says.startswith("remittance of account SHOP: ")


def test_names_are_cut_off_too():
    named = [
        payment(f"t{n:02d}", f"{n + 1}.00 EUR", "x", payer=line[:18])
        for n, line in enumerate(SAID)
    ]
    assert only(CUT, named, []).says.startswith("counterparty.name: ")


@pytest.mark.parametrize(
    "lines",
    [
        SAID,
        [line[:18] for line in SAID][:19],
        [f"INV-2026-{n:04d}" for n in range(40)],
        [f"INV-2026-{n:04d}" for n in range(20, 40)] + [f"R {n}" for n in range(9)],
        [f"Order {'AB7'[n % 3]}{n:03d}" for n in range(40)] + ["thanks", "you"],
        ["the same words as ever"] * 40,
        SAID + [f"{'a' * n} {'b' * (45 - n)}" for n in (2, 4, 5)] * 6,
        [f"{'a' * n} {'b' * (k - n)}" for k in range(10, 20) for n in (2, 4, 5)],
    ],
    ids=[
        "full",
        "few",
        "numbers",
        "numbers and more",
        "codes",
        "repeated",
        "often",
        "even",
    ],
)
def test_texts_of_one_length_are_not_cut_off(lines):
    assert not cases(CUT, texts(lines), [])


# --- rules ----------------------------------------------------------------------------

SILENT = FindingCode.SILENT_RULE


def order_rule(**further: Any) -> Ruleset:
    """A ruleset with a rule for orders beside that for numbers."""
    chosen: dict[str, Any] = {"invoice_fields": ("references.order",), **further}
    rule = ReferenceRule(name="order", **chosen)
    return Ruleset(references=(ReferenceRule(name="invoice number"), rule))


ORDERED = bill("i1", "100.00 EUR", "INV-2026-0007", references={"order": "SHOP-123456"})


def why_silent(text: str, ruleset: Ruleset, owed: Invoice = ORDERED) -> str:
    case = only(SILENT, [payment("t1", "100.00 EUR", text)], [owed], ruleset)
    assert case.severity is Severity.WARNING
    return case.says


def test_a_rule_that_fires_is_not_silent():
    transactions = [payment("t1", "100.00 EUR", "shop 123456")]
    assert not cases(SILENT, transactions, [ORDERED], order_rule())


def test_a_rule_that_finds_a_slip_of_the_pen_is_not_silent():
    transactions = [payment("t1", "100.00 EUR", "SHOP-123465")]
    assert not cases(SILENT, transactions, [ORDERED], order_rule())


def test_no_transaction_has_the_field():
    rules = order_rule(transaction_fields=("mandate_id", "metadata.order"))
    assert why_silent("SHOP-123456", rules) == (
        'rule "order": no transaction has mandate_id or metadata.order'
    )


def test_no_invoice_has_the_field():
    assert why_silent("SHOP-123456", order_rule(), evolve(ORDERED, references={})) == (
        'rule "order": no invoice has references.order'
    )


def test_the_values_are_never_written():
    assert why_silent("nothing of the kind", order_rule()) == (
        'rule "order": invoices have values as "SHOP-123456"; none stands in any of '
        "1 text"
    )


def test_the_values_stand_in_another_field():
    rules = order_rule(transaction_fields=("end_to_end_id",))
    transactions = [
        payment("t1", "100.00 EUR", "SHOP-123456", end_to_end_id="NOTPROVIDED")
    ]
    assert (
        "they stand in remittance, but"
        in only(SILENT, transactions, [ORDERED], rules).says
    )


def test_the_values_stand_where_the_pattern_does_not_find_them():
    rules = order_rule(pattern="ORD{digits:6}")
    assert "they stand in remittance, but" in why_silent("SHOP-123456", rules)


def test_the_values_are_written_otherwise_than_the_rule_allows():
    rules = order_rule(exactness=(Exactness.EXACT,))
    assert "they stand in remittance, but" in why_silent("SHOP-1234 56", rules)


def test_the_pattern_finds_nothing():
    rules = order_rule(pattern="ORD{digits:6}")
    assert why_silent("nothing of the kind", rules).endswith(
        "the pattern ORD{digits:6} finds nothing in 1 text"
    )


def test_the_pattern_finds_what_no_invoice_has():
    rules = order_rule(pattern="ORD{digits:6}")
    assert why_silent("ord 999999", rules).endswith(
        'the pattern ORD{digits:6} finds others, as "ORD 999999"'
    )


def test_a_value_on_too_many_invoices_tells_none():
    held = [
        bill(f"i{n}", "9.00 EUR", f"A-70{n}", references={"order": "SHOP-123456"})
        for n in range(10, 31)
    ]
    transactions = [payment("t1", "100.00 EUR", "SHOP-123456")]
    case = only(SILENT, transactions, held, order_rule())
    assert case.says.endswith("each of its values stands on more than 20 invoices")


def built_in(count: int, **printed: Any) -> tuple[list[Transaction], list[Invoice]]:
    """So many payments, and invoices with a reference that none of them names."""
    transactions = texts([f"Invoice A-{n}" for n in range(7000, 7000 + count)])
    invoices = [
        bill(f"i{n}", "9.00 EUR", f"A-{n}", **printed)
        for n in range(7000, 7000 + count)
    ]
    return transactions, invoices


def test_a_built_in_rule_is_missed_where_it_could_have_fired():
    printed = {"references": {"contract": "K-2026"}}
    case = only(SILENT, *built_in(20, **printed))
    assert case.severity is Severity.NOTE
    assert case.says.startswith('rule "further reference": invoices have values')


@pytest.mark.parametrize("count", [19, 20])
def test_a_built_in_rule_is_not_missed_on_a_few_records(count):
    held = built_in(count, creditor_reference="RF18539007547034")
    assert len(cases(SILENT, *held)) == (count >= 20)


def test_a_built_in_rule_for_what_invoices_have_not_is_not_missed():
    assert not cases(SILENT, *built_in(25))


def test_numbers_that_are_never_named_are_missed():
    transactions, invoices = built_in(25)
    others = [evolve(i, number=f"B-{n}") for n, i in enumerate(invoices, 40_000)]
    case = only(SILENT, transactions, others)
    assert case.severity is Severity.WARNING
    assert case.says.startswith('rule "invoice number": ')


# --- laws -----------------------------------------------------------------------------


@given(strategies.worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_nothing(world, random):
    transactions, invoices = list(world.transactions), list(world.invoices)
    expected = findings(transactions, invoices)
    random.shuffle(transactions)
    random.shuffle(invoices)
    assert findings(transactions, invoices) == expected


@given(strategies.worlds())
def test_how_many_texts_are_searched_at_a_time_changes_nothing(world):
    expected = findings(world.transactions, world.invoices)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(books, "_CHUNK", 2)
        assert findings(world.transactions, world.invoices) == expected


@given(strategies.worlds())
def test_every_id_named_is_that_of_a_record(world):
    found = findings(world.transactions, world.invoices)
    held = {i.customer.id for i in world.invoices if i.customer}
    for one in found:
        assert one.cases
        assert set(one.transactions) <= {t.id for t in world.transactions}
        assert set(one.invoices) <= {i.id for i in world.invoices}
        assert set(one.customers) <= held
        for case in one.cases:
            for ids in (case.transactions, case.invoices, case.customers):
                assert list(ids) == sorted(set(ids))


@given(strategies.worlds())
def test_a_finding_is_given_once_and_its_cases_differ(world):
    found = findings(world.transactions, world.invoices)
    kinds = [(one.code, one.severity) for one in found]
    assert len(set(kinds)) == len(kinds)
    for one in found:
        assert len(set(one.cases)) == len(one.cases)
        assert {(c.code, c.severity) for c in one.cases} == {(one.code, one.severity)}


@given(strategies.worlds())
def test_open_invoices_of_one_number_are_found_each_and_no_others(world):
    def bare(invoice: Invoice) -> str:
        return compact(invoice.number or "")

    alike = set[str]()
    for one, other in combinations(world.invoices, 2):
        statuses = {one.status, other.status}
        if bare(one) and bare(one) == bare(other) and InvoiceStatus.OPEN in statuses:
            alike |= {one.id, other.id}
    found = findings((), world.invoices)
    told = {i for one in found if one.code is DUPLICATE for i in one.invoices}
    assert told >= alike
    numbers = {bare(i) for i in world.invoices if i.id in alike}
    assert {bare(i) for i in world.invoices if i.id in told} == numbers


def test_what_was_rejected_is_not_looked_at():
    bad = evolve(OWED, id="bad", currency="XXX")
    result = match(paid("2026-05-04"), [OWED, bad])
    assert result.rejected
    assert inspect(result) == ()


def test_there_are_words_for_every_code():
    assert {code for code, _ in WORDS} == set(FindingCode)


@given(st.lists(strategies.ANY_TEXT, max_size=5))
def test_texts_folded_at_once_are_as_each_by_itself(lines):
    assert compacted(lines) == [compact(line) for line in lines]
    assert folded(lines) == [fold(line).replace("\n", " ") for line in lines]
