"""What a flow asks of a provider, and what comes back: values, no I/O.

A flow is a generator: it yields ``HttpRequest`` and receives ``HttpResponse``, so it is
tested with neither network nor mock; ``httpx_driver`` runs it over a real connection.
"""

from collections.abc import Generator
from typing import Literal, TypeVar

from attrs import field, frozen

T = TypeVar("T")
Pairs = tuple[tuple[str, str], ...]


@frozen(eq=False)
class Secret:
    """A value that never shows: in a log, a repr, an error or a URL.

    >>> Secret("hunter2")
    Secret('***')
    """

    _value: str = field(repr=False)

    def __repr__(self) -> str:
        return "Secret('***')"

    def reveal(self) -> str:
        """Give the value to the one place that sends it."""
        return self._value


@frozen(kw_only=True)
class HttpRequest:
    """One request, without its host: a driver is made for one origin.

    Attributes:
        method: The verb.
        path: From the root, percent-encoded, without a query.
        query: Names and values in order, not yet encoded. Never a secret.
        headers: Names and values; a credential is a ``Secret``.
        body: What is sent, silent in a repr since it may hold a credential.
        idempotency_key: Makes a POST safe to send again; the provider's own header for
            it is set by the flow. "" for a POST that must never be repeated.
        budget: What the provider counts this call against, as
            ``account/transactions``; "" where nothing is counted.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"] = "GET"
    path: str
    query: Pairs = ()
    headers: tuple[tuple[str, str | Secret], ...] = ()
    body: bytes = field(default=b"", repr=False)
    idempotency_key: str = ""
    budget: str = ""

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        return self.method == "GET" or bool(self.idempotency_key)


@frozen(kw_only=True)
class HttpResponse:
    """What a provider answered, of any status.

    Attributes:
        status: 100 to 599.
        headers: Names in lower case and their values, in order.
        body: Decompressed; silent in a repr since it may hold a token.
    """

    status: int
    headers: Pairs = ()
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str:
        """The first value of a header, or ""."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")


# What a driver could not get done it throws into the flow where that waits, as a
# ProviderError: a flow that knows better catches it there, and every other ends.
Flow = Generator[HttpRequest, HttpResponse, T]
