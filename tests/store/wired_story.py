"""A sync and an apply over HTTP, killed or cut off at any byte, and told again.

The ledger is read from WHMCS, two transactions are matched by hand, what is decided is
posted to WHMCS, and the ledger is read again. In the end the store has to say what the
fake WHMCS says.
"""

import argparse
import random
from decimal import Decimal
from functools import partial
from urllib.parse import parse_qsl

import httpx
from attrs import define, field, frozen
from sqlalchemy import select

from payymo_adapters.cli.invoices import OPEN, fetch_invoices
from payymo_adapters.errors import ProviderError
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_adapters.pipeline import Run
from payymo_adapters.store import schema
from payymo_adapters.store.audit import audit_faults
from payymo_adapters.store.decisions import match_by_hand
from payymo_adapters.store.recording import add_account, record_transactions
from payymo_adapters.store.store import Store
from payymo_adapters.whmcs.flows import classic_api
from payymo_adapters.whmcs_ledger import ask_again, record_whmcs
from payymo_adapters.whmcs_poster import WhmcsPoster
from tests.fakes.serving import response
from tests.fakes.whmcs import ACCESS, Answer, Whmcs
from tests.store.breaking import Breaking
from tests.store.builders import give, paid
from tests.store.killing import databases, empty, in_child, say
from tests.store.story import Teller
from tests.store.wires import END, Break, Wire, wired

BILLS = {1: "100.00", 2: "80.00", 3: "80.00"}

LINES = [paid("t1", "150.00"), paid("t2", "80.00")]
VERDICTS = {
    "main/t1": [give("1", "100.00"), give("2", "50.00")],
    "main/t2": [give("3", "80.00")],
}
RECORDED = [("1", "100.00"), ("2", "50.00"), ("3", "80.00")]
OWED = {"1": "0.00", "2": "30.00", "3": "0.00"}
MOST_BREAKS_A_ROUND = 3
PAYMENT = "payment"
KINDS = (Break.KILL, Break.KILL, Break.CUT)
LIMITS = Limits(idle_seconds=10, attempts=1)


@frozen
class Held:
    """What WHMCS holds: invoice, amount and key of each payment; what is left of each
    invoice.
    """

    recorded: list[tuple[str, str, str]]
    owed: dict[str, str]


@define(eq=False)
class WhmcsService:
    """A WHMCS where nothing was paid, on a line."""

    whmcs: Whmcs = field(init=False)

    @whmcs.default
    def _billed(self) -> Whmcs:
        found = Whmcs()
        for number, total in BILLS.items():
            found.bill(number, total)
        return found

    def begin(self) -> None:
        """Nothing happens meanwhile."""

    def answer(self, request: bytes) -> bytes:
        reply = self.whmcs.answer(_form(request))
        assert isinstance(reply, Answer)
        return response(reply.status, reply.body, content_type=reply.kind)

    def label(self, request: bytes) -> str:
        is_payment = _form(request).get("action") == "AddInvoicePayment"
        return PAYMENT if is_payment else "question"

    def held(self) -> Held:
        return Held(
            recorded=[
                (entry["invoiceid"], entry["amountin"], entry["transid"])
                for entry in self.whmcs.transactions
            ],
            owed={str(n): str(bill.balance) for n, bill in self.whmcs.bills.items()},
        )


def _form(request: bytes) -> dict[str, str]:
    return dict(parse_qsl(request.partition(END)[2].decode()))


def tell(url: str, origin: str, hours: float) -> None:
    """The story; what is not answered is left to the next telling."""
    store = Store.open(url)
    with httpx.Client() as client:
        site = Site(provider="WHMCS", origin=origin, limits=LIMITS)
        driver = HttpxDriver(client=client, site=site)
        api = classic_api(ACCESS)
        poster = WhmcsPoster(
            drive=driver.run,
            api=api,
            currencies={"1": "EUR", "2": "USD"},
            gateway="banktransfer",
            store=store,
            tenant="acme",
        )
        teller = Teller(store, poster, hours)
        store.add_tenant(teller.act(0), "Acme")
        teller.step(0, add_account, "main", "Main")
        teller.step(0, record_transactions, "main", LINES)

        def sync(more: float) -> None:
            run = Run(store=store, tenant="acme", clock=lambda: teller.act(more).now)
            record_whmcs(
                run,
                lambda: fetch_invoices(driver, api, OPEN),
                lambda known: driver.run(ask_again(api, known)),
            )

        try:
            sync(0)
            for transaction, amounts in VERDICTS.items():
                teller.step(0.1, match_by_hand, transaction, amounts)
            teller.post(0.2)
            sync(0.3)
        except ProviderError:
            pass
    store.close()


def check(url: str, seen: Held) -> None:
    """What has to be true when the story came to its end."""
    assert sorted(entry[:2] for entry in seen.recorded) == RECORDED, seen.recorded
    assert seen.owed == OWED
    store = Store.open(url)
    with store.reading("acme") as connection:
        bills = connection.execute(select(schema.invoices)).all()
        shown = {bill.id: Decimal(bill.outstanding) / 100 for bill in bills}
        assert shown == {name: Decimal(owed) for name, owed in seen.owed.items()}
        assert {bill.status for bill in bills} == {"open", "paid"}
        row = schema.postings.c
        postings = connection.execute(
            select(row.invoice_id, row.amount, row.posting_key, row.state)
        ).all()
        assert {posting.state for posting in postings} == {"confirmed"}
        sent = sorted(
            (p.invoice_id, f"{p.amount / 100:.2f}", p.posting_key) for p in postings
        )
        assert sent == sorted(seen.recorded)
        assert audit_faults(connection, "acme") == []
    store.close()


def run(url: str, breaks: int, seed: int, wire: Wire) -> list[str]:
    """Break off so many times."""

    def begin() -> None:
        empty(url)
        wire.anew()

    begin()
    assert in_child(lambda: tell(url, wire.origin, 0))
    peace = wire.settled()
    assert in_child(lambda: check(url, peace.held))
    breaking = Breaking(
        wire=wire,
        chance=random.Random(seed),
        tell=lambda hours: tell(url, wire.origin, hours),
        focus=frozenset({PAYMENT}),
        peace=peace,
    )
    rounds = 0
    while breaking.counts.total() < breaks:
        begin()
        for hours in range(MOST_BREAKS_A_ROUND):
            breaking.broken(hours, KINDS)
        for hours in (MOST_BREAKS_A_ROUND, MOST_BREAKS_A_ROUND + 1):
            seen = breaking.in_peace(hours)
        assert in_child(partial(check, url, seen.held))
        rounds += 1
    kind, count = url.partition(":")[0], breaking.counts.total()
    where = f"at one of {peace.count} bytes, in {rounds} rounds"
    return [
        f"{kind}: broken off {count} times {where}; store and WHMCS are equal",
        *breaking.told(),
    ]


def main() -> None:
    """Break off on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--breaks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="a PostgreSQL; without it, one is started")
    given = parser.parse_args()
    with databases(given.url) as (_, urls), wired(WhmcsService) as wire:
        for url in urls:
            say(run(url, given.breaks // 2, given.seed, wire))


if __name__ == "__main__":
    main()
