"""WHMCS: what is read, and what each of its answers comes to."""

import json
import logging
import traceback
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.errors import (
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.http import Flow, HttpResponse, Secret
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_adapters.whmcs.answers import read_answer
from payymo_adapters.whmcs.applying import Payment, apply_payment
from payymo_adapters.whmcs.flows import (
    classic_api,
    find_invoice,
    find_transactions,
    get_client,
    list_clients,
    list_currencies,
    list_invoices,
    list_payment_methods,
)
from payymo_adapters.whmcs.mapping import COLLECTED_BY, merged, open_ones, to_ledger
from payymo_adapters.whmcs.wire import (
    CurrencyEntry,
    InvoiceEntry,
    ItemEntry,
    MethodEntry,
    read_invoice,
)
from payymo_core.errors import Rejected
from payymo_core.records import Customer, Invoice, InvoiceStatus
from tests.fakes.serving import serve
from tests.fakes.whmcs import (
    ACCESS,
    ACCESS_KEY,
    IDENTIFIER,
    SECRET,
    Fault,
    Whmcs,
)

API = classic_api(ACCESS)


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answered(body: object, status: int = 200, kind: str = "application/json"):
    """What an answer comes to."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = HttpResponse(status=status, headers=(("content-type", kind),), body=data)
    secrets = [ACCESS.identifier, ACCESS.secret]
    return read_answer(response, "GetInvoices", secrets, NOON)


# --- the answers ----------------------------------------------------------------------


def test_an_answer_is_taken_whatever_its_type_and_with_a_byte_order_mark():
    body = b'\xef\xbb\xbf{"result": "success", "a": 0.1}'
    found = answered(body, kind="text/html")
    assert found == {"result": "success", "a": Decimal("0.1")}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Invalid IP 203.0.113.7", "Add 203.0.113.7 in WHMCS under"),
        ("Invalid IP 2001:db8::7", "Add 2001:db8::7 in WHMCS.*by IPv6"),
        ("Invalid IP", "Add the address of this machine in WHMCS"),
        (
            'Invalid Permissions: API action "getinvoices" is not allowed',
            "Allow GetInvoices in the API role",
        ),
        ("Authentication Failed", "Check the identifier and the secret"),
        ("Invalid Access Key", "configuration.php"),
        ("Access Denied", "API Access permission"),
    ],
)
@pytest.mark.parametrize("status", [200, 403])
def test_who_is_not_let_in_is_told_what_to_do(message, words, status):
    with pytest.raises(UnauthorisedError, match=words):
        answered({"result": "error", "message": message}, status)


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ((), None),
        ((("retry-after", "90"),), NOON + timedelta(seconds=90)),
        (
            (("retry-after", "Sun, 01 Mar 2026 12:00:09 GMT"),),
            NOON + timedelta(seconds=9),
        ),
    ],
)
def test_a_limit_says_until_when(told, until):
    with pytest.raises(LimitError) as limit:
        read_answer(HttpResponse(status=429, headers=told), "GetInvoices", [], NOON)
    assert limit.value.until == until


@pytest.mark.parametrize(
    ("body", "status", "error", "words"),
    [
        (
            {"result": "error", "message": "Client Not Found"},
            200,
            RefusedError,
            "Client",
        ),
        ({"result": "error"}, 200, RefusedError, "without a message"),
        ({"result": "odd"}, 200, PayloadError, "result: neither"),
        ({"result": "success"}, 500, UndeliveredError, "500"),
        ({}, 429, LimitError, "too many"),
        (b"<html>Log in</html>", 200, PayloadError, "not JSON but text/html, 19 bytes"),
        (b"", 200, PayloadError, "0 bytes"),
        (b"[]", 200, PayloadError, "not JSON"),
        (b"{" * 100_000, 200, PayloadError, "not JSON"),
        (b'{"a": "\xff"}', 200, PayloadError, "not JSON"),
        (b"<h1>Not Found</h1>", 404, RefusedError, "no API at this address"),
        (b"Forbidden", 403, UnauthorisedError, "firewall"),
        (b"Invalid IP 203.0.113.7", 403, UnauthorisedError, "Add 203.0.113.7"),
        (b"Bad Gateway", 502, UndeliveredError, "502"),
    ],
)
def test_each_other_answer_is_an_error_of_the_tree(body, status, error, words):
    with pytest.raises(error, match=words):
        answered(body, status, "text/html")


def test_a_message_that_quotes_a_credential_is_not_quoted_whole():
    with pytest.raises(RefusedError) as refused:
        answered({"result": "error", "message": f"No {SECRET} &amp; {IDENTIFIER}"})
    assert SECRET not in str(refused.value)
    assert IDENTIFIER not in str(refused.value)
    assert "&" in str(refused.value)


# --- reading --------------------------------------------------------------------------


@pytest.fixture
def whmcs():
    found = Whmcs()
    found.clients[7] = {
        "firstname": "J&uuml;rgen",
        "lastname": "O&#039;Neil",
        "companyname": "Smith &amp; Sons",
        "email": "juergen@example.com",
        "currency": 2,
    }
    return found


def test_an_invoice_is_the_list_and_the_invoice_itself(whmcs):
    whmcs.bill(42, "119.00", client=7, paid=Decimal("19.00"))
    [listed] = whmcs.drive(list_invoices(API, "Unpaid"))
    alone = whmcs.drive(find_invoice(API, listed.id))
    [found] = to_ledger([merged(listed, alone)], {"7": "juergen@example.com"})
    assert found == Invoice(
        id="42",
        outstanding=Decimal("100.00"),
        total=Decimal("119.00"),
        currency="USD",
        issue_date=date(2026, 2, 1),
        due_date=date(2026, 2, 15),
        customer=Customer(
            id="7",
            name="Jürgen O'Neil",
            company="Smith & Sons",
            email="juergen@example.com",
        ),
    )


def test_only_the_status_that_is_asked_for_comes(whmcs):
    whmcs.bill(1, "9.00")
    whmcs.bill(2, "9.00", status="Paid", invoicenum="2026-1")
    assert [i.id for i in whmcs.drive(list_invoices(API, "Unpaid"))] == ["1"]
    found = whmcs.drive(list_invoices(API))
    assert [(i.id, i.number) for i in found] == [("1", None), ("2", "2026-1")]
    assert [i.id for i in open_ones(found)] == ["1"]


def test_nothing_open_is_an_empty_list(whmcs):
    assert whmcs.drive(list_invoices(API)) == []


@pytest.mark.parametrize("most", [1, 2, 100, 249, 250, 1000])
def test_every_page_is_read_whatever_their_size(whmcs, most):
    whmcs.most = most
    count = 12 if most < 100 else 612
    for number in range(1, count + 1):
        whmcs.bill(number, "9.00")
    found = whmcs.drive(list_invoices(API, "Unpaid"))
    assert [i.id for i in found] == [str(n) for n in range(1, count + 1)]


@given(
    st.lists(
        st.tuples(st.integers(1, 900), st.integers(1, 300)), min_size=1, max_size=8
    )
)
def test_what_is_paid_while_pages_are_read_makes_none_be_passed_over(shifts):
    """Invoices that are paid leave the list, and the later ones move up."""
    whmcs = Whmcs()
    for number in range(1, 901):
        whmcs.bill(number, "9.00")
    ahead = list(shifts)

    def pay_some(_action: str) -> None:
        if ahead and len(whmcs.calls) > 1:
            first, count = ahead.pop()
            for number in range(first, min(first + count, 901)):
                whmcs.bills[number].status = "Paid"

    whmcs.before = pay_some
    found = {i.id for i in whmcs.drive(list_invoices(API, "Unpaid"))}
    still = {str(b.id) for b in whmcs.bills.values() if b.status == "Unpaid"}
    assert still <= found


def test_a_listing_that_repeats_itself_ends_in_an_error():
    class Stuck(Whmcs):
        def _page(self, held, form):
            return super()._page(held, {**form, "limitstart": "0"})

    stuck = Stuck()
    for number in range(1, 600):
        stuck.bill(number, "9.00")
    with pytest.raises(PayloadError, match="repeat"):
        stuck.drive(list_invoices(API))


def test_a_bad_entry_is_rejected_and_loses_no_other(whmcs):
    whmcs.bill(1, "9.00")
    whmcs.bill(2, "NaN")
    whmcs.bill(3, "9.00")
    one, two, three = whmcs.drive(list_invoices(API))
    assert (one.id, three.id) == ("1", "3")
    assert isinstance(two, Rejected)
    assert (two.record_id, two.field) == ("2", "total")


def test_clients_currencies_and_methods_are_read(whmcs):
    for number in range(100, 700):
        whmcs.clients[number] = {"lastname": f"{number % 7}", "currency": 1}
    found = whmcs.drive(list_clients(API))
    assert {c.id for c in found} == {"7", *map(str, range(100, 700))}
    assert {c.email for c in found} == {None, "juergen@example.com"}
    assert whmcs.drive(get_client(API, "7")).currency == "2"
    assert whmcs.drive(list_currencies(API)) == [
        CurrencyEntry(id="1", code="EUR"),
        CurrencyEntry(id="2", code="USD"),
    ]
    assert MethodEntry(module="banktransfer", name="Bank Transfer") in whmcs.drive(
        list_payment_methods(API)
    )


def test_currencies_that_are_not_flattened_are_read_too():
    flow = list_currencies(API)
    next(flow)
    body = b'{"result":"success","currencies":{"currency":[{"id":1,"code":"eur"}]}}'
    with pytest.raises(StopIteration) as end:
        flow.send(HttpResponse(status=200, body=body))
    assert end.value.value == [CurrencyEntry(id="1", code="EUR")]


def test_reading_may_be_repeated_and_writing_may_not():
    reading = next(API("GetInvoice", {"invoiceid": "1"}))
    writing = next(API("AddInvoicePayment", {"invoiceid": "1"}))
    assert (reading.repeatable, writing.repeatable) == (True, False)


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"transactions": {"transaction": [{"id": 1, "amountin": "x"}]}}, "0.amountin"),
        ({"transactions": {"transaction": ["x"]}}, "transaction.0"),
        ({}, "transactions"),
        ({"totalresults": 1, "transactions": ""}, "1 are told of, and 0 listed"),
        ({"totalresults": "1", "transactions": {"odd": [{}]}}, "no 'transaction'"),
        ({"transactions": {"odd": [{}]}}, "no 'transaction'"),
    ],
)
def test_a_payment_that_cannot_be_read_is_not_passed_over(answer, field):
    flow = find_transactions(API, "t")
    next(flow)
    body = json.dumps({"result": "success", **answer}).encode()
    with pytest.raises(PayloadError, match=field):
        flow.send(HttpResponse(status=200, body=body))


def test_no_list_at_all_is_an_empty_one_only_where_none_is_told_of():
    flow = find_transactions(API, "t")
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(
            HttpResponse(status=200, body=b'{"result":"success","totalresults":0}')
        )
    assert end.value.value == []


def test_a_page_that_keeps_back_what_it_tells_of_is_an_error():
    flow = list_invoices(API)
    next(flow)
    body = b'{"result":"success","totalresults":3,"invoices":""}'
    with pytest.raises(PayloadError, match="3 are told of, and none is listed"):
        flow.send(HttpResponse(status=200, body=body))


def test_an_answer_about_another_invoice_is_refused():
    flow = find_invoice(API, "1")
    next(flow)
    body = b'{"result":"success","invoiceid":"2","total":"9.00","status":"Unpaid"}'
    with pytest.raises(PayloadError, match="invoiceid"):
        flow.send(HttpResponse(status=200, body=body))


# --- mass payments --------------------------------------------------------------------


def entry(number: str, *items: str, status: str = "Unpaid") -> InvoiceEntry:
    return InvoiceEntry(
        id=number,
        total=Decimal("9.00"),
        balance=Decimal("9.00"),
        status=status,
        currency="EUR",
        items=tuple(ItemEntry(type="Invoice", related=each) for each in items),
    )


def statuses(*entries: InvoiceEntry):
    found = to_ledger(entries, {})
    return {r.id: r.status.value for r in found if isinstance(r, Invoice)}


def test_a_mass_payment_and_its_members_are_never_both_open():
    assert statuses(entry("1"), entry("2"), entry("9", "1", "2"), entry("3")) == {
        "1": "cancelled",
        "2": "cancelled",
        "9": "open",
        "3": "open",
    }
    [first, _] = to_ledger([entry("1"), entry("9", "1")], {})
    assert isinstance(first, Invoice)
    assert first.metadata == {COLLECTED_BY: "9"}


def test_the_members_of_a_mass_payment_that_is_cancelled_are_open():
    assert statuses(entry("1"), entry("9", "1", status="Cancelled"))["1"] == "open"


def test_a_member_that_is_paid_stays_so():
    assert statuses(entry("1", status="Paid"), entry("9", "1"))["1"] == "paid"


def test_an_invoice_that_names_itself_is_open():
    assert statuses(entry("1", "1")) == {"1": "open"}


def test_the_items_come_over_the_wire(whmcs):
    item = {"id": 5, "type": "Invoice", "relid": 1, "description": "", "amount": "9.00"}
    whmcs.bill(1, "9.00")
    whmcs.bill(9, "9.00", items=[item])
    entries = [whmcs.drive(find_invoice(API, number)) for number in ("1", "9")]
    assert entries[1].items == (ItemEntry(type="Invoice", related="1"),)


# --- over a network -------------------------------------------------------------------


@contextmanager
def driver_for(whmcs, **limits):
    with serve(whmcs) as origin, httpx.Client() as client:
        site = Site(
            provider="WHMCS",
            origin=origin,
            limits=Limits(first_wait_seconds=0.001, most_wait_seconds=0.002, **limits),
        )
        yield HttpxDriver(client=client, site=site)


def test_a_faulty_site_is_read_to_the_end(whmcs):
    faults = [Fault.LOST, Fault.UNANSWERED, Fault.FAILED_BEFORE, None, Fault.LOST]

    def fault(_action):
        return faults.pop() if faults else None

    for number in range(1, 301):
        whmcs.bill(number, "9.00")
    whmcs.fault = fault
    with driver_for(whmcs) as driver:
        assert len(driver.run(list_invoices(API, "Unpaid"))) == 300
        assert len(driver.run(list_currencies(API))) == 2
    assert not faults


def test_an_address_that_is_not_allowed_gets_in_with_the_access_key(whmcs):
    whmcs.bill(1, "9.00")
    whmcs.blocked = "203.0.113.7"
    with driver_for(whmcs) as driver:
        with pytest.raises(UnauthorisedError, match=r"203\.0\.113\.7"):
            driver.run(find_invoice(API, "1"))
        opened = classic_api(evolve(ACCESS, access_key=Secret(ACCESS_KEY)))
        assert driver.run(find_invoice(opened, "1")).id == "1"


def test_an_action_that_the_role_lacks_is_named(whmcs):
    whmcs.allowed.remove("GetClients")
    with (
        driver_for(whmcs) as driver,
        pytest.raises(UnauthorisedError, match="Allow GetClients"),
    ):
        driver.run(list_clients(API))


def test_another_program_at_the_address_is_found_out(whmcs):
    elsewhere = classic_api(evolve(ACCESS, path="/shop/includes/api.php"))
    with driver_for(whmcs) as driver, pytest.raises(RefusedError, match="no API at"):
        driver.run(list_clients(elsewhere))


def test_no_secret_is_in_what_is_logged_or_raised(whmcs, caplog):
    caplog.set_level(logging.DEBUG)
    said = [repr(ACCESS), repr(next(API("GetClients", {})))]
    wrong = classic_api(evolve(ACCESS, secret=Secret("not-" + SECRET)))
    with driver_for(whmcs, attempts=2) as driver:
        for fault in (None, Fault.LOST, Fault.FAILED_AFTER, Fault.GARBLED_AFTER):
            whmcs.fault = lambda _action, fault=fault: fault
            for api in (API, wrong):
                try:
                    said.append(repr(driver.run(list_clients(api))))
                except ProviderError as error:
                    said += [str(error), repr(error), repr(vars(error))]
                    whole = traceback.TracebackException.from_exception(
                        error, capture_locals=True
                    )
                    frames = [f for f in whole.stack if "/whmcs/flows" in f.filename]
                    said += [repr(frame.locals) for frame in frames]
    said += [repr(vars(record)) for record in caplog.records]
    assert len(said) > 20
    assert not [line for line in said if SECRET in line or IDENTIFIER in line]


# --- whatever comes -------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0000-00-00", "1.00", "Unpaid", "&amp;", "2026-02-30", "1e99"])
)
KEYS = """
id invoiceid total balance status items item type relid date duedate userid currencycode
invoices invoice clients client transactions transaction amountin transid currencies
currency currencies[currency][0][id] code result totalresults 0 1
"""
keys = st.sampled_from(KEYS.split())
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6)
    ),
    max_leaves=12,
)
PAYMENT = Payment(
    account="",
    transaction="t",
    invoice="1",
    amount=Decimal("9.00"),
    currency="EUR",
    day=date(2026, 3, 4),
    gateway="mailin",
)
FLOWS = (
    lambda: list_invoices(API),
    lambda: find_invoice(API, "1"),
    lambda: find_transactions(API, "t"),
    lambda: list_clients(API),
    lambda: get_client(API, "1"),
    lambda: list_currencies(API),
    lambda: list_payment_methods(API),
    lambda: apply_payment(API, PAYMENT, {"1": "EUR"}),
)


@given(st.sampled_from(FLOWS), st.dictionaries(keys, values, max_size=8))
def test_whatever_is_answered_comes_to_records_or_an_error(flow, answer):
    run_dry(flow(), json.dumps({"result": "success", **answer}).encode())


@given(st.sampled_from(FLOWS), st.binary(max_size=60), st.integers(200, 599))
def test_whatever_bytes_come_to_an_error(flow, body, status):
    run_dry(flow(), body, status)


def run_dry(flow: Flow[object], body: bytes, status: int = 200) -> None:
    """Answer everything the same, and see the flow end as it may."""
    response = HttpResponse(status=status, body=body)
    try:
        next(flow)
        for _ in range(200):
            flow.send(response)
    except StopIteration:
        return
    except ProviderError:
        return
    pytest.fail("it asks without an end")


def test_an_entry_of_every_status_is_known_or_rejected():
    odd = read_invoice({"id": 1, "total": "1.00", "status": "Odd"})
    [found] = to_ledger([evolve(odd, currency="EUR")], {})
    assert isinstance(found, Rejected)
    assert found.field == "status"
    assert statuses(entry("1", status="Draft")) == {"1": InvoiceStatus.DRAFT}
