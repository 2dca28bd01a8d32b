"""The month's end: whether what came in, what was applied and what is owed agree.

Each sum is taken from where it is kept: the bank's statement, the ledger as it was
billed, the books, and WHMCS, which is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby

from attrs import evolve, frozen
from sqlalchemy import Connection, select

from payymo_adapters.demo.daily import Office, ask_for_others, came_in, summed
from payymo_adapters.demo.days import Month
from payymo_adapters.store import schema
from payymo_adapters.store.kinds import AllocationState
from payymo_adapters.store.overview import REVERSING, Line, lines
from payymo_adapters.whmcs.flows import Api
from payymo_core.money import from_minor
from payymo_core.records import Invoice, InvoiceStatus

APPLIED = str(AllocationState.SETTLED)
"""What of ``Closing.parts`` invoices have."""
_MOST_NAMED = 5
_NONE = Decimal(0)
Money = Mapping[str, Decimal]
Owed = Mapping[str, tuple[str, Decimal]]


@frozen(kw_only=True)
class Closing:
    """The month in sums, major units by currency.

    Attributes:
        came: What the bank says came in, before a card processor's fees.
        parts: What became of it by the books, by the states of ``overview.Line``.
        before: Owed when the month began, by the ledger.
        billed: Billed since, by the ledger.
        owed: Still owed, by the books.
        held: Still owed, by WHMCS.
        faults: What does not agree, in words.
    """

    came: Money
    parts: Mapping[str, Money]
    before: Money
    billed: Money
    owed: Money
    held: Money
    faults: tuple[str, ...] = ()

    @property
    def applied(self) -> Money:
        """What invoices have, to be taken back or not."""
        held = (self.parts.get(state, {}) for state in (APPLIED, REVERSING))
        return summed(pair for money in held for pair in money.items())


def close(office: Office, month: Month, api: Api) -> Closing:
    """Take the sums, and compare them.

    Raises:
        ProviderError: WHMCS does not answer.
        StoreError: The database cannot be used.
    """
    run = office.run
    with run.store.reading(run.tenant) as connection:
        parts = _parts(lines(connection, run.tenant, date.min, date.max))
        kept = _kept(connection, run.tenant)
    answered = office.poster.drive(ask_for_others(api, ()))
    there = {
        each.id: (each.currency, each.outstanding)
        for each in answered
        if isinstance(each, Invoice)
    }
    billed = [each for each in month.ledger if each.status is InvoiceStatus.OPEN]
    first, last = month.days[0], month.days[-1]
    sums = Closing(
        came=summed((e.currency, e.gross) for e in month.transactions if came_in(e)),
        parts=parts,
        before=_owed(each for each in billed if _issued(each) <= first),
        billed=_owed(each for each in billed if first < _issued(each) <= last),
        owed=summed(kept.values()),
        held=summed(there.values()),
    )
    return evolve(sums, faults=(*_faults(sums), *_differing(kept, there)))


def _parts(found: Iterable[Line]) -> dict[str, Money]:
    """What became of the money that came in, whole transactions at a time."""
    parts: dict[str, list[tuple[str, Decimal]]] = {}
    for _, group in groupby(found, key=lambda line: line.transaction):
        held = list(group)
        if sum(line.amount for line in held) <= 0:
            continue
        for line in held:
            money = line.currency, from_minor(line.amount, line.currency)
            parts.setdefault(line.state, []).append(money)
    # Announced, it is no money yet.
    parts.pop("pending", None)
    return {state: summed(parts[state]) for state in sorted(parts)}


def _kept(connection: Connection, tenant: str) -> Owed:
    row = schema.invoices
    found = connection.execute(
        select(row.c.id, row.c.currency, row.c.outstanding).where(
            row.c.tenant == tenant, row.c.status == InvoiceStatus.OPEN
        )
    )
    return {
        each.id: (each.currency, from_minor(each.outstanding, each.currency))
        for each in found
    }


def _issued(each: Invoice) -> date:
    return each.issue_date or date.min


def _owed(ledger: Iterable[Invoice]) -> Money:
    """What is owed, credit notes left out: WHMCS has none among its invoices."""
    return summed((e.currency, e.outstanding) for e in ledger if e.outstanding > 0)


def _faults(sums: Closing) -> Iterator[str]:
    for currency in sorted({*sums.came, *sums.before, *sums.billed, *sums.held}):
        came, owed, held = (
            money.get(currency, _NONE) for money in (sums.came, sums.owed, sums.held)
        )
        parts = sum((part.get(currency, _NONE) for part in sums.parts.values()), _NONE)
        if came != parts:
            yield f"{currency}: {came:,} came in, and the books tell of {parts:,}"
        billed = sums.before.get(currency, _NONE) + sums.billed.get(currency, _NONE)
        left = billed - sums.applied.get(currency, _NONE)
        if left != owed:
            yield f"{currency}: {left:,} ought to be owed, and the books say {owed:,}"
        if owed != held:
            yield f"{currency}: the books say {owed:,} is owed, and WHMCS {held:,}"


def _differing(kept: Owed, there: Owed) -> Iterator[str]:
    names = sorted(n for n in {*kept, *there} if kept.get(n) != there.get(n))
    for name in names[:_MOST_NAMED]:
        ours, theirs = (
            f"{held[name][1]:,} {held[name][0]}" if name in held else "nothing"
            for held in (kept, there)
        )
        yield f"invoice {name}: the books say {ours} is owed, and WHMCS {theirs}"
    if len(names) > _MOST_NAMED:
        yield f"and {len(names) - _MOST_NAMED} more"
