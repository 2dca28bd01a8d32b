"""When a proposal stands, and when another takes its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from payymo_adapters.pipeline import match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store.alike import says_the_same
from payymo_adapters.store.decisions import confirm
from payymo_adapters.store.proposals import Proposed
from payymo_adapters.store.reading import open_items, undecided
from payymo_adapters.store.store import Store
from payymo_core.engine import match
from payymo_core.rules import Ruleset
from tests.store.builders import at, billed, paid, record, run_of


def rematch(store: Store, hours: float = 0) -> Proposed:
    return match_undecided(run_of(store, hours), Ruleset(), None)


def events(store: Store) -> list[str]:
    row = schema.outbox_events
    with store.reading("acme") as connection:
        kinds = connection.scalars(select(row.c.kind).order_by(row.c.seq)).all()
    return list(kinds)


def fresh(store: Store) -> dict[str, float]:
    """How sure the engine is by now of each transaction."""
    with store.reading("acme") as connection:
        money = undecided(connection, "acme")
        owed = open_items(connection, "acme").records()
    return {each.transaction: each.confidence for each in match(money, owed, Ruleset())}


@pytest.fixture
def waiting(store):
    """Transactions that pay an invoice each, sure or not."""
    lines = [
        *(paid(f"t{n}", f"{50 + n}.00", remittance=f"INV-4{n}") for n in range(4)),
        *(paid(f"u{n}", f"{70 + n}.00", remittance="thank you") for n in range(4)),
    ]
    bills = [billed(f"i{n}", f"{50 + n}.00", number=f"INV-4{n}") for n in range(40)]
    record(store, lines, bills)
    assert len(rematch(store).new) == 8
    return store


def test_a_confirmation_leaves_what_waits_as_it_is(waiting):
    before, told = fresh(waiting), events(waiting)
    with waiting.writing(at(1)) as books:
        confirm(books, 1)
    after = fresh(waiting)
    moved = [name for name in after if after[name] != before[name]]
    assert moved  # else this says nothing
    assert rematch(waiting, 2) == Proposed(new=(), kept=7, ended=0, rejected=0)
    assert events(waiting) == [*told, "match.confirmed"]


def test_a_proposal_of_another_invoice_takes_the_place_of_the_one_that_waits(waiting):
    gone = billed("i0", "50.00", number="INV-40", status="cancelled")
    record(waiting, [], [gone, billed("j0", "50.00", number="INV-40")], hours=1)
    again = rematch(waiting, 2)
    assert (again.new, again.kept, again.ended) == ((9,), 7, 1)


def answer(confidence: float = 0.96, **more: object) -> str:
    held = {
        "transaction": "main/t1",
        "outcome": "review",
        "confidence": confidence,
        "allocations": [{"invoice": "i1", "amount": "119.00"}],
        "unapplied": "0.00",
        "alternatives": [other("i2", 0.02)],
        "evidence": [compared("amount", "119.00 EUR"), compared("rivals", "i2 (2 %)")],
        "reasons": ["low_confidence"],
    }
    return json.dumps({**held, **more})


def other(invoice: str, confidence: float) -> dict[str, object]:
    given = [{"invoice": invoice, "amount": "119.00"}]
    return {"allocations": given, "confidence": confidence}


def compared(rule: str, text: str, weight: float = 1.5) -> dict[str, object]:
    return {
        "rule": rule,
        "level": "exact",
        "weight": weight,
        "transaction_text": text,
        "invoice_text": text,
    }


@pytest.mark.parametrize(
    "said",
    [
        answer(0.960001),
        answer(0.965),
        answer(alternatives=[other("i2", 0.025)]),
        answer(alternatives=[other("i2", 0.02), other("i3", 0.004)]),
        answer(
            evidence=[compared("amount", "119.00 EUR", 1.6), compared("rivals", "")]
        ),
    ],
)
def test_what_nobody_would_decide_otherwise_for_is_the_same(said):
    assert says_the_same(answer(), said)
    assert says_the_same(said, answer())


@pytest.mark.parametrize(
    "said",
    [
        answer(0.975),
        answer(0.94),
        answer(outcome="match"),
        answer(allocations=[{"invoice": "i2", "amount": "119.00"}]),
        answer(unapplied="1.00"),
        answer(reasons=["ambiguous"]),
        answer(alternatives=[]),
        answer(alternatives=[other("i3", 0.02)]),
        answer(alternatives=[other("i2", 0.02), other("i3", 0.02)]),
        answer(evidence=[compared("amount", "120.00 EUR"), compared("rivals", "")]),
    ],
)
def test_what_a_person_sees_a_difference_in_is_another(said):
    assert not says_the_same(answer(), said)
    assert not says_the_same(said, answer())


def test_near_certainty_a_small_step_is_a_large_one():
    assert not says_the_same(answer(0.998), answer(0.991))
    assert says_the_same(answer(0.99999), answer(0.9999))
    assert says_the_same(answer(1.0), answer(0.99999))


@given(*[st.floats(0, 1)] * 2)
def test_a_standing_proposal_is_never_a_point_off(old, new):
    alike = says_the_same(answer(old), answer(new))
    assert alike == says_the_same(answer(new), answer(old))
    assert not alike or abs(old - new) < 0.01
