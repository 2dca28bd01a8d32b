"""What Stripe is asked: by hand as generators, and over HTTP against the fake."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from traceback import TracebackException
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from stripe import StripeClient

from payymo_adapters.errors import (
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.http import Flow, HttpResponse, Pairs, Secret
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_adapters.stripe.failures import failure
from payymo_adapters.stripe.flows import (
    BALANCE_TRANSACTIONS,
    CHARGES,
    DISPUTES,
    EVER,
    PAYMENT_INTENTS,
    PAYOUTS,
    REFUNDS,
    VERSION,
    Access,
    Listing,
    Scope,
    Window,
    charge_of,
    connect,
    consent_link,
    contents_of,
    disconnect,
    every,
)
from payymo_adapters.stripe.ledger import Ledger, ledger
from payymo_adapters.stripe.retry import is_worth_repeating
from payymo_adapters.stripe.wire import Charge
from tests.fakes.serving import serve
from tests.fakes.stripe import NOON, FakeStripe, Fault

T = TypeVar("T")
KEY = "sk_test_platform"
ACCESS = Access(key=Secret(KEY))
LISTINGS: list[Listing[Any]] = [
    CHARGES,
    PAYMENT_INTENTS,
    BALANCE_TRANSACTIONS,
    PAYOUTS,
    REFUNDS,
    DISPUTES,
]
QUICK = Limits(attempts=3, first_wait_seconds=0.001, most_wait_seconds=0.002)
Run = Callable[[Flow[T]], T]


@contextmanager
def driven(fake: FakeStripe) -> Iterator[HttpxDriver]:
    with serve(fake) as origin, httpx.Client() as client:
        site = Site(
            provider="Stripe", origin=origin, limits=QUICK, again=is_worth_repeating
        )
        yield HttpxDriver(client=client, site=site)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def ok(**body: object) -> HttpResponse:
    return HttpResponse(status=200, body=json.dumps(body).encode())


def charge(name: str, **words: object) -> Mapping[str, object]:
    return {
        "id": name,
        "object": "charge",
        "amount": 100,
        "amount_captured": 100,
        "amount_refunded": 0,
        "balance_transaction": "txn_1",
        "captured": True,
        "created": NOON,
        "currency": "eur",
        "disputed": False,
        "refunded": False,
        "status": "succeeded",
        **words,
    }


def result_of(flow: Flow[T], *answers: HttpResponse) -> T:
    """What a flow returns when it is answered so."""
    next(flow)
    for answer in answers[:-1]:
        flow.send(answer)
    with pytest.raises(StopIteration) as end:
        flow.send(answers[-1])
    found: T = end.value.value
    return found


def error_of(flow: Flow[Any], *answers: HttpResponse) -> ProviderError:
    next(flow)
    for answer in answers[:-1]:
        flow.send(answer)
    with pytest.raises(ProviderError) as raised:
        flow.send(answers[-1])
    return raised.value


# --- by hand --------------------------------------------------------------------------


def test_every_request_says_the_version_whose_behalf_and_nothing_aloud() -> None:
    access = Access(key=Secret(KEY), account="acct_1")
    request = next(every(access, CHARGES))
    headers = dict(request.headers)
    assert headers["Stripe-Version"] == VERSION == "2026-06-24.dahlia"
    assert headers["Stripe-Account"] == "acct_1"
    key = headers["Authorization"]
    assert isinstance(key, Secret)
    assert key.reveal() == f"Bearer {KEY}"
    assert KEY not in repr((access, request))


def test_without_an_account_none_is_named() -> None:
    assert "Stripe-Account" not in dict(next(every(ACCESS, CHARGES)).headers)


def test_a_window_is_closed_at_its_beginning_and_open_at_its_end() -> None:
    window = Window(since=at(100), until=at(200))
    query = next(every(ACCESS, CHARGES, window)).query
    assert ("created[gte]", "100") in query
    assert ("created[lt]", "200") in query


def test_the_second_page_begins_after_the_last_of_the_first() -> None:
    flow = every(ACCESS, CHARGES)
    assert "starting_after" not in dict(next(flow).query)
    more = ok(data=[charge("ch_2"), charge("ch_1")], has_more=True)
    assert dict(flow.send(more).query)["starting_after"] == "ch_1"
    with pytest.raises(StopIteration) as end:
        flow.send(ok(data=[charge("ch_0")], has_more=False))
    assert [c.id for c in end.value.value] == ["ch_2", "ch_1", "ch_0"]


@pytest.mark.parametrize(
    ("pages", "fault"),
    [
        ([ok(data=[], has_more=True)], "empty page"),
        ([ok(data=[charge("ch_1")], has_more=True)] * 2, "do not move on"),
        ([ok(data=[charge("ch_1")])], "has_more: null is there, not true or false"),
        ([ok(data=[charge("ch_1", amount=1.5)], has_more=False)], "data.0.amount"),
        ([ok(data=[charge("ch_1", amount=True)], has_more=False)], "data.0.amount"),
        ([ok(data=[charge("ch_1", amount=10**15)], has_more=False)], "data.0.amount"),
        ([ok(data=[charge("ch_1", created=-1)], has_more=False)], "data.0.created"),
        ([ok(data=[charge("ch_1", currency="€")], has_more=False)], "data.0.currency"),
        (
            [ok(data=[charge("ch_1", metadata={"a": 1})], has_more=False)],
            "data.0.metadata.a",
        ),
        ([ok(data={}, has_more=False)], "data: an object is there, not a list"),
        ([HttpResponse(status=200, body=b"<html>")], "not JSON"),
        ([HttpResponse(status=200, body=b'{"data": NaN}')], "not JSON"),
        ([HttpResponse(status=200, body=b'{"data": "\\ud800"}')], "not JSON"),
        ([HttpResponse(status=200, body=b"[" * 100_000)], "not JSON"),
        ([HttpResponse(status=204)], "status 204"),
    ],
)
def test_a_list_that_is_not_as_documented_names_the_field(
    pages: list[HttpResponse], fault: str
) -> None:
    error = error_of(every(ACCESS, CHARGES), *pages)
    assert isinstance(error, PayloadError)
    assert fault in str(error)


def test_objects_within_objects_end_in_an_error_too() -> None:
    deep: Mapping[str, object] = {"id": "ch_1"}
    for _ in range(300):
        line = {
            "id": "txn_1",
            "amount": 1,
            "fee": 0,
            "net": 1,
            "currency": "eur",
            "created": NOON,
            "available_on": NOON,
            "type": "charge",
            "reporting_category": "charge",
            "status": "available",
            "source": deep,
        }
        deep = charge("ch_1", balance_transaction=line)
    error = error_of(every(ACCESS, CHARGES), ok(data=[deep], has_more=False))
    assert "without end" in str(error)


def test_a_fault_never_shows_what_it_found() -> None:
    answer = ok(data=[charge("ch_1", amount="sk_live_of_somebody")], has_more=False)
    assert "sk_live" not in str(error_of(every(ACCESS, CHARGES), answer))


def test_a_filter_that_a_list_does_not_take_is_our_own_fault() -> None:
    with pytest.raises(ValueError, match="cannot be filtered by status"):
        next(every(ACCESS, CHARGES, EVER, (("status", "paid"),)))


def refused(status: int, **error: str) -> HttpResponse:
    return HttpResponse(status=status, body=json.dumps({"error": error}).encode())


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refused(401, message="Invalid API Key"), UnauthorisedError, "secret key"),
        (refused(403, code="account_invalid"), UnauthorisedError, "payymo connect"),
        (refused(403, message="No permission"), UnauthorisedError, "permission"),
        (refused(404, code="resource_missing"), RefusedError, "resource_missing"),
        (refused(402, type="card_error"), RefusedError, "card_error"),
        (refused(400, param="limit", message="Bad"), RefusedError, "Bad [limit]"),
        (refused(400, code="rate_limit"), LimitError, "rate_limit"),
        (refused(429, code="lock_timeout"), LimitError, "lock_timeout"),
        (HttpResponse(status=429), LimitError, "429"),
        (refused(409, type="idempotency_error"), UndeliveredError, "idempotency"),
        (refused(424, type="api_error"), UndeliveredError, "api_error"),
        (HttpResponse(status=503, body=b"<html>"), UndeliveredError, "503"),
        (HttpResponse(status=500, body=b'{"error": 7}'), UndeliveredError, "500"),
    ],
)
def test_each_refusal_is_of_its_kind(
    answer: HttpResponse, kind: type[ProviderError], words: str
) -> None:
    error = error_of(every(ACCESS, CHARGES), answer)
    assert type(error) is kind
    assert words in str(error)


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ((), None),
        ((("retry-after", "90"),), datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("status", [400, 429])
def test_a_limit_says_until_when(
    told: Pairs, until: datetime | None, status: int
) -> None:
    answer = evolve(refused(status, code="rate_limit"), headers=told)
    error = failure(answer, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert isinstance(error, LimitError)
    assert error.until == until


def test_a_flow_that_meets_a_limit_says_until_when() -> None:
    # A date: this must hold whenever the test runs.
    told = (("retry-after", "Sun, 01 Mar 2026 12:00:09 GMT"),)
    error = error_of(every(ACCESS, CHARGES), HttpResponse(status=429, headers=told))
    assert isinstance(error, LimitError)
    assert error.until == datetime(2026, 3, 1, 12, 0, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "secret",
    ["sk_live_51Hx*****abcd", "rk_test_1", "ac_123", "rt_9", "whsec_abc", "pk_live_z"],
)
def test_credentials_in_a_message_of_stripes_are_masked(secret: str) -> None:
    error = error_of(
        every(ACCESS, CHARGES), refused(400, message=f"Not good: {secret}")
    )
    assert secret not in str(error)
    assert "Not good: ***" in str(error)


@pytest.mark.parametrize(
    ("status", "said", "again"),
    [
        (500, "", True),
        (503, "false", False),
        (409, "", True),
        (409, "false", False),
        (400, "", False),
        (400, "true", True),
        (429, "", True),
        (429, "false", False),
        (200, "", False),
        (500, "perhaps", True),
    ],
)
def test_what_stripe_says_of_repeating_comes_first(
    status: int, said: str, *, again: bool
) -> None:
    headers = (("stripe-should-retry", said),) if said else ()
    assert is_worth_repeating(HttpResponse(status=status, headers=headers)) is again


def test_the_rule_of_repeating_is_that_of_the_official_client_but_for_limits() -> None:
    official = stripe_http_client()
    for status in (*range(200, 600), 429):
        for said in ("", "true", "false"):
            headers = {"stripe-should-retry": said} if said else {}
            wanted = official._should_retry((b"", status, headers), None, 0, 1)
            answer = HttpResponse(status=status, headers=tuple(headers.items()))
            assert is_worth_repeating(answer) is (
                wanted or (status == 429 and not said)
            )


def test_the_waits_are_those_of_the_official_client() -> None:
    official, limits = stripe_http_client(), Limits()
    assert limits.first_wait_seconds == official.INITIAL_DELAY
    last = limits.first_wait_seconds * 2 ** (limits.attempts - 2)
    # Each has its jitter on top: of the first wait at most.
    longest = min(limits.most_wait_seconds, last + limits.first_wait_seconds)
    assert longest <= official.MAX_DELAY


def stripe_http_client() -> Any:
    return StripeClient(KEY)._requestor._get_http_client()


# --- connecting -----------------------------------------------------------------------


def test_the_consent_link_asks_for_reading_unless_told_otherwise() -> None:
    link = consent_link(client_id="ca_1", redirect="https://x.example/b", state="s1")
    query = dict(parse_qsl(urlsplit(link).query))
    assert query["scope"] == "read_only"
    assert query == {
        "response_type": "code",
        "client_id": "ca_1",
        "scope": "read_only",
        "redirect_uri": "https://x.example/b",
        "state": "s1",
    }
    wider = consent_link(
        client_id="ca_1", redirect="https://x/b", state="s", scope=Scope.READ_WRITE
    )
    assert "scope=read_write" in wider


def test_the_consent_link_is_the_official_one() -> None:
    words = "https://x.example/b?c=d&e", "s +/="
    official = StripeClient(KEY, client_id="ca_1").oauth.authorize_url(
        {"scope": "read_only", "redirect_uri": words[0], "state": words[1]}
    )
    ours = consent_link(client_id="ca_1", redirect=words[0], state=words[1])
    assert urlsplit(ours)[:3] == urlsplit(official)[:3]
    assert sorted(parse_qsl(urlsplit(ours).query)) == sorted(
        parse_qsl(urlsplit(official).query)
    )


def code_of(origin: str, fake: FakeStripe) -> Secret:
    """Say yes as the owner does, and take the code out of the redirect."""
    back = "http://127.0.0.1:9/back"
    fake.redirects.add(back)
    link = consent_link(
        client_id=fake.client_id, redirect=back, state="s1", base=origin
    )
    answer = httpx.get(link, follow_redirects=False)
    query = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert query["state"] == "s1"
    return Secret(query["code"])


def test_a_code_is_exchanged_once_and_the_account_read() -> None:
    fake = FakeStripe()
    fake.pay()
    with driven(fake) as driver:
        code = code_of(driver.site.origin, fake)
        connected = driver.run(connect(Secret(KEY), code))
        assert connected.account == "acct_owner"
        assert connected.scope == "read_only"
        assert not connected.livemode
        access = Access(key=Secret(KEY), account=connected.account)
        assert len(driver.run(every(access, CHARGES))) == 1
        with pytest.raises(UnauthorisedError, match="invalid_grant") as raised:
            driver.run(connect(Secret(KEY), code))
    assert code.reveal() not in str(raised.value)
    assert "older than 5 minutes" in str(raised.value)


def test_exchanging_a_code_is_never_repeated() -> None:
    assert not next(connect(Secret(KEY), Secret("ac_1"))).repeatable
    assert not next(disconnect(Secret(KEY), "ca_1", "acct_1")).repeatable
    fake = FakeStripe(faults={"/oauth/token": [Fault(503)] * 3})
    with driven(fake) as driver, pytest.raises(UndeliveredError):
        driver.run(connect(Secret(KEY), Secret("ac_1")))
    assert len(fake.asked) == 1


def test_a_wrong_key_shows_in_no_error() -> None:
    wrong = Secret("sk_test_wrong_one")
    with driven(FakeStripe()) as driver:
        with pytest.raises(UnauthorisedError, match="invalid_client") as one:
            driver.run(connect(wrong, Secret("ac_1")))
        with pytest.raises(UnauthorisedError) as other:
            driver.run(every(Access(key=wrong), CHARGES))
    assert "wrong_one" not in str(one.value) + str(other.value)


@pytest.mark.parametrize(
    "flow",
    [
        lambda: connect(Secret(KEY), Secret("ac_secret_code")),
        lambda: disconnect(Secret(KEY), "ca_1", "acct_1"),
        lambda: every(ACCESS, CHARGES),
    ],
)
def test_not_even_the_variables_of_a_traceback_hold_a_secret(
    flow: Callable[[], Flow[Any]],
) -> None:
    error = error_of(flow(), refused(500, message="no"))
    told = TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(told.format())
    assert "response = " in shown
    assert KEY not in shown
    assert "ac_secret_code" not in shown


def test_a_consent_that_was_given_back_lets_nobody_read() -> None:
    fake = FakeStripe(connected={"acct_owner": "read_only"})
    access = Access(key=Secret(KEY), account="acct_owner")
    with driven(fake) as driver:
        assert driver.run(every(access, CHARGES)) == ()
        assert driver.run(disconnect(Secret(KEY), "ca_payymo", "acct_owner"))
        with pytest.raises(UnauthorisedError, match="payymo connect stripe") as raised:
            driver.run(every(access, CHARGES))
    assert KEY not in str(raised.value)


# --- lists, over HTTP -----------------------------------------------------------------


def busy(payments: int = 250) -> FakeStripe:
    """A Stripe with something in every list."""
    fake = FakeStripe()
    charges = [fake.pay(1_000 + n, created=NOON + n) for n in range(payments)]
    fake.refund(charges[0], 400)
    fake.dispute(charges[-1])
    fake.pay_out(*(o for o in list(fake.objects.values()) if o["object"] == TXN))
    return fake


TXN = "balance_transaction"


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.path)
def test_every_list_is_read_to_its_end_as_the_official_client_does(
    listing: Listing[Any],
) -> None:
    fake = busy()
    with driven(fake) as driver:
        ours = [each.id for each in driver.run(every(ACCESS, listing))]
        client = StripeClient(KEY, base_addresses={"api": driver.site.origin})
        name = listing.path.rpartition("/")[2]
        official = getattr(client.v1, name).list({"limit": 100}).auto_paging_iter()
        assert ours == [each.id for each in official]
    kind = name.removesuffix("s")
    assert len(ours) == sum(o["object"] == kind for o in fake.objects.values())
    assert VERSION in fake.versions


def test_windows_that_follow_one_another_find_every_line_once() -> None:
    fake = busy(120)
    ends = [None, *(at(NOON + n) for n in (0, 7, 60, 61, 90)), None]
    found: list[str] = []
    with driven(fake) as driver:
        for since, until in pairwise(ends):
            window = Window(since=since, until=until)
            found += [c.id for c in driver.run(every(ACCESS, CHARGES, window))]
    assert sorted(found) == sorted(
        o["id"] for o in fake.objects.values() if o["object"] == "charge"
    )
    assert len(found) == len(set(found)) == 120


def test_an_expanded_list_is_what_the_official_client_reads() -> None:
    fake = busy(3)
    with driven(fake) as driver:
        full = ("balance_transaction", "payment_intent")
        charges = driver.run(every(ACCESS, CHARGES, expand=full))
        client = StripeClient(KEY, base_addresses={"api": driver.site.origin})
        official = client.v1.charges.list({"expand": [f"data.{f}" for f in full]})
    for ours, theirs in zip(charges, official.data, strict=True):
        assert ours.line
        assert ours.intent
        line, intent = theirs.balance_transaction, theirs.payment_intent
        assert not isinstance(line, str)
        assert not isinstance(intent, str)
        assert line is not None
        assert intent is not None
        assert (ours.line.amount, ours.line.fee, ours.line.net) == (
            line.amount,
            line.fee,
            line.net,
        )
        assert ours.intent.amount_received == intent.amount_received


def test_a_failure_of_stripes_is_asked_again_as_it_says() -> None:
    fake = busy(1)
    fake.faults["/v1/charges"] = [Fault(503), Fault(409)]
    with driven(fake) as driver:
        assert len(driver.run(every(ACCESS, CHARGES))) == 1
        assert len(fake.asked) == 3
        told = {"Stripe-Should-Retry": "false"}
        fake.faults["/v1/charges"] = [Fault(503, headers=told)]
        with pytest.raises(UndeliveredError):
            driver.run(every(ACCESS, CHARGES))
    assert len(fake.asked) == 4


# --- the ledger -----------------------------------------------------------------------


def all_of(fake: FakeStripe, window: Window = EVER, *waiting: str) -> Ledger:
    with driven(fake) as driver:
        return driver.run(ledger(ACCESS, window, waiting))


def test_a_ledger_holds_lines_charges_and_what_payouts_carry() -> None:
    fake = busy(3)
    found = all_of(fake)
    lines = {o["id"] for o in fake.objects.values() if o["object"] == TXN}
    assert {line.id for line in found.lines} == lines
    assert len(found.charges) == 3
    (carried,) = found.carried
    assert {line.id for line in carried.lines} == lines
    assert all(charge.intent and charge.line for charge in found.charges)


def test_a_charge_that_was_waited_for_comes_with_its_line() -> None:
    fake = FakeStripe()
    late = fake.pay(settled=False, created=NOON - 90 * 86_400)
    window = Window(since=at(NOON), until=at(NOON + 86_400))
    assert all_of(fake, window, late["id"]).lines == ()
    line = fake.settle(late, created=NOON - 89 * 86_400)
    found = all_of(fake, window, late["id"])
    assert [each.id for each in found.lines] == [line["id"]]
    assert [each.id for each in found.charges] == [late["id"]]


def test_a_charge_waited_for_is_not_asked_twice_nor_its_line_given_twice() -> None:
    fake = FakeStripe()
    paid = fake.pay()
    found = all_of(fake, EVER, paid["id"], paid["id"])
    assert len(found.lines) == len(found.charges) == 1
    assert not [path for _, path, _ in fake.asked if path.endswith(paid["id"])]


def test_the_charge_behind_a_refund_is_asked_for_though_it_is_older() -> None:
    fake = FakeStripe()
    old = fake.pay(created=NOON - 30 * 86_400, description="INV-2026-7")
    line = fake.objects[old["balance_transaction"]]
    line["created"] = NOON - 30 * 86_400
    fake.refund(old, 400)
    found = all_of(fake, Window(since=at(NOON)))
    assert [each.reporting_category for each in found.lines] == ["refund"]
    assert [each.description for each in found.charges] == ["INV-2026-7"]


def test_a_charge_that_is_gone_does_not_stop_the_rest() -> None:
    fake = FakeStripe()
    fake.refund(fake.pay(), 400)
    gone = next(o for o in fake.objects.values() if o["object"] == "charge")
    line = fake.objects[gone["balance_transaction"]]
    for thing in (gone, line):
        del fake.objects[thing["id"]]
    assert [each.reporting_category for each in all_of(fake).lines] == ["refund"]


def test_a_payout_by_hand_or_in_progress_is_not_itemised() -> None:
    fake = FakeStripe()
    fake.pay_out(automatic=False, reconciliation_status="not_applicable")
    fake.pay_out(reconciliation_status="in_progress")
    found = all_of(fake)
    assert not found.carried
    assert len(found.payouts) == 2


def test_one_charge_and_the_contents_of_one_payout() -> None:
    fake = busy(2)
    paid = next(o for o in fake.objects.values() if o["object"] == "charge")
    with driven(fake) as driver:
        found = driver.run(charge_of(ACCESS, paid["id"]))
        assert isinstance(found, Charge)
        assert found.line
        (payout,) = driver.run(every(ACCESS, PAYOUTS))
        contents = driver.run(contents_of(ACCESS, payout))
    own = [line for line in contents if line.type == "payout"]
    assert [line.amount for line in own] == [-payout.amount]


def test_an_id_is_a_piece_of_a_path_and_nothing_more() -> None:
    request = next(charge_of(ACCESS, "../refunds?x=1#y"))
    assert request.path == "/v1/charges/..%2Frefunds%3Fx%3D1%23y"


# --- whatever comes -------------------------------------------------------------------


def flows() -> list[Callable[[], Flow[Any]]]:
    return [
        *(lambda listing=each: every(ACCESS, listing) for each in LISTINGS),
        lambda: charge_of(ACCESS, "ch_1"),
        lambda: connect(Secret(KEY), Secret("ac_secret_code")),
        lambda: disconnect(Secret(KEY), "ca_1", "acct_1"),
        lambda: ledger(ACCESS, EVER, ("ch_9",)),
    ]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["eur", "ch_1", "charge", NOON, 100, "txn_1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "data", "object", "error", "code", "source", "message"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Anything, and answers that are right but for one place."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=60))
    item = dict(charge("ch_1", source=draw(JSON), balance_transaction=draw(JSON)))
    item[draw(st.sampled_from(sorted(item)))] = draw(JSON)
    page = {"data": [item], "has_more": False}
    whole = draw(st.sampled_from([page, item, {"error": draw(JSON)}, draw(JSON)]))
    return json.dumps(whole).encode()


@given(
    st.lists(
        st.tuples(st.sampled_from([200, 200, 200, 400, 401, 404, 429, 500]), bodies()),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(flows()),
)
def test_no_bytes_end_in_anything_but_a_record_or_an_error_of_the_tree(
    answers: list[tuple[int, bytes]], make: Callable[[], Flow[Any]]
) -> None:
    said = end_of(make(), answers)
    assert KEY not in said
    assert "ac_secret_code" not in said


def end_of(flow: Flow[Any], answers: list[tuple[int, bytes]]) -> str:
    """All that a flow says on its way and at its end."""
    said = []
    try:
        said.append(repr(next(flow)))
        for status, body in answers:
            request = flow.send(HttpResponse(status=status, body=body))
            said.append(repr(request))
    except (ProviderError, StopIteration) as end:
        said += [str(end), repr(end)]
    return " ".join(said)


def test_no_log_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fake = busy(1)
    with driven(fake) as driver:
        code = code_of(driver.site.origin, fake)
        caplog.clear()
        driver.run(connect(Secret(KEY), code))
        driver.run(every(ACCESS, CHARGES, Window(since=at(0) + timedelta(days=1))))
    assert caplog.text
    for secret in (KEY, code.reveal(), "sk_test_of_the_owner", "rt_of_the_owner"):
        assert secret not in caplog.text
