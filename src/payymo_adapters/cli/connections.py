"""Connections of the command line: settings, and a driver to run flows with."""

import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from payymo_adapters.budget import Budget
from payymo_adapters.cli.inputs import READABLE
from payymo_adapters.errors import FileError, MissingLibraryError
from payymo_adapters.http_rules import Site
from payymo_adapters.settings import SERVICE, S, Source, load
from payymo_adapters.state import State

if TYPE_CHECKING:
    from payymo_adapters.httpx_driver import HttpxDriver

_MISSING = (
    "the libraries that speak to providers are not installed ({name}); "
    "pip install 'payymo[cli,http]'"
)

settings_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--settings",
    type=READABLE,
    envvar="PAYYMO_SETTINGS",
    metavar="TOML",
    help="Settings that the environment does not have.",
)
"""Gives a command the file of ``load_settings``."""

STATE = "PAYYMO_STATE"
"""Environment variable: where to keep what is known from one run to the next."""


def state() -> State:
    """What is known from one run to the next."""
    return State(Path(os.environ.get(STATE) or click.get_app_dir("payymo")))


def source(path: Path | None) -> Source:
    """Where settings come from.

    Raises:
        FileError: The file is not TOML.
    """
    file = load_toml(path) if path else {}
    return Source(environment=os.environ, file=file, keyring=kept_secret)


def load_settings(section: type[S], path: Path | None) -> S:
    """Read the settings of a provider.

    Args:
        section: Which.
        path: A TOML file; None for none.

    Raises:
        SettingsError: Settings that are missing or wrong, all of them.
        FileError: The file is not TOML.
    """
    return load(section, source(path))


@contextmanager
def installed() -> Iterator[None]:
    """Import what speaks to providers: late, so that all else works without it.

    Raises:
        MissingLibraryError: It is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingLibraryError((_MISSING.format(name=error.name),)) from None


@contextmanager
def connected(site: Site, budget: Budget | None = None) -> Iterator["HttpxDriver"]:
    """Lend a driver for a site.

    Raises:
        SettingsError: The libraries for it are not installed.
    """
    with installed():
        import httpx  # noqa: PLC0415
        from stamina.instrumentation import set_on_retry_hooks  # noqa: PLC0415

        from payymo_adapters.httpx_driver import HttpxDriver  # noqa: PLC0415
    # It would log each attempt, and so write between what a person is told.
    set_on_retry_hooks(())
    with httpx.Client() as client:
        yield HttpxDriver(client=client, site=site, budget=budget)


def load_toml(path: Path) -> dict[str, object]:
    """Read a TOML file.

    Raises:
        FileError: It is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(str(path), f"not TOML: {error}") from None
    except RecursionError:
        raise FileError(str(path), "not TOML: nested too deeply") from None


def kept_secret(name: str) -> str | None:
    """What the keyring of the system has under a name; None without one."""
    try:
        import keyring  # noqa: PLC0415 - as above
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError:  # there is none, or it is locked: as if it held nothing
        return None


def keep_secret(name: str, value: str) -> None:
    """Keep something in the keyring of the system; nowhere without one."""
    try:
        import keyring  # noqa: PLC0415 - as above
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError:
        return
    with suppress(KeyringError):
        keyring.set_password(SERVICE, name, value)
