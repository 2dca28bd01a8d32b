"""An end for an exchange that blocks: ``httpx`` bounds each read, and not their sum."""

import socket
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import copy_context
from threading import Thread
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")

_OPENED = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")


@runtime_checkable
class _Stream(Protocol):
    """What ``httpx`` gives as ``network_stream``."""

    def get_extra_info(self, info: str) -> object:
        """Look up what it is made of, as ``socket``."""
        ...


class Line:
    """The connection of one exchange, which another thread may cut."""

    def __init__(self) -> None:
        """Know of no connection yet."""
        self._stream: object = None
        self._is_cut = False

    def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Take note of a connection that is opened; for ``extensions`` of a request."""
        if event.endswith(_OPENED):
            self.note(info["return_value"])

    def note(self, stream: object) -> None:
        """Take note of the connection."""
        self._stream = stream
        if self._is_cut:
            self.cut()

    def cut(self) -> None:
        """End whatever reads from the connection or writes to it."""
        # In this order: a connection noted meanwhile is cut by one of the two threads.
        self._is_cut = True
        if not isinstance(self._stream, _Stream):
            return
        held = self._stream.get_extra_info("socket")
        if isinstance(held, socket.socket):
            with suppress(OSError):
                # Not that of SSLSocket: it takes the state from under the reader.
                socket.socket.shutdown(held, socket.SHUT_RDWR)


def within(seconds: float, exchange: Callable[[Line], T]) -> T:
    """Do what blocks, for so long at most.

    A header that drips in over a connection of an earlier request, and a handshake that
    drips, leave a thread waiting till the client is closed: nothing tells which
    connection they use. The caller goes on all the same.

    Args:
        seconds: From now on.
        exchange: Runs in a thread of its own; tells the line of its connection.

    Raises:
        TimeoutError: It took longer.
    """
    line = Line()
    outcome: Future[T] = Future()
    # Of the caller's context, for whoever traces or logs by it.
    target = copy_context().run
    Thread(target=target, args=(_settle, outcome, exchange, line), daemon=True).start()
    try:
        wait([outcome], seconds)
        if not outcome.done():
            raise TimeoutError
        return outcome.result()
    finally:
        if not outcome.done():
            line.cut()


def _settle(outcome: Future[T], exchange: Callable[[Line], T], line: Line) -> None:
    try:
        outcome.set_result(exchange(line))
    except BaseException as error:  # noqa: BLE001 - raised where the outcome is read
        outcome.set_exception(error)
