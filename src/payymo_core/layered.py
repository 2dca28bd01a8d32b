"""A mapping that grows a little at a time, each time without a copy of the whole."""

from collections.abc import Hashable, Iterator, Mapping
from itertools import chain
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_MOST = 4096  # entries of the upper layer: a copy of these costs less than a look


class Layered(Mapping[_Key, _Value]):
    """Entries, with a few that were added later in a layer of their own.

    Args:
        base: Most of the entries.
        late: The others, of other keys.
    """

    __slots__ = ("base", "late")

    def __init__(
        self, base: Mapping[_Key, _Value], late: Mapping[_Key, _Value]
    ) -> None:
        self.base, self.late = base, late

    def __getitem__(self, key: _Key) -> _Value:
        return self.late[key] if key in self.late else self.base[key]

    def __contains__(self, key: object) -> bool:
        return key in self.base or key in self.late

    def __iter__(self) -> Iterator[_Key]:
        return chain(self.base, self.late)

    def __len__(self) -> int:
        return len(self.base) + len(self.late)


def with_entries(
    held: Mapping[_Key, _Value], more: Mapping[_Key, _Value], most: int = _MOST
) -> Mapping[_Key, _Value]:
    """Entries and more of them, of other keys.

    Args:
        held: What was held; it stays as it is.
        more: What joins it.
        most: Entries of the upper layer, above which all are copied into one.
    """
    base, late = (held.base, held.late) if isinstance(held, Layered) else (held, {})
    late = {**late, **more}
    return {**base, **late} if len(late) > most else Layered(base, late)
