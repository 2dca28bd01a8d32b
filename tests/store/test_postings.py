"""Payments are posted exactly once, whatever happens on the way."""

import pytest
from sqlalchemy import select

from payymo_adapters.errors import (
    ConflictError,
    LimitError,
    ProviderError,
    RefusedError,
    UndeliveredError,
)
from payymo_adapters.pipeline import apply
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import match_by_hand, split, undo
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.overview import open_postings
from payymo_adapters.store.postings import (
    Posting,
    begin_again,
    begin_next,
    give_up,
    in_flight,
    plan,
    send_again,
    wait_on,
)
from payymo_adapters.store.recording import (
    notice_gone,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.rests import rests
from payymo_adapters.store.store import Store
from payymo_adapters.store.taking_back import taken_back
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

LOST = UndeliveredError("WHMCS", "no answer")
NOTHING = Exception()
REFUSED = RefusedError("WHMCS", "the invoice is cancelled")
LIMIT = LimitError("WHMCS", "too many calls", until=None)


@pytest.fixture
def decided(store):
    """A decision that pays two invoices out of one transaction."""
    record(store, [paid("t1", "150.00")], [billed("i1", "100.00"), billed("i2", "80")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "100.00"), give("i2", "50.00")])
    return store


def posting_states(store: Store) -> list[str]:
    table = schema.postings
    with store.reading("acme") as connection:
        return list(connection.scalars(select(table.c.state).order_by(table.c.id)))


def test_what_is_decided_is_posted_once(decided):
    ledger = Ledger()
    assert apply(run_of(decided), ledger).confirmed == 2
    assert apply(run_of(decided, 1), ledger).confirmed == 0
    assert (ledger.paid("i1"), ledger.paid("i2")) == (10_000, 5_000)
    paid_off = row(decided, schema.invoices, id="i1")
    assert (paid_off.status, paid_off.outstanding, paid_off.allocated) == ("paid", 0, 0)
    assert row(decided, schema.invoices, id="i2").outstanding == 3000
    assert row(decided, schema.transactions).allocated == 15_000


def test_an_answer_that_is_lost_is_asked_for_and_nothing_is_paid_twice(decided):
    ledger = Ledger()
    ledger.faults = [("after", LOST)]
    done = apply(run_of(decided), ledger)
    assert (done.confirmed, done.unknown) == (1, 1)
    assert sorted(posting_states(decided)) == ["confirmed", "unknown"]
    apply(run_of(decided, 1), ledger)
    assert (ledger.paid("i1"), ledger.paid("i2")) == (10_000, 5_000)
    assert posting_states(decided) == ["confirmed", "confirmed"]


@pytest.fixture
def doubtful(decided):
    """Its first posting got no answer, and is not on record."""
    ledger = Ledger()
    ledger.faults = [("before", LOST)]
    apply(run_of(decided), ledger)
    return ledger


def rule(store, verdict, hours: float = 1, number: int = 1) -> None:
    with store.writing(at(hours)) as books:
        verdict(books, number)


def test_no_time_is_long_enough_to_send_again_by_itself(decided, doubtful):
    for hours in (0.1, 1, 24 * 365):
        assert apply(run_of(decided, hours), doubtful).unknown == 1
    assert (doubtful.paid("i1"), posting_states(decided)[0]) == (0, "unknown")
    assert "not on record" in row(decided, schema.postings, id=1).fault


def test_what_arrives_late_is_found_however_late(decided, doubtful):
    (sent,) = decided.write(at(1), in_flight)
    doubtful.post(sent)
    assert apply(run_of(decided, 24 * 365), doubtful).confirmed == 1
    assert doubtful.paid("i1") == 10_000


def test_asking_in_vain_again_and_again_writes_nothing(decided, doubtful):
    apply(run_of(decided, 1), doubtful)
    before = row(decided, schema.tenants, id="acme").audit_seq
    apply(run_of(decided, 2), doubtful)
    assert row(decided, schema.tenants, id="acme").audit_seq == before


def test_a_person_has_it_sent_again_once(decided, doubtful):
    rule(decided, send_again)
    assert posting_states(decided)[0] == "unknown"
    assert apply(run_of(decided, 1), doubtful).confirmed == 1
    assert doubtful.paid("i1") == 10_000
    assert row(decided, schema.postings, id=1).ruled_by == "Ada"
    with decided.reading("acme") as connection:
        log = schema.audit_log.c
        said = select(log.actor).where(log.action == "posting.to_be_sent_again")
        assert connection.scalars(said).all() == ["Ada"]


def test_what_arrived_before_it_is_sent_again_is_not_sent(decided, doubtful):
    (sent,) = decided.write(at(1), in_flight)
    rule(decided, send_again)
    doubtful.post(sent)
    assert apply(run_of(decided, 1), doubtful).confirmed == 1
    assert doubtful.paid("i1") == 10_000


@pytest.mark.parametrize("fault", [LOST, REFUSED, LIMIT])
def test_what_could_not_be_sent_again_is_as_unknown_as_before(decided, doubtful, fault):
    rule(decided, send_again)
    doubtful.faults = [("before", fault)]
    done = apply(run_of(decided, 1), doubtful)
    assert posting_states(decided)[0] == "unknown"
    assert done.fault is (LIMIT if fault is LIMIT else None)
    assert row(decided, schema.transactions).allocated == 15_000
    assert apply(run_of(decided, 2), doubtful).unknown == 1
    assert doubtful.paid("i1") == 0


def test_a_process_that_dies_while_it_sends_again_leaves_it_to_a_person(
    decided, doubtful
):
    rule(decided, send_again)
    (sent,) = decided.write(at(1), in_flight)
    assert decided.write(at(1), lambda books: begin_again(books, sent))
    assert apply(run_of(decided, 2), doubtful).unknown == 1
    assert row(decided, schema.postings, id=1).ruled_by is None
    assert apply(run_of(decided, 3), doubtful).unknown == 1
    assert doubtful.paid("i1") == 0


def test_a_person_takes_the_word_back(decided, doubtful):
    rule(decided, send_again)
    rule(decided, wait_on)
    assert apply(run_of(decided, 1), doubtful).unknown == 1
    assert doubtful.paid("i1") == 0
    with pytest.raises(ConflictError, match="nobody wants posting 1 sent again"):
        rule(decided, wait_on)


@pytest.mark.usefixtures("doubtful")
def test_what_a_person_gives_up_frees_its_money(decided):
    rule(decided, give_up)
    assert posting_states(decided) == ["refused", "confirmed"]
    assert row(decided, schema.transactions).allocated == 5000
    assert row(decided, schema.invoices, id="i1").allocated == 0
    assert row(decided, schema.postings, id=1).fault == "Ada says that it was not done"
    assert row(decided, schema.outbox_events, kind="posting.refused")


@pytest.mark.parametrize("verdict", [send_again, wait_on, give_up])
def test_a_person_rules_on_what_is_in_doubt_and_on_nothing_else(decided, verdict):
    with pytest.raises(ConflictError, match="there is no posting 1"):
        rule(decided, verdict)
    run = run_of(decided)
    decided.write(run.act(), plan)
    with pytest.raises(ConflictError, match="is planned: nothing of it is in doubt"):
        rule(decided, verdict)
    decided.write(run.act(), begin_next)
    with pytest.raises(ConflictError, match="the next run asks what became of it"):
        rule(decided, verdict)


@pytest.mark.parametrize("verdict", [send_again, give_up])
@pytest.mark.usefixtures("doubtful")
def test_nobody_but_a_person_rules(decided, verdict):
    with (
        pytest.raises(ConflictError, match="ruled_by_a_person"),
        decided.writing(at(1, actor="payymo")) as books,
    ):
        verdict(books, 1)


def test_what_a_crash_left_planned_was_never_sent_and_is_sent(decided):
    decided.write(run_of(decided).act(), plan)
    assert apply(run_of(decided, 1), Ledger()).confirmed == 2


def test_what_a_crash_left_sending_may_have_been_sent_and_is_not(decided):
    run = run_of(decided)
    decided.write(run.act(), plan)
    decided.write(run.act(), begin_next)
    ledger = Ledger()
    assert apply(run_of(decided, 1), ledger).unknown == 1
    assert (ledger.paid("i1"), ledger.paid("i2")) == (0, 5_000)


def test_a_provider_that_does_not_say_leaves_it_unknown(decided):
    ledger = Ledger()
    ledger.faults = [("after", LOST), ("", NOTHING), ("asked", LOST)]
    apply(run_of(decided), ledger)
    assert apply(run_of(decided, 1), ledger).unknown == 1
    assert apply(run_of(decided, 2), ledger).confirmed == 1


def test_a_plan_is_on_the_disk_before_anything_is_sent(decided):
    run = run_of(decided)
    assert decided.write(run.act(), plan) == 2
    posting = decided.write(run.act(), begin_next)
    assert posting_states(decided) == ["sending", "planned"]
    (sent,) = decided.write(run.act(), in_flight)
    assert sent == posting


def test_a_refused_payment_gives_its_money_back_and_says_so(decided):
    ledger = Ledger()
    ledger.faults = [("before", REFUSED)]
    done = apply(run_of(decided), ledger)
    assert (done.confirmed, done.refused) == (1, 1)
    assert row(decided, schema.transactions).allocated == 5000
    assert row(decided, schema.invoices, id="i1").allocated == 0
    assert row(decided, schema.outbox_events, kind="posting.refused")
    assert states(decided) == ["active"]


def test_a_decision_of_which_all_is_refused_is_stopped(decided):
    ledger = Ledger()
    ledger.faults = [("before", REFUSED)] * 2
    apply(run_of(decided), ledger)
    assert states(decided) == ["stopped"]
    assert row(decided, schema.transactions).decision_id is None


def test_a_limit_stops_the_step_and_the_next_run_goes_on(decided):
    ledger = Ledger()
    ledger.faults = [("before", LIMIT)]
    assert apply(run_of(decided), ledger).fault is LIMIT
    assert posting_states(decided) == ["planned", "planned"]
    assert apply(run_of(decided, 0.1), ledger).confirmed == 2


def test_what_fails_every_time_holds_up_no_other_for_long(decided):
    class Failing(Ledger):
        def post(self, posting: Posting) -> None:
            if posting.owed.invoice == "i1":
                msg = "WHMCS"
                raise ProviderError(msg, "not sent: answers with 500")
            super().post(posting)

    ledger = Failing()
    assert apply(run_of(decided, 1), ledger).fault
    assert apply(run_of(decided, 2), ledger).fault
    assert posting_states(decided) == ["planned", "confirmed"]


def test_what_was_posted_is_taken_back_by_a_posting_of_its_own(decided):
    ledger = Ledger()
    apply(run_of(decided), ledger)
    with decided.writing(at(1)) as books:
        undo(books, 1)
    assert states(decided) == ["active"]
    assert apply(run_of(decided, 1), ledger).confirmed == 2
    assert (ledger.paid("i1"), states(decided)) == (0, ["undone"])
    back = row(decided, schema.invoices, id="i1")
    assert (back.status, back.outstanding) == ("open", 10_000)
    with decided.writing(at(2)) as books:
        match_by_hand(books, "main/t1", [give("i1", "100.00")])
    apply(run_of(decided, 2), ledger)
    assert ledger.paid("i1") == 10_000


def test_a_reversal_that_was_refused_is_tried_again(decided):
    ledger = Ledger()
    apply(run_of(decided), ledger)
    ledger.faults = [("before", REFUSED)]
    for hours in (1, 2):
        with decided.writing(at(hours)) as books:
            undo(books, 1)
        apply(run_of(decided, hours), ledger)
    assert (ledger.paid("i1"), ledger.paid("i2"), states(decided)) == (0, 0, ["undone"])


def test_what_the_ledger_takes_back_for_nobody_a_person_took_back(decided):
    ledger = Ledger()
    apply(run_of(decided), ledger)
    with decided.writing(at(1)) as books:
        undo(books, 1)
    ledger.faults = [("before", REFUSED), ("before", REFUSED)]
    assert apply(run_of(decided, 1), ledger).refused == 2
    with decided.writing(at(2)) as books:
        listed = [held.id for held in open_postings(books.connection, "acme")]
        assert listed == [3, 4]
        for number in listed:
            taken_back(books, number)
        assert not open_postings(books.connection, "acme")
    assert states(decided) == ["undone"]
    assert row(decided, schema.transactions).allocated == 0
    assert row(decided, schema.invoices, id="i1").outstanding == 10_000
    assert "Ada says" in row(decided, schema.postings, id=3).fault


@pytest.mark.parametrize("number", [1, 3, 9])
def test_nothing_but_a_refused_reversal_is_taken_back_by_hand(decided, number):
    ledger = Ledger()
    apply(run_of(decided), ledger)
    with decided.writing(at(1)) as books:
        undo(books, 1)
    with pytest.raises(ConflictError), decided.writing(at(2)) as books:
        taken_back(books, number)


def test_what_is_on_its_way_is_not_undone(decided):
    ledger = Ledger()
    ledger.faults = [("after", LOST)]
    apply(run_of(decided), ledger)
    with (
        pytest.raises(ConflictError, match="on its way: resolve it first"),
        decided.writing(at(1)) as books,
    ):
        undo(books, 1)


def test_an_invoice_with_a_posting_on_its_way_waits_for_the_outcome(decided):
    ledger = Ledger()
    ledger.faults = [("after", LOST)]
    apply(run_of(decided), ledger)
    with decided.writing(at(1)) as books:
        done = record_invoices(books, [billed("i1", "0", status="paid")], at(1).now)
    assert done.waiting == ("i1",)
    apply(run_of(decided, 1), ledger)
    assert row(decided, schema.invoices, id="i1").outstanding == 0


@pytest.fixture
def half_doubtful(decided):
    """The first posting got no answer, the second was not sent."""
    ledger = Ledger()
    ledger.faults = [("before", LOST), ("before", LIMIT)]
    apply(run_of(decided), ledger)
    assert posting_states(decided) == ["unknown", "planned"]
    return ledger


@pytest.mark.parametrize(
    "now", [{"status": "paid"}, {"status": "cancelled"}, {"outstanding": "49.99"}]
)
def test_an_invoice_that_changed_stops_its_posting_whatever_else_is_in_doubt(
    decided, half_doubtful, now
):
    with decided.writing(at(1)) as books:
        changed = billed("i2", **{"outstanding": "80", **now})
        done = record_invoices(books, [changed], at(1).now)
    assert done.stopped == ("i2",)
    assert posting_states(decided) == ["unknown", "stopped"]
    assert row(decided, schema.outbox_events, kind="match.stopped")
    # What is in doubt is not let go: it may be paid.
    assert row(decided, schema.transactions).allocated == 10_000
    assert states(decided) == ["active"]
    with decided.writing(at(2)) as books:
        give_up(books, 1)
    assert (states(decided), row(decided, schema.transactions).allocated) == (
        ["stopped"],
        0,
    )
    assert (half_doubtful.paid("i1"), half_doubtful.paid("i2")) == (0, 0)


def test_an_amount_that_still_takes_the_money_stops_nothing(decided, half_doubtful):
    with decided.writing(at(1)) as books:
        done = record_invoices(books, [billed("i2", "200.00")], at(1).now)
    assert done.stopped == ()
    apply(run_of(decided, 1), half_doubtful)
    assert half_doubtful.paid("i2") == 5_000


@pytest.mark.usefixtures("half_doubtful")
def test_a_bank_that_changes_its_mind_is_heard_whatever_is_in_doubt(decided):
    with decided.writing(at(1)) as books:
        done = record_transactions(books, "main", [paid("t1", "90.00")])
        assert "100.00 EUR of it was posted" in done.rejected[0].fault
        assert notice_gone(books, ["main/t1"]) == ["main/t1"]
    assert posting_states(decided) == ["unknown", "stopped"]


def test_a_snapshot_from_before_the_payment_does_not_open_the_invoice_again(decided):
    apply(run_of(decided, 1), Ledger())
    with decided.writing(at(2)) as books:
        record_invoices(books, [billed("i1", "100.00")], at(0.5).now)
    assert row(decided, schema.invoices, id="i1").status == "paid"


def test_a_ledger_that_took_the_payment_back_is_believed(decided):
    apply(run_of(decided), Ledger())
    with decided.writing(at(2)) as books:
        record_invoices(books, [billed("i1", "100.00")], at(2).now)
    assert row(decided, schema.invoices, id="i1").outstanding == 10_000


def test_a_credit_note_is_posted_before_what_it_pays_for(store):
    record(store, [paid("t1", "80.00")], [billed("a", "100.00"), billed("n", "-20")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("a", "100"), give("n", "-20")])
    ledger = Ledger()
    apply(run_of(store), ledger)
    assert [name for _, name, _ in ledger.posted] == ["n", "a"]
    with store.writing(at(1)) as books:
        undo(books, 1)
    apply(run_of(store, 1), ledger)
    assert [name for _, name, _ in ledger.posted] == ["n", "a", "a", "n"]
    assert states(store) == ["undone"]


def test_what_a_refused_credit_note_was_to_pay_for_is_not_posted(store):
    record(store, [paid("t1", "80.00")], [billed("a", "100.00"), billed("n", "-20")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("a", "100"), give("n", "-20")])
    ledger = Ledger()
    ledger.faults = [("before", REFUSED)]
    apply(run_of(store), ledger)
    assert (ledger.posted, states(store)) == ([], ["stopped"])


def test_of_two_runners_one_works_and_one_says_so(decided):
    with only_runner(decided, "acme"), only_runner(decided, "other"):
        with pytest.raises(ConflictError, match="another process runs"):
            apply(run_of(decided), Ledger())
    assert apply(run_of(decided), Ledger()).confirmed == 2


def test_what_a_refused_payment_of_a_split_frees_is_not_put_aside(store):
    record(store, [paid("t1", "150.00")], [billed("i1", "100.00"), billed("i2", "40")])
    with store.writing(ACT) as books:
        given = [give("i1", "100.00"), give("i2", "40.00")]
        split(books, "main/t1", given, "10.00 are a deposit")
    ledger = Ledger()
    ledger.faults = [("before", REFUSED)]
    assert apply(run_of(store), ledger).confirmed == 1
    with store.reading("acme") as connection:
        [rest] = rests(connection, "acme")
    assert rest.left == 11_000
