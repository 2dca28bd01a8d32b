"""The story of a month's books that is told, broken off and told again."""

import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from attrs import evolve, frozen
from sqlalchemy import Connection, select

from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_adapters.errors import ConflictError
from payymo_adapters.pipeline import Poster, Run, apply, match_undecided
from payymo_adapters.store import schema
from payymo_adapters.store import store as store_module
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.decisions import (
    confirm,
    ignore,
    match_by_hand,
    undo,
)
from payymo_adapters.store.four_eyes import hold_sums, second, waiting_for_second
from payymo_adapters.store.kinds import PostingKind
from payymo_adapters.store.overview import sums
from payymo_adapters.store.postings import Posting, in_flight, send_again
from payymo_adapters.store.recording import (
    add_account,
    record_invoices,
    record_transactions,
)
from payymo_adapters.store.rests import settle_rest
from payymo_adapters.store.rulesets import keep_ruleset, take_ruleset, taken_ruleset
from payymo_adapters.store.store import Act, Books, Store
from payymo_core.rules import Ruleset, Thresholds
from tests.store.builders import NOW, billed, give, paid
from tests.store.killing import once_noticed

LINES = [
    *(paid("t1", "150.00"), paid("t2", "80.00"), paid("t3", "5.00")),
    *(paid("t4", "250.00"), paid("t5", "60.00")),
    paid("t6", "31.00", remittance="INV-i6"),
]
BILLS = [
    *(billed("i1", "100.00"), billed("i2", "80.00"), billed("i3", "80.00")),
    *(billed("i4", "250.00"), billed("i5", "40.00"), billed("i6", "31.00")),
]
# What each invoice is paid in the end: t2's payment of i3 was taken back.
PAID = {"i1": 10_000, "i2": 5_000, "i3": 0, "i4": 25_000, "i5": 4_000, "i6": 3_100}
DONE = ("is decided", "nothing is left of")
FOUR_EYES = {"EUR": Decimal("200.00")}
RULES = Ruleset(thresholds=Thresholds(match=0.9))


@frozen
class FileLedger:
    """A ledger of invoices in a file, each posting a line that is on the disk."""

    path: Path
    strike: Callable[[], None]

    def lines(self) -> list[tuple[str, str, int]]:
        if not self.path.exists():
            return []
        return [tuple(json.loads(line)) for line in self.path.read_text().splitlines()]

    def post(self, posting: Posting) -> None:
        self.strike()
        sign = 1 if posting.kind == PostingKind.PAYMENT else -1
        line = [posting.key, posting.owed.invoice, sign * posting.owed.amount]
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.strike()

    def is_posted(self, posting: Posting) -> bool:
        self.strike()
        return any(line[0] == posting.key for line in self.lines())


@frozen
class Teller:
    """Tells the story; told again, it goes on where it broke off."""

    store: Store
    ledger: Poster
    hours: float
    person: str = "Ada"

    def by(self, person: str) -> "Teller":
        """Somebody else goes on."""
        return evolve(self, person=person)

    def act(self, more: float) -> Act:
        now = NOW + timedelta(hours=self.hours + more)
        return Act(tenant="acme", actor=self.person, now=now)

    def step(self, more: float, work: Callable[..., object], *given: object) -> None:
        try:
            self.store.write(self.act(more), lambda books: work(books, *given))
        except ConflictError as error:
            # Before the process was killed.
            if not any(words in str(error) for words in DONE):
                raise

    def post(self, more: float) -> None:
        """Post what is decided, and once more what a person then has sent again."""
        self.apply(more)
        if self.store.write(self.act(more), have_sent_again):
            self.apply(more)

    def match(self, more: float) -> None:
        """Match by the ruleset that was taken."""
        with self.store.reading("acme") as connection:
            taken = taken_ruleset(connection, "acme")
        assert taken
        rules = Ruleset.from_toml(taken.content)
        match_undecided(self.run(more), rules, taken.version)

    def run(self, more: float) -> Run:
        return Run(store=self.store, tenant="acme", clock=lambda: self.act(more).now)

    def apply(self, more: float) -> None:
        run = self.run(more)
        once_noticed(lambda: apply(run, self.ledger))


def tell(url: str, ledger: FileLedger, hours: float) -> None:
    store_module.upgrade(url)
    store = Store.open(url)
    teller = Teller(store, ledger, hours)
    store.add_tenant(teller.act(0), "Acme")
    teller.step(0, hold_sums, FOUR_EYES)
    teller.step(0, add_account, "main", "Main")
    teller.step(0, record_transactions, "main", LINES)
    if not ledger.lines():
        teller.step(0, record_invoices, BILLS, NOW)
    both = [give("i1", "100.00"), give("i2", "50.00")]
    teller.step(0.1, match_by_hand, "main/t1", both)
    teller.step(0.1, ignore, "main/t3", "a gift")
    teller.step(0.1, match_by_hand, "main/t5", [give("i5", "40.00")])
    teller.step(0.1, settle_rest, "main/t5", [], "a deposit")
    teller.step(0.1, match_by_hand, "main/t4", [give("i4", "250.00")])
    teller.by("Bo").step(0.1, second_person)
    teller.step(0.1, take_rules)
    teller.match(0.1)
    teller.step(0.1, confirm_match)
    if not taken_back(store):
        teller.step(0.2, match_by_hand, "main/t2", [give("i3", "80.00")])
        teller.post(0.3)
        teller.step(0.4, take_back)
    teller.post(0.5)
    store.close()


def second_person(books: Books) -> None:
    """Confirm what waits for a second person; once that is done, nothing does."""
    for waiting in waiting_for_second(books.connection, books.tenant):
        second(books, waiting.id)


def take_rules(books: Books) -> None:
    if taken_ruleset(books.connection, books.tenant) is None:
        take_ruleset(books, keep_ruleset(books, ruleset_to_toml(RULES)))


def confirm_match(books: Books) -> None:
    """Confirm what is proposed for ``t6``; once that is done, nothing is."""
    row = schema.match_decisions
    mine = (row.c.transaction_id == "main/t6") & (row.c.state == "proposed")
    number = books.connection.scalar(
        select(row.c.id).where(row.c.tenant == books.tenant, mine)
    )
    if number is not None:
        confirm(books, number)


def taken_back(store: Store) -> bool:
    """Whether the payment of ``i3`` was taken back, or that is planned."""
    row = schema.postings
    with store.reading("acme") as connection:
        kinds = connection.scalars(select(row.c.kind).where(row.c.invoice_id == "i3"))
        return "reversal" in kinds.all()


def have_sent_again(books: Books) -> int:
    """A person looks: who was killed sends no more, and it is not in the ledger."""
    left = in_flight(books)
    for posting in left:
        send_again(books, posting.id)
    return len(left)


def take_back(books: Books) -> None:
    row = schema.match_decisions
    mine = (row.c.transaction_id == "main/t2") & (row.c.state == "active")
    number = books.connection.scalars(
        select(row.c.id).where(row.c.tenant == "acme", mine)
    ).one()
    undo(books, number)


def check(url: str, ledger: FileLedger) -> None:
    """What has to be true when the story came to its end."""
    lines = ledger.lines()
    assert len({line[0] for line in lines}) == len(lines), "posted twice"
    paid_off: Counter[str] = Counter()
    for _, invoice, amount in lines:
        paid_off[invoice] += amount
    assert {name: paid_off[name] for name in PAID} == PAID, paid_off
    store = Store.open(url)
    with store.reading("acme") as connection:
        owed = connection.execute(
            select(schema.invoices.c.id, schema.invoices.c.outstanding)
        )
        billed_for = {bill.id: int(bill.outstanding * 100) for bill in BILLS}
        shown = {row.id: billed_for[row.id] - row.outstanding for row in owed}
        assert shown == PAID, shown
        count = connection.scalars(select(schema.transactions.c.id)).all()
        assert len(count) == len(LINES)
        check_decisions(connection)
        states = connection.scalars(select(schema.postings.c.state)).all()
        assert set(states) == {"confirmed"}
        assert len(states) == len(lines)
        assert audit_faults(connection, "acme") == []
        log = schema.audit_log.c
        said = connection.scalars(
            select(log.subject).where(log.action == "posting.confirmed")
        )
        assert len(said.all()) == len(lines)
    store.close()


def check_decisions(connection: Connection) -> None:
    """Two persons stand behind what is above the sum; the rest of a split is aside."""
    row = schema.match_decisions
    found = connection.execute(select(row).where(row.c.state == "active"))
    held = {decision.transaction_id: decision for decision in found}
    assert (held["main/t4"].actor, held["main/t4"].seconded_by) == ("Ada", "Bo")
    assert (held["main/t6"].actor, held["main/t6"].ruleset_version) == ("Ada", 1)
    (money,) = sums(connection, "acme")
    came = sum(int(line.amount * 100) for line in LINES)
    assert (money.gross, money.allocated) == (came, sum(PAID.values()))
    assert (money.aside, money.waiting) == (500 + 2_000, 8_000)
    log = schema.audit_log.c
    seconds = select(log.seq).where(log.action.in_(["match.seconded", "ruleset.taken"]))
    assert len(connection.scalars(seconds).all()) == 2
