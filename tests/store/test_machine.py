"""Any course of events, against a model that does without a database."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from attrs import define, field
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Table, select

from payymo_adapters.errors import ConflictError, RefusedError, UndeliveredError
from payymo_adapters.pipeline import Applied, Run, apply
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.decisions import ignore, match_by_hand, split, undo
from payymo_adapters.store.kinds import PostingKind
from payymo_adapters.store.postings import Posting, give_up, in_flight, send_again
from payymo_adapters.store.recording import (
    add_account,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.rests import rests, settle_rest, unsettle_rest
from payymo_adapters.store.store import Act, Store
from payymo_core.money import from_minor
from payymo_core.results import Allocation
from tests.store.builders import NOW, billed, paid

TRANSACTIONS = [f"t{n}" for n in range(4)]
INVOICES = [f"i{n}" for n in range(4)]
FAULTS = st.lists(
    st.sampled_from(["lost after", "", "lost before", "refused", "silent", "late"]),
    max_size=3,
)
# Most verdicts are posted at once, so that there is something to go wrong with.
THEN = st.one_of(FAULTS, FAULTS, st.none())


@define
class World:
    """The ledger as it really is, and what went wrong on the way to it."""

    owed: dict[str, int] = field(factory=dict)
    posted: dict[str, tuple[str, str, int]] = field(factory=dict)
    faults: list[str] = field(factory=list)
    on_its_way: list[Posting] = field(factory=list)

    def post(self, posting: Posting) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "late":
            self.on_its_way.append(posting)
        if fault in {"lost before", "late"}:
            msg = "WHMCS"
            raise UndeliveredError(msg, "no answer")
        if fault == "refused" or not self.takes(posting):
            msg = "WHMCS"
            raise RefusedError(msg, "no")
        self.book(posting)
        if fault == "lost after":
            msg = "WHMCS"
            raise UndeliveredError(msg, "no answer")

    def takes(self, posting: Posting) -> bool:
        sign = 1 if posting.kind == PostingKind.PAYMENT else -1
        return sign * posting.owed.amount <= self.owed[posting.owed.invoice]

    def book(self, posting: Posting) -> None:
        owed = posting.owed
        sign = 1 if posting.kind == PostingKind.PAYMENT else -1
        assert posting.key not in self.posted, "posted twice"
        self.posted[posting.key] = (
            owed.transaction,
            owed.invoice,
            sign * owed.amount,
        )
        self.owed[owed.invoice] -= sign * owed.amount

    def let_arrive(self) -> None:
        for posting in self.on_its_way:
            if self.takes(posting):
                self.book(posting)
        self.on_its_way.clear()

    def is_posted(self, posting: Posting) -> bool:
        if self.faults and self.faults[0] == "silent":
            self.faults.pop(0)
            msg = "WHMCS"
            raise UndeliveredError(msg, "no answer")
        return posting.key in self.posted

    def of_transaction(self, name: str) -> int:
        return sum(amount for held, _, amount in self.posted.values() if held == name)


class Course(RuleBasedStateMachine):
    """Syncs, verdicts, applies, undos, faults and jumps of the clock."""

    make: Callable[[], Store]
    decisions = Bundle("decisions")

    @initialize()
    def begin(self) -> None:
        self.store = type(self).make()
        self.now = NOW
        self.world = World(owed=dict.fromkeys(INVOICES, 10_000))
        self.gross: dict[str, int] = {}
        self.put_aside: set[str] = set()
        self.store.add_tenant(self.act(), "Acme")
        with self.store.writing(self.act()) as books:
            add_account(books, "main", "Main")
        self.sync_invoices()
        for name in TRANSACTIONS[:3]:
            self.sync_transactions(name, 12_000)

    def act(self) -> Act:
        return Act(tenant="acme", actor="Ada", now=self.now)

    @rule(hours=st.sampled_from([0.01, 0.1, 1, 48]))
    def the_clock_jumps(self, hours):
        self.now += timedelta(hours=hours)

    @rule(name=st.sampled_from(TRANSACTIONS), minor=st.sampled_from([5_000, 12_000]))
    def sync_transactions(self, name, minor):
        amount = str(from_minor(minor, "EUR"))
        with self.store.writing(self.act()) as books:
            done = record_transactions(books, "main", [paid(name, amount)])
        if not done.rejected:
            self.gross[f"main/{name}"] = minor
        else:
            assert self.world.of_transaction(f"main/{name}") > minor or self.pending()

    @rule()
    def sync_invoices(self):
        now = [
            billed(
                name,
                str(from_minor(minor, "EUR")),
                status="open" if minor else "paid",
            )
            for name, minor in self.world.owed.items()
        ]
        self.now += timedelta(seconds=1)
        with self.store.writing(self.act()) as books:
            record_invoices(books, now, self.now)

    @rule(name=st.sampled_from(INVOICES), share=st.sampled_from([1, 2]))
    def someone_pays_by_hand(self, name, share):
        self.world.owed[name] -= self.world.owed[name] // share

    @rule(
        target=decisions,
        name=st.sampled_from(TRANSACTIONS),
        chosen=st.dictionaries(
            st.sampled_from(INVOICES),
            st.sampled_from([5_000, 1_000, 10_000]),
            min_size=1,
            max_size=2,
        ),
        reason=st.sampled_from(["", "a deposit"]),
        then=THEN,
    )
    def match(self, name, chosen, reason, then):
        name = f"main/{name}"
        given = [
            Allocation(invoice, from_minor(minor, "EUR"))
            for invoice, minor in chosen.items()
        ]
        allowed = self.allows(name, chosen)
        try:
            with self.store.writing(self.act()) as books:
                if reason:
                    number = split(books, name, given, reason)
                else:
                    number = match_by_hand(books, name, given)
        except ConflictError:
            assert not allowed
            return multiple()
        assert allowed
        self.post(then)
        return number

    @rule(
        name=st.sampled_from(TRANSACTIONS),
        invoice=st.sampled_from(INVOICES),
        minor=st.sampled_from([0, 1_000, 2_000]),
        reason=st.sampled_from(["", "rounded up"]),
        then=THEN,
    )
    def settle_what_is_left(self, name, invoice, minor, reason, then):
        chosen = {invoice: minor} if minor else {}
        given = [Allocation(i, from_minor(m, "EUR")) for i, m in chosen.items()]
        allowed = self.allows_rest(f"main/{name}", chosen) and bool(chosen or reason)
        try:
            with self.store.writing(self.act()) as books:
                settle_rest(books, f"main/{name}", given, reason)
        except ConflictError:
            assert not allowed
        else:
            assert allowed
        self.post(then)

    @rule(number=decisions)
    def take_what_was_left_back(self, number):
        before = self.given_first(number)
        try:
            with self.store.writing(self.act()) as books:
                unsettle_rest(books, number)
        except ConflictError:
            assert self.pending(number)
        assert self.given_first(number) == before

    @rule(target=decisions, name=st.sampled_from(TRANSACTIONS))
    def put_aside_whole(self, name):
        allowed = self.is_undecided(f"main/{name}")
        try:
            with self.store.writing(self.act()) as books:
                number = ignore(books, f"main/{name}", "a gift")
        except ConflictError:
            assert not allowed
            return multiple()
        assert allowed
        return number

    @rule(number=consumes(decisions), then=THEN)
    def take_back(self, number, then):
        state = self.state(number)
        flying = self.pending(number)
        try:
            with self.store.writing(self.act()) as books:
                undo(books, number)
        except ConflictError:
            assert state != "active" or flying
        else:
            assert state == "active"
            assert not flying
        self.post(then)

    @rule(then=FAULTS)
    def post_what_waits(self, then):
        self.post(then)

    @rule()
    def what_was_late_arrives(self):
        self.world.let_arrive()

    @rule(verdict=st.sampled_from([send_again, give_up]))
    def a_person_looks(self, verdict):
        """And rules on what is nowhere: neither in the ledger nor on its way to it."""
        held = {*self.world.posted, *(each.key for each in self.world.on_its_way)}
        for posting in self.store.write(self.act(), in_flight):
            if posting.key not in held and posting.state == "unknown":
                self.store.write(self.act(), partial(verdict, number=posting.id))

    def post(self, faults: list[str] | None) -> None:
        if faults is not None:
            self.world.faults = list(faults)
            self.apply()

    def apply(self) -> Applied:
        run = Run(store=self.store, tenant="acme", clock=lambda: self.now)
        return apply(run, self.world)

    # --- what the store says of itself ------------------------------------------------

    def rows(self, table: Table, *columns: str) -> Sequence[Any]:
        with self.store.reading("acme") as connection:
            return connection.execute(select(*(table.c[c] for c in columns))).all()

    def is_undecided(self, name: str) -> bool:
        found = self.rows(schema.transactions, "id", "decision_id")
        return (name, None) in [tuple(row) for row in found]

    def allows(self, name: str, chosen: dict[str, int]) -> bool:
        found = self.rows(schema.invoices, "id", "status", "outstanding", "allocated")
        free = {r.id: r.outstanding - r.allocated for r in found if r.status == "open"}
        fits = all(minor <= free.get(name, 0) for name, minor in chosen.items())
        enough = sum(chosen.values()) <= self.gross.get(name, 0)
        return self.is_undecided(name) and fits and enough

    def allows_rest(self, name: str, chosen: dict[str, int]) -> bool:
        """Whether a decision leaves so much, and the invoices are others and free."""
        with self.store.reading("acme") as connection:
            found = {row.transaction_id: row for row in rests(connection, "acme")}
        if name not in found:
            return False
        held = self.rows(schema.allocations, "decision_id", "invoice_id")
        mine = {row.invoice_id for row in held if row.decision_id == found[name].id}
        owed = self.rows(schema.invoices, "id", "status", "outstanding", "allocated")
        free = {r.id: r.outstanding - r.allocated for r in owed if r.status == "open"}
        fits = all(minor <= free.get(each, 0) for each, minor in chosen.items())
        left = sum(chosen.values()) <= found[name].left
        return fits and left and not mine & chosen.keys()

    def given_first(self, number: int) -> list[tuple[str, int]]:
        """What invoices have of a decision as it was made, without its rest."""
        made = self.rows(schema.match_decisions, "id", "invoices")
        names = {row.id: json.loads(row.invoices) for row in made}[number]
        found = self.rows(
            schema.allocations, "decision_id", "invoice_id", "amount", "state"
        )
        return sorted(
            (row.invoice_id, row.amount)
            for row in found
            if row.decision_id == number
            and row.invoice_id in names
            and row.state in {"reserved", "settled"}
        )

    def state(self, number: int) -> str:
        found = self.rows(schema.match_decisions, "id", "state")
        states = {row.id: str(row.state) for row in found}
        return states[number]

    def pending(self, number: int | None = None) -> list[Any]:
        found = self.rows(schema.postings, "decision_id", "state")
        return [
            row
            for row in found
            if row.state in {"sending", "unknown"} and number in {None, row.decision_id}
        ]

    @invariant()
    @precondition(lambda self: hasattr(self, "store"))
    def nothing_is_paid_beyond_what_came(self):
        for name, gross in self.gross.items():
            assert 0 <= self.world.of_transaction(name) <= max(gross, 12_000)

    @invariant()
    @precondition(lambda self: hasattr(self, "store"))
    def what_is_confirmed_is_what_was_posted(self):
        confirmed = {
            row.posting_key
            for row in self.rows(schema.postings, "posting_key", "state")
            if row.state == "confirmed"
        }
        unsure = len(self.pending())
        assert confirmed <= set(self.world.posted)
        assert len(self.world.posted) - len(confirmed) <= unsure

    def teardown(self):
        if not hasattr(self, "store"):
            return
        self.world.faults = []
        self.world.let_arrive()
        for verdict in (send_again, give_up):
            self.now += timedelta(hours=1)
            self.apply()
            self.a_person_looks(verdict)
            self.apply()
            self.sync_invoices()
        assert not self.pending()
        shown = self.rows(schema.invoices, "id", "outstanding")
        assert {row.id: row.outstanding for row in shown} == self.world.owed
        with self.store.reading("acme") as connection:
            assert audit_faults(connection, "acme") == []
        self.store.close()


def test_any_course_of_events_keeps_the_books_right(fresh):
    class Here(Course):
        @staticmethod
        def make():
            return Store.open(fresh())

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
