"""The scenarios that other projects' tests hold, read where they lie."""

import json
from pathlib import Path
from typing import Any

import pytest

from payymo_adapters.exchange import read_invoices, read_transactions
from payymo_core import Outcome, match

SHARED = Path(__file__).resolve().parents[3] / "shared" / "scenarios.jsonl"


def rows() -> list[dict[str, Any]]:
    if not SHARED.exists():
        return []
    return [json.loads(line) for line in SHARED.read_text("utf-8").splitlines()]


@pytest.mark.skipif(not SHARED.exists(), reason="the shared scenarios are not here")
def test_the_shared_scenarios_are_all_read():
    assert len(rows()) >= 70


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_it_is_accepted(row, tmp_path):
    transactions = tmp_path / "transactions.jsonl"
    transactions.write_text("\n".join(map(json.dumps, row["transactions"])), "utf-8")
    invoices = tmp_path / "invoices.jsonl"
    invoices.write_text("\n".join(map(json.dumps, row["invoices"])), "utf-8")
    result = match(read_transactions(transactions), read_invoices(invoices))
    assert not result.rejected
    for expected in row["expected"]:
        line = result.of(expected["transaction"])
        assert line.outcome in expected["accept"]
        if line.outcome is Outcome.MATCH:
            held = {a.invoice for a in line.allocations}
            assert held == set(expected["invoices"])
