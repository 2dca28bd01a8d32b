"""How columns hold times, and the states that rows go through."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique

from sqlalchemy import DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

PAYYMO = "payymo"
"""Who acts where no person does."""
MOST_AHEAD = timedelta(hours=1)
"""How far clocks may be apart; what is noted for later came of one that was wrong."""


class Utc(TypeDecorator[datetime]):
    """An instant, in UTC; a time without a zone is refused.

    SQLite has no type for it and keeps the text of the UTC time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """An instant on its way in."""
        if value is None:
            return None
        instant = utc(value)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """An instant on its way out."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


def utc(value: datetime) -> datetime:
    """The same instant, in UTC.

    Raises:
        ValueError: It has no time zone, so that no one can tell which instant it is.
    """
    if value.tzinfo is None:
        msg = f"{value!r} has no time zone"
        raise ValueError(msg)
    return value.astimezone(UTC)


@unique
class DecisionState(StrEnum):
    """What became of an answer for a transaction."""

    PROPOSED = "proposed"
    """Waits for a verdict."""
    ACTIVE = "active"
    """Holds; one a transaction at the most."""
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    """Another answer took its place before there was a verdict."""
    STOPPED = "stopped"
    """Held, until its invoices changed or the ledger refused all of it."""
    UNDONE = "undone"


@unique
class DecisionKind(StrEnum):
    """What a decision does with a transaction."""

    MATCH = "match"
    """Its money goes to invoices; the rest waits."""
    SPLIT = "split"
    """A part goes to invoices, the rest is put aside for a reason."""
    IGNORE = "ignore"
    """All of it is put aside for a reason."""


@unique
class AllocationState(StrEnum):
    """What money of a transaction does to an invoice."""

    RESERVED = "reserved"
    """It is kept for the invoice, whose outstanding does not yet show it."""
    SETTLED = "settled"
    """It was posted: the outstanding shows it."""
    RELEASED = "released"
    """It was never posted and is free again."""
    REVERSED = "reversed"
    """It was posted and taken back."""


@unique
class PostingKind(StrEnum):
    """Which way a posting goes."""

    PAYMENT = "payment"
    REVERSAL = "reversal"


@unique
class PostingState(StrEnum):
    """How far a posting came."""

    PLANNED = "planned"
    SENDING = "sending"
    """It may have left; without an answer since, its outcome is unknown."""
    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    STOPPED = "stopped"
    """It was called off before it was sent."""


IN_FLIGHT = (PostingState.SENDING, PostingState.UNKNOWN)
UNRESOLVED = (PostingState.PLANNED, *IN_FLIGHT)
