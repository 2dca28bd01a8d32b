"""What Bank Account Data says when it does not do what was asked, as our errors."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from re import compile as pattern

from attrs import frozen

from payymo_adapters.banking import AccountStatus, ConsentGoneError
from payymo_adapters.errors import (
    Bar,
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
from payymo_adapters.http_rules import is_passing
from payymo_adapters.payload import Fields, read
from payymo_adapters.wording import readable

NAME = "GoCardless"

_SECONDS = pattern(r"again in ([0-9]{1,8}) seconds")
_OUR_TOKEN = ("Invalid token", "Authentication failed")
_NO_CONSENT = frozenset({"AccessExpiredError", "AccountInactiveError"})
# What an account's own status, sent in place of an error, means.
_ACCOUNT = {
    "DISCOVERED": "the bank's data is being collected",
    "PROCESSING": "the bank's data is being collected",
}
ACCOUNTS = {
    "READY": AccountStatus.READY,
    "DISCOVERED": AccountStatus.WAIT,
    "PROCESSING": AccountStatus.WAIT,
    "ERROR": AccountStatus.FAILED,
    "EXPIRED": AccountStatus.EXPIRED,
    "SUSPENDED": AccountStatus.SUSPENDED,
    # The type of an error, which says as much.
    "AccountSuspendedError": AccountStatus.SUSPENDED,
}

_REFUSED = {402: "The free usage is used up: end connections or change the plan"}


@frozen(kw_only=True)
class Problem:
    """What an answer says is wrong, in any of its four shapes.

    Attributes:
        status: Of the answer.
        summary: In short; with the field at fault where there is one.
        detail: At length.
        kind: The provider's type of error, or "".
        account: The status of an account that came in place of an error, or "".
    """

    status: int
    summary: str = ""
    detail: str = ""
    kind: str = ""
    account: str = ""

    @property
    def said(self) -> str:
        """All of it, as far as a person can read it."""
        parts = (self.summary.rstrip("."), self.detail)
        said = ": ".join(dict.fromkeys(part for part in parts if part))
        return readable(said) or f"answers with {self.status}"

    @property
    def code(self) -> str:
        """For a program: the type, or the status."""
        return readable(self.kind) or str(self.status)

    @property
    def blames_our_token(self) -> bool:
        """Whether a new token may help; a consent that is gone is told likewise."""
        return self.status == 401 and not self.blames_consent

    @property
    def blames_consent(self) -> bool:
        """Whether only the user can help, by connecting again."""
        if self.kind in _NO_CONSENT:
            return True
        agreement = "End User Agreement" in self.summary or "EUA" in self.summary
        return self.status in (401, 403) and agreement


def problem_of(response: HttpResponse) -> Problem:
    """Read an answer that is an error; what cannot be read has its status alone."""
    try:
        return read(NAME, response.body, lambda held: _problem(response.status, held))
    except PayloadError:
        return Problem(status=response.status)


def _problem(status: int, held: Fields) -> Problem:
    if "summary" in held or "detail" in held:
        return Problem(
            status=status,
            summary=_lenient(held, "summary"),
            detail=_lenient(held, "detail"),
            kind=_lenient(held, "type"),
        )
    if "status" in held and "id" in held:
        return Problem(status=status, account=_lenient(held, "status"))
    faults = [f"{key}: {said}" for key in held.keys for said in _field(held, key)]
    return Problem(status=status, summary="; ".join(faults))


def _field(held: Fields, key: str) -> Iterator[str]:
    """What is wrong with a field: an object, a list of objects or of strings."""
    try:
        yield _told(held.fields(key))
    except FieldError:
        try:
            yield from map(_told, held.list(key))
        except FieldError:
            try:
                yield from held.texts(key)
            except FieldError:
                return


def _told(held: Fields) -> str:
    parts = (_lenient(held, "summary").rstrip("."), _lenient(held, "detail"))
    return ": ".join(part for part in parts if part)


def _lenient(held: Fields, key: str) -> str:
    try:
        return held.words(key)
    except FieldError:
        return ""


def fault_of(response: HttpResponse, now: datetime) -> ProviderError:
    """The error of an answer that is not the one asked for."""
    problem = problem_of(response)
    if problem.blames_consent:
        return ConsentGoneError(NAME, problem.said, code=problem.code)
    match response.status:
        case 401 | 403:
            return _not_let_in(problem)
        case 409:
            return _of_account(problem)
        case 429:
            until = _until(response, now)
            return LimitError(NAME, problem.said, until=until, code=problem.code)
        case status if status >= 500:
            return UndeliveredError(NAME, problem.said, code=problem.code)
        case status:
            advice = _REFUSED.get(status, "")
            return RefusedError(NAME, problem.said, advice=advice, code=problem.code)


def _not_let_in(problem: Problem) -> ProviderError:
    advice, bar = "Check the secret id and the secret key", Bar.CREDENTIALS
    if "IP address" in problem.summary:
        advice = "Add this address to the secret's list of allowed addresses"
        bar = Bar.ADDRESS
    elif problem.kind == "AccountAccessForbidden":
        advice = "The bank does not let this user read the account; ask its owner"
        bar = Bar.PERMISSION
    elif problem.kind == "AccountResourceUnavailable":
        return RefusedError(NAME, problem.said, code=problem.code)
    return UnauthorisedError(
        NAME, problem.said, advice=advice, code=problem.code, bar=bar
    )


def _of_account(problem: Problem) -> ProviderError:
    """A 409: the account is not to be asked for now, or no more."""
    if waits := _ACCOUNT.get(problem.account):
        advice = "Try again in a few minutes"
        return UndeliveredError(NAME, waits, advice=advice, code=problem.account)
    fault, code = problem.said, problem.code
    if problem.account:
        code = readable(problem.account)
        fault = f"the account has the status {code}"
    return ConsentGoneError(NAME, fault, code=code, status=ACCOUNTS.get(code))


def _until(response: HttpResponse, now: datetime) -> datetime | None:
    pause = pause_of(response, now)
    told = max((each for each in (pause.site, pause.account) if each), default=None)
    if told:
        return told
    found = _SECONDS.search(problem_of(response).detail)
    return now + timedelta(seconds=int(found[1])) if found else None


def is_worth_asking_again(response: HttpResponse) -> bool:
    """For ``Site.again``: only what the provider itself could not do just now.

    What has a type is the bank's answer: a limit of the day does not pass in a moment,
    and some ten failures in a row suspend the account.
    """
    return is_passing(response) and not problem_of(response).kind
