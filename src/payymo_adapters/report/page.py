"""The report: one self-contained HTML page that asks no network for anything."""

import json
from collections.abc import Iterator, Sequence
from os import PathLike

from attrs import asdict, frozen

from payymo_adapters.atomic import write_atomically
from payymo_adapters.report.findings import finding_rows
from payymo_adapters.report.rows import transaction_rows
from payymo_adapters.report.shell import asset, head
from payymo_adapters.report.wording import GROUPS, passed_over
from payymo_core import MatchResult, Reason, inspect
from payymo_core.wording import reason_in_words


@frozen(kw_only=True)
class Source:
    """A file that went into the run.

    Attributes:
        name: As the user named it.
        format: What it was found to be, in words.
        columns: Of a CSV file, the use and the header of each.
        notes: What its reader has to say.
    """

    name: str
    format: str
    columns: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def write_report(
    result: MatchResult, path: str | PathLike[str], sources: Sequence[Source]
) -> None:
    """Write the page, whole or not at all.

    Args:
        result: The run.
        path: Where to.
        sources: The files it was made of.

    Raises:
        OSError: The place cannot be written to.
    """
    write_atomically(path, render(result, sources))


def render(result: MatchResult, sources: Sequence[Source]) -> Iterator[str]:
    """Make the page, in pieces.

    Everything that came from a file is data inside a JSON block, never markup, and the
    script makes text nodes of it.
    """
    style, script, body = map(asset, ("page.css", "page.js", "page.html"))
    yield head("Payymo report", style, script)
    yield body
    yield '<script type="application/json" id="run">\n{"about":'
    yield _json(_about(result, sources))
    yield ',\n"transactions":['
    for place, row in enumerate(transaction_rows(result)):
        yield (",\n" if place else "\n") + _json(row)
    yield f"]}}\n</script>\n<script>{script}</script>\n</body>\n</html>\n"


def _about(result: MatchResult, sources: Sequence[Source]) -> dict[str, object]:
    return {
        "sources": [asdict(source) for source in sources],
        "notes": passed_over(result.capped),
        "rejected": [str(record) for record in result.rejected],
        "findings": finding_rows(inspect(result)),
        "groups": {str(group): words for group, words in GROUPS.items()},
        "reasons": {str(reason): reason_in_words(reason) for reason in Reason},
        "invoices": len(result.run.ledger.invoices.records),
    }


def _json(value: object) -> str:
    # No text may end the block it stands in, nor begin a comment in it.
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
