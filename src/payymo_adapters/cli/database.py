"""``payymo db`` and ``payymo audit``: the database, made ready and looked over."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from payymo_adapters.cli.connections import load_toml
from payymo_adapters.cli.failures import EXIT_CODES, Exit
from payymo_adapters.cli.starting import FILE, run_settings_option
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.errors import FileError, SettingsError, StoreError

DATABASE = "PAYYMO_DATABASE"
"""Environment variable: where the database is."""
_DEFAULT = "sqlite:///payymo.db"

_url_option = click.option(
    "--database",
    metavar="URL",
    help="postgresql://user:password@host/database, or sqlite:///FILE. Better in the "
    "environment, as PAYYMO_DATABASE: a command line is seen by others. [default: "
    f"that of the settings file, else {_DEFAULT}]",
)


def database_url(settings: Path) -> str:
    """The database of every command: of the environment, or of a settings file.

    Args:
        settings: The file; ``FILE`` need not be there.

    Raises:
        FileError: The file is not there, or not TOML.
        SettingsError: What it says of the database is no text.
    """
    if url := os.environ.get(DATABASE):
        return url
    if not settings.is_file() and settings != FILE:
        raise FileError(str(settings), "not found; `payymo init` writes one")
    own = load_toml(settings).get("payymo") if settings.is_file() else {}
    url = own.get("database", "") if isinstance(own, Mapping) else ""
    if not isinstance(url, str):
        fault = "payymo.database in the settings file: a text is wanted, in quotes"
        raise SettingsError((fault,))
    return placed(url or _DEFAULT, settings.parent)


def placed(url: str, folder: Path) -> str:
    """A database's URL; of a SQLite file, from the folder of the settings file.

    >>> placed("sqlite:///payymo.db", Path("books"))
    'sqlite:///books/payymo.db'
    """
    scheme, parted, name = url.partition(":///")
    if not name or not scheme.startswith("sqlite") or name == ":memory:":
        return url
    return f"{scheme}{parted}{(folder / name).as_posix()}"


def database_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name its ``database``."""

    @wraps(command)
    def with_database(database: str | None, settings: Path, **values: Any) -> None:
        command(database=database or database_url(settings), **values)

    return run_settings_option(_url_option(with_database))


@click.group("db", epilog=EXIT_CODES)
def db_command() -> None:
    """Make the database ready, look it over, and copy it."""


@db_command.command("upgrade")
@database_option
def upgrade_command(database: str) -> None:
    """Bring the database to the revision that this Payymo needs.

    All the way or not at all: a run that breaks off changes nothing. Make a backup
    before.
    """
    require_sqlalchemy()
    from payymo_adapters.store.store import upgrade  # noqa: PLC0415 - an extra

    before, after = upgrade(database)
    if before == after:
        say(stdout(), f"at revision {after} already")
    else:
        say(stdout(), f"upgraded: {before or 'empty'} -> {after}")


@db_command.command("check")
@database_option
def check_command(database: str) -> None:
    """Say whether the database can be used, and what weakens it.

    Exit code 1 where something weakens it.
    """
    require_sqlalchemy()
    from payymo_adapters.store.checkup import check  # noqa: PLC0415 - an extra

    _finish(check(database), "the database is as it should be")


@db_command.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy_command(source: str, target: str) -> None:
    """Copy all that a database holds into an empty one, and compare each row.

    FROM and TO are as --database of the other commands, of PostgreSQL or SQLite, both
    upgraded. A password is better not among them: PGPASSWORD or ~/.pgpass holds it. All
    is copied or nothing, and nobody can run meanwhile. FROM stays as it is: do not run
    on both.
    """
    require_sqlalchemy()
    from payymo_adapters.store.copying import copy  # noqa: PLC0415 - an extra

    for done in copy(source, target):
        counts = f"{done.rows:,} rows, {done.entries:,} of them of the audit log"
        say(stdout(), f"{done.tenant}: {counts}")
    say(stdout(), "copied, and every row compared")


@click.group("audit", epilog=EXIT_CODES)
def audit_command() -> None:
    """Look into the audit log."""


@audit_command.command("verify")
@database_option
@click.option("--tenant", required=True, help="Whose log.")
def verify_command(database: str, tenant: str) -> None:
    """Say whether every entry of the audit log is as it was written.

    Exit code 1 where one was changed, taken out or cut off.
    """
    require_sqlalchemy()
    from payymo_adapters.store.checkup import verify  # noqa: PLC0415 - an extra

    entries, faults = verify(database, tenant)
    _finish(faults, f"{entries} entries, each as it was written")


def require_sqlalchemy() -> None:
    """Refuse to go on without the libraries for databases.

    Raises:
        StoreError: They are not installed.
    """
    try:
        import alembic  # noqa: F401, PLC0415 - an extra
        import sqlalchemy  # noqa: F401, PLC0415 - an extra
    except ImportError:
        fault = "the libraries for databases are not installed"
        raise StoreError(fault, advice="Install payymo[store]") from None


def _finish(faults: Iterable[str], fine: str) -> None:
    faults = list(faults)
    if not faults:
        say(stdout(), fine)
        return
    for fault in faults:
        say(stderr(), fault, "bold red")
    raise click.exceptions.Exit(Exit.REJECTED)
