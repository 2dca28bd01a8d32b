"""``payymo rules``: what a ruleset says, in words or as TOML to start from."""

from enum import Enum, unique
from pathlib import Path

import click

from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.inputs import READABLE, load_ruleset
from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_adapters.cli.terminal import say, stdout, write_out
from payymo_core import describe_ruleset


@unique
class Wording(Enum):
    """How a ruleset is printed."""

    TOML = "toml"
    WORDS = "words"


def _wording(
    _context: click.Context, _option: click.Parameter, value: object
) -> Wording:
    return Wording.WORDS if value else Wording.TOML


@click.command("rules", epilog=EXIT_CODES)
@click.option("--ruleset", type=READABLE, metavar="TOML", help="Another than built in.")
@click.option(
    "--explain/--toml",
    "wording",
    default=False,
    callback=_wording,
    help="In words, or as commented TOML with every field.  [default: TOML]",
)
def rules_command(ruleset: Path | None, wording: Wording) -> None:
    """Print how records are compared: the ruleset that is built in, or one of yours.

    To start a ruleset of your own: payymo rules > ruleset.toml, change what you want,
    delete what you do not, and give it to `payymo match --ruleset ruleset.toml`.
    """
    rules = load_ruleset(ruleset)
    if wording is Wording.TOML:
        write_out(ruleset_to_toml(rules))
        return
    for line in describe_ruleset(rules):
        say(stdout(), line)
