"""A user at the command line, with a bank behind a provider."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
from attrs import frozen
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.state import State
from tests.fakes.banks import PRIVATE, Setting
from tests.fakes.browsers import browsing

IBAN = "DE89370400440532013000"
DAYS = ("--since", "2026-03-01", "--until", "2026-03-31")
SECRETS = ("s-key", PRIVATE.splitlines()[1], "t0ken")
Made = Callable[[], AbstractContextManager[Setting]]


@frozen
class Desk:
    """A user at the command line, with a bank.

    Attributes:
        name: What the commands call the provider.
        setting: The provider, its fake and the bank.
        environment: Of the user.
        home: Where files are.
    """

    name: str
    setting: Setting
    environment: dict[str, str]
    home: Path

    @property
    def state(self) -> State:
        return State(self.home / "state")

    def run(self, *arguments: object) -> Result:
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(
            main, words, env=self.environment, catch_exceptions=False
        )

    def fetch(self, *options: object) -> Result:
        return self.run("fetch", self.name, *(options or DAYS))

    def connect(self, agree: Callable[[str], str] | None = None) -> Result:
        """Be at the terminal and at the bank's page."""
        port = free_port()

        def visit(link: str) -> None:
            assert link.startswith("https://")
            begun = list(getattr(self.setting.fake, "requisitions", [""]))
            query = (agree or self.setting.consent)(begun[-1])
            back = f"http://127.0.0.1:{port}/{self.name}?{query}"
            httpx.get(back, timeout=30, trust_env=False)

        where = ("--country", "de", "--bank", "sandbox", "--port", port)
        with browsing(visit):
            shown = self.run("connect", self.name, *where)
        assert f"waiting at http://127.0.0.1:{port}/{self.name}," in shown.stderr
        assert not [secret for secret in SECRETS if secret in shown.output]
        return shown


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def environment_of(origin: str, state: Path) -> dict[str, str]:
    """What a command is told of the providers at an origin."""
    return {
        "PAYYMO_STATE": str(state),
        "PAYYMO_GOCARDLESS_SECRET_ID": "s-id",
        "PAYYMO_GOCARDLESS_SECRET_KEY": "s-key",
        "PAYYMO_GOCARDLESS_API": origin,
        "PAYYMO_ENABLEBANKING_APPLICATION": "app-1",
        "PAYYMO_ENABLEBANKING_KEY": PRIVATE,
        "PAYYMO_ENABLEBANKING_API": origin,
    }


@contextmanager
def desk_of(name: str, made: Made, home: Path) -> Iterator[Desk]:
    with made() as setting:
        environment = environment_of(setting.driver.site.origin, home / "state")
        yield Desk(name, setting, environment, home)
