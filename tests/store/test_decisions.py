"""Verdicts, and taking them back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from payymo_adapters.errors import ConflictError
from payymo_adapters.pipeline import Policy, apply, decide, match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.decisions import (
    confirm,
    decision,
    ignore,
    match_by_hand,
    reject,
    split,
    undo,
)
from payymo_adapters.store.outbox import (
    begin,
    delivered,
    due_events,
    emit,
    postpone,
    take_in,
)
from payymo_adapters.store.proposals import (
    Proposed,
    labels,
    propose,
    with_rejections,
)
from payymo_adapters.store.reading import open_items, undecided
from payymo_adapters.store.store import Store
from payymo_core.engine import match
from payymo_core.labels import Verdict
from payymo_core.learnt import Learnt, RejectedProposal
from payymo_core.records import Counterparty
from payymo_core.rules import Ruleset
from tests.store.builders import (
    ACT,
    Ledger,
    at,
    billed,
    give,
    paid,
    record,
    row,
    run_of,
    states,
)


def do(
    store: Store, verdict: Callable[..., Any], *arguments: object, hours: float = 0
) -> Any:
    with store.writing(at(hours)) as books:
        return verdict(books, *arguments)


def said(store: Store) -> list[str]:
    with store.reading("acme") as connection:
        log = schema.audit_log
        actions = connection.scalars(select(log.c.action).order_by(log.c.seq)).all()
        assert audit_faults(connection, "acme") == []
    return [action for action in actions if action.startswith("match.")]


def rematch(store: Store, hours: float = 0) -> Proposed:
    return match_undecided(run_of(store, hours), Ruleset(), None)


@pytest.fixture
def proposed(store):
    """A proposal for ``main/t1``, and a transaction that nothing explains."""
    text = "Invoice INV-2026-0042, thank you"
    lines = [paid("t1", remittance=text), paid("t2", "55.50", remittance="a gift")]
    record(store, lines, [billed("i1", number="INV-2026-0042"), billed("i2", "70.00")])
    assert rematch(store).new == (1,)
    return store


def test_a_confirmed_proposal_reserves_its_money(proposed):
    do(proposed, confirm, 1)
    assert states(proposed) == ["active"]
    assert row(proposed, schema.invoices, id="i1").allocated == 11_900
    assert row(proposed, schema.transactions, id="main/t1").decision_id == 1
    with proposed.reading("acme") as connection:
        found = connection.execute(select(schema.labels.c.verdict)).scalars().all()
    assert found == ["confirm"]
    assert said(proposed)[-1] == "match.confirmed"


def test_a_confirmed_proposal_is_proposed_again_when_it_is_undone(proposed):
    do(proposed, confirm, 1)
    do(proposed, undo, 1)
    assert row(proposed, schema.invoices, id="i1").allocated == 0
    assert do(proposed, labels) == []
    assert rematch(proposed).new == (2,)
    assert states(proposed) == ["undone", "proposed"]


def test_a_rejected_proposal_never_returns_for_its_transaction(proposed):
    do(proposed, reject, 1)
    (label,) = do(proposed, labels)
    assert (label.verdict, label.invoices) == (Verdict.REJECT, ("i1",))
    assert rematch(proposed, 1).new == ()
    assert states(proposed) == ["rejected"]
    # Whoever brings it again, it is turned down.
    with proposed.writing(at(2)) as books:
        found = match(
            undecided(books.connection, "acme"),
            open_items(books.connection, "acme").records(),
            Ruleset(),
        )
        again = propose(books, found)
    assert (again.new, again.rejected) == ((), 1)


def test_what_is_left_after_a_rejection_is_proposed_and_left_to_a_person(store):
    line = paid("t1", remittance="INV-2026-0042 or INV-2026-0043")
    bills = [billed(f"i{n}", number=f"INV-2026-004{n}") for n in (2, 3)]
    record(store, [line], bills)
    assert rematch(store).new == (1,)
    do(store, reject, 1)
    assert rematch(store, 1).new == (2,)
    first, other = (do(store, decision, number) for number in (1, 2))
    assert {*first.invoices, *other.invoices} == {"i2", "i3"}
    record(store, [], [billed(f"i{n}", number=f"INV-{n}") for n in (2, 3)], hours=2)
    assert decide(run_of(store, 2), limits("119", "1000")) == []


def test_what_a_ruleset_has_learnt_to_be_rejected_is_undone_with_the_verdict(proposed):
    do(proposed, reject, 1)
    taught = RejectedProposal(transaction="main/t1", invoices=("i1",))
    elsewhere = RejectedProposal(transaction="main/t2", invoices=("i2",))
    rules = Ruleset(learnt=Learnt(rejected=(taught, elsewhere)))
    assert do(proposed, with_rejections, rules).learnt.rejected == (elsewhere, taught)
    do(proposed, undo, 1)
    assert do(proposed, with_rejections, rules).learnt.rejected == (elsewhere,)
    assert match_undecided(run_of(proposed, 1), rules, None).kept == 1


def test_whose_proposal_was_rejected_once_is_decided_by_a_person(proposed):
    do(proposed, reject, 1)
    gone = billed("i1", "0", status="paid", number="INV-2026-0042")
    record(proposed, [], [gone, billed("i3", number="INV-2026-0042")], hours=1)
    assert rematch(proposed, 1).new == (2,)
    assert row(proposed, schema.match_decisions, id=2).outcome == "match"
    assert decide(run_of(proposed, 1), limits("119", "1000")) == []


def test_a_rejection_is_undone(proposed):
    do(proposed, reject, 1)
    do(proposed, undo, 1)
    assert states(proposed) == ["proposed"]
    assert do(proposed, labels) == []
    do(proposed, confirm, 1)
    assert states(proposed) == ["active"]


def test_of_verdicts_that_differ_the_last_one_is_learnt_from(proposed):
    do(proposed, reject, 1)
    number = do(proposed, split, "main/t1", [give("i1", "60")], "a deposit")
    (label,) = do(proposed, labels)
    assert (label.verdict, label.invoices) == (Verdict.CONFIRM, ("i1",))
    # The rejection stands for all that: undone, the proposal does not return.
    do(proposed, undo, number)
    (label,) = do(proposed, labels)
    assert label.verdict is Verdict.REJECT
    assert rematch(proposed, 1).new == ()


def test_the_verdict_of_a_stopped_decision_gives_way_to_the_next(proposed):
    do(proposed, confirm, 1)
    record(proposed, [], [billed("i1", "0", status="paid")], hours=1)
    assert states(proposed) == ["stopped"]
    do(proposed, match_by_hand, "main/t1", [give("i2", "70")], hours=1)
    (label,) = do(proposed, labels, hours=1)
    assert label.invoices == ("i2",)


def test_a_match_by_hand_takes_the_place_of_the_proposal(proposed):
    number = do(
        proposed, match_by_hand, "main/t1", [give("i1", "60"), give("i2", "59")]
    )
    assert states(proposed) == ["superseded", "active"]
    assert row(proposed, schema.invoices, id="i2").allocated == 5900
    do(proposed, undo, number)
    assert row(proposed, schema.invoices, id="i2").allocated == 0


def test_a_transaction_is_ignored_for_a_reason_and_comes_back(proposed):
    number = do(proposed, ignore, "main/t2", "a gift")
    assert row(proposed, schema.match_decisions, id=number).reason == "a gift"
    (label,) = do(proposed, labels)
    assert (label.transaction, label.invoices) == ("main/t2", ())
    do(proposed, undo, number)
    assert row(proposed, schema.transactions, id="main/t2").decision_id is None


def test_a_split_says_what_the_rest_is(proposed):
    number = do(proposed, split, "main/t1", [give("i2", "70")], "a deposit")
    held = row(proposed, schema.match_decisions, id=number)
    assert (held.kind, held.reason) == ("split", "a deposit")
    assert row(proposed, schema.transactions, id="main/t1").allocated == 7000
    do(proposed, undo, number)
    assert row(proposed, schema.transactions, id="main/t1").allocated == 0


@pytest.mark.parametrize(
    ("verdict", "arguments", "fault"),
    [
        (confirm, (9,), "there is no decision 9"),
        (match_by_hand, ("main/t1", []), "to name none is to ignore"),
        (match_by_hand, ("main/t9", [give("i1", "1")]), "no transaction 'main/t9'"),
        (match_by_hand, ("main/t1", [give("i9", "1")]), "there is no invoice 'i9'"),
        (match_by_hand, ("main/t1", [give("i2", "70.01")]), "of which 70.00 is free"),
        (match_by_hand, ("main/t1", [give("i2", "-1")]), "cannot be allocated"),
        (match_by_hand, ("main/t1", [give("i2", "0.001")]), "more decimals"),
        (match_by_hand, ("main/t1", [give("i2", "1")] * 2), "named twice"),
        (
            match_by_hand,
            ("main/t2", [give("i1", "55.51")]),
            "55.51 EUR would be allocated, and transaction 'main/t2' has 55.50",
        ),
        (ignore, ("main/t1", " "), "needs a reason"),
        (split, ("main/t1", [give("i1", "1")], ""), "needs a reason"),
    ],
)
def test_a_verdict_that_cannot_be_says_why_and_changes_nothing(
    proposed, verdict, arguments, fault
):
    before = said(proposed)
    with pytest.raises(ConflictError, match=fault):
        do(proposed, verdict, *arguments)
    assert states(proposed) == ["proposed"]
    assert said(proposed) == before


def test_a_verdict_is_given_once(proposed):
    do(proposed, confirm, 1)
    for verdict in (confirm, reject):
        with pytest.raises(ConflictError, match="is active: it waits for no verdict"):
            do(proposed, verdict, 1)
    with pytest.raises(ConflictError, match="is decided: undo 1"):
        do(proposed, ignore, "main/t1", "why")
    do(proposed, undo, 1)
    with pytest.raises(ConflictError, match="nothing to undo"):
        do(proposed, undo, 1)


def test_the_same_answer_is_proposed_once(proposed):
    again = rematch(proposed, 1)
    assert (again.new, again.kept) == ((), 1)


def test_a_new_answer_takes_the_place_of_the_old(proposed):
    record(proposed, [], [billed("i1", "119.00", number="INV-2026-0042", total=None)])
    record(proposed, [], [billed("i1", "119.00", number="INV-2026-9")], hours=1)
    assert rematch(proposed, 1).ended == 1
    assert states(proposed)[0] == "superseded"


def test_evidence_and_ruleset_are_kept_with_a_proposal(proposed):
    held = do(proposed, decision, 1)
    assert held.proposal["evidence"]
    assert held.proposal["confidence"] > 0.9
    assert held.allocations == (give("i1", "119.00"),)


# --- what is applied without a person -------------------------------------------------


def limits(most: str, a_day: str) -> Policy:
    return Policy(most={"EUR": Decimal(most)}, most_a_day={"EUR": Decimal(a_day)})


@pytest.mark.parametrize(
    ("policy", "holds"),
    [
        (Policy(), []),
        (limits("118.99", "1000"), []),
        (limits("119", "118.99"), []),
        (limits("119", "119"), [1]),
    ],
)
def test_nothing_is_applied_beyond_the_policy(proposed, policy, holds):
    assert decide(run_of(proposed), policy) == holds


def test_a_day_has_its_limit_whatever_is_undone_of_it(store):
    lines = [paid(f"t{n}", remittance=f"INV-2026-004{n}") for n in (1, 2)]
    bills = [billed(f"i{n}", number=f"INV-2026-004{n}") for n in (1, 2)]
    record(store, lines, bills)
    rematch(store)
    assert decide(run_of(store), limits("119", "200")) == [1]
    do(store, undo, 1)
    assert decide(run_of(store), limits("119", "200")) == []
    assert decide(run_of(store, 24), limits("119", "200")) == [2]


def test_a_credit_note_lifts_no_limit(store):
    """100.00 came; 1,000.00 would be posted to one invoice, and 900.00 to a note."""
    for n, day in ((1, "1"), (2, "2")):
        words = f"INV-2026-004{n} INV-2026-005{n}"
        record(store, [paid(f"t{day}", "100.00", remittance=words)])
    bills = [billed(f"i{n}", "1000", number=f"INV-2026-004{n}") for n in (1, 2)]
    notes = [billed(f"n{n}", "-900", number=f"INV-2026-005{n}") for n in (1, 2)]
    record(store, [], [*bills, *notes])
    assert len(rematch(store).new) == 2
    assert decide(run_of(store), limits("1899.99", "9000")) == []
    assert decide(run_of(store), limits("1900", "3799.99")) == [1]
    assert decide(run_of(store), limits("1900", "3800")) == [2]


def test_a_payment_of_what_is_paid_already_does_not_pay_the_next_number(store):
    """It came twice, or is listed by two accounts; only a digit is another."""
    said: dict[str, Any] = {
        "remittance": "INV-2026001",
        "counterparty": Counterparty(name="Larsen Ltd"),
    }
    bills = [
        billed(f"i{n}", number=f"INV-202600{n}", total=Decimal(119)) for n in (1, 2)
    ]
    record(store, [paid("t1", **said)], bills)
    rematch(store)
    assert decide(run_of(store), limits("119", "1000")) == [1]
    assert apply(run_of(store), Ledger()).confirmed == 1
    record(store, [paid("t2", **said)], hours=24)
    assert rematch(store, 24).new == ()
    assert decide(run_of(store, 24), limits("119", "1000")) == []


@pytest.mark.parametrize("end", ["undone", "stopped"])
def test_what_was_decided_once_and_ended_is_decided_by_a_person(proposed, end):
    assert decide(run_of(proposed), limits("119", "1000")) == [1]
    if end == "undone":
        do(proposed, undo, 1)
    else:
        record(proposed, [], [billed("i1", "118", number="INV-2026-0042")], hours=1)
        record(proposed, [], [billed("i1", "119", number="INV-2026-0042")], hours=2)
    assert states(proposed) == [end]
    assert rematch(proposed, 48).new == (2,)
    assert decide(run_of(proposed, 48), limits("119", "1000")) == []
    do(proposed, confirm, 2, hours=48)


# --- what others are told -------------------------------------------------------------


def test_events_are_due_in_order_per_subject_until_they_are_delivered(store):
    with store.writing(ACT) as books:
        for subject, kind in (("a", "one"), ("a", "two"), ("b", "three")):
            emit(books, kind, subject, {})
        first, other = due_events(books)
        assert (first.kind, other.kind) == ("one", "three")
        delivered(books, other)
        begin(books)
        postpone(books, first, "no answer")
        assert due_events(books) == []
    with store.writing(at(1)) as books:
        assert [event.kind for event in due_events(books)] == ["one"]
        delivered(books, first)
        assert [event.kind for event in due_events(books)] == ["two"]


def test_a_webhook_that_comes_twice_is_taken_in_once(store):
    with store.writing(ACT) as books:
        assert take_in(books, "gocardless", "EV1", "{}")
        assert not take_in(books, "gocardless", "EV1", "{}")
        assert take_in(books, "stripe", "EV1", "{}")
        count = select(func.count()).select_from(schema.webhook_inbox)
        assert books.connection.scalar(count) == 2
