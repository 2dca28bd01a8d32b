"""From a connected merchant to invoices paid: GoCardless Payments over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from payymo_adapters.errors import (
    LimitError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.gocardless.payments import Payments
from payymo_adapters.gocardless.payments.flows import exchange
from payymo_adapters.gocardless.payments.mapping import explode, recognise
from payymo_adapters.gocardless.payments.wire import OAuthApp
from payymo_adapters.http import Secret
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_core import Invoice, Outcome, Transaction, match
from tests.fakes.gocardless_payments import GoCardlessPaymentsFake
from tests.fakes.serving import serve

NOW = datetime(2026, 3, 1, tzinfo=UTC)
APP = OAuthApp(
    client_id="CL1", client_secret=Secret("s3cret"), redirect="https://a.example/r"
)
PAYMENTS = Payments(token=Secret("t0ken"))


def merchant() -> GoCardlessPaymentsFake:
    """Three customers paid; one of them took last month's payment back."""
    numbers = {1: 11900, 2: 4500, 3: 2500}
    payments = [
        {
            "id": f"PM{n}",
            "amount": amount,
            "currency": "EUR",
            "status": "paid_out",
            "reference": f"INV-2026-010{n}",
            "links": {"mandate": f"MD{n}", "payout": "PO1"},
        }
        for n, amount in numbers.items()
    ]
    taken_back = {**payments[0], "id": "PM9", "reference": "INV-2026-0099"}
    items: list[dict[str, object]] = []
    for n, amount in numbers.items():
        about = {"payout": "PO1", "links": {"payment": f"PM{n}"}}
        paid = {"type": "payment_paid_out", "amount": f"{amount}.0"}
        fee = {"type": "gocardless_fee", "amount": "-33.5"}
        items += [{**about, **paid}, {**about, **fee}]
    items.append({"payout": "PO1", "type": "app_fee", "amount": "0.5", "links": {}})
    items.append(
        {
            "payout": "PO1",
            "type": "payment_charged_back",
            "amount": "-11900.0",
            "links": {"payment": "PM9"},
        }
    )
    payout = {
        "id": "PO1",
        "amount": 6900,
        "deducted_fees": 100,
        "currency": "EUR",
        "reference": "NORDWIND-X7",
        "status": "paid",
        "arrival_date": "2026-03-03",
    }
    held = {
        "payments": [*payments, taken_back],
        "payouts": [payout],
        "payout_items": items,
        "refunds": [],
    }
    return GoCardlessPaymentsFake(held=held)


@pytest.fixture
def fake() -> GoCardlessPaymentsFake:
    return merchant()


@pytest.fixture
def driver(fake: GoCardlessPaymentsFake) -> Iterator[HttpxDriver]:
    limits = Limits(first_wait_seconds=0.01, most_wait_seconds=0.02)
    with serve(fake.app) as origin, httpx.Client(trust_env=False) as client:
        site = Site(provider="GoCardless Payments", origin=origin, limits=limits)
        yield HttpxDriver(client=client, site=site)


def test_a_payout_on_the_statement_pays_the_invoices_that_it_carries(
    driver: HttpxDriver,
) -> None:
    connected = driver.run(exchange(APP, Secret("c0de")))
    payments = Payments(token=connected.token)
    payouts = driver.run(payments.payouts(NOW))
    line = Transaction(
        id="t1",
        amount=Decimal("69.00"),
        currency="EUR",
        booking_date=date(2026, 3, 4),
        remittance="GOCARDLESS SAS NORDWIND-X7",
    )
    ((found, payout),) = recognise([line], payouts).pairs
    assert found is line
    exploded = explode(driver.run(payments.contents(payout)), line.booking_date)
    assert [str(record.gross) for record in exploded.payments] == [
        "119.00",
        "45.00",
        "25.00",
    ]
    (reversal,) = exploded.reversals
    assert (reversal.payment, reversal.transaction.amount) == ("PM9", Decimal(-119))
    parts = [*exploded.payments, *exploded.charges, reversal.transaction]
    assert sum(record.amount for record in parts) == line.amount
    invoices = [
        Invoice(
            id=f"i{n}",
            number=f"INV-2026-010{n}",
            outstanding=Decimal(amount),
            currency="EUR",
        )
        for n, amount in ((1, "119.00"), (2, "45.00"), (3, "25.00"))
    ]
    matches = list(match(list(exploded.payments), invoices))
    assert [m.outcome for m in matches] == [Outcome.MATCH] * 3
    assert [m.allocations[0].invoice for m in matches] == ["i1", "i2", "i3"]


def test_a_code_is_of_use_once(driver: HttpxDriver) -> None:
    driver.run(exchange(APP, Secret("c0de")))
    with pytest.raises(RefusedError, match="invalid_grant: The code is wrong") as told:
        driver.run(exchange(APP, Secret("c0de")))
    assert "c0de" not in str(told.value)


def test_a_code_is_sent_once_though_the_answer_is_a_fault(
    driver: HttpxDriver, fake: GoCardlessPaymentsFake
) -> None:
    fake.faults.inject("/oauth/access_token", 500, {})
    with pytest.raises(UndeliveredError) as told:
        driver.run(exchange(APP, Secret("c0de")))
    assert fake.faults.seen == ["POST /oauth/access_token"]
    assert "c0de" not in str(told.value)
    assert driver.run(exchange(APP, Secret("c0de"))).token.reveal() == "t0ken"


def test_a_revoked_token_asks_to_connect_again(
    driver: HttpxDriver, fake: GoCardlessPaymentsFake
) -> None:
    fake.revoked = True
    with pytest.raises(UnauthorisedError, match="connect again"):
        driver.run(PAYMENTS.payouts(NOW))


def test_the_contents_of_an_old_payout_are_told_no_more(
    driver: HttpxDriver, fake: GoCardlessPaymentsFake
) -> None:
    (payout,) = driver.run(PAYMENTS.payouts(NOW))
    fake.old.add("PO1")
    with pytest.raises(RefusedError, match="six months"):
        driver.run(PAYMENTS.contents(payout))


def test_what_fails_once_is_asked_for_again_and_a_limit_is_told(
    driver: HttpxDriver, fake: GoCardlessPaymentsFake
) -> None:
    fake.faults.inject("/payments", 500, {})
    assert len(driver.run(PAYMENTS.payments(NOW))) == 4
    assert driver.run(PAYMENTS.refunds(NOW)) == ()
    assert driver.run(PAYMENTS.payout("PO1")).reference == "NORDWIND-X7"
    fake.faults.inject("/payouts", 429, {}, retry_after="600")
    with pytest.raises(LimitError, match="Next call possible at"):
        driver.run(PAYMENTS.payouts(NOW))
