"""Every test here is one more that no secret is logged, printed or shown."""

import logging
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.fakes.known_secrets import KNOWN_SECRETS

LOGGERS = ("payymo_adapters", "httpx")
"""Not httpcore: what it logs of an answer's headers is the provider's own word."""


class Watch(logging.Handler):
    """Keeps what holds a secret of all that is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.look_at(f"log of {record.name}", self.format(record))

    def look_at(self, place: str, said: str) -> None:
        """Note down a text, if there is a secret in it."""
        if any(secret in said for secret in KNOWN_SECRETS):
            self.told.append(f"{place}: {said}")


@pytest.fixture(autouse=True)
def no_secret_is_said(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Fail whoever logs a secret, or prints it as a command."""
    watch = Watch()
    invoke = CliRunner.invoke

    def watched(*arguments: Any, **options: Any) -> Result:
        ran = invoke(*arguments, **options)
        watch.look_at("command", ran.output)
        return ran

    # click keeps what a command prints from the capture of pytest.
    monkeypatch.setattr(CliRunner, "invoke", watched)
    root = logging.getLogger()
    root.addHandler(watch)
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield watch
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
    root.removeHandler(watch)
    assert not watch.told


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    """Fail whoever prints a secret past the commands; subprocesses are seen too."""
    report = yield
    said = report.capstdout + report.capstderr
    if (
        report.when == "teardown"
        and report.passed
        and any(secret in said for secret in KNOWN_SECRETS)
    ):
        report.outcome = "failed"
        report.longrepr = f"a secret was printed:\n{said}"
    return report
