import json
import shutil
from decimal import Decimal
from gzip import compress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

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


@pytest.mark.parametrize("name", ["batch.camt053.xml", "german.sta", "us_bank.csv"])
def test_a_statement_is_no_ledger_and_may_be_swapped_with_one(name):
    with pytest.raises(
        FileError, match="holds transactions: are the two files swapped"
    ):
        read_ledger(DATA / name)


@pytest.mark.parametrize("name", ["invoices.csv", "whmcs.json"])
def test_a_ledger_is_no_statement_and_may_be_swapped_with_one(name):
    with pytest.raises(FileError, match="holds invoices: are the two files swapped"):
        read_statement(DATA / name)


def test_json_lines_of_the_other_kind_are_swapped_and_not_all_rejected(tmp_path):
    file = tmp_path / "x"
    file.write_text(INVOICE)
    with pytest.raises(FileError, match="holds invoices: are the two files swapped"):
        read_statement(file)
    file.write_text(TRANSACTION)
    with pytest.raises(
        FileError, match="holds transactions: are the two files swapped"
    ):
        read_ledger(file)


def test_a_file_of_faulty_records_is_not_called_swapped(tmp_path):
    file = tmp_path / "x"
    file.write_text(TRANSACTION.replace('"1.00"', "1"))
    [record] = read_statement(file).records
    assert isinstance(record, Rejected)


@pytest.mark.parametrize("read", [read_statement, read_ledger])
def test_a_list_of_records_is_no_json_lines(tmp_path, read):
    file = tmp_path / "x"
    for record in (TRANSACTION, INVOICE):
        file.write_text(f"[{record}]")
        with pytest.raises(FileError, match="JSON Lines"):
            read(file)


def archive(path: Path, *names: str) -> None:
    with ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, "x")


def workbook(path: Path) -> None:
    archive(path, "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")


def spreadsheet(path: Path) -> None:
    with ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")


def old_workbook(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def compressed(path: Path) -> None:
    path.write_bytes(compress((DATA / "german_bank.csv").read_bytes()))


def printed(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n%\xe2\xe3\n")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (workbook, "an Excel workbook (XLSX): save it as CSV"),
        (spreadsheet, "a spreadsheet (ODS): save it as CSV"),
        (lambda path: archive(path, "bank.csv"), "a ZIP archive"),
        (old_workbook, "an Excel workbook (XLS): save it as CSV"),
        (compressed, "compressed by gzip"),
        (printed, "a PDF"),
        (
            lambda path: path.write_text("\ufeff\n<!doctype HTML><p>Log in"),
            "a web page",
        ),
        (lambda path: path.write_bytes(bytes(range(256)) * 9), "not text"),
    ],
)
@pytest.mark.parametrize("read", [read_statement, read_ledger])
def test_a_format_that_is_not_read_is_named_with_a_way_out(tmp_path, make, words, read):
    file = tmp_path / "bank.csv"
    make(file)
    with pytest.raises(FileError) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}: this is {words}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_text_in_any_encoding_is_text(tmp_path, encoding):
    file = tmp_path / "bank.csv"
    rows = "Date;Amount;Currency;Text\n2026-05-04;1,00;EUR;M\u00fcller \x00 \u20ac\n"
    file.write_text(rows, encoding=encoding)
    assert amounts(read_statement(file)) == [Decimal("1.00")]


def test_xml_of_another_kind_is_not_called_a_statement(tmp_path):
    file = tmp_path / "list.xml"
    file.write_text("<invoices><invoice/></invoices>")
    with pytest.raises(FileError, match=r"list.xml:1: XML, .* invoices are wanted"):
        read_ledger(file)


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
