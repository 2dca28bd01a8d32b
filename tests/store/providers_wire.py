"""All that a run speaks to, on one line: a bank, Stripe, and a server that is told.

Between one run and the next the bank and Stripe go on: something is booked late, what
was pending is booked, a charge becomes money.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from attrs import define, field, frozen

from payymo_adapters.banking import Connection
from tests.fakes.bank_account_data import BankAccountDataFake
from tests.fakes.banks import Setting
from tests.fakes.receivers import Receiver
from tests.fakes.serving import response
from tests.fakes.stripe import FakeStripe
from tests.store.wires import END

BANK, STRIPE, EVENTS, TOKEN = "bank", "stripe", "events", "token"
LABELS = frozenset({BANK, STRIPE, EVENTS})
DAY = 86_400


@frozen(kw_only=True)
class Held:
    """What the services hold.

    Attributes:
        consent: What the bank lets us in by.
        booked: Text and minor units of what the bank lists as booked, how often.
        calls: How often the bank counted that it was asked for transactions.
        lines: Each line of Stripe's balance by its id: when it moved, and its charge.
        came: Subject and number of each event, in the order in which they came.
    """

    consent: Connection
    booked: Counter[tuple[str, int]]
    calls: int
    lines: dict[str, tuple[int, str]]
    came: list[tuple[str, int]]


@define(eq=False)
class Providers:
    """The services.

    Attributes:
        setting: The bank, and a provider that reaches it.
        consent: What it lets us in by.
        begun: How many runs began.
    """

    setting: Setting
    consent: Connection
    stripe: FakeStripe = field(factory=FakeStripe)
    receiver: Receiver = field(factory=Receiver)
    begun: int = 0
    _late: Any = None

    @classmethod
    def behind(
        cls, made: Callable[[], AbstractContextManager[Setting]]
    ) -> Callable[[], "Providers"]:
        """Give what makes them, with a bank whose user consented once."""
        known: list[tuple[Setting, Connection]] = []

        def make() -> Providers:
            if not known:
                with made() as setting:
                    known.append((setting, setting.connect()))
            found = cls(*known[0])
            found._forget()
            return found

        return make

    def begin(self) -> None:
        """Let the bank and Stripe go on."""
        if self.begun < len(_HAPPENS):
            _HAPPENS[self.begun](self)
        self.begun += 1

    def answer(self, request: bytes) -> bytes:
        apps = {STRIPE: self.stripe, EVENTS: self.receiver}
        app = apps.get(self.label(request), self.setting.fake.app)
        return asyncio.run(_answered(app, request))

    def label(self, request: bytes) -> str:
        for part, label in _LABELS:
            if part in request.partition(b"\r\n")[0]:
                return label
        return BANK

    def held(self) -> Held:
        lines = [
            thing
            for thing in self.stripe.objects.values()
            if thing["object"] == "balance_transaction"
        ]
        return Held(
            consent=self.consent,
            booked=Counter(map(_told, filter(_is_booked, self.entries))),
            calls=sum(self.setting.fake.calls.values()),
            lines={line["id"]: (line["created"], line["source"]) for line in lines},
            came=[
                (came.told["subject"], came.told["seq"]) for came in self.receiver.came
            ],
        )

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What the bank lists."""
        fake = self.setting.fake
        is_gocardless = isinstance(fake, BankAccountDataFake)
        listed: list[dict[str, Any]] = fake.booked if is_gocardless else fake.entries
        return listed

    def _forget(self) -> None:
        fake = self.setting.fake
        fake.calls.clear()
        self.entries.clear()
        self._unpend()

    def _book(self, days: int, amount: str, text: str, name: str = "") -> None:
        day = datetime.now(UTC).date() - timedelta(days)
        self.setting.book(day.isoformat(), amount, text, name)

    def _pend(self, days: int, amount: str, text: str) -> None:
        self._book(days, amount, text)
        entry = self.entries.pop()
        if isinstance(self.setting.fake, BankAccountDataFake):
            self.setting.fake.pending.append(entry)
        else:
            self.entries.append({**entry, "status": "PDNG"})

    def _unpend(self) -> None:
        if isinstance(self.setting.fake, BankAccountDataFake):
            self.setting.fake.pending.clear()
        else:
            self.entries[:] = filter(_is_booked, self.entries)

    def _pay(self, days: int, amount: int, text: str) -> Any:
        made = int(time.time()) - days * DAY
        return self.stripe.pay(amount, settled=False, created=made, description=text)

    def _settle(self, charge: Any) -> None:
        self.stripe.settle(charge, created=charge["created"] + 60)

    def _at_first(self) -> None:
        self._book(3, "119.00", "INV-2026-1001", "t1")
        for _ in range(2):
            self._book(2, "7.00", "Coffee")
        self._pend(1, "80.00", "card 1002")
        for days, amount, text in _PAID:
            self._settle(self._pay(days, amount, text))
        self._late = self._pay(15, 6_000, "INV-2026-1004")

    def _then(self) -> None:
        self._unpend()
        self._book(0, "80.00", "INV-2026-1002", "t2")
        self._book(20, "6.50", "booked late")
        self._settle(self._late)

    def _at_last(self) -> None:
        self._book(0, "5.00", "another one", "t3")


# Days ago, in three pieces that a long history is read in.
_PAID = ((70, 3_000, "long ago"), (40, 4_000, "then"), (2, 10_000, "INV-2026-1003"))
_HAPPENS = (Providers._at_first, Providers._then, Providers._at_last)
_LABELS = ((b" /payymo ", EVENTS), (b" /v1/", STRIPE), (b"/token/", TOKEN))


def _is_booked(entry: dict[str, Any]) -> bool:
    return entry.get("status") != "PDNG"


def _told(entry: dict[str, Any]) -> tuple[str, int]:
    money = entry.get("transactionAmount") or entry["transaction_amount"]
    text = entry.get("remittanceInformationUnstructured")
    (text,) = [text] if text else entry["remittance_information"]
    return text, round(float(money["amount"]) * 100)


async def _answered(app: Any, request: bytes) -> bytes:
    head, _, body = request.partition(END)
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = [(name, value) for name, _, value in (x.partition(": ") for x in lines)]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport) as client:
        url = f"http://127.0.0.1{target}"
        found = await client.request(method, url, headers=headers, content=body)
    kind = found.headers.get("content-type", "text/plain")
    return response(found.status_code, found.content, content_type=kind)
