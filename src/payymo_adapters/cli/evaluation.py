"""``payymo evaluate``: how good a run was, against the truth."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from attrs import asdict
from rich.console import Console

from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.forms import Form, json_option
from payymo_adapters.cli.inputs import READABLE, load_ruleset
from payymo_adapters.cli.outputs import (
    STDOUT,
    WRITABLE,
    refuse_overwriting,
    write_page,
)
from payymo_adapters.cli.tables import bar, cell, plain_table
from payymo_adapters.cli.terminal import print_json, say, stderr, stdout
from payymo_adapters.errors import FileError
from payymo_adapters.exchange import read_matches, read_truth_or_labels
from payymo_adapters.files.texts import counted
from payymo_adapters.report.evaluation import calibration_row, render_evaluation
from payymo_adapters.report.scores import (
    ADVICE_COLUMNS,
    advice_row,
    remarks,
    scores,
)
from payymo_core import (
    Evaluation,
    Label,
    Match,
    RecordError,
    Ruleset,
    Truth,
    Verdict,
    evaluate,
)
from payymo_core.evaluation import PRECISIONS


@click.command("evaluate", epilog=EXIT_CODES)
@click.argument("matches", type=READABLE)
@click.argument("truth", type=READABLE)
@click.option(
    "--precision",
    "precisions",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    multiple=True,
    default=PRECISIONS,
    help="Say which threshold gives it; may be repeated.  "
    "[default: 0.99, 0.995, 0.999]",
)
@click.option(
    "--ruleset",
    type=READABLE,
    metavar="TOML",
    help="The one it was matched with, for its thresholds.  [default: built in]",
)
@click.option(
    "--report", type=WRITABLE, help="Write one HTML page to look at; - is stdout."
)
@json_option("The figures as one JSON object.")
def evaluate_command(
    matches: Path,
    truth: Path,
    precisions: tuple[float, ...],
    ruleset: Path | None,
    report: Path | None,
    form: Form,
) -> None:
    """Measure the matches of a run against the truth.

    MATCHES is what `payymo match -o` wrote; TRUTH is JSON Lines, one
    {"transaction": id, "invoices": [ids]} a line, [] where it pays nothing open. Labels
    may stand for it: with "verdict": "confirm" a line is the truth, with "reject" these
    invoices are known to be wrong.
    """
    if report == STDOUT and form is Form.JSON:
        msg = "stdout takes either the figures or the report."
        raise click.UsageError(msg)
    if report:
        read = [path for path in (matches, truth, ruleset) if path]
        refuse_overwriting([report], read)
    evaluation = _measured(matches, truth, load_ruleset(ruleset), precisions)
    if report:
        write_page(report, render_evaluation(evaluation, [str(matches), str(truth)]))
    piped = form is Form.JSON or report == STDOUT
    console = stderr() if piped else stdout()
    if form is Form.JSON:
        print_json(asdict(evaluation))
    else:
        show_evaluation(console, evaluation)
    if report and report != STDOUT:
        say(console, f"written: {report}")


def _measured(
    matches: Path, truth: Path, ruleset: Ruleset, precisions: tuple[float, ...]
) -> Evaluation:
    try:
        answers, known = read_matches(matches), read_truth_or_labels(truth)
    except FileError:
        _refuse_swapped(matches, truth)
        raise
    _refuse_strangers(matches, truth, answers, known)
    for note in _strangers(matches, truth, answers, known):
        say(stderr(), f"note: {note}", "yellow")
    try:
        return evaluate(answers, known, ruleset.thresholds, precisions)
    except RecordError as error:
        raise FileError(str(truth), str(error)) from None


def _refuse_swapped(matches: Path, truth: Path) -> None:
    """Say so where each file is what the other one should be."""
    try:
        read_matches(truth)
        read_truth_or_labels(matches)
    except FileError:
        return
    fault = f"holds a truth, and {truth} matches: give them the other way round"
    raise FileError(str(matches), fault)


Known = Sequence[Truth | Label]


def _refuse_strangers(
    matches: Path, truth: Path, answers: Sequence[Match], known: Known
) -> None:
    """Refuse a truth of another run: its figures would be zeros that mean nothing."""
    ids = {match.transaction for match in answers}
    if known and ids and not any(each.transaction in ids for each in known):
        fault = (
            f"none of its transactions, as {known[0].transaction!r}, is in {matches}: "
            f"ids are wanted, as {answers[0].transaction!r}"
        )
        raise FileError(str(truth), fault)


def _strangers(
    matches: Path, truth: Path, answers: Sequence[Match], known: Known
) -> Iterator[str]:
    """Say what the truth names that the run does not."""
    ids = {match.transaction for match in answers}
    unknown = sorted({each.transaction for each in known} - ids)
    if unknown:
        count = counted(len(unknown), "transaction")
        yield f"{count} of {truth} not in {matches}, as {unknown[0]!r}"
    proposed = {each.invoice for match in answers for each in match.allocations} | {
        each.invoice
        for match in answers
        for other in match.alternatives
        for each in other.allocations
    }
    named = {
        invoice
        for each in known
        if isinstance(each, Truth) or each.verdict is Verdict.CONFIRM
        for invoice in each.invoices
    }
    if named and proposed and not named & proposed:
        yield (
            f"no invoice that {truth} names, as {min(named)!r}, is one that {matches} "
            f"proposes, as {min(proposed)!r}: ids are wanted, not numbers"
        )


def show_evaluation(console: Console, found: Evaluation) -> None:
    """Print the figures, the calibration, the advice, and the ids of wrong matches."""
    show_scores(console, found)
    if found.calibration:
        _show_calibration(console, found)
    _show_advice(console, found)
    for transaction in found.wrong:
        say(console, f"wrong match: {transaction}", "bold red")


def show_scores(console: Console, found: Evaluation) -> None:
    """Print the figures alone."""
    table = plain_table("", "", "", "")
    table.show_header = False
    table.columns[1].justify = "right"
    for score in scores(found):
        table.add_row(
            cell(score.name),
            cell(score.value, "bold"),
            cell(score.bound),
            cell(score.meaning, "dim"),
        )
    console.print(table)


def _show_calibration(console: Console, found: Evaluation) -> None:
    table = plain_table("Confidence", "Proposals", "Said", "Was", "95 % interval", "")
    for column in table.columns[1:5]:
        column.justify = "right"
    for part in found.calibration:
        cells = (cell(value) for value in calibration_row(part))
        table.add_row(*cells, cell(bar(part.accuracy)))
    console.print(table)


def _show_advice(console: Console, found: Evaluation) -> None:
    table = plain_table(*ADVICE_COLUMNS)
    for column in table.columns:
        column.justify = "right"
    for advice in found.advice:
        table.add_row(*(cell(value) for value in advice_row(advice)))
    console.print(table)
    for remark in remarks(found):
        say(console, remark)
