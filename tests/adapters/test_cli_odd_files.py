"""``payymo match`` on files as they come: records or a clear message, never worse."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.demo import INVOICES, STATEMENT, copy_files

LEDGER = (
    '{"id": "i1", "number": "INV-4711", "outstanding": "9.00", "currency": "EUR"}\n'
)
PAID = {"id": "t1", "amount": "9.00", "currency": "EUR", "remittance": "INV-4711"}
TWENTY = (
    *("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK"),
    *("HUF", "RON", "TRY", "AUD", "CAD", "NZD", "KWD", "BHD", "INR", "ZAR"),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "open.jsonl"
    file.write_text(LEDGER)
    return file


def run(*arguments: object) -> Result:
    ran = CliRunner().invoke(main, ["match", *map(str, arguments)])
    assert ran.exit_code in (0, 1, 2), ran.output
    assert "Traceback" not in ran.output
    return ran


def rows(*given: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in given).encode()


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b"", "holds no transactions"),
        (b"\xef\xbb\xbf", "holds no transactions"),
        (b" \r\n\r\n", "holds no transactions"),
        (b"[]", "JSON, but not one transaction on each line"),
        (bytes(range(256)) * 20, "this is not text"),
        (b"<html><body>Log in</body></html>", "this is a web page"),
        (b"<Document>", "odd:1: not well-formed XML"),
        (b"hello\nthere\n", "A mapping can name the columns"),
        (b"[" * 100_000, "odd:1: JSON, but not"),
        (rows({**PAID, "amount": "1" * 5_000}), "odd:1: record 't1': amount"),
        (rows({**PAID, "currency": "XXY"}), "odd:1: record 't1': currency"),
    ],
)
def test_what_cannot_be_matched_is_said_of_the_file(
    tmp_path: Path, ledger: Path, held: bytes, said: str
) -> None:
    file = tmp_path / "odd"
    file.write_bytes(held)
    ran = run(file, ledger)
    words = " ".join((ran.stdout + ran.stderr).split())
    assert str(file) in words
    assert said in words


def test_a_directory_is_no_file(tmp_path: Path, ledger: Path) -> None:
    ran = run(tmp_path, ledger)
    assert ran.exit_code == 2
    assert "is a directory" in ran.stderr


def with_mark(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def with_crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The matches of the demo."""
    folder = tmp_path_factory.mktemp("month")
    copy_files(folder)
    return run(folder / STATEMENT, folder / INVOICES, "--json").stdout


@pytest.mark.parametrize(
    "saved_again", [with_mark, with_crlf, lambda data: with_mark(with_crlf(data))]
)
def test_how_a_file_was_saved_changes_nothing(
    tmp_path: Path, month: str, saved_again: Callable[[bytes], bytes]
) -> None:
    copy_files(tmp_path)
    bank, invoices = tmp_path / STATEMENT, tmp_path / INVOICES
    assert month.count('"match"') > 300
    bank.write_bytes(saved_again(bank.read_bytes()))
    invoices.write_bytes(
        saved_again(invoices.read_bytes().removeprefix(with_mark(b"")))
    )
    assert run(bank, invoices, "--json").stdout == month


def test_twenty_currencies_are_matched_each_with_its_own(tmp_path: Path) -> None:
    bank, invoices = tmp_path / "bank.jsonl", tmp_path / "open.jsonl"
    bank.write_bytes(
        rows(*({**PAID, "id": f"t{c}", "currency": c, "amount": "9"} for c in TWENTY))
    )
    owed = {"number": "INV-4711", "outstanding": "9"}
    invoices.write_bytes(
        rows(*({**owed, "id": f"i{c}", "currency": c} for c in TWENTY))
    )
    found = map(json.loads, run(bank, invoices, "--json").stdout.splitlines())
    paid = {
        row["transaction"]: [one["invoice"] for one in row["allocations"]]
        for row in found
    }
    assert paid == {f"t{c}": [f"i{c}"] for c in TWENTY}
    summary = run(bank, invoices).stdout
    assert "9.000 KWD" in summary
    assert "9 JPY" in summary


def test_a_hundred_thousand_characters_of_text_are_read(
    tmp_path: Path, ledger: Path
) -> None:
    bank = tmp_path / "bank.jsonl"
    text = "INV-4711 " + "x y " * 25_000
    bank.write_bytes(rows({**PAID, "remittance": text}))
    ran = run(bank, ledger, "--report", tmp_path / "report.html")
    assert ran.exit_code == 0
    shown = run(bank, ledger).stdout
    assert "INV-4711" in shown
    assert "…" in shown
    assert len(shown) < 20_000
