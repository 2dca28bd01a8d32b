"""The statements whose reading is measured are statements."""

import pytest

from benchmarks.reading import FORMATS, write
from payymo_adapters.files import read_statement
from payymo_core.records import Transaction


@pytest.mark.parametrize(
    ("name", "format_"), [("camt", "camt.053"), ("mt940", "MT940")]
)
def test_a_statement_written_is_read_whole(tmp_path, name, format_):
    path = tmp_path / "statement"
    write(path, FORMATS[name], 50_000)
    found = read_statement(path)
    assert found.format.startswith(format_)
    assert len(found.records) > 90
    assert all(isinstance(record, Transaction) for record in found.records)
    assert 50_000 <= path.stat().st_size < 52_000
