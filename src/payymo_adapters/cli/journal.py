"""What ``payymo apply`` did: a line a step, kept for good and read before the next."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum, unique
from pathlib import Path
from typing import IO

from attrs import field, frozen

from payymo_adapters.cli.locking import lock
from payymo_adapters.errors import FileError
from payymo_adapters.whmcs.applying import Outcome, Payment, Settlement


@unique
class Step(StrEnum):
    """What a line may say beside what happened to a payment."""

    SENDING = "sending"
    """It is about to be sent; a run that is killed leaves this last."""
    NOT_SENT = "not_sent"
    """A question before it was not answered."""
    STILL_UNKNOWN = "still_unknown"
    """It was asked about again, in vain; or was to be sent again, and was not."""


_UNSETTLED = (Step.SENDING, Outcome.UNKNOWN)
_KEPT = ("at", "outcome", "account", "transaction", "amount")
_HELD = (*_UNSETTLED, Outcome.APPLIED, Outcome.ALREADY_APPLIED)
Row = Mapping[str, str]


@frozen
class Journal:
    """The file, and the last line of each payment."""

    _file: IO[str]
    _rows: dict[str, Row] = field(factory=dict)

    def unknown_since(self, payment: Payment) -> datetime | None:
        """When it was last sent, in UTC, if what became of it is not known."""
        row = self._rows.get(payment.transid)
        if row is None or row["outcome"] not in _UNSETTLED:
            return None
        return datetime.fromisoformat(row["at"]).astimezone(UTC)

    def spent(self, payment: Payment) -> Decimal:
        """What its transaction has paid others, or may have; major units."""
        key = (payment.account, payment.transaction)
        return sum(
            (
                Decimal(row["amount"])
                for transid, row in self._rows.items()
                if transid != payment.transid
                and (row["account"], row["transaction"]) == key
                and row["outcome"] in _HELD
            ),
            Decimal(0),
        )

    def note(self, payment: Payment, step: Step, now: datetime, says: str = "") -> None:
        """Write down a step, before it is made or after it failed."""
        self._write(payment, step, now, {"says": says} if says else {})

    def settle(self, settled: Settlement, now: datetime) -> None:
        """Write down what happened."""
        more = {"refusal": settled.refusal, "says": settled.says}
        self._write(
            settled.payment,
            settled.outcome,
            now,
            {key: value for key, value in more.items() if value},
        )

    def _write(
        self,
        payment: Payment,
        outcome: Step | Outcome,
        now: datetime,
        more: Mapping[str, str],
    ) -> None:
        row = {
            "at": now.isoformat(timespec="seconds"),
            "outcome": outcome,
            "account": payment.account,
            "transaction": payment.transaction,
            "invoice": payment.invoice,
            "amount": f"{payment.amount:f}",
            "currency": payment.currency,
            "transid": payment.transid,
            **more,
        }
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        _take(self._rows, row)


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    """Open a journal for one writer.

    Raises:
        FileError: Not a journal, or another run writes it.
        OSError: It cannot be opened.
    """
    with path.open("a+", encoding="utf-8", newline="\n") as file:
        lock(file, path, "payymo apply")
        file.seek(0)
        whole, _, rest = file.read().rpartition("\n")
        if rest:
            # Cut off when the machine went down: what it was to say had not been done.
            file.truncate(len(f"{whole}\n".encode()) if whole else 0)
        yield Journal(file, _rows_of(whole, path))


def _rows_of(text: str, path: Path) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            _take(rows, json.loads(line))
        except (ValueError, KeyError, TypeError, ArithmeticError):
            fault = "not a line of this journal; move the file away to begin another"
            raise FileError(str(path), fault, line=number) from None
    return rows


def _take(rows: dict[str, Row], row: Row) -> None:
    # What is asked in vain changes nothing: not even when it was sent.
    if row["outcome"] == Step.STILL_UNKNOWN:
        return
    datetime.fromisoformat(row["at"])
    Decimal(row["amount"])
    rows[row["transid"]] = {key: row[key] for key in _KEPT}
