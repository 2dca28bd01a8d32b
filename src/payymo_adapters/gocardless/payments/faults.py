"""What GoCardless Payments says when it does not do what was asked, as our errors."""

from datetime import datetime

from attrs import frozen

from payymo_adapters.errors import (
    FieldError,
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.http import HttpResponse
from payymo_adapters.http_limits import pause_of
from payymo_adapters.payload import Fields, read
from payymo_adapters.wording import readable

NAME = "GoCardless Payments"

_GONE = "The items of a payout are told for six months after it was made"


@frozen(kw_only=True)
class Problem:
    """What an answer says is wrong.

    Attributes:
        kind: ``gocardless``, ``invalid_api_usage``, ``invalid_state`` or
            ``validation_failed``; of an OAuth answer its plain ``error``.
        reason: Of the first error in the list, or "".
        said: The message, and what each error of the list adds.
    """

    kind: str = ""
    reason: str = ""
    said: str = ""


def problem_of(response: HttpResponse) -> Problem:
    """Read an answer that is an error; what cannot be read says its status."""
    try:
        found = read(NAME, response.body, _problem)
    except PayloadError:
        found = Problem()
    if found.said:
        return found
    return Problem(kind=found.kind, said=f"answers with {response.status}")


def _problem(held: Fields) -> Problem:
    try:
        plain = held.words("error")
    except FieldError:
        return _structured(held.fields("error"))
    said = ": ".join(p for p in (plain, held.words("error_description")) if p)
    return Problem(kind=plain, said=readable(said))


def _structured(held: Fields) -> Problem:
    errors = held.list("errors")
    parts = [held.words("message")]
    for each in errors:
        field = each.words("request_pointer") or each.words("field")
        message = each.words("message")
        parts.append(f"{field} {message}" if field else message)
    said = "; ".join(dict.fromkeys(part for part in parts if part))
    return Problem(
        kind=held.words("type"),
        reason=errors[0].words("reason") if errors else "",
        said=readable(said),
    )


def fault_of(response: HttpResponse, now: datetime) -> ProviderError:
    """The error of an answer that is not the one asked for."""
    problem = problem_of(response)
    status = response.status
    code = readable(problem.reason or problem.kind) or str(status)
    if status == 429 or problem.reason == "rate_limit_exceeded":
        until = pause_of(response, now).site
        return LimitError(NAME, problem.said, until=until, code=code)
    if status == 401:
        advice = "The access was revoked, or the token is wrong: connect again"
        return UnauthorisedError(NAME, problem.said, advice=advice, code=code)
    if status == 403:
        advice = "Give the token the permission, or connect with the wider scope"
        return UnauthorisedError(NAME, problem.said, advice=advice, code=code)
    if status >= 500 or problem.kind == "gocardless":
        return UndeliveredError(NAME, problem.said, code=code)
    advice = _GONE if status == 410 else ""
    return RefusedError(NAME, problem.said, advice=advice, code=code)
