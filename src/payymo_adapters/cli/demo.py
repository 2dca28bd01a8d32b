"""``payymo demo``: a month of a fictional hosting company, from files to report."""

import sys
from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path
from shutil import which
from time import perf_counter

import click
from rich.console import Console

from payymo_adapters.cli.database import require_sqlalchemy
from payymo_adapters.cli.evaluation import show_scores
from payymo_adapters.cli.failures import EXIT_CODES, finish
from payymo_adapters.cli.inputs import Options, match_files
from payymo_adapters.cli.locking import lock
from payymo_adapters.cli.matching import show_summary, sources_of
from payymo_adapters.cli.tables import matches_table
from payymo_adapters.cli.terminal import say, stdout, writing
from payymo_adapters.demo import INVOICES, STATEMENT, TRUTH, copy_files, foreign_files
from payymo_adapters.errors import FileError
from payymo_adapters.exchange import read_truth, write_matches
from payymo_adapters.report.figures import Group, group_of
from payymo_adapters.report.page import write_report
from payymo_adapters.report.wording import kind_of
from payymo_core import Match, MatchResult, evaluate

_MATCHES, _REPORT = "matches.jsonl", "report.html"
_LOCK = ".lock"
_MOST_SHOWN = {
    Group.MATCH: 10,
    Group.REVIEW: 5,
    Group.NONE: 4,
    Group.OUTGOING: 1,
    Group.PENDING: 1,
}
_ASKED_ABOUT = "260529E0333"  # two invoices of one amount, and no number
_HOW_NAMED = ("prior", "amount", "counterparty", "dates", "set", "rivals")


@click.command("demo", epilog=EXIT_CODES)
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    default=Path("demo"),
    help="Where the files go.  [default: demo]",
)
@click.option(
    "--daily",
    is_flag=True,
    help="The same month day by day: recorded in a database, matched, applied.",
)
def demo_command(directory: Path, *, daily: bool) -> None:
    """Match a month of a fictional hosting company, and look at it.

    Writes a bank statement, a list of open invoices and the truth about them; then
    the matches and the report. With --daily the month is run day by day as `payymo run`
    would, against a WHMCS that is played on this machine, and the books are closed.
    """
    if daily:
        _run_daily(directory)
        return
    began = perf_counter()
    _refuse_overwriting(directory)
    with writing(directory):
        copy_files(directory)
    paths = directory / STATEMENT, directory / INVOICES
    matched = match_files(*paths, Options())
    result = matched.result
    sources = sources_of(matched, *paths)
    matches, report = directory / _MATCHES, directory / _REPORT
    with writing(matches):
        write_matches(result, matches)
    with writing(report):
        write_report(result, report, sources)
    took = perf_counter() - began
    console = stdout()
    say(console, "A few of each kind:", "bold")
    console.print(matches_table(result, typical(result), console.width))
    say(console, "What it comes to:", "bold")
    show_summary(console, sources, result)
    say(console, "")
    say(console, "Against what was really paid:", "bold")
    show_scores(console, evaluate(result, read_truth(directory / TRUTH)))
    say(console, f"Read, matched and written in {took:.1f} s. Now:", "bold")
    _show_ways_on(console, matches, report, paths)
    finish(result.rejected)


def _run_daily(directory: Path) -> None:
    require_sqlalchemy()
    from payymo_adapters.cli.demo_days import show_month  # noqa: PLC0415 - an extra

    _refuse_overwriting(directory)
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        lock_file = (directory / _LOCK).open("a", encoding="utf-8")
    with lock_file:
        lock(lock_file, directory, "payymo demo --daily")
        with writing(directory):
            copy_files(directory)
        show_month(directory)


def _show_ways_on(
    console: Console, matches: Path, report: Path, paths: tuple[Path, Path]
) -> None:
    # As it can be typed: where make ran it, no shell knows the name.
    payymo = "payymo" if which("payymo") else sys.argv[0]
    read = " ".join(map(str, paths))
    for words, way in (
        ("look at the report", f"open {report} in a browser"),
        ("ask why", f"{payymo} explain {_ASKED_ABOUT} --in {read}"),
        ("see what is wrong with the data", f"{payymo} check {read}"),
        ("measure it in full", f"{payymo} evaluate {matches} {matches.parent / TRUTH}"),
        ("run it day by day", f"{payymo} demo --daily --dir {matches.parent}"),
    ):
        say(console, f"  {words + ':':<33} {way}")


def _refuse_overwriting(directory: Path) -> None:
    foreign = foreign_files(directory, (_MATCHES, _REPORT))
    if foreign:
        names = ", ".join(path.name for path in foreign)
        fault = f"not the demo's, and would be overwritten: {names} (see --dir)"
        raise FileError(str(directory), fault)


def typical(result: MatchResult) -> Iterator[Match]:
    """Pick the first match of each kind, a few of each group, in their order."""
    seen = set[Hashable]()
    shown = Counter[Group]()
    for match in result:
        group, kind = group_of(match), _kind(match)
        if kind not in seen and shown[group] < _MOST_SHOWN[group]:
            seen.add(kind)
            shown[group] += 1
            yield match


def _kind(match: Match) -> Hashable:
    """What makes a match another one than those shown: how it is paid and named."""
    named = tuple(e.level for e in match.evidence if e.rule not in _HOW_NAMED)
    return group_of(match), kind_of(match), named, match.reasons
