"""What came is remembered, each version of it, and does not contradict decisions."""

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import ignore, match_by_hand, split
from payymo_adapters.store.reading import open_items, undecided
from payymo_adapters.store.recording import (
    Recorded,
    add_account,
    notice_gone,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.rests import rests
from payymo_adapters.store.rows import AT_ONCE, read_invoice, read_transaction
from payymo_adapters.store.store import Store
from payymo_adapters.sync import known_rows
from payymo_core.errors import Rejected
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    Transaction,
    TransactionStatus,
)
from tests import strategies
from tests.store.builders import (
    ACT,
    NOW,
    at,
    billed,
    give,
    on_postgresql,
    paid,
    record,
    row,
    states,
)

RICH: dict[str, Any] = {
    "remittance": "INV-2026-0042\tzwei\nZeilen \\N \\t",
    "end_to_end_id": "E2E-1",
    "counterparty": Counterparty(
        name='Müller "& Söhne"', iban="DE02120300000000202051"
    ),
    "fee": None,
    "metadata": {"order": "17", "späße": "\\"},
}


# Letters whose order is another by bytes than by words, or by halves of surrogates.
NAMES = st.sets(st.text("aBé\uffee\U00010000", min_size=1, max_size=2), max_size=6)


def take(
    store: Store,
    transactions: Sequence[Transaction | Rejected],
    hours: float = 1,
    payloads: Mapping[str, str] | None = None,
) -> Recorded:
    with store.writing(at(hours)) as books:
        return record_transactions(books, "main", transactions, payloads)


def take_invoices(
    store: Store,
    invoices: Sequence[Invoice],
    hours: float = 1,
    taken: datetime | None = None,
) -> Recorded:
    act = at(hours)
    with store.writing(act) as books:
        return record_invoices(books, invoices, taken or act.now)


def test_what_is_recorded_is_read_as_it_was(store):
    line = paid("t1", **RICH)
    customer = Customer(
        id="c9", name="Zoë", ibans=("DE02120300000000202051",), aliases=("Z", "z\tz")
    )
    invoice = billed("i1", references={"order": "a\\b"}, customer=customer, number=None)
    record(store, [line, paid("t2")], [invoice, billed("i2", customer=None)])
    with store.reading("acme") as connection:
        first, _ = undecided(connection, "acme")
        items = open_items(connection, "acme")
    assert (first.id, first.remittance) == ("main/t1", line.remittance)
    assert (first.counterparty, first.metadata) == (line.counterparty, line.metadata)
    assert items.records() == [invoice, billed("i2", customer=None)]


class UndoneError(Exception):
    """Takes back what an example wrote."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(strategies.worlds())
def test_any_records_are_read_as_they_were(store, world):
    transactions, invoices = world.transactions, world.invoices
    with pytest.raises(UndoneError), store.writing(ACT) as books:
        add_account(books, "any", "Any")
        record_transactions(books, "any", transactions)
        record_invoices(books, invoices, NOW)
        connection = books.connection
        lines = connection.execute(select(schema.transactions)).all()
        kept = {line.id: read_transaction(line) for line in lines}
        for line in transactions:
            name = f"any/{line.id}"
            assert kept.pop(name) == evolve(line, id=name)
        items = connection.execute(select(schema.invoices)).all()
        assert {item.id: read_invoice(item) for item in items} == {
            invoice.id: invoice for invoice in invoices
        }
        assert not kept
        raise UndoneError


def test_what_is_recorded_again_is_unchanged(store):
    record(store, [paid("t1"), paid("t2")])
    done = take(store, [paid("t2"), paid("t1"), paid("t3")])
    assert (done.new, done.changed, done.unchanged) == (1, 0, 2)
    assert row(store, schema.transactions, id="main/t1").changed_at == NOW


def test_every_version_of_what_was_sent_is_kept_word_for_word(store):
    record(store)
    take(store, [paid("t1")], payloads={"t1": '{"raw": 1}'})
    take(store, [paid("t1")], payloads={"t1": '{"raw":  2}'})
    take(store, [paid("t1")], payloads={"t1": '{"raw":  2}'})
    table = schema.transaction_versions
    with store.reading("acme") as connection:
        kept = connection.execute(select(table.c.version, table.c.payload)).all()
    assert list(map(tuple, kept)) == [(1, '{"raw": 1}')]
    last = row(store, schema.transactions)
    assert (last.version, last.payload) == (2, '{"raw":  2}')


SEPARATED = "a\x1fb\x1ec\\\x1f\nd\re\tf\\N"
"""What tells texts apart on their way to PostgreSQL and back, and what COPY escapes."""


BETWEEN = "\x1f0\x1e\x1f1\x1e\x1d2\x1c"


@pytest.mark.parametrize(
    "text", [SEPARATED, BETWEEN, "\x1e", "\x1d0\x1c", "\\N", "NULL"]
)
def test_a_text_may_hold_what_tells_texts_apart(store, text):
    line = paid(f"t{text}", remittance=text, metadata={text: text})
    bill = billed(f"i{text}", number=text, customer=Customer(id=text, name=text))
    both = [bill, billed("j", number=None, customer=None)]
    for hours in (0, 1):
        record(store, [line, paid("u")], both, hours)
    with store.reading("acme") as connection:
        assert open_items(connection, "acme").records() == both
        first, _ = undecided(connection, "acme")
    assert first == evolve(line, id=f"main/{line.id}")
    log = schema.audit_log
    with store.reading("acme") as connection:
        assert len(connection.execute(select(log)).all()) == 2  # nothing changed


def test_an_empty_text_is_not_a_missing_one(store):
    lines = [paid("t1", remittance=""), paid("t2", remittance=None)]
    lines += [paid("t3", remittance="", end_to_end_id="x")]
    record(store, lines[:1])
    record(store, lines, hours=1)
    with store.reading("acme") as connection:
        found = undecided(connection, "acme")
    assert [line.remittance for line in found] == ["", None, ""]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(known=NAMES, others=NAMES)
def test_what_is_known_is_told_from_what_is_new(store, known, others):
    with pytest.raises(UndoneError), store.writing(ACT) as books:
        add_account(books, "any", "Any")
        record_transactions(books, "any", list(map(paid, known)))
        done = record_transactions(books, "any", list(map(paid, others)))
        same = len(known & others)
        assert (done.new, done.unchanged) == (len(others) - same, same)
        raise UndoneError


@on_postgresql
def test_large_payloads_go_a_few_at_a_time(store):
    sizes = []

    def look(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("INSERT INTO transactions"):
            sizes.append(sum(len(text) for text in parameters if text))

    large = {f"t{n}": f"{n}" * (7 * 2**20) for n in range(4)} | {"t9": "9" * 17 * 2**20}
    event.listen(store.engine, "before_cursor_execute", look)
    record(store)
    done = take(store, [paid(name) for name in large], payloads=large)
    changed = {name: f"{text}." for name, text in large.items()}
    again = take(store, [paid(name) for name in large], payloads=changed)
    event.remove(store.engine, "before_cursor_execute", look)
    assert (done.new, again.changed) == (5, 5)
    assert [size // 2**20 for size in sizes] == [14, 14, 17] * 2
    with store.reading("acme") as connection:
        table = schema.transactions
        held = dict(
            connection.execute(select(table.c.external_id, table.c.payload)).all()
        )
    assert held == changed


def test_an_account_s_transactions_are_told_from_those_of_accounts_like_it(store):
    with store.writing(ACT) as books:
        for account in ("main", "main0", "main-", "mai", "main "):
            add_account(books, account, account)
            record_transactions(books, account, [paid("t1"), paid("~")])
    with store.writing(ACT) as books:
        found = [held.id for held in known_rows(books, "main")]
    assert sorted(found) == ["main/t1", "main/~"]


def test_more_than_one_part_at_once(store):
    """As many as take three parts to write, and six blocks to read."""
    count = 2 * AT_ONCE + 1
    lines = [paid(f"{number:06}") for number in range(count)]
    bills = [billed(f"{number:06}") for number in range(count)]
    record(store, lines, bills)
    wrong = [paid("000007", currency="ABC"), paid("000007", currency="EUR")]
    later = [paid("000003", "1.00"), *lines[4:], paid(f"{count:06}", "2.00"), *wrong]
    done = take(store, later)
    assert (done.new, done.changed, done.unchanged) == (1, 1, count - 4)
    assert [fault.field for fault in done.rejected] == ["currency", "id"]
    with store.reading("acme") as connection:
        assert open_items(connection, "acme").records() == bills
        found = undecided(connection, "acme")
    assert [line.id for line in found] == [f"main/{n:06}" for n in range(count + 1)]
    assert [str(line.amount) for line in found[2:5]] == ["119.00", "1.00", "119.00"]


def test_an_invoice_whose_id_no_database_takes_is_set_aside(store):
    done = take_invoices(store, [billed("a\0b"), billed("\ud800"), billed("i1")])
    assert [(fault.record_id, fault.field) for fault in done.rejected] == [
        ("a\0b", "id"),
        ("\ud800", "id"),
    ]
    assert done.new == 1


@pytest.mark.parametrize("others", [[], ["a"]])
def test_an_id_that_no_index_takes_is_set_aside(store, others):
    """PostgreSQL refuses the whole statement of a key that it cannot index."""
    long = "".join(chr(0x4E00 + place) for place in range(501))
    record(store)
    names = [long, *others, long[1:]]
    for done in (
        take(store, [paid(name) for name in names]),
        take_invoices(store, [billed(name) for name in names]),
    ):
        (fault,) = done.rejected
        assert (fault.record_id, fault.field) == (long, "id")
        assert "longer than the 500 characters" in fault.fault
        assert done.new == len(names) - 1


def test_a_record_without_a_payload_is_kept_as_what_it_says(store):
    record(store, [paid("t1")])
    kept = json.loads(row(store, schema.transactions).payload)
    assert kept["amount"] == "119.00"


def test_a_bad_record_is_set_aside_and_the_others_are_kept(store):
    record(store)
    done = take(
        store,
        [
            paid("t1"),
            paid("t2", currency="ABC"),
            paid("t3", remittance="a\x00b"),
            paid("t4", remittance="\ud800"),
            paid("t5", remittance="the text \\u0000 alone"),
            Rejected(record_id="t6", fault="no date"),
        ],
    )
    assert {r.record_id: r.field for r in done.rejected} == {
        "t2": "currency",
        "t3": "remittance",
        "t4": "remittance",
        "t6": "",
    }
    assert done.new == 2


def test_the_same_id_in_two_accounts_is_two_transactions(store):
    record(store, [paid("t1")])
    with store.writing(ACT) as books:
        add_account(books, "card", "Card")
        assert record_transactions(books, "card", [paid("t1")]).new == 1


def test_an_error_undoes_the_whole_of_it(store):
    record(store)
    with pytest.raises(ZeroDivisionError), store.writing(ACT) as books:
        record_transactions(books, "main", [paid("t1")])
        raise ZeroDivisionError
    assert take(store, [paid("t1")]).new == 1


class TornError(Exception):
    """What was sent cannot be read any further."""


class Torn(dict[str, str]):
    """Payloads that cannot be read to the end."""

    def get(self, key: str, _default: object = None) -> str:
        """Give each but the last."""
        if key == f"{AT_ONCE:06}":
            raise TornError
        return "{}"


def test_an_error_while_the_next_part_is_made_undoes_those_before_it(store):
    record(store)
    lines = [paid(f"{number:06}") for number in range(AT_ONCE + 1)]
    threads = threading.active_count()
    with pytest.raises(TornError):
        take(store, lines, payloads=Torn(x=""))
    assert threading.active_count() == threads
    done = take(store, lines)
    assert (done.new, done.unchanged) == (AT_ONCE + 1, 0)


def test_an_error_of_the_database_leaves_no_thread_at_work(store):
    threads = threading.active_count()
    with pytest.raises(ConflictError):
        take(store, [paid("t1")])  # of no account
    assert threading.active_count() == threads


# --- what is decided does not slip away ----------------------------------------------


def decided(store: Store, amount: str = "119.00") -> int:
    record(store, [paid("t1")], [billed("i1")])
    with store.writing(ACT) as books:
        return match_by_hand(books, "main/t1", [give("i1", amount)])


@pytest.mark.parametrize(
    "change",
    [{"outstanding": "100.00"}, {"status": "paid"}, {"status": "cancelled"}],
    ids=str,
)
def test_an_invoice_that_changed_stops_what_was_reserved_for_it(store, change):
    decided(store)
    values = {"outstanding": "119.00", **change}
    take_invoices(store, [billed("i1", **values)])
    assert states(store) == ["stopped"]
    assert row(store, schema.transactions).decision_id is None
    assert row(store, schema.invoices).allocated == 0
    events = row(store, schema.outbox_events, kind="match.stopped")
    assert "invoice i1 changed" in events.payload


def test_an_invoice_that_still_takes_the_money_stops_nothing(store):
    decided(store, "100.00")
    take_invoices(store, [billed("i1", "129.00", number="INV-1 (copy)")])
    assert states(store) == ["active"]


def test_an_invoice_that_got_other_money_is_not_paid_by_what_may_be_the_same(store):
    """Its part payment was recorded by hand, and would still fit what is left."""
    record(store, [paid("t1", "100.00")], [billed("i1", "200.00")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "100.00")])
    done = take_invoices(store, [billed("i1", "100.00")])
    assert (done.stopped, states(store)) == (("i1",), ["stopped"])


def test_a_transaction_that_shrank_gives_back_what_was_reserved(store):
    decided(store)
    assert take(store, [paid("t1", "50.00")]).changed == 1
    assert states(store) == ["stopped"]


@pytest.mark.parametrize("amount", ["5000.00", "119.00"])
def test_what_was_put_aside_waits_again_when_it_becomes_another_sum(store, amount):
    record(store, [paid("t1", "100.00"), paid("t2", "150.00")], [billed("i1", "80.00")])
    with store.writing(ACT) as books:
        ignore(books, "main/t1", "a test")
        split(books, "main/t2", [give("i1", "80.00")], "a gift")
    take(store, [paid("t1", "100.00", remittance="in other words")])
    assert states(store) == ["active", "active"]
    take(store, [paid("t1", amount), paid("t2", amount)])
    assert states(store) == ["stopped", "active"]
    with store.reading("acme") as connection:
        assert [each.id for each in undecided(connection, "acme")] == ["main/t1"]
        (rest,) = rests(connection, "acme")
    assert (rest.transaction_id, row(store, schema.invoices).allocated) == (
        "main/t2",
        8_000,
    )


def test_what_is_netted_to_nothing_does_not_outlive_its_currency(store):
    """Money that was allocated in one is none in another."""
    record(store, [paid("t1", "10.00")], [billed("i1", "50.00"), billed("n", "-50.00")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "50.00"), give("n", "-50.00")])
    take(store, [paid("t1", "10.00", currency="USD")])
    assert states(store) == ["stopped"]


def test_a_snapshot_older_than_the_last_is_left_out(store):
    record(store, [], [billed("i1")], hours=2)
    done = take_invoices(store, [billed("i1", "1.00")], 3, NOW + timedelta(hours=1))
    assert done.waiting == ("i1",)
    assert row(store, schema.invoices).outstanding == 11_900


def test_a_pending_transaction_is_not_decided_and_gives_way_to_the_booked_one(store):
    pending = TransactionStatus.PENDING
    record(store, [paid("p1", status=pending)], [billed("i1")])
    with store.reading("acme") as connection:
        assert undecided(connection, "acme") == []
    with pytest.raises(ConflictError, match="not booked"), store.writing(ACT) as books:
        ignore(books, "main/p1", "too early")
    take(store, [paid("t1")])
    with store.writing(at(1)) as books:
        assert notice_gone(books, ["main/p1"], {"main/p1": "main/t1"}) == []
    assert row(store, schema.transactions, id="main/p1").replaced_by == "main/t1"


def test_what_the_bank_withdraws_is_shown_and_comes_back_when_it_lists_it_again(store):
    decided(store)
    with store.writing(at(1)) as books:
        notice_gone(books, ["main/t1"])
        notice_gone(books, ["main/t1"])
    assert states(store) == ["stopped"]
    assert row(store, schema.audit_log, action="transaction.gone")
    take(store, [paid("t1")])
    assert row(store, schema.transactions).gone_at is None


# --- open items -----------------------------------------------------------------------


def test_open_items_are_free_of_what_is_reserved_and_of_what_is_closed(store):
    decided(store, "19.00")
    closed = [billed("i2", status="paid"), billed("i0", "7.00")]
    take_invoices(store, closed)
    with store.reading("acme") as connection:
        items = open_items(connection, "acme")
    assert list(items.id) == ["i0", "i1"]
    assert items.outstanding.tolist() == [700, 10_000]


def test_open_items_of_nobody_are_none(store):
    with store.reading("acme") as connection:
        assert open_items(connection, "acme").records() == []
        assert open_items(connection, "other").records() == []
