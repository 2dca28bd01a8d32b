"""``payymo fetch``: a provider's transactions, as a file of the exchange format."""

from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console

from payymo_adapters.cli.connections import settings_option, state
from payymo_adapters.cli.failures import CONNECTED_EXIT_CODES, Exit, finish
from payymo_adapters.cli.forms import DAY
from payymo_adapters.cli.outputs import STDOUT, WRITABLE
from payymo_adapters.cli.providers import PROVIDERS
from payymo_adapters.cli.tasks import Fetched, Fetcher, Span
from payymo_adapters.cli.terminal import (
    counting,
    print_json,
    say,
    stderr,
    stdout,
    writing,
)
from payymo_adapters.encoding import transaction_to_json
from payymo_adapters.errors import ProviderError
from payymo_adapters.exchange import write_transactions
from payymo_adapters.files.texts import counted
from payymo_adapters.http_rules import utc_now
from payymo_adapters.journal import Journal, journalled
from payymo_core import Transaction


@click.command("fetch", epilog=CONNECTED_EXIT_CODES)
@click.argument("provider", type=click.Choice(list(PROVIDERS)))
@click.option("--since", type=DAY, required=True, help="The first day, in UTC.")
@click.option("--until", type=DAY, help="The last day, in UTC.  [default: today]")
@click.option(
    "-o",
    "--output",
    type=WRITABLE,
    default=STDOUT,
    help="Write the transactions, JSON Lines.  [default: -, which is stdout]",
)
@settings_option
def fetch_command(
    provider: str,
    since: datetime,
    until: datetime | None,
    output: Path,
    settings: Path | None,
) -> None:
    """Fetch what PROVIDER has of the days from --since to --until.

    With -o a fetch that was cut off goes on where it was, when it is given again on the
    same day: what was answered so far stands in FILE.partial. What may be a known
    transaction again stands in FILE.doubts.jsonl and in no other. Settings: see the
    how-to of the provider.
    """
    span = _span(since, until)
    console = stderr() if output == STDOUT else stdout()
    with PROVIDERS[provider].fetcher(settings) as fetcher:
        if output == STDOUT:
            fetched = _at_once(provider, fetcher, span)
        else:
            fetched = _into(output, provider, fetcher, span)
        _tell(console, fetched)
        for line in fetcher.limits():
            say(console, line)
    if output != STDOUT:
        say(console, f"written: {output}")
    _leave(fetched)


def _span(since: datetime, until: datetime | None) -> Span:
    last = until.date() if until else utc_now().date()
    return _checked(since.date(), last)


def _checked(since: date, until: date) -> Span:
    if since > utc_now().date():
        msg = f"--since {since} is still to come; there are no days to fetch."
        raise click.UsageError(msg)
    if since > until:
        msg = f"--since {since} is after --until {until}; there are no days to fetch."
        raise click.UsageError(msg)
    return Span(since=since, until=until)


def _at_once(provider: str, fetcher: Fetcher, span: Span) -> Fetched:
    with counting(provider) as tell:
        fetched = fetcher.run(journalled(fetcher.fetch(span), None, tell))
    for transaction in fetched.transactions:
        print_json(transaction_to_json(transaction))
    _remember(fetched)
    return fetched


def _into(output: Path, provider: str, fetcher: Fetcher, span: Span) -> Fetched:
    """Fetch into a file, from where an earlier fetch of the same was cut off."""
    task = {
        "provider": provider,
        "account": fetcher.account,
        "since": span.since.isoformat(),
        "until": span.until.isoformat(),
    }
    path = output.with_name(f"{output.name}.partial")
    with writing(path):
        journal = Journal(path, task, utc_now())
    if len(journal):
        console = stderr()
        say(console, f"going on with {path}: {counted(len(journal), 'answer')} in it")
    try:
        with counting(provider) as tell:
            fetched = fetcher.run(journalled(fetcher.fetch(span), journal, tell))
    except ProviderError:
        say(stderr(), f"kept: {path}; the same command goes on from there")
        raise
    with writing(output):
        write_transactions(fetched.transactions, output)
    _write_doubts(fetched, output.with_name(f"{output.stem}.doubts.jsonl"))
    _remember(fetched)
    if fetched.unread:
        say(stderr(), f"kept: {path}; the same command asks only for what is missing")
    else:
        journal.discard()
    return fetched


def _write_doubts(fetched: Fetched, path: Path) -> None:
    # An empty one in the place of an old one: what that holds is settled.
    if fetched.doubts or path.exists():
        with writing(path):
            write_transactions((each.transaction for each in fetched.doubts), path)
    if fetched.doubts:
        say(stderr(), f"in doubt, for a person to look at: {path}")


def _remember(fetched: Fetched) -> None:
    """Keep what is known, after it was handed out: else it is handed out again."""
    known = state()
    for book in fetched.books:
        known.keep_book(book)
    if fetched.waiting:
        known.keep_waiting(fetched.waiting)


def _tell(console: Console, fetched: Fetched) -> None:
    for note in fetched.notes:
        say(console, f"note: {note}")
    for doubted in fetched.doubts:
        say(stderr(), f"in doubt: {_described(doubted.transaction)}; {doubted.says}")
    say(console, f"{counted(len(fetched.transactions), 'transaction')} fetched")


def _described(each: Transaction) -> str:
    money = f"{each.amount:,f} {each.currency}"
    return f"{each.id}: {money} of {each.booking_date}, {each.remittance!r}"


def _leave(fetched: Fetched) -> None:
    """End with the code that says whether all is there."""
    for account, error in fetched.unread:
        say(stderr(), f"not read: {account}: {error}", "bold red")
    if fetched.unread:
        with suppress(click.exceptions.Exit):
            finish(fetched.rejected)
        raise click.exceptions.Exit(Exit.FAILED)
    finish(fetched.rejected)
    if fetched.doubts:
        raise click.exceptions.Exit(Exit.REJECTED)
