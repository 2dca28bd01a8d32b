"""What runs every day: whose books, which accounts, which ledger, what is applied."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from attrs import field, frozen

from payymo_adapters.errors import SettingsError
from payymo_adapters.pipeline import Policy
from payymo_adapters.sync import Coverage
from payymo_core.errors import RecordError
from payymo_core.money import to_minor

WHMCS = "whmcs"
"""What ``[invoices] from`` says where they come from there."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_SECTIONS = ("payymo", "accounts", "invoices", "apply", "four_eyes")
# Sections of providers and of the webhook, which ``settings`` reads.
_OTHERS = (
    *("whmcs", "stripe", "gocardless", "enablebanking", "gocardless_payments"),
    "webhook",
)
_MISSING = object()


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


@frozen(kw_only=True)
class RunSettings:
    """What a run needs to know.

    Attributes:
        tenant: Whose books.
        company: Their name.
        database: URL; "" where the settings do not say.
        ruleset: A TOML file, or None for the one built in.
        accounts: Ours.
        invoices: ``WHMCS``, or a ledger file.
        policy: What is applied without a person.
        four_eyes: Above which sum a second person is wanted, by currency.
    """

    tenant: str
    company: str
    database: str = ""
    ruleset: Path | None = None
    accounts: tuple[FileAccount, ...] = ()
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
    own = read.section("payymo", ("tenant", "company", "database", "ruleset"))
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
        if isinstance(value, str) and (value or default == ""):
            return value
        words = "missing" if value is _MISSING else "a text is wanted, in quotes"
        self.fault(key, words)
        return ""

    def flag(self, key: str) -> bool:
        value = self.held.get(key, False)
        if not isinstance(value, bool):
            self.fault(key, "true or false is wanted")
        return value is True


def _accounts(read: _Reader, folder: Path) -> Iterator[FileAccount]:
    accounts = read.section("accounts")
    if not accounts.held:
        accounts.fault("NAME", "missing; at least one account of yours")
    for key in accounts.held:
        each = accounts.section(key, ("name", "files", "whole_days", "mapping"))
        if not _NAME.fullmatch(key):
            accounts.fault(key, "a short name is wanted, of letters, digits, - and _")
        mapping = each.text("mapping", "")
        whole = Coverage.WHOLE_DAYS if each.flag("whole_days") else Coverage.SOME
        yield FileAccount(
            id=key,
            name=each.text("name", key),
            files=each.text("files"),
            coverage=whole,
            mapping=folder / mapping if mapping else None,
        )


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
