"""What runs every day: whose books, which accounts, which ledger, what is applied."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from attrs import field, frozen

from payymo_adapters.accounts import account_key
from payymo_adapters.banking import WARN_AHEAD
from payymo_adapters.errors import SettingsError
from payymo_adapters.feeds import BANKS, EVERY_HOURS, STRIPE, BankFeed, StripeFeed
from payymo_adapters.pipeline import Policy
from payymo_adapters.sync import Coverage
from payymo_core.errors import RecordError
from payymo_core.money import to_minor

WHMCS = "whmcs"
"""What ``[invoices] from`` says where they come from there."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_OWN = ("tenant", "company", "database", "ruleset", "consent_warning_days")
_SECTIONS = ("payymo", "accounts", "invoices", "apply", "four_eyes")
# Sections of providers and of the webhook, which ``settings`` reads.
_OTHERS = (
    *("whmcs", "stripe", "gocardless", "enablebanking", "gocardless_payments"),
    "webhook",
)
_MISSING = object()
_MOST = 1000


@frozen(kw_only=True)
class FileAccount:
    """An account of ours whose statements are files.

    Attributes:
        id: A short name; transactions are known by it and their own id.
        name: As a person knows it.
        files: A pattern, as ``statements/*.xml``, from the settings file's folder.
        coverage: What it means that a statement does not list an entry.
        mapping: Columns of a CSV, where they are not detected.
    """

    id: str
    name: str
    files: str
    coverage: Coverage = Coverage.SOME
    mapping: Path | None = None


Account = FileAccount | BankFeed | StripeFeed


@frozen(kw_only=True)
class RunSettings:
    """What a run needs to know.

    Attributes:
        tenant: Whose books.
        company: Their name.
        database: URL; "" where the settings do not say.
        ruleset: A TOML file, or None for the one built in.
        accounts: Ours.
        warn_ahead: How long before its end a consent is told of.
        invoices: ``WHMCS``, or a ledger file.
        policy: What is applied without a person.
        four_eyes: Above which sum a second person is wanted, by currency.
    """

    tenant: str
    company: str
    database: str = ""
    ruleset: Path | None = None
    accounts: tuple[Account, ...] = ()
    warn_ahead: timedelta = WARN_AHEAD
    invoices: str | Path = WHMCS
    policy: Policy = field(factory=Policy)
    four_eyes: Mapping[str, Decimal] = field(factory=dict)


def read_run_settings(file: Mapping[str, object], folder: Path) -> RunSettings:
    """Read them.

    Args:
        file: What the settings file holds.
        folder: Where it is: paths are from there.

    Raises:
        SettingsError: Settings that are missing or wrong, all of them.
    """
    read = _Reader(file)
    for key in file:
        if key not in (*_SECTIONS, *_OTHERS):
            read.fault(key, "no such section")
    own = read.section("payymo", _OWN)
    tenant = own.text("tenant", "")
    if not _NAME.fullmatch(tenant):
        own.fault("tenant", "a short name is wanted, of letters, digits, - and _")
    ruleset = own.text("ruleset", "")
    source = read.section("invoices", ("from",)).text("from")
    settings = RunSettings(
        tenant=tenant,
        company=own.text("company", tenant),
        database=own.text("database", ""),
        ruleset=folder / ruleset if ruleset else None,
        accounts=tuple(_accounts(read, folder)),
        warn_ahead=timedelta(days=own.number("consent_warning_days", WARN_AHEAD.days)),
        invoices=WHMCS if source == WHMCS else folder / source,
        policy=_policy(read),
        four_eyes=_four_eyes(read),
    )
    if read.faults:
        raise SettingsError(tuple(read.faults))
    return settings


@frozen
class _Reader:
    """A table of the file; what is wrong with it is gathered.

    Attributes:
        held: What it holds.
        path: Its name in the file.
        faults: Of the whole file.
    """

    held: Mapping[str, object]
    path: str = ""
    faults: list[str] = field(factory=list)

    def fault(self, key: str, words: str) -> None:
        place = f"{self.path}.{key}" if self.path else key
        self.faults.append(f"{place} in the settings file: {words}")

    def section(self, key: str, known: tuple[str, ...] | None = None) -> "_Reader":
        """A table within; one that is not there is empty."""
        value = self.held.get(key, {})
        if not isinstance(value, Mapping):
            self.fault(key, "a section is wanted")
            value = {}
        path = f"{self.path}.{key}" if self.path else key
        inner = _Reader(value, path, self.faults)
        for name in value:
            if known is not None and name not in known:
                inner.fault(name, "no such setting")
        return inner

    def text(self, key: str, default: object = _MISSING) -> str:
        value = self.held.get(key, default)
        if isinstance(value, str) and "\0" in value:
            self.fault(key, "it holds a zero byte")
            return ""
        if isinstance(value, str) and (value or default == ""):
            return value
        words = "missing" if value is _MISSING else "a text is wanted, in quotes"
        self.fault(key, words)
        return ""

    def day(self, key: str) -> date:
        value = self.held.get(key, _MISSING)
        # TOML has days of its own; what has a time of day as well is none.
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            words = "missing" if value is _MISSING else "a day is wanted"
            self.fault(key, f"{words}, as 2026-01-31")
            return date.min

    def number(self, key: str, default: float) -> float:
        value = self.held.get(key, default)
        plain = isinstance(value, int | float) and type(value) is not bool
        if plain and 0 <= value <= _MOST:  # type: ignore[operator]
            return value  # type: ignore[return-value]
        self.fault(key, f"a number from 0 to {_MOST} is wanted")
        return default

    def flag(self, key: str) -> bool:
        value = self.held.get(key, False)
        if not isinstance(value, bool):
            self.fault(key, "true or false is wanted")
        return value is True


def _accounts(read: _Reader, folder: Path) -> Iterator[Account]:
    accounts = read.section("accounts")
    if not accounts.held:
        accounts.fault("NAME", "missing; at least one account of yours")
    taken: set[tuple[str, str]] = set()
    for key in accounts.held:
        if not _NAME.fullmatch(key):
            accounts.fault(key, "a short name is wanted, of letters, digits, - and _")
        source = accounts.section(key).held.get("from", "files")
        made = _SOURCES.get(source) if isinstance(source, str) else None
        if made is None:
            listed = ", ".join(f'"{name}"' for name in _SOURCES)
            accounts.section(key).fault("from", f"one of {listed} is wanted")
            continue
        account = made(accounts, key, folder)
        yield account
        if isinstance(account, FileAccount):
            continue
        # Read under two names, its money would be there twice.
        where = _where(account)
        if where in taken:
            accounts.fault(key, "another account of these is the same one")
        taken.add(where)


def _where(account: BankFeed | StripeFeed) -> tuple[str, str]:
    return ("", account.key) if isinstance(account, BankFeed) else (STRIPE, "")


def _file_account(accounts: _Reader, key: str, folder: Path) -> FileAccount:
    each = accounts.section(key, ("from", "name", "files", "whole_days", "mapping"))
    mapping = each.text("mapping", "")
    whole = Coverage.WHOLE_DAYS if each.flag("whole_days") else Coverage.SOME
    return FileAccount(
        id=key,
        name=each.text("name", key),
        files=each.text("files"),
        coverage=whole,
        mapping=folder / mapping if mapping else None,
    )


def _bank_feed(accounts: _Reader, key: str, _: Path) -> BankFeed:
    each = accounts.section(key, ("from", "name", "account", "since", "every_hours"))
    return BankFeed(
        id=key,
        name=each.text("name", key),
        provider=each.text("from"),
        key=account_key(each.text("account")),
        since=each.day("since"),
        every=timedelta(hours=each.number("every_hours", EVERY_HOURS)),
    )


def _stripe_feed(accounts: _Reader, key: str, _: Path) -> StripeFeed:
    each = accounts.section(key, ("from", "name", "since"))
    return StripeFeed(id=key, name=each.text("name", key), since=each.day("since"))


_SOURCES: Mapping[str, Callable[[_Reader, str, Path], Account]] = {
    "files": _file_account,
    **dict.fromkeys(BANKS, _bank_feed),
    STRIPE: _stripe_feed,
}


def _policy(read: _Reader) -> Policy:
    section = read.section("apply")
    most: dict[str, Decimal] = {}
    most_a_day: dict[str, Decimal] = {}
    for currency in section.held:
        limits = section.section(currency, ("payment", "day"))
        most[currency] = _money(limits, "payment", currency)
        most_a_day[currency] = _money(limits, "day", currency)
    return Policy(most=most, most_a_day=most_a_day)


def _four_eyes(read: _Reader) -> dict[str, Decimal]:
    section = read.section("four_eyes")
    return {code: _money(section, code, code) for code in section.held}


def _money(limits: _Reader, key: str, currency: str) -> Decimal:
    text = limits.text(key)
    if not text:
        return Decimal(0)
    fault = _money_fault(text, currency)
    if fault:
        limits.fault(key, fault)
        return Decimal(0)
    return Decimal(text)


def _money_fault(text: str, currency: str) -> str:
    try:
        amount = Decimal(text)
        to_minor(amount, currency)
    except InvalidOperation:
        return f"{text!r} is no amount"
    except RecordError as error:
        return str(error)
    return "" if amount >= 0 else "it is below nothing"
