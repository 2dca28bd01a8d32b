"""A listener on loopback that a provider's page sends the user back to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Event, Thread
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

from attrs import define, field, frozen

from payymo_adapters.consent import ConsentError, ConsentFault

T = TypeVar("T")

PORT = 8765
"""Where it listens, where nobody says otherwise."""

_HOST = "127.0.0.1"
# A browser opens connections ahead and says nothing on them.
_IDLE_SECONDS = 10.0
_SAID_SECONDS = 2.0
# The code is exchanged before the user is told: as long as a request may take.
_JUDGED_SECONDS = 120.0
# What anybody may send here; the one who was asked for is still waited for.
_STRAY = (
    ConsentFault.UNREADABLE,
    ConsentFault.NO_STATE,
    ConsentFault.UNKNOWN_STATE,
)
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Payymo</title>
<p>{}</p></html>
"""
_DONE = "Connected. This window can be closed."
_FAILED = "Not connected. The terminal says why; this window can be closed."


@define(eq=False)
class _Visit:
    """A redirect that came, and what it is answered with."""

    query: str = field(repr=False)
    status: int = 400
    words: str = _FAILED
    judged: Event = field(factory=Event)
    said: Event = field(factory=Event)

    def answer(self, status: int, words: str) -> None:
        """Answer, and wait until that is said: the process may end next."""
        self.status, self.words = status, words
        self.judged.set()
        self.said.wait(_SAID_SECONDS)


@frozen(kw_only=True)
class Redirect:
    """A listener that waits.

    Attributes:
        address: Where the provider is to send the user, as ``http://127.0.0.1:8765/x``.
    """

    address: str
    _visits: "Queue[_Visit]" = field(repr=False, alias="visits")

    def wait(self, judge: Callable[[str], T], provider: str, seconds: float) -> T:
        """Wait for a redirect that is the one.

        Args:
            judge: Takes the query of a redirect; gives what comes of it or raises.
            provider: For the errors.
            seconds: How long, at the most.

        Raises:
            ConsentError: The consent was refused, or nobody came in time. One that was
                not given out by us is answered and does not end the waiting.
        """
        end = monotonic() + seconds
        while True:
            try:
                visit = self._visits.get(timeout=max(end - monotonic(), 0))
            except Empty:
                raise ConsentError(provider, ConsentFault.NO_ANSWER) from None
            try:
                found = judge(visit.query)
            except ConsentError as error:
                visit.answer(400, _FAILED)
                if error.reason not in _STRAY:
                    raise
            except BaseException:
                visit.answer(502, _FAILED)
                raise
            else:
                visit.answer(200, _DONE)
                return found


@contextmanager
def listening(port: int, path: str) -> Iterator[Redirect]:
    """Listen on loopback alone.

    Args:
        port: Which; 0 for one that is free.
        path: What the redirect asks for; anything else is not found.

    Raises:
        OSError: The port is taken.
    """
    visits: Queue[_Visit] = Queue()
    with ThreadingHTTPServer((_HOST, port), _handler(visits, path)) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            address = f"http://{_HOST}:{server.server_port}{path}"
            yield Redirect(address=address, visits=visits)
        finally:
            server.shutdown()


def _handler(visits: "Queue[_Visit]", path: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Takes in redirects and answers them when they are judged."""

        timeout = _IDLE_SECONDS

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path != path:
                self._say(404, "There is nothing here.")
                return
            visit = _Visit(query=asked.query)
            visits.put(visit)
            visit.judged.wait(_JUDGED_SECONDS)
            self._say(visit.status, visit.words)
            visit.said.set()

        def log_message(self, *_: object) -> None:
            """Not print the address: it holds the code."""

        def version_string(self) -> str:
            """Say nothing of what runs here."""
            return "payymo"

        def _say(self, status: int, words: str) -> None:
            body = _PAGE.format(words).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Security-Policy", "default-src 'none'")
            # The address of this page holds the code.
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(body)

    return Handler
