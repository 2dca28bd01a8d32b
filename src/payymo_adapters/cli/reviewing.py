"""``payymo review``: proposals, one by one, for a person's verdict."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from attrs import define, field, frozen
from sqlalchemy import select

from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.errors import ConflictError
from payymo_adapters.files.texts import counted
from payymo_adapters.http_rules import utc_now
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import (
    confirm,
    decision,
    match_by_hand,
    reject,
    undo,
)
from payymo_adapters.store.kinds import DecisionState
from payymo_adapters.store.rows import read_invoice, read_transaction
from payymo_adapters.store.store import Act, Books, Store
from payymo_core.naming import percentage
from payymo_core.results import Allocation

_KEYS = "c confirm, r reject, p pick, s skip, u undo the last, q quit"


@frozen(kw_only=True)
class Reviewer:
    """Who gives verdicts, and on whose books.

    Attributes:
        store: The books.
        tenant: Whose.
        actor: A person's name.
    """

    store: Store
    tenant: str
    actor: str

    def do(self, work: Callable[[Books], Any]) -> Any:
        """Do something in a transaction of its own."""
        act = Act(tenant=self.tenant, actor=self.actor, now=utc_now())
        return self.store.write(act, work)


def review(file: Path, actor: str) -> None:
    """Walk through the proposals that wait, until the end or until it is left.

    Raises:
        StoreError: The database cannot be used.
    """
    settings = load_run_settings(file)
    with opened(settings) as store:
        who = Reviewer(store=store, tenant=settings.tenant, actor=actor)
        walk = _Walk(who=who, waiting=who.do(_waiting))
        while walk.waiting and walk.step():
            pass
    say(stdout(), f"{counted(walk.given, 'verdict')}, {len(walk.waiting)} left")


@define(kw_only=True)
class _Walk:
    """Proposals in their order, and the verdicts given.

    Attributes:
        who: The person.
        waiting: Numbers of the proposals ahead.
        done: Proposals passed, each with the decision that holds now, or None.
        given: How many verdicts stand.
    """

    who: Reviewer
    waiting: list[int]
    done: list[tuple[int, int | None]] = field(factory=list)
    given: int = 0

    def step(self) -> bool:
        """Show a proposal and take one key; False to leave."""
        number = self.waiting[0]
        for line in self.who.do(lambda books: _told(books, number)):
            say(stdout(), line)
        key = click.prompt(_KEYS, prompt_suffix=": ").strip().lower()[:1]
        acts: dict[str, Callable[[int], None]] = {
            "c": lambda n: self._give(n, lambda b: _confirmed(b, n)),
            "r": lambda n: self._give(n, lambda b: _rejected(b, n)),
            "p": self._pick,
            "s": lambda n: self._pass(n, None),
            "u": lambda _: self._undo(),
        }
        if key in acts:
            try:
                acts[key](number)
            except ConflictError as error:
                say(stderr(), str(error), "bold red")
        return key != "q"

    def _give(self, number: int, verdict: Callable[[Books], int]) -> None:
        self._pass(number, self.who.do(verdict))
        self.given += 1

    def _pass(self, number: int, given: int | None) -> None:
        self.waiting.remove(number)
        self.done.append((number, given))

    def _pick(self, number: int) -> None:
        text = click.prompt("invoices and amounts, as INVOICE=AMOUNT, INVOICE=AMOUNT")
        try:
            chosen = [_allocation(part) for part in text.split(",")]
        except ValueError as error:
            say(stderr(), str(error), "bold red")
            return
        self._give(number, lambda books: _picked(books, number, chosen))

    def _undo(self) -> None:
        if not self.done:
            say(stderr(), "there is no verdict to undo")
            return
        number, given = self.done[-1]
        if given is not None:
            self.who.do(lambda books: undo(books, given))
            self.given -= 1
        self.done.pop()
        if self.who.do(lambda books: _waits(books, number)):
            self.waiting.insert(0, number)
        else:
            say(stdout(), "undone; the next run proposes anew what it may pay")


def _waiting(books: Books) -> list[int]:
    """Proposals without a verdict, the surest last: they take the least thought."""
    row = schema.match_decisions
    found = books.connection.scalars(
        select(row.c.id)
        .where(row.c.tenant == books.tenant, row.c.state == DecisionState.PROPOSED)
        .order_by(row.c.confidence, row.c.id)
    )
    return list(found)


def _waits(books: Books, number: int) -> bool:
    return decision(books, number).state == DecisionState.PROPOSED


def _confirmed(books: Books, number: int) -> int:
    confirm(books, number)
    return number


def _rejected(books: Books, number: int) -> int:
    reject(books, number)
    return number


def _picked(books: Books, number: int, chosen: list[Allocation]) -> int:
    return match_by_hand(books, decision(books, number).transaction, chosen)


def _allocation(part: str) -> Allocation:
    """Read one of a list.

    Raises:
        ValueError: It is none.
    """
    invoice, _, amount = part.rpartition("=")
    try:
        money = Decimal(amount.strip())
    except InvalidOperation:
        money = Decimal("NaN")
    if not invoice.strip() or not money.is_finite():
        msg = f"{part.strip()!r} is not INVOICE=AMOUNT, as 4711=119.00"
        raise ValueError(msg)
    return Allocation(invoice.strip(), money)


def _told(books: Books, number: int) -> list[str]:
    """A proposal in words: what came, what it would pay, and why."""
    held = decision(books, number)
    row = schema.transactions
    mine = (row.c.tenant == books.tenant) & (row.c.id == held.transaction)
    money = read_transaction(books.connection.execute(select(row).where(mine)).one())
    payer = money.counterparty.name if money.counterparty else None
    said = [str(part) for part in (money.booking_date, payer, money.remittance) if part]
    proposal = held.proposal
    reasons = ", ".join(proposal.get("reasons", ()))
    return [
        f"{number}: {money.id}: {money.amount:f} {money.currency}; {'; '.join(said)}",
        *(f"  {_invoice_told(books, each)}" for each in held.allocations),
        f"  {proposal['outcome']} at {percentage(proposal['confidence'])}"
        + (f": {reasons}" if reasons else ""),
        *(f"    {_evidence_told(row)}" for row in proposal["evidence"]),
    ]


def _evidence_told(row: Mapping[str, Any]) -> str:
    texts = [row[key] for key in ("transaction_text", "invoice_text") if row[key]]
    said = f": {' / '.join(texts)}" if texts else ""
    return f"{row['weight']:+.1f} {row['rule']} {row['level']}{said}"


def _invoice_told(books: Books, given: Allocation) -> str:
    row = schema.invoices
    mine = (row.c.tenant == books.tenant) & (row.c.id == given.invoice)
    invoice = read_invoice(books.connection.execute(select(row).where(mine)).one())
    customer = invoice.customer
    parts = [
        invoice.number,
        customer and (customer.company or customer.name),
        f"{invoice.outstanding:f} {invoice.currency} is owed",
        invoice.due_date and f"due {invoice.due_date}",
    ]
    said = "; ".join(str(part) for part in parts if part)
    return f"{given.amount:f} to {given.invoice}: {said}"
