"""``payymo run``, and what looks at the books: ``status``, ``history``, ``export``."""

from datetime import date, datetime
from pathlib import Path

import click

from payymo_adapters.cli.actor import Person, as_person
from payymo_adapters.cli.database import require_sqlalchemy
from payymo_adapters.cli.failures import CONNECTED_EXIT_CODES, EXIT_CODES, Exit
from payymo_adapters.cli.forms import DAY, Form, json_option
from payymo_adapters.cli.outputs import STDOUT, WRITABLE
from payymo_adapters.cli.starting import run_settings_option


@click.command("run", epilog=CONNECTED_EXIT_CODES)
@run_settings_option
@click.option(
    "--every",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MINUTES",
    help="Again and again, until it is ended; without it, once.",
)
def run_command(settings: Path, every: float | None) -> None:
    """Read what came, match it, decide what is sure, and apply what is decided.

    Each step is kept before the next one begins: a run that breaks off is simply run
    again. Two at once do no harm: one works, the other says so.
    """
    require_sqlalchemy()
    from payymo_adapters.cli.running import run_for_ever, run_once  # noqa: PLC0415

    if every is not None:
        run_for_ever(settings, every * 60)
    code = run_once(settings)
    if code is not Exit.DONE:
        raise click.exceptions.Exit(code)


@click.command("status", epilog=EXIT_CODES)
@json_option("How things stand as one object; all that waits with its number.")
@run_settings_option
def status_command(settings: Path, form: Form) -> None:
    """Say how far accounts were read, what waits for a person, and where money is."""
    require_sqlalchemy()
    from payymo_adapters.cli.standing import show_status  # noqa: PLC0415 - an extra

    show_status(settings, form)


@click.command("history", epilog=EXIT_CODES)
@click.argument("record")
@json_option("As JSON Lines, with the codes of reasons.")
@run_settings_option
def history_command(record: str, settings: Path, form: Form) -> None:
    """Tell everything that happened to RECORD, and why.

    RECORD is the id of a transaction, as main/2026-0001, or of an invoice.
    """
    require_sqlalchemy()
    from payymo_adapters.cli.looking import show_history  # noqa: PLC0415 - an extra

    show_history(settings, record, form)


@click.command("review", epilog=EXIT_CODES)
@click.option(
    "--rest",
    "kind",
    flag_value="rest",
    default="proposals",
    help="Walk through the transactions for which nothing is proposed, and through "
    "what is left over of others.",
)
@as_person
def review_command(person: Person, kind: str) -> None:
    """Walk through what waits: confirm, reject, pick, split, ignore, skip, undo.

    Decisions that wait for a second person come first, then proposals, the least sure
    first. Each verdict is kept at once. What is confirmed is posted by the next
    `payymo run`.
    """
    require_sqlalchemy()
    from payymo_adapters.cli import reviewing  # noqa: PLC0415 - an extra

    rest = frozenset({reviewing.Waiting.NOTHING, reviewing.Waiting.REST})
    chosen = rest if kind == "rest" else frozenset(reviewing.Waiting) - rest
    reviewing.review(person, chosen)


@click.command("export", epilog=EXIT_CODES)
@click.option("--from", "first", type=DAY, help="First day of booking.")
@click.option("--to", "last", type=DAY, help="Last day of booking.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
)
@click.option("-o", "--output", type=WRITABLE, default=STDOUT, help="[default: stdout]")
@run_settings_option
def export_command(
    first: datetime | None,
    last: datetime | None,
    form: str,
    output: Path,
    settings: Path,
) -> None:
    """Write what became of the transactions of a period.

    A line for each invoice that a transaction pays, and one for what is left of it; the
    amounts of a transaction's lines add up to what it brought. One without a day of
    booking is of every period.
    """
    require_sqlalchemy()
    from payymo_adapters.cli.looking import Period, write_export  # noqa: PLC0415

    period = Period(_day(first, date.min), _day(last, date.max))
    if period.first > period.last:
        msg = f"--from {period.first} is after --to {period.last}: exchange them."
        raise click.UsageError(msg)
    write_export(settings, period, form, output)


def _day(given: datetime | None, default: date) -> date:
    return given.date() if given else default
