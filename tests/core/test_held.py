"""Records in blocks that ledgers share, against a plain list."""

from collections.abc import Iterable
from operator import attrgetter

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Invoice
from payymo_core.held import Blocks, Order
from tests.builders import bill

IDS = st.text("ab", min_size=1, max_size=4)


def records(ids: Iterable[str]) -> list[Invoice]:
    return [bill(each, "1.00 EUR") for each in sorted(ids)]


@given(st.sets(IDS), st.lists(st.sets(IDS)), st.data())
def test_records_are_those_of_a_list(first, further, data):
    twin = records(first)
    kept = Blocks.of(twin, Order(attrgetter("id"), 3))
    for ids in further:
        new = records(ids - {each.id for each in twin})
        before = list(twin)
        after = kept.joined(new)
        assert list(kept) == before
        twin, kept = sorted([*twin, *new], key=lambda each: each.id), after
        row = data.draw(st.integers(0, len(twin) - 1)) if twin else None
        if row is not None:
            other = evolve(twin[row], number=f"N{row}")
            changed = kept.exchanged({row: other})
            assert kept[row] is twin[row]
            twin[row], kept = other, changed
    assert list(kept) == twin
    assert len(kept) == len(twin)
    assert [kept[row] for row in range(-len(twin), len(twin))] == twin * 2
    assert kept[1:5:2] == tuple(twin[1:5:2])
    asked = data.draw(IDS)
    rows = {each.id: row for row, each in enumerate(twin)}
    assert kept.place_of(asked) == rows.get(asked)
    assert kept.before(asked) == sum(each.id < asked for each in twin)
