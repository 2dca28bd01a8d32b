"""The settings file of what runs every day, and the books it names."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import evolve

from payymo_adapters.cli.connections import load_toml
from payymo_adapters.cli.database import database_url
from payymo_adapters.errors import FileError
from payymo_adapters.run_settings import RunSettings, read_run_settings
from payymo_adapters.store.store import Store


def load_run_settings(path: Path) -> RunSettings:
    """Read them; the database that the environment names goes before.

    Raises:
        FileError: The file is not there, or not TOML.
        SettingsError: Settings that are missing or wrong, all of them.
    """
    if not path.is_file():
        raise FileError(str(path), "not found; `payymo init` writes one")
    settings = read_run_settings(load_toml(path), path.parent)
    return evolve(settings, database=database_url(path))


@contextmanager
def opened(settings: RunSettings) -> Iterator[Store]:
    """Lend the store.

    Raises:
        StoreError: It cannot be used.
    """
    store = Store.open(settings.database)
    try:
        yield store
    finally:
        store.close()
