"""Tables for a terminal: what was decided, and what it comes to."""

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from payymo_adapters.cli.terminal import printable
from payymo_adapters.report.figures import Figures, Group, group_of
from payymo_adapters.report.wording import (
    GROUPS,
    amount,
    amounts,
    name_of,
    payer_of,
    percent,
    texts_of,
    why,
)
from payymo_core import Allocation, Match, MatchResult, Outcome

STYLES = {
    Group.MATCH: "green",
    Group.REVIEW: "yellow",
    Group.NONE: "",
    Group.OUTGOING: "dim",
    Group.PENDING: "dim",
}
"""Colour of each group."""
_MOST_RIVALS = 2


def cell(text: str, style: str = "") -> Text:
    """Make a cell of a text that may hold anything."""
    return Text(printable(text), style=style, overflow="ellipsis")


def plain_table(*columns: str) -> Table:
    """Make a table with rules between the head and the rows only."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in columns:
        table.add_column(name)
    return table


def matches_table(result: MatchResult, matches: Iterable[Match]) -> Table:
    """One row a transaction: what it is, what it pays, and why."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("Outcome", no_wrap=True)
    table.add_column("Transaction", no_wrap=True, overflow="ellipsis", max_width=22)
    table.add_column("Amount", justify="right", no_wrap=True)
    table.add_column("Payer and text", no_wrap=True, overflow="ellipsis", ratio=3)
    table.add_column("Invoices", overflow="fold", min_width=14, ratio=2)
    table.add_column("Why", ratio=3)
    for match in matches:
        table.add_row(*_cells(result, match))
    return table


def _cells(result: MatchResult, match: Match) -> Iterable[Text]:
    record = result.run.transactions.records[result.row_of(match.transaction)]
    group = group_of(match)
    style = STYLES[group]
    day = record.booking_date or record.value_date
    shown = percent(match.confidence) if match.allocations else ""
    yield _lines(cell(group, style), cell(shown))
    yield _lines(cell(day.isoformat() if day else ""), cell(record.id, "dim"))
    yield cell(amount(record.amount, record.currency))
    yield _lines(cell(payer_of(record)), cell(texts_of(record), "dim"))
    yield _lines(*_proposals(result, match))
    yield cell(why(match), "" if match.outcome is not Outcome.NONE else "dim")


def _lines(*lines: Text) -> Text:
    return Text("\n").join(lines)


def _proposals(result: MatchResult, match: Match) -> Iterable[Text]:
    if match.allocations:
        yield cell(_named(result, match.allocations))
    for rival in match.alternatives[:_MOST_RIVALS]:
        if match.outcome is Outcome.REVIEW:
            named = _named(result, rival.allocations)
            yield cell(f"or {named} ({percent(rival.confidence)})", "dim")


def _named(result: MatchResult, allocations: Iterable[Allocation]) -> str:
    records = result.run.ledger.invoices.records
    return " + ".join(name_of(records[result.place_of(a.invoice)]) for a in allocations)


def figures_table(figures: Figures) -> Table:
    """Count and money of each group."""
    table = plain_table("", "Transactions", "Money")
    table.columns[1].justify = "right"
    for figure in figures.groups:
        if figure.count:
            name = cell(GROUPS[figure.group], STYLES[figure.group])
            table.add_row(name, cell(f"{figure.count:,}"), cell(amounts(figure.money)))
    return table


_BAR = 12


def bar(share: float) -> str:
    """Draw a share in [0, 1].

    >>> bar(0.5)
    '██████'
    """
    return "█" * round(share * _BAR)


def signed_bar(value: float, largest: float) -> Text:
    """Draw a number to the left or to the right of zero.

    Args:
        value: In the unit of ``largest``.
        largest: What fills one side.
    """
    length = round(abs(value) / largest * _BAR) if largest else 0
    left, right = ("█" * length, "") if value < 0 else ("", "█" * length)
    return Text.assemble(
        (left.rjust(_BAR), "red"), ("│", "dim"), (right.ljust(_BAR), "green")
    )
