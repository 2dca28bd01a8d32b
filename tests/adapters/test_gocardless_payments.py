"""GoCardless Payments: fixtures, webhooks, payouts exploded to the minor unit."""

import hmac
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.errors import (
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
    UndeliveredError,
)
from payymo_adapters.gocardless.payments import Payments, wire
from payymo_adapters.gocardless.payments.faults import fault_of
from payymo_adapters.gocardless.payments.flows import PayoutContents, exchange
from payymo_adapters.gocardless.payments.mapping import (
    Exploded,
    Unsettled,
    explode,
    recognise,
)
from payymo_adapters.gocardless.payments.webhook import (
    BAD_SIGNATURE,
    EventsInMemory,
    is_signed,
    receive,
)
from payymo_adapters.http import Secret
from payymo_adapters.payload import Fields
from payymo_core.records import Transaction
from tests.flows import Script, answered, revealed, run

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "gocardless"
FIXTURES = {
    p.stem.removeprefix("payments_"): p for p in SAMPLES.glob("payments_*.json")
}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = Secret("ED7D658C-D8EB-4941-948B-3973214F2D49")
SIGNATURE = "2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e"
here = pytest.mark.skipif(not FIXTURES, reason="shared files are not here")

# --- fixtures of the official client --------------------------------------------------

READERS: dict[str, Callable[[Fields], Any]] = {
    "payments": wire.read_payment,
    "payouts": wire.read_payout,
    "payout_items": wire.read_item,
    "refunds": wire.read_refund,
    "events": wire.read_event,
}


@here
@pytest.mark.parametrize("resource", READERS)
def test_every_fixture_of_a_resource_is_read(resource: str) -> None:
    for call in json.loads(FIXTURES[resource].read_text("utf-8")).values():
        held = call["body"][resource]
        for each in held if isinstance(held, list) else [held]:
            found = READERS[resource](Fields(each))
            assert getattr(found, "id", "") == each.get("id", "")


@here
def test_the_fixtures_are_read_field_by_field() -> None:
    payout = json.loads(FIXTURES["payouts"].read_text("utf-8"))["get"]["body"]
    found = wire.read_payout(Fields(payout["payouts"]))
    assert (found.amount, found.fees, found.arrives) == (1000, 20, (1000, "EUR"))
    assert found.arrival_date == date(2014, 1, 1)
    item = json.loads(FIXTURES["payout_items"].read_text("utf-8"))["list"]["body"]
    assert wire.read_item(Fields(item["payout_items"][0])).amount == Decimal("45.0")


ERRORS: dict[str, type[ProviderError]] = {
    "gocardless_error": UndeliveredError,
    "idempotent_creation_conflict_error": RefusedError,
    "insufficient_permission": UnauthorisedError,
    "invalid_api_usage_error": RefusedError,
    "invalid_state_error": RefusedError,
    "rate_limit_exceeded": LimitError,
    "unauthorized_error": UnauthorisedError,
    "validation_failed_error": RefusedError,
}


@here
@pytest.mark.parametrize("name", ERRORS)
def test_every_fixture_of_an_error_is_the_right_error(name: str) -> None:
    data = json.loads(FIXTURES[name].read_text("utf-8"))
    error = fault_of(answered(data["error"]["code"], data), NOW)
    assert type(error) is ERRORS[name]
    assert (
        data["error"]["errors"][0]["message"] in error.fault
        if "errors" in data["error"]
        else error.fault == "Uh-oh!"
    )


def test_no_fixture_is_left_out() -> None:
    assert not FIXTURES or set(FIXTURES) == {*READERS, *ERRORS, "webhook_body"}


def test_a_limit_says_until_when_and_an_oauth_error_is_plain_text() -> None:
    data = {"error": {"type": "invalid_api_usage", "message": "Rate limit exceeded"}}
    until = "Sun, 01 Mar 2026 12:01:00 GMT"
    response = answered(429, data, ratelimit_remaining="0", ratelimit_reset=until)
    error = fault_of(response, NOW)
    assert isinstance(error, LimitError)
    assert error.until == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
    plain = {"error": "invalid_grant", "error_description": "The code was used"}
    assert (
        fault_of(answered(400, plain), NOW).fault == "invalid_grant: The code was used"
    )


# --- webhooks -------------------------------------------------------------------------


@here
def test_the_official_webhook_verifies() -> None:
    body = FIXTURES["webhook_body"].read_bytes().strip()
    assert is_signed(body, SIGNATURE, [SECRET])
    assert is_signed(body, SIGNATURE, [Secret("new"), SECRET])
    assert not is_signed(body, SIGNATURE, [Secret("new")])
    assert not is_signed(body + b" ", SIGNATURE, [SECRET])
    seen = EventsInMemory()
    found = receive(body, SIGNATURE, [SECRET], seen)
    assert found.status == 204
    assert [event.resource for event in found.events] == ["subscriptions", "mandates"]
    again = receive(body, SIGNATURE, [SECRET], seen)
    assert (again.status, again.events) == (204, ())


def signed(data: object, secret: str = "s") -> tuple[bytes, str]:
    body = json.dumps(data).encode()
    mac = hmac.new(secret.encode(), body, "sha256")
    return body, mac.hexdigest()


EVENT = {"id": "EV1", "resource_type": "payouts", "action": "paid"}


@pytest.mark.parametrize("signature", ["", "0" * 64, "\u00e9", "\ud800"])
def test_a_wrong_signature_is_answered_498_and_nothing_is_taken_in(
    signature: str,
) -> None:
    body, _ = signed({"events": [EVENT]})
    seen = EventsInMemory()
    assert receive(body, signature, [Secret("s")], seen).status == BAD_SIGNATURE
    assert seen.add("EV1")


def test_an_empty_secret_signs_nothing() -> None:
    body, mac = signed({"events": [EVENT]}, "")
    assert not is_signed(body, mac, [Secret("")])
    assert not is_signed(body, "", [Secret("")])
    assert not is_signed(body, mac, [])


def test_an_event_that_came_before_is_acknowledged_and_left_out() -> None:
    other = {**EVENT, "id": "EV2", "links": {"organisation": "OR1", "payout": "PO1"}}
    seen = EventsInMemory()
    receive(*signed({"events": [EVENT]}), [Secret("s")], seen)
    found = receive(*signed({"events": [EVENT, other, other]}), [Secret("s")], seen)
    assert [(e.id, e.organisation) for e in found.events] == [("EV2", "OR1")]


@pytest.mark.parametrize(
    "data", [{}, [], {"events": {}}, {"events": [{}]}, {"events": [EVENT] * 251}]
)
def test_what_is_signed_and_not_as_documented_is_an_error(data: object) -> None:
    with pytest.raises(PayloadError):
        receive(*signed(data), [Secret("s")], EventsInMemory())


# --- flows ----------------------------------------------------------------------------


def page(resource: str, held: list[object], after: str | None = None) -> Any:
    cursors = {"before": None, "after": after}
    return answered(200, {resource: held, "meta": {"cursors": cursors, "limit": 500}})


PAYOUT = {
    "id": "PO1",
    "amount": 4400,
    "deducted_fees": 100,
    "currency": "GBP",
    "reference": "ACME-PO1",
    "status": "paid",
    "arrival_date": "2026-03-02",
}
PAYMENT = {
    "id": "PM1",
    "amount": 4500,
    "currency": "GBP",
    "status": "paid_out",
    "reference": "INV-1",
    "metadata": {"invoice": "1"},
    "links": {"mandate": "MD1", "payout": "PO1"},
}


def test_pages_are_followed_to_the_end_and_carry_token_and_version() -> None:
    script = Script([page("payouts", [PAYOUT], "c1"), page("payouts", [])])
    found = run(Payments(token=Secret("t0ken")).payouts(NOW), script)
    assert [payout.id for payout in found] == ["PO1"]
    first, second = script.asked
    assert dict(first.query) == {"created_at[gte]": NOW.isoformat(), "limit": "500"}
    assert dict(second.query)["after"] == "c1"
    assert revealed(first, "authorization") == "Bearer t0ken"
    assert revealed(first, "gocardless-version") == "2015-07-06"
    assert "t0ken" not in repr(first)


def test_pages_without_an_end_are_an_error() -> None:
    script = Script([page("payouts", [], "c1"), page("payouts", [], "c1")])
    with pytest.raises(PayloadError, match="do not end"):
        run(Payments(token=Secret("t")).payouts(NOW), script)


def test_the_items_of_an_old_payout_are_gone() -> None:
    data = {"error": {"type": "invalid_state", "message": "Gone", "code": 410}}
    flow = Payments(token=Secret("t")).contents(wire.read_payout(Fields(PAYOUT)))
    with pytest.raises(RefusedError, match="six months"):
        run(flow, Script([answered(410, data)]))


def test_a_payout_comes_with_the_payments_that_it_names() -> None:
    items: list[object] = [
        {"type": "payment_paid_out", "amount": "4500.0", "links": {"payment": "PM1"}},
        {"type": "gocardless_fee", "amount": "-100.0", "links": {"payment": "PM1"}},
    ]
    script = Script([page("payout_items", items), answered(200, {"payments": PAYMENT})])
    payout = wire.read_payout(Fields(PAYOUT))
    contents = run(Payments(token=Secret("t")).contents(payout), script)
    assert [r.path for r in script.asked] == ["/payout_items", "/payments/PM1"]
    found = explode(contents)
    (record,) = found.payments
    assert (record.amount, record.fee) == (Decimal("44.00"), Decimal("1.00"))
    assert record.gross == Decimal("45.00")
    assert (record.id, record.remittance) == ("PM1", "INV-1")
    assert record.metadata == {"invoice": "1", "payout": "PO1"}
    assert record.booking_date == date(2026, 3, 2)


def test_connecting_asks_for_reading_alone_and_keeps_the_token_to_itself() -> None:
    app = wire.OAuthApp(
        client_id="CL1", client_secret=Secret("s3cret"), redirect="https://a.example/r"
    )
    query = parse_qs(urlsplit(wire.authorise_url(app, "st4te")).query)
    assert query["scope"] == ["read_only"]
    assert query["state"] == ["st4te"]
    answer = {
        "access_token": "t0ken",
        "token_type": "bearer",
        "organisation_id": "OR1",
        "scope": "read_only",
    }
    script = Script([answered(200, answer)])
    merchant = run(exchange(app, Secret("c0de")), script)
    (asked,) = script.asked
    assert dict(parse_qsl(asked.body.decode()))["code"] == "c0de"
    assert not asked.repeatable
    assert merchant.organisation == "OR1"
    for secret in ("t0ken", "s3cret", "c0de"):
        assert secret not in repr((asked, merchant, app))
    with pytest.raises(UnauthorisedError, match="connect again"):
        run(Payments(token=merchant.token).payouts(NOW), Script([answered(401, {})]))


# --- payouts exploded -----------------------------------------------------------------


def payment(n: int, amount: int) -> wire.Payment:
    return wire.Payment(
        id=f"PM{n}", amount=amount, currency="GBP", status="paid_out", reference=f"I{n}"
    )


def contents(
    payments: list[wire.Payment], items: list[wire.PayoutItem], total: int | None = None
) -> PayoutContents:
    paid = [
        wire.PayoutItem(
            type="payment_paid_out", amount=Decimal(each.amount), payment=each.id
        )
        for each in payments
    ]
    held = (*paid, *items)
    payout = wire.read_payout(Fields(PAYOUT))
    amount = int(sum(item.amount for item in held)) if total is None else total
    return PayoutContents(
        payout=evolve(payout, amount=amount),
        items=held,
        payments={each.id: each for each in payments},
    )


def total_of(found: Exploded) -> Decimal:
    records = [*found.payments, *found.charges]
    records += [each.transaction for each in found.reversals]
    return sum((record.amount for record in records), Decimal(0))


@given(
    amounts=st.lists(st.integers(1, 50_000), min_size=1, max_size=8),
    tenths=st.lists(st.integers(-30, 900), max_size=12),
    loose=st.integers(-400, 400),
)
def test_what_is_made_of_a_payout_adds_up_to_it(
    amounts: list[int], tenths: list[int], loose: int
) -> None:
    payments = [payment(n, amount) for n, amount in enumerate(amounts)]
    fees = [
        wire.PayoutItem(
            type="gocardless_fee",
            amount=Decimal(-fee) / 10,
            payment=f"PM{n % len(amounts)}",
        )
        for n, fee in enumerate(tenths)
    ]
    # The provider pays whole units out: what its fees lack for that is a fee too.
    odd = sum(tenths) % 10
    fees.append(wire.PayoutItem(type="app_fee", amount=Decimal(odd) / 10))
    fees.append(wire.PayoutItem(type="surcharge_fee", amount=Decimal(loose)))
    fees.append(wire.PayoutItem(type="refund", amount=Decimal(-7), payment="PM77"))
    held = contents(payments, fees)
    found = explode(held)
    assert total_of(found) * 100 == held.payout.amount
    assert [r.id for r in found.payments] == [p.id for p in payments]
    for record, each in zip(found.payments, payments, strict=True):
        assert record.gross * 100 == each.amount
        assert record.amount > 0
    assert len({r.id for r in (*found.payments, *found.charges)}) == len(
        [*found.payments, *found.charges]
    )


def test_fees_to_a_tenth_do_not_drift() -> None:
    fees = [
        wire.PayoutItem(
            type="gocardless_fee", amount=Decimal("-12.5"), payment=f"PM{n}"
        )
        for n in range(4)
    ]
    found = explode(contents([payment(n, 1000) for n in range(4)], fees))
    assert sum(r.fee or 0 for r in found.payments) == Decimal("0.50")
    assert not found.charges


def test_a_fee_that_would_eat_its_payment_up_is_a_charge_of_its_own() -> None:
    fee = wire.PayoutItem(type="app_fee", amount=Decimal(-600), payment="PM1")
    found = explode(contents([payment(1, 500), payment(2, 900)], [fee]))
    assert [record.amount for record in found.payments] == [Decimal(5), Decimal(9)]
    assert [record.amount for record in found.charges] == [Decimal(-6)]


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        ("payment_failed", -1000),
        ("payment_charged_back", -1000),
        ("payment_refunded", -400),
        ("refund", -400),
        ("refund_funds_returned", 400),
    ],
)
def test_what_takes_back_is_a_reversal_and_never_a_payment(
    kind: str, amount: int
) -> None:
    item = wire.PayoutItem(type=kind, amount=Decimal(amount), payment="PM0")
    found = explode(contents([payment(1, 5000)], [item]))
    assert [record.id for record in found.payments] == ["PM1"]
    (reversal,) = found.reversals
    assert (reversal.kind, reversal.payment) == (kind, "PM0")
    assert reversal.transaction.amount * 100 == amount


def test_a_refund_names_the_payment_that_it_gives_back() -> None:
    item = wire.PayoutItem(type="refund", amount=Decimal(-150), refund="RF1")
    held = contents([payment(1, 5000)], [item])
    refund = wire.Refund(id="RF1", amount=150, currency="GBP", payment="PM9")
    (reversal,) = explode(evolve(held, refunds={"RF1": refund})).reversals
    assert reversal.payment == "PM9"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (contents([payment(1, 5000)], [], total=4999), "sum up to 5000"),
        (evolve(contents([payment(1, 5000)], []), payments={}), "pays out no payment"),
        (
            evolve(
                contents([payment(1, 5000)], []), payments={"PM1": payment(1, 4000)}
            ),
            "of a payment of 4000",
        ),
        (contents([payment(1, 5000), payment(1, 5000)], []), "twice"),
    ],
)
def test_items_that_do_not_agree_with_their_payout_are_not_exploded(
    held: PayoutContents, said: str
) -> None:
    with pytest.raises(PayloadError, match=said):
        explode(held)


# --- payouts on the statement ---------------------------------------------------------


def bank_line(n: int, text: str, amount: str = "44.00", day: int = 2) -> Transaction:
    return Transaction(
        id=f"t{n}",
        amount=Decimal(amount),
        currency="GBP",
        booking_date=date(2026, 3, day),
        remittance=text,
    )


def test_a_payout_is_recognised_by_reference_amount_and_day() -> None:
    payout = wire.read_payout(Fields(PAYOUT))
    good = bank_line(1, "GOCARDLESS acme-po1")
    others = [
        bank_line(2, "GOCARDLESS ACME-PO11"),
        bank_line(3, "GOCARDLESS ACME-PO1", amount="44.01"),
        bank_line(4, "GOCARDLESS ACME-PO1", day=28),
        bank_line(5, "GOCARDLESS"),
    ]
    found = recognise([*others, good], [payout])
    assert found.pairs == ((good, payout),)
    assert recognise(others, [payout]).unsettled == ((payout, Unsettled.NO_LINE),)


def test_what_fits_twice_is_not_paired() -> None:
    payout = wire.read_payout(Fields(PAYOUT))
    lines = [bank_line(1, "ACME-PO1"), bank_line(2, "ACME-PO1")]
    found = recognise(lines, [payout])
    assert (found.pairs, found.unsettled) == ((), ((payout, Unsettled.SEVERAL_LINES),))
    twin = evolve(payout, id="PO2")
    found = recognise(lines[:1], [payout, twin])
    assert {why for _, why in found.unsettled} == {Unsettled.SEVERAL_PAYOUTS}


def test_an_exchanged_payout_arrives_in_the_other_currency() -> None:
    exchanged = {"fx_amount": 5060, "fx_currency": "EUR", "exchange_rate": "1.15"}
    payout = wire.read_payout(Fields({**PAYOUT, "fx": exchanged}))
    arrived = evolve(bank_line(1, "ACME-PO1", amount="50.60"), currency="EUR")
    assert recognise([arrived], [payout]).pairs == ((arrived, payout),)
    assert not recognise([bank_line(1, "ACME-PO1")], [payout]).pairs
