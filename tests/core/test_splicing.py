"""Columns of which a few places change, against plain lists."""

from collections.abc import Iterable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.keys import Ints
from payymo_core.splicing import Splice


def ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


@st.composite
def changes(draw: st.DrawFn, size: int) -> Splice:
    """Places of so many that leave, and places before which others join."""
    gone = draw(st.sets(st.integers(0, size - 1))) if size else set()
    at = draw(st.lists(st.integers(0, size), max_size=5))
    return Splice(ints(sorted(gone)), ints(sorted(at)))


def naive(held: Sequence[int], splice: Splice, new: Sequence[int]) -> list[int]:
    out: list[int] = []
    for place in range(len(held) + 1):
        out += [value for value, at in zip(new, splice.at, strict=True) if at == place]
        out += [value for value in held[place : place + 1] if place not in splice.gone]
    return out


@given(st.data(), st.integers(0, 8))
def test_a_column_is_what_stays_with_what_is_new_before_its_places(data, size):
    held, splice = list(range(size)), data.draw(changes(size))
    new = [100 + n for n in range(len(splice.at))]
    after = splice.of(ints(held), ints(new)).tolist()
    assert after == naive(held, splice, new)
    assert splice.in_one_pass(ints(held), ints(new)).tolist() == after
    assert [after[place] for place in splice.places] == new
    was, joined = splice.origin(np.arange(len(after)))
    assert after == [
        held[before] if which < 0 else new[which]
        for before, which in zip(was, joined, strict=True)
    ]


@given(st.data(), st.integers(0, 8))
def test_changes_one_after_another_are_one_change(data, size):
    splice = data.draw(changes(size))
    new = [100 + n for n in range(len(splice.at))]
    twin = naive(list(range(size)), splice, new)
    for further in range(2, 5):
        other = data.draw(changes(len(twin)))
        more = [100 * further + n for n in range(len(other.at))]
        twin = naive(twin, other, more)
        splice, number = splice.then(other)
        new = [[*new, *more][place] for place in number]
        assert splice.of(np.arange(size), ints(new)).tolist() == twin


@given(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=5))
def test_what_stands_behind_new_ones_moves(size, at):
    splice = Splice(ints([]), ints(sorted(min(place, size) for place in at)))
    after = splice.of(np.arange(size), np.full(len(at), -1)).tolist()
    assert [after.index(n) for n in range(size)] == splice.moved(size).tolist()
