"""For whom a command prints, a person or a program; and days as they are typed."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum, unique
from typing import Any

import click


@unique
class Form(Enum):
    """What goes to stdout."""

    TEXT = "text"
    JSON = "json"


class _Day(click.DateTime):
    """A day; a wrong one is told what is wanted, not what a parser makes of it."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            found: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a day, as 2026-05-31.", param, ctx)
        return found


DAY = _Day(["%Y-%m-%d"])
"""A day, as ``2026-05-31``."""


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
