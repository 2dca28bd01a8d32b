"""``payymo review``: what waits for a person, one by one, for a verdict."""

from collections.abc import Callable
from enum import Enum, unique

import click
from attrs import define, field, frozen

from payymo_adapters.cli.actor import Person
from payymo_adapters.cli.persons import Reviewer, acting_as, allocation
from payymo_adapters.cli.telling import (
    decision_told,
    posting_told,
    proposal_told,
    transaction_told,
    waiting_told,
)
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.errors import ConflictError
from payymo_adapters.files.texts import counted
from payymo_adapters.store.decisions import (
    confirm,
    decision,
    ignore,
    match_by_hand,
    reject,
    split,
    undo,
)
from payymo_adapters.store.four_eyes import (
    is_same_person,
    second,
    unsecond,
    waiting_for_second,
)
from payymo_adapters.store.kinds import DecisionState, PostingState
from payymo_adapters.store.overview import (
    open_postings,
    unexplained,
    waiting_proposals,
)
from payymo_adapters.store.store import Books
from payymo_core.results import Allocation

_KEYS = (
    "c confirm, r reject, p pick, t split, i ignore, s skip, u undo the last, q quit"
)
_PAIRS = "invoices and amounts, as INVOICE=AMOUNT, INVOICE=AMOUNT"
_REASON = "the reason"
Verdict = Callable[[Books], object]


@unique
class Waiting(Enum):
    """What waits for a person."""

    SECOND = "a decision that another person confirmed"
    PROPOSAL = "a proposal"
    NOTHING = "a transaction for which nothing was found"


@frozen
class _Item:
    """Something that waits.

    Attributes:
        kind: What.
        transaction: Its id.
        number: The decision's, or 0.
    """

    kind: Waiting
    transaction: str
    number: int = 0

    def is_open(self, books: Books) -> bool:
        """Whether it still waits, as it is here."""
        if self.kind is Waiting.NOTHING:
            return self.transaction in unexplained(books.connection, books.tenant)
        if self.kind is Waiting.PROPOSAL:
            return decision(books, self.number).state == DecisionState.PROPOSED
        waiting = waiting_for_second(books.connection, books.tenant)
        return self.number in {held.id for held in waiting}

    def told(self, books: Books) -> list[str]:
        """What a person has to know of it."""
        if self.kind is Waiting.NOTHING:
            return [f"{transaction_told(books, self.transaction)}; nothing was found"]
        if self.kind is Waiting.PROPOSAL:
            return proposal_told(books, self.number)
        return decision_told(books, self.number)


def review(person: Person, kinds: frozenset[Waiting]) -> None:
    """Walk through what waits, until the end or until it is left.

    Raises:
        StoreError: The database cannot be used.
    """
    with acting_as(person) as who:
        for line in who.do(_notices):
            say(stderr(), line, "bold yellow")
        found = [item for item in who.do(_items) if item.kind in kinds]
        walk = _Walk(who=who, waiting=found)
        while walk.waiting and walk.step():
            pass
    say(stdout(), f"{counted(walk.given, 'verdict')}, {len(walk.waiting)} left")


def _notices(books: Books) -> list[str]:
    """What waits, and not for a key: postings in doubt, and another person."""
    postings = open_postings(books.connection, books.tenant)
    waiting = waiting_for_second(books.connection, books.tenant)
    return [
        *(posting_told(row) for row in postings if row.state == PostingState.UNKNOWN),
        *(
            waiting_told(row)
            for row in waiting
            if is_same_person(row.actor, books.actor)
        ),
    ]


def _items(books: Books) -> list[_Item]:
    """All that waits: what one person saw first, then from the least sure on."""
    seconds = waiting_for_second(books.connection, books.tenant)
    return [
        *(
            _Item(Waiting.SECOND, held.transaction_id, held.id)
            for held in seconds
            if not is_same_person(held.actor, books.actor)
        ),
        *(
            _Item(Waiting.PROPOSAL, held.transaction_id, held.id)
            for held in waiting_proposals(books.connection, books.tenant)
        ),
        *(
            _Item(Waiting.NOTHING, name)
            for name in unexplained(books.connection, books.tenant)
        ),
    ]


@define(kw_only=True)
class _Walk:
    """What waits in its order, and the verdicts given.

    Attributes:
        who: The person.
        waiting: What is ahead.
        done: What is passed, each with what undoes its verdict, or None.
        given: How many verdicts stand.
    """

    who: Reviewer
    waiting: list[_Item]
    done: list[tuple[_Item, Verdict | None]] = field(factory=list)
    given: int = 0

    def step(self) -> bool:
        """Show an item and take one key; False to leave."""
        item = self.waiting[0]
        for line in self.who.do(item.told):
            say(stdout(), line)
        key = click.prompt(_KEYS, prompt_suffix=": ").strip().lower()[:1]
        acts: dict[str, Callable[[_Item], None]] = {
            "c": self._confirm,
            "r": self._reject,
            "p": self._pick,
            "t": self._split,
            "i": self._ignore,
            "s": lambda i: self._pass(i, None),
            "u": lambda _: self._undo(),
        }
        if key in acts:
            try:
                acts[key](item)
            except (ConflictError, ValueError) as error:
                say(stderr(), str(error), "bold red")
        return key != "q"

    def _confirm(self, item: _Item) -> None:
        number = item.number
        if item.kind is Waiting.SECOND:
            self.who.do(lambda books: second(books, number))
            self._given(item, lambda books: unsecond(books, number))
            return
        _check_found(item)
        self.who.do(lambda books: confirm(books, number))
        self._given(item, lambda books: undo(books, number))

    def _reject(self, item: _Item) -> None:
        number = item.number
        if item.kind is Waiting.SECOND:
            self.who.do(lambda books: undo(books, number))
            self._given(item, _confirm_anew)
            return
        _check_found(item)
        self.who.do(lambda books: reject(books, number))
        self._given(item, lambda books: undo(books, number))

    def _pick(self, item: _Item) -> None:
        chosen = _chosen()
        self._decide(item, lambda b: match_by_hand(b, item.transaction, chosen))

    def _split(self, item: _Item) -> None:
        chosen, reason = _chosen(), click.prompt(_REASON)
        self._decide(item, lambda b: split(b, item.transaction, chosen, reason))

    def _ignore(self, item: _Item) -> None:
        reason = click.prompt(_REASON)
        self._decide(item, lambda b: ignore(b, item.transaction, reason))

    def _decide(self, item: _Item, verdict: Callable[[Books], int]) -> None:
        number = self.who.do(verdict)
        self._given(item, lambda books: undo(books, number))

    def _given(self, item: _Item, undoing: Verdict) -> None:
        self._pass(item, undoing)
        self.given += 1

    def _pass(self, item: _Item, undoing: Verdict | None) -> None:
        self.waiting.remove(item)
        self.done.append((item, undoing))

    def _undo(self) -> None:
        if not self.done:
            say(stderr(), "there is no verdict to undo")
            return
        item, undoing = self.done[-1]
        if undoing is not None:
            self.who.do(undoing)
            self.given -= 1
        self.done.pop()
        if self.who.do(item.is_open):
            self.waiting.insert(0, item)
        else:
            say(stdout(), "undone; the next run proposes anew what it may pay")


def _check_found(item: _Item) -> None:
    """Refuse a verdict on a proposal that is not there."""
    if item.kind is Waiting.NOTHING:
        fault = "nothing was found for it: pick, split or ignore"
        raise ConflictError(fault)


def _confirm_anew(_books: Books) -> None:
    fault = "what was taken back is proposed by the next run, and confirmed anew"
    raise ConflictError(fault)


def _chosen() -> list[Allocation]:
    return [allocation(part) for part in click.prompt(_PAIRS).split(",")]
