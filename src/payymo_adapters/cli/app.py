"""The ``payymo`` command and its subcommands."""

import click

from payymo_adapters.cli.accounts import accounts_command
from payymo_adapters.cli.applying import apply_command
from payymo_adapters.cli.connecting import connect_command
from payymo_adapters.cli.daily import (
    export_command,
    history_command,
    review_command,
    run_command,
    status_command,
)
from payymo_adapters.cli.database import audit_command, db_command
from payymo_adapters.cli.demo import demo_command
from payymo_adapters.cli.doctor import doctor_command
from payymo_adapters.cli.evaluation import evaluate_command
from payymo_adapters.cli.explanation import explain_command
from payymo_adapters.cli.failures import CONNECTED_EXIT_CODES, Group
from payymo_adapters.cli.fetching import fetch_command
from payymo_adapters.cli.inspection import check_command
from payymo_adapters.cli.invoices import invoices_command
from payymo_adapters.cli.learning import learn_command
from payymo_adapters.cli.matching import match_command
from payymo_adapters.cli.outgoing import events_command
from payymo_adapters.cli.rules import rules_command
from payymo_adapters.cli.rulesets import ruleset_command
from payymo_adapters.cli.starting import init_command
from payymo_adapters.cli.tuning import tune_command
from payymo_adapters.cli.verdicts import decide_command


@click.group(
    cls=Group,
    epilog=CONNECTED_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="payymo")
def main() -> None:
    """Say which payment pays which invoice, how sure and why."""


for command in (
    match_command,
    check_command,
    evaluate_command,
    explain_command,
    learn_command,
    tune_command,
    rules_command,
    invoices_command,
    apply_command,
    demo_command,
    connect_command,
    accounts_command,
    fetch_command,
    doctor_command,
    init_command,
    run_command,
    status_command,
    review_command,
    decide_command,
    ruleset_command,
    history_command,
    export_command,
    events_command,
    db_command,
    audit_command,
):
    main.add_command(command)
