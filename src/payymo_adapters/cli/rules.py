"""``payymo rules``: what a ruleset says, in words or as TOML to start from."""

from pathlib import Path

import click

from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.inputs import READABLE, load_ruleset
from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_adapters.cli.terminal import say, stdout, write_out
from payymo_core.wording import describe_ruleset


@click.command("rules", epilog=EXIT_CODES)
@click.option("--ruleset", type=READABLE, metavar="TOML", help="Another than built in.")
@click.option("--explain", is_flag=True, help="In words.")
@click.option(
    "--toml", is_flag=True, help="As commented TOML with every field; the default."
)
def rules_command(ruleset: Path | None, *, explain: bool, toml: bool) -> None:
    """Print how records are compared: the ruleset that is built in, or one of yours.

    To start a ruleset of your own: payymo rules > ruleset.toml, change what you want,
    delete what you do not, and give it to `payymo match --ruleset ruleset.toml`.
    """
    if explain and toml:
        msg = "--explain and --toml exclude each other."
        raise click.UsageError(msg)
    rules = load_ruleset(ruleset)
    if not explain:
        write_out(ruleset_to_toml(rules))
        return
    for line in describe_ruleset(rules):
        say(stdout(), line)
