"""What grows in layers, against a plain dictionary and a plain list."""

from hypothesis import given
from hypothesis import strategies as st

from payymo_core.layered import with_entries, with_items

PARTS = st.lists(st.integers(0, 4), max_size=6)
MOST = st.integers(0, 8)


@given(PARTS, PARTS, MOST)
def test_entries_are_those_of_a_dictionary(first, sizes, most):
    twin: dict[int, int] = {}
    held = with_entries(twin, {}, most)
    for size in [*first, *sizes]:
        new = {len(twin) + n: size for n in range(size)}
        before = (held, dict(twin))
        held, twin = with_entries(held, new, most), {**twin, **new}
        assert dict(before[0]) == before[1]
        assert dict(held) == twin
        assert len(held) == len(twin)
        assert [number in held for number in range(40)] == [
            n in twin for n in range(40)
        ]


@given(PARTS, PARTS, MOST)
def test_items_are_those_of_a_list(first, sizes, most):
    held, twin = with_items(first, (), most), list(first)
    for number, size in enumerate(sizes):
        before = (held, list(twin))
        held, twin = with_items(held, [number] * size, most), [*twin, *[number] * size]
        assert list(before[0]) == before[1]
        assert list(held) == twin
        assert len(held) == len(twin)
        places = range(-len(twin), len(twin))
        assert [held[place] for place in places] == twin * 2
        assert list(held[1:9:2]) == twin[1:9:2]
