"""What can be wrong with settings, connections and files, and how to mend it; no I/O.

A ``Probe`` is what one look at one thing brought; a check is a function that says what
of it is wrong. All of them stand in ``CHECKS``, and every probe is held against all.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum, unique
from urllib.parse import urlsplit

from attrs import frozen

from payymo_adapters.banking import AccountStatus, Connection
from payymo_adapters.budget import Allowance
from payymo_adapters.errors import (
    Bar,
    FileError,
    LimitError,
    MissingLibraryError,
    PayloadError,
    ProviderError,
    SettingsError,
    StoreError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_core import PayymoError


@unique
class Symptom(StrEnum):
    """What is wrong; the page on troubleshooting has a section for each."""

    SETTINGS = "settings"
    CREDENTIALS = "credentials"
    ADDRESS = "address"
    PERMISSION = "permission"
    REDIRECT = "redirect"
    CLOCK = "clock"
    UNREACHABLE = "unreachable"
    LIMIT = "limit"
    BANK = "bank"
    CONSENT = "consent"
    ACCOUNT = "account"
    GATEWAY = "gateway"
    ANSWER = "answer"
    REFUSED = "refused"
    FILE = "file"
    EMPTY = "empty"
    CONFIDENCE = "confidence"
    INCORRECT = "incorrect"
    READING = "reading"
    DATABASE = "database"


@frozen(kw_only=True)
class Ailment:
    """Something that is wrong.

    Attributes:
        symptom: Which.
        says: What is wrong, in a sentence.
        mend: What to do about it.
    """

    symptom: Symptom
    says: str
    mend: str


@frozen(kw_only=True)
class Matching:
    """What came of two files.

    Attributes:
        transactions: How many were read.
        invoices: Likewise.
        reviews: Transactions that are left to a person.
        errors: What was found by which a payment can go to the wrong invoice.
    """

    transactions: int
    invoices: int
    reviews: int = 0
    errors: tuple[str, ...] = ()


@frozen(kw_only=True)
class Probe:
    """What a look at one thing brought; what it does not concern is left out.

    Attributes:
        subject: What was looked at, as a person calls it.
        now: By the clock of this machine, in UTC.
        error: What it ended with.
        told_at: The time that a provider told with its answer.
        connection: How a consent stands.
        supported: Whether the bank of the consent is still one that can be connected.
        calls: What is left of today, by the key of the account.
        redirect: The address that is registered with a provider.
        gateway: What payments are to be recorded under, and what there is.
        weaknesses: What weakens a database.
        unread: What the last run could not read, a line each.
        rejected: How many records of a file cannot be read.
        matching: What came of two files.
    """

    subject: str
    now: datetime
    error: PayymoError | OSError | None = None
    told_at: datetime | None = None
    connection: Connection | None = None
    supported: bool = True
    calls: tuple[tuple[str, Allowance], ...] = ()
    redirect: str = ""
    gateway: tuple[str, tuple[str, ...]] = ("", ())
    weaknesses: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    rejected: int = 0
    matching: Matching | None = None


Check = Callable[[Probe], Iterable[Ailment]]

_FAR_OFF = timedelta(minutes=1)
# One in so many left to a person is what a ledger without references looks like.
_ONE_IN = 5
_BARS = {
    Bar.CREDENTIALS: Symptom.CREDENTIALS,
    Bar.ADDRESS: Symptom.ADDRESS,
    Bar.PERMISSION: Symptom.PERMISSION,
    Bar.REDIRECT: Symptom.REDIRECT,
    Bar.CONSENT: Symptom.CONSENT,
}
_KINDS: dict[type[ProviderError], Symptom] = {
    UndeliveredError: Symptom.UNREACHABLE,
    LimitError: Symptom.LIMIT,
    PayloadError: Symptom.ANSWER,
}
_MENDS = {
    Symptom.CREDENTIALS: "Set the credentials again",
    Symptom.UNREACHABLE: "Check the address, the network and the firewall; or try "
    "again later",
    Symptom.LIMIT: "Wait, and ask less often",
    Symptom.ANSWER: "Check the address of the interface; else please report it",
    Symptom.REFUSED: "Check the settings that the message speaks of",
}
_AGAIN = "Connect the bank again with payymo connect; its history goes on"
# What an account suffers from, and what to do.
_ACCOUNTS = {
    AccountStatus.WAIT: ("the bank's data is being collected", "Wait some minutes"),
    AccountStatus.FAILED: ("the bank failed", _AGAIN),
    AccountStatus.EXPIRED: ("the consent has expired", _AGAIN),
    AccountStatus.SUSPENDED: ("suspended after many failures", _AGAIN),
}


def examine(probe: Probe) -> tuple[Ailment, ...]:
    """Hold a probe against every check."""
    return tuple(ailment for check in CHECKS for ailment in check(probe))


def check_settings(probe: Probe) -> Iterator[Ailment]:
    """Settings that are missing or wrong, one by one."""
    if isinstance(probe.error, SettingsError):
        for fault in probe.error.faults:
            mend = "Set it in the environment, the settings file or the keyring"
            if isinstance(probe.error, MissingLibraryError):
                mend = "Install it; or take out the settings that need it"
            yield Ailment(symptom=Symptom.SETTINGS, says=fault, mend=mend)


def check_entry(probe: Probe) -> Iterator[Ailment]:
    """Credentials, the list of addresses, permissions, the redirect, the consent."""
    if isinstance(probe.error, UnauthorisedError):
        yield _of(_BARS[probe.error.bar], probe.error)


def check_answer(probe: Probe) -> Iterator[Ailment]:
    """No answer, a limit, a refusal, or an answer that is none."""
    error = probe.error
    if not isinstance(error, ProviderError) or isinstance(error, UnauthorisedError):
        return
    kinds = (symptom for kind, symptom in _KINDS.items() if isinstance(error, kind))
    yield _of(next(kinds, Symptom.REFUSED), error)


def check_clock(probe: Probe) -> Iterator[Ailment]:
    """A clock that differs from the provider's."""
    if probe.told_at is None:
        return
    off = probe.now - probe.told_at
    if abs(off) > _FAR_OFF:
        way = "ahead of" if off > timedelta() else "behind"
        seconds = timedelta(seconds=round(abs(off).total_seconds()))
        says = f"the clock of this machine is {seconds} {way} the provider's"
        mend = "Let the system set its clock by the network (NTP)"
        yield Ailment(symptom=Symptom.CLOCK, says=says, mend=mend)


def check_redirect(probe: Probe) -> Iterator[Ailment]:
    """An address that no browser can be sent back to."""
    if isinstance(probe.error, OSError):
        says = f"cannot be listened at: {probe.error.strerror or probe.error}"
        mend = "End the other program, or choose another with connect --port"
        yield Ailment(symptom=Symptom.REDIRECT, says=says, mend=mend)
    if probe.redirect and not _is_way_back(probe.redirect):
        says = f"{probe.redirect!r} is no address that a bank sends a user back to"
        mend = "Set one that begins with https://, as it is registered"
        yield Ailment(symptom=Symptom.REDIRECT, says=says, mend=mend)


def check_consent(probe: Probe) -> Iterator[Ailment]:
    """A consent that has ended or is about to, or whose bank is gone."""
    if probe.connection is None:
        return
    bank = probe.connection.bank
    if warning := probe.connection.warning(probe.now):
        yield Ailment(symptom=Symptom.CONSENT, says=warning, mend=_AGAIN)
    if not probe.supported:
        says = f"{bank} is not among the banks that can be connected"
        mend = "Ask the provider about it; reach it by another until then"
        yield Ailment(symptom=Symptom.BANK, says=says, mend=mend)


def check_accounts(probe: Probe) -> Iterator[Ailment]:
    """Accounts that cannot be read, or not today any more."""
    accounts = probe.connection.accounts if probe.connection else ()
    for account in accounts:
        if known := _ACCOUNTS.get(account.status):
            says, mend = f"{account.key}: {known[0]}", known[1]
            yield Ailment(symptom=Symptom.ACCOUNT, says=says, mend=mend)
    for key, left in probe.calls:
        if left.later:
            says = f"{key}: the calls of today are used up"
            mend = f"Next refresh possible at {left.later:%Y-%m-%d %H:%M} UTC"
            yield Ailment(symptom=Symptom.LIMIT, says=says, mend=mend)


def check_gateway(probe: Probe) -> Iterator[Ailment]:
    """A way to pay that WHMCS does not know."""
    wanted, known = probe.gateway
    if wanted and wanted not in known:
        says = f"no way to pay is called {wanted!r}"
        mend = f"Set PAYYMO_WHMCS_GATEWAY to one of {', '.join(known)}"
        yield Ailment(symptom=Symptom.GATEWAY, says=says, mend=mend)


def check_files(probe: Probe) -> Iterator[Ailment]:
    """A file that cannot be read, or not all of it, or with nothing in it."""
    if isinstance(probe.error, FileError):
        mend = "See which formats are read; a mapping says what a CSV's columns are"
        yield Ailment(symptom=Symptom.FILE, says=str(probe.error), mend=mend)
    if probe.rejected:
        says = f"{probe.rejected:,} records cannot be read"
        mend = "payymo check lists them, each with its fault"
        yield Ailment(symptom=Symptom.FILE, says=says, mend=mend)
    found = probe.matching
    if found and not (found.transactions and found.invoices):
        says = f"{found.transactions:,} transactions and {found.invoices:,} invoices"
        mend = "Fetch other days with --since and --until; banks tell a day late"
        yield Ailment(symptom=Symptom.EMPTY, says=says, mend=mend)


def check_matching(probe: Probe) -> Iterator[Ailment]:
    """Much that is left to a person, and what leads to the wrong invoice."""
    found = probe.matching
    if found is None:
        return
    if found.reviews * _ONE_IN > found.transactions:
        says = f"{found.reviews:,} of {found.transactions:,} transactions need review"
        mend = "payymo explain says what would settle each; configure references"
        yield Ailment(symptom=Symptom.CONFIDENCE, says=says, mend=mend)
    for error in found.errors:
        mend = "payymo check lists them; reject wrong matches with payymo learn"
        yield Ailment(symptom=Symptom.INCORRECT, says=error, mend=mend)


def check_database(probe: Probe) -> Iterator[Ailment]:
    """A database that cannot be used, or not safely."""
    if isinstance(probe.error, StoreError):
        mend = (
            probe.error.advice
            or "Check PAYYMO_DATABASE or the settings file, and that the server runs"
        )
        yield Ailment(symptom=Symptom.DATABASE, says=probe.error.fault, mend=mend)
    for weakness in probe.weaknesses:
        mend = "See what a database has to be like: keep a database"
        yield Ailment(symptom=Symptom.DATABASE, says=weakness, mend=mend)


def check_reading(probe: Probe) -> Iterator[Ailment]:
    """What a run could not read, and whose money or invoices are missing so."""
    for line in probe.unread:
        mend = "Mend it, and run again; payymo status --json has each record's fault"
        yield Ailment(symptom=Symptom.READING, says=line, mend=mend)


CHECKS: tuple[Check, ...] = (
    check_settings,
    check_entry,
    check_answer,
    check_clock,
    check_redirect,
    check_consent,
    check_accounts,
    check_gateway,
    check_files,
    check_matching,
    check_database,
    check_reading,
)


def _of(symptom: Symptom, error: ProviderError) -> Ailment:
    code = f" ({error.code})" if error.code else ""
    advice = error.advice or _MENDS[symptom]
    return Ailment(symptom=symptom, says=f"{error.fault}{code}", mend=advice)


def _is_way_back(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.hostname or parts.fragment:
        return False
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and local)
