"""Services whose line breaks at any byte, and kills who is at the other end of it.

They run in a process of their own, so that whoever is killed can be forked from one
that has no threads. Bytes of requests and answers are counted together, in the order in
which they pass.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum, unique
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Protocol

from attrs import define, field, frozen

from tests.store.killing import forked

ANEW, SETTLED = "anew", "settled"
END = b"\r\n\r\n"


class Service(Protocol):
    """What is at the end of the line."""

    def begin(self) -> None:
        """Somebody is about to ask."""

    def answer(self, request: bytes) -> bytes:
        """Answer a request; both as they are on the line."""
        ...

    def label(self, request: bytes) -> str:
        """Say what a request is about, of which the end may be missing."""
        ...

    def held(self) -> Any:
        """What it knows."""
        ...


@unique
class Break(Enum):
    """What happens at a byte."""

    NONE = "nothing"
    KILL = "the client is killed; what it sent arrives"
    CUT = "the connection ends; the client lives"


@frozen(kw_only=True)
class Order:
    """What to do at which byte, and to whom."""

    at: int = 0
    kind: Break = Break.NONE
    client: int = 0


@frozen
class Exchange:
    """A request and its answer: what about, its first byte and its last."""

    label: str
    begun: int
    ended: int


@frozen(kw_only=True)
class Seen:
    """What the service knows, and what passed the line since the last order.

    Attributes:
        count: Bytes.
        exchanges: What came to its end, in its order.
        held: What the service knows.
        struck: What the request was about at which the order was carried out; or "".
    """

    count: int
    exchanges: list[Exchange]
    held: Any
    struck: str

    def labels(self) -> list[str]:
        """What requests were about."""
        return sorted({each.label for each in self.exchanges})


class CutError(Exception):
    """The connection ends here."""


@define(eq=False)
class Line:
    """The server's end of every connection.

    Attributes:
        struck: The request at which the order was carried out, as far as it came.
    """

    service: Service
    order: Order = Order()
    count: int = 0
    struck: bytearray | None = None
    exchanges: list[Exchange] = field(factory=list)
    open: set[threading.Thread] = field(factory=set)

    def begin(self, order: Order) -> None:
        self.order, self.count, self.struck = order, 0, None
        self.exchanges.clear()
        self.service.begin()

    def serve(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            thread = threading.Thread(target=self._talk, args=(connection,))
            self.open.add(thread)
            thread.start()

    def settle(self) -> None:
        """Wait until whoever was there is gone, and what was sent is handled."""
        while self.open:
            thread = self.open.pop()
            thread.join()

    def seen(self) -> Seen:
        label = "" if self.struck is None else self.service.label(bytes(self.struck))
        held = self.service.held()
        exchanges = list(self.exchanges)
        return Seen(count=self.count, exchanges=exchanges, held=held, struck=label)

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError, CutError), closing(connection):
            while True:
                self._exchange(connection)

    def _exchange(self, connection: socket.socket) -> None:
        request = bytearray()
        self._take(connection, request)
        begun = self.count - len(request) + 1
        while END not in request:
            self._take(connection, request)
        head, _, body = bytes(request).partition(END)
        missing = _length(head) - len(body)
        while missing > 0:
            missing -= self._take(connection, request)
        answer = self.service.answer(bytes(request))
        self._send(connection, answer, request)
        label = self.service.label(bytes(request))
        self.exchanges.append(Exchange(label, begun, self.count))

    def _take(self, connection: socket.socket, request: bytearray) -> int:
        piece = connection.recv(self._left() or 65536)
        if not piece:
            raise CutError
        request += piece
        self._passed(len(piece), request)
        return len(piece)

    def _send(self, connection: socket.socket, said: bytes, request: bytearray) -> None:
        while said:
            piece = said[: self._left() or len(said)]
            connection.sendall(piece)
            said = said[len(piece) :]
            self._passed(len(piece), request)

    def _left(self) -> int:
        """Bytes until the order is carried out; 0 where it is or there is none."""
        return max(0, self.order.at - self.count)

    def _passed(self, count: int, request: bytearray) -> None:
        self.count += count
        if self.count == self.order.at and self.struck is None:
            self.struck = request
            if self.order.kind is Break.CUT:
                raise CutError
            os.kill(self.order.client, signal.SIGKILL)


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(x[15:]) for x in lines if x.startswith(b"content-length:")), 0)


def _work(
    control: Connection, listener: socket.socket, make: Callable[[], Service]
) -> None:
    line = Line(make())
    threading.Thread(target=line.serve, args=(listener,), daemon=True).start()
    while True:
        order = control.recv()
        line.settle()
        if isinstance(order, Order):
            line.begin(order)
        elif order == ANEW:
            line.service = make()
            line.begin(Order())
        control.send(line.seen())


@frozen
class Wire:
    """The other end of the control: what a story asks of the server."""

    origin: str
    control: Connection

    def anew(self) -> Seen:
        """Let the service begin anew."""
        return self._ask(ANEW)

    def expect(self, order: Order) -> None:
        """Let this happen from now on, counted from here."""
        self._ask(order)

    def settled(self) -> Seen:
        """What there is, once every connection has ended."""
        return self._ask(SETTLED)

    def _ask(self, order: Order | str) -> Seen:
        self.control.send(order)
        seen = self.control.recv()
        assert isinstance(seen, Seen)
        return seen


@contextmanager
def wired(make: Callable[[], Service]) -> Iterator[Wire]:
    """A service in a process of its own."""
    ours, theirs = Pipe()
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def work() -> None:
            ours.close()
            with suppress(EOFError):  # nobody asks any more
                _work(theirs, listener, make)

        child = forked(work)
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    theirs.close()
    try:
        yield Wire(origin, ours)
    finally:
        ours.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
