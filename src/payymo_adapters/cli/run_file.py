"""The settings file of what runs every day, and the books it names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import evolve

from payymo_adapters.cli.connections import load_toml
from payymo_adapters.errors import FileError
from payymo_adapters.run_settings import RunSettings, read_run_settings
from payymo_adapters.store.store import Store

_DATABASE = "sqlite:///payymo.db"


def load_run_settings(path: Path) -> RunSettings:
    """Read them; the database that the environment names goes before.

    Raises:
        FileError: The file is not there, or not TOML.
        SettingsError: Settings that are missing or wrong, all of them.
    """
    if not path.is_file():
        raise FileError(str(path), "not found; `payymo init` writes one")
    settings = read_run_settings(load_toml(path), path.parent)
    filed = placed(settings.database or _DATABASE, path.parent)
    return evolve(settings, database=os.environ.get("PAYYMO_DATABASE") or filed)


def placed(url: str, folder: Path) -> str:
    """A database's URL; of a SQLite file, from the folder of the settings file.

    >>> placed("sqlite:///payymo.db", Path("books"))
    'sqlite:///books/payymo.db'
    """
    scheme, parted, name = url.partition(":///")
    if not name or not scheme.startswith("sqlite") or name == ":memory:":
        return url
    return f"{scheme}{parted}{(folder / name).as_posix()}"


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
