"""What is decided in the store is recorded in WHMCS: once, whatever goes wrong."""

import random
from decimal import Decimal

import httpx
import pytest

from payymo_adapters.errors import UnauthorisedError
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_adapters.pipeline import apply
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import match_by_hand, undo
from payymo_adapters.store.postings import in_flight, plan, send_again
from payymo_adapters.whmcs.flows import classic_api
from payymo_adapters.whmcs_poster import WhmcsPoster
from tests.fakes.serving import serve
from tests.fakes.whmcs import ACCESS, Fault, Whmcs
from tests.store.builders import ACT, at, billed, give, paid, record, row, run_of

MINUTE = 1 / 60


@pytest.fixture
def whmcs():
    found = Whmcs()
    found.bill(1, "100.00")
    found.bill(2, "80.00")
    return found


@pytest.fixture
def decided(store):
    """A decision that pays two invoices out of one transaction."""
    record(store, [paid("t1", "150.00")], [billed("1", "100.00"), billed("2", "80")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("1", "100.00"), give("2", "50.00")])
    return store


def poster_of(store, drive) -> WhmcsPoster:
    return WhmcsPoster(
        drive=drive,
        api=classic_api(ACCESS),
        currencies={"1": "EUR", "2": "USD"},
        gateway="banktransfer",
        store=store,
        tenant="acme",
    )


def states_of(store) -> list[str]:
    return [row(store, schema.postings, id=number).state for number in (1, 2)]


def booked(whmcs: Whmcs) -> list[tuple[str, str]]:
    return sorted((e["invoiceid"], e["amountin"]) for e in whmcs.transactions)


def a_person_looks(store, whmcs: Whmcs, hours: float) -> None:
    """Have what is in doubt sent again, where nothing is still on its way."""
    whmcs.catch_up()

    def look(books) -> None:
        for posting in in_flight(books):
            if posting.state == "unknown":
                send_again(books, posting.id)

    store.write(at(hours), look)


BOTH = [("1", "100.00"), ("2", "50.00")]


def test_what_is_decided_is_recorded_under_the_keys_of_the_store(decided, whmcs):
    poster = poster_of(decided, whmcs.drive)
    assert apply(run_of(decided), poster).confirmed == 2
    assert apply(run_of(decided, 1), poster).confirmed == 0
    assert booked(whmcs) == BOTH
    keys = [row(decided, schema.postings, id=n).posting_key for n in (1, 2)]
    assert [entry["transid"] for entry in whmcs.transactions] == keys
    assert whmcs.transactions[0]["date"] == "2026-03-02 00:00:00"


@pytest.mark.parametrize("fault", Fault)
def test_whatever_becomes_of_a_request_nothing_is_recorded_twice(decided, whmcs, fault):
    left = [fault]
    whmcs.fault = lambda action: (
        left.pop() if action == "AddInvoicePayment" and left else None
    )
    poster = poster_of(decided, whmcs.drive)
    for hours in (0, 1 * MINUTE, 11 * MINUTE, 12 * MINUTE):
        apply(run_of(decided, hours), poster)
        assert whmcs.calls.count("AddInvoicePayment") <= 2
    a_person_looks(decided, whmcs, 1)
    apply(run_of(decided, 1), poster)
    assert booked(whmcs) == BOTH
    assert states_of(decided) == ["confirmed", "confirmed"]


@pytest.mark.parametrize("seed", range(4))
def test_faults_in_every_call_lose_nothing_and_double_nothing(decided, whmcs, seed):
    dice = random.Random(seed)
    whmcs.fault = lambda _action: (
        dice.choice(list(Fault)) if dice.random() < 0.4 else None
    )
    poster = poster_of(decided, whmcs.drive)
    for step in range(40):
        apply(run_of(decided, step * 3 * MINUTE), poster)
        if step % 3 == 0:
            a_person_looks(decided, whmcs, step * 3 * MINUTE)
    whmcs.fault = lambda _action: None
    a_person_looks(decided, whmcs, 3)
    apply(run_of(decided, 3), poster)
    apply(run_of(decided, 4), poster)
    assert booked(whmcs) == BOTH
    assert states_of(decided) == ["confirmed", "confirmed"]


def test_a_question_that_is_not_answered_sends_nothing_and_stops_the_run(
    decided, whmcs
):
    whmcs.fault = lambda action: Fault.LOST if action == "GetInvoice" else None
    done = apply(run_of(decided), poster_of(decided, whmcs.drive))
    assert "not sent" in str(done.fault)
    assert states_of(decided) == ["planned", "planned"]
    assert whmcs.calls.count("AddInvoicePayment") == 0
    assert whmcs.calls.count("GetTransactions") == 1


def test_a_missing_permission_refuses_no_payment(decided, whmcs):
    whmcs.allowed.remove("AddInvoicePayment")
    done = apply(run_of(decided), poster_of(decided, whmcs.drive))
    assert isinstance(done.fault, UnauthorisedError)
    assert states_of(decided) == ["planned", "planned"]


def test_an_invoice_paid_by_hand_in_the_meantime_is_refused(decided, whmcs):
    whmcs.bills[1].paid = Decimal("100.00")
    whmcs.bills[1].status = "Paid"
    done = apply(run_of(decided), poster_of(decided, whmcs.drive))
    assert (done.confirmed, done.refused) == (1, 1)
    assert "Paid" in row(decided, schema.postings, id=1).fault
    assert booked(whmcs) == [("2", "50.00")]


def test_another_payment_under_the_key_is_left_for_a_person(decided, whmcs):
    left = [Fault.LOST]
    whmcs.fault = lambda action: (
        left.pop() if action == "AddInvoicePayment" and left else None
    )
    poster = poster_of(decided, whmcs.drive)
    apply(run_of(decided), poster)
    key = row(decided, schema.postings, id=1).posting_key
    whmcs.transactions.append({**whmcs.transactions[0], "transid": key})
    whmcs._by_transid[key] = whmcs.transactions[-1:]
    assert apply(run_of(decided, 1), poster).unknown == 1
    assert states_of(decided) == ["unknown", "confirmed"]
    assert "on record: 50.00" in row(decided, schema.postings, id=1).fault


def test_another_payment_found_before_anything_is_sent_is_left_for_a_person(
    decided, whmcs
):
    decided.write(run_of(decided).act(), plan)
    key = row(decided, schema.postings, id=1).posting_key
    half = {"invoiceid": "1", "transid": key, "amount": "50.00"}
    whmcs._add_payment({**half, "gateway": "banktransfer", "date": "2026-03-02"})
    done = apply(run_of(decided), poster_of(decided, whmcs.drive))
    assert (done.confirmed, done.refused, done.unknown) == (1, 0, 1)
    assert states_of(decided) == ["unknown", "confirmed"]
    assert "on record: 50.00" in row(decided, schema.postings, id=1).fault


def test_what_is_recorded_is_taken_back_by_a_person(decided, whmcs):
    poster = poster_of(decided, whmcs.drive)
    apply(run_of(decided), poster)
    with decided.writing(at(1)) as books:
        undo(books, 1)
    assert apply(run_of(decided, 1), poster).refused == 2
    assert booked(whmcs) == BOTH
    assert row(decided, schema.transactions).allocated == 15_000


def test_a_server_that_answers_too_late_is_asked_later(decided, whmcs):
    left = [Fault.STALLED]
    whmcs.fault = lambda action: (
        left.pop() if action == "AddInvoicePayment" and left else None
    )
    limits = Limits(idle_seconds=0.3)
    with serve(whmcs) as origin, httpx.Client() as client:
        site = Site(provider="WHMCS", origin=origin, limits=limits)
        driver = HttpxDriver(client=client, site=site)
        poster = poster_of(decided, driver.run)
        apply(run_of(decided), poster)
        apply(run_of(decided, 1), poster)
    assert booked(whmcs) == BOTH
    assert states_of(decided) == ["confirmed", "confirmed"]
