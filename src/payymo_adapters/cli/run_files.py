"""Statement files for ``payymo run``."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from attrs import frozen

from payymo_adapters.accounts import account_key
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.inputs import load_mapping
from payymo_adapters.cli.missing import files_of, gone_told
from payymo_adapters.cli.run_told import (
    fault_of,
    show,
    show_reading,
    show_rejected,
    way_told,
)
from payymo_adapters.cli.terminal import say, stage, stderr
from payymo_adapters.errors import FileError
from payymo_adapters.feeds import BankFeed
from payymo_adapters.files import read_statement
from payymo_adapters.one_name import claim, file_read_as
from payymo_adapters.pipeline import Run
from payymo_adapters.run_settings import FileAccount, RunSettings
from payymo_adapters.store.connecting import hold_connection, is_new_way, note_sync
from payymo_adapters.store.recording import add_account
from payymo_adapters.store.rejections import (
    Origin,
    gone_from,
    hold_rejected,
    rejected_of,
)
from payymo_adapters.store.store import Books
from payymo_adapters.sync import (
    Statement,
    Synced,
    is_read,
    other_money,
    record_statement,
)
from payymo_core.errors import Rejected
from payymo_core.records import Transaction


def read_files(run: Run, settings: RunSettings, folder: Path) -> Iterator[Exit]:
    """Read the accounts whose statements are files; one stops no other."""
    feeds = [each for each in settings.accounts if isinstance(each, BankFeed)]
    for account in settings.accounts:
        if isinstance(account, FileAccount):
            reader = _Reader(run=run, account=account, feeds=feeds, folder=folder)
            yield from _read_account(reader)


@frozen(kw_only=True)
class _Reader:
    """Reads the files of an account.

    Attributes:
        run: Whose.
        account: Which.
        feeds: The accounts that are read from banks.
        folder: Names of files are from there.
    """

    run: Run
    account: FileAccount
    feeds: Sequence[BankFeed]
    folder: Path

    def check(self, path: Path, records: Iterable[Transaction | Rejected]) -> None:
        """Refuse what a bank is asked for as well: its money would be there twice.

        Raises:
            FileError: An entry is of days of an account that is read from its bank.
        """
        held = [e for e in records if isinstance(e, Transaction) and e.account]
        for feed in self.feeds:
            for each in held:
                day = each.booking_date or each.value_date
                # Files from before the bank was connected are welcome.
                if account_key(each.account or "") == feed.key and (
                    day is None or day >= feed.since
                ):
                    fault = (
                        f"{each.id!r} is of {feed.key}, which is read from its bank as "
                        f"{feed.id!r} from {feed.since} on: it would be there twice"
                    )
                    raise FileError(str(path), fault)


def _read_account(reader: _Reader) -> Iterator[Exit]:
    run, account, folder = reader.run, reader.account, reader.folder
    name = f"accounts/{account.id}"

    def begin(books: Books) -> None:
        hold_connection(books, name, "file", account.name)

    run.store.write(run.act(), begin)
    faults = []
    names = files_of(account, folder)
    for each in names:
        try:
            yield _read_file(reader, each)
        except (FileError, OSError) as error:
            faults.append(fault_of(error))
    yield from _gone(reader, names)
    if not names:
        faults.append(f"{account.files}: there is no such file")
    for fault in faults:
        say(stderr(), f"{account.id}: {fault}", "bold red")
        yield Exit.REJECTED
    said = "; ".join(faults)
    run.store.write(run.act(), lambda books: note_sync(books, name, said))


def _gone(reader: _Reader, names: Iterable[str]) -> Iterator[Exit]:
    """Say what files had that could not be read, and are read no more."""
    run, name = reader.run, reader.account.id
    connection, read = f"accounts/{name}", {f"file:{each}" for each in names}

    def held(books: Books) -> list[tuple[str, list[Rejected]]]:
        streams = gone_from(books, connection, read)
        return [(s, rejected_of(books, Origin(connection, s))) for s in streams]

    for stream, rejected in run.store.write(run.act(), held):
        file = stream.removeprefix("file:")
        yield show_rejected(f"{name}: {file}", rejected)
        say(stderr(), f"  {gone_told(name, file)}", "red")


def _taken(said: Statement, done: Synced) -> set[str]:
    """Ids of what was recorded."""
    rejected = {each.record_id for each in done.recorded.rejected}
    held = {each.id for each in said.records if isinstance(each, Transaction)}
    return held - rejected


def _check_one_name(books: Books, said: Statement, path: Path) -> None:
    """Refuse what is read under another name already.

    Raises:
        FileError: It is.
    """
    other = claim(books, said.account, said.records)
    if other:
        fault = f"its account is read as {other!r} already: it would be there twice"
        raise FileError(str(path), fault)
    if not said.records:
        return  # two files that hold nothing are no one file
    other = file_read_as(books, said.account, said.stream, said.position)
    if other:
        fault = (
            f"it was read as a file of {other!r}: it would be there twice; "
            "give the account that name again, or the file another"
        )
        raise FileError(str(path), fault)


def _read_file(reader: _Reader, name: str) -> Exit:
    """Record a file, unless it was recorded as it is now."""
    run, account = reader.run, reader.account
    path, stream = reader.folder / name, f"file:{name}"
    position = sha256(path.read_bytes()).hexdigest()
    origin = Origin(f"accounts/{account.id}", stream)

    def known(books: Books) -> list[Rejected] | None:
        is_known = is_read(books, account.id, stream, position)
        return rejected_of(books, origin) if is_known else None

    missing = run.store.write(run.act(), known)
    if missing is not None:
        return show_rejected(f"{account.id}: {name}", missing)
    with stage(f"reading {path}"):
        read = read_statement(path, load_mapping(account.mapping))
    reader.check(path, read.records)
    said = Statement(
        account=account.id,
        name=account.name,
        stream=stream,
        position=position,
        records=read.records,
        coverage=account.coverage,
    )

    way = way_told(read)

    def record(books: Books) -> tuple[Synced, bool]:
        add_account(books, account.id, account.name)
        _check_one_name(books, said, path)
        taken = other_money(books, account.id, said.records)
        if taken:
            fault = (
                f"the id {taken[0]!r} stood for other money before: "
                "leave the column out, or give the files an account each"
            )
            raise FileError(str(path), fault)
        done = record_statement(books, said)
        hold_rejected(books, origin, done.recorded.rejected, _taken(said, done))
        return done, is_new_way(books, account.id, way)

    done, is_new = run.store.write(run.act(), record)
    show_reading(f"{account.id}: {name}", read, way if is_new else ())
    return show(f"{account.id}: {name}", done)
