"""The port of every bank provider: connect, accounts, transactions, consent expiry.

A caller holds a ``BankProvider`` and never knows which one. Every job is a flow
(``payymo_adapters.http``). What changes with a provider or a consent (the ids of
connections and accounts) is kept apart from what does not: ``BankAccount.key``.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum, unique
from typing import Protocol

from attrs import field, frozen

from payymo_adapters.consent import RedirectNames
from payymo_adapters.errors import Bar, UnauthorisedError
from payymo_adapters.http import Flow, Secret
from payymo_core.errors import Rejected
from payymo_core.records import Transaction

WARN_AHEAD = timedelta(days=14)
"""How long before its end a consent is warned of, where nobody says otherwise."""


class ConsentGoneError(UnauthorisedError):
    """The user's consent holds no longer, or never did: connect again.

    Attributes:
        status: Of the account, where that was answered in place of what was asked.
    """

    def __init__(
        self,
        provider: str,
        fault: str,
        *,
        code: str = "",
        status: "AccountStatus | None" = None,
    ) -> None:
        advice = "Connect the bank again; what was read so far is kept"
        super().__init__(provider, fault, advice=advice, code=code, bar=Bar.CONSENT)
        self.status = status


@frozen(kw_only=True)
class Bank:
    """A bank that a provider reaches.

    Attributes:
        id: What ``connect`` is asked with.
        name: As its customers know it.
        countries: ISO 3166 codes.
        history_days: How far back it tells, at the most; None: not said.
        access_days: How long a consent may hold, at the most; None: not said.
    """

    id: str
    name: str
    countries: tuple[str, ...] = ()
    history_days: int | None = None
    access_days: int | None = None


@frozen(kw_only=True)
class Wish:
    """What a user is asked to consent to.

    Attributes:
        bank: As ``banks`` gave it.
        redirect: Where the bank's page sends the user back to.
        history_days: How far back is asked for; a bank gives less where it has less.
        access_days: How long the consent shall hold; likewise.
    """

    bank: Bank
    redirect: str
    history_days: int = 90
    access_days: int = 180


@frozen(kw_only=True)
class Link:
    """Where the user goes to consent.

    Attributes:
        url: Of the bank's page, or the provider's on the way to it.
        connection: To be kept with the state until the redirect: the provider's id of
            what was begun, or "" where it gives none yet.
    """

    url: str = field(repr=False)
    connection: str


@unique
class ConnectionStatus(StrEnum):
    """How far a consent has come."""

    BEGUN = "begun"
    LINKED = "linked"
    REFUSED = "refused"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@unique
class AccountStatus(StrEnum):
    """Whether an account can be read."""

    READY = "ready"
    WAIT = "wait"
    FAILED = "failed"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether only a new consent changes it: to ask further makes it worse."""
        return self in (self.FAILED, self.EXPIRED, self.SUSPENDED)


@frozen(kw_only=True)
class BankAccount:
    """One of our accounts, as a provider reaches it.

    Attributes:
        key: The same at every reconnect and with every provider: the IBAN where there
            is one, else the bank's number or what the provider derives of it. It
            becomes the ``account`` of the account's transactions.
        id: The provider's; a new consent brings a new one.
        bank: Id of the bank; some quirks are a bank's own.
        status: Whether it can be read now.
        iban: As it is written without blanks, or "".
        name: What the bank or its customer calls it, or "".
        owner: Who holds it, or "".
        currency: ISO 4217, or "" where the provider does not say.
    """

    key: str
    id: str
    bank: str
    status: AccountStatus = AccountStatus.READY
    iban: str = ""
    name: str = ""
    owner: str = ""
    currency: str = ""


@frozen(kw_only=True)
class Connection:
    """A user's consent and the accounts that it opens.

    Attributes:
        provider: As a person knows it.
        id: The provider's.
        bank: Id of the bank.
        status: Only ``linked`` is of use.
        accounts: Those that it opens.
        expires_at: When it ends, in UTC; None: not said.
    """

    provider: str
    id: str
    bank: str
    status: ConnectionStatus
    accounts: tuple[BankAccount, ...] = ()
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Whether it has ended, by its status or by the clock."""
        over = self.expires_at is not None and self.expires_at <= now
        return over or self.status is ConnectionStatus.EXPIRED

    def days_left(self, now: datetime) -> int | None:
        """Whole days until it ends, 0 on the last and after it; None: not said."""
        if self.expires_at is None:
            return None
        return max(0, (self.expires_at - now).days)

    def warning(self, now: datetime, ahead: timedelta = WARN_AHEAD) -> str:
        """Say that it has ended or is about to; "" where there is nothing to say."""
        if self.expired(now):
            return f"{self.provider}: the consent for {self.bank} has ended; reconnect"
        if self.expires_at is None or self.expires_at - now > ahead:
            return ""
        return (
            f"{self.provider}: the consent for {self.bank} ends on "
            f"{self.expires_at:%Y-%m-%d}, in {self.days_left(now)} days; reconnect"
        )


@frozen(kw_only=True)
class BankId:
    """An id that a bank or a provider gave a transaction.

    Attributes:
        space: Within what it tells transactions apart; two ids are compared only
            within one space, since a new consent may number everything anew.
        value: As it was given.
    """

    space: str
    value: str


@frozen(kw_only=True)
class BankLine:
    """One entry of a bank's list, not yet told apart from its twins.

    Attributes:
        transaction: What it says, without an id.
        ids: Candidates, the most trusted first; none where the bank gives none.
        balance_after: The account's balance behind it, major units; None: not said.
        raw: The entry as it came, as JSON, for the day its reading is questioned.
    """

    transaction: Transaction
    ids: tuple[BankId, ...] = ()
    balance_after: Decimal | None = None
    raw: str = field(default="", repr=False)


@frozen(kw_only=True)
class Period:
    """Whole days, both ends among them.

    Attributes:
        since: The first; None: as far back as the bank tells.
        until: The last; None: to the present.
    """

    since: date | None = None
    until: date | None = None

    def __attrs_post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            msg = f"a period from {self.since} to {self.until} has no days"
            raise ValueError(msg)

    def __contains__(self, day: date) -> bool:
        after = self.since is None or self.since <= day
        return after and (self.until is None or day <= self.until)


@frozen(kw_only=True)
class Listing:
    """What one fetch of an account brought.

    Attributes:
        account: The ``key`` of the account.
        period: The days that the bank answered for, which may be fewer than asked.
        booked: In the order of the bank.
        pending: Informational only; a bank changes and drops them as it likes.
        rejected: Entries that cannot be read, each with its fault.
        notes: What a reader should know, as entries that are left out.
    """

    account: str
    period: Period
    booked: tuple[BankLine, ...] = ()
    pending: tuple[BankLine, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class Balance:
    """What an account holds.

    Attributes:
        kind: The provider's own word, as ``interimBooked``.
        amount: Major units.
        currency: ISO 4217.
        day: Of which day; None: not said.
    """

    kind: str
    amount: Decimal
    currency: str
    day: date | None = None


class BankProvider(Protocol):
    """What every bank provider does.

    A connection is made in four steps: ``connect`` with a fresh state, the user at the
    bank's page, the check of the redirect and its state, ``finish``. To reconnect is to
    connect again: ``carried_over`` says which accounts went on under new ids.
    """

    @property
    def name(self) -> str:
        """As a person knows it."""
        ...

    @property
    def redirect_names(self) -> RedirectNames:
        """How its redirect is read."""
        ...

    def banks(self, country: str) -> Flow[tuple[Bank, ...]]:
        """The banks of a country, by its ISO 3166 code."""
        ...

    def connect(self, wish: Wish, state: str) -> Flow[Link]:
        """Begin a consent; the redirect will carry the state."""
        ...

    def finish(self, connection: str, code: Secret) -> Flow[Connection]:
        """Turn an accepted redirect into a connection with its accounts.

        Args:
            connection: As the link said.
            code: As the redirect carried it; empty where it carries none.
        """
        ...

    def connection(self, connection: str) -> Flow[Connection]:
        """How a connection stands now."""
        ...

    def disconnect(self, connection: str) -> Flow[None]:
        """End a consent at the provider."""
        ...

    def balances(self, account: BankAccount) -> Flow[tuple[Balance, ...]]:
        """What an account holds."""
        ...

    def transactions(self, account: BankAccount, period: Period) -> Flow[Listing]:
        """What was booked on an account, and what is pending."""
        ...


@frozen(kw_only=True)
class CarriedOver:
    """What became of the accounts of a connection when the user connected again.

    Attributes:
        kept: Accounts of the new connection whose history goes on.
        added: Those that had none.
        missing: Accounts of the old connection that the new one does not open.
    """

    kept: tuple[BankAccount, ...]
    added: tuple[BankAccount, ...]
    missing: tuple[BankAccount, ...]


def carried_over(before: Connection, after: Connection) -> CarriedOver:
    """Compare two connections by the keys of their accounts, never by their ids."""
    old = {account.key for account in before.accounts}
    new = {account.key for account in after.accounts}
    return CarriedOver(
        kept=tuple(a for a in after.accounts if a.key in old),
        added=tuple(a for a in after.accounts if a.key not in old),
        missing=tuple(a for a in before.accounts if a.key not in new),
    )
