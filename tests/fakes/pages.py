"""What stands behind the pages of the documentation that speak to a provider."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

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
