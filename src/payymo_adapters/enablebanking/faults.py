"""What Enable Banking says when it does not do what was asked, as our errors."""

from datetime import datetime

from payymo_adapters.banking import ConsentGoneError
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

NAME = "Enable Banking"

_CONSENT = frozenset(
    {
        "ASPSP_ACCOUNT_NOT_ACCESSIBLE",
        "ASPSP_PSU_ACTION_REQUIRED",
        "CLOSED_SESSION",
        "EXPIRED_AUTHORIZATION_CODE",
        "EXPIRED_SESSION",
        "REVOKED_SESSION",
        "SESSION_DOES_NOT_EXIST",
        "WRONG_AUTHORIZATION_CODE",
        "WRONG_SESSION_STATUS",
    }
)
_NOT_LET_IN = {
    "ACCESS_DENIED": "Check which services the application may use",
    "AUTHORIZATION_NOT_PROVIDED": "Check the application id and the private key",
    "NO_ACCOUNTS_ADDED": "Link your accounts to the application first",
    "REDIRECT_URI_NOT_ALLOWED": "Add the redirect address to the application",
    "UNAUTHORIZED_ACCESS": "Check the application id, the private key and the clock",
    "UNAUTHORIZED_IP": "Add this address to the application's allowed addresses",
}
_BARS = {
    "ACCESS_DENIED": Bar.PERMISSION,
    "NO_ACCOUNTS_ADDED": Bar.PERMISSION,
    "REDIRECT_URI_NOT_ALLOWED": Bar.REDIRECT,
    "UNAUTHORIZED_IP": Bar.ADDRESS,
}
_BANK_FAILED = frozenset({"ASPSP_ERROR", "ASPSP_TIMEOUT"})
_LIMIT = "ASPSP_RATE_LIMIT_EXCEEDED"
TOO_LONG = "WRONG_TRANSACTIONS_PERIOD"
"""The bank does not tell of so long a period."""


def code_of(response: HttpResponse) -> str:
    """The text code of an error, or ""."""
    return _problem(response)[0]


def fault_of(response: HttpResponse, now: datetime) -> ProviderError:
    """The error of an answer that is not the one asked for."""
    code, said = _problem(response)
    status = response.status
    shown = readable(code) or str(status)
    if code in _CONSENT:
        return ConsentGoneError(NAME, said, code=shown)
    if code == _LIMIT or status == 429:
        pause = pause_of(response, now)
        return LimitError(NAME, said, until=pause.account or pause.site, code=shown)
    if code in _NOT_LET_IN or status in (401, 403):
        advice = _NOT_LET_IN.get(code, _NOT_LET_IN["UNAUTHORIZED_ACCESS"])
        bar = _BARS.get(code, Bar.CREDENTIALS)
        return UnauthorisedError(NAME, said, advice=advice, code=shown, bar=bar)
    if code in _BANK_FAILED or status >= 500 or status == 408:
        return UndeliveredError(NAME, said, code=shown)
    return RefusedError(NAME, said, code=shown)


def _problem(response: HttpResponse) -> tuple[str, str]:
    """Code and text; an answer that cannot be read has its status alone."""
    try:
        code, said = read(NAME, response.body, _told)
    except PayloadError:
        code, said = "", ""
    return code, said or f"answers with {response.status}"


def _told(held: Fields) -> tuple[str, str]:
    parts = [_lenient(held, "message").rstrip("."), _lenient(held, "detail")]
    said = ": ".join(dict.fromkeys(part for part in parts if part))
    return _lenient(held, "error"), readable(said)


def _lenient(held: Fields, key: str) -> str:
    try:
        return held.words(key)
    except FieldError:
        return ""


def is_worth_asking_again(response: HttpResponse) -> bool:
    """For ``Site.again``: only what the provider itself could not do just now.

    A bank allows a few calls a day, whether they come to anything or not.
    """
    return is_passing(response) and code_of(response) not in (_LIMIT, *_BANK_FAILED)
