"""What stands behind the pages of the documentation that speak to a provider."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.fakes.banks import gocardless
from tests.fakes.browsers import browsing
from tests.fakes.rings import ringing
from tests.fakes.serving import serve
from tests.fakes.stripe import FakeStripe


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
