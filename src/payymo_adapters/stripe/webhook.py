"""Stripe's webhooks: who signed, when, and whether it was told before.

The answer to send back is ``Received.status``, or 400 where a ``PayloadError`` is
raised. Events come more than once and out of order: an event says what to ask again,
it is not taken at its word.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime
from enum import Enum, unique
from hashlib import sha256
from typing import NoReturn, Protocol

from attrs import frozen

from payymo_adapters.errors import FieldError, PayloadError
from payymo_adapters.http import Secret
from payymo_adapters.stripe.envelopes import Event
from payymo_adapters.stripe.failures import PROVIDER, malformed

HEADER = "stripe-signature"
TOLERANCE = 300
"""Seconds that a signature is believed for; Stripe signs anew when it sends again."""

_SCHEME = "v1"
_MOST_DIGITS = 12
_MOST_BYTES = 1_000_000

DEAUTHORISED = "account.application.deauthorized"
"""An account's owner took the consent back."""

KNOWN = frozenset(
    {
        DEAUTHORISED,
        "charge.captured",
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.failed",
        "charge.pending",
        "charge.refunded",
        "charge.succeeded",
        "charge.updated",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.succeeded",
        "payout.canceled",
        "payout.created",
        "payout.failed",
        "payout.paid",
        "payout.reconciliation_completed",
        "payout.updated",
        "refund.created",
        "refund.failed",
        "refund.updated",
    }
)
"""Types of events that change what a ledger holds."""


class Inbox(Protocol):
    """Where events are kept, whatever their type."""

    def keep(self, event: Event) -> bool:
        """Keep an event, in one step; False where one of its id is there already."""
        ...


class InboxInMemory:
    """An inbox for one process."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}

    def keep(self, event: Event) -> bool:
        """Keep an event; False where one of its id is there already."""
        return self.events.setdefault(event.id, event) is event


@unique
class Standing(Enum):
    """What an event is to us."""

    NEW = "new"
    REPEATED = "repeated"
    """Kept before; nothing is to be done."""
    UNKNOWN = "unknown"
    """Of a type that changes nothing here, or that did not exist; kept all the same."""


@frozen(kw_only=True)
class Received:
    """An event that Stripe signed and that is kept.

    Attributes:
        event: The event.
        standing: Whether anything is to be done.
        status: What to answer, within a few seconds.
    """

    event: Event
    standing: Standing
    status: int = 200

    @property
    def disconnected(self) -> str:
        """The account whose owner took the consent back with this event, or ""."""
        is_new = self.standing is Standing.NEW
        return self.event.account if is_new and self.event.type == DEAUTHORISED else ""


def receive(
    body: bytes,
    signature: str,
    secrets: Sequence[Secret],
    inbox: Inbox,
    now: datetime,
) -> Received:
    """Take in a delivery.

    Args:
        body: As it came, to the byte.
        signature: The value of ``Stripe-Signature``.
        secrets: The endpoint's secrets; two while one replaces the other.
        inbox: Where it is kept.
        now: In UTC.

    Raises:
        PayloadError: Not signed by Stripe, too long ago, or no event.
        ValueError: No secret, or an empty one.
    """
    verify(body, signature, secrets, now)
    try:
        event = Event.of(body)
    except FieldError as error:
        raise malformed(error) from None
    if not inbox.keep(event):
        return Received(event=event, standing=Standing.REPEATED)
    standing = Standing.NEW if event.type in KNOWN else Standing.UNKNOWN
    return Received(event=event, standing=standing)


def verify(
    body: bytes, signature: str, secrets: Sequence[Secret], now: datetime
) -> None:
    """Refuse what Stripe did not sign, or signed too long ago.

    A signature from the future is believed, as by the official package: nobody else
    can make one, and clocks differ.

    Raises:
        PayloadError: Refused.
        ValueError: No secret, or an empty one, by which anybody could sign.
    """
    if not secrets or not all(secret.reveal().strip() for secret in secrets):
        msg = "a webhook needs at least one secret, and none that is empty"
        raise ValueError(msg)
    if len(body) > _MOST_BYTES:
        _refuse(f"larger than {_MOST_BYTES:,} bytes")
    seconds, signatures = _parts(signature)
    signed = f"{seconds}.".encode() + body
    wanted = [_mac(secret, signed) for secret in secrets]
    # Every pair is compared, whichever fits: the time tells nothing.
    fits = [hmac.compare_digest(w, given) for w in wanted for given in signatures]
    if not any(fits):
        _refuse("signed by nobody who knows the secret")
    if seconds < now.timestamp() - TOLERANCE:
        _refuse(f"signed more than {TOLERANCE} seconds ago")


def _mac(secret: Secret, signed: bytes) -> bytes:
    return hmac.new(secret.reveal().encode(), signed, sha256).hexdigest().encode()


def _parts(signature: str) -> tuple[int, list[bytes]]:
    """The time and the signatures of the one scheme that is safe."""
    pairs = [part.partition("=") for part in signature.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    given = [v.encode(errors="replace") for name, _, v in pairs if name == _SCHEME]
    first = times[0] if times else ""
    if not (first.isascii() and first.isdigit() and len(first) <= _MOST_DIGITS):
        _refuse("no time is given in it")
    if not given:
        _refuse(f"no signature of the scheme {_SCHEME} is given in it")
    return int(first), given


def _refuse(fault: str) -> NoReturn:
    raise PayloadError(PROVIDER, fault, field=HEADER)
