"""``payymo rules``: what a ruleset says, in words or as TOML to start from."""

from pathlib import Path

import click

from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.inputs import READABLE, load_ruleset
from payymo_adapters.cli.terminal import say, stdout
