"""Mappings and sequences that grow a little at a time, without a copy of the whole."""

# A plain ``slice`` is generic over Any, and Python 3.11 cannot say it otherwise.
# mypy: disable-error-code="explicit-any"

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeVar, overload

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_Item = TypeVar("_Item")
_MOST = 4096  # of what was added later: a copy of these costs less than a look


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


class Trailing(Sequence[_Item]):
    """Things in a row, with a few that were added later behind them.

    Args:
        base: Most of them.
        late: The others.
    """

    __slots__ = ("base", "late")

    def __init__(self, base: Sequence[_Item], late: tuple[_Item, ...]) -> None:
        self.base, self.late = base, late

    @overload
    def __getitem__(self, index: int) -> _Item: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[_Item, ...]: ...
    def __getitem__(self, index: int | slice) -> _Item | tuple[_Item, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        behind = index - len(self.base) if index >= 0 else index + len(self.late)
        return self.late[behind] if behind >= 0 else self.base[behind]

    def __iter__(self) -> Iterator[_Item]:
        return chain(self.base, self.late)

    def __len__(self) -> int:
        return len(self.base) + len(self.late)


def with_items(
    held: Sequence[_Item], more: Iterable[_Item], most: int = _MOST
) -> Sequence[_Item]:
    """Things in a row, and more behind them.

    Args:
        held: What was held; it stays as it is.
        more: What joins it.
        most: Things added later, above which all are copied into one row.
    """
    base, late = (held.base, held.late) if isinstance(held, Trailing) else (held, ())
    late = (*late, *more)
    return (*base, *late) if len(late) > most else Trailing(base, late)
