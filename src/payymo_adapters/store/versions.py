"""Which revision a database is at, and the way to the newest."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from payymo_adapters.errors import StoreError

NEWEST = "head"
EMPTY = "base"


def migrate(connection: Connection, revision: str = NEWEST) -> None:
    """Bring a database to a revision, up or down, in the connection's transaction.

    Args:
        connection: Borrowed: neither committed nor closed.
        revision: As ``0002``, ``NEWEST`` or ``EMPTY``.
    """
    current = revision_of(connection)
    if revision == NEWEST and current == newest():
        return
    config = _config()
    config.attributes["connection"] = connection
    if revision == NEWEST or (revision != EMPTY and revision >= current):
        command.upgrade(config, revision)
    else:
        command.downgrade(config, revision)


def revision_of(connection: Connection) -> str:
    """Name the revision a database is at; "" for an empty one."""
    return MigrationContext.configure(connection).get_current_revision() or ""


@cache
def newest() -> str:
    """Name the revision that this Payymo works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def check_revision(connection: Connection, where: str) -> None:
    """Hold a database to the revision that this Payymo works with.

    Raises:
        StoreError: It is at another one.
    """
    held, wanted = revision_of(connection), newest()
    if held == wanted:
        return
    if held > wanted:
        fault = f"{where}: is at revision {held}, newer than this Payymo ({wanted})"
        raise StoreError(fault, advice="Install the newer Payymo")
    at = f"at revision {held}" if held else "empty"
    fault = f"{where}: is {at}, and this Payymo needs {wanted}"
    raise StoreError(fault, advice="Run `payymo db upgrade`")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "payymo_adapters.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
