"""What a user gets: a wheel that works by itself, imports fast and talks to nobody."""

import json
import os
import pkgutil
import subprocess
import sys
import venv
from pathlib import Path
from types import ModuleType

import pytest

import payymo_core

ROOT = Path(__file__).resolve().parents[1]

# What a library that does no I/O has no business to load. NumPy itself brings logging,
# socket-free parts of ctypes and pickle: those are not listed.
IO_LIBRARIES = (
    "asyncio",
    "cattrs",
    "click",
    "concurrent.futures.process",
    "http.client",
    "httpx",
    "lxml",
    "mt940",
    "multiprocessing",
    "payymo_adapters",
    "rich",
    "scipy",
    "socket",
    "sqlalchemy",
    "sqlite3",
    "ssl",
    "subprocess",
    "urllib.request",
)
MOST_SECONDS = 0.15
MOST_OF_NUMPY = 3.0


def python(code: str, executable: str | Path = sys.executable, **env: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [executable, "-I", "-c", code],
        capture_output=True,
        check=False,
        env={**os.environ, **env},
        text=True,
    )
    assert not done.returncode, done.stderr
    return done.stdout


# --- the surface ----------------------------------------------------------------------


def public_names(package: ModuleType) -> set[str]:
    """Names that a package shows, its modules left out."""
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    return {name for name in vars(package) if not name.startswith("_")} - modules


def test_the_surface_is_what_all_says():
    assert public_names(payymo_core) == set(payymo_core.__all__)
    assert list(payymo_core.__all__) == sorted(payymo_core.__all__)
    assert len(payymo_core.__all__) <= 35


def test_the_surface_changes_on_purpose_or_not_at_all():
    assert payymo_core.__all__ == [
        "Allocation",
        "Counterparty",
        "Customer",
        "Evaluation",
        "Evidence",
        "Explanation",
        "Invoice",
        "InvoiceStatus",
        "Label",
        "Match",
        "MatchResult",
        "Matcher",
        "Money",
        "Outcome",
        "PayymoError",
        "Proposal",
        "Reason",
        "RecordError",
        "ReferenceRule",
        "Rejected",
        "Ruleset",
        "RulesetError",
        "Thresholds",
        "Transaction",
        "TransactionStatus",
        "Truth",
        "Verdict",
        "evaluate",
        "explain",
        "explain_pair",
        "inspect",
        "learn",
        "match",
        "match_columns",
        "sentence",
    ]


def test_a_forgotten_name_is_seen():
    package = ModuleType("package")
    package.__path__ = []
    vars(package).update({"match": 1, "leak": 2, "_x": 3})
    assert public_names(package) == {"match", "leak"}


def test_every_public_name_says_what_it_is():
    for name in payymo_core.__all__:
        assert getattr(payymo_core, name).__doc__


# --- the import -----------------------------------------------------------------------


def test_importing_the_core_loads_no_library_that_does_io():
    code = "import json, sys, payymo_core; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(python(code)))
    assert "payymo_core.engine" in loaded
    assert not loaded & set(IO_LIBRARIES)


def test_matching_loads_no_library_that_does_io():
    code = f"{WORKS}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    assert not set(json.loads(python(code).splitlines()[-1])) & set(IO_LIBRARIES)


def test_importing_the_core_is_quick():
    """Within the bound, or on a slow machine within what NumPy's own import allows."""
    code = (
        "from time import perf_counter; begun = perf_counter(); import {}; "
        "print(perf_counter() - begun)"
    )
    # The best of some, in turns: a machine that is busy is slow for reasons of its own.
    rounds = [
        [float(python(code.format(name))) for name in ("numpy", "payymo_core")]
        for _ in range(11)
    ]
    numpy, core = (min(seconds) for seconds in zip(*rounds, strict=True))
    assert core < max(MOST_SECONDS, MOST_OF_NUMPY * numpy)


def test_no_module_leans_on_another_having_been_imported_before_it():
    names = [module.name for module in pkgutil.iter_modules(payymo_core.__path__)]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(f'payymo_core.{name}')\n"
        "    for held in [m for m in sys.modules if m.startswith('payymo_core')]:\n"
        "        del sys.modules[held]\n"
    )
    python(code)


# --- the wheel ------------------------------------------------------------------------

WORKS = """
from decimal import Decimal
from payymo_core import Invoice, Transaction, match
(line,) = match(
    [Transaction(id="t1", amount=Decimal("119.00"), currency="EUR",
                 remittance="INV-2026-0042")],
    [Invoice(id="i42", outstanding=Decimal("119.00"), currency="EUR",
             number="INV-2026-0042")],
)
print(line.outcome, line.allocations[0].invoice)
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    options = ["--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*pip, "wheel", *options, str(ROOT)], check=True)
    (built,) = folder.glob("payymo-*.whl")
    return built


@pytest.fixture(scope="session")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=True)
    executable = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [str(executable), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    constraints = ROOT / "tests" / "constraints.txt"
    subprocess.run([*pip, "install", "-c", constraints, wheel], check=True)
    return executable


@pytest.mark.slow
def test_the_wheel_without_extras_matches(bare):
    assert python(WORKS, bare).split() == ["match", "i42"]


@pytest.mark.slow
def test_the_wheel_without_extras_reads_and_writes_the_exchange_format(bare, tmp_path):
    bank = tmp_path / "bank.jsonl"
    bank.write_text('{"id": "t1", "amount": "1.00", "currency": "EUR"}\n', "utf-8")
    code = (
        "from payymo_adapters.exchange import read_transactions\n"
        f"print(*read_transactions({str(bank)!r}))"
    )
    assert "t1" in python(code, bare)


@pytest.mark.slow
def test_the_wheel_without_extras_holds_none_of_them(bare):
    code = """
import importlib.util
names = ("click", "rich", "lxml", "mt940", "httpx", "sqlalchemy", "scipy", "pytest")
print([name for name in names if importlib.util.find_spec(name)])
"""
    assert python(code, bare).strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("command", [("payymo",), ("python", "-m", "payymo_adapters")])
def test_the_wheel_without_extras_says_what_its_command_line_needs(bare, command):
    name, *arguments = command
    ran = subprocess.run(
        [str(bare.with_name(name)), *arguments, "match"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    [line] = ran.stderr.splitlines()
    assert line.startswith("payymo: click is not installed")
    assert line.endswith("pip install 'payymo[cli]'")


@pytest.mark.slow
def test_the_wheel_is_typed_and_licensed(bare):
    code = """
from importlib.metadata import files, metadata
held = [str(file) for file in files("payymo")]
print(sum(name.endswith("py.typed") for name in held))
print(any("LICENSE" in name for name in held))
print(metadata("payymo")["License-Expression"])
print(sorted({name.split("/")[0] for name in held if name.endswith(".py")}))
"""
    assert python(code, bare).splitlines() == [
        "2",
        "True",
        "MIT",
        "['payymo_adapters', 'payymo_core']",
    ]
