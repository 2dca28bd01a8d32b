"""Servers on loopback, each in a thread and on a port that was free."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from time import monotonic, sleep

import uvicorn
from attrs import define, field
from starlette.types import ASGIApp

_START_SECONDS = 20.0


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Run an ASGI application, and give its origin, as ``http://127.0.0.1:41234``."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with closing(_listening()) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        _wait_for(lambda: server.started)
        yield _origin_of(listener)
        server.should_exit = True
        thread.join(_START_SECONDS)


Script = Callable[[socket.socket], None]


@define
class Raw:
    """A server that says byte by byte what it is told to.

    Attributes:
        script: What it does with a connection once a request has come.
        requests: What came, as it came.
    """

    script: Script
    requests: list[bytes] = field(factory=list)

    def handle(self, connection: socket.socket) -> None:
        with suppress(OSError), closing(connection):
            while request := _one_request(connection):
                self.requests.append(request)
                self.script(connection)


@contextmanager
def serve_raw(
    script: Script, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, Raw]]:
    """Answer every request as the script does; gives the origin and the server."""
    raw = Raw(script)
    with closing(_listening()) as listener:
        thread = threading.Thread(
            target=_accept, args=(listener, raw, tls), daemon=True
        )
        thread.start()
        yield _origin_of(listener, "https" if tls else "http"), raw


def scripted(*answers: bytes) -> Script:
    """Give one answer after the other, and the last one from then on."""
    left = list(answers)

    def answer(connection: socket.socket) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return answer


def response(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer as it goes over the wire; ``retry_after="1"`` is a header."""
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _accept(listener: socket.socket, raw: Raw, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.settimeout(_START_SECONDS)
            with suppress(OSError):
                held = (
                    tls.wrap_socket(connection, server_side=True) if tls else connection
                )
                threading.Thread(target=raw.handle, args=(held,), daemon=True).start()


def _one_request(connection: socket.socket) -> bytes:
    held = b""
    while b"\r\n\r\n" not in held:
        piece = connection.recv(65536)
        if not piece:
            return b""
        held += piece
    head, _, body = held.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(x[15:]) for x in lines if x.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def _listening() -> socket.socket:
    # Said to be TCP, or else asyncio leaves Nagle's algorithm on: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def _origin_of(listener: socket.socket, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"


def _wait_for(condition: Callable[[], bool]) -> None:
    end = monotonic() + _START_SECONDS
    while not condition():
        assert monotonic() < end, "the server does not start"
        sleep(0.005)
