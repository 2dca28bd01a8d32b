"""The receiver of the page on events, as a server, told by what really sends."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from payymo_adapters.errors import RefusedError
from payymo_adapters.http import HttpRequest, HttpResponse, Secret
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_adapters.webhooks import (
    Message,
    WebhookSettings,
    message_of,
    send,
    signature_of,
)
from tests.fakes.receivers import SECRET
from tests.fakes.serving import serve

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "receive-events.md"
OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SAID = {"tenant": "acme", "seq": 1, "subject": "main/ö", "data": {"amount": "1.00"}}
EVENT = message_of("match.applied", datetime(2026, 3, 2, 9, 30, tzinfo=UTC), SAID)


class Endpoint(SimpleNamespace):
    """The recipe, running.

    Attributes:
        names: What it defines.
        origin: Where it is.
    """

    def tell(
        self, message: Message = EVENT, secret: str = SECRET, seconds: float = 0
    ) -> None:
        hook = WebhookSettings(url=f"{self.origin}/payymo", secret=Secret(secret))
        now = datetime.fromtimestamp(time.time() + seconds, UTC)
        with httpx.Client(trust_env=False) as client:
            HttpxDriver(client=client, site=hook.site).run(send(hook, message, now))


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    fence = re.compile(r"^```py file=receiver.py\n(.*?)^```", re.MULTILINE | re.DOTALL)
    found = fence.search(PAGE.read_text("utf-8"))
    assert found
    monkeypatch.setenv("RECEIVER_SECRETS", f"whsec_b2xk {SECRET}")
    names: dict[str, object] = {}
    exec(compile(found[1], "receiver.py", "exec"), names)
    with serve(names["app"]) as origin:  # type: ignore[arg-type]
        yield Endpoint(names=names, origin=origin)


def test_what_comes_twice_is_kept_once(endpoint: Endpoint) -> None:
    endpoint.tell()
    endpoint.tell(seconds=2)
    (told,) = endpoint.names["kept"].values()
    assert told == {
        "type": "match.applied",
        "timestamp": "2026-03-02T09:30:00Z",
        **SAID,
    }


@pytest.mark.parametrize("seconds", [-303, 303])
def test_what_was_signed_at_another_time_is_refused(
    endpoint: Endpoint, seconds: int
) -> None:
    with pytest.raises(RefusedError, match="401"):
        endpoint.tell(seconds=seconds)
    endpoint.tell(seconds=seconds * 0.9)
    assert len(endpoint.names["kept"]) == 1


def test_what_a_stranger_signs_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(RefusedError, match="401"):
        endpoint.tell(secret=OTHER)
    assert not endpoint.names["kept"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "evt_other"),
        ("webhook-timestamp", "later"),
        ("webhook-timestamp", "endless"),
        ("webhook-timestamp", "x"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", ""),
        ("body", ""),
    ],
)
def test_what_was_changed_on_the_way_is_refused(
    endpoint: Endpoint, name: str, value: str
) -> None:
    hook = WebhookSettings(url=endpoint.origin, secret=Secret(SECRET))
    request = next(send(hook, EVENT, datetime.now(UTC)))
    headers = {name: str(value) for name, value in request.headers}
    words = {"later": str(int(time.time()) + 9), "endless": "9" * 5000}
    changed = {**headers, name: words.get(value, value)}
    body = request.body + b" " if name == "body" else request.body
    with httpx.Client(trust_env=False) as client:
        good = client.post(endpoint.origin, content=request.body, headers=headers)
        bad = client.post(endpoint.origin, content=body, headers=changed)
    assert (good.status_code, bad.status_code) == (204, 401)


def test_the_signature_is_the_one_that_the_specification_has() -> None:
    # The example that the libraries of Standard Webhooks are tested with.
    message = Message(id="msg_p5jXN8AQM9LWM0D4loKWxJek", body=b'{"test": 2432232314}')
    signed = signature_of(Secret(OTHER), message, 1614265330)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_request_names_its_secret_nowhere() -> None:
    hook = WebhookSettings(url="https://example.com/a/b", secret=Secret(SECRET))
    request = next(send(hook, EVENT, datetime.now(UTC)))
    assert isinstance(request, HttpRequest)
    assert (request.path, request.repeatable) == ("/a/b", False)
    key = SECRET.removeprefix("whsec_")
    assert key not in repr(hook) + repr(request) + str(request.body)


@pytest.mark.parametrize("status", [100, 302, 400, 410, 500])
def test_only_2xx_says_that_it_arrived(status: int) -> None:
    hook = WebhookSettings(url="https://example.com", secret=Secret(SECRET))
    flow = send(hook, EVENT, datetime.now(UTC))
    next(flow)
    with pytest.raises(RefusedError, match=str(status)):
        flow.send(HttpResponse(status=status))
