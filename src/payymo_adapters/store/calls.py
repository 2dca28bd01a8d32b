"""The calls of a day, counted with the books: for every machine that runs them."""

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import evolve, frozen

from payymo_adapters.budget import next_day
from payymo_adapters.store.connecting import give_back, spend, use_up
from payymo_adapters.store.store import Act, Books, Store


@frozen(eq=False, kw_only=True)
class StoreBudget:
    """A ``Budget`` whose counts are rows of the store, one a key and day.

    Attributes:
        store: Where.
        act: Who asks; its instant is the call's.
        connections: A key -> the connection that it counts for; others are not counted.
        calls_a_day: How many are allowed of each key.
    """

    store: Store
    act: Act
    connections: Mapping[str, str]
    calls_a_day: int

    def take(self, key: str, now: datetime) -> datetime | None:
        """Count a call; or count none, and say when the next one is possible."""
        allowed = self._write(
            key, now, lambda books, name: spend(books, name, key, self.calls_a_day)
        )
        return next_day(now) if allowed is False else None

    def give_back(self, key: str, now: datetime) -> None:
        """Take back a call: the provider refused it, so it does not count."""
        self._write(key, now, lambda books, name: give_back(books, name, key))

    def close(self, key: str, until: datetime) -> None:
        """Allow no further call today, where none is possible before tomorrow."""
        now = self.act.now
        if until >= next_day(now):
            self._write(key, now, lambda books, name: use_up(books, name, key))

    def _write(
        self, key: str, now: datetime, work: Callable[[Books, str], bool | None]
    ) -> bool | None:
        name = self.connections.get(key)
        if name is None:
            return None
        act = evolve(self.act, now=now)
        return self.store.write(act, lambda books: work(books, name))
