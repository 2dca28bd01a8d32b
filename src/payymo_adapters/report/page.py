"""The report: one self-contained HTML page."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from payymo_adapters.atomic import write_atomically
from payymo_core import MatchResult


@frozen(kw_only=True)
class Source:
    """A file that went into the run.

    Attributes:
        name: As the user named it.
        format: What it was found to be, in words.
        notes: What its reader has to say.
    """

    name: str
    format: str
    notes: tuple[str, ...] = ()


def write_report(result: MatchResult, path: Path, sources: Sequence[Source]) -> None:
    write_atomically(path, ["TODO"])
