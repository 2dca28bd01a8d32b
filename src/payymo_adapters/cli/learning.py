"""``payymo learn``: from reviewers' verdicts to a ruleset that knows them."""

from pathlib import Path

import click

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
from payymo_adapters.cli.terminal import say, stage, stderr, stdout
from payymo_adapters.exchange import read_labels
from payymo_adapters.files.texts import counted
from payymo_core.feedback import label_faults, learn
from payymo_core.wording import describe_learnt


@click.command("learn", epilog=EXIT_CODES)
@click.argument("transactions", type=READABLE)
@click.argument("invoices", type=READABLE)
@click.argument("labels", type=READABLE)
@matching_options
@click.option(
    "-o",
    "--output",
    type=WRITABLE,
    required=True,
    help="Write the ruleset, TOML; - is stdout.",
)
def learn_command(
    transactions: Path, invoices: Path, labels: Path, options: Options, output: Path
) -> None:
    """Learn from reviewers' verdicts, for the next `payymo match --ruleset`.

    TRANSACTIONS and INVOICES are the files that were matched, as they were then. LABELS
    is JSON Lines, one {"transaction": id, "invoices": [ids], "verdict": "confirm" or
    "reject"} a line. They are the whole truth: what the ruleset has learnt before is
    dropped, and to unlearn a label is to leave it out.
    """
    outputs = [] if output == STDOUT else [output]
    refuse_overwriting(outputs, (transactions, invoices, labels, *options.files()))
    rules = load_ruleset(options.ruleset)
    verdicts = read_labels(labels)
    statement, ledger = read_files(transactions, invoices, options)
    faults = label_faults(statement.records, ledger.records, verdicts)
    with stage(f"learning from {counted(len(verdicts), 'label')}"):
        learnt = learn(statement.records, ledger.records, verdicts, rules)
    write_page(output, [ruleset_to_toml(learnt)])
    console = stdout() if outputs else stderr()
    for line in describe_learnt(learnt):
        say(console, line)
    for path in outputs:
        say(console, f"written: {path}")
    finish(faults)
