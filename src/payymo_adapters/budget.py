"""How many calls a day a provider allows: asked before a call, not after a refusal."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from os import PathLike, fspath
from pathlib import Path
from threading import Lock
from typing import Protocol

from attrs import asdict, evolve, frozen

from payymo_adapters.atomic import PRIVATE, write_atomically
from payymo_adapters.errors import FileError


def next_day(now: datetime) -> datetime:
    """When the next day of UTC begins."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC)


class Budget(Protocol):
    """Counts calls by key, as ``account/transactions``; times are in UTC."""

    def take(self, key: str, now: datetime) -> datetime | None:
        """Count a call; or count none, and say when the next one is possible."""
        ...

    def give_back(self, key: str, now: datetime) -> None:
        """Take back a call: the provider refused it, so it does not count."""
        ...

    def close(self, key: str, until: datetime) -> None:
        """Allow no call before then: the provider says so."""
        ...


@frozen
class Both:
    """Two budgets that have to agree.

    Attributes:
        one: Asked first.
        other: Likewise asked before a call is made.
    """

    one: Budget
    other: Budget

    def take(self, key: str, now: datetime) -> datetime | None:
        """Count a call in both; or in neither, and say when the next is possible."""
        later = self.one.take(key, now)
        if later is None:
            later = self.other.take(key, now)
            if later is not None:
                self.one.give_back(key, now)
        return later

    def give_back(self, key: str, now: datetime) -> None:
        """Take back a call: the provider refused it, so it does not count."""
        self.one.give_back(key, now)
        self.other.give_back(key, now)

    def close(self, key: str, until: datetime) -> None:
        """Allow no call before then: the provider says so."""
        self.one.close(key, until)
        self.other.close(key, until)


@frozen(kw_only=True)
class Allowance:
    """What is left of a day.

    Attributes:
        calls: How many more are possible now.
        later: When the next one is possible, in UTC; None for now.
    """

    calls: int
    later: datetime | None = None


@frozen
class _Use:
    """What is known of a key.

    Attributes:
        day: The day of the calls, in UTC, as ``2026-03-01``.
        calls: Made on that day.
        closed: No call before then, as ISO 8601; "" for no such time.
    """

    day: str = ""
    calls: int = 0
    closed: str = ""

    def on(self, now: datetime) -> "_Use":
        """The same on the day that it is: calls of another day do not count."""
        today = now.astimezone(UTC).date().isoformat()
        return self if self.day == today else _Use(today, 0, self.closed)

    def next_call(self, now: datetime, calls_a_day: int) -> datetime | None:
        """When a call is possible; None for now."""
        if self.closed and datetime.fromisoformat(self.closed) > now:
            return datetime.fromisoformat(self.closed)
        if self.calls < calls_a_day:
            return None
        return next_day(now)


class MemoryBudget:
    """A budget that lasts as long as the process."""

    def __init__(self, calls_a_day: int) -> None:
        """Allow so many calls of each key on a day of UTC."""
        self._calls_a_day = calls_a_day
        self._uses: dict[str, _Use] = {}
        self._lock = Lock()

    def take(self, key: str, now: datetime) -> datetime | None:
        """Count a call; or count none, and say when the next one is possible."""
        with self._opened() as uses:
            use = uses.get(key, _Use()).on(now)
            later = use.next_call(now, self._calls_a_day)
            if later is None:
                uses[key] = evolve(use, calls=use.calls + 1)
            return later

    def allowance(self, key: str, now: datetime) -> Allowance:
        """Say what is left, and count nothing."""
        with self._lock:
            use = self._load().get(key, _Use()).on(now)
        later = use.next_call(now, self._calls_a_day)
        calls = 0 if later else self._calls_a_day - use.calls
        return Allowance(calls=calls, later=later)

    def give_back(self, key: str, now: datetime) -> None:
        """Take back a call: the provider refused it, so it does not count."""
        with self._opened() as uses:
            use = uses.get(key, _Use()).on(now)
            uses[key] = evolve(use, calls=max(0, use.calls - 1))

    def close(self, key: str, until: datetime) -> None:
        """Allow no call before then: the provider says so."""
        with self._opened() as uses:
            closed = until.astimezone(UTC).isoformat()
            uses[key] = evolve(uses.get(key, _Use()), closed=closed)

    @contextmanager
    def _opened(self) -> Iterator[dict[str, _Use]]:
        with self._lock:
            yield self._uses

    def _load(self) -> dict[str, _Use]:
        return self._uses


class FileBudget(MemoryBudget):
    """A budget kept in a file, from one run to the next.

    Two processes at once may each count a call that the other does not see: the
    provider then refuses the call that is too many.
    """

    def __init__(self, path: str | PathLike[str], calls_a_day: int) -> None:
        """Keep the counts in a file, which need not be there yet."""
        super().__init__(calls_a_day)
        self._path = Path(path)

    @contextmanager
    def _opened(self) -> Iterator[dict[str, _Use]]:
        with self._lock:
            uses = self._load()
            yield uses
            rows = {key: asdict(use) for key, use in sorted(uses.items())}
            lines = [json.dumps(rows, indent=1), "\n"]
            write_atomically(self._path, lines, PRIVATE)

    def _load(self) -> dict[str, _Use]:
        if not self._path.exists():
            return {}
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))
            return {key: _use(row) for key, row in rows.items()}
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            fault = "not a file of call counts; delete it to begin anew"
            raise FileError(fspath(self._path), fault) from None


def _use(row: Mapping[str, object]) -> _Use:
    closed = str(row["closed"])
    if closed:
        datetime.fromisoformat(closed)
    calls = row["calls"]
    if not isinstance(calls, int):
        raise TypeError
    return _Use(day=str(row["day"]), calls=calls, closed=closed)
