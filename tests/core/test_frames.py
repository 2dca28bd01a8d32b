"""Columns in and out: a frame of any kind says what the records say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from benchmarks.generate import make_world
from benchmarks.world import Regime
from payymo_adapters.spark import matched
from payymo_core import Matcher, MatchResult, Outcome, RecordError, match
from payymo_core.frames import (
    Frame,
    invoices_of,
    match_columns,
    transactions_of,
)

WORLD = make_world(Regime.AGENCY, 300, 5)
Columns = dict[str, list[object]]


def value_of(record: object, path: str) -> object:
    for name in path.split("."):
        if isinstance(record, Mapping):
            record = record.get(name)
        elif record is not None:
            record = getattr(record, name)
    return list(record) if isinstance(record, tuple) else record


def table(records: Sequence[object], *paths: str) -> Columns:
    return {path: [value_of(record, path) for record in records] for path in paths}


TRANSACTIONS = table(
    WORLD.transactions,
    *("id", "amount", "currency", "booking_date", "value_date", "status", "account"),
    *(
        "remittance",
        "creditor_reference",
        "end_to_end_id",
        "fee",
        "metadata.invoice_id",
    ),
    *("counterparty.name", "counterparty.iban", "counterparty.account"),
)
INVOICES = table(
    WORLD.invoices,
    *("id", "outstanding", "currency", "number", "total", "issue_date", "due_date"),
    *("status", "creditor_reference", "references.purchase_order", "customer.id"),
    *("customer.name", "customer.company", "customer.email", "customer.ibans"),
    "customer.accounts",
)
NO_MONEY: Columns = {"id": [], "amount": [], "currency": []}
NO_LEDGER: Columns = {"id": [], "outstanding": [], "currency": []}


def _arrays(columns: Columns) -> Frame:
    """Days as datetime64, the rest as objects."""
    return {
        name: np.array(values, "M8[D]" if name.endswith("date") else object)
        if not isinstance(values[0], list)
        else values
        for name, values in columns.items()
    }


def _texts(columns: Columns) -> Frame:
    """Amounts and days as texts, as a CSV reader brings them."""
    return {
        name: [None if v is None else str(v) for v in values]
        if name.endswith("date") or isinstance(values[0], Decimal)
        else values
        for name, values in columns.items()
    }


FRAMES: dict[str, Callable[[Columns], Frame]] = {
    "lists": dict,
    "arrays": _arrays,
    "texts": _texts,
    "pyarrow": pa.table,
    "polars": lambda columns: pl.DataFrame(
        {name: held for name, held in columns.items() if any(held)},
        infer_schema_length=None,
    ),
    "pandas": pd.DataFrame,
}


@pytest.mark.parametrize("framed", FRAMES.values(), ids=FRAMES)
def test_a_frame_says_what_the_records_say(framed):
    assert transactions_of(framed(TRANSACTIONS)) == list(WORLD.transactions)
    assert invoices_of(framed(INVOICES)) == list(WORLD.invoices)


def test_the_columns_that_come_out_are_those_of_the_matches():
    shuffled = WORLD.transactions[::-1]
    result = match(shuffled, WORLD.invoices)
    found = match_columns(
        table(shuffled, *TRANSACTIONS), table(WORLD.invoices, *INVOICES)
    )
    assert found.transaction.tolist() == [m.transaction for m in result]
    assert found.outcome.tolist() == [m.outcome for m in result]
    assert found.confidence.tolist() == [m.confidence for m in result]
    assert found.unapplied.tolist() == [m.unapplied for m in result]
    assert found.reasons.tolist() == [m.reasons for m in result]
    rows = zip(found.row, found.invoice, found.amount, strict=True)
    assert list(rows) == allocations(result)


def allocations(result: MatchResult) -> list[tuple[int, str, Decimal]]:
    return [
        (row, held.invoice, held.amount)
        for row, line in enumerate(result)
        for held in line.allocations
    ]


def test_nothing_comes_of_nothing():
    found = match_columns(NO_MONEY, NO_LEDGER)
    assert len(found.transaction) == len(found.row) == 0


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("id", None, "None is not a text"),
        ("amount", 9.5, "never a float"),
        ("amount", 9, "is a int"),
        ("amount", "nine", "a Decimal is wanted"),
        ("amount", "95,00", "in a column also its text with a point, as 1234.50"),
        ("amount", None, "a Decimal is wanted"),
        ("booking_date", "2026-02-30", "is not a date"),
        ("booking_date", datetime(2026, 2, 3, 9, 30), "is not a date"),  # noqa: DTZ001
        ("remittance", ["INV", "7"], "is not a text"),
        ("counterparty.name", ["Anna"], "is not a text"),
        ("metadata.order", 7, "not a mapping of texts"),
    ],
)
def test_a_bad_value_sets_its_row_aside_and_no_other(column, value, fault):
    plain = {"id": "t", "amount": Decimal("9.50"), "currency": "EUR"}
    columns = {name: [held, held] for name, held in plain.items()}
    columns["id"] = ["t1", "t2"]
    columns[column] = [value, columns.get(column, [None, None])[1]]
    found = match_columns(columns, NO_LEDGER)
    [refused] = found.rejected
    assert found.transaction.tolist() == ["t2"]
    assert fault in str(refused)


def test_a_customer_without_an_id_sets_its_invoice_aside():
    columns: Columns = {
        "id": ["i1", "i2", "i3"],
        "outstanding": ["1.00"] * 3,
        "currency": ["EUR"] * 3,
        "customer.id": [None, None, "c1"],
        "customer.name": ["Anna", None, "Boris"],
    }
    found = match_columns(NO_MONEY, columns)
    assert [refused.record_id for refused in found.rejected] == ["i1"]


def test_a_frame_that_arrow_cannot_pass_on_is_refused():
    """Polars exports a column of no type with a buffer too many."""
    untyped = pl.DataFrame({**NO_MONEY, "fee": []}).with_columns(pl.lit(None))
    with pytest.raises(RecordError, match="transactions: not readable through Arrow"):
        transactions_of(untyped)


def test_a_time_of_day_in_an_array_is_no_day():
    at = np.array(["2026-02-03T09:30", "2026-02-04T00:00"], "M8[m]")
    held: Frame = {
        "id": ["a", "b"],
        "amount": ["1", "2"],
        "currency": ["EUR"] * 2,
        "booking_date": at,
    }
    found = match_columns(held, NO_LEDGER)
    assert [refused.record_id for refused in found.rejected] == ["a"]
    assert found.transaction.tolist() == ["b"]


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        (table([], "id", "amount"), "transactions: there is no column 'currency'"),
        (TRANSACTIONS | {"note": []}, "transactions: unknown column 'note'"),
        (TRANSACTIONS | {"fee": [None]}, "transactions: columns differ in length"),
        (NO_MONEY | {"metadata.": []}, "transactions: unknown column 'metadata.'"),
    ],
)
def test_a_frame_of_other_columns_is_refused(columns, fault):
    with pytest.raises(RecordError, match=fault):
        match_columns(columns, INVOICES)


def test_frames_of_a_partition_are_matched_together():
    """As ``mapInPandas`` brings them: two batches, one answer."""
    matcher = Matcher(WORLD.invoices)
    cut = len(WORLD.transactions) // 3
    parts = [WORLD.transactions[:cut], WORLD.transactions[cut:]]
    frames = [pd.DataFrame(table(part, *TRANSACTIONS)) for part in parts]
    [found] = matched(iter(frames), matcher)
    result = matcher.match(WORLD.transactions)
    allotted = found[found["invoice"].notna()]
    assert allotted["invoice"].tolist() == [i for _, i, _ in allocations(result)]
    assert allotted["amount"].tolist() == [a for _, _, a in allocations(result)]
    once = found.drop_duplicates("transaction")
    assert once["transaction"].tolist() == [m.transaction for m in result]
    assert once["outcome"].tolist() == [str(m.outcome) for m in result]
    assert set(once["outcome"]) == set(Outcome)


def test_a_partition_without_frames_has_no_answer():
    assert list(matched(iter(()), Matcher(WORLD.invoices))) == []
