"""The watch over secrets sees them wherever they are said."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.adapters.conftest import Watch
from tests.fakes.known_secrets import KNOWN_SECRETS

ROOT = Path(__file__).resolve().parents[2]


@click.command()
@click.argument("text")
def echo(text: str) -> None:
    click.echo(text, err=True)


@pytest.mark.parametrize("secret", KNOWN_SECRETS, ids=range(len(KNOWN_SECRETS)))
def test_a_secret_that_is_logged_or_printed_is_seen(
    secret: str, no_secret_is_said: Watch
) -> None:
    logging.getLogger("payymo_adapters").debug("sent %s", secret)
    logging.getLogger("payymo_adapters").error("it failed", exc_info=ValueError(secret))
    CliRunner().invoke(echo, [f"key: {secret}"])
    seen = [told.partition(":")[0] for told in no_secret_is_said.told]
    no_secret_is_said.told.clear()
    assert seen == ["log of payymo_adapters", "log of payymo_adapters", "command"]


TESTS = """
import subprocess, sys
from tests.fakes.whmcs import SECRET

def test_one():
    print(SECRET)

def test_two():
    print(SECRET, file=sys.stderr)

def test_three():
    subprocess.run([sys.executable, "-c", f"print({SECRET!r})"], check=True)

def test_other():
    print("SECRET")
"""


def test_a_test_that_prints_a_secret_fails(tmp_path: Path) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(TESTS, encoding="utf-8")
    options = ("-p", "tests.adapters.conftest", "-p", "no:cacheprovider")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", os.devnull, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
    )
    assert "4 passed, 3 errors" in ran.stdout
    assert ran.stdout.count("\na secret was printed") == 3
