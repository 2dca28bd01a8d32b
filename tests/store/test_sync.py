"""What is read is recorded once, with how far it was read; what is gone is noticed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from payymo_adapters.errors import ConflictError, UndeliveredError
from payymo_adapters.pipeline import apply
from payymo_adapters.store import schema
from payymo_adapters.store.connecting import cursor, hold_connection, note_sync
from payymo_adapters.store.decisions import match_by_hand, split, undo
from payymo_adapters.store.four_eyes import hold_sums
from payymo_adapters.store.reading import open_items, undecided
from payymo_adapters.store.rests import rests
from payymo_adapters.sync import (
    Coverage,
    Statement,
    Synced,
    record_statement,
    record_whole_ledger,
)
from payymo_adapters.whmcs.flows import classic_api
from payymo_adapters.whmcs_ledger import ask_again, record_whmcs
from payymo_core.errors import Rejected
from payymo_core.records import Invoice, TransactionStatus
from tests.fakes.whmcs import ACCESS, Fault, Whmcs
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

WHOLE = Coverage.WHOLE_DAYS


def on(day: int) -> date:
    return date(2026, 3, day)


def sync(store, *records, coverage=WHOLE, position="1") -> Synced:
    said = Statement(
        account="main",
        name="Main account",
        stream="file:a",
        position=position,
        records=records,
        coverage=coverage,
    )
    with store.writing(ACT) as books:
        return record_statement(books, said)


def waiting(store) -> list[str]:
    with store.reading("acme") as connection:
        return [each.id for each in undecided(connection, "acme")]


def test_windows_overlap_and_late_bookings_are_found(store):
    first, second = paid("a", booking_date=on(1)), paid("b", booking_date=on(3))
    late, later = paid("late", booking_date=on(2)), paid("c", booking_date=on(4))
    assert sync(store, first, second).recorded.new == 2
    done = sync(store, first, late, second, later)
    assert (done.recorded.new, done.recorded.unchanged, done.gone) == (2, 2, ())
    assert waiting(store) == ["main/a", "main/b", "main/c", "main/late"]


def test_the_cursor_moves_with_the_data_or_not_at_all(store):
    sync(store, paid("a"), position="1")
    said = Statement(
        account="main", name="", stream="file:a", position="2", records=[paid("b")]
    )
    with pytest.raises(RuntimeError), store.writing(ACT) as books:
        record_statement(books, said)
        raise RuntimeError
    with store.writing(ACT) as books:
        assert cursor(books, "main", "file:a") == "1"
    assert waiting(store) == ["main/a"]


@pytest.mark.parametrize(
    ("coverage", "gone"), [(WHOLE, ("main/b",)), (Coverage.SOME, ())]
)
def test_a_withdrawal_is_noticed_within_whole_days_only(store, coverage, gone):
    days = {"before": 1, "a": 2, "b": 3, "c": 4, "after": 5}
    sync(store, *(paid(name, booking_date=on(day)) for name, day in days.items()))
    some = [paid(name, booking_date=on(days[name])) for name in ("a", "c")]
    assert sync(store, *some, coverage=coverage).gone == gone
    assert ("main/b" in waiting(store)) is not bool(gone)
    back = sync(store, *some, paid("b", booking_date=on(3)))
    assert (back.gone, "main/b" in waiting(store)) == ((), True)


def test_an_entry_that_is_rejected_is_not_gone(store):
    days = [paid("a", booking_date=on(1)), paid("c", booking_date=on(3))]
    sync(store, *days, paid("b", booking_date=on(2)))
    bad = Rejected(record_id="b", fault="no amount")
    assert sync(store, *days, bad).gone == ()
    # What cannot be read may be any entry, of whatever id.
    for name in ("", "x"):
        bad = Rejected(record_id=name, fault="no amount")
        assert sync(store, *days, bad).gone == ()
    assert sync(store, *days).gone == ("main/b",)


def test_two_ids_of_a_bank_s_own_are_two_payments(store):
    """As of files that each hold some of a day."""
    sync(store, paid("a", remittance="the same"), coverage=Coverage.SOME)
    done = sync(store, paid("b", remittance="the same"), coverage=Coverage.SOME)
    assert (done.doubts, waiting(store)) == ((), ["main/a", "main/b"])


def test_a_pending_entry_gives_way_to_the_booked_one_of_its_sum(store):
    pending = paid("p", booking_date=None, status=TransactionStatus.PENDING)
    twins = [
        paid(name, "7.00", booking_date=on(1), status=TransactionStatus.PENDING)
        for name in ("q", "r")
    ]
    sync(store, pending, *twins)
    booked = [paid("b"), paid("x", "7.00", booking_date=on(2))]
    done = sync(store, *booked, coverage=Coverage.SOME)
    assert done.replaced == (("main/p", "main/b"),)  # of the twins nobody can tell
    assert row(store, schema.transactions, id="main/p").replaced_by == "main/b"
    assert waiting(store) == ["main/b", "main/x"]


def test_money_that_was_posted_is_not_taken_for_new_under_another_id(store):
    edges = [paid("1", "1.00", booking_date=on(1)), paid("3", "1.00")]
    record(store, [], [billed("i1")])
    sync(store, *edges, paid("t1", booking_date=on(2)))
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "119.00")])
    apply(run_of(store), Ledger())
    edges[1] = paid("3", "1.00", booking_date=on(3))
    done = sync(store, *edges, paid("t1-new", booking_date=on(2)))
    assert done.posted == ("main/t1",)
    assert done.doubts == (("main/t1-new", "may be main/t1 under another id"),)
    again = [*edges, paid("t1-new", booking_date=on(2))]
    sync(store, *again, paid("4", "1.00", booking_date=on(4)))
    assert "main/t1-new" not in waiting(store)
    assert row(store, schema.transactions, id="main/t1").allocated == 11_900


def test_money_in_the_place_of_what_was_posted_and_withdrawn_is_never_lost(store):
    """Nor taken for new by a later statement; a person says which is which."""
    edges = [paid("1", "1.00", booking_date=on(1)), paid("3", "1.00")]
    edges[1] = paid("3", "1.00", booking_date=on(3))
    record(store, [], [billed("i1")])
    sync(store, *edges, paid("t1", booking_date=on(2)))
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "119.00")])
    apply(run_of(store), Ledger())
    assert sync(store, *edges).posted == ("main/t1",)
    twins = [paid(name, booking_date=on(2)) for name in ("n1", "n2")]
    aside = sync(store, *edges, *twins, coverage=Coverage.SOME).doubts
    assert [name for name, _ in aside] == ["main/n1", "main/n2"]
    number = row(store, schema.transactions, id="main/n2").decision_id
    with store.writing(at(1)) as books:
        undo(books, number)
    sync(store, *edges, *twins, paid("4", "1.00", booking_date=on(4)))
    assert {"main/n1", "main/n2"} & set(waiting(store)) == {"main/n2"}


def list_open(store, hours: float, *invoices):
    """Read a list of all open items that was taken a second before it is read."""
    act = at(hours)
    with store.writing(act) as books:
        return record_whole_ledger(books, invoices, act.now - timedelta(seconds=1))


def decided_for(store, name: str) -> tuple[str, int, int, str]:
    """An invoice: its status, what is owed, what is reserved; and of its money what."""
    held = row(store, schema.invoices, id=name)
    given = row(store, schema.allocations, invoice_id=name)
    return held.status, held.outstanding, held.allocated, given.state


@pytest.fixture
def confirmed(store):
    """Money for ``i1`` was confirmed."""
    record(store, [paid("t1")], [billed("i1"), billed("i2")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "119.00")])
    return store


def test_what_a_whole_ledger_leaves_out_is_open_no_more(store):
    record(store, [], [billed("i1"), billed("i2")])
    list_open(store, 1)  # says nothing
    list_open(store, 2, billed("i2"))
    assert row(store, schema.invoices, id="i1").status == "cancelled"
    with store.reading("acme") as connection:
        assert list(open_items(connection, "acme").id) == ["i2"]


@pytest.mark.parametrize(
    "listed", [(), (billed("i1", "0.00", status="paid"),)], ids=["left out", "paid"]
)
def test_what_was_confirmed_is_settled_when_the_books_close_the_invoice(
    confirmed, listed
):
    assert list_open(confirmed, 1, billed("i2"), *listed).settled == ("i1",)
    assert decided_for(confirmed, "i1") == ("paid", 0, 0, "settled")
    assert states(confirmed) == ["active"]
    again = list_open(confirmed, 2, billed("i2"), *listed)
    assert (again.settled, again.stopped, again.reopened) == ((), (), ())
    assert decided_for(confirmed, "i1") == ("paid", 0, 0, "settled")
    with confirmed.reading("acme") as connection:
        assert undecided(connection, "acme") == []


def test_a_list_with_a_line_that_cannot_be_read_leaves_nothing_out(confirmed):
    torn = Rejected(record_id="", fault="not JSON", where="invoices.jsonl:1")
    done = list_open(confirmed, 1, torn, billed("i2"))
    assert (done.settled, done.stopped) == ((), ())
    assert decided_for(confirmed, "i1") == ("open", 11900, 11900, "reserved")
    assert list_open(confirmed, 2, billed("i2")).settled == ("i1",)


@pytest.mark.parametrize(
    "changed",
    [
        billed("i1", "119.00", status="cancelled"),
        billed("i1", "19.00"),
        billed("i1", "119.00", currency="USD"),
    ],
    ids=["cancelled", "other money came", "another currency"],
)
def test_what_the_books_say_otherwise_stops_what_was_confirmed(confirmed, changed):
    done = list_open(confirmed, 1, billed("i2"), changed)
    assert (done.settled, done.stopped) == ((), ("i1",))
    assert states(confirmed) == ["stopped"]


@pytest.mark.parametrize(
    ("status", "settled"), [("open", ()), ("paid", ("i1",))], ids=str
)
def test_an_invoice_that_is_listed_under_another_id_is_not_paid(
    confirmed, status, settled
):
    """As of a ledger that is exported with other columns."""
    renamed = billed("0001", number="INV-i1", status=status)
    done = list_open(confirmed, 1, renamed, billed("i2"))
    assert done.settled == settled
    assert states(confirmed) == (["active"] if settled else ["stopped"])
    with confirmed.reading("acme") as connection:
        waits = [each.id for each in undecided(connection, "acme")]
    assert waits == ([] if settled else ["main/t1"])


def test_a_part_that_was_confirmed_is_settled_when_so_much_less_is_owed(store):
    record(store, [paid("t1", "100.00")], [billed("i1"), billed("i2")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "100.00")])
    assert not list_open(store, 1, billed("i1"), billed("i2")).settled
    assert list_open(store, 2, billed("i1", "19.00"), billed("i2")).settled == ("i1",)
    assert decided_for(store, "i1") == ("open", 1_900, 0, "settled")
    list_open(store, 3, billed("i2"))
    assert decided_for(store, "i1") == ("cancelled", 1_900, 0, "settled")


def test_a_list_that_was_not_whole_is_mended_by_the_next(confirmed):
    list_open(confirmed, 1, billed("i2"))
    done = list_open(confirmed, 2, billed("i1"), billed("i2"))
    assert (done.reopened, done.settled) == (("i1",), ())
    assert decided_for(confirmed, "i1") == ("open", 11_900, 0, "reversed")
    assert states(confirmed) == ["undone"]
    with confirmed.reading("acme") as connection:
        assert [each.id for each in undecided(connection, "acme")] == ["main/t1"]


@pytest.mark.parametrize("listed", ["119.00", "19.00"])
def test_what_a_part_left_to_pay_is_not_owed_again(store, listed):
    """The list that lacked it was not whole: what it wants tells what was paid."""
    record(store, [paid("t1", "100.00")], [billed("i1"), billed("i2")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "100.00")])
    list_open(store, 1, billed("i1", "19.00"), billed("i2"))
    list_open(store, 2, billed("i2"))
    done = list_open(store, 3, billed("i1", listed), billed("i2"))
    owed = decided_for(store, "i1")
    if listed == "19.00":
        assert (done.reopened, owed) == ((), ("open", 1_900, 0, "settled"))
    else:
        assert (done.reopened, owed) == (("i1",), ("open", 11_900, 0, "reversed"))


def test_an_open_invoice_that_owes_all_of_a_settled_part_again_has_it_back(store):
    record(store, [paid("t1", "100.00")], [billed("i1"), billed("i2")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "100.00")])
    list_open(store, 1, billed("i1", "19.00"), billed("i2"))
    assert not list_open(store, 2, billed("i1", "18.00"), billed("i2")).reopened
    done = list_open(store, 3, billed("i1", "118.00"), billed("i2"))
    assert done.reopened == ("i1",)
    assert decided_for(store, "i1") == ("open", 11_800, 0, "reversed")


def with_note(store, note: str) -> tuple[Invoice, Invoice]:
    """An invoice and a credit note, and a payment of both together."""
    both = billed("i1"), billed(note, "-19.00")
    record(store, [paid("t1", "100.00")], [*both, billed("i2")])
    given = [give("i1", "119.00"), give(note, "-19.00")]
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", given)
    return both


@pytest.mark.parametrize("note", ["a1", "z1"])
@pytest.mark.parametrize("listed", [[0], [1], [0, 1]], ids=["bill", "note", "both"])
def test_a_set_that_nets_a_credit_note_is_taken_back_whole(store, note, listed):
    both = with_note(store, note)
    assert len(list_open(store, 1, billed("i2")).settled) == 2
    done = list_open(store, 2, billed("i2"), *(both[place] for place in listed))
    assert done.reopened == tuple(sorted(both[place].id for place in listed))
    assert states(store) == ["undone"]
    assert row(store, schema.transactions).allocated == 0


@pytest.mark.parametrize("note", ["a1", "z1"])
@pytest.mark.parametrize("left", [0, 1], ids=["bill", "note"])
def test_a_set_that_nets_a_credit_note_is_not_settled_by_half(store, note, left):
    both = with_note(store, note)
    done = list_open(store, 1, billed("i2"), both[left])
    assert (done.settled, done.stopped) == ((), (both[1 - left].id,))
    assert states(store) == ["stopped"]
    assert row(store, schema.transactions).allocated == 0


@pytest.mark.parametrize("owed", ["119.00", "5.00"], ids=["open again", "stopped"])
def test_what_comes_free_of_a_split_is_not_put_aside(store, owed):
    """A person put 31.00 aside, and no more."""
    record(store, [paid("t1", "250.00")], [billed("i1"), billed("i2"), billed("i3")])
    with store.writing(ACT) as books:
        given = [give("i1", "119.00"), give("i2", "100.00")]
        split(books, "main/t1", given, "31.00 are a deposit")
    still = [] if owed == "119.00" else [billed("i2")]
    list_open(store, 1, billed("i3"), *still)
    list_open(store, 2, billed("i3"), billed("i2", owed))
    with store.reading("acme") as connection:
        [left] = rests(connection, "acme")
    assert left.left == 13_100


def test_what_lacks_its_second_person_is_not_settled(confirmed):
    with confirmed.writing(at(0.5)) as books:
        hold_sums(books, {"EUR": Decimal("100.00")})
    done = list_open(confirmed, 1, billed("i2"))
    assert (done.settled, done.stopped) == ((), ("i1",))
    assert states(confirmed) == ["stopped"]


def test_what_was_posted_is_not_taken_back_by_a_list(confirmed):
    """A payment that was sent is not one that a list has settled."""
    ledger = Ledger()
    apply(run_of(confirmed), ledger)
    done = list_open(confirmed, 1, billed("i1"), billed("i2"))
    assert done.reopened == ()
    assert ledger.paid("i1") == 11_900
    assert row(confirmed, schema.allocations).state == "settled"


# --- from WHMCS -----------------------------------------------------------------------


def fetched(whmcs: Whmcs, hours: float, store):
    """One sync of WHMCS, whose open list is ``whmcs``'."""
    api = classic_api(ACCESS)

    def fetch():
        return [
            billed(str(bill.id), str(bill.balance))
            for bill in whmcs.bills.values()
            if bill.status == "Unpaid"
        ]

    return record_whmcs(
        run_of(store, hours),
        fetch,
        lambda known: whmcs.drive(ask_again(api, known)),
    )


def test_what_is_paid_cancelled_or_deleted_in_whmcs_stops_its_posting(store):
    whmcs = Whmcs()
    for number in (1, 2, 3, 4):
        whmcs.bill(number, "119.00")
    assert fetched(whmcs, 0, store).new == 4
    record(store, [paid(f"t{n}") for n in (1, 2, 3, 4)])
    for n in (1, 2, 3, 4):
        with store.writing(ACT) as books:
            match_by_hand(books, f"main/t{n}", [give(str(n), "119.00")])
    whmcs.bills[1].paid, whmcs.bills[1].status = Decimal("119.00"), "Paid"
    whmcs.bills[2].status = "Cancelled"
    del whmcs.bills[3]
    fetched(whmcs, 1, store)
    assert states(store) == ["stopped"] * 3 + ["active"]
    ledger = Ledger()
    assert apply(run_of(store, 1), ledger).confirmed == 1
    assert ledger.paid("4") == 11_900
    said = [row(store, schema.invoices, id=str(n)).status for n in (1, 2, 3)]
    assert said == ["paid", "cancelled", "cancelled"]


def test_a_failure_of_whmcs_leaves_everything_as_it_was(store):
    whmcs = Whmcs()
    for number in (1, 2):
        whmcs.bill(number, "119.00")
    fetched(whmcs, 0, store)
    whmcs.bills[1].status = "Cancelled"
    whmcs.bill(3, "5.00")
    whmcs.fault = lambda action: Fault.LOST if action == "GetInvoice" else None
    with pytest.raises(UndeliveredError):
        fetched(whmcs, 1, store)
    with store.reading("acme") as connection:
        assert list(open_items(connection, "acme").id) == ["1", "2"]


def test_a_fault_is_kept_until_the_next_reading(store):
    with store.writing(ACT) as books:
        hold_connection(books, "invoices", "whmcs", "Invoices")
        note_sync(books, "invoices", "WHMCS: no answer")
    held = row(store, schema.connections, id="invoices")
    assert (held.fault, held.changed_at) == ("WHMCS: no answer", ACT.now)
    with store.writing(at(1)) as books:
        note_sync(books, "invoices")
    held = row(store, schema.connections, id="invoices")
    assert (held.fault, held.changed_at) == (None, at(1).now)


def test_ids_of_one_ledger_are_never_taken_for_those_of_another(store):
    with store.writing(ACT) as books:
        hold_connection(books, "invoices", "file", "Invoices")
        hold_connection(books, "invoices", "file", "Invoices")
        with pytest.raises(ConflictError, match="is file in these"):
            hold_connection(books, "invoices", "whmcs", "Invoices")
