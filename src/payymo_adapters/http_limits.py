"""When a provider can be asked again, as the headers of its answers say it.

Known spellings: ``Retry-After``; ``RateLimit-*`` and ``X-RateLimit-*`` for the whole of
the provider; ``X-RateLimit-Account-Success-*`` for one account and scope; the two last
also as ``HTTP_X_RATELIMIT_*``, as some documentation has them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from attrs import frozen

from payymo_adapters.http import HttpResponse

# A bare number above this is no number of seconds to wait but the time since 1970.
_EPOCH = 10**9
# No limit of any provider lasts longer; what says so is wrong.
_LONGEST = timedelta(days=31)
_SITE = ("x-ratelimit-", "ratelimit-")
_ACCOUNT = ("x-ratelimit-account-success-",)


@frozen
class Pause:
    """Until when nothing may be asked, in UTC; None where nothing is said.

    Attributes:
        site: Of the provider as a whole.
        account: Of the account and scope that the call was for.
    """

    site: datetime | None = None
    account: datetime | None = None


def pause_of(response: HttpResponse, now: datetime) -> Pause:
    """What an answer says of the next call.

    Args:
        response: Of any status.
        now: When it came, in UTC.
    """
    headers = {_plain(name): value for name, value in reversed(response.headers)}
    told = [
        read_time(headers.get("retry-after", ""), now),
        _used_up(headers, _SITE, now),
    ]
    return Pause(
        site=max((each for each in told if each), default=None),
        account=_used_up(headers, _ACCOUNT, now),
    )


def read_time(text: str, now: datetime) -> datetime | None:
    """Read a time as such headers give it: seconds from now, since 1970, or a date.

    >>> read_time("90", datetime(2026, 3, 1, 14, 4, tzinfo=UTC))
    datetime.datetime(2026, 3, 1, 14, 5, 30, tzinfo=datetime.timezone.utc)
    """
    found = _numbered(text, now) if text.isascii() and text.isdigit() else _dated(text)
    if found is None:
        return None
    return min(found, now + _LONGEST)


def _numbered(text: str, now: datetime) -> datetime | None:
    seconds = int(text[:15])
    try:
        if seconds > _EPOCH:
            return datetime.fromtimestamp(seconds, UTC)
        return now + timedelta(seconds=seconds)
    except (OverflowError, ValueError, OSError):
        return now + _LONGEST


def _dated(text: str) -> datetime | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = parse(text)
            zoned = found if found.tzinfo else found.replace(tzinfo=UTC)
            return zoned.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("http-")


def _used_up(
    headers: Mapping[str, str], prefixes: tuple[str, ...], now: datetime
) -> datetime | None:
    for prefix in prefixes:
        if headers.get(f"{prefix}remaining", "").strip() == "0":
            return read_time(headers.get(f"{prefix}reset", "").strip(), now)
    return None
