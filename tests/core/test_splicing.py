"""Columns of which a few places change, against columns sorted anew."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.keys import KeyIndex
from payymo_core.splicing import Splice, respliced, respliced_rows

FEW = st.integers(0, 5)
ENTRIES = st.lists(st.tuples(FEW, st.integers(0, 30)), unique=True)


def ints(values):
    return np.array(list(values), np.int64)


def entries(pairs):
    """Keys and rows of pairs, in the order given."""
    return ints(key for key, _ in pairs), ints(row for _, row in pairs)


def parted(draw, held):
    """What is held, and some of it that is to leave."""
    return [each for each in held if draw(st.booleans())]


@given(st.data())
def test_a_column_is_what_stays_with_what_is_new_before_its_places(data):
    held = data.draw(st.lists(FEW))
    gone = data.draw(st.sets(st.integers(0, len(held) - 1)) if held else st.just(set()))
    at = sorted(data.draw(st.lists(st.integers(0, len(held)), max_size=5)))
    new = list(range(100, 100 + len(at)))
    naive = []
    for place in range(len(held) + 1):
        naive += [
            value for value, before in zip(new, at, strict=True) if before == place
        ]
        naive += [value for value in held[place : place + 1] if place not in gone]
    splice = Splice(ints(sorted(gone)), ints(at))
    assert splice.of(ints(held), ints(new)).tolist() == naive


@given(st.lists(FEW), st.lists(FEW), st.data())
def test_sorted_keys_stay_sorted_when_some_leave_and_others_join(held, new, data):
    gone = parted(data.draw, held)
    left = list(held)
    for key in gone:
        left.remove(key)
    found = respliced(ints(sorted(held)), ints(gone), ints(new))
    assert found.tolist() == sorted([*left, *new])


@given(ENTRIES, ENTRIES, st.data())
def test_entries_stay_in_order_when_some_leave_and_others_join(held, new, data):
    gone = parted(data.draw, held)
    left = [each for each in held if each not in gone]
    new = [each for each in new if each not in left]
    keys, rows = respliced_rows(entries(sorted(held)), entries(gone), entries(new))
    found = list(zip(keys.tolist(), rows.tolist(), strict=True))
    assert found == sorted([*left, *new])


@given(ENTRIES, ENTRIES, st.data())
def test_an_index_that_changed_finds_what_a_fresh_one_finds(held, new, data):
    gone = parted(data.draw, held)
    left = [each for each in held if each not in gone]
    new = [each for each in new if each not in left]

    def keyed(pairs):
        keys, rows = entries(pairs)
        return keys.astype(np.uint64), rows

    before = KeyIndex.of(*keyed(sorted(held)))
    changed = before.changed(keyed(gone), keyed(new))
    fresh = KeyIndex.of(*keyed(sorted([*left, *new])))
    needles = np.arange(7, dtype=np.uint64)
    for index, twin in ((changed, fresh), (before, KeyIndex.of(*keyed(sorted(held))))):
        for found, wanted in zip(
            index.probe(needles, 3), twin.probe(needles, 3), strict=True
        ):
            assert np.array_equal(found, wanted)
