"""The joint choice against trying everything."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.assignment import LEAST_WEIGHT, assign
from payymo_core.scoring import Kind
from tests import strategies
from tests.builders import Claim, hypotheses
from tests.oracles import Choice, Claims, best_total, compatible, parts_that_fit


def chosen_claims(claims: Claims, outstanding: Sequence[int]) -> Choice:
    """The claim chosen for each transaction, None where there is none."""
    flat = [claim for held in claims for claim in held]
    table = hypotheses(claims)
    likely = np.ones(len(table), np.bool_)
    places = assign(table, likely, np.array(outstanding)).tolist()
    return tuple(None if place < 0 else flat[place] for place in places)


def total(chosen: Choice) -> float:
    return sum(claim.bits - LEAST_WEIGHT for claim in chosen if claim)


@given(strategies.claims())
def test_it_is_as_good_as_trying_everything(table):
    claims, outstanding = table
    chosen = chosen_claims(claims, outstanding)
    assert total(chosen) == best_total(claims, outstanding, LEAST_WEIGHT)


@given(strategies.claims(most_rows=6, most_invoices=3))
def test_it_is_as_good_where_many_want_few(table):
    claims, outstanding = table
    chosen = chosen_claims(claims, outstanding)
    assert total(chosen) == best_total(claims, outstanding, LEAST_WEIGHT)


@given(strategies.claims(most_rows=9, most_invoices=5))
def test_nothing_is_consumed_twice(table):
    claims, outstanding = table
    chosen = chosen_claims(claims, outstanding)
    assert compatible(chosen, parts_that_fit(claims, outstanding))


@given(strategies.claims(), st.data())
def test_what_is_not_likely_is_not_chosen(table, data):
    claims, outstanding = table
    made = hypotheses(claims)
    likely = np.array(
        [data.draw(st.booleans()) for _ in range(len(made))], dtype=np.bool_
    )
    chosen = assign(made, likely, np.array(outstanding))
    assert likely[chosen[chosen >= 0]].all()


def test_the_best_of_each_is_taken_where_nobody_disputes_it():
    claims = [[Claim(3.0, {0: 12}), Claim(5.0, {1: 12})], [Claim(1.0, {2: 12})]]
    assert chosen_claims(claims, [12] * 3) == (claims[0][1], claims[1][0])


def test_the_second_best_of_one_may_be_the_best_for_all():
    both = [Claim(9.0, {0: 12}), Claim(8.0, {1: 12})]
    only = [Claim(8.5, {0: 12})]
    assert chosen_claims([both, only], [12, 12]) == (both[1], only[0])


def test_a_closed_invoice_is_nobody_s_choice():
    claims = [[Claim(20.0, {0: 0}, Kind.CLOSED)]]
    assert chosen_claims(claims, [0]) == (None,)


def test_a_dispute_too_large_to_solve_is_settled_greedily_and_consumes_nothing_twice():
    """Sixty transactions that all want all of thirty invoices."""
    claims = [
        [
            Claim(5.0 + (row * 7 + invoice * 3) % 11, {invoice: 12})
            for invoice in range(30)
        ]
        for row in range(60)
    ]
    chosen = chosen_claims(claims, [12] * 30)
    taken = [invoice for claim in chosen if claim for invoice in claim.invoices]
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 30
