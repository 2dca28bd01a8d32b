"""Posts what the store decided to WHMCS, under the keys that the store gave.

WHMCS is asked for a key before it is sent anything and after; what stays unknown is the
pipeline's to ask again. WHMCS' interface takes no payment back: a reversal is refused,
and is a person's to make there.
"""

from collections.abc import Mapping
from datetime import date
from typing import Protocol, TypeVar

from attrs import frozen
from sqlalchemy import select

from payymo_adapters.errors import (
    LimitError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.http import Flow
from payymo_adapters.store import schema
from payymo_adapters.store.kinds import PostingKind
from payymo_adapters.store.postings import Posting
from payymo_adapters.store.store import Store
from payymo_adapters.whmcs import PROVIDER
from payymo_adapters.whmcs.applying import (
    Outcome,
    Payment,
    Refusal,
    Settlement,
    apply_payment,
    ask_for_payment,
)
from payymo_adapters.whmcs.flows import Api
from payymo_core.money import from_minor

T = TypeVar("T")


class Drive(Protocol):
    """Runs a flow to its end."""

    def __call__(self, flow: Flow[T]) -> T:
        """Give what the flow returns.

        Raises:
            ProviderError: What the flow did not catch.
        """
        ...


@frozen(kw_only=True)
class WhmcsPoster:
    """A ``Poster`` over WHMCS.

    Attributes:
        drive: Carries requests.
        api: How WHMCS is spoken to.
        currencies: ISO 4217 code by WHMCS' id.
        gateway: System name of the way that payments are recorded under.
        store: Where the days of transactions are.
        tenant: Whose.
    """

    drive: Drive
    api: Api
    currencies: Mapping[str, str]
    gateway: str
    store: Store
    tenant: str

    def post(self, posting: Posting) -> None:
        """Record a payment, unless it is on record under its key.

        Raises:
            UndeliveredError: Perhaps recorded, perhaps not; or something else is.
            RefusedError: Not recorded, and never will be.
            ProviderError: Nothing was sent that records.
        """
        if posting.kind == PostingKind.REVERSAL:
            fault = "its interface takes no payment back"
            raise RefusedError(PROVIDER, fault, advice="Take it back there, by hand")
        payment = self._payment(posting, self._day_of(posting.owed.transaction))
        try:
            settled = self.drive(apply_payment(self.api, payment, self.currencies))
        except RefusedError:
            raise
        except ProviderError as error:
            # Of a question before it: nothing was sent, whatever became of that.
            raise ProviderError(PROVIDER, f"not sent: {error}") from error
        _check(settled)

    def is_posted(self, posting: Posting) -> bool:
        """Whether a payment is on record under its key.

        Raises:
            UndeliveredError: WHMCS does not say, or has something else under the key.
            ProviderError: WHMCS may not be asked.
        """
        if posting.kind == PostingKind.REVERSAL:
            return False
        # It is asked for by its key: the day is of no account.
        payment = self._payment(posting, posting.since.date())
        settled = self.drive(ask_for_payment(self.api, payment))
        if settled.outcome is Outcome.REFUSED:
            raise UndeliveredError(PROVIDER, settled.says)
        return settled.outcome is Outcome.ALREADY_APPLIED

    def _payment(self, posting: Posting, day: date) -> Payment:
        owed = posting.owed
        return Payment(
            account="",
            transaction=owed.transaction,
            invoice=owed.invoice,
            amount=from_minor(owed.amount, owed.currency),
            currency=owed.currency,
            day=day,
            gateway=self.gateway,
            key=posting.key,
        )

    def _day_of(self, transaction: str) -> date:
        row = schema.transactions
        mine = (row.c.tenant == self.tenant) & (row.c.id == transaction)
        with self.store.reading(self.tenant) as connection:
            found = connection.execute(
                select(row.c.booking_date, row.c.value_date).where(mine)
            ).one()
        day: date | None = found.booking_date or found.value_date
        if day is None:
            fault = f"transaction {transaction!r} has no date, which WHMCS wants"
            raise RefusedError(PROVIDER, fault)
        return day


def _check(settled: Settlement) -> None:
    """Say as an error what is not recorded for sure."""
    other = settled.refusal is Refusal.OTHER_ON_RECORD
    if settled.outcome is Outcome.UNKNOWN or other:
        # Other money under the key is money still: it is not free for anything else.
        raise UndeliveredError(PROVIDER, settled.says)
    if settled.outcome is Outcome.REFUSED:
        if isinstance(settled.cause, LimitError | UnauthorisedError):
            raise settled.cause
        raise RefusedError(PROVIDER, settled.says)
