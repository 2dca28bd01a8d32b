"""``payymo check``: say what is wrong with the data."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from payymo_adapters.cli.failures import EXIT_CODES, finish
from payymo_adapters.cli.forms import Form, json_option
from payymo_adapters.cli.inputs import READABLE, Options, match_files, matching_options
from payymo_adapters.cli.terminal import print_json, say, stage, stdout
from payymo_adapters.encoding import finding_to_json
from payymo_adapters.files.texts import counted
from payymo_adapters.report.findings import ids_of
from payymo_core import MatchResult, inspect
from payymo_core.inspection import Finding, Severity

_MOST_CASES = 5
_STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.NOTE: "bold",
}


@click.command("check", epilog=EXIT_CODES)
@click.argument("transactions", type=READABLE)
@click.argument("invoices", type=READABLE)
@matching_options
@json_option("Findings to stdout, JSON Lines, with every case and id.")
def check_command(
    transactions: Path, invoices: Path, options: Options, form: Form
) -> None:
    """Say what is wrong with the data, and what to do about it.

    TRANSACTIONS and INVOICES are those of `payymo match`. Looked for are numbers and
    references that do not tell invoices apart, accounts and names that do not tell
    customers apart, payments made twice, and rules that never fire. What is found does
    not change the exit code.
    """
    result = match_files(transactions, invoices, options).result
    with stage("looking for what is wrong"):
        findings = inspect(result)
    if form is Form.JSON:
        for finding in findings:
            print_json(finding_to_json(finding))
    else:
        _show(stdout(), result, findings)
    finish(result.rejected)


def _show(console: Console, result: MatchResult, findings: Sequence[Finding]) -> None:
    for finding in findings:
        head = f"{finding.severity}: {finding.code} ({len(finding.cases):,})"
        say(console, head, _STYLES[finding.severity])
        say(console, f"  {finding.says}")
        for case in finding.cases[:_MOST_CASES]:
            ids = ids_of(case)
            say(console, f"  - {case.says}" + (f" [{ids}]" if ids else ""))
        if len(finding.cases) > _MOST_CASES:
            left = len(finding.cases) - _MOST_CASES
            say(console, f"  - and {left:,} more; --json shows all of them")
        say(console, f"  What to do: {finding.advice}")
        say(console, "")
    found = counted(len(findings), "finding") if findings else "nothing found"
    transactions = counted(len(result), "transaction")
    invoices = counted(len(result.run.ledger.invoices), "invoice")
    say(console, f"{found} in {transactions} and {invoices}")
