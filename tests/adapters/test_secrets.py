"""Whatever goes wrong, no secret is printed, logged or kept, of no provider."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from payymo_adapters.cli import main
from tests.fakes.banks import enable_banking, gocardless
from tests.fakes.desks import DAYS, SECRETS, desk_of
from tests.fakes.rings import ringing
from tests.fakes.serving import response, scripted, serve, serve_raw
from tests.fakes.stripe import FakeStripe
from tests.fakes.whmcs import ACCESS_KEY, IDENTIFIER, SECRET, Whmcs

KEY = "sk_test_platform"
HIDDEN = (*SECRETS, SECRET, IDENTIFIER, ACCESS_KEY, KEY)
Made = Callable[[Path], AbstractContextManager[Mapping[str, str]]]
WHMCS = {
    "PAYYMO_WHMCS_IDENTIFIER": IDENTIFIER,
    "PAYYMO_WHMCS_SECRET": SECRET,
    "PAYYMO_WHMCS_ACCESS_KEY": ACCESS_KEY,
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("PAYYMO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PAYYMO_STATE", str(tmp_path / "state"))
    # With it a traceback is printed of what was not foreseen, so that it is seen here.
    monkeypatch.setenv("PAYYMO_DEBUG", "1")
    with ringing():
        yield


@contextmanager
def whmcs(_home: Path) -> Iterator[Mapping[str, str]]:
    with serve(Whmcs()) as origin:
        yield {**WHMCS, "PAYYMO_WHMCS_URL": origin}


@contextmanager
def stripe(_home: Path) -> Iterator[Mapping[str, str]]:
    with serve(FakeStripe()) as origin:
        yield {"PAYYMO_STRIPE_KEY": KEY, "PAYYMO_STRIPE_API": origin}


@contextmanager
def cardless(home: Path) -> Iterator[Mapping[str, str]]:
    with desk_of("gocardless", gocardless, home) as desk:
        desk.connect()
        yield desk.environment


@contextmanager
def enabled(home: Path) -> Iterator[Mapping[str, str]]:
    with desk_of("enablebanking", enable_banking, home) as desk:
        desk.connect()
        yield desk.environment


COMMANDS: dict[str, tuple[Made, str, tuple[str, ...]]] = {
    "whmcs": (whmcs, "PAYYMO_WHMCS_URL", ("invoices",)),
    "stripe": (stripe, "PAYYMO_STRIPE_API", ("fetch", "stripe", *DAYS)),
    "gocardless": (
        cardless,
        "PAYYMO_GOCARDLESS_API",
        ("fetch", "gocardless", *DAYS),
    ),
    "enablebanking": (
        enabled,
        "PAYYMO_ENABLEBANKING_API",
        ("fetch", "enablebanking", *DAYS),
    ),
}
# What a server may say, among it what we sent as credentials.
ECHO = " ".join(HIDDEN).encode()
ANSWERS = [
    response(200, b"<h1>Hello</h1>", content_type="text/html"),
    response(200, b'{"' + ECHO + b'": 1'),
    response(200, b'{"access": 1, "transactions": 2, "data": 3, "result": 4}'),
    response(302, b"", location=f"https://elsewhere.example/?key={KEY}"),
    response(400, b'{"secret_key": ["' + ECHO + b'"]}'),
    response(401, b'{"error": {"message": "Invalid key ' + KEY.encode() + b'"}}'),
    response(403, ECHO),
    response(404, ECHO),
    response(429, ECHO, retry_after="9999"),
    response(501, ECHO),  # as a 503, and not asked for again
]


def grepped(
    environment: Mapping[str, str],
    arguments: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
    home: Path,
) -> int:
    """Run a command, and look for secrets wherever it leaves anything."""
    caplog.clear()
    # Not httpcore: what is logged of an answer's headers is the provider's own word.
    with (
        caplog.at_level(logging.DEBUG, "payymo_adapters"),
        caplog.at_level(logging.DEBUG, "httpx"),
    ):
        ran = CliRunner().invoke(main, arguments, env=dict(environment))
    kept = [p for p in home.rglob("*") if p.is_file()]
    places = {
        "output": ran.output,
        "log": caplog.text,
        "records": " ".join(repr(vars(record)) for record in caplog.records),
        "error": repr(ran.exception),
        **{str(path): path.read_text("utf-8") for path in kept},
    }
    for place, text in places.items():
        assert not [secret for secret in HIDDEN if secret in text], place
    assert "Traceback" not in ran.output
    assert caplog.records
    return ran.exit_code


@pytest.mark.parametrize("name", COMMANDS)
def test_no_secret_is_left_anywhere(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made, _, arguments = COMMANDS[name]
    with made(tmp_path) as environment:
        assert grepped(environment, arguments, caplog, tmp_path) == 0
        assert grepped(environment, ("doctor", name), caplog, tmp_path) in (0, 1)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_secret_is_left_by_what_goes_wrong(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made, address, arguments = COMMANDS[name]
    with made(tmp_path) as environment:
        known = dict(environment)
    for answer in ANSWERS:
        # The calls of a day are fewer than these.
        (tmp_path / "state" / "calls.json").unlink(missing_ok=True)
        with ringing(), serve_raw(scripted(answer)) as (origin, _):
            wrong = {**known, address: origin}
            assert grepped(wrong, arguments, caplog, tmp_path) == 3
