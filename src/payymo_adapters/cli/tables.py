"""Tables for a terminal: what was decided, and what it comes to."""

from collections.abc import Callable, Iterable, Mapping

from attrs import frozen
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
    return Text(printable(text), style=style)


def plain_table(*columns: str) -> Table:
    """Make a table with rules between the head and the rows only."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


@frozen
class _Cells:
    """What a row says of one transaction."""

    outcome: Text
    transaction: Text
    amount: Text
    payer: Text
    invoices: Text
    why: Text

    @classmethod
    def of(cls, result: MatchResult, match: Match) -> "_Cells":
        record = result.run.transactions.records[result.row_of(match.transaction)]
        group = group_of(match)
        day = record.booking_date or record.value_date
        shown = percent(match.confidence) if match.allocations else ""
        return cls(
            outcome=_lines(cell(match.outcome, STYLES[group]), cell(shown)),
            transaction=_lines(
                cell(day.isoformat() if day else ""), cell(record.id, "dim")
            ),
            amount=cell(amount(record.amount, record.currency)),
            payer=_lines(cell(payer_of(record)), cell(_start(texts_of(record)), "dim")),
            invoices=_lines(*_proposals(result, match)),
            why=cell(why(result, match)),
        )

    def in_six(self) -> tuple[Text, ...]:
        """A column each."""
        return (
            self.outcome,
            self.transaction,
            self.amount,
            self.payer,
            self.invoices,
            self.why,
        )

    def in_four(self) -> tuple[Text, ...]:
        """The amount above the transaction, the reason below the invoices."""
        return (
            self.outcome,
            _lines(self.amount, self.transaction),
            self.payer,
            _lines(self.invoices, self.why),
        )

    def in_two(self) -> tuple[Text, ...]:
        """What it is, and what becomes of it."""
        return (
            _lines(self.outcome, self.amount, self.transaction),
            _lines(self.payer, self.invoices, self.why),
        )


@frozen
class _Form:
    """How a row is shown.

    Attributes:
        columns: Name -> share of the width that is left; 0: what it needs, up to an id.
        cells: Makes them.
    """

    columns: Mapping[str, int]
    cells: Callable[[_Cells], tuple[Text, ...]]


_ID = 20
_MOST_TEXT = 600  # four lines of remittance, references and metadata
# Characters of a line from which it reads well -> form; the widest first.
_FORMS = {
    120: _Form(
        {
            "Outcome": 0,
            "Transaction": 0,
            "Amount": 0,
            "Payer and text": 4,
            "Invoices": 3,
            "Why": 4,
        },
        _Cells.in_six,
    ),
    72: _Form(
        {"Outcome": 0, "Transaction": 0, "Payer and text": 4, "Invoices and why": 5},
        _Cells.in_four,
    ),
    0: _Form({"Transaction": 0, "Payer, invoices and why": 1}, _Cells.in_two),
}


def _start(said: str) -> str:
    """As much of a text as a bank lets a payer write; what is longer is cut."""
    return said if len(said) <= _MOST_TEXT else f"{said[:_MOST_TEXT]} …"


def matches_table(result: MatchResult, matches: Iterable[Match], width: int) -> Table:
    """One row a transaction: what it is, what it pays, and why.

    Args:
        result: The run.
        matches: Those of it to show.
        width: Characters of a line; the fewer, the more the columns hold.
    """
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, expand=True)
    form = next(form for least, form in _FORMS.items() if width >= least)
    for name, share in form.columns.items():
        table.add_column(
            name,
            # An id that is cut off cannot be asked about: what is too long is folded.
            overflow="fold",
            justify="right" if name == "Amount" else "left",
            ratio=share or None,
            max_width=None if share else _ID,
        )
    for match in matches:
        table.add_row(*form.cells(_Cells.of(result, match)))
    return table


def _lines(*lines: Text) -> Text:
    return Text("\n").join(line for line in lines if line)


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
    table = plain_table("", "Count", "Money")
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
