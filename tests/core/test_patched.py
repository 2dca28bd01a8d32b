"""Sorted keys and rows that change, against lists that are sorted anew."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.keys import Ints, KeyIndex, Keys
from payymo_core.patched import Patched, Shelf

KEYS = st.integers(0, 4)
FEW = st.integers(0, 6)


def ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def some(draw: Callable[..., bool], held: Sequence[Any]) -> list[Any]:
    return [each for each in held if draw(st.booleans())]


@given(st.data(), st.lists(KEYS))
def test_keys_that_changed_are_those_sorted_anew(data, held):
    keys, twin = Patched.of(ints(sorted(held))), sorted(held)
    for _ in range(data.draw(FEW)):
        gone, new = some(data.draw, twin), data.draw(st.lists(KEYS, max_size=4))
        keys = keys.changed(ints(gone), ints(new), data.draw(FEW))
        for key in gone:
            twin.remove(key)
        twin = sorted([*twin, *new])
        assert keys.whole().tolist() == twin
        assert len(keys) == len(twin)
        for side in ("left", "right"):
            found = keys.before(np.arange(-1, 6), side)
            assert found.tolist() == np.searchsorted(twin, range(-1, 6), side).tolist()


@given(st.data(), st.sets(st.tuples(KEYS, FEW)))
def test_rows_that_changed_are_those_sorted_anew(data, held):
    twin = sorted(held)
    shelf = Shelf.of(*entries(twin))
    for _ in range(data.draw(FEW)):
        most = data.draw(FEW)
        if data.draw(st.booleans()):
            at = sorted(data.draw(st.lists(FEW, max_size=4)))
            twin = [(key, row + sum(a <= row for a in at)) for key, row in twin]
            shelf = shelf.moved(ints(at), most)
        else:
            gone = some(data.draw, twin)
            more = data.draw(st.sets(st.tuples(KEYS, st.integers(0, 30)), max_size=4))
            new = [each for each in more if each not in twin]
            shelf = shelf.changed(entries(gone), entries(new), most)
            twin = sorted([*(each for each in twin if each not in gone), *new])
        assert shelf.keys.whole().tolist() == [key for key, _ in twin]
        assert shelf.rows(np.arange(len(twin))).tolist() == [row for _, row in twin]
    asked = data.draw(st.lists(st.tuples(KEYS, FEW), max_size=5))
    lacking = zip(*shelf.lacking(entries(asked)), strict=True)
    assert list(lacking) == sorted(set(asked) - set(twin))


def entries(pairs: Sequence[tuple[int, int]]) -> tuple[Ints, Ints]:
    """Keys and rows of pairs, in the order given."""
    return ints(key for key, _ in pairs), ints(row for _, row in pairs)


@given(st.data(), st.sets(st.tuples(KEYS, FEW)))
def test_an_index_that_changed_finds_what_a_fresh_one_finds(data, held):
    def keyed(pairs: Iterable[tuple[int, int]]) -> tuple[Keys, Ints]:
        keys, rows = entries(sorted(pairs))
        return keys.astype(np.uint64), rows

    before = KeyIndex.of(*keyed(held))
    gone = some(data.draw, sorted(held))
    more = data.draw(st.sets(st.tuples(st.integers(0, 9), FEW), max_size=20))
    left = held.difference(gone)
    changed = before.changed(keyed(gone), keyed(more - left))
    needles = np.array(data.draw(st.lists(st.integers(0, 10))), np.uint64)
    for index, pairs in ((changed, left | more), (before, held)):
        fresh = KeyIndex.of(*keyed(pairs))
        for way in ("probe", "first"):
            found = getattr(index, way)(needles, 3)
            wanted = getattr(fresh, way)(needles, 3)
            assert all(map(np.array_equal, found, wanted))
