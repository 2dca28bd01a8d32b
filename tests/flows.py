"""Drives flows by hand: no network, no mock."""

import json
from collections.abc import Callable, Iterable
from typing import TypeVar

from payymo_adapters.http import Flow, HttpRequest, HttpResponse

T = TypeVar("T")
Answering = Callable[[HttpRequest], HttpResponse]


def answered(status: int, data: object, **headers: str) -> HttpResponse:
    """An answer in JSON; ``retry_after="1"`` is a header."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return HttpResponse(status=status, headers=named, body=body)


def run(flow: Flow[T], answer: Answering) -> T:
    """Run a flow against what answers each of its requests."""
    try:
        request = next(flow)
        while True:
            request = flow.send(answer(request))
    except StopIteration as done:
        result: T = done.value
        return result


class Script:
    """Answers in turn, and keeps what was asked."""

    def __init__(self, answers: Iterable[HttpResponse]) -> None:
        self._answers = iter(answers)
        self.asked: list[HttpRequest] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        return next(self._answers)


def revealed(request: HttpRequest, name: str) -> str:
    """A header as it is sent."""
    for key, value in request.headers:
        if key == name:
            return value if isinstance(value, str) else value.reveal()
    return ""
