"""Imports run one way, and the check of it can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINT = Path(sys.executable).with_name("lint-imports")

BREACHES = [
    ("payymo_core/allocation.py", "import payymo_adapters.exchange"),
    ("payymo_core/money.py", "import logging"),
    ("payymo_core/keys.py", "import random"),
    ("payymo_core/records.py", "from pathlib import Path"),
    ("payymo_core/rules.py", "import time"),
    ("payymo_core/spans.py", "import os"),
    ("payymo_core/blocking.py", "from payymo_core.decision import decide"),
    ("payymo_adapters/whmcs/flows.py", "import httpx"),
    ("payymo_adapters/whmcs/wire.py", "import logging"),
    ("payymo_adapters/whmcs/mapping.py", "from pathlib import Path"),
    ("payymo_adapters/http_rules.py", "import time"),
    ("payymo_adapters/files/whmcs.py", "import payymo_adapters.httpx_driver"),
    ("payymo_adapters/stripe/flows.py", "import httpx"),
    ("payymo_adapters/stripe/webhook.py", "import time"),
    ("payymo_adapters/consent.py", "import secrets"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        capture_output=True,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src")},
        text=True,
    )


def copied(folder: Path) -> Path:
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", folder / "src", ignore=unwanted)
    return folder


def test_the_contracts_are_kept(tmp_path):
    done = lint(copied(tmp_path))
    assert not done.returncode, done.stdout


@pytest.fixture(scope="module")
def breached(tmp_path_factory) -> str:
    """What is said of a copy that breaks them all."""
    folder = copied(tmp_path_factory.mktemp("breached"))
    for module, line in BREACHES:
        with (folder / "src" / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    done = lint(folder)
    assert done.returncode
    return done.stdout


@pytest.mark.parametrize(
    ("module", "line"), BREACHES, ids=[line for _, line in BREACHES]
)
def test_a_breach_is_seen(module, line, breached):
    """It is named, and where it stands: so none hides behind another."""
    importer = module.removesuffix(".py").replace("/", ".")
    imported = line.split()[1]
    last = len(Path(ROOT / "src" / module).read_text("utf-8").splitlines()) + 2
    assert f"{importer} -> {imported} (l.{last}" in breached
