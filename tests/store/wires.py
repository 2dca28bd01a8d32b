"""A WHMCS whose line breaks at any byte, and kills who is at the other end of it.

It runs in a process of its own, so that whoever is killed can be forked from one that
has no threads. Bytes of requests and answers are counted together, in the order in
which they pass.
"""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum, unique
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from urllib.parse import parse_qsl

from attrs import define, field, frozen

from tests.fakes.whmcs import Answer, Whmcs

ANEW, SETTLED = "anew", "settled"
BILLS = {1: "100.00", 2: "80.00", 3: "80.00"}


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


@frozen(kw_only=True)
class Seen:
    """What WHMCS holds, and what passed the line since the last order.

    Attributes:
        count: Bytes.
        at_payment: The first byte and the last of each payment's request and answer.
        recorded: Invoice, amount and key of each payment.
        owed: What is left of each invoice.
        struck: Whether the order was carried out.
    """

    count: int
    at_payment: list[tuple[int, int]]
    recorded: list[tuple[str, str, str]]
    owed: dict[str, str]
    struck: bool


class CutError(Exception):
    """The connection ends here."""


@define(eq=False)
class Line:
    """The server's end of every connection."""

    whmcs: Whmcs
    order: Order = Order()
    count: int = 0
    struck: bool = False
    at_payment: list[tuple[int, int]] = field(factory=list)
    open: set[threading.Thread] = field(factory=set)

    def begin(self, order: Order) -> None:
        self.order, self.count, self.struck = order, 0, False
        self.at_payment.clear()

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

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError, CutError), closing(connection):
            while form := self._request(connection):
                begun = self.count
                reply = self.whmcs.answer(form)
                assert isinstance(reply, Answer)
                head = (
                    f"HTTP/1.1 {reply.status} OK\r\ncontent-type: {reply.kind}\r\n"
                    f"content-length: {len(reply.body)}\r\n\r\n"
                )
                self._send(connection, head.encode() + reply.body)
                if form["action"] == "AddInvoicePayment":
                    self.at_payment.append((begun, self.count))

    def _request(self, connection: socket.socket) -> dict[str, str]:
        held = b""
        while b"\r\n\r\n" not in held:
            held += self._take(connection)
        head, _, body = held.partition(b"\r\n\r\n")
        (length,) = (
            int(line[15:])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        while len(body) < length:
            body += self._take(connection)
        return dict(parse_qsl(body.decode()))

    def _take(self, connection: socket.socket) -> bytes:
        piece = connection.recv(self._left() or 65536)
        if not piece:
            raise CutError
        self._passed(len(piece))
        return piece

    def _send(self, connection: socket.socket, said: bytes) -> None:
        while said:
            piece = said[: self._left() or len(said)]
            connection.sendall(piece)
            said = said[len(piece) :]
            self._passed(len(piece))

    def _left(self) -> int:
        """Bytes until the order is carried out; 0 where it is or there is none."""
        return max(0, self.order.at - self.count)

    def _passed(self, count: int) -> None:
        self.count += count
        if self.count == self.order.at and not self.struck:
            self.struck = True
            if self.order.kind is Break.CUT:
                raise CutError
            os.kill(self.order.client, signal.SIGKILL)


def _work(control: Connection, listener: socket.socket) -> None:
    line = Line(_whmcs())
    threading.Thread(target=line.serve, args=(listener,), daemon=True).start()
    while True:
        order = control.recv()
        line.settle()
        if isinstance(order, Order):
            line.begin(order)
        elif order == ANEW:
            line.begin(Order())
            line.whmcs = _whmcs()
        control.send(_seen(line))


def _whmcs() -> Whmcs:
    found = Whmcs()
    for number, total in BILLS.items():
        found.bill(number, total)
    return found


def _seen(line: Line) -> Seen:
    entries = line.whmcs.transactions
    return Seen(
        count=line.count,
        at_payment=list(line.at_payment),
        recorded=[(e["invoiceid"], e["amountin"], e["transid"]) for e in entries],
        owed={str(n): str(bill.balance) for n, bill in line.whmcs.bills.items()},
        struck=line.struck,
    )


@frozen
class Wire:
    """The other end of the control: what a story asks of the server."""

    origin: str
    control: Connection

    def anew(self) -> None:
        """A WHMCS where nothing was paid."""
        self._ask(ANEW)

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
def wired() -> Iterator[Wire]:
    """A WHMCS in a process of its own."""
    ours, theirs = Pipe()
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        child = os.fork()
        if not child:
            ours.close()
            with suppress(BaseException):
                _work(theirs, listener)
            os._exit(0)
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    theirs.close()
    try:
        yield Wire(origin, ours)
    finally:
        ours.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
