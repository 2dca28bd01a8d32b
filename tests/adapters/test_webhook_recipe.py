"""The endpoint of the page on webhooks, as a server, and what is sent to it."""

import hmac
import json
import re
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from tests.fakes.serving import serve
from tests.fakes.stripe import signed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "receive-webhooks.md"
EVENTS = {
    "events": [
        {
            "id": "EV1",
            "created_at": "2026-03-01T12:00:00.000Z",
            "resource_type": "payouts",
            "action": "paid",
            "links": {"payout": "PO1"},
        }
    ]
}
GOCARDLESS = json.dumps(EVENTS).encode()
STRIPE = b'{"object": "event", "id": "evt_1", "type": "charge.updated"}'
SECRETS = {"gocardless": "of-gocardless", "stripe": "whsec_of_stripe"}


class Endpoint(SimpleNamespace):
    """The recipe, running.

    Attributes:
        names: What it defines.
        client: Speaks to it.
    """

    def post(self, name: str, body: bytes, secret: str = "", seconds: int = 0) -> int:
        secret = secret or SECRETS[name]
        if name == "stripe":
            signature = signed(body, secret, seconds or int(time.time()))
            headers = {"Stripe-Signature": signature}
        else:
            mac = hmac.new(secret.encode(), body, sha256).hexdigest()
            headers = {"Webhook-Signature": mac}
        answer = self.client.post(f"/{name}", content=body, headers=headers)
        return int(answer.status_code)

    @property
    def kept(self) -> list[str]:
        return [*self.names["seen"]._held, *self.names["inbox"].events]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    fence = re.compile(r"^```py file=webhooks.py\n(.*?)^```", re.MULTILINE | re.DOTALL)
    found = fence.search(PAGE.read_text("utf-8"))
    assert found
    monkeypatch.setenv(
        "GOCARDLESS_WEBHOOK_SECRETS", f"of-before {SECRETS['gocardless']}"
    )
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRETS", f"whsec_before {SECRETS['stripe']}")
    names: dict[str, object] = {}
    exec(compile(found[1], "webhooks.py", "exec"), names)
    with (
        serve(names["app"]) as origin,  # type: ignore[arg-type]
        httpx.Client(base_url=origin, trust_env=False) as client,
    ):
        yield Endpoint(names=names, client=client)


@pytest.mark.parametrize(
    ("name", "body", "status", "kept"),
    [("gocardless", GOCARDLESS, 204, "EV1"), ("stripe", STRIPE, 200, "evt_1")],
)
def test_what_is_signed_is_taken_in_once(
    endpoint: Endpoint, name: str, body: bytes, status: int, kept: str
) -> None:
    assert [endpoint.post(name, body) for _ in range(2)] == [status, status]
    assert endpoint.kept == [kept]


@pytest.mark.parametrize(
    ("name", "body", "old", "status"),
    [
        ("gocardless", GOCARDLESS, "of-before", 204),
        ("stripe", STRIPE, "whsec_before", 200),
    ],
)
def test_the_secret_that_is_being_replaced_still_signs(
    endpoint: Endpoint, name: str, body: bytes, old: str, status: int
) -> None:
    assert endpoint.post(name, body, old) == status


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [("gocardless", GOCARDLESS, 498), ("stripe", STRIPE, 400)],
)
def test_what_a_stranger_signs_is_refused(
    endpoint: Endpoint, name: str, body: bytes, status: int
) -> None:
    assert endpoint.post(name, body, "guessed") == status
    assert endpoint.client.post(f"/{name}", content=body).status_code == status
    assert not endpoint.kept


def test_what_was_signed_long_ago_is_refused(endpoint: Endpoint) -> None:
    assert endpoint.post("stripe", STRIPE, seconds=int(time.time()) - 301) == 400
    assert not endpoint.kept


def test_what_is_no_webhook_is_refused(endpoint: Endpoint) -> None:
    assert endpoint.post("gocardless", b"[]") == 400
    assert endpoint.client.post("/other", content=b"").status_code == 404
    assert endpoint.client.post("/stripe", content=b"x" * 1_000_001).status_code in (
        400,
        413,
    )
    assert not endpoint.kept
