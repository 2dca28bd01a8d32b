"""What every driver decides alike: where to, what again, when, how much. No I/O."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from attrs import field, frozen

from payymo_adapters.budget import Budget, next_day
from payymo_adapters.errors import (
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UndeliveredError,
)
from payymo_adapters.http import Flow, HttpRequest, HttpResponse, Secret
from payymo_adapters.http_body import PACKINGS
from payymo_adapters.http_limits import pause_of

T = TypeVar("T")


@frozen(kw_only=True)
class Limits:
    """How long to wait, how often to ask and how much to take.

    Attributes:
        connect_seconds: For a connection, TLS included; and for a free one of the pool.
        idle_seconds: Without a byte sent or received.
        total_seconds: From the request to the last byte of its answer.
        body_bytes: Of one answer, unpacked.
        requests: Of one flow: pages are asked for until there are no more.
        attempts: For what may be repeated, the first one included.
        first_wait_seconds: Before the second attempt; doubles each time, with jitter.
        most_wait_seconds: Before any attempt.
        patience_seconds: A limit of the provider's is waited for up to here; one that
            lasts longer is reported.
    """

    connect_seconds: float = 10.0
    idle_seconds: float = 30.0
    total_seconds: float = 120.0
    body_bytes: int = 32 * 2**20
    requests: int = 10_000
    attempts: int = 4
    first_wait_seconds: float = 0.5
    most_wait_seconds: float = 10.0
    patience_seconds: float = 60.0


# No 500 of a provider tells whether the next one would be another; a GET costs nothing.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def is_passing(response: HttpResponse) -> bool:
    """Whether the same request may well be answered better a moment later."""
    return response.status in _PASSING


def _without_slash(origin: str) -> str:
    return origin.rstrip("/")


@frozen(kw_only=True)
class Site:
    """One provider's address, fixed by configuration.

    Attributes:
        provider: As a person knows it, for the errors.
        origin: Scheme, host and port, as ``https://api.example.com``.
        limits: Of time, size and number.
        again: Which answers to a repeatable request are asked for again.
    """

    provider: str
    origin: str = field(converter=_without_slash)
    limits: Limits = Limits()
    again: Callable[[HttpResponse], bool] = is_passing

    def __attrs_post_init__(self) -> None:
        fault = _fault_of(self.origin)
        if fault:
            raise RefusedError(self.provider, f"the address {fault}")

    @property
    def host(self) -> str:
        """The name to look for where it is not reached."""
        return urlsplit(self.origin).hostname or ""

    def url(self, request: HttpRequest) -> str:
        """Where a request goes, without its query."""
        if not request.path.startswith("/") or set("?#") & set(request.path):
            msg = f"a path begins with a slash and holds no query: {request.path!r}"
            raise ValueError(msg)
        return self.origin + request.path


def _fault_of(origin: str) -> str:
    """What is wrong with an address; it is not quoted, since it may hold a password."""
    try:
        parts = urlsplit(origin)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "is not one, as https://api.example.com"
    if not host or parts.scheme not in ("http", "https"):
        return "is not one, as https://api.example.com"
    if parts.username or parts.password or "@" in parts.netloc:
        return "holds a user or a password; credentials have settings of their own"
    if parts.path or parts.query or parts.fragment:
        return "has more than a scheme, a host and a port"
    if parts.scheme == "http" and not _is_loopback(host):
        return "begins with http://, so credentials would travel open; use https://"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def headers_of(site: Site, request: HttpRequest) -> list[tuple[str, str]]:
    """What is sent above the body, credentials revealed.

    Raises:
        RefusedError: A value that no header may hold; it is not quoted.
    """
    headers = [("accept-encoding", ", ".join(PACKINGS)), ("user-agent", "payymo")]
    for name, value in request.headers:
        if not _is_sendable(value):
            fault = (
                f"what is to be sent as {name!r} holds blanks or signs that it cannot"
            )
            raise RefusedError(
                site.provider, fault, advice="Set the credential again, as one line"
            )
        headers.append((name, _plain(value)))
    return headers


def _is_sendable(value: str | Secret) -> bool:
    text = _plain(value)
    return text.isascii() and text.isprintable() and text == text.strip()


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


class Walk(Generic[T]):
    """A flow on its way: what it asks next, and in the end its result.

    Attributes:
        request: What is asked now; None at the end.
    """

    def __init__(self, flow: Flow[T], site: Site) -> None:
        """Start a flow."""
        self._flow = flow
        self._site = site
        self._asked = 0
        self._result: list[T] = []
        self.request: HttpRequest | None = None
        self._step(lambda: next(flow))

    @property
    def result(self) -> T:
        """What the flow returned."""
        return self._result[0]

    def answer(self, response: HttpResponse) -> None:
        """Give the flow what it asked for.

        Raises:
            ProviderError: The flow ends with it, or asks without an end.
        """
        self._step(lambda: self._flow.send(response))

    def fail(self, error: ProviderError) -> None:
        """Tell the flow that what it asked for was not to be had.

        Raises:
            ProviderError: The flow ends with it, as it does unless it knows better.
        """
        self._step(lambda: self._flow.throw(error))

    def _step(self, advance: Callable[[], HttpRequest]) -> None:
        try:
            self.request = advance()
        except StopIteration as end:
            self._result.append(end.value)
            self.request = None
            return
        self._asked += 1
        most = self._site.limits.requests
        if self._asked > most:
            self._flow.close()
            fault = f"more than {most:,} requests for one thing: its pages do not end"
            raise PayloadError(self._site.provider, fault)


class PassingError(Exception):
    """An answer that is to be asked for again.

    Attributes:
        response: The answer; the last one is what the flow gets.
    """

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(str(response.status))
        self.response = response


def is_worth_repeating(error: Exception) -> bool:
    """Whether an attempt that ended so is followed by another."""
    return isinstance(error, PassingError | UndeliveredError)


def attempts_for(site: Site, request: HttpRequest) -> int:
    """How often a request may be sent: once, where twice would do it twice."""
    return site.limits.attempts if request.repeatable else 1


class Gate:
    """Lets requests through when the provider's limits and our budget allow it."""

    def __init__(self, site: Site, budget: Budget | None) -> None:
        """Open a gate; a request that names a budget needs one."""
        self._site = site
        self._budget = budget
        self._closed: datetime | None = None

    def wait_seconds(self, now: datetime) -> float:
        """How long the provider wants the next request to wait.

        Raises:
            LimitError: For longer than is waited.
        """
        if self._closed is None or self._closed <= now:
            return 0.0
        seconds = (self._closed - now).total_seconds()
        if seconds > self._site.limits.patience_seconds:
            fault = "asks to wait"
            raise LimitError(self._site.provider, fault, until=self._closed)
        return seconds

    def enter(self, request: HttpRequest, now: datetime) -> None:
        """Count a request.

        Raises:
            LimitError: Its budget is used up.
        """
        if self._budget is None or not request.budget:
            return
        later = self._budget.take(request.budget, now)
        if later is not None:
            fault = f"the calls of the day for {request.budget} are used up"
            raise LimitError(self._site.provider, fault, until=later)

    def leave(
        self, request: HttpRequest, response: HttpResponse, now: datetime
    ) -> HttpResponse:
        """Take note of an answer, and hand it on.

        Raises:
            PassingError: It is to be asked for again.
            RefusedError: It sends us elsewhere.
        """
        self._note(request, response, now)
        if 300 <= response.status < 400:
            raise _redirected(self._site, response)
        if request.repeatable and self._site.again(response) and self._is_soon(now):
            raise PassingError(response)
        return response

    def _note(
        self, request: HttpRequest, response: HttpResponse, now: datetime
    ) -> None:
        pause = pause_of(response, now)
        self._closed = pause.site or self._closed
        if self._budget is None or not request.budget:
            return
        if response.status >= 400:
            self._budget.give_back(request.budget, now)
        until = pause.account
        if response.status == 429 and not self._site.again(response):
            # The bank's own limit, not a rush of calls: it holds for the day, and is
            # not to be asked about again, in this run or the next.
            until = until or pause.site or next_day(now)
        if until:
            self._budget.close(request.budget, until)

    def _is_soon(self, now: datetime) -> bool:
        patience = timedelta(seconds=self._site.limits.patience_seconds)
        return self._closed is None or self._closed <= now + patience


def _redirected(site: Site, response: HttpResponse) -> RefusedError:
    there = ""
    with suppress(ValueError):
        parts = urlsplit(response.header("location")[:2000])
        # Where to, and no more of it: the rest may hold a token.
        there = f" to {parts.scheme}://{parts.hostname}" if parts.hostname else ""
    return RefusedError(
        site.provider,
        f"answers with a redirect{there}, which is not followed",
        advice="If it is the right place, make it the address in the settings",
        code=str(response.status),
    )


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
