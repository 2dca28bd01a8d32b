"""The reference script of the page, as a process of its own, against both fakes."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from payymo_adapters.exchange import read_transactions
from payymo_core.records import Transaction
from tests.fakes.banks import PRIVATE, Setting, enable_banking, gocardless

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "connect-a-bank.md"
GOCARDLESS = {"GOCARDLESS_SECRET_ID": "s-id", "GOCARDLESS_SECRET_KEY": "s-key"}
ENABLE = {"ENABLE_BANKING_APPLICATION": "app-1", "ENABLE_BANKING_KEY": PRIVATE}
COMMON = {
    "BANK": "Sandbox Finance",
    "COUNTRY": "DE",
    "SINCE": "2026-03-01",
    "NO_PROXY": "*",
}
Made = Callable[[], AbstractContextManager[Setting]]


def script() -> str:
    fence = re.compile(r"^```py file=connect.py\n(.*?)^```", re.MULTILINE | re.DOTALL)
    found = fence.search(PAGE.read_text("utf-8"))
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("made", "secrets"), [(gocardless, GOCARDLESS), (enable_banking, ENABLE)]
)
def test_the_script_connects_reads_and_writes(
    made: Made, secrets: dict[str, str], tmp_path: Path
) -> None:
    with made() as setting:
        for _ in range(2):
            setting.book("2026-03-02", "119.00", "INV-1", "")
        setting.book("2026-02-01", "7.00", "too old", "")
        code, printed = followed(setting, secrets, tmp_path)
    assert not code, printed
    assert re.search(r"Connected until 20\d\d-\d\d-\d\d\n", printed)
    assert "DE89370400440532013000: 2 booked, 0 pending" in printed
    records = read_transactions(tmp_path / "bank.jsonl")
    assert [r.remittance for r in records if isinstance(r, Transaction)] == [
        "INV-1"
    ] * 2
    for secret in (*secrets.values(), "t0ken"):
        assert secret == "app-1" or secret not in printed


def followed(
    setting: Setting, secrets: dict[str, str], folder: Path
) -> tuple[int, str]:
    """Run the script, and be the user whom it sends to the bank."""
    (folder / "connect.py").write_text(script(), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "connect.py"],
        cwd=folder,
        env={**os.environ, **COMMON, **secrets, "ORIGIN": setting.driver.site.origin},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout
        link = process.stdout.readline()
        held = re.search(r"https://\S+", link)
        assert held, link + process.stdout.read()
        query = setting.consent(next(iter(getattr(setting.fake, "requisitions", [""]))))
        back = f"http://127.0.0.1:8765/connected?{query}\n"
        printed, _ = process.communicate(back, timeout=60)
    return process.returncode, printed
