"""GoCardless Payments: payouts and what they carry. Every job is a flow and reads."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from attrs import evolve, field, frozen

from payymo_adapters.errors import PayloadError
from payymo_adapters.gocardless.payments import wire
from payymo_adapters.gocardless.payments.faults import NAME, fault_of
from payymo_adapters.http import Flow, HttpRequest, Pairs, Secret
from payymo_adapters.http_rules import utc_now
from payymo_adapters.payload import Fields, read

T = TypeVar("T")

_MOST_PAGES = 10_000


@frozen(kw_only=True)
class PayoutContents:
    """A payout with all that it is made up of.

    Attributes:
        payout: The payout.
        items: In the order of the provider.
        payments: Those that its items name, by id.
        refunds: Likewise.
    """

    payout: wire.Payout
    items: tuple[wire.PayoutItem, ...]
    payments: Mapping[str, wire.Payment] = field(factory=dict)
    refunds: Mapping[str, wire.Refund] = field(factory=dict)


def exchange(
    app: wire.OAuthApp, code: Secret, clock: Callable[[], datetime] = utc_now
) -> Flow[wire.Merchant]:
    """Exchange the code of an accepted redirect; runs at the connect site."""
    response = yield wire.exchange(app, code)
    if response.status != 200:
        raise fault_of(response, clock())
    return read(NAME, response.body, wire.read_merchant)


@frozen(kw_only=True)
class Payments:
    """The payments of one merchant.

    Attributes:
        token: The merchant's: it says whose payments these are.
        clock: Gives the time in UTC.
    """

    token: Secret
    clock: Callable[[], datetime] = utc_now

    def payouts(
        self, since: datetime, until: datetime | None = None
    ) -> Flow[tuple[wire.Payout, ...]]:
        """Payouts by when they were made, newest first."""
        found = yield from self._all("payouts", _made(since, until), wire.read_payout)
        return found

    def payments(
        self, since: datetime, until: datetime | None = None
    ) -> Flow[tuple[wire.Payment, ...]]:
        """Payments by when they were made, newest first."""
        found = yield from self._all("payments", _made(since, until), wire.read_payment)
        return found

    def refunds(
        self, since: datetime, until: datetime | None = None
    ) -> Flow[tuple[wire.Refund, ...]]:
        """Refunds by when they were made, newest first."""
        found = yield from self._all("refunds", _made(since, until), wire.read_refund)
        return found

    def payout(self, payout_id: str) -> Flow[wire.Payout]:
        """One payout, as it stands now."""
        found = yield from self._one("payouts", payout_id, wire.read_payout)
        return found

    def contents(self, payout: wire.Payout) -> Flow[PayoutContents]:
        """All that a payout is made up of, with the payments and refunds it names.

        Raises:
            RefusedError: It is older than six months; its items are told no more.
        """
        filters = (("payout", payout.id),)
        items = yield from self._all("payout_items", filters, wire.read_item)
        payments: dict[str, wire.Payment] = {}
        for each in dict.fromkeys(i.payment for i in items if i.payment):
            payments[each] = yield from self._one("payments", each, wire.read_payment)
        refunds: dict[str, wire.Refund] = {}
        for each in dict.fromkeys(i.refund for i in items if i.refund):
            refunds[each] = yield from self._one("refunds", each, wire.read_refund)
        return PayoutContents(
            payout=payout, items=items, payments=payments, refunds=refunds
        )

    def _one(
        self, resource: str, resource_id: str, parse: Callable[[Fields], T]
    ) -> Flow[T]:
        found = yield from self._read(
            wire.one(resource, resource_id), lambda held: parse(held.fields(resource))
        )
        return found

    def _all(
        self, resource: str, filters: Pairs, parse: Callable[[Fields], T]
    ) -> Flow[tuple[T, ...]]:
        found: list[T] = []
        cursors = {""}
        after = ""
        while True:
            page, after = yield from self._read(
                wire.listing(resource, filters, after),
                lambda held: _page(held, resource, parse),
            )
            found += page
            if not after:
                return tuple(found)
            if after in cursors or len(cursors) >= _MOST_PAGES:
                fault = "the pages do not end"
                raise PayloadError(NAME, fault, field="meta.cursors.after")
            cursors.add(after)

    def _read(self, request: HttpRequest, parse: Callable[[Fields], T]) -> Flow[T]:
        bearer = ("authorization", Secret(f"Bearer {self.token.reveal()}"))
        response = yield evolve(request, headers=(*request.headers, bearer))
        if response.status != 200:
            raise fault_of(response, self.clock())
        return read(NAME, response.body, parse)


def _page(
    held: Fields, resource: str, parse: Callable[[Fields], T]
) -> tuple[tuple[T, ...], str]:
    if resource not in held:
        held.refuse(resource, "required, and missing")
    after = held.fields("meta").fields("cursors").words("after")
    return tuple(map(parse, held.list(resource))), after


def _made(since: datetime, until: datetime | None) -> Pairs:
    ends = (("created_at[gte]", since), ("created_at[lt]", until))
    return tuple((name, at.isoformat()) for name, at in ends if at)
