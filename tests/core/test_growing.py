"""Columns that grow in shared room, against plain lists."""

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.growing import Growing

VALUES = st.lists(st.integers(0, 9), max_size=6)


@given(st.lists(st.integers(0, 9), max_size=60), st.data())
def test_every_column_keeps_what_it_held_whoever_grows_from_it(first, data):
    """Also where several grow from one, and where some are let go."""
    held = [(Growing.of([np.array(first, np.int64)]), first)]
    for _ in range(data.draw(st.integers(0, 8))):
        column, twin = held[data.draw(st.integers(0, len(held) - 1))]
        more = data.draw(VALUES)
        held.append((column.joined(np.array(more, np.int64)), [*twin, *more]))
        if data.draw(st.booleans()):
            del held[data.draw(st.integers(0, len(held) - 2))]
        del column
        for each, values in held:
            assert each.values.tolist() == values


def test_room_is_used_again_when_nobody_looks_there_any_more():
    column = Growing.of([np.arange(60), np.arange(40)])
    grown = column.joined(np.array([1, 2]))
    further, other = grown.joined(np.array([3])), column.joined(np.array([4]))
    assert np.shares_memory(grown.values, column.values)
    assert not np.shares_memory(other.values, column.values)
    del grown
    still = column.joined(np.array([5]))
    assert not np.shares_memory(still.values, column.values)
    assert further.values[-3:].tolist() == [1, 2, 3]
    del further
    assert np.shares_memory(column.joined(np.array([6])).values, column.values)


def test_a_column_that_travels_takes_no_room_along():
    column = pickle.loads(pickle.dumps(Growing.of([np.arange(9)])))
    assert column.joined(np.array([9])).values.tolist() == list(range(10))
