"""``payymo doctor``: say what is wrong with what is set up, and how to mend it."""

from collections.abc import Iterator
from pathlib import Path

import click

from payymo_adapters.checkup import Ailment, Matching, Probe, examine
from payymo_adapters.cli.connections import settings_option, source
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.inputs import READABLE, Options, match_files, matching_options
from payymo_adapters.cli.probing import SUBJECTS, look_at
from payymo_adapters.cli.starting import FILE
from payymo_adapters.cli.terminal import say, stage, stdout
from payymo_adapters.errors import FileError
from payymo_adapters.files.texts import counted
from payymo_adapters.http_rules import utc_now
from payymo_core import Outcome, inspect
from payymo_core.inspection import Severity

EXIT_CODES = """\b
Exit codes:
  0  done, and nothing is to be mended
  1  done, but something is to be mended; it is listed
  2  not done: wrong usage, or nothing is set up
  4  not done: an error in payymo itself; please report it
"""


@click.command("doctor", epilog=EXIT_CODES)
@click.argument("names", nargs=-1, type=click.Choice(list(SUBJECTS)))
@click.option("--transactions", type=READABLE, help="Look at these, too.")
@click.option("--invoices", type=READABLE, help="The same; both are matched.")
@matching_options
@settings_option
def doctor_command(
    names: tuple[str, ...],
    transactions: Path | None,
    invoices: Path | None,
    options: Options,
    settings: Path | None,
) -> None:
    """Say what is wrong with settings, connections and files, and how to mend it.

    Asks each of NAMES, or everything that is set up, and changes nothing: no payment is
    recorded, no bank is asked for transactions. Without --settings, payymo.toml is read
    where it is there.
    """
    if bool(transactions) != bool(invoices):
        msg = "--transactions and --invoices go together."
        raise click.UsageError(msg)
    settings = settings or (FILE if FILE.is_file() else None)
    chosen = names or tuple(_set_up(settings))
    if not chosen and not transactions:
        listed = ", ".join(SUBJECTS)
        msg = f"nothing is set up of {listed}; name one to see what it needs."
        raise click.UsageError(msg)
    found = [_show(probe) for name in chosen for probe in look_at(name, settings)]
    if transactions and invoices:
        found.append(_show(look_at_files(transactions, invoices, options)))
    ailments = sum(found)
    if ailments:
        say(stdout(), f"{counted(ailments, 'thing')} to mend")
        raise click.exceptions.Exit(Exit.REJECTED)
    say(stdout(), "all is well")


def _set_up(settings: Path | None) -> Iterator[str]:
    held = source(settings)
    for name, subject in SUBJECTS.items():
        if subject.is_set_up(held):
            yield name


def look_at_files(transactions: Path, invoices: Path, options: Options) -> Probe:
    """Match two files, and look for what leads to the wrong invoice."""
    subject = f"{transactions} and {invoices}"
    try:
        result = match_files(transactions, invoices, options).result
    except FileError as error:
        return Probe(subject=subject, now=utc_now(), error=error)
    with stage("looking for what is wrong"):
        findings = inspect(result)
    matching = Matching(
        transactions=len(result),
        invoices=len(result.run.ledger.invoices),
        reviews=sum(each.outcome is Outcome.REVIEW for each in result),
        errors=tuple(f.says for f in findings if f.severity is Severity.ERROR),
    )
    rejected = len(result.rejected)
    return Probe(subject=subject, now=utc_now(), rejected=rejected, matching=matching)


def _show(probe: Probe) -> int:
    ailments = examine(probe)
    if not ailments:
        say(stdout(), f"well: {probe.subject}", "green")
    for ailment in ailments:
        _tell(probe, ailment)
    return len(ailments)


def _tell(probe: Probe, ailment: Ailment) -> None:
    head = f"{ailment.symptom}: {probe.subject}: {ailment.says}"
    say(stdout(), head, "bold red")
    say(stdout(), f"  what to do: {ailment.mend}")
