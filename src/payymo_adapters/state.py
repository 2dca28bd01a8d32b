"""What the command line knows from one run to the next, in files only we may read.

``connections.json`` has the consents that were given, ``calls.json`` how often each
account was asked today, ``books`` what is known of each account, and ``waiting`` which
charges of an account are no money yet. None has a secret.
"""

import json
import os
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, TypeVar

from attrs import evolve, frozen
from cattrs import Converter

from payymo_adapters.atomic import PRIVATE, write_atomically
from payymo_adapters.banking import AccountStatus, BankAccount, Connection
from payymo_adapters.budget import FileBudget
from payymo_adapters.errors import FileError
from payymo_adapters.identity import Book

T = TypeVar("T")

CALLS_A_DAY = 4
"""What the strictest banks allow of each account and kind of question."""

_OURS = 0o700


@frozen(kw_only=True)
class Consented:
    """A consent that was given.

    Attributes:
        country: Of the bank: what it was looked up by, and will be again.
        connection: As it was when the bank let us in.
    """

    country: str
    connection: Connection


@frozen(kw_only=True)
class Waiting:
    """Charges that are no money yet.

    Attributes:
        account: Whose they are; "" for the key's own.
        charges: Their ids.
    """

    account: str
    charges: tuple[str, ...] = ()


@frozen
class State:
    """The directory; it is made when the first thing is kept."""

    directory: Path

    @property
    def budget(self) -> FileBudget:
        """Counts the calls of a day."""
        return FileBudget(self.directory / "calls.json", CALLS_A_DAY)

    def consents(self, provider: str = "") -> tuple[Consented, ...]:
        """Those given to a provider, or all of them, the latest last.

        Raises:
            FileError: What is kept cannot be read.
        """
        if not self._connections.exists():
            return ()
        kind = tuple[Consented, ...]
        rows = _read(self._connections, lambda rows: _JSON.structure(rows, kind))
        return tuple(c for c in rows if provider in ("", c.connection.provider))

    def keep_consent(self, given: Consented) -> None:
        """Keep one. Of those before it only what it does not open remains."""
        rows = _JSON.unstructure(superseded(self.consents(), given))
        self._write(self._connections, rows)

    def keep_status(self, account: BankAccount, status: AccountStatus) -> None:
        """Keep what became of an account; until a consent opens it anew."""
        rows = [_marked(each, account, status) for each in self.consents()]
        self._write(self._connections, _JSON.unstructure(rows))

    def book(self, account: str) -> Book:
        """What is known of an account, by its key.

        Raises:
            FileError: What is kept cannot be read.
        """
        path = self._place(account)
        if not path.exists():
            return Book(account=account)
        return _read(path, lambda row: _book_of(account, row))

    def keep_book(self, book: Book) -> None:
        """Keep what is known of an account."""
        self._write(self._place(book.account), _JSON.unstructure(book))

    def waiting(self, account: str) -> tuple[str, ...]:
        """Ids of the charges of an account that were waited for last.

        Raises:
            FileError: What is kept cannot be read.
        """
        path = self._place(account, "waiting")
        if not path.exists():
            return ()
        return _read(path, lambda row: _waiting_of(account, row)).charges

    def keep_waiting(self, waiting: Waiting) -> None:
        """Keep them, in the place of those before."""
        path = self._place(waiting.account, "waiting")
        self._write(path, _JSON.unstructure(waiting))

    @property
    def _connections(self) -> Path:
        return self.directory / "connections.json"

    def _place(self, account: str, kind: str = "books") -> Path:
        # What a bank calls an account need not be what a file can be called.
        name = sha256(account.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        return self.directory / kind / f"{name}.json"

    def _write(self, path: Path, rows: object) -> None:
        self._make()
        path.parent.mkdir(mode=_OURS, exist_ok=True)
        write_atomically(path, [json.dumps(rows, indent=1), "\n"], PRIVATE)

    def open_lock(self) -> IO[str]:
        """Open the file that a run which changes anything here has to lock."""
        self._make()
        path = self.directory / "lock"
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE), "w")

    def _make(self) -> None:
        self.directory.mkdir(mode=_OURS, parents=True, exist_ok=True)


def book_to_text(book: Book) -> str:
    """What is known of an account, as JSON."""
    return json.dumps(_JSON.unstructure(book), separators=(",", ":"))


def book_of_text(account: str, text: str) -> Book:
    """The same, read.

    Raises:
        ValueError: It is none, or of another account.
    """
    try:
        return _book_of(account, json.loads(text))
    except (TypeError, KeyError, AttributeError, ArithmeticError):
        msg = f"no book of {account!r}"
        raise ValueError(msg) from None


def superseded(
    before: tuple[Consented, ...], given: Consented
) -> tuple[Consented, ...]:
    """Add a consent; each account is reached by the last one that opens it."""
    opened = {account.key for account in given.connection.accounts}
    left = []
    for old in before:
        if old.connection.provider != given.connection.provider:
            left.append(old)
            continue
        kept = tuple(a for a in old.connection.accounts if a.key not in opened)
        if kept:
            left.append(evolve(old, connection=evolve(old.connection, accounts=kept)))
    return (*left, given)


def _marked(given: Consented, account: BankAccount, status: AccountStatus) -> Consented:
    accounts = tuple(
        evolve(each, status=status) if each == account else each
        for each in given.connection.accounts
    )
    return evolve(given, connection=evolve(given.connection, accounts=accounts))


def _book_of(account: str, row: object) -> Book:
    book = _JSON.structure(row, Book)
    if book.account != account:
        raise ValueError(account)
    return book


def _waiting_of(account: str, row: object) -> Waiting:
    waiting = _JSON.structure(row, Waiting)
    if waiting.account != account:
        raise ValueError(account)
    return waiting


def _read(path: Path, structure: Callable[[Any], T]) -> T:
    try:
        return structure(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        fault = "not as payymo wrote it; put a copy from before in its place"
        raise FileError(str(path), fault) from None


def _converter() -> Converter:
    made = Converter(
        detailed_validation=False,
        forbid_extra_keys=True,
        unstruct_collection_overrides={frozenset: list, tuple: list},
    )
    made.register_unstructure_hook(date, lambda day: day.isoformat())
    made.register_unstructure_hook(Decimal, str)
    made.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    made.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    made.register_structure_hook(Decimal, lambda text, _: Decimal(text))
    return made


_JSON = _converter()
