"""Values made many at a time are those that are made one by one."""

from decimal import Decimal

import pytest
from attrs import asdict, fields
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Allocation, Match, Outcome, Proposal, Reason
from payymo_core.making import made

MATCHES = st.lists(
    st.builds(
        Match,
        transaction=st.text(max_size=3),
        outcome=st.sampled_from(Outcome),
        confidence=st.floats(0, 1),
        allocations=st.lists(
            st.builds(Allocation, st.text(max_size=2), st.decimals(0, 9, places=2)),
            max_size=2,
        ).map(tuple),
        unapplied=st.decimals(0, 9, places=2),
        alternatives=st.just((Proposal((), 0.25),)),
        evidence=st.just(()),
        reasons=st.lists(st.sampled_from(Reason), max_size=2).map(tuple),
    ),
    max_size=5,
)


def columns(matches: list[Match]) -> dict[str, list[object]]:
    return {
        field.name: [getattr(match, field.name) for match in matches]
        for field in fields(Match)
    }


@given(matches=MATCHES)
def test_values_made_from_columns_are_those_made_one_by_one(matches):
    again = made(Match, len(matches), columns(matches))
    assert again == matches
    assert list(map(hash, again)) == list(map(hash, matches))
    assert list(map(repr, again)) == list(map(repr, matches))
    assert [asdict(one) for one in again] == [asdict(one) for one in matches]


def test_what_is_made_is_as_frozen():
    (one,) = made(Allocation, 1, {"invoice": ["i"], "amount": [Decimal(1)]})
    with pytest.raises(AttributeError):
        one.amount = Decimal(2)  # type: ignore[misc]


def test_a_column_of_no_attribute_is_refused():
    with pytest.raises(KeyError):
        made(Allocation, 1, {"bill": ["i"]})
