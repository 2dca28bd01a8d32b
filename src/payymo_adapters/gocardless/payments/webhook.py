"""GoCardless' webhooks: whose they are, what they tell, and each event once.

>>> from payymo_adapters.http import Secret
>>> receive(b"{}", "0" * 64, [Secret("s")], EventsInMemory()).status
498
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

from attrs import frozen

from payymo_adapters.errors import PayloadError
from payymo_adapters.gocardless.payments.faults import NAME
from payymo_adapters.gocardless.payments.wire import Event, read_event
from payymo_adapters.http import Secret
from payymo_adapters.payload import Fields, read

SIGNATURE_HEADER = "webhook-signature"
BAD_SIGNATURE = 498
"""What the provider wants to be answered where the signature is wrong."""

TAKEN_IN = 204
_MOST_EVENTS = 250


class EventStore(Protocol):
    """Which events came before: they come again, and a stranger may send one again."""

    def add(self, event_id: str) -> bool:
        """Keep an id; False where it was kept before. One step: two never get True."""
        ...


class EventsInMemory:
    """A store for one process."""

    def __init__(self) -> None:
        self._held: set[str] = set()

    def add(self, event_id: str) -> bool:
        """Keep an id; False where it was kept before."""
        known = event_id in self._held
        self._held.add(event_id)
        return not known


@frozen(kw_only=True)
class Received:
    """What to do with a webhook.

    Attributes:
        status: To be answered, within ten seconds.
        events: Those that did not come before; of any kind, since unknown ones are
            acknowledged too. They are in no order: ask for what they are about.
    """

    status: int
    events: tuple[Event, ...] = ()


def receive(
    body: bytes, signature: str, secrets: Sequence[Secret], seen: EventStore
) -> Received:
    """Take a webhook in.

    Args:
        body: Exactly as it came; what was read and written anew has another signature.
        signature: The header of that name, or "".
        secrets: Of the endpoint; while one takes another's place, both.
        seen: Remembers the events.

    Raises:
        PayloadError: It is the provider's and not in the documented shape.
    """
    if not is_signed(body, signature, secrets):
        return Received(status=BAD_SIGNATURE)
    events = read(NAME, body, _events)
    fresh = tuple(event for event in events if seen.add(event.id))
    return Received(status=TAKEN_IN, events=fresh)


def is_signed(body: bytes, signature: str, secrets: Sequence[Secret]) -> bool:
    """Whether one of the secrets signed a body; takes as long for any answer."""
    given = signature.encode("utf-8", "surrogatepass")
    # No early end: every secret is tried, each compared in constant time.
    matches = [hmac.compare_digest(_signature(body, s), given) for s in secrets]
    return any(matches)


def _signature(body: bytes, secret: Secret) -> bytes:
    # An empty secret would let anybody sign; it is none, and nothing equals b"".
    key = secret.reveal().encode()
    return hmac.new(key, body, sha256).hexdigest().encode() if key else b"\x00"


def _events(held: Fields) -> tuple[Event, ...]:
    if "events" not in held:
        held.refuse("events", "required, and missing")
    found = held.list("events")
    if len(found) > _MOST_EVENTS:
        fault = f"{len(found)} events; {_MOST_EVENTS} are the most"
        raise PayloadError(NAME, fault, field="events")
    return tuple(map(read_event, found))
