"""``payymo evaluate``: how good a run was, against the truth."""

from pathlib import Path

import click
from attrs import asdict
from rich.console import Console

from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.forms import Form, json_option
from payymo_adapters.cli.inputs import READABLE
from payymo_adapters.cli.tables import bar, cell, plain_table
from payymo_adapters.cli.terminal import print_json, say, stdout
from payymo_adapters.exchange import read_matches, read_truth
from payymo_core import Evaluation, evaluate


@click.command("evaluate", epilog=EXIT_CODES)
@click.argument("matches", type=READABLE)
@click.argument("truth", type=READABLE)
@json_option("The figures as one JSON object.")
def evaluate_command(matches: Path, truth: Path, form: Form) -> None:
    """Measure the matches of a run against the truth.

    MATCHES is what `payymo match -o` wrote; TRUTH is JSON Lines, one
    {"transaction": id, "invoices": [ids]} a line, [] where it pays nothing open.
    """
    evaluation = evaluate(read_matches(matches), read_truth(truth))
    if form is Form.JSON:
        print_json(asdict(evaluation))
    else:
        show_evaluation(stdout(), evaluation)


def show_evaluation(console: Console, found: Evaluation) -> None:
    """Print the figures, the calibration, and the ids of wrong matches."""
    table = plain_table("", "", "")
    table.show_header = False
    table.columns[1].justify = "right"
    for name, value, meaning in _figures(found):
        table.add_row(cell(name), cell(value, "bold"), cell(meaning, "dim"))
    console.print(table)
    if found.calibration:
        _show_calibration(console, found)
    for transaction in found.wrong:
        say(console, f"wrong match: {transaction}", "bold red")


def _figures(found: Evaluation) -> tuple[tuple[str, str, str], ...]:
    wrong = found.matched - found.matched_right
    return (
        ("transactions", f"{found.transactions:,}", "with a known truth"),
        ("matched", f"{found.matched:,}", f"{wrong:,} of them wrongly"),
        ("precision", _share(found.precision), "of the matches are right"),
        (
            "straight through",
            _share(found.straight_through),
            f"of the {found.payable:,} that pay something open: matched, and right",
        ),
        ("first proposal", _share(found.first_right), "of these: right at first"),
        ("first three", _share(found.top_three_right), "of these: right in three"),
        ("review load", _share(found.review_load), f"{found.reviewed:,} to look at"),
        ("matched nothing", f"{found.matched_nothing:,}", "pay nothing, yet matched"),
        (
            "calibration error",
            _share(found.calibration_error),
            "between what was said and what was so",
        ),
    )


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}".replace("%", " %")


def _show_calibration(console: Console, found: Evaluation) -> None:
    table = plain_table("Confidence", "Proposals", "Said", "Was", "")
    for column in table.columns[1:4]:
        column.justify = "right"
    for part in found.calibration:
        table.add_row(
            cell(f"{part.low:.1f} to {part.high:.1f}"),
            cell(f"{part.count:,}"),
            cell(_share(part.confidence)),
            cell(_share(part.accuracy)),
            cell(bar(part.accuracy)),
        )
    console.print(table)
