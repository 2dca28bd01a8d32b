"""A receiver of webhooks that is killed at any byte or statement, and sent to again.

It keeps what providers tell in the inbox of the books, each delivery in one
transaction, and answers then. The provider sends a delivery again until it is answered
with 2xx: in the end every event has to be there once, and none that was answered for
may be missing at any time.
"""

import argparse
import hmac
import json
import os
import random
import signal
import socket
import time
from collections import Counter
from contextlib import closing, suppress
from hashlib import sha256

from attrs import define, field, frozen
from sqlalchemy import select

from payymo_adapters.gocardless.payments import webhook as gocardless
from payymo_adapters.http import Secret
from payymo_adapters.http_rules import utc_now
from payymo_adapters.store import schema
from payymo_adapters.store.outbox import take_in
from payymo_adapters.store.store import Act, Books, Store
from payymo_adapters.stripe import webhook as stripe
from payymo_adapters.stripe.envelopes import Event
from tests.fakes.serving import response
from tests.fakes.stripe import FakeStripe, signed
from tests.store.builders import ACT
from tests.store.killing import Killer, databases, empty, forked, in_child, say, watch
from tests.store.wires import END, Line

SECRET = "made-up-for-tests"
GOCARDLESS, STRIPE = "gocardless", "stripe"
STATEMENTS = 8  # about as many events of the database as a delivery has


@frozen
class Inbox:
    """Keeps events in the books, for both providers."""

    books: Books
    body: str

    def add(self, event_id: str) -> bool:
        return take_in(self.books, GOCARDLESS, event_id, self.body)

    def keep(self, event: Event) -> bool:
        return take_in(self.books, STRIPE, event.id, self.body)


@frozen
class Receiver:
    """The user's endpoint, on a line."""

    store: Store

    def begin(self) -> None:
        """Nothing happens meanwhile."""

    def answer(self, request: bytes) -> bytes:
        head, _, body = request.partition(END)
        signature = head.rpartition(b"signature: ")[2].decode()
        is_stripe = self.label(request) == STRIPE

        def work(books: Books) -> int:
            inbox, secrets = Inbox(books, body.decode()), [Secret(SECRET)]
            if is_stripe:
                now = utc_now()
                return stripe.receive(body, signature, secrets, inbox, now).status
            return gocardless.receive(body, signature, secrets, inbox).status

        act = Act(tenant="acme", actor="Ada", now=utc_now())
        return response(self.store.write(act, work))

    def label(self, request: bytes) -> str:
        return STRIPE if request.startswith(b"POST /stripe") else GOCARDLESS

    def held(self) -> None:
        """Nothing: it is in the books."""


@frozen
class Delivery:
    """What a provider sends: all of it, and the events in it."""

    provider: str
    body: bytes
    events: tuple[str, ...]

    def request(self) -> bytes:
        if self.provider == STRIPE:
            header = "stripe-signature: " + signed(self.body, SECRET, int(time.time()))
        else:
            mac = hmac.new(SECRET.encode(), self.body, sha256).hexdigest()
            header = f"webhook-signature: {mac}"
        first = f"POST /{self.provider} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        length = f"content-length: {len(self.body)}\r\n"
        return (first + length + header).encode() + END + self.body


def deliveries() -> list[Delivery]:
    fake, found = FakeStripe(), []
    for number in range(2):
        charge = fake.pay(1_000)
        body = fake.event("charge.updated", charge)
        found.append(Delivery(STRIPE, body, (json.loads(body)["id"],)))
        names = tuple(f"EV{number}{each}" for each in "abc")
        events = [
            {
                "id": name,
                "created_at": "2026-03-01T12:00:00.000Z",
                "resource_type": "payouts",
                "action": "paid",
                "links": {"payout": "PO1"},
            }
            for name in names
        ]
        body = json.dumps({"events": events}).encode()
        found.append(Delivery(GOCARDLESS, body, names))
    return found


@define
class Rounds:
    """Deliveries to a receiver that is killed.

    Attributes:
        child: The receiver's process; 0 where there is none.
        known: Events that were answered for.
        counts: Kills by what they were at.
    """

    url: str
    listener: socket.socket
    chance: random.Random
    child: int = 0
    known: set[tuple[str, str]] = field(factory=set)
    counts: Counter[str] = field(factory=Counter)

    def round(self) -> None:
        """Deliver all, each until it is answered; killed once each at most."""
        empty(self.url)
        self.known.clear()
        assert in_child(self._begin)
        for each in deliveries():
            self._deliver(each)
        assert in_child(lambda: self._check(self.known))
        self.end()

    def end(self) -> None:
        """Let the receiver go, if it is there."""
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        self.child = 0

    def _begin(self) -> None:
        store = Store.open(self.url)
        store.add_tenant(ACT, "Acme")
        store.close()

    def _deliver(self, delivery: Delivery) -> None:
        by_statement = self.chance.random() < 0.3
        request = delivery.request()
        # An answer has some forty bytes.
        byte = 0 if by_statement else self.chance.randint(1, len(request) + 40)
        statement = self.chance.randint(1, STATEMENTS) if by_statement else 0
        self._listen(statement)
        status = self._send(request, byte)
        if self._is_gone():
            what = "statement" if by_statement else delivery.provider
            self.counts[f"{what}: kill"] += 1
        events = {(delivery.provider, name) for name in delivery.events}
        self.known |= events if status else set()
        assert in_child(self._check_answered)
        if not status:
            self._listen(0)
            assert self._send(delivery.request(), 0)
        self.known |= events

    def _listen(self, statement: int) -> None:
        """Let a receiver be there, which is killed at a statement; or, at 0, not."""
        self.end()

        def work() -> None:
            store = Store.open(self.url)
            watch(Killer(statement))
            Line(Receiver(store)).serve(self.listener)

        self.child = forked(work)

    def _send(self, request: bytes, kill_at: int) -> bool:
        """Send, and kill who receives at a byte; whether it was answered with 2xx."""
        answer = b""
        with (
            suppress(ConnectionError),
            socket.create_connection(self.listener.getsockname()) as line,
        ):
            line.sendall(request[:kill_at] if kill_at else request)
            if 0 < kill_at <= len(request):
                os.kill(self.child, signal.SIGKILL)
                line.sendall(request[kill_at:])
                return False  # who takes it instead answers nobody
            while END not in answer and (piece := line.recv(1)):
                answer += piece
                if len(request) + len(answer) == kill_at:
                    os.kill(self.child, signal.SIGKILL)
        assert (
            not answer or b" 204 " in answer or b" 200 " in answer or len(answer) < 13
        )
        return END in answer

    def _is_gone(self) -> bool:
        # What was killed may need a moment.
        time.sleep(0.02)
        gone, _ = os.waitpid(self.child, os.WNOHANG)
        self.child = 0 if gone else self.child
        return bool(gone)

    def _check_answered(self) -> None:
        assert self._kept() >= self.known, "answered for, and not there"

    def _check(self, known: set[tuple[str, str]]) -> None:
        kept = self._kept()
        assert kept == known

    def _kept(self) -> set[tuple[str, str]]:
        store = Store.open(self.url)
        row = schema.webhook_inbox.c
        with store.reading("acme") as connection:
            found = connection.execute(select(row.provider, row.event_id)).all()
        store.close()
        return {(each.provider, each.event_id) for each in found}


def run(url: str, kills: int, seed: int) -> list[str]:
    """Kill so many times."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        rounds = Rounds(url, listener, random.Random(seed))
        while rounds.counts.total() < kills:
            rounds.round()
    kind, count = url.partition(":")[0], rounds.counts.total()
    return [
        f"{kind}: a receiver killed {count} times; each event is kept once",
        *(f"  {what}: {many}" for what, many in sorted(rounds.counts.items())),
    ]


def main() -> None:
    """Kill on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="a PostgreSQL; without it, one is started")
    given = parser.parse_args()
    with databases(given.url) as (_, urls):
        for url in urls:
            say(run(url, given.kills // 2, given.seed))


if __name__ == "__main__":
    main()
