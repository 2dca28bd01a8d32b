"""What ``payymo status``, ``history`` and ``export`` show."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from attrs import frozen

from payymo_adapters.cli.events import aside_told
from payymo_adapters.cli.outputs import write_page
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.sourcing import source_lines
from payymo_adapters.cli.telling import posting_told, waiting_told
from payymo_adapters.cli.terminal import say, stdout
from payymo_adapters.files.texts import counted
from payymo_adapters.store.four_eyes import waiting_for_second
from payymo_adapters.store.histories import history
from payymo_adapters.store.outbox import Outbox, outbox
from payymo_adapters.store.overview import (
    Line,
    doubts,
    lines,
    open_postings,
    proposals,
    sums,
    unexplained,
)
from payymo_adapters.store.rests import rests
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


def show_status(file: Path) -> None:
    """Print how things stand."""
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        texts = [
            *source_lines(connection, settings),
            *_money(sums(connection, settings.tenant)),
            *_proposals(proposals(connection, settings.tenant)),
            *_rests(rests(connection, settings.tenant)),
            *_unexplained(unexplained(connection, settings.tenant)),
            *_doubts(doubts(connection, settings.tenant)),
            *map(waiting_told, waiting_for_second(connection, settings.tenant)),
            *map(posting_told, open_postings(connection, settings.tenant)),
            *_events(outbox(connection, settings.tenant)),
        ]
    for text in texts or ["nothing was read yet"]:
        say(stdout(), text)


def _money(found: Iterable[Any]) -> Iterator[str]:
    for each in found:
        gross, allocated, waiting, aside = (
            f"{from_minor(minor, each.currency):,}"
            for minor in (each.gross, each.allocated, each.waiting, each.aside)
        )
        put = f", {aside} is put aside" if each.aside else ""
        count = counted(each.transactions, "transaction")
        yield (
            f"{each.currency}: {gross} came in {count}; {allocated} is matched, "
            f"{waiting} waits{put}"
        )


def _proposals(found: dict[str, int]) -> Iterator[str]:
    for outcome in sorted(found):
        count = counted(found[outcome], f"{outcome} proposal")
        yield f"{count} to be decided: payymo review"


def _rests(rows: Sequence[Any]) -> Iterator[str]:
    if rows:
        yield f"{counted(len(rows), 'payment')} with money left: payymo review --rest"


def _unexplained(rows: Sequence[str]) -> Iterator[str]:
    if rows:
        found = counted(len(rows), "transaction")
        yield f"{found} without a proposal: payymo review --rest"


def _doubts(rows: Iterable[Any]) -> Iterator[str]:
    for row in rows:
        yield (
            f"in doubt, and put aside by decision {row.id}: "
            f"{row.transaction_id} {row.reason}"
        )


def _events(found: Outbox | None) -> Iterator[str]:
    if found is None:
        return
    fault = f"; not all arrived: {found.fault}" if found.fault else ""
    count = counted(found.waiting, "event")
    yield f"webhook: {count} to be delivered{fault}{aside_told(found.aside)}"


def show_history(file: Path, record: str) -> None:
    """Print everything that happened to a record.

    Raises:
        ConflictError: There is no such record.
    """
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        found = history(connection, settings.tenant, record)
    for each in found:
        who = f" by {each.actor}" if each.actor else ""
        say(stdout(), f"{each.at:%Y-%m-%d %H:%M} {each.action}{who}: {each.said}")


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
