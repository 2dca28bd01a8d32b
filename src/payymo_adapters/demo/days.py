"""The demo's month, day by day: the bank's files of each day, settings, a stand-in."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from attrs import frozen

from payymo_adapters.demo import INVOICES, STATEMENT
from payymo_adapters.demo.whmcs import StandIn
from payymo_adapters.errors import FileError
from payymo_adapters.exchange import write_transactions
from payymo_adapters.files import read_ledger, read_statement
from payymo_core.records import Invoice, Transaction

TENANT = "kranichnest"
ACCOUNT = "bank"
_SETTINGS, _DATABASE, _MEMORY = "payymo.toml", "payymo.db", "whmcs.jsonl"
_STATEMENTS = "statements"
_TEXT = f"""\
# Settings of the demo: `payymo run` would read the same ones every day.

[payymo]
tenant = "{TENANT}"
company = "Kranichnest Hosting"
database = {{database}}

[accounts.{ACCOUNT}]
name = "Bank"
files = "{_STATEMENTS}/*.jsonl"

[invoices]
from = "whmcs"

# What is sure is applied without a person up to these limits.
[apply.EUR]
payment = "1500.00"
day = "20000.00"

[apply.USD]
payment = "1500.00"
day = "20000.00"
"""


@frozen
class Home:
    """Where the month is kept.

    Attributes:
        directory: The demo's, with its statement and its ledger.
    """

    directory: Path

    @property
    def days(self) -> Path:
        """Where all else is."""
        return self.directory / "daily"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.days / _SETTINGS

    @property
    def database(self) -> Path:
        """The books."""
        return self.days / _DATABASE

    @property
    def url(self) -> str:
        """The books, wherever a command is called from."""
        return f"sqlite:///{self.database.resolve().as_posix()}"

    @property
    def memory(self) -> Path:
        """What the stand-in for WHMCS was told of."""
        return self.days / _MEMORY

    def statement_of(self, day: date) -> Path:
        """What the bank tells of a day."""
        return self.days / _STATEMENTS / f"{day}.jsonl"


@frozen
class Month:
    """What happens in it.

    Attributes:
        transactions: As the bank tells of them.
        ledger: As it is billed.
    """

    transactions: Sequence[Transaction]
    ledger: Sequence[Invoice]

    @property
    def days(self) -> list[date]:
        """Those on which the bank booked anything."""
        return sorted(
            {each.booking_date for each in self.transactions if each.booking_date}
        )


def read_month(home: Home) -> Month:
    """Read the statement and the ledger of the demo."""
    statement = read_statement(home.directory / STATEMENT).records
    ledger = read_ledger(home.directory / INVOICES).records
    return Month(
        [each for each in statement if isinstance(each, Transaction)],
        [each for each in ledger if isinstance(each, Invoice)],
    )


def prepare(home: Home, month: Month) -> bool:
    """Write the settings and the bank's files; those that are there stay.

    Returns:
        Whether the month was begun before.

    Raises:
        FileError: What is there is not the demo's.
        OSError: The directory cannot be written to.
    """
    text = _TEXT.format(database=json.dumps(home.url))
    if home.settings.exists():
        if home.settings.read_text(encoding="utf-8") != text:
            fault = "is not as the demo wrote it; choose another place (see --dir)"
            raise FileError(str(home.settings), fault)
        return home.database.exists()
    if home.days.exists() and any(home.days.iterdir()):
        fault = "is not the demo's; choose another place (see --dir)"
        raise FileError(str(home.days), fault)
    home.statement_of(month.days[0]).parent.mkdir(parents=True, exist_ok=True)
    for day in month.days:
        told = [each for each in month.transactions if each.booking_date == day]
        write_transactions(told, home.statement_of(day))
    # Last: a beginning that broke off is none.
    home.settings.write_text(text, encoding="utf-8", newline="\n")
    return False


def stand_in(home: Home, month: Month, secret: str) -> StandIn:
    """Bill the ledger in a WHMCS that remembers what it was told."""
    return StandIn.over(month.ledger, home.memory, secret, month.days[0])
