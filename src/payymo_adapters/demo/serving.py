"""A stand-in on loopback: served as a web server would, and reached as one is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import frozen

from payymo_adapters.demo.whmcs import PATH
from payymo_adapters.errors import ProviderError, UndeliveredError
from payymo_adapters.http import Flow, HttpRequest, HttpResponse
from payymo_adapters.http_rules import Site, Walk, headers_of
from payymo_adapters.whmcs import PROVIDER
from payymo_adapters.whmcs_poster import T

_HOST = "127.0.0.1"
_SECONDS = 30.0


@contextmanager
def serve(answer: Callable[[bytes], bytes]) -> Iterator["Line"]:
    """Answer what is posted to the path of the API, and lend a line to it."""
    server = ThreadingHTTPServer((_HOST, 0), _handler(answer))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        with closing(HTTPConnection(_HOST, server.server_port, _SECONDS)) as connection:
            yield Line(connection)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@frozen
class Line:
    """Runs flows over one connection to loopback, which needs no library for it.

    Attributes:
        connection: Kept from one request to the next.
    """

    connection: HTTPConnection

    def run(self, flow: Flow[T]) -> T:
        """Ask what a flow asks until it has its result.

        Raises:
            ProviderError: As the flow ends with it.
        """
        held = self.connection
        site = Site(provider=PROVIDER, origin=f"http://{held.host}:{held.port}")
        walk = Walk(flow, site)
        while walk.request:
            try:
                response = self._ask(site, walk.request)
            except ProviderError as error:
                walk.fail(error)
            else:
                walk.answer(response)
        return walk.result

    def _ask(self, site: Site, asked: HttpRequest) -> HttpResponse:
        try:
            headers = dict(headers_of(site, asked))
            self.connection.request(asked.method, asked.path, asked.body, headers)
            answer = self.connection.getresponse()
            return HttpResponse(status=answer.status, body=answer.read())
        except (OSError, HTTPException) as error:
            self.connection.close()  # the next request opens another
            raise UndeliveredError(PROVIDER, f"no answer: {error}") from None


def _handler(answer: Callable[[bytes], bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept
        wbufsize = -1  # head and body leave together: else each waits for the other

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            found = self.path == PATH
            body = answer(asked) if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Nothing: what is asked holds the secret."""

    return Handler
