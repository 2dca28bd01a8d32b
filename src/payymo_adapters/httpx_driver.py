"""Runs flows over a borrowed ``httpx`` client: the one module that speaks HTTP.

``HttpxDriver`` and ``AsyncHttpxDriver`` only send, receive and wait; what they decide
is in ``http_rules``, so that both decide alike.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypedDict, TypeVar

import anyio
import httpx
import stamina
from attrs import field, frozen

from payymo_adapters.budget import Budget
from payymo_adapters.errors import ProviderError, RefusedError, UndeliveredError
from payymo_adapters.http import Flow, HttpRequest, HttpResponse
from payymo_adapters.http_body import Intake
from payymo_adapters.http_rules import (
    Gate,
    PassingError,
    Site,
    Walk,
    attempts_for,
    headers_of,
    is_worth_repeating,
    utc_now,
)
from payymo_adapters.httpx_deadline import Line, within

__all__ = ["AsyncHttpxDriver", "Clock", "HttpxDriver"]

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

# The most specific first; {connect} and {idle} are seconds, {host} is the site's.
_FAULTS: dict[type[httpx.TransportError], str] = {
    httpx.ConnectTimeout: "no connection to {host} within {connect:g} s",
    httpx.PoolTimeout: "no free connection within {connect:g} s",
    httpx.WriteTimeout: "the request is not taken within {idle:g} s",
    httpx.TimeoutException: "no answer within {idle:g} s",
    httpx.ConnectError: "no connection to {host}: {error}",
    httpx.RemoteProtocolError: "the answer was cut off, or is not HTTP",
    httpx.ProxyError: "the proxy gives no connection",
    httpx.TransportError: "the connection broke",
}


@frozen(kw_only=True)
class Clock:
    """The time, as a driver sees it.

    Attributes:
        now: In UTC.
        elapsed: Seconds from some moment on, never set back.
        sleep: Waits for so many seconds.
        sleep_async: The same for the asynchronous driver.
    """

    now: Callable[[], datetime] = utc_now
    elapsed: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    sleep_async: Callable[[float], Awaitable[None]] = anyio.sleep


class _Retries(TypedDict):
    attempts: int
    timeout: None
    wait_initial: float
    wait_max: float
    wait_jitter: float


@frozen(kw_only=True)
class _Base:
    """What both drivers hold.

    Attributes:
        site: Where the requests go.
        budget: Counts the calls that name one; None where nothing is counted.
        clock: The time.
    """

    site: Site
    budget: Budget | None = None
    clock: Clock = Clock()
    _gate: Gate = field(init=False, repr=False)

    @_gate.default
    def _open_gate(self) -> Gate:
        return Gate(self.site, self.budget)

    def _retries(self, request: HttpRequest) -> _Retries:
        limits = self.site.limits
        return _Retries(
            attempts=attempts_for(self.site, request),
            timeout=None,
            wait_initial=limits.first_wait_seconds,
            wait_max=limits.most_wait_seconds,
            wait_jitter=limits.first_wait_seconds,
        )

    def _left(
        self, request: HttpRequest, response: HttpResponse, begun: float
    ) -> HttpResponse:
        _LOG.debug(
            "%s: %s %s: %d in %.2f s",
            self.site.provider,
            request.method,
            request.path,
            response.status,
            self.clock.elapsed() - begun,
        )
        return self._gate.leave(request, response, self.clock.now())


@frozen(kw_only=True)
class HttpxDriver(_Base):
    """Runs flows against one site.

    >>> with httpx.Client() as client:
    ...     site = Site(provider="WHMCS", origin="https://billing.example.com")
    ...     driver = HttpxDriver(client=client, site=site)

    Attributes:
        client: Borrowed: never closed here, and its connections are used again.
    """

    client: httpx.Client = field(repr=False)

    def run(self, flow: Flow[T]) -> T:
        """Ask what a flow asks until it has its result.

        Raises:
            ProviderError: As the flow ends with it.
        """
        walk = Walk(flow, self.site)
        while walk.request:
            try:
                response = self._ask(walk.request)
            except ProviderError as error:
                walk.fail(error)
            else:
                walk.answer(response)
        return walk.result

    def _ask(self, request: HttpRequest) -> HttpResponse:
        built = _built(self.client, self.site, request)
        retries = self._retries(request)
        try:
            for attempt in stamina.retry_context(on=is_worth_repeating, **retries):
                with attempt:
                    return self._attempt(request, built)
        except PassingError as spent:
            return spent.response
        raise AssertionError  # there is always a last attempt

    def _attempt(self, request: HttpRequest, built: httpx.Request) -> HttpResponse:
        seconds = self._gate.wait_seconds(self.clock.now())
        if seconds:
            self.clock.sleep(seconds)
        self._gate.enter(request, self.clock.now())
        begun = self.clock.elapsed()
        response = self._exchange(built)
        return self._left(request, response, begun)

    def _exchange(self, built: httpx.Request) -> HttpResponse:
        most = self.site.limits.total_seconds
        try:
            return within(most, lambda line: self._received(built, line))
        except TimeoutError:
            raise _too_long(self.site) from None

    def _received(self, built: httpx.Request, line: Line) -> HttpResponse:
        # Not changed in place: an attempt given up may still look at its own.
        built.extensions = {**built.extensions, "trace": line.trace}
        with _translated(self.site):
            answer = self.client.send(
                built, stream=True, follow_redirects=False, auth=None
            )
            try:
                line.note(answer.extensions.get("network_stream"))
                intake = _intake(self.site, answer)
                for chunk in answer.iter_raw():
                    intake.take(chunk)
            finally:
                answer.close()
        return _response(answer, intake)


@frozen(kw_only=True)
class AsyncHttpxDriver(_Base):
    """Runs the same flows in an event loop.

    Attributes:
        client: Borrowed: never closed here, and its connections are used again.
    """

    client: httpx.AsyncClient = field(repr=False)

    async def run(self, flow: Flow[T]) -> T:
        """Ask what a flow asks until it has its result.

        Raises:
            ProviderError: As the flow ends with it.
        """
        walk = Walk(flow, self.site)
        while walk.request:
            try:
                response = await self._ask(walk.request)
            except ProviderError as error:
                walk.fail(error)
            else:
                walk.answer(response)
        return walk.result

    async def _ask(self, request: HttpRequest) -> HttpResponse:
        built = _built(self.client, self.site, request)
        retries = self._retries(request)
        try:
            async for attempt in stamina.retry_context(
                on=is_worth_repeating, **retries
            ):
                with attempt:
                    return await self._attempt(request, built)
        except PassingError as spent:
            return spent.response
        raise AssertionError  # there is always a last attempt

    async def _attempt(
        self, request: HttpRequest, built: httpx.Request
    ) -> HttpResponse:
        seconds = self._gate.wait_seconds(self.clock.now())
        if seconds:
            await self.clock.sleep_async(seconds)
        self._gate.enter(request, self.clock.now())
        begun = self.clock.elapsed()
        response = await self._exchange(built)
        return self._left(request, response, begun)

    async def _exchange(self, built: httpx.Request) -> HttpResponse:
        try:
            with anyio.fail_after(self.site.limits.total_seconds):
                return await self._received(built)
        except TimeoutError:
            raise _too_long(self.site) from None

    async def _received(self, built: httpx.Request) -> HttpResponse:
        with _translated(self.site):
            answer = await self.client.send(
                built, stream=True, follow_redirects=False, auth=None
            )
            try:
                intake = _intake(self.site, answer)
                async for chunk in answer.aiter_raw():
                    intake.take(chunk)
            finally:
                await answer.aclose()
        return _response(answer, intake)


def _built(
    client: httpx.Client | httpx.AsyncClient, site: Site, request: HttpRequest
) -> httpx.Request:
    limits = site.limits
    return client.build_request(
        request.method,
        site.url(request),
        params=httpx.QueryParams(request.query) if request.query else None,
        headers=httpx.Headers(headers_of(site, request)),
        content=request.body or None,
        timeout=httpx.Timeout(
            connect=limits.connect_seconds,
            pool=limits.connect_seconds,
            read=limits.idle_seconds,
            write=limits.idle_seconds,
        ),
    )


@contextmanager
def _translated(site: Site) -> Iterator[None]:
    """Turn what httpx raises into an error of the tree.

    Its own error is not the cause that is shown: it holds the request, and with it the
    credentials, for every tool that prints the variables of a traceback.
    """
    try:
        yield
    except httpx.LocalProtocolError:
        fault = "the request cannot be sent: it is not HTTP"
        raise RefusedError(site.provider, fault) from None
    except httpx.TransportError as error:
        words = next(w for kind, w in _FAULTS.items() if isinstance(error, kind))
        limits = site.limits
        fault = words.format(
            connect=limits.connect_seconds,
            idle=limits.idle_seconds,
            error=error,
            host=site.host,
        )
        raise UndeliveredError(site.provider, fault) from None


def _intake(site: Site, answer: httpx.Response) -> Intake:
    packing = answer.headers.get("content-encoding", "")
    return Intake(site.provider, packing, site.limits.body_bytes)


def _too_long(site: Site) -> UndeliveredError:
    # The idle time-out alone would wait for ever for a server that drips.
    most = site.limits.total_seconds
    return UndeliveredError(site.provider, f"the answer took longer than {most:g} s")


def _response(answer: httpx.Response, intake: Intake) -> HttpResponse:
    return HttpResponse(
        status=answer.status_code,
        headers=tuple((k.lower(), v) for k, v in answer.headers.multi_items()),
        body=intake.body(),
    )
