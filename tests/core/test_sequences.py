"""Rows beside each other, against plain loops over a list."""

from itertools import accumulate

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.keys import renumbered
from payymo_core.sequences import begins, following, previous, sizes, totals

VALUES = st.lists(st.integers(-3, 3), max_size=8)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=8))
def test_a_run_begins_where_any_column_differs_from_the_row_before(rows):
    columns = np.array(rows, np.int64).reshape(-1, 2).T
    twin = [n == 0 or rows[n] != rows[n - 1] for n in range(len(rows))]
    assert begins(*columns).tolist() == twin


@given(VALUES, st.integers(-9, 9), st.integers(1, 9))
def test_what_stands_before_and_after_is_shifted(values, edge, rows):
    column = np.array(values, np.int64)
    assert previous(column, edge).tolist() == [edge, *values][: len(values)]
    shifted = [*values, *[edge] * rows][rows:]
    assert following(column, edge, rows=rows).tolist() == shifted


@given(VALUES)
def test_totals_are_those_of_all_before(values):
    assert totals(np.array(values, np.int64)).tolist() == [0, *accumulate(values)]


@given(st.lists(st.integers(1, 4), max_size=6))
def test_runs_are_as_long_as_they_were(lengths):
    starts = np.array([0, *accumulate(lengths)][:-1], np.int64)
    assert sizes(starts, sum(lengths)).tolist() == lengths


@given(VALUES)
def test_equal_values_get_one_number_each_from_zero_on(values):
    numbers, count = renumbered(np.array(values, np.int64))
    ordered = sorted(set(values))
    assert [ordered[n] for n in numbers.tolist()] == values
    assert count == len(ordered)
