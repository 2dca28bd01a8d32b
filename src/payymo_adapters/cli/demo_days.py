"""``payymo demo --daily``: the demo's month, run day by day through the pipeline."""

import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from shutil import which

import click
from rich.console import Console
from rich.table import Table

from payymo_adapters.cli.connections import load_toml
from payymo_adapters.cli.database import DATABASE
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.terminal import say, stage, stdout, writing
from payymo_adapters.demo.closing import Closing, Money, close
from payymo_adapters.demo.daily import Clock, Day, Office, live_through, summed
from payymo_adapters.demo.days import (
    ACCOUNT,
    TENANT,
    Home,
    Month,
    prepare,
    read_month,
    stand_in,
)
from payymo_adapters.demo.serving import serve
from payymo_adapters.demo.whmcs import GATEWAY, StandIn
from payymo_adapters.files.texts import counted
from payymo_adapters.http import Secret
from payymo_adapters.pipeline import Run
from payymo_adapters.run_settings import read_run_settings
from payymo_adapters.store.store import Store, upgrade
from payymo_adapters.whmcs.flows import Access, Api, classic_api, list_currencies
from payymo_adapters.whmcs_poster import WhmcsPoster

_BEGUN = (
    "Each day the bank's statement is recorded and matched with what is open in WHMCS; "
    "what is sure is applied there, up to {limit} a payment. WHMCS is a stand-in on "
    "this machine."
)
_AGAIN = (
    "This month was run before: its books are gone through again, nothing is paid "
    "twice, and verdicts given since are applied."
)
_COLUMNS = (
    "Matched: payments that Payymo is sure of. Applied: payments that WHMCS has on "
    "record. Waiting: proposals that a person has to look at, in the evening."
)
_BALANCES = (
    "It balances: all that came in is accounted for, and WHMCS holds what the books "
    "say."
)
# What became of money, by the states of the books.
_WORDS = {
    "settled": "applied to invoices",
    "reversing": "applied, and to be taken back",
    "reserved": "decided, and not in WHMCS yet",
    "proposed": "waiting for your verdict",
    "waiting": "no open invoice for it",
    "aside": "set aside by you",
    "withdrawn": "withdrawn by the bank",
}
_ASKED_ABOUT = f"{ACCOUNT}/260504E0001"
_NONE = Decimal(0)


def show_month(directory: Path) -> None:
    """Run the month, and show the days and whether it balances.

    Raises:
        FileError: What is in the directory is not the demo's, or cannot be written.
        ProviderError: The stand-in does not answer.
        StoreError: The database cannot be used.
    """
    home = Home(directory)
    month = read_month(home)
    with writing(home.days):
        again = prepare(home, month)
    upgrade(home.url)
    whmcs = stand_in(home, month, secrets.token_hex(16))
    with opened(home, month, whmcs) as (office, api):
        with stage(f"running {len(month.days)} days"):
            days = list(live_through(office, month, api))
        sums = close(office, month, api)
    limit = " or ".join(f"{m:,} {c}" for c, m in office.policy.most.items())
    _show(days, _AGAIN if again else _BEGUN.format(limit=limit))
    console = stdout()
    say(console, "What it comes to:", "bold")
    console.print(_closing_table(sums, month))
    faults = [*_failed(days), *sums.faults]
    _show_verdict(console, faults)
    _show_ways_on(console, home)
    if faults:
        raise click.exceptions.Exit(Exit.REJECTED)


@contextmanager
def opened(home: Home, month: Month, whmcs: StandIn) -> Iterator[tuple[Office, Api]]:
    """Lend what a day takes: the books, and a WHMCS that listens on loopback.

    Raises:
        StoreError: The database cannot be used.
    """
    settings = read_run_settings(load_toml(home.settings), home.days)
    clock = Clock.at(month.days[0])
    with ExitStack() as stack:
        line = stack.enter_context(serve(whmcs.answer))
        store = Store.open(home.url)
        stack.callback(store.close)
        run = Run(store=store, tenant=TENANT, clock=clock)
        store.add_tenant(run.act(), settings.company)
        api = classic_api(
            Access(identifier=Secret("demo"), secret=Secret(whmcs.secret))
        )
        poster = WhmcsPoster(
            drive=line.run,
            api=api,
            currencies={c.id: c.code for c in line.run(list_currencies(api))},
            gateway=GATEWAY,
            store=store,
            tenant=TENANT,
        )
        yield (
            Office(
                home=home,
                run=run,
                clock=clock,
                policy=settings.policy,
                poster=poster,
                whmcs=whmcs,
            ),
            api,
        )


def _show(days: Sequence[Day], words: str) -> None:
    console = stdout()
    first = days[0].day
    say(console, f"{first:%B %Y} at Kranichnest Hosting, day by day", "bold")
    say(console, words)
    console.print(_days_table(days))
    say(console, _COLUMNS)


def _days_table(days: Sequence[Day]) -> Table:
    month = summed(pair for each in days for pair in each.money.items())
    currencies = list(month) or ["EUR"]
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_footer=True)
    table.add_column("Day", "In all")
    table.add_column(
        "Payments", f"{sum(each.payments for each in days)}", justify="right"
    )
    for currency, amount in zip(currencies, _amounts(month, currencies), strict=True):
        table.add_column(currency, amount, justify="right")
    table.add_column(
        "Matched", f"{sum(each.matched for each in days)}", justify="right"
    )
    table.add_column(
        "Applied", f"{sum(each.applied for each in days)}", justify="right"
    )
    table.add_column("Waiting", f"{days[-1].waiting}", justify="right")
    for each in days:
        counts = each.matched, each.applied, each.waiting
        table.add_row(
            f"{each.day}",
            f"{each.payments}",
            *_amounts(each.money, currencies),
            *map(str, counts),
        )
    return table


def _amounts(money: Money, currencies: Iterable[str]) -> Iterator[str]:
    for currency in currencies:
        amount = money.get(currency, _NONE)
        yield f"{amount:,}" if amount else "-"


def _closing_table(sums: Closing, month: Month) -> Table:
    currencies = sorted(sums.came)
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("")
    for currency in currencies:
        table.add_column(currency, justify="right")
    for words, money in _closing_rows(sums, month):
        table.add_row(words, *_amounts(money, currencies))
    return table


def _closing_rows(sums: Closing, month: Month) -> Iterator[tuple[str, Money]]:
    yield "Came in, by the bank, before card fees", sums.came
    for state, words in _WORDS.items():
        if state in sums.parts:
            yield f"  {words}", sums.parts[state]
    yield f"Owed on {month.days[0]}, by WHMCS", sums.before
    yield "  billed since", sums.billed
    yield "  applied", {code: -amount for code, amount in sums.applied.items()}
    yield "Still owed, by the books", sums.owed
    yield "Still owed, by WHMCS", sums.held


def _show_ways_on(console: Console, home: Home) -> None:
    # As it can be typed: where make ran it, no shell knows the name.
    payymo = "payymo" if which("payymo") else sys.argv[0]
    settings = f"--settings {home.settings}"
    say(console, f"The books are in {home.database}. Now:", "bold")
    for words, way in (
        ("see how things stand", f"status {settings}"),
        ("decide what waits", f"review --as YOUR_NAME {settings}"),
        ("apply what you decided", f"demo --daily --dir {home.directory}"),
        ("ask what happened, and why", f"history {_ASKED_ABOUT} {settings}"),
        ("take it into a spreadsheet", f"export -o month.csv {settings}"),
    ):
        say(console, f"  {words + ':':<28} {payymo} {way}")
    if os.environ.get(DATABASE):
        say(console, f"  {DATABASE} is set, and goes before the settings: unset it.")


def _failed(days: Iterable[Day]) -> Iterator[str]:
    for each in days:
        if each.failed:
            words = "refused by WHMCS, or nobody knows what became of them"
            yield f"{each.day}: {counted(each.failed, 'payment')} {words}"


def _show_verdict(console: Console, faults: Sequence[str]) -> None:
    if not faults:
        say(console, _BALANCES, "bold green")
        return
    say(console, "Something is wrong:", "bold red")
    for fault in faults:
        say(console, f"  {fault}")
