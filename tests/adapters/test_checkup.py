"""What the doctor makes of what it sees, symptom by symptom."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payymo_adapters.banking import (
    AccountStatus,
    BankAccount,
    Connection,
    ConnectionStatus,
    ConsentGoneError,
)
from payymo_adapters.budget import Allowance
from payymo_adapters.checkup import Matching, Probe, Symptom, examine
from payymo_adapters.consent import ConsentError, ConsentFault
from payymo_adapters.errors import (
    Bar,
    FileError,
    LimitError,
    PayloadError,
    RefusedError,
    SettingsError,
    StoreError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_core import PayymoError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "troubleshoot.md"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=2, minutes=5)


def connected(
    days: float = 90, account: AccountStatus = AccountStatus.READY
) -> Connection:
    return Connection(
        provider="GoCardless",
        id="r1",
        bank="Sandbox",
        status=ConnectionStatus.LINKED,
        accounts=(BankAccount(key="K", id="a1", bank="Sandbox", status=account),),
        expires_at=NOW + timedelta(days=days),
    )


def probe(error: PayymoError | OSError | None = None, **more: object) -> Probe:
    return Probe(subject="x", now=NOW, error=error, **more)  # type: ignore[arg-type]


def barred(bar: Bar) -> Probe:
    return probe(UnauthorisedError("P", "not let in", advice="Do this", bar=bar))


ILL = [
    (probe(SettingsError(("A: missing",))), Symptom.SETTINGS, "A: missing"),
    (barred(Bar.CREDENTIALS), Symptom.CREDENTIALS, "Do this"),
    (barred(Bar.ADDRESS), Symptom.ADDRESS, "Do this"),
    (barred(Bar.PERMISSION), Symptom.PERMISSION, "Do this"),
    (barred(Bar.REDIRECT), Symptom.REDIRECT, "Do this"),
    (probe(ConsentGoneError("P", "gone")), Symptom.CONSENT, "Connect the bank again"),
    (probe(ConsentError("P", ConsentFault.DENIED)), Symptom.CONSENT, "Connect again"),
    (probe(UndeliveredError("P", "no answer")), Symptom.UNREACHABLE, "the network"),
    (probe(LimitError("P", "slow", until=LATER)), Symptom.LIMIT, "14:05 UTC"),
    (probe(LimitError("P", "slow", until=None)), Symptom.LIMIT, "Wait"),
    (probe(PayloadError("P", "a page")), Symptom.ANSWER, "address of the interface"),
    (probe(RefusedError("P", "no such bank")), Symptom.REFUSED, "no such bank"),
    (probe(OSError(98, "in use")), Symptom.REDIRECT, "in use"),
    (probe(redirect="http://billing.example/x"), Symptom.REDIRECT, "https://"),
    (probe(redirect="https://b.example/x#y"), Symptom.REDIRECT, "https://"),
    (probe(redirect="https://[b/"), Symptom.REDIRECT, "https://"),
    (probe(told_at=NOW - timedelta(minutes=9)), Symptom.CLOCK, "0:09:00 ahead of"),
    (probe(told_at=NOW + timedelta(days=2)), Symptom.CLOCK, "2 days, 0:00:00 behind"),
    (probe(connection=connected(13)), Symptom.CONSENT, "in 13 days"),
    (probe(connection=connected(-1)), Symptom.CONSENT, "has ended"),
    (probe(connection=connected(), supported=False), Symptom.BANK, "Sandbox"),
    *(
        (probe(connection=connected(account=status)), Symptom.ACCOUNT, "K: ")
        for status in (
            AccountStatus.WAIT,
            AccountStatus.FAILED,
            AccountStatus.EXPIRED,
            AccountStatus.SUSPENDED,
        )
    ),
    (
        probe(calls=(("K", Allowance(calls=0, later=LATER)),)),
        Symptom.LIMIT,
        "Next refresh possible at 2026-03-01 14:05 UTC",
    ),
    (probe(gateway=("cash", ("mailin",))), Symptom.GATEWAY, "mailin"),
    (probe(FileError("a.csv", "no columns")), Symptom.FILE, "a.csv: no columns"),
    (probe(rejected=3), Symptom.FILE, "3 records"),
    (probe(matching=Matching(transactions=0, invoices=9)), Symptom.EMPTY, "0 trans"),
    (probe(matching=Matching(transactions=9, invoices=0)), Symptom.EMPTY, "0 inv"),
    (
        probe(matching=Matching(transactions=9, invoices=9, reviews=2)),
        Symptom.CONFIDENCE,
        "2 of 9",
    ),
    (probe(StoreError("no server", advice="Start it")), Symptom.DATABASE, "Start it"),
    (probe(weaknesses=("may do all",)), Symptom.DATABASE, "may do all"),
    (probe(unread=("main: not read: gone",)), Symptom.READING, "main: not read: gone"),
    (
        probe(matching=Matching(transactions=9, invoices=9, errors=("twins",))),
        Symptom.INCORRECT,
        "twins",
    ),
]
WELL = [
    probe(),
    probe(told_at=NOW - timedelta(seconds=59)),
    probe(redirect="https://billing.example/back"),
    probe(redirect="http://127.0.0.1:8765/x"),
    probe(connection=connected(15)),
    probe(calls=(("K", Allowance(calls=1)),)),
    probe(gateway=("mailin", ("mailin",))),
    probe(matching=Matching(transactions=10, invoices=1, reviews=2)),
]


@pytest.mark.parametrize(("seen", "symptom", "words"), ILL)
def test_an_ailment_is_told_with_what_to_do(
    seen: Probe, symptom: Symptom, words: str
) -> None:
    (found,) = examine(seen)
    assert found.symptom is symptom
    assert words in f"{found.says} {found.mend}"
    assert found.mend


@pytest.mark.parametrize("seen", WELL)
def test_what_is_well_is_left_alone(seen: Probe) -> None:
    assert not examine(seen)


def test_every_symptom_has_its_case_and_its_section() -> None:
    assert {symptom for _, symptom, _ in ILL} == set(Symptom)
    titles = re.findall(r"^## `(\w+)`", PAGE.read_text("utf-8"), re.MULTILINE)
    assert titles == [str(symptom) for symptom in Symptom]
