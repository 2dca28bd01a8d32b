"""Payments are recorded once, where they belong, whatever goes wrong on the way."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import httpx
import pytest

from payymo_adapters.errors import (
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.http import HttpResponse
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_adapters.whmcs.applying import (
    Excess,
    Outcome,
    Payment,
    Refusal,
    Settlement,
    apply_payment,
    ask_for_payment,
    preview_payment,
)
from payymo_adapters.whmcs.flows import classic_api
from tests.fakes.serving import serve
from tests.fakes.whmcs import ACCESS, Fault, Whmcs

API = classic_api(ACCESS)
CODES = {"1": "EUR", "2": "USD"}
Faults = Callable[[str], Fault | None]


def paying(invoice: str = "1", money: str = "9.00", **further) -> Payment:
    """A payment of euros by bank transfer."""
    return Payment(
        account=further.pop("account", "DE02120300000000202051"),
        transaction=further.pop("transaction", "t1"),
        invoice=invoice,
        amount=Decimal(money),
        currency=further.pop("currency", "EUR"),
        day=date(2026, 3, 4),
        gateway="banktransfer",
    )


@pytest.fixture
def whmcs():
    found = Whmcs()
    found.bill(1, "9.00")
    return found


def apply(whmcs, payment, excess=Excess.REFUSE) -> Settlement:
    settled = whmcs.drive(apply_payment(API, payment, CODES, excess))
    assert isinstance(settled, Settlement)
    return settled


def only(action: str, *faults: Fault | None) -> Faults:
    """Let the calls of one action go wrong, one after the other."""
    left = list(faults)
    return lambda asked: left.pop(0) if asked == action and left else None


# --- what is recorded -----------------------------------------------------------------


def test_a_payment_is_recorded_as_it_is(whmcs):
    payment = paying()
    assert apply(whmcs, payment).outcome is Outcome.APPLIED
    [entry] = whmcs.transactions
    assert entry["amountin"] == "9.00"
    assert entry["gateway"] == "banktransfer"
    assert entry["date"] == "2026-03-04 00:00:00"
    assert entry["transid"] == payment.transid
    assert whmcs.bills[1].status == "Paid"


def test_state_and_balance_are_read_last_before_and_the_record_before_and_after(whmcs):
    apply(whmcs, paying())
    assert whmcs.calls == [
        "GetTransactions",
        "GetInvoice",
        "GetClientsDetails",
        "GetInvoice",
        "AddInvoicePayment",
        "GetTransactions",
    ]


def test_a_part_is_a_part_and_not_the_balance(whmcs):
    assert apply(whmcs, paying(money="4.00")).outcome is Outcome.APPLIED
    assert (whmcs.bills[1].balance, whmcs.bills[1].status) == (Decimal(5), "Unpaid")


def test_what_is_on_record_is_not_sent_again(whmcs):
    apply(whmcs, paying(money="4.00"))
    assert apply(whmcs, paying(money="4.00")).outcome is Outcome.ALREADY_APPLIED
    assert len(whmcs.transactions) == 1


def test_one_transfer_pays_two_invoices_and_two_transfers_one(whmcs):
    whmcs.bill(2, "9.00")
    payments = [paying("1", "4.00"), paying("2", "4.00")]
    payments.append(paying("1", "4.00", transaction="t2"))
    payments.append(paying("2", "4.00", account="DE02500105170137075030"))
    assert [apply(whmcs, p).outcome for p in payments] == [Outcome.APPLIED] * 4
    assert len({t["transid"] for t in whmcs.transactions}) == 4


def test_the_id_of_a_payment_never_changes():
    """What was recorded under another id would be recorded again."""
    assert paying("42").transid == "payymo-42-580c8739ce9d2a1cab52"
    assert paying("42", money="1.00").transid == paying("42").transid


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        ("Paid", Refusal.NOT_OPEN),
        ("Cancelled", Refusal.NOT_OPEN),
        ("Refunded", Refusal.NOT_OPEN),
        ("Draft", Refusal.NOT_OPEN),
        ("Payment Pending", Refusal.NOT_OPEN),
        ("Odd", Refusal.NOT_OPEN),
        ("Unpaid", None),
        ("Collections", None),
    ],
)
def test_only_an_invoice_that_waits_for_money_gets_it(whmcs, status, refusal):
    whmcs.bills[1].status = status
    assert apply(whmcs, paying()).refusal is refusal
    assert bool(whmcs.transactions) is (refusal is None)


@pytest.mark.parametrize(
    ("payment", "refusal"),
    [
        (paying(currency="USD"), Refusal.OTHER_CURRENCY),
        (paying("2"), Refusal.NOT_FOUND),
        (paying("1abc"), Refusal.NOT_FOUND),
        (paying("01"), Refusal.NOT_FOUND),
        (paying("INV-1"), Refusal.NOT_FOUND),
        (paying(money="9.01"), Refusal.OVER_BALANCE),
        (paying(money="0.00"), Refusal.NOT_POSITIVE),
        (paying(money="-9.00"), Refusal.NOT_POSITIVE),
        (paying(money="8.999"), Refusal.FRACTION_OF_CENT),
    ],
)
def test_what_does_not_fit_is_refused_and_not_sent(whmcs, payment, refusal):
    settled = apply(whmcs, payment)
    assert (settled.outcome, settled.refusal) == (Outcome.REFUSED, refusal)
    assert settled.says
    assert "AddInvoicePayment" not in whmcs.calls


def test_a_currency_that_whmcs_does_not_name_is_no_currency(whmcs):
    flow = apply_payment(API, paying(), {"2": "EUR"})
    assert whmcs.drive(flow).refusal is Refusal.OTHER_CURRENCY


def test_too_much_becomes_credit_where_that_is_asked_for(whmcs):
    assert apply(whmcs, paying(money="10.00"), Excess.CREDIT).outcome is Outcome.APPLIED
    assert whmcs.credit[1] == Decimal("1.00")


def test_credit_never_makes_a_paid_invoice_one_to_pay(whmcs):
    whmcs.bills[1].status = "Paid"
    assert apply(whmcs, paying(), Excess.CREDIT).refusal is Refusal.NOT_OPEN


@pytest.mark.parametrize(
    ("paid", "refusal"), [("9.00", Refusal.NOT_OPEN), ("1.00", Refusal.OVER_BALANCE)]
)
def test_what_is_paid_between_the_two_looks_is_seen(whmcs, paid, refusal):
    def pay(action):
        if action == "GetClientsDetails":
            whmcs.bills[1].paid = Decimal(paid)

    whmcs.before = pay
    assert apply(whmcs, paying()).refusal is refusal
    assert not whmcs.transactions


def test_an_id_on_record_with_other_money_is_for_a_person(whmcs):
    apply(whmcs, paying(money="4.00"))
    settled = apply(whmcs, paying(money="5.00"))
    assert settled.refusal is Refusal.OTHER_ON_RECORD
    assert "4.00 for invoice 1" in settled.says


def test_a_refusal_of_whmcs_itself_is_one(whmcs):
    def cancel(action):
        if action == "AddInvoicePayment":
            whmcs.bills[1].status = "Cancelled"

    whmcs.before = cancel
    settled = apply(whmcs, paying())
    assert settled.refusal is Refusal.BY_WHMCS
    assert "is Cancelled" in settled.says


def test_a_permission_that_lacks_is_a_refusal_that_says_so(whmcs):
    whmcs.allowed.remove("AddInvoicePayment")
    assert "Allow AddInvoicePayment" in apply(whmcs, paying()).says


def test_what_keeps_us_out_is_no_invoice_that_is_missing(whmcs):
    def not_found(action):
        if action == "GetInvoice":
            whmcs.allowed.remove("GetInvoice")

    whmcs.before = not_found
    with pytest.raises(UnauthorisedError):
        apply(whmcs, paying())
    flow = apply_payment(API, paying(), CODES)
    next(flow)
    with pytest.raises(RefusedError, match="no API"):
        flow.send(HttpResponse(status=404, body=b"<h1>Not Found</h1>"))


def test_a_look_ahead_sends_nothing(whmcs):
    flow = preview_payment(API, paying(), CODES)
    assert whmcs.drive(flow).outcome is Outcome.WOULD_APPLY
    assert "AddInvoicePayment" not in whmcs.calls


# --- what goes wrong ------------------------------------------------------------------


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize(
    "action", ["GetTransactions", "GetInvoice", "GetClientsDetails"]
)
def test_a_question_that_fails_before_ends_it_with_nothing_sent(whmcs, action, fault):
    whmcs.fault = only(action, fault)
    with pytest.raises(ProviderError):
        apply(whmcs, paying())
    assert "AddInvoicePayment" not in whmcs.calls


@pytest.mark.parametrize("fault", Fault)
def test_an_answer_that_does_not_come_is_asked_about_and_not_sent_again(whmcs, fault):
    whmcs.fault = only("AddInvoicePayment", fault)
    settled = apply(whmcs, paying())
    recorded = bool(whmcs.transactions)
    assert settled.outcome is (Outcome.APPLIED if recorded else Outcome.UNKNOWN)
    assert whmcs.calls.count("AddInvoicePayment") == 1
    assert whmcs.calls[-1] == "GetTransactions"


def test_what_cannot_be_asked_about_afterwards_is_unknown(whmcs):
    whmcs.fault = only("GetTransactions", None, Fault.LOST)
    settled = apply(whmcs, paying())
    assert settled.outcome is Outcome.UNKNOWN
    assert "no answer" in settled.says
    assert whmcs.drive(ask_for_payment(API, paying())).outcome is (
        Outcome.ALREADY_APPLIED
    )


def test_even_a_refusal_is_not_believed_unseen(whmcs):
    whmcs.allowed.remove("AddInvoicePayment")
    whmcs.fault = only("GetTransactions", None, Fault.LOST)
    assert apply(whmcs, paying()).outcome is Outcome.UNKNOWN


def test_what_is_handled_late_is_found_by_asking(whmcs):
    whmcs.fault = only("AddInvoicePayment", Fault.LATE)
    assert apply(whmcs, paying()).outcome is Outcome.UNKNOWN
    assert whmcs.drive(ask_for_payment(API, paying())).outcome is Outcome.UNKNOWN
    whmcs.catch_up()
    assert whmcs.drive(ask_for_payment(API, paying())).outcome is (
        Outcome.ALREADY_APPLIED
    )
    assert len(whmcs.transactions) == 1


# --- ten thousand ---------------------------------------------------------------------


def faults_by(dice: random.Random, *kinds: Fault) -> Faults:
    """Of the calls that write a third go wrong, of all others one in twenty."""
    return lambda action: (
        dice.choice(kinds)
        if dice.random() < (1 / 3 if action == "AddInvoicePayment" else 0.05)
        else None
    )


def settle(run, whmcs, payment) -> Counter[str]:
    """Go on as the command does until it is known.

    What is unknown is only asked about. When that is in vain a person looks in WHMCS,
    and has it sent again only if it is not there, and nothing is under way any more.
    """
    seen: Counter[str] = Counter()
    unknown = False
    for _ in range(200):
        ask = ask_for_payment(API, payment)
        try:
            outcome = run(
                ask if unknown else apply_payment(API, payment, CODES)
            ).outcome
        except ProviderError:
            seen["failed"] += 1
            continue
        seen[outcome] += 1
        assert outcome is not Outcome.REFUSED
        if outcome is not Outcome.UNKNOWN:
            return seen
        if unknown:
            whmcs.catch_up()
            unknown = bool(whmcs.recorded(payment.transid))
            seen["sent again"] += not unknown
        else:
            unknown = True
    pytest.fail("it is never known")


def payments_for(whmcs: Whmcs, count: int) -> list[Payment]:
    """Each invoice is paid in two parts, and a transfer pays a part of two."""
    for number in range(1, count // 2 + 1):
        whmcs.bill(number, "9.00")
    return [
        paying(str(n // 2 + 1), ("4.00", "5.00")[n % 2], transaction=f"t{(n + 1) // 2}")
        for n in range(count)
    ]


def assert_each_is_recorded_once(whmcs: Whmcs, payments: list[Payment]) -> None:
    recorded = Counter(
        (t["transid"], t["invoiceid"], t["amountin"]) for t in whmcs.transactions
    )
    wanted = {(p.transid, p.invoice, f"{p.amount:.2f}"): 1 for p in payments}
    assert recorded == wanted
    assert {b.status for b in whmcs.bills.values()} == {"Paid"}
    assert not any(whmcs.credit.values())


def test_of_ten_thousand_payments_none_is_lost_and_none_recorded_twice():
    """Run in process: over a network, as below, they would take minutes."""
    dice = random.Random(5)
    whmcs = Whmcs()
    payments = payments_for(whmcs, 10_000)
    whmcs.fault = faults_by(dice, *Fault)
    seen: Counter[str] = Counter()
    work = payments + dice.sample(payments, 1_000)
    dice.shuffle(work)
    for payment in work:
        seen += settle(whmcs.drive, whmcs, payment)
    assert_each_is_recorded_once(whmcs, payments)
    # What it is about did happen, and often.
    assert seen[Outcome.UNKNOWN] > 1_000
    assert seen["failed"] > 1_000
    sent = whmcs.calls.count("AddInvoicePayment")
    assert sent == 10_000 + seen["sent again"]
    assert seen[Outcome.APPLIED] + seen[Outcome.ALREADY_APPLIED] == 11_000


@pytest.mark.slow
def test_of_four_hundred_over_a_network_none_is_lost_and_none_recorded_twice():
    """Run over HTTP on loopback, with the driver, its repeats and five stalls."""
    dice = random.Random(6)
    whmcs = Whmcs()
    payments = payments_for(whmcs, 400)
    quick = faults_by(dice, *[each for each in Fault if each is not Fault.STALLED])
    stalls = [Fault.STALLED] * 5

    def fault(action: str) -> Fault | None:
        found = quick(action)
        writes = found and action == "AddInvoicePayment"
        return stalls.pop() if writes and stalls else found

    whmcs.fault = fault
    limits = Limits(
        idle_seconds=0.3, attempts=2, first_wait_seconds=0.001, most_wait_seconds=0.001
    )
    work = payments + dice.sample(payments, 50)
    with serve(whmcs) as origin, httpx.Client() as client:
        site = Site(provider="WHMCS", origin=origin, limits=limits)
        driver = HttpxDriver(client=client, site=site)
        for payment in work:
            settle(driver.run, whmcs, payment)
    assert not stalls
    assert_each_is_recorded_once(whmcs, payments)


def test_a_blind_repeat_would_be_seen_by_these_tests(whmcs):
    """The fake records twice what is sent twice, as the real one does."""
    form = {
        "invoiceid": "1",
        "transid": "x",
        "gateway": "mailin",
        "date": "2026-03-04 00:00:00",
        "amount": "4.00",
    }
    for _ in range(2):
        whmcs.drive(API("AddInvoicePayment", form))
    assert len(whmcs.recorded("x")) == 2
    whmcs.fault = lambda _action: Fault.LOST
    with pytest.raises(UndeliveredError):
        whmcs.drive(API("GetInvoice", {"invoiceid": "1"}))
