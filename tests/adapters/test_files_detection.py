import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from payymo_adapters.errors import FileError
from payymo_adapters.files import (
    CsvMapping,
    Ledger,
    Statement,
    read_ledger,
    read_statement,
)
from payymo_core.errors import Rejected
from payymo_core.records import Transaction

DATA = Path(__file__).parent / "data"
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
TRANSACTION = '{"id": "t", "amount": "1.00", "currency": "EUR"}\n'
INVOICE = '{"id": "i", "outstanding": "1.00", "currency": "EUR"}\n'


def amounts(found: Statement | Ledger) -> list[Decimal]:
    """Amounts of the records that were not rejected."""
    return [
        record.amount if isinstance(record, Transaction) else record.outstanding
        for record in found.records
        if not isinstance(record, Rejected)
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("batch.camt053.xml", "camt.053"),
        ("german.sta", "MT940"),
        ("german_bank.csv", "CSV"),
        ("us_bank.csv", "CSV"),
    ],
)
def test_a_statement_is_told_by_its_content_whatever_its_name(tmp_path, name, words):
    disguised = tmp_path / "statement.dat"
    shutil.copy(DATA / name, disguised)
    found: Any = read_statement(disguised)
    assert found.format.startswith(words)
    assert found.records


@pytest.mark.parametrize(
    ("name", "words"), [("invoices.csv", "CSV"), ("whmcs.json", "WHMCS")]
)
def test_a_ledger_is_told_by_its_content_whatever_its_name(tmp_path, name, words):
    disguised = tmp_path / "ledger.dat"
    shutil.copy(DATA / name, disguised)
    found: Any = read_ledger(disguised)
    assert found.format.startswith(words)
    assert found.records


@pytest.mark.parametrize("start", ["", "\n", "\ufeff", "{broken\n"])
def test_json_lines_are_told_even_where_the_first_line_is_bad(tmp_path, start):
    file = tmp_path / "x"
    file.write_text(start + TRANSACTION)
    assert amounts(read_statement(file)) == [Decimal("1.00")]
    file.write_text(start + INVOICE)
    assert amounts(read_ledger(file)) == [Decimal("1.00")]


def test_whmcs_is_told_on_one_line_and_on_many(tmp_path):
    saved = json.loads((DATA / "whmcs.json").read_text())
    for indent in (None, 2):
        file = tmp_path / "x"
        file.write_text(json.dumps(saved, indent=indent))
        assert read_ledger(file).format.startswith("WHMCS")


def test_a_swift_envelope_is_told(tmp_path):
    file = tmp_path / "x"
    file.write_text("{1:F01X}{2:I940X}{4:\n" + (DATA / "german.sta").read_text() + "}")
    assert read_statement(file).format.startswith("MT940")


@pytest.mark.parametrize("content", ["", " \n\n", "\ufeff", "\ufeff\n"])
def test_an_empty_file_holds_no_records_and_a_note_says_so(tmp_path, content):
    file = tmp_path / "x"
    file.write_text(content, encoding="utf-8")
    statement, ledger = read_statement(file), read_ledger(file)
    assert (statement.records, statement.notes) == ((), ("holds no transactions",))
    assert (ledger.records, ledger.notes) == ((), ("holds no invoices",))
    assert statement.format == ledger.format == "an empty file"


@pytest.mark.parametrize(
    "content", ["Date;Amount;Currency\n", ":20:X\n:60F:C260301EUR0,\n:62F:C260301EUR0,"]
)
def test_a_statement_of_no_entries_has_a_note(tmp_path, content):
    file = tmp_path / "x"
    file.write_text(content)
    assert read_statement(file).notes == ("holds no transactions",)


@pytest.mark.parametrize("content", ["Invoice number;Total;Balance;Currency\n", "[]"])
def test_a_ledger_of_no_invoices_has_a_note(tmp_path, content):
    file = tmp_path / "x"
    file.write_text(content)
    assert read_ledger(file).notes == ("holds no invoices",)


@pytest.mark.parametrize("name", ["batch.camt053.xml", "german.sta"])
def test_a_statement_is_no_ledger(name):
    with pytest.raises(FileError, match="bank statement"):
        read_ledger(DATA / name)


def test_a_response_of_whmcs_is_no_statement():
    with pytest.raises(FileError, match="JSON, but"):
        read_statement(DATA / "whmcs.json")


def test_a_mapping_reaches_the_csv_reader(tmp_path):
    file = tmp_path / "x"
    file.write_text("when,much\n2026-01-01,1.5\n")
    columns = {"booking_date": ("when",), "amount": ("much",)}
    mapping = CsvMapping(columns=columns, currency="EUR")
    assert amounts(read_statement(file, mapping)) == [Decimal("1.5")]
    columns = {"number": ("when",), "outstanding": ("much",)}
    mapping = CsvMapping(columns=columns, currency="EUR")
    assert amounts(read_ledger(file, mapping)) == [Decimal("1.5")]


@pytest.mark.parametrize("name", ["batch.camt053.xml", "german.sta"])
def test_a_mapping_of_columns_for_what_has_none_is_noted(name):
    with_it = read_statement(DATA / name, CsvMapping(currency="EUR"))
    without = read_statement(DATA / name)
    assert with_it.records == without.records
    assert with_it.notes == (
        *without.notes,
        "the mapping of columns is not used: this file is not CSV",
    )


samples = [
    path
    for folder in ("camt", "mt940")
    for path in sorted((SAMPLES / folder).glob("*"))
    if path.suffix in (".xml", ".sta")
]


@pytest.mark.skipif(not samples, reason="shared files are not here")
@pytest.mark.parametrize("sample", samples, ids=lambda path: path.name)
def test_every_shared_statement_is_read_and_each_rejected_entry_has_its_place(sample):
    # None of them is refused as a whole; a FileError would fail this.
    for record in read_statement(sample).records:
        assert not isinstance(record, Rejected) or record.where.startswith(str(sample))
