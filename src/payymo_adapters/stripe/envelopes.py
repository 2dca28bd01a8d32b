"""What Stripe's objects come in: pages of lists, connections, events."""

from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import field, frozen

from payymo_adapters.stripe.fields import Fields, decode

T = TypeVar("T")


@frozen(kw_only=True)
class Page(Generic[T]):
    """A page of a list.

    Attributes:
        items: Newest first.
        ids: Of the items, in their order.
        has_more: Whether another page follows.
    """

    items: tuple[T, ...]
    ids: tuple[str, ...]
    has_more: bool


def read_page(body: bytes, read: Callable[[Fields], T]) -> Page[T]:
    """Read a page of a list."""
    held = decode(body)
    return Page(
        items=held.each("data", read),
        ids=held.each("data", lambda item: item.text("id")),
        has_more=held.truth("has_more"),
    )


@frozen(kw_only=True)
class Connected:
    """An account whose owner let us in.

    The tokens that come along are not kept: Stripe's advice is to call with the
    platform's own key and to name the account.

    Attributes:
        account: Its id, as ``acct_...``.
        scope: ``read_only`` or ``read_write``.
        livemode: Whether it is about real money.
    """

    account: str
    scope: str
    livemode: bool

    @classmethod
    def of(cls, held: Fields) -> "Connected":
        """Read the answer to an exchanged code."""
        return cls(
            account=held.text("stripe_user_id"),
            scope=held.text("scope"),
            livemode=held.truth("livemode"),
        )


@frozen(kw_only=True)
class Event:
    """Something that happened, as a webhook tells it.

    Attributes:
        type: As ``charge.updated``; new ones come without notice.
        account: The connected account that it happened in, or "".
        object_type: What it happened to, as ``charge``; "" where nobody says.
        object_id: Its id, or "".
        body: All of it, as it came.
    """

    id: str
    type: str
    account: str
    object_type: str
    object_id: str
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, body: bytes) -> "Event":
        """Read one of either form; the thin one only points at what it happened to."""
        held = decode(body)
        kind, name = _thing(held)
        return cls(
            id=held.text("id"),
            type=held.text("type"),
            account=held.words("account") or held.words("context"),
            object_type=kind,
            object_id=name,
            body=body,
        )


def _thing(held: Fields) -> tuple[str, str]:
    if "related_object" in held:
        return held.of("related_object", lambda o: (o.words("type"), o.words("id")))
    if "data" not in held:
        return "", ""
    data = held.expanded("data")
    if data is None or "object" not in data:
        return "", ""
    return held.of(
        "data",
        lambda d: d.of("object", lambda o: (o.words("object"), o.words("id"))),
    )
