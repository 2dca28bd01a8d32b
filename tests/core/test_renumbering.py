"""Numbers of things between which others come, against a plain list."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.renumbering import Numbering
from payymo_core.splicing import joining


@given(st.integers(0, 5), st.lists(st.lists(st.integers(0, 30), max_size=4)), st.data())
def test_numbers_and_rows_are_those_of_a_list(size, comings, data):
    twin, held = list(range(size)), Numbering.of(size)
    most = data.draw(st.integers(0, 12))
    for places in comings:
        at = sorted(place % (len(twin) + 1) for place in places)
        before = (held, list(twin))
        for further, place in enumerate(at):
            twin.insert(place + further, len(before[1]) + further)
        held = held.joined(joining(np.array(at, np.int64)), most)
        _is_that_list(*before)
        _is_that_list(held, twin)


def _is_that_list(held: Numbering, twin: list[int]) -> None:
    everything = np.arange(len(twin))
    assert len(held) == len(twin)
    assert held.numbers(everything).tolist() == twin
    assert held.rows(everything).tolist() == [twin.index(n) for n in range(len(twin))]
    assert held.rows(everything[:0]).tolist() == []
