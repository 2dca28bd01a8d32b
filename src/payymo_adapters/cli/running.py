"""One run: record, match, decide, apply."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from payymo_adapters.cli.connections import connected, load_settings
from payymo_adapters.cli.events import load_webhook, tell
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.invoices import OPEN, api_of, fetch_invoices
from payymo_adapters.cli.ruleset_books import ruleset_in_use
from payymo_adapters.cli.run_banks import read_banks
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.run_files import read_files
from payymo_adapters.cli.run_stripe import read_stripe
from payymo_adapters.cli.run_told import fault_of, show_reading, show_recorded, way_told
from payymo_adapters.cli.run_whmcs import apply_to_whmcs
from payymo_adapters.cli.terminal import say, stage, stderr, stdout
from payymo_adapters.errors import (
    ConflictError,
    FileError,
    ProviderError,
    SettingsError,
    StoreError,
)
from payymo_adapters.files import read_ledger
from payymo_adapters.http_rules import utc_now
from payymo_adapters.pipeline import Run, decide, match_undecided
from payymo_adapters.run_settings import WHMCS, RunSettings
from payymo_adapters.settings import WhmcsSettings
from payymo_adapters.store.connecting import hold_connection, note_sync
from payymo_adapters.store.four_eyes import hold_sums
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.recording import Recorded
from payymo_adapters.store.rejections import Origin, hold_rejected
from payymo_adapters.store.store import Books
from payymo_adapters.sync import (
    record_whole_ledger,
)
from payymo_adapters.whmcs_ledger import ask_again, record_whmcs

_INVOICES = "invoices"


def run_for_ever(file: Path, seconds: float) -> NoReturn:
    """Run, wait, and run again; what fails is said, and tried the next time."""
    while True:
        try:
            run_once(file)
        except (FileError, ProviderError, SettingsError, StoreError, OSError) as error:
            say(stderr(), f"payymo: {fault_of(error)}", "bold red")
        time.sleep(seconds)


def run_once(file: Path) -> Exit:
    """Take every step once.

    Returns:
        What the shell gets.

    Raises:
        SettingsError: The settings cannot be used.
        StoreError: The database cannot be used, or another process runs.
    """
    settings, webhook = load_run_settings(file), load_webhook(file)
    with opened(settings) as store:
        run = Run(store=store, tenant=settings.tenant, clock=utc_now)
        store.add_tenant(run.act(), settings.company)
        store.write(run.act(), lambda books: hold_sums(books, settings.four_eyes))
        with only_runner(store, settings.tenant):
            codes = [*_steps(run, settings, file), *tell(run, webhook)]
    return max(codes, default=Exit.DONE)


def _steps(run: Run, settings: RunSettings, file: Path) -> Iterator[Exit]:
    yield from read_files(run, settings, file.parent)
    yield from read_banks(run, settings, file)
    yield from read_stripe(run, settings, file)
    invoices = _read_invoices(run, settings, file)
    yield invoices
    if invoices > Exit.REJECTED:
        return  # on what was open once, nothing is decided
    used = ruleset_in_use(run, settings)
    if used.taken:
        said = f"{used.taken.taken_at:%Y-%m-%d %H:%M} UTC"
        say(stdout(), f"ruleset {used.version}, taken {said}")
    proposed = match_undecided(run, used.rules, used.version)
    say(stdout(), f"proposed: {len(proposed.new)} new, {proposed.kept} as before")
    decided = decide(run, settings.policy)
    say(stdout(), f"decided: {len(decided)}")
    if settings.invoices == WHMCS:
        yield apply_to_whmcs(run, file)


def _read_invoices(run: Run, settings: RunSettings, file: Path) -> Exit:
    provider = "file" if isinstance(settings.invoices, Path) else WHMCS

    def begin(books: Books) -> None:
        hold_connection(books, _INVOICES, provider, "Invoices")

    try:
        run.store.write(run.act(), begin)
    except ConflictError as error:
        said = str(error)
        run.store.write(run.act(), lambda books: note_sync(books, _INVOICES, said))
        raise
    code, fault, rejected = Exit.DONE, "", None
    try:
        if isinstance(settings.invoices, Path):
            done = _read_ledger(run, settings.invoices)
        else:
            done = _read_whmcs(run, file)
        code, rejected = show_recorded(_INVOICES, done), done.rejected
    except (FileError, OSError, ProviderError, SettingsError) as error:
        code, fault = Exit.FAILED, fault_of(error)
        say(stderr(), f"{_INVOICES}: not read: {fault}", "bold red")

    def end(books: Books) -> None:
        note_sync(books, _INVOICES, fault)
        if rejected is not None:
            hold_rejected(books, Origin(_INVOICES), rejected, ())

    run.store.write(run.act(), end)
    return code


def _read_ledger(run: Run, path: Path) -> Recorded:
    taken_at = run.clock()
    with stage(f"reading {path}"):
        read = read_ledger(path)
    done = run.store.write(
        run.act(), lambda books: record_whole_ledger(books, read.records, taken_at)
    )
    if done.new or done.changed or done.rejected:
        show_reading(_INVOICES, read, way_told(read))
    return done


def _read_whmcs(run: Run, file: Path) -> Recorded:
    settings = load_settings(WhmcsSettings, file)
    api = api_of(settings)
    with connected(settings.site) as driver:
        return record_whmcs(
            run,
            lambda: fetch_invoices(driver, api, OPEN),
            lambda known: driver.run(ask_again(api, known)),
        )
