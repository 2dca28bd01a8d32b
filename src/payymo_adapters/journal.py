"""What a flow was answered, kept on disk: one that was cut off goes on from there.

A flow asks the same as long as it is answered the same. So nothing of a provider's has
to be known to resume: what was asked before is answered from the journal.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from payymo_adapters.errors import ProviderError
from payymo_adapters.http import Flow, HttpRequest, HttpResponse

T = TypeVar("T")

# What was answered long ago may not be so any more.
_OLDEST = timedelta(hours=24)


class Journal:
    """Answers to the reading requests of one task, in a file that only we may read.

    It holds what a provider says, never what we send it: no credential, and no answer
    but to a GET.
    """

    def __init__(self, path: Path, task: Mapping[str, str], now: datetime) -> None:
        """Open or begin one.

        Args:
            path: Where it is.
            task: What it is about; a journal of another task is begun anew, and so is
                one that is older than a day.
            now: In UTC.

        Raises:
            OSError: The place cannot be written to.
        """
        self._path = path
        head, *rest = _lines(path) or [{}]
        if not _is_of(head, task, now):
            head, rest = {"task": dict(task), "begun": now.isoformat()}, []
        # Anew even where it goes on: the last line may have been cut off.
        path.unlink(missing_ok=True)
        for row in (head, *rest):
            self._write(row)
        self._held = {_key(row["path"], row["query"]): row["body"] for row in rest}

    def __len__(self) -> int:
        return len(self._held)

    def answer(self, request: HttpRequest) -> HttpResponse | None:
        """What a request was answered before, or None."""
        body = self._held.get(_key(request.path, request.query))
        if request.method != "GET" or body is None:
            return None
        return HttpResponse(status=200, body=body.encode())

    def keep(self, request: HttpRequest, response: HttpResponse) -> None:
        """Keep an answer that would come again."""
        if request.method != "GET" or response.status != 200:
            return
        try:
            body = response.body.decode()
        except UnicodeDecodeError:
            return  # the flow will say what is wrong with it
        query = [list(pair) for pair in request.query]
        self._write({"path": request.path, "query": query, "body": body})

    def discard(self) -> None:
        """Remove it: the task is done."""
        self._path.unlink(missing_ok=True)

    def _write(self, row: Mapping[str, object]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        place = os.open(self._path, flags, 0o600)
        with os.fdopen(place, "a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(row) + "\n")


class Answers(Protocol):
    """Has answers to what was asked before, or is shown those that come."""

    def answer(self, request: HttpRequest) -> HttpResponse | None:
        """What a request was answered before, or None."""
        ...

    def keep(self, request: HttpRequest, response: HttpResponse) -> None:
        """Take note of an answer."""
        ...


def journalled(
    flow: Flow[T], journal: Answers | None, tell: Callable[[int], None]
) -> Flow[T]:
    """Answer a flow from a journal as far as that goes, and keep what comes after.

    Args:
        flow: What is asked.
        journal: What was answered before; None where nothing is kept.
        tell: Told before each request how many there were.
    """
    advance = _next(flow)
    asked = 0
    while True:
        try:
            request = advance()
        except StopIteration as end:
            result: T = end.value
            return result
        tell(asked)
        asked += 1
        response = None if journal is None else journal.answer(request)
        if response:
            advance = _send(flow, response)
            continue
        try:
            response = yield request
        except ProviderError as error:
            advance = _throw(flow, error)
        else:
            if journal is not None:
                journal.keep(request, response)
            advance = _send(flow, response)


_Advance = Callable[[], HttpRequest]


def _next(flow: Flow[T]) -> _Advance:
    return lambda: next(flow)


def _send(flow: Flow[T], response: HttpResponse) -> _Advance:
    return lambda: flow.send(response)


def _throw(flow: Flow[T], error: ProviderError) -> _Advance:
    return lambda: flow.throw(error)


def _key(path: str, query: object) -> str:
    return json.dumps([path, query])


def _is_of(head: Mapping[str, Any], task: Mapping[str, str], now: datetime) -> bool:
    if head.get("task") != task:
        return False
    begun = datetime.fromisoformat(head["begun"])
    return timedelta() <= now - begun <= _OLDEST


def _lines(path: Path) -> list[dict[str, Any]]:
    return list(_whole_lines(path)) if path.is_file() else []


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Each line, up to the first that was not written to its end."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                return
            if not line.endswith("\n") or type(row) is not dict:
                return
            yield row
