"""How things stand, as ``payymo status`` says it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict
from sqlalchemy import Connection

from payymo_adapters.cli.events import aside_told
from payymo_adapters.cli.forms import Form
from payymo_adapters.cli.missing import Missing
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.sourcing import source_lines, source_name
from payymo_adapters.cli.telling import posting_told, waiting_told
from payymo_adapters.cli.terminal import say, stdout
from payymo_adapters.files.texts import counted
from payymo_adapters.run_settings import RunSettings
from payymo_adapters.store.four_eyes import waiting_for_second
from payymo_adapters.store.outbox import Outbox, outbox
from payymo_adapters.store.overview import (
    Sums,
    doubts,
    open_postings,
    proposals,
    sources,
    sums,
    unexplained,
)
from payymo_adapters.store.rejections import rejected_rows
from payymo_adapters.store.rests import rests
from payymo_core.money import from_minor


def show_status(file: Path, form: Form) -> None:
    """Print how things stand."""
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        rows = rejected_rows(connection, settings.tenant)
        missing = Missing.of(rows, settings, file.parent)
        if form is Form.JSON:
            said = standing(connection, settings.tenant, missing)
            texts = [json.dumps(said, ensure_ascii=False)]
        else:
            texts = list(_told(connection, settings, missing)) or [
                "nothing was read yet"
            ]
    for text in texts:
        say(stdout(), text)


def _told(
    connection: Connection, settings: RunSettings, missing: Missing
) -> Iterator[str]:
    tenant = settings.tenant
    yield from source_lines(connection, settings)
    yield from missing.told()
    yield from map(_money, sums(connection, tenant))
    yield from _proposals(proposals(connection, tenant))
    yield from _rests(rests(connection, tenant))
    yield from _unexplained(unexplained(connection, tenant))
    yield from map(_doubt, doubts(connection, tenant))
    yield from map(waiting_told, waiting_for_second(connection, tenant))
    yield from map(posting_told, open_postings(connection, tenant))
    yield from _events(outbox(connection, tenant))


def standing(
    connection: Connection, tenant: str, missing: Missing
) -> dict[str, object]:
    """How things stand, as JSON takes it."""
    told = outbox(connection, tenant)
    return {
        "sources": [_source(row) for row in sources(connection, tenant)],
        "rejected": missing.objects(),
        "money": [_sums(each) for each in sums(connection, tenant)],
        "proposals": proposals(connection, tenant),
        "rests": [
            {
                "decision": row.id,
                "transaction": row.transaction_id,
                **_amount(row.left, row.currency),
            }
            for row in rests(connection, tenant)
        ],
        "unexplained": list(unexplained(connection, tenant)),
        "doubts": [
            {
                "decision": row.id,
                "transaction": row.transaction_id,
                "reason": row.reason,
            }
            for row in doubts(connection, tenant)
        ],
        "seconds": [_second(row) for row in waiting_for_second(connection, tenant)],
        "postings": [_posting(row) for row in open_postings(connection, tenant)],
        "events": told and asdict(told),
    }


def _money(each: Sums) -> str:
    gross, allocated, returning, waiting, aside = (
        f"{from_minor(minor, each.currency):,}"
        for minor in (
            *(each.gross, each.allocated, each.returning),
            *(each.waiting, each.aside),
        )
    )
    back = f", {returning} is being taken back" if each.returning else ""
    put = f", {aside} is put aside" if each.aside else ""
    count = counted(each.transactions, "transaction")
    return (
        f"{each.currency}: {gross} came in {count}; {allocated} is allocated{back}, "
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


def _doubt(row: Any) -> str:
    return (
        f"in doubt, and put aside by decision {row.id}: "
        f"{row.transaction_id} {row.reason}"
    )


def _events(found: Outbox | None) -> Iterator[str]:
    if found is None:
        return
    fault = f"; not all arrived: {found.fault}" if found.fault else ""
    count = counted(found.waiting, "event")
    yield f"webhook: {count} to be delivered{fault}{aside_told(found.aside)}"


def _amount(minor: int, currency: str) -> dict[str, str]:
    return {"amount": f"{from_minor(minor, currency):f}", "currency": currency}


def _source(row: Any) -> dict[str, object]:
    return {
        "name": source_name(row.id),
        "read_at": row.changed_at.isoformat(),
        "fault": row.fault,
        "consent_until": row.expires_at and row.expires_at.isoformat(),
    }


def _sums(each: Sums) -> dict[str, object]:
    amounts = {
        "came_in": each.gross,
        "allocated": each.allocated,
        "being_taken_back": each.returning,
        "waiting": each.waiting,
        "put_aside": each.aside,
    }
    return {
        "currency": each.currency,
        "transactions": each.transactions,
        **{k: f"{from_minor(v, each.currency):f}" for k, v in amounts.items()},
    }


def _second(row: Any) -> dict[str, object]:
    return {
        "decision": row.id,
        "transaction": row.transaction_id,
        "confirmed_by": row.actor,
        **_amount(int(row.total), row.currency),
    }


def _posting(row: Any) -> dict[str, object]:
    return {
        "posting": row.id,
        "decision": row.decision_id,
        "kind": row.kind,
        "state": row.state,
        "invoice": row.invoice_id,
        **_amount(row.amount, row.currency),
        "fault": row.fault,
        "ruled_by": row.ruled_by,
    }
