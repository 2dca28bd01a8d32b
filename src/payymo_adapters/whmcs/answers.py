"""Whether WHMCS did what was asked: an answer, or an error that says what to do.

The status of HTTP alone says little: what counts is ``result``, then whether the body
is JSON at all, then the status.
"""

import json
import re
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from html import unescape
from ipaddress import ip_address

from payymo_adapters.errors import (
    Bar,
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.files.texts import one_line
from payymo_adapters.http import HttpResponse, Secret
from payymo_adapters.http_limits import pause_of
from payymo_adapters.whmcs import PROVIDER
from payymo_adapters.whmcs.wire import Entry, nested

_ADDRESS = re.compile(r"invalid ip[^0-9a-f]*([0-9a-f.:]+)", re.IGNORECASE)
_ALLOW = (
    "Add {address} in WHMCS under System Settings > General Settings > Security > API "
    "IP Access Restriction, or set an access key"
)
_SIX = "; this machine reaches WHMCS by IPv6, whose address may change"
# What a message begins with or holds, in small letters -> what to do about it.
_LOCKED = {
    "invalid permissions": "Allow {action} in the API role of these credentials",
    "authentication failed": "Check the identifier and the secret",
    "invalid or missing credentials": "Check the identifier and the secret",
    "invalid access key": "Compare it with $api_access_key in configuration.php",
    "access denied": "Give the admin of these credentials the API Access permission",
}
_PERMISSION = ("invalid permissions", "access denied")
_LONGEST_MESSAGE = 200
# Numbers stay decimal: a float is no money.
_DECODER = json.JSONDecoder(parse_float=Decimal)


def read_answer(
    response: HttpResponse, action: str, secrets: Collection[Secret], now: datetime
) -> Entry:
    """Take the answer to an action.

    Args:
        response: Of any status.
        action: What was asked, for the advice.
        secrets: Never quoted, even where WHMCS quotes them.
        now: When it came, in UTC.

    Raises:
        UnauthorisedError: Not let in; says what to allow or to check.
        RefusedError: Understood and refused.
        LimitError: Too many requests.
        UndeliveredError: WHMCS failed, so what it did is not known.
        PayloadError: Not an answer of this interface.
    """
    answer = _parsed(response.body)
    if response.status >= 500:
        fault = f"{action} failed on its side"
        raise UndeliveredError(PROVIDER, fault, code=str(response.status))
    if response.status == 429:
        until = pause_of(response, now).site
        raise LimitError(PROVIDER, "too many requests", until=until, code="429")
    if answer is None:
        raise _not_json(response)
    if answer.get("result") == "success":
        return nested(answer)
    if answer.get("result") == "error":
        raise _refusal(_message(answer, secrets), action)
    raise PayloadError(PROVIDER, "neither 'success' nor 'error'", field="result")


def _parsed(body: bytes) -> dict[str, object] | None:
    with suppress(ValueError, RecursionError):
        found = _DECODER.decode(body.decode("utf-8-sig"))
        if isinstance(found, dict):
            return found
    return None


def _message(answer: Entry, secrets: Collection[Secret]) -> str:
    said = answer.get("message")
    message = one_line(unescape(said)) if isinstance(said, str) else ""
    for secret in secrets:
        message = message.replace(secret.reveal(), repr(secret))
    return message[:_LONGEST_MESSAGE] or "an error without a message"


def _refusal(message: str, action: str) -> ProviderError:
    small = message.lower()
    if "invalid ip" in small:
        return _wrong_address(message)
    for beginning, advice in _LOCKED.items():
        if beginning in small:
            bar = Bar.PERMISSION if beginning in _PERMISSION else Bar.CREDENTIALS
            return UnauthorisedError(
                PROVIDER, message, advice=advice.format(action=action), bar=bar
            )
    return RefusedError(PROVIDER, f"{action}: {message}")


def _wrong_address(message: str) -> UnauthorisedError:
    found = _ADDRESS.search(message)
    address, more = "the address of this machine", ""
    if found:
        with suppress(ValueError):
            known = ip_address(found[1].rstrip(".:"))
            address, more = str(known), _SIX if known.version == 6 else ""
    fault = f"{address} may not use the API"
    advice = _ALLOW.format(address=address) + more
    return UnauthorisedError(
        PROVIDER, fault, advice=advice, code="Invalid IP", bar=Bar.ADDRESS
    )


def _not_json(response: HttpResponse) -> ProviderError:
    code = str(response.status)
    if b"invalid ip" in response.body[:2000].lower():
        return _wrong_address(response.body[:2000].decode("utf-8", "replace"))
    if response.status in (401, 403):
        fault = "something before WHMCS does not let us in"
        advice = "Look at the web server: a firewall, or a password on the directory"
        return UnauthorisedError(PROVIDER, fault, advice=advice, code=code)
    if 400 <= response.status < 500:
        fault = "there is no API at this address"
        advice = "The address is that of WHMCS, as https://billing.example.com/whmcs"
        return RefusedError(PROVIDER, fault, advice=advice, code=code)
    kind = one_line(response.header("content-type"))[:60] or "no type"
    fault = (
        f"the answer is not JSON but {kind}, {len(response.body):,} bytes; a page, an "
        "error of PHP before the answer, or another program at this address"
    )
    return PayloadError(PROVIDER, fault, field="result")
