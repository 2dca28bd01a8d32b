"""One run: record, match, decide, apply."""

import time
from collections.abc import Iterator
from glob import glob
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from payymo_adapters.cli.applying import check_gateway
from payymo_adapters.cli.connections import connected, load_settings
from payymo_adapters.cli.events import load_webhook, tell
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.inputs import load_mapping
from payymo_adapters.cli.invoices import OPEN, api_of, fetch_invoices
from payymo_adapters.cli.ruleset_books import ruleset_in_use
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.terminal import say, stage, stderr, stdout
from payymo_adapters.errors import (
    FileError,
    ProviderError,
    SettingsError,
    StoreError,
)
from payymo_adapters.files import read_ledger, read_statement
from payymo_adapters.files.texts import counted
from payymo_adapters.http_rules import utc_now
from payymo_adapters.pipeline import Run, apply_alone, decide, match_undecided
from payymo_adapters.run_settings import WHMCS, FileAccount, RunSettings
from payymo_adapters.settings import WhmcsSettings
from payymo_adapters.store.connecting import hold_connection, note_sync
from payymo_adapters.store.four_eyes import hold_sums
from payymo_adapters.store.locks import only_runner
from payymo_adapters.store.recording import Recorded
from payymo_adapters.store.store import Books
from payymo_adapters.sync import (
    Statement,
    Synced,
    is_read,
    record_statement,
    record_whole_ledger,
)
from payymo_adapters.whmcs.flows import list_currencies
from payymo_adapters.whmcs_ledger import ask_again, record_whmcs
from payymo_adapters.whmcs_poster import WhmcsPoster

_INVOICES = "invoices"


def run_for_ever(file: Path, seconds: float) -> NoReturn:
    """Run, wait, and run again; what fails is said, and tried the next time."""
    while True:
        try:
            run_once(file)
        except (FileError, ProviderError, SettingsError, StoreError, OSError) as error:
            say(stderr(), f"payymo: {error}", "bold red")
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
    for account in settings.accounts:
        yield from _read_account(run, account, file.parent)
    invoices = _read_invoices(run, settings, file)
    yield invoices
    if invoices > Exit.REJECTED:
        return  # on what was open once, nothing is decided
    used = ruleset_in_use(run, settings)
    if used.taken:
        said = f"{used.taken.taken_at:%Y-%m-%d %H:%M} UTC"
        say(stdout(), f"ruleset {used.version}, taken {said}")
    proposed = match_undecided(run, used.rules, used.version)
    say(stdout(), f"matched: {len(proposed.new)} new, {proposed.kept} as before")
    decided = decide(run, settings.policy)
    say(stdout(), f"decided: {len(decided)}")
    if settings.invoices == WHMCS:
        yield _apply(run, file)


def _read_account(run: Run, account: FileAccount, folder: Path) -> Iterator[Exit]:
    name = f"accounts/{account.id}"

    def begin(books: Books) -> None:
        hold_connection(books, name, "file", account.name)

    run.store.write(run.act(), begin)
    faults = []
    names = _files_of(account, folder)
    for each in names:
        try:
            yield _read_file(run, account, each, folder)
        except (FileError, OSError) as error:
            faults.append(str(error))
    if not names:
        faults.append(f"{account.files}: there is no such file")
    for fault in faults:
        say(stderr(), f"{account.id}: {fault}", "bold red")
        yield Exit.REJECTED
    said = "; ".join(faults)
    run.store.write(run.act(), lambda books: note_sync(books, name, said))


def _files_of(account: FileAccount, folder: Path) -> list[str]:
    """Names from the folder on; a pattern may name a place elsewhere."""
    found = glob(account.files, root_dir=folder)  # noqa: PTH207 - pathlib's takes none that begins at the root
    return [name for name in sorted(found) if (folder / name).is_file()]


def _read_file(run: Run, account: FileAccount, name: str, folder: Path) -> Exit:
    """Record a file, unless it was recorded as it is now."""
    path, stream = folder / name, f"file:{name}"
    position = sha256(path.read_bytes()).hexdigest()
    known = run.store.write(
        run.act(), lambda books: is_read(books, account.id, stream, position)
    )
    if known:
        return Exit.DONE
    with stage(f"reading {path}"):
        read = read_statement(path, load_mapping(account.mapping))
    said = Statement(
        account=account.id,
        name=account.name,
        stream=stream,
        position=position,
        records=read.records,
        coverage=account.coverage,
    )
    done = run.store.write(run.act(), lambda books: record_statement(books, said))
    return _show(f"{account.id}: {name}", done)


def _show(name: str, done: Synced) -> Exit:
    code = _show_recorded(name, done.recorded)
    for gone in done.gone:
        say(stdout(), f"{name}: {gone} is listed no more", "bold yellow")
    for pending, booked in done.replaced:
        say(stdout(), f"{name}: {pending} is booked as {booked}")
    for posted in done.posted:
        words = "was posted, and the bank withdrew it: it is for you to see to"
        say(stderr(), f"{name}: {posted} {words}", "bold red")
    return Exit.REJECTED if done.posted else code


def _show_recorded(name: str, done: Recorded) -> Exit:
    counts = f"{done.new} new, {done.changed} changed, {done.unchanged} known"
    say(stdout(), f"{name}: {counts}")
    for changed in done.stopped:
        words = "changed: what was decided for it is stopped"
        say(stderr(), f"{name}: {changed} {words}", "bold yellow")
    if not done.rejected:
        return Exit.DONE
    say(stderr(), f"{name}: {counted(len(done.rejected), 'record')} rejected", "red")
    for record in done.rejected:
        say(stderr(), f"  {record}")
    return Exit.REJECTED


def _read_invoices(run: Run, settings: RunSettings, file: Path) -> Exit:
    provider = "file" if isinstance(settings.invoices, Path) else WHMCS

    def begin(books: Books) -> None:
        hold_connection(books, _INVOICES, provider, "Invoices")

    run.store.write(run.act(), begin)
    code, fault = Exit.DONE, ""
    try:
        if isinstance(settings.invoices, Path):
            done = _read_ledger(run, settings.invoices)
        else:
            done = _read_whmcs(run, file)
        code = _show_recorded(_INVOICES, done)
    except (FileError, OSError, ProviderError) as error:
        code, fault = Exit.FAILED, str(error)
        say(stderr(), f"{_INVOICES}: {fault}", "bold red")
    run.store.write(run.act(), lambda books: note_sync(books, _INVOICES, fault))
    return code


def _read_ledger(run: Run, path: Path) -> Recorded:
    taken_at = run.clock()
    with stage(f"reading {path}"):
        records = read_ledger(path).records
    return run.store.write(
        run.act(), lambda books: record_whole_ledger(books, records, taken_at)
    )


def _read_whmcs(run: Run, file: Path) -> Recorded:
    settings = load_settings(WhmcsSettings, file)
    api = api_of(settings)
    with connected(settings.site) as driver:
        return record_whmcs(
            run,
            lambda: fetch_invoices(driver, api, OPEN),
            lambda known: driver.run(ask_again(api, known)),
        )


def _apply(run: Run, file: Path) -> Exit:
    settings = load_settings(WhmcsSettings, file)
    api = api_of(settings)
    with connected(settings.site) as driver:
        try:
            check_gateway(driver, api, settings.gateway)
            codes = {c.id: c.code for c in driver.run(list_currencies(api))}
        except ProviderError as error:
            say(stderr(), f"applied: nothing: {error}", "bold red")
            return Exit.FAILED
        poster = WhmcsPoster(
            drive=driver.run,
            api=api,
            currencies=codes,
            gateway=settings.gateway,
            store=run.store,
            tenant=run.tenant,
        )
        done = apply_alone(run, poster)
    counts = f"{done.confirmed} confirmed, {done.refused} refused"
    say(stdout(), f"applied: {counts}, {done.unknown} unknown")
    if done.unknown:
        words = "`payymo status` shows what is in doubt, `payymo decide` rules on it"
        say(stderr(), f"applied: {words}", "bold yellow")
    if done.fault:
        say(stderr(), f"applied: {done.fault}", "bold red")
        return Exit.FAILED
    return Exit.REJECTED if done.refused or done.unknown else Exit.DONE
