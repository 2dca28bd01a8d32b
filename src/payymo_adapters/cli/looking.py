"""What ``payymo history`` and ``export`` show."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from attrs import frozen

from payymo_adapters.cli.forms import Form
from payymo_adapters.cli.happenings import happening_json, happening_told
from payymo_adapters.cli.outputs import write_page
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.terminal import say, stdout
from payymo_adapters.store.histories import history
from payymo_adapters.store.overview import Line, lines
from payymo_core.money import from_minor

_COLUMNS = (
    *("transaction", "booking_date", "currency", "amount", "state"),
    *("invoice", "decision", "decided_by", "reason"),
)
# What a spreadsheet takes for a formula, at the beginning of a text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@frozen
class Period:
    """Days, both included."""

    first: date
    last: date


def show_history(file: Path, record: str, form: Form) -> None:
    """Print everything that happened to a record.

    Raises:
        ConflictError: There is no such record.
    """
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        found = history(connection, settings.tenant, record)
    tell = happening_json if form is Form.JSON else happening_told
    for each in found:
        say(stdout(), tell(each))


def write_export(file: Path, period: Period, form: str, output: Path) -> None:
    """Write what became of a period's transactions, as CSV or JSON Lines."""
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        found = list(lines(connection, settings.tenant, period.first, period.last))
    pieces = map(_json, found) if form == "jsonl" else _csv(found)
    write_page(output, pieces)


def _row(line: Line) -> dict[str, str | int | None]:
    return {
        "transaction": line.transaction,
        "booking_date": line.day.isoformat() if line.day else None,
        "currency": line.currency,
        "amount": f"{from_minor(line.amount, line.currency):f}",
        "state": line.state,
        "invoice": line.invoice or None,
        "decision": line.decision,
        "decided_by": line.actor or None,
        "reason": line.reason or None,
    }


def _json(line: Line) -> str:
    said = {key: value for key, value in _row(line).items() if value is not None}
    return json.dumps(said, ensure_ascii=False) + "\n"


def _csv(found: Iterable[Line]) -> Iterator[str]:
    yield ",".join(_COLUMNS) + "\n"
    for line in found:
        stream = io.StringIO()
        row = [_cell(key, value) for key, value in _row(line).items()]
        csv.writer(stream, lineterminator="\n").writerow(row)
        yield stream.getvalue()


def _cell(key: str, value: str | int | None) -> str | int | None:
    """A cell that no spreadsheet takes for a formula."""
    if key != "amount" and isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
