"""Connections of the command line: settings, and a driver to run flows with."""

import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from payymo_adapters.cli.inputs import READABLE
from payymo_adapters.errors import FileError, SettingsError
from payymo_adapters.http_rules import Site
from payymo_adapters.settings import SERVICE, S, Source, load

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


def load_settings(section: type[S], path: Path | None) -> S:
    """Read the settings of a provider.

    Args:
        section: Which.
        path: A TOML file; None for none.

    Raises:
        SettingsError: Settings that are missing or wrong, all of them.
        FileError: The file is not TOML.
    """
    file = load_toml(path) if path else {}
    return load(section, Source(environment=os.environ, file=file, keyring=_secret))


@contextmanager
def connected(site: Site) -> Iterator["HttpxDriver"]:
    """Lend a driver for a site.

    Raises:
        SettingsError: The libraries for it are not installed.
    """
    # Late, so that all else works without them.
    try:
        import httpx  # noqa: PLC0415

        from payymo_adapters.httpx_driver import HttpxDriver  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError((_MISSING.format(name=error.name),)) from None
    with httpx.Client() as client:
        yield HttpxDriver(client=client, site=site)


def load_toml(path: Path) -> dict[str, object]:
    """Read a TOML file.

    Raises:
        FileError: It is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(str(path), f"not TOML: {error}") from None


def _secret(name: str) -> str | None:
    try:
        import keyring  # noqa: PLC0415 - as above
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError:  # there is none, or it is locked: as if it held nothing
        return None
