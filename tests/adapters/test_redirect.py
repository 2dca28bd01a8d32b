"""The redirect on loopback: the right one is waited for, the rest is answered."""

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from payymo_adapters.cli.redirect import Redirect, listening
from payymo_adapters.consent import (
    Accepted,
    ConsentError,
    ConsentFault,
    ConsentsInMemory,
    accept,
    begin,
    read_redirect,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORE = ConsentsInMemory()


def judge(query: str) -> Accepted:
    answer = read_redirect(query, provider="Stripe")
    return accept(STORE, answer, user="anna", now=NOON)


def state(salt: int = 0) -> str:
    entropy = bytes([salt]) * 32
    begun = begin(provider="Stripe", user="anna", entropy=entropy, now=NOON)
    STORE.put(begun.consent)
    return begun.state


@contextmanager
def waiting(seconds: float = 20) -> Iterator[tuple[Redirect, "Future[Accepted]"]]:
    with listening(0, "/stripe") as redirect, ThreadPoolExecutor(1) as pool:
        yield redirect, pool.submit(redirect.wait, judge, "Stripe", seconds)


def test_the_redirect_is_judged_and_the_window_told() -> None:
    with waiting() as (redirect, waited):
        query = {"code": "ac_1", "state": state()}
        page = httpx.get(redirect.address, params=query)
        assert waited.result(10).code.reveal() == "ac_1"
    assert page.status_code == 200
    assert "Connected" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "ac_1" not in page.text


def test_it_listens_on_loopback_alone() -> None:
    with listening(0, "/stripe") as redirect:
        assert redirect.address.startswith("http://127.0.0.1:")


def test_strays_are_answered_and_the_right_one_still_waited_for() -> None:
    with waiting() as (redirect, waited):
        for query in ("", "code=x&state=guessed", "state=a&state=b", "error=oh_no"):
            assert httpx.get(f"{redirect.address}?{query}").status_code == 400
        origin = redirect.address.removesuffix("/stripe")
        assert httpx.get(f"{origin}/favicon.ico").status_code == 404
        assert httpx.post(redirect.address).status_code == 501
        assert not waited.done()
        query = f"code=ac_2&state={state(1)}"
        assert httpx.get(f"{redirect.address}?{query}").status_code == 200
        assert waited.result(10).code.reveal() == "ac_2"


def test_a_connection_that_says_nothing_holds_nobody_up() -> None:
    with waiting() as (redirect, waited):
        port = int(redirect.address.rpartition(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)):
            query = {"code": "ac_3", "state": state(2)}
            assert httpx.get(redirect.address, params=query).status_code == 200
            assert waited.result(10).code.reveal() == "ac_3"


def test_a_refusal_ends_the_waiting_and_the_window_says_so() -> None:
    with waiting() as (redirect, waited):
        query = {"error": "access_denied", "state": state(3)}
        page = httpx.get(redirect.address, params=query)
        with pytest.raises(ConsentError, match="access_denied") as raised:
            waited.result(10)
    assert raised.value.reason is ConsentFault.DENIED
    assert page.status_code == 400
    assert "Not connected" in page.text


def test_what_goes_wrong_afterwards_is_told_to_the_window_too() -> None:
    def fail(_: str) -> None:
        msg = "broken"
        raise RuntimeError(msg)

    with listening(0, "/stripe") as redirect, ThreadPoolExecutor(1) as pool:
        waited = pool.submit(redirect.wait, fail, "Stripe", 20)
        assert httpx.get(redirect.address).status_code == 502
        with pytest.raises(RuntimeError, match="broken"):
            waited.result(10)


def test_nobody_is_waited_for_for_ever() -> None:
    with (
        waiting(seconds=0.05) as (_, waited),
        pytest.raises(ConsentError, match="in time") as raised,
    ):
        waited.result(10)
    assert raised.value.reason is ConsentFault.NO_ANSWER


def test_a_port_that_is_taken_is_an_error_of_the_system() -> None:
    with listening(0, "/stripe") as redirect:
        port = int(redirect.address.rpartition(":")[2].partition("/")[0])
        with pytest.raises(OSError, match="in use"), listening(port, "/stripe"):
            pass


def test_nothing_is_printed_of_an_address(capfd: pytest.CaptureFixture[str]) -> None:
    with waiting() as (redirect, waited):
        query = {"code": "ac_secret", "state": state(4)}
        httpx.get(redirect.address, params=query)
        waited.result(10)
    printed = capfd.readouterr()
    assert "ac_secret" not in printed.out + printed.err
