"""The steps of a run, each resumable: here ``match``, ``decide`` and ``apply``.

Every step is transactions of its own. Whoever runs it again after a crash goes on where
it stopped.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from attrs import field, frozen
from sqlalchemy import func, select

from payymo_adapters.errors import (
    ConflictError,
    PayloadError,
    ProviderError,
    RefusedError,
    UndeliveredError,
)
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import confirm, decision
from payymo_adapters.store.four_eyes import given_out, is_above
from payymo_adapters.store.kinds import PAYYMO, DecisionState, PostingState
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.postings import (
    Posting,
    begin_again,
    begin_next,
    finish,
    in_flight,
    plan,
)
from payymo_adapters.store.proposals import Proposed, propose, with_rejections
from payymo_adapters.store.reading import closed_items, open_items, undecided
from payymo_adapters.store.store import Act, Books, Store
from payymo_core.engine import match
from payymo_core.money import to_minor
from payymo_core.results import Outcome
from payymo_core.rules import Ruleset

_NOT_ON_RECORD = "sent, and not on record there: it may yet arrive"


# How long after an invoice was closed a payment is told from one of the next number.
_NAMED_STILL = timedelta(days=366)
_ENDED = (DecisionState.REJECTED, DecisionState.UNDONE, DecisionState.STOPPED)


class Poster(Protocol):
    """Whoever posts payments to the ledger of invoices."""

    def post(self, posting: Posting) -> None:
        """Post a payment or its reversal, under its key.

        Raises:
            UndeliveredError: Perhaps done, perhaps not.
            RefusedError: Not done, and never will be.
            ProviderError: Not done, and may be asked again.
        """
        ...

    def is_posted(self, posting: Posting) -> bool:
        """Whether the ledger holds a posting of this key.

        Raises:
            ProviderError: It does not say.
        """
        ...


@frozen(kw_only=True)
class Run:
    """Whose pipeline runs, on which store, and by which clock."""

    store: Store
    tenant: str
    clock: Callable[[], datetime]

    def act(self) -> Act:
        """The next transaction's act."""
        return Act(tenant=self.tenant, actor=PAYYMO, now=self.clock())


@frozen(kw_only=True)
class Policy:
    """What is applied without a person; nothing, unless it is said.

    Attributes:
        most: Largest payment, major units, by currency; no other is applied. With a
            credit note in a set, what is given to all its invoices counts, by size.
        most_a_day: Largest sum of a day's payments, by currency, counted likewise.
    """

    most: dict[str, Decimal] = field(factory=dict)
    most_a_day: dict[str, Decimal] = field(factory=dict)


@frozen(kw_only=True)
class Applied:
    """What became of postings.

    Attributes:
        confirmed: Done, and known to be.
        refused: Not done; their money is free again.
        unknown: Perhaps done: the next run asks again.
        fault: What made the step stop early, or None.
    """

    confirmed: int = 0
    refused: int = 0
    unknown: int = 0
    fault: ProviderError | None = None


def match_undecided(run: Run, ruleset: Ruleset, version: int | None) -> Proposed:
    """Match what is undecided, and keep the answers as proposals.

    Args:
        run: Whose.
        ruleset: How records are compared; what the books know to be rejected goes
            before what it has learnt of that.
        version: The ruleset's number in the store, if it is kept there.
    """

    def work(books: Books) -> Proposed:
        transactions = undecided(books.connection, books.tenant)
        since = books.now - _NAMED_STILL
        invoices = [
            *open_items(books.connection, books.tenant).records(),
            *closed_items(books.connection, books.tenant, since),
        ]
        rules = with_rejections(books, ruleset)
        return propose(books, match(transactions, invoices, rules), version)

    return run.store.write(run.act(), work)


def decide(run: Run, policy: Policy) -> list[int]:
    """Confirm the matches that the policy lets pass.

    Returns:
        The decisions that hold now.
    """
    return [
        number
        for number in run.store.write(run.act(), _sure)
        if run.store.write(run.act(), lambda books, n=number: _allow(books, n, policy))  # type: ignore[misc]
    ]


def apply(run: Run, poster: Poster) -> Applied:
    """Post what is decided, each payment exactly once.

    Raises:
        ConflictError: Another process does.
        StoreError: The database cannot do it; the next run goes on.
    """
    with only_runner(run.store, run.tenant):
        return apply_alone(run, poster)


def apply_alone(run: Run, poster: Poster) -> Applied:
    """The same, for who is the only runner already."""
    outcomes: list[PostingState] = []
    try:
        for posting in run.store.write(run.act(), in_flight):
            outcomes.append(_resolve(run, poster, posting))  # noqa: PERF401 - an error keeps those before it
        run.store.write(run.act(), plan)
        while (following := run.store.write(run.act(), begin_next)) is not None:
            outcomes.append(_send(run, poster, following))
    except ProviderError as error:
        return _counted(outcomes, error)
    return _counted(outcomes, None)


def _resolve(run: Run, poster: Poster, posting: Posting) -> PostingState:
    """Ask what became of a posting that was sent; only a person has it sent again."""
    try:
        found = poster.is_posted(posting)
    except UndeliveredError as error:
        return _doubt(run, posting, str(error))
    if found:
        return _finish(run, posting, PostingState.CONFIRMED, "")
    if not posting.is_to_be_sent_again:
        return _doubt(run, posting, _NOT_ON_RECORD)
    return _send_again(run, poster, posting)


def _send_again(run: Run, poster: Poster, posting: Posting) -> PostingState:
    """Send what is in doubt: any answer but yes says nothing of what was sent before.

    It is sent under the same key.
    """
    if not run.store.write(run.act(), lambda books: begin_again(books, posting)):
        return PostingState.UNKNOWN
    try:
        poster.post(posting)
    except ProviderError as error:
        _doubt(run, posting, str(error))
        if isinstance(error, RefusedError | UndeliveredError | PayloadError):
            return PostingState.UNKNOWN
        raise
    return _finish(run, posting, PostingState.CONFIRMED, "")


def _doubt(run: Run, posting: Posting, fault: str) -> PostingState:
    """Leave it unknown, and say why where that is new."""
    known = (PostingState.UNKNOWN, fault, False)
    if (posting.state, posting.fault, posting.is_to_be_sent_again) == known:
        return PostingState.UNKNOWN
    return _finish(run, posting, PostingState.UNKNOWN, fault)


def _send(run: Run, poster: Poster, posting: Posting) -> PostingState:
    try:
        poster.post(posting)
    except RefusedError as error:
        return _finish(run, posting, PostingState.REFUSED, str(error))
    except (UndeliveredError, PayloadError) as error:
        return _finish(run, posting, PostingState.UNKNOWN, str(error))
    except ProviderError as error:
        _finish(run, posting, PostingState.PLANNED, str(error))
        raise
    return _finish(run, posting, PostingState.CONFIRMED, "")


def _finish(
    run: Run, posting: Posting, outcome: PostingState, fault: str
) -> PostingState:
    run.store.write(run.act(), lambda books: finish(books, posting, outcome, fault))
    return outcome


def _counted(outcomes: Sequence[PostingState], fault: ProviderError | None) -> Applied:
    return Applied(
        confirmed=outcomes.count(PostingState.CONFIRMED),
        refused=outcomes.count(PostingState.REFUSED),
        unknown=outcomes.count(PostingState.UNKNOWN),
        fault=fault,
    )


def _sure(books: Books) -> list[int]:
    row = schema.match_decisions
    return list(
        books.connection.scalars(
            select(row.c.id)
            .where(
                row.c.tenant == books.tenant,
                row.c.state == DecisionState.PROPOSED,
                row.c.outcome == str(Outcome.MATCH),
            )
            .order_by(row.c.id)
        )
    )


def _allow(books: Books, number: int, policy: Policy) -> bool:
    """Confirm a match within the limits; False where it has to wait for a person."""
    held = decision(books, number)
    if held.state != DecisionState.PROPOSED or _was_ended(books, held.transaction):
        return False
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == held.transaction)
    money = books.connection.execute(
        select(row.c.currency, row.c.gross).where(mine)
    ).one()
    most, a_day = (
        limits.get(money.currency, Decimal(0))
        for limits in (policy.most, policy.most_a_day)
    )
    if is_above(books, held.allocations, money.currency):
        return False
    # A credit note in a set lets more be posted than came.
    asked = max(abs(money.gross), given_out(held.allocations, money.currency))
    if asked > to_minor(most, money.currency):
        return False
    if asked + _today(books, money.currency) > to_minor(a_day, money.currency):
        return False
    try:
        with books.connection.begin_nested():
            confirm(books, number)
    except ConflictError:
        return False  # the money is gone meanwhile: the next match says otherwise
    return True


def _was_ended(books: Books, transaction: str) -> bool:
    """Whether a decision of it did not last: the next one is a person's."""
    row = schema.match_decisions
    ended = select(row.c.id).where(
        row.c.tenant == books.tenant,
        row.c.transaction_id == transaction,
        row.c.state.in_(_ENDED),
    )
    return books.connection.scalar(ended.limit(1)) is not None


def _today(books: Books, currency: str) -> int:
    """What was confirmed today without a person, undone or not, minor units."""
    # By the verdict, not by the decision: a person may have settled the rest of it.
    row, money, part = schema.labels, schema.transactions, schema.allocations
    midnight = books.now.replace(hour=0, minute=0, second=0, microsecond=0)
    joined = row.join(
        money, (money.c.tenant == row.c.tenant) & (money.c.id == row.c.transaction_id)
    ).join(
        part,
        (part.c.tenant == row.c.tenant) & (part.c.decision_id == row.c.decision_id),
    )
    found = books.connection.execute(
        select(money.c.gross, func.sum(func.abs(part.c.amount)))
        .select_from(joined)
        .where(
            row.c.tenant == books.tenant,
            row.c.actor == books.actor,
            row.c.given_at >= midnight,
            money.c.currency == currency,
        )
        .group_by(row.c.decision_id, money.c.gross)
    )
    return sum(max(abs(gross), int(given)) for gross, given in found)
