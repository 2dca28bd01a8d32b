"""Statement files for ``payymo run``."""

from collections.abc import Iterator
from glob import glob
from hashlib import sha256
from pathlib import Path

from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.inputs import load_mapping
from payymo_adapters.cli.run_told import show
from payymo_adapters.cli.terminal import say, stage, stderr
from payymo_adapters.errors import FileError
from payymo_adapters.files import read_statement
from payymo_adapters.pipeline import Run
from payymo_adapters.run_settings import FileAccount, RunSettings
from payymo_adapters.store.connecting import hold_connection, note_sync
from payymo_adapters.store.store import Books
from payymo_adapters.sync import Statement, is_read, record_statement


def read_files(run: Run, settings: RunSettings, folder: Path) -> Iterator[Exit]:
    """Read the accounts whose statements are files; one stops no other."""
    for account in settings.accounts:
        if isinstance(account, FileAccount):
            yield from _read_account(run, account, folder)


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
    return show(f"{account.id}: {name}", done)
