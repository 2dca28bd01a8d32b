"""``payymo match``: say which payment pays which invoice."""

from itertools import islice
from pathlib import Path

import click
from rich.console import Console

from payymo_adapters.cli.failures import EXIT_CODES, finish
from payymo_adapters.cli.forms import Form, json_option
from payymo_adapters.cli.inputs import (
    READABLE,
    Matched,
    Options,
    match_files,
    matching_options,
)
from payymo_adapters.cli.outputs import STDOUT, WRITABLE, refuse_overwriting, write_page
from payymo_adapters.cli.tables import figures_table, matches_table
from payymo_adapters.cli.terminal import (
    print_json,
    say,
    stderr,
    stdout,
    writing,
)
from payymo_adapters.encoding import match_to_json
from payymo_adapters.exchange import write_matches
from payymo_adapters.report.figures import figures
from payymo_adapters.report.page import Source, render
from payymo_adapters.report.wording import amounts, passed_over
from payymo_core import MatchResult

# A table of more is not read by anybody; a file or the report is.
_MOST_ROWS = 1_000


@click.command("match", epilog=EXIT_CODES)
@click.argument("transactions", type=READABLE)
@click.argument("invoices", type=READABLE)
@matching_options
@click.option(
    "-o", "--output", type=WRITABLE, help="Write the matches, JSON Lines; - is stdout."
)
@click.option(
    "--report", type=WRITABLE, help="Write one HTML page to look at; - is stdout."
)
@json_option("Matches to stdout, JSON Lines; all else to stderr.")
def match_command(
    transactions: Path,
    invoices: Path,
    options: Options,
    output: Path | None,
    report: Path | None,
    form: Form,
) -> None:
    """Say which payment pays which invoice, how sure and why.

    TRANSACTIONS is a bank statement (camt.052/053/054, MT940, CSV) or JSON Lines;
    INVOICES a list of open invoices (CSV, WHMCS' GetInvoices, JSON Lines). What a file
    is, is told by its content. Without -o or --json the matches are shown as a table.
    """
    if output == STDOUT:
        output, form = None, Form.JSON
    if report == STDOUT and form is Form.JSON:
        msg = "stdout takes either the matches or the report."
        raise click.UsageError(msg)
    outputs = [path for path in (output, report) if path and path != STDOUT]
    refuse_overwriting(outputs, (transactions, invoices, *options.files()))
    matched = match_files(transactions, invoices, options)
    sources = sources_of(matched, transactions, invoices)
    if output:
        with writing(output):
            write_matches(matched.result, output)
    if report:
        write_page(report, render(matched.result, sources))
    piped = form is Form.JSON or report == STDOUT
    console = stderr() if piped else stdout()
    if form is Form.JSON:
        for match in matched.result:
            print_json(match_to_json(match))
    elif not output and not piped and len(matched.result):
        _show_matches(console, matched.result)
    show_summary(console, sources, matched.result)
    for path in outputs:
        say(console, f"written: {path}")
    finish(matched.result.rejected)


def sources_of(
    matched: Matched, transactions: Path, invoices: Path
) -> tuple[Source, ...]:
    """Name the files of a run, and what their readers found."""
    return tuple(
        Source(
            name=str(path),
            format=read.format,
            columns=read.detected.uses if read.detected else (),
            notes=read.notes,
        )
        for path, read in (
            (transactions, matched.statement),
            (invoices, matched.ledger),
        )
    )


def _show_matches(console: Console, result: MatchResult) -> None:
    shown = islice(result, _MOST_ROWS)
    console.print(matches_table(result, shown, console.width))
    if len(result) > _MOST_ROWS:
        say(
            console,
            f"{_MOST_ROWS:,} of {len(result):,} transactions shown; -o or --report "
            "for all of them",
        )


def show_summary(
    console: Console, sources: tuple[Source, ...], result: MatchResult
) -> None:
    """Say what came of a run, and what it was made of."""
    summary = figures(result)
    if len(result):
        console.print(figures_table(summary))
    for words, money in (
        ("fees kept back by processors", summary.fees),
        ("applied to invoices", summary.applied),
        ("left unapplied", summary.unapplied),
    ):
        if money:
            say(console, f"{words}: {amounts(money)}")
    for note in passed_over(result.capped):
        say(console, f"note: {note}")
    for source in sources:
        _show_source(console, source)


def _show_source(console: Console, source: Source) -> None:
    say(console, "")
    say(console, f"{source.name}: {source.format}")
    for note in source.notes:
        say(console, f"  note: {note}")
    width = max((len(use) for use, _ in source.columns), default=0)
    for use, header in source.columns:
        say(console, f"  {use:<{width}}  {header}")
