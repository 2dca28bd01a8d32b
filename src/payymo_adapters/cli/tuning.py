"""``payymo tune``: changes to a ruleset that labels speak for, with their effect."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from payymo_adapters.cli.failures import EXIT_CODES, finish
from payymo_adapters.cli.inputs import (
    READABLE,
    Options,
    load_ruleset,
    matching_options,
    read_files,
)
from payymo_adapters.cli.outputs import (
    STDOUT,
    WRITABLE,
    refuse_overwriting,
    write_page,
)
from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_adapters.cli.tables import cell, plain_table
from payymo_adapters.cli.terminal import say, stage, stderr, stdout
from payymo_adapters.exchange import read_truth_or_labels
from payymo_adapters.files.texts import counted
from payymo_adapters.report.wording import share, wanted
from payymo_core import Label, Truth, Verdict
from payymo_core.feedback import label_faults
from payymo_core.tuning import PRECISION, Effect, Suggestion, Tuning, tune

_COLUMNS = ("", "Right", "Precision", "At least", "Straight through", "Reviews")


@click.command("tune", epilog=EXIT_CODES)
@click.argument("transactions", type=READABLE)
@click.argument("invoices", type=READABLE)
@click.argument("labels", type=READABLE)
@matching_options
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=PRECISION,
    show_default=True,
    help="Share of the matches that shall be right.",
)
@click.option(
    "-o",
    "--output",
    type=WRITABLE,
    help="Write the ruleset with what is proven, TOML; - is stdout.",
)
def tune_command(
    transactions: Path,
    invoices: Path,
    labels: Path,
    options: Options,
    precision: float,
    output: Path | None,
) -> None:
    """Suggest changes to the ruleset from labels, with what they would do.

    TRANSACTIONS and INVOICES are the files that were matched, as they were then. LABELS
    is JSON Lines, as for `payymo learn` or `payymo evaluate`. Nothing is changed: -o
    writes another ruleset, with the changes that are proven. What would match more is
    proven only where the lower bound of its precision is the one wanted.
    """
    files = [output] if output is not None and output != STDOUT else []
    refuse_overwriting(files, (transactions, invoices, labels, *options.files()))
    rules = load_ruleset(options.ruleset)
    known = [_label(one) for one in read_truth_or_labels(labels)]
    statement, ledger = read_files(transactions, invoices, options)
    faults = label_faults(statement.records, ledger.records, known)
    with stage(f"weighing changes by {counted(len(known), 'label')}"):
        tuning = tune(statement.records, ledger.records, known, rules, precision)
    console = stderr() if output == STDOUT else stdout()
    show_tuning(console, tuning)
    if output is not None:
        write_page(output, [ruleset_to_toml(tuning.ruleset)])
    changes = counted(len(tuning.taken), "change")
    for path in files:
        say(console, f"written: {path}, with {changes}")
    if output is None:
        say(console, "Nothing was changed.")
    finish(faults)


def _label(known: Truth | Label) -> Label:
    if isinstance(known, Label):
        return known
    return Label(
        transaction=known.transaction,
        invoices=known.invoices,
        verdict=Verdict.CONFIRM,
    )


def show_tuning(console: Console, tuning: Tuning) -> None:
    """Print what the ruleset does, what each change would do, and why."""
    table = plain_table(*_COLUMNS)
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("today", *map(cell, _figures(tuning.today)))
    for place, one in enumerate(tuning.suggestions, 1):
        table.add_row(_name(place, one), *map(cell, _figures(one.effect)))
    if len(tuning.taken) > 1:
        table.add_row("together", *map(cell, _figures(tuning.together)))
    console.print(table)
    for place, one in enumerate(tuning.suggestions, 1):
        say(console, f"{_name(place, one)}: {_words(one)}")
    for remark in _remarks(tuning):
        say(console, remark)


def _name(place: int, one: Suggestion) -> str:
    return f"{place}" if one.proven else f"{place}, not proven"


def _words(one: Suggestion) -> str:
    change = one.change
    return f"{change.setting}: {change.before} -> {change.after}; {change.because}"


def _figures(effect: Effect) -> tuple[str, ...]:
    return (
        f"{effect.right:,} of {effect.matched:,}",
        share(effect.precision),
        share(effect.precision_at_least),
        share(effect.straight_through),
        share(effect.review_load),
    )


def _remarks(tuning: Tuning) -> Iterator[str]:
    """What the table does not say: what it rests on, and what is missing."""
    if not tuning.suggestions:
        yield "The labels speak for no change."
    if any(not one.proven and one.change in tuning.taken for one in tuning.suggestions):
        yield "What is not proven by itself is, together."
    yield (
        f"Measured on {counted(tuning.judged, 'judged transaction')}, each part with "
        "what the others chose; bounds are exact, at 95 %."
    )
    if tuning.today.precision_at_least < tuning.precision:
        yield _not_shown(tuning)


def _not_shown(tuning: Tuning) -> str:
    aim, today = wanted(tuning.precision), tuning.today
    if today.matched < tuning.needed:
        return (
            f"Of judged matches there are {today.matched:,}: that does not prove "
            f"{aim}, which takes at least {tuning.needed:,}, all of them right."
        )
    wrong = f"{today.wrong:,} of {today.matched:,} judged matches are wrong"
    return f"{aim} is not shown: {wrong}."
