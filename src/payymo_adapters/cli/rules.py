"""``payymo rules``: what a ruleset says, in words or as TOML to start from."""

from enum import Enum, unique
from pathlib import Path

import click

from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.inputs import READABLE, load_ruleset
from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_adapters.cli.terminal import say, stdout
from payymo_core import describe_ruleset


@unique
class Wording(Enum):
    """How a ruleset is printed."""

    TOML = "toml"
    WORDS = "words"


@click.command("rules", epilog=EXIT_CODES)
@click.option("--ruleset", type=READABLE, metavar="TOML", help="Another than built in.")
@click.option(
    "--explain",
    "wording",
    type=click.UNPROCESSED,
    flag_value=Wording.WORDS,
    help="In words.",
)
@click.option(
    "--toml",
    "wording",
    type=click.UNPROCESSED,
    flag_value=Wording.TOML,
    default=Wording.TOML,
    help="As commented TOML, every field there.  [default]",
)
def rules_command(ruleset: Path | None, wording: Wording) -> None:
    """Print how records are compared: the ruleset that is built in, or one of yours.

    To start a ruleset of your own: payymo rules > ruleset.toml, change what you want,
    delete what you do not, and give it to `payymo match --ruleset ruleset.toml`.
    """
    rules = load_ruleset(ruleset)
    if wording is Wording.TOML:
        click.echo(ruleset_to_toml(rules).encode(), nl=False)
        return
    for line in describe_ruleset(rules):
        say(stdout(), line)
