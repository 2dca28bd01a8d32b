"""The month through the pipeline: each day recorded, matched, decided and applied."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256

from attrs import define, evolve, frozen
from sqlalchemy import select

from payymo_adapters.demo.days import ACCOUNT, Home, Month
from payymo_adapters.demo.whmcs import StandIn
from payymo_adapters.files import read_statement
from payymo_adapters.http import Flow
from payymo_adapters.pipeline import Policy, Run, apply, decide, match_undecided
from payymo_adapters.run_settings import WHMCS
from payymo_adapters.store import schema
from payymo_adapters.store.connecting import hold_connection, note_sync
from payymo_adapters.store.overview import proposals
from payymo_adapters.store.recording import record_invoices
from payymo_adapters.store.store import Books
from payymo_adapters.sync import Statement, is_read, record_statement
from payymo_adapters.whmcs.flows import Api, find_invoice, list_clients, list_invoices
from payymo_adapters.whmcs.mapping import merged, to_ledger
from payymo_adapters.whmcs.wire import ClientEntry, InvoiceEntry
from payymo_adapters.whmcs_poster import WhmcsPoster
from payymo_core.errors import Rejected
from payymo_core.records import Invoice, Transaction, TransactionStatus
from payymo_core.results import Outcome
from payymo_core.rules import Ruleset

INVOICES = "invoices"
_MORNING = time(7, tzinfo=UTC)


@define
class Clock:
    """A clock of the demo's, so that each run tells the same: a second at each look.

    Attributes:
        now: The last instant told.
    """

    now: datetime

    @classmethod
    def at(cls, day: date) -> "Clock":
        """Begin in the morning of a day."""
        return cls(datetime.combine(day, _MORNING))

    def __call__(self) -> datetime:
        """Tell the instant."""
        self.now += timedelta(seconds=1)
        return self.now


@frozen(kw_only=True)
class Office:
    """Who takes the steps of a day.

    Attributes:
        home: Where the bank's files are.
        run: Whose books, and by which clock.
        clock: The same clock.
        policy: What is applied without a person.
        poster: Posts to WHMCS.
        whmcs: The stand-in behind it, which has to be told what day it is.
    """

    home: Home
    run: Run
    clock: Clock
    policy: Policy
    poster: WhmcsPoster
    whmcs: StandIn


@frozen(kw_only=True)
class Day:
    """What a day brought.

    Attributes:
        day: Which.
        payments: How many came in that were not known.
        money: What they brought, major units by currency.
        matched: How many transactions were found to be a sure match.
        applied: How many payments to invoices WHMCS has on record now.
        failed: How many it has not, or nobody knows.
        waiting: How many proposals wait for a person in the evening.
    """

    day: date
    payments: int
    money: dict[str, Decimal]
    matched: int = 0
    applied: int
    failed: int
    waiting: int


def live_through(office: Office, month: Month, api: Api) -> Iterator[Day]:
    """Take the steps of every day, and tell of it.

    Raises:
        ProviderError: WHMCS does not answer; the next run goes on.
        StoreError: The database cannot be used, or another process runs.
    """
    run = office.run
    matched = _sure(run)
    for day in month.days:
        office.clock.now = Clock.at(day).now
        office.whmcs.today = day
        lived = _day(office, api, day)
        now = _sure(run)
        yield evolve(lived, matched=len(now - matched))
        matched = now


def _day(office: Office, api: Api, day: date) -> Day:
    run = office.run
    came = _record_statement(office, day)
    _record_invoices(office, api)
    match_undecided(run, Ruleset(), None)
    decide(run, office.policy)
    applied = apply(run, office.poster)
    if applied.fault:
        raise applied.fault
    with run.store.reading(run.tenant) as connection:
        waiting = sum(proposals(connection, run.tenant).values())
    return Day(
        day=day,
        payments=len(came),
        money=summed((each.currency, each.gross) for each in came),
        applied=applied.confirmed,
        failed=applied.refused + applied.unknown,
        waiting=waiting,
    )


def _record_statement(office: Office, day: date) -> list[Transaction]:
    """Record what the bank tells of a day, and give the payments in it that are new."""
    run, path = office.run, office.home.statement_of(day)
    position = sha256(path.read_bytes()).hexdigest()
    records = read_statement(path).records
    said = Statement(
        account=ACCOUNT,
        name="Bank",
        # As `payymo run` would call it.
        stream=f"file:{path.parent.name}/{path.name}",
        position=position,
        records=records,
    )

    def work(books: Books) -> bool:
        known = is_read(books, ACCOUNT, said.stream, position)
        if not known:
            hold_connection(books, f"accounts/{ACCOUNT}", "file", said.name)
            record_statement(books, said)
            note_sync(books, f"accounts/{ACCOUNT}", "")
        return known

    if run.store.write(run.act(), work):
        return []
    return [each for each in records if isinstance(each, Transaction) and came_in(each)]


def came_in(each: Transaction) -> bool:
    """Whether it is money that came in, and not only announced."""
    return each.status is TransactionStatus.BOOKED and each.amount > 0


def summed(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Add up money by currency."""
    found: dict[str, Decimal] = {}
    for currency, amount in amounts:
        found[currency] = found.get(currency, Decimal(0)) + amount
    return dict(sorted(found.items()))


def _record_invoices(office: Office, api: Api) -> None:
    """Record what is billed since the last time.

    `payymo run` asks for the balance of each open invoice again. Here nobody but it
    pays them, and the month is to be over in seconds: the new ones are asked for, and
    all of them at the end.
    """
    run = office.run
    taken_at = run.clock()
    row = schema.invoices
    with run.store.reading(run.tenant) as connection:
        mine = select(row.c.id).where(row.c.tenant == run.tenant)
        known = set(connection.scalars(mine))
    found = office.poster.drive(ask_for_others(api, known))

    def work(books: Books) -> None:
        hold_connection(books, INVOICES, WHMCS, "Invoices")
        record_invoices(books, found, taken_at)
        note_sync(books, INVOICES, "")

    run.store.write(run.act(), work)


def ask_for_others(api: Api, known: Collection[str]) -> Flow[list[Invoice | Rejected]]:
    """Ask for what is unpaid, but for what is known, with what is left to pay."""
    listed = yield from list_invoices(api, "Unpaid")
    clients = yield from list_clients(api)
    entries = []
    for entry in listed:
        if isinstance(entry, InvoiceEntry) and entry.id not in known:
            alone = yield from find_invoice(api, entry.id)
            if alone:
                entries.append(merged(entry, alone))
    emails = {c.id: c.email for c in clients if isinstance(c, ClientEntry) and c.email}
    bad = [each for each in (*listed, *clients) if isinstance(each, Rejected)]
    return [*to_ledger(entries, emails), *bad]


def _sure(run: Run) -> set[str]:
    """The transactions that were a sure match at any time."""
    row = schema.match_decisions
    sure = (row.c.tenant == run.tenant) & (row.c.outcome == str(Outcome.MATCH))
    with run.store.reading(run.tenant) as connection:
        return set(connection.scalars(select(row.c.transaction_id).where(sure)))
