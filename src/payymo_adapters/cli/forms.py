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
    # A plain flag and a callback: what click makes of a flag_value that is no string
    # has changed from release to release.
    return click.option("--json", "form", is_flag=True, callback=_form, help=words)


def _form(_context: click.Context, _option: click.Parameter, value: object) -> Form:
    return Form.JSON if value else Form.TEXT
