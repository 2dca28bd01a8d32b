"""What Stripe's refusals mean, as errors of the tree."""

import re
from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

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
from payymo_adapters.stripe.fields import Fields, decode
from payymo_adapters.wording import readable

PROVIDER = "Stripe"

# Keys, codes and tokens: Stripe masks some of them in its messages, not all.
_CREDENTIAL = re.compile(r"\b(?:sk|rk|pk|ac|rt|whsec)_[\w*.-]+")
_RECONNECT = "Connect the account again: payymo connect stripe"
_ADVICE: Mapping[str, str] = {
    "invalid_grant": f"The code was used before, or is older than 5 minutes. "
    f"{_RECONNECT}",
    "invalid_client": "Check that client id and secret key are of the same account, "
    "and both for test mode or both for live mode",
    "account_invalid": f"The account is not connected any more. {_RECONNECT}",
    "api_key_expired": "Make a new secret key in Stripe's dashboard",
    "secret_key_required": "Give the secret key, not the publishable one",
    "testmode_charges_only": "Use a test key, or activate the account for live mode",
}
_LIMITS = ("rate_limit", "lock_timeout")


@frozen(kw_only=True)
class _Told:
    """What an error answer says; any of it may be "".

    Attributes:
        code: Its code, or its type where there is none.
        message: In words, with no credential in it.
        param: The parameter at fault.
    """

    code: str = ""
    message: str = ""
    param: str = ""


def failure(response: HttpResponse, now: datetime) -> ProviderError:
    """Give the error that an answer of any status but 200, come now, stands for."""
    told = _told(response)
    status = response.status
    code = told.code or str(status)
    advice = _ADVICE.get(told.code, "")
    fault = told.message or f"answered with status {status}"
    if status == 429 or told.code in _LIMITS:
        until = pause_of(response, now).site
        return LimitError(PROVIDER, fault, until=until, code=code)
    if status in (401, 403) or told.code in _ADVICE:
        return UnauthorisedError(
            PROVIDER,
            fault,
            advice=advice or _permission(status),
            code=code,
            bar=_bar(status, told.code),
        )
    if status in (409, 424) or status >= 500:
        return UndeliveredError(PROVIDER, fault, code=code)
    if 400 <= status < 500:
        named = f"{fault} [{told.param}]" if told.param else fault
        return RefusedError(PROVIDER, named, code=code)
    return PayloadError(PROVIDER, f"status {status} is not documented")


def _bar(status: int, code: str) -> Bar:
    if code in ("account_invalid", "invalid_grant"):
        return Bar.CONSENT
    if status == 403 and code not in _ADVICE:
        return Bar.PERMISSION
    return Bar.CREDENTIALS


def _permission(status: int) -> str:
    if status == 401:
        return "Check the secret key, and whether it is for test or for live mode"
    return "Give the key the permission to read what was asked for"


def malformed(error: FieldError) -> PayloadError:
    """Give the error for an answer that is not as documented."""
    return PayloadError(PROVIDER, error.fault, field=error.path)


def _told(response: HttpResponse) -> _Told:
    try:
        held = decode(response.body)
        inner = held.expanded("error")
        return _of_api(inner) if inner else _of_oauth(held)
    except FieldError:
        return _Told()


def _of_api(held: Fields) -> _Told:
    return _Told(
        code=_plain(held.words("code") or held.words("type")),
        message=_plain(held.words("message")),
        param=_plain(held.words("param")),
    )


def _of_oauth(held: Fields) -> _Told:
    said = held.words("error_description")
    return _Told(code=_plain(held.words("error")), message=_plain(said))


def _plain(said: str) -> str:
    return readable(_CREDENTIAL.sub("***", said).rstrip(". "))
