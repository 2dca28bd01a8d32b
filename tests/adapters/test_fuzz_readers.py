"""Whatever the bytes, a reader ends in records, rejected records or a FileError."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payymo_adapters import exchange
from payymo_adapters.errors import FileError
from payymo_adapters.files import CsvMapping, read_ledger, read_statement
from payymo_adapters.files.camt import read_camt
from payymo_adapters.files.csv import read_csv
from payymo_adapters.files.csv_ledger import read_csv_ledger
from payymo_adapters.files.mt940 import read_mt940
from payymo_adapters.files.whmcs import read_whmcs
from payymo_core.errors import Rejected
from payymo_core.money import to_minor
from payymo_core.records import Invoice, Transaction

DATA = Path(__file__).parent / "data"
LINES = b"""{"id": "t", "amount": "1.00", "currency": "EUR"}
{"id": "u", "amount": "-2.00", "currency": "EUR", "booking_date": "2026-01-31"}
"""
BILLS = b"""{"id": "i", "outstanding": "1.00", "currency": "EUR", "number": "R"}
"""
READERS = {
    "statement": read_statement,
    "ledger": read_ledger,
    "camt": read_camt,
    "mt940": read_mt940,
    "csv": read_csv,
    "csv ledger": read_csv_ledger,
    "whmcs": read_whmcs,
    "transactions": exchange.read_transactions,
    "invoices": exchange.read_invoices,
    "labels": exchange.read_labels,
    "truth": exchange.read_truth,
    "matches": exchange.read_matches,
}
SEEDS = {
    "camt": (DATA / "batch.camt053.xml").read_bytes(),
    "mt940": (DATA / "german.sta").read_bytes(),
    "csv": (DATA / "german_bank.csv").read_bytes(),
    "csv ledger": (DATA / "invoices.csv").read_bytes(),
    "whmcs": (DATA / "whmcs.json").read_bytes(),
    "transactions": LINES,
    "invoices": BILLS,
}
# What stands for much in one of the formats.
WORDS = b"""< > &x; ]]> :61: :86: " ; , . { } [ null 1e9999 NaN - 0000-00-00 XXX EUR
    9999999999999999 \\ud800 ?20 /REMI/ 260230 1.234 01/02/2026"""
BYTES = (b"\n", b"\r", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xc3", b"\xe2\x80\xa8")
TELLING = st.sampled_from([*WORDS.split(), *BYTES])
quick = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check(read: Any, file: Path) -> None:
    """Let a reader end in one of the ways it may."""
    found: Any = ()
    with suppress(FileError):
        found = read(file)
    for record in getattr(found, "records", found):
        if isinstance(record, Rejected):
            assert record.fault
            assert record.where.startswith(str(file))
        elif isinstance(record, Transaction):
            to_minor(record.amount, record.currency)
            assert record.id
        elif isinstance(record, Invoice):
            to_minor(record.outstanding, record.currency)
            assert record.id


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fuzzed"


@pytest.mark.parametrize("reader", READERS)
@quick
@given(data=st.binary(max_size=200) | st.lists(TELLING, max_size=30).map(b"".join))
def test_any_bytes_end_in_records_or_one_kind_of_error(
    file: Path, reader: str, data: bytes
) -> None:
    file.write_bytes(data)
    check(READERS[reader], file)


@st.composite
def spoilt(draw: st.DrawFn, data: bytes) -> bytes:
    """A file with a few of its bytes cut, doubled, overwritten or inserted."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 40)))
        new = draw(
            st.just(b"") | st.binary(max_size=4) | TELLING | st.just(data[at:to])
        )
        keep = draw(st.sampled_from([at, to]))
        data = data[:at] + new + data[keep:]
    return data


@pytest.mark.parametrize("reader", SEEDS)
@quick
@given(data=st.data())
def test_a_spoilt_file_ends_in_records_or_one_kind_of_error(
    file: Path, reader: str, data: st.DataObject
) -> None:
    file.write_bytes(data.draw(spoilt(SEEDS[reader])))
    for read in (READERS[reader], read_statement, read_ledger):
        check(read, file)


@quick
@given(
    text=st.text(max_size=60)
    | st.lists(TELLING).map(lambda p: b"".join(p).decode("latin-1"))
)
def test_any_text_is_a_mapping_or_one_kind_of_error(text: str) -> None:
    with suppress(FileError):
        assert isinstance(CsvMapping.from_toml(text), CsvMapping)
