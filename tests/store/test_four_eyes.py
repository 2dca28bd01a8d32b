"""What posts more than a sum waits for a second person."""

from decimal import Decimal

import pytest
from sqlalchemy import select, update

from payymo_adapters.errors import ConflictError, UndeliveredError
from payymo_adapters.pipeline import Policy, apply, decide, match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store.allotting import plan_posting
from payymo_adapters.store.decisions import confirm, match_by_hand, split, undo
from payymo_adapters.store.four_eyes import (
    hold_sums,
    second,
    unsecond,
    waiting_for_second,
)
from payymo_adapters.store.histories import history
from payymo_adapters.store.keys import Owed
from payymo_adapters.store.kinds import PostingKind
from payymo_adapters.store.postings import give_up, plan
from payymo_adapters.store.recording import record_invoices
from payymo_adapters.store.rests import settle_rest
from payymo_adapters.store.store import Store
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


def do(store: Store, verdict, *arguments, actor: str = "Ada", hours: float = 0):
    with store.writing(at(hours, actor=actor)) as books:
        return verdict(books, *arguments)


def sums(**amounts: str) -> dict[str, Decimal]:
    return {code: Decimal(amount) for code, amount in amounts.items()}


def waiting(store: Store) -> list[int]:
    with store.reading("acme") as connection:
        return [held.id for held in waiting_for_second(connection, "acme")]


def actions(store: Store) -> list[str]:
    with store.reading("acme") as connection:
        log = schema.audit_log
        return list(connection.scalars(select(log.c.action).order_by(log.c.seq)))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def large(store):
    """Ada's decision of 150.00 where two persons are wanted above 149.99."""
    record(store, [paid("t1", "150.00")], [billed("i1", "100.00"), billed("i2", "80")])
    do(store, hold_sums, sums(EUR="149.99"))
    do(store, match_by_hand, "main/t1", [give("i1", "100.00"), give("i2", "50.00")])
    return store


def test_it_is_not_planned_before_another_person_confirmed_it(large, ledger):
    assert apply(run_of(large), ledger).confirmed == 0
    assert (waiting(large), ledger.posted) == ([1], [])
    do(large, second, 1, actor="Bo")
    assert waiting(large) == []
    assert apply(run_of(large), ledger).confirmed == 2
    held = row(large, schema.match_decisions, id=1)
    assert (held.actor, held.seconded_by) == ("Ada", "Bo")


@pytest.mark.parametrize("name", ["Ada", "ada", " ADA ", "A\u200bda", "\uff21da"])
def test_the_first_person_does_not_count_twice(large, ledger, name):
    with pytest.raises(ConflictError, match="another person is wanted"):
        do(large, second, 1, actor=name)
    assert apply(run_of(large), ledger).confirmed == 0


def test_who_decided_without_a_person_is_nobodys_first(large):
    with (
        pytest.raises(ConflictError, match="seconded_by_another_person"),
        large.writing(ACT) as books,
    ):
        done = update(schema.match_decisions).values(seconded_by="payymo")
        books.connection.execute(done)


def test_the_sum_itself_needs_no_second_person(store, ledger):
    record(store, [paid("t1")], [billed("i1")])
    do(store, hold_sums, sums(EUR="119.00"))
    do(store, match_by_hand, "main/t1", [give("i1", "119.00")])
    assert waiting(store) == []
    assert apply(run_of(store), ledger).confirmed == 1


def test_what_was_given_up_counts_with_what_is_given_instead(store, ledger):
    """It may have arrived all the same, and one person alone said that it did not."""
    bills = [billed("i1", "60.00"), billed("i2", "30.00"), billed("i3", "60.00")]
    record(store, [paid("t1", "150.00")], bills)
    do(store, hold_sums, sums(EUR="100.00"))
    both = [give("i1", "60.00"), give("i2", "30.00")]
    number = do(store, match_by_hand, "main/t1", both)
    ledger.faults = [("after", UndeliveredError("WHMCS", "no answer"))]
    assert (apply(run_of(store), ledger).unknown, ledger.paid("i2")) == (1, 3_000)
    do(store, give_up, 1)
    assert do(store, settle_rest, "main/t1", [give("i3", "60.00")], "") == number
    assert (apply(run_of(store), ledger).confirmed, waiting(store)) == (0, [number])
    do(store, second, number, actor="Bo")
    assert apply(run_of(store), ledger).confirmed == 1


def test_another_currency_has_a_sum_of_its_own(store, ledger):
    record(
        store,
        [paid("t1", currency="USD")],
        [billed("i1", currency="USD")],
    )
    do(store, hold_sums, sums(EUR="0.00", USD="500.00"))
    do(store, match_by_hand, "main/t1", [give("i1", "119.00")])
    assert apply(run_of(store), ledger).confirmed == 1


def test_what_a_credit_note_takes_away_counts_too(store):
    record(store, [paid("t1", "10.00")], [billed("a", "500.00"), billed("n", "-490")])
    do(store, hold_sums, sums(EUR="400.00"))
    do(store, match_by_hand, "main/t1", [give("a", "500"), give("n", "-490")])
    assert waiting(store) == [1]


def test_the_second_person_takes_back_no_more_than_that(large, ledger):
    do(large, second, 1, actor="Bo")
    assert do(large, unsecond, 1, actor="Bo")
    assert (states(large), waiting(large)) == (["active"], [1])
    assert apply(run_of(large), ledger).confirmed == 0
    assert not do(large, unsecond, 1, actor="Bo")
    do(large, second, 1, actor="Bo", hours=1)
    apply(run_of(large, 1), ledger)
    assert not do(large, unsecond, 1, actor="Bo")


def test_it_is_taken_back_before_and_after_the_second_person(large, ledger):
    do(large, undo, 1, actor="Bo")
    assert (states(large), waiting(large)) == (["undone"], [])
    with pytest.raises(ConflictError, match="waits for no second person"):
        do(large, second, 1, actor="Bo")
    do(large, split, "main/t1", [give("i1", "100"), give("i2", "50")], "x", hours=1)
    do(large, second, 2, actor="Bo", hours=1)
    do(large, undo, 2, hours=1)
    assert apply(run_of(large, 2), ledger).confirmed == 0
    assert states(large) == ["undone", "undone"]


def test_an_invoice_that_changes_meanwhile_stops_it(large):
    with large.writing(at(1)) as books:
        record_invoices(books, [billed("i1", "0", status="paid")], at(1).now)
    assert (states(large), waiting(large)) == (["stopped"], [])


def test_what_is_planned_already_waits_for_nobody(large):
    do(large, hold_sums, {})
    large.write(ACT, plan)
    do(large, hold_sums, sums(EUR="1.00"))
    assert waiting(large) == []


def test_it_is_audited_told_and_in_the_history(large):
    do(large, second, 1, actor="Bo")
    assert actions(large)[-1] == "match.seconded"
    assert "four_eyes.set" in actions(large)
    assert row(large, schema.outbox_events, kind="match.seconded")
    with large.reading("acme") as connection:
        told = history(connection, "acme", "main/t1")
    assert [(each.actor, each.action) for each in told][-1] == ("Bo", "match.seconded")


def test_a_sum_that_stays_is_set_once_and_one_that_is_gone_holds_no_more(large):
    before = len(actions(large))
    do(large, hold_sums, sums(EUR="149.99"))
    assert len(actions(large)) == before
    do(large, hold_sums, {})
    assert (len(actions(large)), waiting(large)) == (before + 1, [])


def test_the_database_itself_plans_nothing_before_the_second_person(large):
    owed = Owed("main/t1", "i1", 10_000, "EUR")
    with pytest.raises(ConflictError, match="waits_for_the_second_person"):
        do(large, plan_posting, 1, PostingKind.PAYMENT, owed)
    do(large, second, 1, actor="Bo")
    do(large, plan_posting, 1, PostingKind.PAYMENT, owed)


def test_nothing_above_the_sum_is_decided_without_a_person(store):
    record(
        store,
        [paid("t1", remittance="INV-2026-0042")],
        [billed("i1", number="INV-2026-0042")],
    )
    match_undecided(run_of(store), Ruleset(), None)
    do(store, hold_sums, sums(EUR="118.99"))
    limits = Policy(most={"EUR": Decimal(1000)}, most_a_day={"EUR": Decimal(1000)})
    assert decide(run_of(store), limits) == []
    do(store, confirm, 1)
    assert waiting(store) == [1]


def test_what_was_decided_without_a_person_waits_for_one_from_the_beginning(store):
    record(
        store,
        [paid("t1", remittance="INV-2026-0042")],
        [billed("i1", number="INV-2026-0042")],
    )
    match_undecided(run_of(store), Ruleset(), None)
    limits = Policy(most={"EUR": Decimal(1000)}, most_a_day={"EUR": Decimal(1000)})
    assert decide(run_of(store), limits) == [1]
    do(store, hold_sums, sums(EUR="118.99"))
    assert waiting(store) == [1]
    with pytest.raises(ConflictError, match="undo it, and confirm it anew"):
        do(store, second, 1, actor="Bo")
