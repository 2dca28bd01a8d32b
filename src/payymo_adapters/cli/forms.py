"""For whom a command prints: a person or a program."""

from collections.abc import Callable
from enum import Enum, unique
from typing import Any

import click


@unique
class Form(Enum):
    """What goes to stdout."""

    TEXT = "text"
    JSON = "json"


def json_option(words: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command ``--json``, as its ``form``.

    Args:
        words: What the help says of it.
    """
    return click.option(
        "--json",
        "form",
        type=click.UNPROCESSED,
        flag_value=Form.JSON,
        default=Form.TEXT,
        help=words,
    )
