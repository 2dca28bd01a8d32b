"""``payymo review``: what waits for a person, one by one, for a verdict."""

from collections.abc import Callable, Mapping
from enum import Enum, unique

import click
from attrs import define, field, frozen

from payymo_adapters.cli.actor import Person
from payymo_adapters.cli.giving import Chosen, Given, give
from payymo_adapters.cli.outcomes import outcome_told
from payymo_adapters.cli.persons import Reviewer, acting_as
from payymo_adapters.cli.picking import Offer, offer
from payymo_adapters.cli.telling import (
    decision_told,
    posting_told,
    proposal_told,
    rest_told,
    transaction_told,
    waiting_told,
)
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.errors import ConflictError
from payymo_adapters.files.texts import counted
from payymo_adapters.store.decisions import (
    confirm,
    decision,
    reject,
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
from payymo_adapters.store.rests import rest_of, rests
from payymo_adapters.store.store import Books
from payymo_core.results import Allocation

_KEYS: Mapping[str, tuple[str, str]] = {
    "c": ("confirm", "it is right: the next run posts it, where a run posts"),
    "r": ("reject", "it is wrong, and does not come again for this transaction"),
    "p": ("pick", "choose what it pays instead, from a list; what is left waits"),
    "t": ("split", "choose what a part of it pays, and put the rest aside"),
    "i": ("ignore", "put aside all that is left of it: it pays nothing"),
    "s": ("skip", "leave it as it is; it waits"),
    "u": ("undo", "go back to the last one, and take its verdict back"),
    "q": ("quit", "leave; what was decided stays decided"),
    "h": ("help", "say this"),
}
_PARTS = "letters, or INVOICE=AMOUNT, with commas between; Enter to go back"
_REASON = "the reason, for the record; Enter to go back"
Verdict = Callable[[Books], object]


@unique
class Waiting(Enum):
    """What waits for a person."""

    SECOND = "a decision that another person confirmed"
    PROPOSAL = "a proposal"
    NOTHING = "a transaction for which nothing is proposed"
    REST = "what is left of a transaction that pays something"


# What makes no sense for some is no key for them.
_WITHOUT = {
    Waiting.SECOND: "pti",
    Waiting.PROPOSAL: "",
    Waiting.NOTHING: "cr",
    Waiting.REST: "cr",
}


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
        if self.kind is Waiting.REST:
            return rest_of(books, self.transaction) is not None
        waiting = waiting_for_second(books.connection, books.tenant)
        return self.number in {held.id for held in waiting}

    def told(self, books: Books) -> list[str]:
        """What a person has to know of it."""
        if self.kind is Waiting.NOTHING:
            told = transaction_told(books, self.transaction)
            return ["nothing is proposed for it", f"  {told}"]
        if self.kind is Waiting.PROPOSAL:
            return proposal_told(books, self.number)
        if self.kind is Waiting.REST:
            return rest_told(books, self.number)
        return decision_told(books, self.number)


def review(person: Person, kinds: frozenset[Waiting]) -> None:
    """Walk through what waits, until the end or until it is left.

    Raises:
        StoreError: The database cannot be used.
    """
    with acting_as(person) as who:
        for line in who.do(_notices):
            say(stderr(), line, "bold yellow")
        found = _chosen(who, kinds)
        if found:
            words = "a key and Enter decides on each; h says what the keys do"
            say(stdout(), f"{len(found)} to be looked at; {words}")
        walk = _Walk(who=who, waiting=found)
        try:
            while walk.waiting and walk.step():
                pass
        except click.Abort:  # Ctrl-C, or no more to read: as if it was left by its key
            say(stdout(), "")
        left, others = (
            len(_chosen(who, chosen)) for chosen in (kinds, frozenset(Waiting) - kinds)
        )
    say(stdout(), f"{counted(walk.given, 'verdict')}, {left} left")
    if walk.given:
        say(stdout(), "`payymo decide undo NUMBER` takes a decision back")
    if others:
        option = " --rest" if Waiting.REST not in kinds else ""
        say(stdout(), f"`payymo review{option}` has {others} more")


def _chosen(who: Reviewer, kinds: frozenset[Waiting]) -> list[_Item]:
    items: list[_Item] = who.do(_items)
    return [item for item in items if item.kind in kinds]


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
            _Item(Waiting.REST, held.transaction_id, held.id)
            for held in rests(books.connection, books.tenant)
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
        shown: What was shown last, and is not shown again after a key that did nothing.
    """

    who: Reviewer
    waiting: list[_Item]
    done: list[tuple[_Item, Verdict | None]] = field(factory=list)
    given: int = 0
    shown: _Item | None = None

    def step(self) -> bool:
        """Show an item and take one key; False to leave."""
        item = self.waiting[0]
        if item is not self.shown:
            self._show(item)
        known = _known(item)
        asked = ", ".join(f"{key} {_KEYS[key][0]}" for key in known)
        typed = click.prompt(asked, prompt_suffix=": ").strip().lower()
        key = next((key for key in known if typed in (key, _KEYS[key][0])), "")
        if not key:
            _refuse(item, typed)
            return True
        try:
            self._act(key, item)
        except (ConflictError, ValueError) as error:
            say(stderr(), f"nothing was done: {error}", "bold red")
        return key != "q"

    def _show(self, item: _Item) -> None:
        head, *lines = self.who.do(item.told)
        of = len(self.done) + len(self.waiting)
        say(stdout(), f"({len(self.done) + 1} of {of}) {head}", "bold")
        for line in lines:
            say(stdout(), line)
        self.shown = item

    def _act(self, key: str, item: _Item) -> None:
        acts: dict[str, Callable[[_Item], None]] = {
            "c": self._confirm,
            "r": self._reject,
            "p": self._pick,
            "t": self._split,
            "i": self._ignore,
            "s": self._skip,
            "u": lambda _: self._undo(),
            "q": lambda _: None,
            "h": _help,
        }
        acts[key](item)

    def _confirm(self, item: _Item) -> None:
        number = item.number
        if item.kind is Waiting.SECOND:
            self.who.do(lambda books: second(books, number))
            self._given(item, number, lambda books: unsecond(books, number))
            return
        self.who.do(lambda books: confirm(books, number))
        self._given(item, number, lambda books: undo(books, number))

    def _reject(self, item: _Item) -> None:
        number = item.number
        if item.kind is Waiting.SECOND:
            self.who.do(lambda books: undo(books, number))
            self._given(item, number, _confirm_anew)
            return
        self.who.do(lambda books: reject(books, number))
        self._given(item, number, lambda books: undo(books, number))

    def _pick(self, item: _Item) -> None:
        if chosen := self._asked(item):
            self._decide(item, chosen, "")

    def _split(self, item: _Item) -> None:
        chosen = self._asked(item)
        if chosen and (reason := _typed(_REASON)):
            self._decide(item, chosen, reason)

    def _ignore(self, item: _Item) -> None:
        if reason := _typed(_REASON):
            self._decide(item, [], reason)

    def _asked(self, item: _Item) -> list[Allocation]:
        """What a person picks; nothing where they go back."""
        proposal = item.number if item.kind is Waiting.PROPOSAL else 0
        offered: Offer = self.who.do(lambda b: offer(b, item.transaction, proposal))
        for line in offered.told():
            say(stdout(), line)
        typed = _typed(_PARTS)
        return offered.chosen(typed) if typed else []

    def _decide(self, item: _Item, chosen: list[Allocation], reason: str) -> None:
        verdict = Chosen(allocations=chosen, reason=reason)
        given: Given = self.who.do(lambda b: give(b, item.transaction, verdict))
        self._given(item, given.number, given.undo)

    def _given(self, item: _Item, number: int, undoing: Verdict) -> None:
        for line in outcome_told(self.who, number):
            say(stdout(), line, "green")
        self._pass(item, undoing)
        self.given += 1

    def _skip(self, item: _Item) -> None:
        say(stdout(), f"{item.transaction}: skipped; it waits")
        self._pass(item, None)

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
            say(stdout(), f"{item.transaction}: the verdict is taken back")
        self.done.pop()
        self.shown = None
        if self.who.do(item.is_open):
            self.waiting.insert(0, item)
        else:
            say(stdout(), "undone; the next run proposes anew what it may pay")


def _known(item: _Item) -> list[str]:
    """The keys that there are for it."""
    return [key for key in _KEYS if key not in _WITHOUT[item.kind]]


def _help(item: _Item) -> None:
    for key in _known(item):
        name, said = _KEYS[key]
        say(stdout(), f"  {key}  {name}: {said}")


def _refuse(item: _Item, typed: str) -> None:
    """Say that what was typed does nothing here."""
    name = _KEYS.get(typed, (typed, ""))[0]
    fault = f"nothing was done: {typed!r} is no key; h says what the keys do"
    if typed in (*_KEYS, *(each for each, _ in _KEYS.values())):
        fault = f"nothing was done: {item.kind.value} cannot be decided by {name}"
    say(stderr(), fault, "bold red")


def _confirm_anew(_books: Books) -> None:
    fault = "what was taken back is proposed by the next run, and confirmed anew"
    raise ConflictError(fault)


def _typed(asked: str) -> str:
    typed: str = click.prompt(asked, default="", show_default=False).strip()
    if not typed:
        say(stdout(), "nothing was done")
    return typed
