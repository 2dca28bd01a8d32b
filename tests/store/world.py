"""What courses of events are held against: a ledger, and what the books say."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, field
from sqlalchemy import Table, select

from payymo_adapters.errors import RefusedError, UndeliveredError
from payymo_adapters.store import schema
from payymo_adapters.store.four_eyes import waiting_for_second
from payymo_adapters.store.kinds import PostingKind
from payymo_adapters.store.lessons import lesson
from payymo_adapters.store.postings import Posting
from payymo_adapters.store.rests import rests
from payymo_adapters.store.store import Books, Store
from payymo_core.feedback import learn
from payymo_core.rules import Ruleset


@define
class Made:
    """A decision as a person made it.

    Attributes:
        total: What it gives to invoices, minor units.
        aside: Whether what is left is put aside.
        second: Who confirmed it as well, or "".
        is_extended: Whether its rest gave more to invoices later.
    """

    total: int
    aside: bool
    second: str = ""
    is_extended: bool = False

    def extend(self, more: int, reason: str) -> None:
        """Settle what it left; what gives more was not confirmed by a second person."""
        self.aside = self.aside or bool(reason)
        self.second = "" if more else self.second
        self.is_extended = self.is_extended or bool(more)


@define
class World:
    """The ledger as it really is, and what went wrong on the way to it.

    Attributes:
        may_post: Whether nobody's confirmation of a decision is missing.
    """

    may_post: Callable[[int], bool]
    owed: dict[str, int] = field(factory=dict)
    posted: dict[str, tuple[str, str, int]] = field(factory=dict)
    faults: list[str] = field(factory=list)
    on_its_way: list[Posting] = field(factory=list)

    def post(self, posting: Posting) -> None:
        assert posting.kind != PostingKind.PAYMENT or self.may_post(posting.decision)
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


class Told:
    """What the store says of itself."""

    store: Store

    def rows(self, table: Table, *columns: str) -> Sequence[Any]:
        with self.store.reading("acme") as connection:
            return connection.execute(select(*(table.c[c] for c in columns))).all()

    def proposed(self) -> Sequence[Any]:
        columns = ("id", "transaction_id", "invoices", "ruleset_version", "state")
        found = self.rows(schema.match_decisions, *columns)
        return [row for row in sorted(found) if row.state == "proposed"]

    def settled(self) -> list[Any]:
        """What no matching and no ruleset may touch."""
        found = self.rows(schema.match_decisions, "id", "state", "seconded_by")
        held = [row for row in found if row.state not in {"proposed", "superseded"}]
        shown = self.rows(schema.transactions, "id", "decision_id", "allocated")
        return [
            sorted(held),
            sorted(shown),
            sorted(self.rows(schema.postings, "id", "state")),
        ]

    def is_undecided(self, name: str) -> bool:
        found = self.rows(schema.transactions, "id", "decision_id")
        return (name, None) in [tuple(row) for row in found]

    def is_free(self, name: str, chosen: dict[str, int]) -> bool:
        found = self.rows(schema.invoices, "id", "status", "outstanding", "allocated")
        free = {r.id: r.outstanding - r.allocated for r in found if r.status == "open"}
        fits = all(minor <= free.get(name, 0) for name, minor in chosen.items())
        return self.is_undecided(name) and fits

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

    def waits_for_second(self, number: int) -> bool:
        with self.store.reading("acme") as connection:
            waiting = waiting_for_second(connection, "acme")
        return number in {row.id for row in waiting}

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


def learnt(books: Books) -> Ruleset:
    """What the verdicts of the books teach."""
    taught = lesson(books)
    return learn(taught.transactions, taught.invoices, taught.labels)
