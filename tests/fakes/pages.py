"""What stands behind the pages of the documentation that speak to a provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.fakes.banks import gocardless
from tests.fakes.browsers import browsing
from tests.fakes.gocardless_payments import GoCardlessPaymentsFake
from tests.fakes.receivers import SECRET, Receiver
from tests.fakes.rings import ringing
from tests.fakes.serving import serve
from tests.fakes.stripe import FakeStripe
from tests.postgres import PASSWORD, ROLE, running_server


@contextmanager
def stripe_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two invoices paid by card, one of them given back in part; and one to come."""
    fake = FakeStripe()
    one = fake.pay(11_900, description="Invoice INV-2026-0101")
    other = fake.pay(5_000, description="Invoice INV-2026-0102")
    refund = fake.refund(other, 1_000)
    fake.pay(2_500, settled=False, description="Invoice INV-2026-0103")
    moved = (one, other, refund)
    fake.pay_out(*(fake.objects[thing["balance_transaction"]] for thing in moved))
    with serve(fake) as origin:
        monkeypatch.setenv("PAYYMO_STRIPE_KEY", fake.key)
        monkeypatch.setenv("PAYYMO_STRIPE_API", origin)
        yield


@contextmanager
def bank_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A bank with two payments, and a user who consents to all that opens."""
    with gocardless() as setting, ringing():
        for number in (1, 2):
            setting.book(f"2026-03-0{number}", "119.00", f"INV-{number}", f"t{number}")

        def visit(_link: str) -> None:
            (begun,) = setting.fake.requisitions.values()
            query = setting.consent(begun["id"])
            httpx.get(f"{begun['redirect']}?{query}", timeout=30, trust_env=False)

        monkeypatch.setenv("PAYYMO_STATE", "state")
        monkeypatch.setenv("PAYYMO_GOCARDLESS_SECRET_ID", "s-id")
        monkeypatch.setenv("PAYYMO_GOCARDLESS_SECRET_KEY", "s-key")
        monkeypatch.setenv("PAYYMO_GOCARDLESS_API", setting.driver.site.origin)
        with browsing(visit):
            yield


@contextmanager
def gocardless_payments_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A payout of two payments that a third was taken back of; and one on no line."""
    numbers = {"PM1": ("INV-2026-0101", 11900), "PM2": ("INV-2026-0102", 4500)}
    paid = {"payout": "PO1", "type": "payment_paid_out"}
    fee = {"payout": "PO1", "type": "gocardless_fee", "amount": "-35.0"}
    back = {"payout": "PO1", "type": "payment_charged_back", "amount": "-2400.0"}
    rest: dict[str, Any] = {
        "payout": "PO1",
        "type": "app_fee",
        "amount": "-30.0",
        "links": {},
    }
    items: list[dict[str, Any]] = [
        {**item, "links": {"payment": name}}
        for name, (_, amount) in numbers.items()
        for item in ({**paid, "amount": f"{amount}.0"}, fee)
    ]
    items += [{**back, "links": {"payment": "PM9"}}, rest]
    numbers["PM9"] = ("INV-2026-0099", 2400)
    payments = [_direct_debit(name, *told) for name, told in numbers.items()]
    payouts = [
        _payout("PO2", 3000, "NORDWIND-X8"),
        _payout("PO1", 13900, "NORDWIND-X7"),
    ]
    held = {"payments": payments, "payouts": payouts, "payout_items": items}
    fake = GoCardlessPaymentsFake(held=held)
    with serve(fake.app) as origin:
        monkeypatch.setenv("GOCARDLESS_TOKEN", fake.token)
        monkeypatch.setenv("GOCARDLESS_API", origin)
        yield


def _direct_debit(name: str, reference: str, amount: int) -> dict[str, object]:
    said = {"id": name, "amount": amount, "reference": reference}
    links = {"mandate": f"MD-{name}", "payout": "PO1"}
    return {**said, "currency": "EUR", "status": "paid_out", "links": links}


def _payout(name: str, amount: int, reference: str) -> dict[str, object]:
    said = {"id": name, "amount": amount, "reference": reference, "deducted_fees": 100}
    more = {"currency": "EUR", "status": "paid", "arrival_date": "2026-03-03"}
    return {**said, **more}


@contextmanager
def receiver_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that takes every event."""
    with serve(Receiver()) as origin:
        monkeypatch.setenv("PAYYMO_WEBHOOK_URL", f"{origin}/payymo")
        monkeypatch.setenv("PAYYMO_WEBHOOK_SECRET", SECRET)
        yield


@contextmanager
def postgresql_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A PostgreSQL with an empty database, named as its own tools name it."""
    with running_server() as server:
        server.run(f"CREATE DATABASE payymo OWNER {ROLE}")
        monkeypatch.setenv("PGHOST", str(server.admin.url.query["host"]))
        monkeypatch.setenv("PGUSER", ROLE)
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        yield
