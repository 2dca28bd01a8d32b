"""A server of the user's that is told what happens."""

import json
from base64 import b64encode
from collections.abc import Callable, MutableMapping
from typing import Any

from attrs import define, field

SECRET = "whsec_" + b64encode(b"made up for tests, and no other.").decode()
"""What a receiver checks signatures with."""

Told = dict[str, Any]


@define
class Came:
    """A request."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> Told:
        return dict(json.loads(self.body))


@define
class Receiver:
    """Takes whatever comes, as an ASGI application.

    Attributes:
        answer: The status for what it is told, and further headers.
        came: What came, in its order, whatever was answered.
    """

    answer: Callable[[Told], int] = lambda _: 204
    headers: tuple[tuple[bytes, bytes], ...] = ()
    came: list[Came] = field(factory=list)

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Any, send: Any
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        self.came.append(Came({**headers, ":path": scope["path"]}, body))
        start = {
            "type": "http.response.start",
            "status": self.answer(self.came[-1].told),
            "headers": list(self.headers),
        }
        await send(start)
        await send({"type": "http.response.body"})

    @property
    def said(self) -> list[tuple[str, str]]:
        """What it was told: subjects and types, in their order."""
        return [(came.told["subject"], came.told["type"]) for came in self.came]
