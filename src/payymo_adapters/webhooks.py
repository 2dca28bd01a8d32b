"""What a webhook of the user's is sent, and how it is signed: values, no I/O.

As Standard Webhooks 1.0.0 has it: ``webhook-id`` is the same at every delivery of an
event, ``webhook-timestamp`` is when it was sent, and ``webhook-signature`` is an
HMAC-SHA256 over both and the body, each byte as it is sent.
"""

import binascii
import hmac
import json
from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from typing import ClassVar
from urllib.parse import urlsplit

from attrs import field, frozen

from payymo_adapters.errors import RefusedError
from payymo_adapters.http import Flow, HttpRequest, Secret
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.settings import hidden, plain

PROVIDER = "Webhook"
_PREFIX = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64
# What does not arrive is sent again by the outbox, later: the driver sends it once, and
# waits for no one.
_LIMITS = Limits(
    idle_seconds=15, total_seconds=20, body_bytes=2**16, attempts=1, patience_seconds=0
)


@frozen(kw_only=True)
class Message:
    """An event on its way out.

    Attributes:
        id: The same at every delivery, and no other event's.
        body: What is signed and sent.
    """

    id: str
    body: bytes


def message_of(kind: str, at: datetime, said: dict[str, object]) -> Message:
    """Make a message of what happened.

    Args:
        kind: As ``match.applied``.
        at: When it happened, in UTC.
        said: Whose it is, what about, and the rest; never a secret.
    """
    stamp = at.isoformat().replace("+00:00", "Z")
    told = {"type": kind, "timestamp": stamp, **said}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return Message(id=f"evt_{sha256(body).hexdigest()[:32]}", body=body)


def send(hook: "WebhookSettings", message: Message, now: datetime) -> Flow[None]:
    """Send a message.

    Args:
        hook: Where to, and what it is signed with.
        message: The event.
        now: What the receiver is told of when it was sent.

    Raises:
        ProviderError: It was not taken.
    """
    seconds = int(now.timestamp())
    response = yield HttpRequest(
        method="POST",
        path=urlsplit(hook.url).path or "/",
        headers=(
            ("content-type", "application/json"),
            ("webhook-id", message.id),
            ("webhook-timestamp", str(seconds)),
            ("webhook-signature", signature_of(hook.secret, message, seconds)),
        ),
        body=message.body,
    )
    if not 200 <= response.status < 300:
        raise RefusedError(PROVIDER, f"answers with {response.status}, and not 2xx")


def signature_of(secret: Secret, message: Message, seconds: int) -> str:
    """Sign a message.

    Args:
        secret: As ``WebhookSettings.secret``.
        message: The event.
        seconds: When it is sent, since 1970.
    """
    key = b64decode(secret.reveal().removeprefix(_PREFIX))
    said = b".".join((message.id.encode(), str(seconds).encode(), message.body))
    return "v1," + b64encode(hmac.new(key, said, sha256).digest()).decode()


def _secret_fault(text: str) -> str:
    """What is wrong with a secret, which is not quoted."""
    wanted = f"{_PREFIX} and {_LEAST_BYTES} to {_MOST_BYTES} random bytes in Base64"
    try:
        key = b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return f"it is not {wanted}"
    fits = text.startswith(_PREFIX) and _LEAST_BYTES <= len(key) <= _MOST_BYTES
    return "" if fits else f"it is not {wanted}"


def _url_fault(text: str) -> str:
    try:
        _site(text)
    except RefusedError as error:
        return error.fault
    return ""


def _site(url: str) -> Site:
    try:
        parts = urlsplit(url)
    except ValueError:
        return Site(provider=PROVIDER, origin=url)
    if parts.query or parts.fragment:
        fault = "the address has more than a scheme, a host, a port and a path"
        raise RefusedError(PROVIDER, fault)
    if " " in url or not (url.isascii() and url.isprintable()):
        raise RefusedError(PROVIDER, "the address holds signs that are to be encoded")
    origin = f"{parts.scheme}://{parts.netloc}"
    return Site(provider=PROVIDER, origin=origin, limits=_LIMITS)


@frozen(kw_only=True)
class WebhookSettings:
    """Who is told what happens.

    Attributes:
        url: Where to; the path alone is the receiver's own.
        secret: What messages are signed with.
    """

    SECTION: ClassVar[str] = "webhook"

    url: str = field(
        metadata=plain(
            "the address of the receiver, as https://example.com/payymo", _url_fault
        )
    )
    secret: Secret = field(
        metadata=hidden("what events are signed with", _secret_fault)
    )

    @property
    def site(self) -> Site:
        """Where requests go."""
        return _site(self.url)
