"""Sums against forming every subset."""

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.subsets import (
    MOST_ANSWERS,
    MOST_ENUMERATED,
    MOST_MEMBERS,
    enumerate_sums,
    likely_sums,
    members,
    met_sums,
)
from tests.oracles import subsets_with_sum

AMOUNTS = st.integers(-3, 9)


def enumerated(
    amounts: Sequence[Sequence[int]], targets: Sequence[int]
) -> list[set[tuple[int, ...]]]:
    """Answers of each row, as places."""
    row, mask = enumerate_sums(np.array(amounts), np.array(targets))
    held = members(mask, len(amounts[0]))
    out: list[set[tuple[int, ...]]] = [set() for _ in amounts]
    for one, chosen in zip(row.tolist(), held, strict=True):
        places = tuple(np.flatnonzero(chosen).tolist())
        assert places not in out[one]
        out[one].add(places)
    return out


@given(st.integers(1, 7).flatmap(
    lambda size: st.lists(
        st.tuples(st.lists(AMOUNTS, min_size=size, max_size=size), st.integers(-6, 30)),
        min_size=1, max_size=4,
    )
))  # fmt: skip
def test_every_subset_that_hits_its_target_is_found_once(rows):
    amounts = [held for held, _ in rows]
    targets = [target for _, target in rows]
    assert enumerated(amounts, targets) == [
        subsets_with_sum(held, target) for held, target in rows
    ]


@pytest.mark.parametrize("size", [2, MOST_ENUMERATED])
def test_rows_beyond_one_block_of_memory_are_solved_too(size):
    rows = 1_500
    amounts = np.tile(np.arange(1, size + 1), (rows, 1))
    row, _ = enumerate_sums(amounts, np.full(rows, 3))
    assert (
        np.bincount(row, minlength=rows).tolist()
        == [len(subsets_with_sum(range(1, size + 1), 3))] * rows
    )


def likely(amounts: Sequence[int], target: int, most: int) -> set[tuple[int, ...]]:
    row, places = likely_sums(np.array([amounts]), np.array([target]), most)
    assert places.shape[1] == MOST_MEMBERS
    found = [tuple(p for p in held if p >= 0) for held in places.tolist()]
    assert len(found) == len(set(found)) == len(row)
    return set(found)


@given(
    st.lists(AMOUNTS, min_size=13, max_size=16), st.integers(1, 60), st.integers(2, 12)
)
def test_among_many_every_pair_triple_and_run_that_hits_is_found(amounts, target, most):
    runs = {
        tuple(range(start, start + size))
        for size in range(4, min(most, len(amounts)) + 1)
        for start in range(len(amounts) - size + 1)
    }
    small = subsets_with_sum_of_at_most(amounts, target, min(most, 3))
    expected = small | {run for run in runs if sum(amounts[p] for p in run) == target}
    found = likely(amounts, target, most)
    assert expected <= found <= subsets_with_sum_of_at_most(amounts, target, most)


def subsets_with_sum_of_at_most(
    amounts: Sequence[int], target: int, most: int
) -> set[tuple[int, ...]]:
    return {
        places
        for size in range(2, most + 1)
        for places in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in places) == target
    }


def met(amounts: Sequence[int], target: int) -> set[tuple[int, ...]] | None:
    mask = met_sums(np.array(amounts), target)
    if mask is None:
        return None
    held = members(mask, len(amounts))
    return {tuple(np.flatnonzero(chosen).tolist()) for chosen in held}


@given(st.lists(AMOUNTS, min_size=2, max_size=9), st.integers(-6, 30))
def test_meeting_in_the_middle_finds_what_forming_every_subset_does(amounts, target):
    assert met(amounts, target) == subsets_with_sum(amounts, target) | {
        places
        for size in (0, 1)
        for places in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in places) == target
    }


def test_equal_amounts_that_could_be_any_are_given_up():
    assert comb(20, 10) > MOST_ANSWERS
    assert met([100] * 20, 1_000) is None


def test_four_of_forty_and_the_oldest_but_two_are_found():
    amounts = [(place * 7_919 + 13) % 50_021 + 100 for place in range(40)]
    four = (3, 11, 22, 38)
    assert four in likely(amounts, sum(amounts[p] for p in four), 12)
    oldest = tuple(place for place in range(12) if place not in {2, 7})
    assert oldest in likely(amounts, sum(amounts[p] for p in oldest), 12)
