"""What the books say was not read, as ``payymo doctor`` asks them."""

from pathlib import Path

from payymo_adapters.cli.missing import Missing
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.sourcing import unread_lines
from payymo_adapters.store.rejections import rejected_rows


def unread(file: Path) -> tuple[str, ...]:
    """A line for each account that was not read, and for what records are missing of.

    Raises:
        SettingsError: The settings cannot be used.
        StoreError: The database cannot be used.
    """
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        rows = rejected_rows(connection, settings.tenant)
        missing = Missing.of(rows, settings, file.parent)
        return (*unread_lines(connection, settings.tenant), *missing.told())
