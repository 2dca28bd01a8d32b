"""Readers of statement and ledger files; they need the extra ``payymo[files]``."""

from payymo_adapters.files.csv_format import CsvFormat, CsvMapping
from payymo_adapters.files.detection import read_ledger, read_statement
from payymo_adapters.files.statement import Ledger, Statement

__all__ = [
    "CsvFormat",
    "CsvMapping",
    "Ledger",
    "Statement",
    "read_ledger",
    "read_statement",
]
