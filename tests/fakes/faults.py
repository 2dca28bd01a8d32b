"""Faults that a fake answers with in place of the truth, each once."""

from collections import defaultdict, deque

from attrs import define, field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


@define
class Faults:
    """What goes wrong next.

    Attributes:
        waiting: How a path ends -> the answers that the next requests to it get.
        seen: Every request that came, as ``GET /accounts/1/``.
    """

    waiting: dict[str, deque[Response]] = field(factory=lambda: defaultdict(deque))
    seen: list[str] = field(factory=list)

    def inject(
        self, ending: str, status: int, data: object = None, **headers: str
    ) -> None:
        """Answer the next request to a path that ends so, and no further one."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = JSONResponse(data, status, headers=named)
        self.waiting[ending].append(answer)

    def take(self, request: Request) -> Response | None:
        """The fault of a request, or None."""
        self.seen.append(f"{request.method} {request.url.path}")
        for ending, answers in self.waiting.items():
            if answers and request.url.path.endswith(ending):
                return answers.popleft()
        return None
