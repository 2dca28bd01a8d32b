"""Any course of events, against a model that does without a database."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

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

from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_adapters.errors import ConflictError
from payymo_adapters.pipeline import Applied, Run, apply, match_undecided
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
from payymo_adapters.store.four_eyes import hold_sums, second, unsecond
from payymo_adapters.store.overview import sums
from payymo_adapters.store.postings import give_up, in_flight, send_again
from payymo_adapters.store.recording import (
    add_account,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.rests import settle_rest, unsettle_rest
from payymo_adapters.store.rulesets import keep_ruleset, take_ruleset, taken_ruleset
from payymo_adapters.store.store import Act, Store
from payymo_core.money import from_minor, to_minor
from payymo_core.results import Allocation
from payymo_core.rules import Ruleset, Thresholds
from tests.store.builders import NOW, billed, paid
from tests.store.world import Made, Told, World, learnt

TRANSACTIONS = [f"t{n}" for n in range(4)]
INVOICES = [f"i{n}" for n in range(4)]
FAULTS = st.lists(
    st.sampled_from(["lost after", "", "lost before", "refused", "silent", "late"]),
    max_size=3,
)
# Most verdicts are posted at once, so that there is something to go wrong with.
THEN = st.one_of(FAULTS, FAULTS, st.none())


class Course(Told, RuleBasedStateMachine):
    """Syncs, verdicts, rulesets, applies, undos, faults and jumps of the clock."""

    make: Callable[[], Store]
    decisions = Bundle("decisions")

    @initialize(above=st.sampled_from([None, 5_000]))
    def begin(self, above: int | None) -> None:
        self.store = type(self).make()
        self.now = NOW
        self.world = World(self.may_post, owed=dict.fromkeys(INVOICES, 10_000))
        self.above = above
        self.made: dict[int, Made] = {}
        self.turned_down: set[tuple[str, str]] = set()
        self.taken: int | None = None
        self.gross: dict[str, int] = {}
        self.store.add_tenant(self.act(), "Acme")
        with self.store.writing(self.act()) as books:
            add_account(books, "main", "Main")
            hold_sums(books, {"EUR": from_minor(above, "EUR")} if above else {})
        self.sync_invoices()
        for name in TRANSACTIONS[:3]:
            self.sync_transactions(name, 12_000)

    def act(self, person: str = "Ada") -> Act:
        return Act(tenant="acme", actor=person, now=self.now)

    @rule(hours=st.sampled_from([0.01, 0.1, 1, 48]))
    def the_clock_jumps(self, hours):
        self.now += timedelta(hours=hours)

    @rule(name=st.sampled_from(TRANSACTIONS), minor=st.sampled_from([5_000, 12_000]))
    def sync_transactions(self, name, minor):
        amount = str(from_minor(minor, "EUR"))
        with self.store.writing(self.act()) as books:
            done = record_transactions(
                books, "main", [paid(name, amount, remittance=f"INV-i{name[1:]}")]
            )
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
        self.made[number] = Made(sum(chosen.values()), aside=bool(reason))
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
                number = settle_rest(books, f"main/{name}", given, reason)
        except ConflictError:
            assert not allowed
        else:
            assert allowed
            self.made[number].extend(sum(chosen.values()), reason)
        self.post(then)

    @rule(number=decisions)
    def take_what_was_left_back(self, number):
        before = self.given_first(number)
        try:
            with self.store.writing(self.act()) as books:
                if unsettle_rest(books, number):
                    self.made[number].aside = False
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
        self.made[number] = Made(0, aside=True)
        return number

    @rule(number=decisions, who=st.sampled_from(["Ada", " ada", "Bo"]), then=THEN)
    def a_second_person_confirms(self, number, who, then):
        waits = self.state(number) == "active" and not self.may_post(number)
        if self.made[number].is_extended:
            waits = self.waits_for_second(number)
        try:
            with self.store.writing(self.act(who)) as books:
                second(books, number)
        except ConflictError:
            assert not waits or who != "Bo"
            return
        assert waits
        assert who == "Bo"
        self.made[number].second = who
        self.post(then)

    @rule(number=decisions)
    def the_second_person_goes_back(self, number):
        planned = number in {
            r.decision_id for r in self.rows(schema.postings, "decision_id")
        }
        can = (
            self.made[number].second and not planned and self.state(number) == "active"
        )
        with self.store.writing(self.act("Bo")) as books:
            assert unsecond(books, number) == bool(can)
        if can:
            self.made[number].second = ""

    @rule(sure=st.sampled_from([0.9, 0.99, None]))
    def a_ruleset_is_taken(self, sure):
        """One of a person's, or what the verdicts teach."""
        before = self.settled()
        with self.store.writing(self.act()) as books:
            content = ruleset_to_toml(
                Ruleset(thresholds=Thresholds(match=sure)) if sure else learnt(books)
            )
            self.taken = keep_ruleset(books, content)
            take_ruleset(books, self.taken)
        assert self.settled() == before

    @rule()
    def what_is_undecided_is_matched(self):
        before = self.settled()
        with self.store.reading("acme") as connection:
            kept = taken_ruleset(connection, "acme")
        assert (kept and kept.version) == self.taken
        rules = Ruleset.from_toml(kept.content) if kept else Ruleset()
        done = match_undecided(self.run(), rules, self.taken)
        assert self.settled() == before
        for each in self.proposed():
            assert (each.transaction_id, each.invoices) not in self.turned_down
            assert self.is_undecided(each.transaction_id)
            assert each.id not in done.new or each.ruleset_version == self.taken

    @rule(target=decisions, index=st.integers(0, 3), then=THEN)
    def a_proposal_is_confirmed(self, index, then):
        if not (waiting := self.proposed()):
            return multiple()
        each = waiting[index % len(waiting)]
        with self.store.reading("acme"):
            held = self.store.write(self.act(), partial(decision, number=each.id))
        chosen = {a.invoice: to_minor(a.amount, "EUR") for a in held.allocations}
        allowed = self.allows(each.transaction_id, chosen)
        try:
            self.store.write(self.act(), partial(confirm, number=each.id))
        except ConflictError:
            assert not allowed
            return multiple()
        assert allowed
        self.made[each.id] = Made(sum(chosen.values()), aside=False)
        self.post(then)
        return each.id

    @rule(index=st.integers(0, 3))
    def a_proposal_is_rejected(self, index):
        if waiting := self.proposed():
            each = waiting[index % len(waiting)]
            self.store.write(self.act(), partial(reject, number=each.id))
            self.turned_down.add((each.transaction_id, each.invoices))

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
        return apply(self.run(), self.world)

    def run(self) -> Run:
        return Run(store=self.store, tenant="acme", clock=lambda: self.now)

    def allows(self, name: str, chosen: dict[str, int]) -> bool:
        enough = sum(chosen.values()) <= self.gross.get(name, 0)
        return self.is_free(name, chosen) and enough

    def may_post(self, number: int) -> bool:
        made = self.made[number]
        if made.is_extended:  # what was planned before is posted all the same
            return True
        return self.above is None or made.total <= self.above or bool(made.second)

    @invariant()
    @precondition(lambda self: hasattr(self, "store"))
    def nothing_is_paid_beyond_what_came(self):
        for name, gross in self.gross.items():
            assert 0 <= self.world.of_transaction(name) <= max(gross, 12_000)

    @invariant()
    @precondition(lambda self: hasattr(self, "store"))
    def what_is_left_is_aside_or_waits(self):
        columns = ("gross", "allocated", "decision_id")
        aside = waiting = 0
        for row in self.rows(schema.transactions, *columns):
            made = self.made.get(row.decision_id)
            left = row.gross - row.allocated
            aside += left if made and made.aside else 0
            waiting += 0 if made and made.aside else left
        with self.store.reading("acme") as connection:
            (money,) = sums(connection, "acme")
        assert (money.aside, money.waiting) == (aside, waiting)

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
