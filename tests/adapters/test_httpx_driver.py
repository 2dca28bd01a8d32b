"""The drivers over real connections on loopback; every case with both of them."""

import gzip
import logging
import random
import socket
import ssl
import traceback
import tracemalloc
import zlib
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event
from time import sleep

import anyio
import httpx
import pytest
import trustme
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.budget import FileBudget, MemoryBudget
from payymo_adapters.errors import (
    FileError,
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.http import Flow, HttpRequest, HttpResponse, Secret
from payymo_adapters.http_body import Intake
from payymo_adapters.http_limits import Pause, pause_of
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.httpx_driver import AsyncHttpxDriver, Clock, HttpxDriver
from payymo_adapters.payload import read
from tests.fakes.serving import response, scripted, serve_raw

SECRET = "s3cr3t-of-the-tests"
QUICK = Limits(
    connect_seconds=5,
    idle_seconds=0.25,
    total_seconds=0.6,
    body_bytes=10_000,
    attempts=3,
    first_wait_seconds=0.001,
    most_wait_seconds=0.002,
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Made once: to load what is trusted takes longer than a test.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
GET = HttpRequest(path="/things")
POST = HttpRequest(method="POST", path="/things", body=b"a=b")


class Watch:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def clock(self) -> Clock:
        return Clock(
            now=lambda: self.now, sleep=self.sleep, sleep_async=self.sleep_async
        )


def asking(*requests: HttpRequest) -> Flow[list[HttpResponse]]:
    """A flow that asks one after the other and returns the answers."""
    found = []
    for request in requests:
        answer = yield request
        found.append(answer)
    return found


@pytest.fixture(params=["sync", "async"])
def run(request):
    """Run flows with one of the drivers, all of them with the same driver."""

    def run_sync(site, *flows, verify=NO_TLS, **further):
        with httpx.Client(verify=verify) as client:
            driver = HttpxDriver(client=client, site=site, **further)
            return [driver.run(flow) for flow in flows]

    def run_async(site, *flows, verify=NO_TLS, **further):
        async def main():
            async with httpx.AsyncClient(verify=verify) as client:
                driver = AsyncHttpxDriver(client=client, site=site, **further)
                return [await driver.run(flow) for flow in flows]

        return anyio.run(main)

    return run_sync if request.param == "sync" else run_async


@pytest.fixture
def ask(run):
    """Ask a server that answers by a script; gives the answers and what it saw."""

    def ask_once(script, *requests, limits=QUICK, **further):
        with serve_raw(script) as (origin, server):
            site = Site(provider="Example", origin=origin, limits=limits)
            [found] = run(site, asking(*(requests or (GET,))), **further)
            return found, server.requests

    return ask_once


# --- what is sent ---------------------------------------------------------------------


def test_a_request_goes_out_as_the_flow_says_it(ask):
    [answer], [seen] = ask(
        scripted(response(200, b"{}", x_one="1")),
        HttpRequest(
            method="PUT",
            path="/a/b%20c/",
            query=(("q", "ü&="), ("q", "2")),
            headers=(("authorization", Secret(SECRET)), ("x-plain", "yes")),
            body=b"hello",
        ),
    )
    head, _, body = seen.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "PUT /a/b%20c/?q=%C3%BC%26%3D&q=2 HTTP/1.1"
    assert {f"authorization: {SECRET}", "x-plain: yes"} <= set(lines)
    assert "accept-encoding: gzip, deflate" in lines
    assert body == b"hello"
    assert (answer.status, answer.body, answer.header("X-One")) == (200, b"{}", "1")


def test_connections_are_used_again(run):
    ports = []

    def script(connection):
        ports.append(connection.getpeername())
        connection.sendall(response(200))

    with serve_raw(script) as (origin, _):
        site = Site(provider="Example", origin=origin)
        run(site, asking(GET, GET), asking(GET))
    assert len(ports) == 3
    assert len(set(ports)) == 1


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("http://api.example.com", "https"),
        ("ftp://api.example.com", "is not one"),
        ("api.example.com", "is not one"),
        ("https://", "is not one"),
        ("https://api.example.com:port", "is not one"),
        ("https://me:hunter2@api.example.com", "user or a password"),
        ("https://api.example.com/v2", "more than a scheme"),
        ("https://api.example.com?x=1", "more than a scheme"),
    ],
)
def test_an_address_that_is_no_origin_is_refused_and_not_quoted(origin, words):
    with pytest.raises(RefusedError, match=words) as refused:
        Site(provider="Example", origin=origin)
    assert "hunter2" not in str(refused.value)


def test_plain_http_is_for_loopback_only():
    for origin in ("http://127.0.0.1:81", "http://localhost", "http://[::1]:8/"):
        assert Site(provider="Example", origin=origin).origin == origin.rstrip("/")


@pytest.mark.parametrize("path", [".evil.example", "/a?b=c", "/a#b", ""])
def test_a_path_cannot_change_the_host_or_hide_a_query(path):
    site = Site(provider="Example", origin="https://api.example.com")
    with pytest.raises(ValueError, match="path"):
        site.url(HttpRequest(path=path))


@pytest.mark.parametrize("value", [f"{SECRET}\n", f"{SECRET}\r\nx: y", f"ü{SECRET}"])
def test_a_credential_that_is_no_header_is_refused_and_not_shown(ask, value):
    request = HttpRequest(path="/", headers=(("authorization", Secret(value)),))
    with pytest.raises(RefusedError, match="authorization") as refused:
        ask(scripted(response(200)), request)
    assert not [line for line in shown_by(refused.value) if SECRET in line]
    assert SECRET not in repr(refused.value)


# --- what comes back ------------------------------------------------------------------


def test_a_chunked_answer_is_put_together(ask):
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    [answer], _ = ask(scripted(head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
    assert answer.body == b"abcde"


@pytest.mark.parametrize(
    ("packing", "body"),
    [
        ("gzip", gzip.compress(b"abc" * 100, mtime=0)),
        (
            "gzip",
            gzip.compress(b"abc" * 50, mtime=0) + gzip.compress(b"abc" * 50, mtime=0),
        ),
        ("deflate", zlib.compress(b"abc" * 100)),
        ("identity", b"abc" * 100),
    ],
)
def test_a_packed_answer_is_unpacked(ask, packing, body):
    [answer], _ = ask(scripted(response(200, body, content_encoding=packing)))
    assert answer.body == b"abc" * 100


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("text/html", b'{"a": "b"}', None),
        ("application/json", b"<html>Log in</html>", PayloadError),
    ],
)
def test_an_answer_is_what_it_holds_and_not_what_its_type_says(run, kind, body, error):
    def flow() -> Flow[str]:
        answer = yield GET
        return read("Example", answer.body, lambda held: held.words("a"))

    with serve_raw(scripted(response(200, body, content_type=kind))) as (origin, _):
        site = Site(provider="Example", origin=origin, limits=QUICK)
        if error is None:
            assert run(site, flow()) == ["b"]
        else:
            with pytest.raises(error, match="JSON"):
                run(site, flow())


def test_an_answer_of_the_size_allowed_is_taken_and_one_byte_more_is_not(ask):
    [answer], _ = ask(scripted(response(200, b"x" * 10_000)))
    assert len(answer.body) == 10_000
    with pytest.raises(PayloadError, match="larger than 10,000 bytes"):
        ask(scripted(response(200, b"x" * 10_001)))


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(ask):
    packer = zlib.compressobj(9, wbits=31)
    nothing = bytes(2**20)
    bomb = b"".join(packer.compress(nothing) for _ in range(200)) + packer.flush()
    limits = evolve(QUICK, body_bytes=2**20)
    assert len(bomb) < limits.body_bytes
    with pytest.raises(PayloadError, match="larger than 1,048,576 bytes"):
        ask(scripted(response(200, bomb, content_encoding="gzip")), limits=limits)


def test_a_gzip_bomb_takes_no_more_memory_than_is_allowed():
    bomb = zlib.compress(bytes(100 * 2**20), 9)
    intake = Intake("Example", "deflate", most=2**20)
    tracemalloc.start()
    with pytest.raises(PayloadError, match="larger"):
        intake.take(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * 2**20


def test_an_endless_answer_ends(ask):
    def script(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1000)

    with pytest.raises(PayloadError, match="larger than"):
        ask(script)


@pytest.mark.parametrize(
    ("packing", "body", "error"),
    [
        ("br", b"x", PayloadError),
        ("gzip", b"not gzip", PayloadError),
        ("gzip", gzip.compress(b"abc" * 100, mtime=0)[:-9], UndeliveredError),
    ],
)
def test_an_answer_that_cannot_be_unpacked_is_an_error(ask, packing, body, error):
    with pytest.raises(error, match=r"packed|cut off"):
        ask(scripted(response(200, body, content_encoding=packing)))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(ask, status):
    script = scripted(response(status, location="https://else.example/x?token=1"))
    with pytest.raises(RefusedError, match=r"redirect to https://else\.example,") as no:
        ask(script)
    assert no.value.code == str(status)


@pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 403, 404, 422, 499, 501])
def test_what_is_no_passing_fault_goes_to_the_flow_at_once(ask, status):
    [answer], seen = ask(scripted(response(status)))
    assert (answer.status, len(seen)) == (status, 1)


# --- what fails -----------------------------------------------------------------------


def silent(_connection):
    sleep(0.4)


def dripping(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n")
    for _ in range(9000):
        connection.sendall(b"x")
        sleep(0.05)


def dripping_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(60):
        connection.sendall(b"x-%d: y\r\n" % number)
        sleep(0.05)
    connection.sendall(b"content-length: 0\r\n\r\n")


def cut_off(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nabc")
    connection.close()


def hanging_up(connection):
    connection.close()


def speaking_another_language(connection):
    connection.sendall(b"220 mail.example.com ESMTP\r\n")
    connection.close()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (silent, "no answer within 0.25 s"),
        (dripping, "took longer than 0.6 s"),
        (dripping_headers, "took longer than 0.6 s"),
        (cut_off, "cut off"),
        (hanging_up, "cut off"),
        (speaking_another_language, "not HTTP"),
    ],
)
def test_an_answer_that_does_not_come_is_asked_for_again_only_if_it_may_be(
    ask, script, words
):
    seen = []

    def counted(connection):
        seen.append(1)
        script(connection)

    with pytest.raises(UndeliveredError, match=words):
        ask(counted, POST)
    assert len(seen) == 1
    with pytest.raises(UndeliveredError, match=words):
        ask(counted, limits=evolve(QUICK, attempts=2))
    assert len(seen) == 3


@pytest.mark.parametrize("script", [dripping, dripping_headers])
def test_an_exchange_that_is_given_up_leaves_no_connection(script):
    closed = Event()

    def watched(connection):
        with suppress(OSError):
            script(connection)
            return
        closed.set()

    with serve_raw(watched) as (origin, _), httpx.Client(verify=NO_TLS) as client:
        site = Site(provider="Example", origin=origin, limits=QUICK)
        driver = HttpxDriver(client=client, site=site)
        with pytest.raises(UndeliveredError, match="took longer"):
            driver.run(asking(POST))
        assert closed.wait(1.5)


def test_a_header_that_drips_over_a_connection_used_before_is_not_waited_for(run):
    left = [dripping_headers, scripted(response(200))]

    def script(connection):
        left.pop()(connection)

    # Patient with a machine that is busy: nothing but the drip is to fail.
    limits = evolve(QUICK, idle_seconds=5, total_seconds=1, attempts=1)
    with serve_raw(script) as (origin, _):
        site = Site(provider="Example", origin=origin, limits=limits)
        with pytest.raises(UndeliveredError, match="took longer than 1 s"):
            run(site, asking(GET, POST))


def test_whatever_bytes_come_over_the_wire_come_to_an_answer_or_an_error(run):
    dice = random.Random(7)
    whole = response(
        302,
        gzip.compress(b"abc", mtime=0),
        location="http://[::1]/x",
        content_encoding="gzip",
        retry_after="1",
        set_cookie="a=b",
    )

    def spoilt(connection):
        sent = bytearray(whole)
        for _ in range(dice.randint(0, 6)):
            sent[dice.randrange(len(sent))] = dice.randrange(256)
        connection.sendall(sent[: dice.randint(len(sent) // 2, 2 * len(sent))])
        connection.close()

    seen: Counter[object] = Counter()
    with serve_raw(spoilt) as (origin, _):
        site = Site(provider="Example", origin=origin, limits=QUICK)
        for _ in range(150):
            try:
                run(site, asking(POST))
                seen["answered"] += 1
            except ProviderError as error:
                seen[type(error)] += 1
    assert len(seen) >= 3


def test_a_redirect_to_nowhere_is_one_all_the_same(ask):
    with pytest.raises(RefusedError, match="with a redirect, which is not followed"):
        ask(scripted(response(302, location="http://[x")))


def test_nobody_at_home_is_undelivered(run):
    with serve_raw(scripted(b"")) as (origin, _):
        pass
    with pytest.raises(UndeliveredError, match=r"no connection to 127\.0\.0\.1: "):
        run(Site(provider="Example", origin=origin, limits=QUICK), asking(GET))


@contextmanager
def listening():
    """A port that takes connections, and then neither says nor reads anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_handshake_that_does_not_come_is_no_connection(run):
    limits = evolve(QUICK, connect_seconds=0.2)
    with listening() as address:
        site = Site(provider="Example", origin=f"https://{address}", limits=limits)
        with pytest.raises(
            UndeliveredError, match=r"no connection to \S+ within 0\.2 s"
        ):
            run(site, asking(POST))


def test_a_request_that_is_not_read_is_not_taken(run):
    request = evolve(POST, body=bytes(32 * 2**20))
    with listening() as address:
        site = Site(provider="Example", origin=f"http://{address}", limits=QUICK)
        with pytest.raises(UndeliveredError, match=r"not taken within 0\.25 s"):
            run(site, asking(request))


ONE_ONLY = httpx.Limits(max_connections=1)


def run_beside(site):
    with (
        httpx.Client(verify=NO_TLS, limits=ONE_ONLY) as client,
        client.stream("GET", site.origin),
    ):
        HttpxDriver(client=client, site=site).run(asking(POST))


def run_beside_async(site):
    async def main():
        async with (
            httpx.AsyncClient(verify=NO_TLS, limits=ONE_ONLY) as client,
            client.stream("GET", site.origin),
        ):
            await AsyncHttpxDriver(client=client, site=site).run(asking(POST))

    anyio.run(main)


@pytest.mark.parametrize("run_it", [run_beside, run_beside_async])
def test_connections_that_are_all_in_use_are_not_waited_for_for_ever(run_it):
    limits = evolve(QUICK, connect_seconds=0.2)
    with serve_raw(scripted(response(200, b"x" * 9)[:-1])) as (origin, server):
        site = Site(provider="Example", origin=origin, limits=limits)
        with pytest.raises(UndeliveredError, match=r"no free connection within 0\.2 s"):
            run_it(site)
        assert len(server.requests) == 1


def test_a_certificate_that_is_not_valid_ends_the_connection(run):
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serve_raw(scripted(response(200)), server_side) as (origin, server):
        site = Site(provider="Example", origin=origin, limits=QUICK)
        with pytest.raises(UndeliveredError, match="CERTIFICATE_VERIFY_FAILED"):
            run(site, asking(GET), verify=ssl.create_default_context())
        assert not server.requests
        [[answer]] = run(site, asking(GET), verify=trusting)
        assert answer.status == 200


def test_a_flow_that_knows_better_is_told_of_the_failure(run):
    def flow() -> Flow[int]:
        with suppress(UndeliveredError):
            yield POST
        answer = yield GET
        return answer.status

    script = scripted(b"", response(200))
    with serve_raw(script) as (origin, server):
        site = Site(provider="Example", origin=origin, limits=QUICK)
        assert run(site, flow()) == [200]
    assert [seen[:5] for seen in server.requests] == [b"POST ", b"GET /"]


def test_an_error_of_the_flow_is_the_error_of_the_run(run):
    def flow() -> Flow[None]:
        yield GET
        raise UnauthorisedError(*"AB")

    served = serve_raw(scripted(response(401)))
    with served as (origin, _), pytest.raises(UnauthorisedError):
        run(Site(provider="Example", origin=origin), flow())


def test_pages_without_an_end_have_one(run):
    def flow() -> Flow[None]:
        while True:
            yield GET

    limits = evolve(QUICK, requests=7)
    with serve_raw(scripted(response(200))) as (origin, server):
        with pytest.raises(PayloadError, match="more than 7 requests"):
            run(Site(provider="Example", origin=origin, limits=limits), flow())
        assert len(server.requests) == 7


# --- again, and when ------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_asked_again_where_that_is_safe(ask, status):
    script = scripted(response(status), response(status), response(200))
    [answer], seen = ask(script)
    assert (answer.status, len(seen)) == (200, 3)
    script = scripted(response(status), response(200))
    [answer], seen = ask(script, evolve(POST, idempotency_key="k"))
    assert (answer.status, len(seen)) == (200, 2)
    [answer], seen = ask(scripted(response(status), response(200)), POST)
    assert (answer.status, len(seen)) == (status, 1)


def test_a_storm_of_refusals_ends_with_the_last_of_them(ask):
    [answer], seen = ask(scripted(response(429, b"no")))
    assert (answer.status, answer.body, len(seen)) == (429, b"no", 3)


def test_the_site_says_what_is_asked_again(run):
    def said(answer):
        return answer.header("x-should-retry") == "true"

    script = scripted(
        response(409, x_should_retry="true"), response(503, x_should_retry="false")
    )
    with serve_raw(script) as (origin, server):
        site = Site(provider="Example", origin=origin, limits=QUICK, again=said)
        [[answer]] = run(site, asking(GET))
    assert (answer.status, len(server.requests)) == (503, 2)


def test_a_wait_that_is_asked_for_is_waited(ask):
    watch = Watch()
    script = scripted(response(429, retry_after="40"), response(200))
    [answer], _ = ask(script, clock=watch.clock())
    assert answer.status == 200
    assert watch.slept == [40]


def test_a_long_wait_is_reported_instead(ask):
    watch = Watch()
    script = scripted(response(429, retry_after="7500"))
    [answer], seen = ask(script, clock=watch.clock())
    assert (answer.status, len(seen)) == (429, 1)
    with pytest.raises(LimitError, match="possible at 2026-03-01 14:05 UTC") as limit:
        ask(scripted(response(429, retry_after="7500")), GET, GET, clock=watch.clock())
    assert limit.value.until == NOON + timedelta(seconds=7500)
    assert watch.slept == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "7"}, 7),
        ({"http_x_ratelimit_remaining": "0", "http_x_ratelimit_reset": "7"}, 7),
        (
            {
                "ratelimit_remaining": "0",
                "ratelimit_reset": "Sun, 01 Mar 2026 12:00:09 GMT",
            },
            9,
        ),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1772366409"}, 9),
    ],
)
def test_a_limit_used_up_is_waited_for_before_the_next_call(ask, headers, seconds):
    watch = Watch()
    ask(
        scripted(response(200, **headers), response(200)), GET, GET, clock=watch.clock()
    )
    assert watch.slept == [seconds]


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ((), Pause()),
        ((("retry-after", "soon"),), Pause()),
        ((("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "9")), Pause()),
        ((("retry-after", "9" * 400),), Pause(site=NOON + timedelta(days=31))),
        (
            (("retry-after", "Sun, 01 Mar 2026 12:00:05 GMT"),),
            Pause(site=NOON + timedelta(seconds=5)),
        ),
        (
            (
                ("x-ratelimit-account-success-remaining", "0"),
                ("x-ratelimit-account-success-reset", "60"),
            ),
            Pause(account=NOON + timedelta(seconds=60)),
        ),
    ],
)
def test_what_the_headers_say_of_the_next_call(headers, pause):
    assert pause_of(HttpResponse(status=200, headers=headers), NOON) == pause


RESETS = ["0", "7", "1772366409", "Sun, 01 Mar 2026 12:00:09 GMT", "2026-03-01", "-1"]
NAMES = ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit-reset"]


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(RESETS) | st.text(max_size=9))
    )
)
def test_whatever_headers_say_it_is_a_time_that_is_not_for_ever(headers):
    found = pause_of(HttpResponse(status=429, headers=tuple(headers)), NOON).site
    assert found is None or found <= NOON + timedelta(days=31)


# --- the budget -----------------------------------------------------------------------

COUNTED = HttpRequest(path="/things", budget="a1/transactions")


@pytest.fixture(params=["memory", "file"])
def budget(request, tmp_path):
    if request.param == "memory":
        return MemoryBudget(2)
    return FileBudget(tmp_path / "calls.json", 2)


def test_a_call_beyond_the_budget_is_not_made_and_the_next_time_is_said(run, budget):
    watch = Watch()
    with serve_raw(scripted(response(200))) as (origin, server):
        site = Site(provider="Example", origin=origin)
        ways = {"budget": budget, "clock": watch.clock()}
        run(site, asking(COUNTED, COUNTED, GET), **ways)
        with pytest.raises(LimitError, match="2026-03-02 00:00 UTC"):
            run(site, asking(COUNTED), **ways)
        assert len(server.requests) == 3
        run(site, asking(evolve(COUNTED, budget="a2/transactions")), **ways)
        watch.now = NOON + timedelta(hours=12)
        run(site, asking(COUNTED, COUNTED), **ways)
        assert len(server.requests) == 6


def test_a_call_that_is_refused_does_not_count(ask, budget):
    [_, _, _, last], _ = ask(
        scripted(response(401)), *[COUNTED] * 4, budget=budget, clock=Watch().clock()
    )
    assert last.status == 401


def test_the_providers_own_count_closes_the_budget(ask, budget):
    watch = Watch()
    full = response(
        200,
        x_ratelimit_account_success_remaining="0",
        x_ratelimit_account_success_reset="7500",
    )
    with pytest.raises(LimitError, match="14:05"):
        ask(scripted(full), COUNTED, COUNTED, budget=budget, clock=watch.clock())


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ({}, datetime(2026, 3, 2, tzinfo=UTC)),
        ({"retry_after": "90"}, NOON + timedelta(seconds=90)),
    ],
)
def test_a_limit_of_the_bank_closes_the_budget(run, budget, told, until):
    watch = Watch()
    ways = {"budget": budget, "clock": watch.clock()}
    with serve_raw(scripted(response(429, **told), response(200))) as (origin, server):
        site = Site(provider="Example", origin=origin, again=lambda _: False)
        [[answer]] = run(site, asking(COUNTED), **ways)
        assert answer.status == 429
        with pytest.raises(LimitError) as limit:
            # Another driver: the next run.
            run(site, asking(COUNTED), **ways)
        assert limit.value.until == until
        assert len(server.requests) == 1
        run(site, asking(evolve(COUNTED, budget="a2/transactions")), **ways)
        watch.now = until
        [[answer]] = run(site, asking(COUNTED), **ways)
        assert answer.status == 200


def test_a_rush_of_calls_does_not_close_the_budget(run, budget):
    ways = {"budget": budget, "clock": Watch().clock()}
    with serve_raw(scripted(response(429), response(200))) as (origin, _):
        site = Site(provider="Example", origin=origin, limits=evolve(QUICK, attempts=1))
        [[refused]] = run(site, asking(COUNTED), **ways)
        [[answer]] = run(site, asking(COUNTED), **ways)
    assert (refused.status, answer.status) == (429, 200)


def test_a_budget_in_a_file_outlasts_the_process(tmp_path):
    path = tmp_path / "calls.json"
    assert FileBudget(path, 1).take("a", NOON) is None
    assert FileBudget(path, 1).take("a", NOON) == datetime(2026, 3, 2, tzinfo=UTC)
    path.write_text('{"a": {"day": "2026-03-01", "calls": "many", "closed": ""}}')
    with pytest.raises(FileError, match="not a file of call counts"):
        FileBudget(path, 1).take("a", NOON)


# --- secrets --------------------------------------------------------------------------


def shown_by(error: Exception) -> list[str]:
    """What tools say of an error that show the variables of a traceback."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [f for f in whole.stack if "payymo_adapters" in f.filename]
    assert frames
    # A cause of httpx would carry the request, and with it what is sent.
    return [repr(error.__cause__ and vars(error.__cause__)), *map(_locals_of, frames)]


def _locals_of(frame: traceback.FrameSummary) -> str:
    return repr(frame.locals)


@contextmanager
def everything_said(caplog):
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    said: list[str] = []
    yield said
    said += [record.getMessage() for record in caplog.records]
    said += [repr(vars(record)) for record in caplog.records]


def test_no_log_error_or_repr_holds_a_secret(run, caplog):
    request = HttpRequest(
        method="POST",
        path="/things",
        headers=(("authorization", Secret(SECRET)),),
        body=SECRET.encode(),
        idempotency_key="k",
    )
    limits = evolve(QUICK, attempts=2)
    scripts = [
        scripted(response(200, SECRET.encode())),
        scripted(response(500, SECRET.encode())),
        scripted(response(429, retry_after="9999")),
        scripted(response(302, location="https://x.example/")),
        cut_off,
        silent,
        speaking_another_language,
    ]
    with everything_said(caplog) as said:
        for script in scripts:
            with serve_raw(script) as (origin, _):
                site = Site(provider="Example", origin=origin, limits=limits)
                try:
                    said.append(repr(run(site, asking(request))))
                except (UndeliveredError, RefusedError) as error:
                    said += [str(error), repr(error), repr(vars(error))]
                    said.extend(shown_by(error))
                said += [repr(site), repr(request)]
    assert any("POST /things: 200" in line for line in said), "nothing was logged"
    assert any("retry" in line for line in said), "no retry was logged"
    assert not [line for line in said if SECRET in line]
