"""Records that could not be taken, and how a person ends that."""

from collections import Counter
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path
from shlex import quote
from typing import Any

from attrs import frozen

from payymo_adapters.cli.actor import Person
from payymo_adapters.cli.persons import acting_as
from payymo_adapters.cli.sourcing import source_name
from payymo_adapters.cli.terminal import say, stdout
from payymo_adapters.files.texts import counted
from payymo_adapters.run_settings import FileAccount, RunSettings
from payymo_adapters.store.rejections import Origin, as_rejected, do_without

_ACCOUNTS, _FILE = "accounts/", "file:"


def files_of(account: FileAccount, folder: Path) -> list[str]:
    """Names from the folder on; a pattern may name a place elsewhere."""
    found = glob(account.files, root_dir=folder)  # noqa: PTH207 - pathlib's takes none that begins at the root
    return [name for name in sorted(found) if (folder / name).is_file()]


@frozen
class Missing:
    """What is held as rejected, and the files that a run reads by now.

    Attributes:
        rows: As the books hold them.
        read: The connection and the stream of each file.
    """

    rows: Sequence[Any]
    read: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, rows: Sequence[Any], settings: RunSettings, folder: Path) -> "Missing":
        """With the files that the settings name."""
        found = (
            (_ACCOUNTS + account.id, _FILE + name)
            for account in settings.accounts
            if isinstance(account, FileAccount)
            for name in files_of(account, folder)
        )
        return cls(rows, frozenset(found))

    def told(self) -> Iterator[str]:
        """A line for each source."""
        found = Counter((row.connection_id, row.stream) for row in self.rows)
        for (connection, stream), count in found.items():
            source, file = source_name(connection), _file(stream)
            where = f"{source}: {file}" if file else source
            said = f"{where}: {counted(count, 'record')} rejected, and missing"
            if not file and connection.startswith(_ACCOUNTS):
                yield f"{said}: payymo status --json"  # a run says it in its turn only
            elif self._is_read(connection, stream):
                yield f"{said}: payymo run"
            else:
                yield f"{said}; {gone_told(source, file)}"

    def objects(self) -> list[dict[str, object]]:
        """All of it, as JSON takes it."""
        return [
            {**_told(row), "is_read": self._is_read(row.connection_id, row.stream)}
            for row in self.rows
        ]

    def _is_read(self, connection: str, stream: str) -> bool:
        return not _file(stream) or (connection, stream) in self.read


def gone_told(source: str, file: str) -> str:
    """What there is to do about a file that no run reads any more."""
    return (
        "no run reads that file any more: bring it back, mended, or "
        f"`payymo decide do-without {quote(source)} {quote(file)}`"
    )


def forgo(person: Person, account: str, file: str) -> None:
    """Do without what was rejected of a file of an account, or of a bank."""
    origin = Origin(_ACCOUNTS + account, file and _FILE + file)
    with acting_as(person) as who:
        count = who.do(lambda books: do_without(books, origin))
    where = f"{account}: {file}" if file else account
    say(stdout(), f"{where}: {counted(count, 'record')} done without")


def _file(stream: str) -> str:
    return stream.removeprefix(_FILE)


def _told(row: Any) -> dict[str, object]:
    said = as_rejected(row)
    return {
        "source": source_name(row.connection_id),
        "file": _file(row.stream) or None,
        "where": said.where or None,
        "record": said.record_id or None,
        "field": said.field or None,
        "fault": said.fault,
        "read_at": row.read_at.isoformat(),
    }
