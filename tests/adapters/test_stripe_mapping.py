"""What Stripe's ledger means, as records that the engine reads."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.errors import FieldError
from payymo_adapters.exchange import read_transactions, write_transactions
from payymo_adapters.http import Secret
from payymo_adapters.http_rules import Site
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_adapters.stripe.currencies import (
    EXPONENTS,
    WHOLE_SHILLINGS,
    from_smallest,
)
from payymo_adapters.stripe.envelopes import Event
from payymo_adapters.stripe.fields import Fields
from payymo_adapters.stripe.flows import EVER, Access
from payymo_adapters.stripe.ledger import Carried, Ledger, ledger
from payymo_adapters.stripe.mapping import Mapped, Waits, map_ledger
from payymo_adapters.stripe.payouts import Unready, explode, unready
from payymo_adapters.stripe.wire import (
    BalanceTransaction,
    Charge,
    Dispute,
    PaymentIntent,
    Payout,
    Refund,
)
from payymo_core import Invoice, Outcome, Transaction, TransactionStatus, match
from payymo_core.money import EXPONENTS as ISO
from tests.fakes.serving import serve
from tests.fakes.stripe import FakeStripe

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "stripe"
ACCESS = Access(key=Secret("sk_test_platform"))


def found_in(fake: FakeStripe) -> Ledger:
    with serve(fake) as origin, httpx.Client() as client:
        site = Site(provider="Stripe", origin=origin)
        return HttpxDriver(client=client, site=site).run(ledger(ACCESS, EVER))


def mapped(fake: FakeStripe) -> Mapped:
    return map_ledger(found_in(fake), account="acct_owner")


def only(fake: FakeStripe) -> Transaction:
    (transaction,) = mapped(fake).transactions
    return transaction


# --- payments -------------------------------------------------------------------------


def test_a_payment_has_its_gross_fee_net_and_what_was_written_on_it() -> None:
    fake = FakeStripe()
    paid = fake.pay(
        10_000,
        description="Invoice INV-2026-0042",
        metadata={"order": "A-17"},
        customer="cus_9",
    )
    assert only(fake) == Transaction(
        id=paid["balance_transaction"],
        amount=Decimal("98.00"),
        fee=Decimal("2.00"),
        currency="EUR",
        booking_date=date(2026, 3, 1),
        value_date=date(2026, 3, 3),
        remittance="Invoice INV-2026-0042",
        counterparty=only(fake).counterparty,
        account="acct_owner",
        metadata={
            "order": "A-17",
            "stripe.category": "charge",
            "stripe.charge": paid["id"],
            "stripe.email": "nora@example.org",
            "stripe.payment_intent": paid["payment_intent"],
            "stripe.source": paid["id"],
        },
    )
    other = only(fake).counterparty
    assert other
    assert (other.name, other.account) == ("Nora Weber", "cus_9")


def test_the_engine_matches_the_gross_of_a_payment_and_reads_its_description() -> None:
    fake = FakeStripe()
    fake.pay(11_900, description="Invoice INV-2026-0042")
    bill = Invoice(
        id="i1",
        number="INV-2026-0042",
        outstanding=Decimal("119.00"),
        currency="EUR",
    )
    (answer,) = match(mapped(fake).transactions, [bill])
    assert answer.outcome is Outcome.MATCH
    assert [a.invoice for a in answer.allocations] == ["i1"]


def test_what_the_intent_says_more_is_kept_and_the_charge_has_the_last_word() -> None:
    fake = FakeStripe()
    fake.pay(
        description="Order 7",
        intent_description="Invoice 42",
        metadata={"order": "7"},
        intent_metadata={"order": "6", "invoice": "42"},
    )
    transaction = only(fake)
    assert transaction.remittance == "Order 7 Invoice 42"
    assert transaction.metadata["order"] == "7"
    assert transaction.metadata["invoice"] == "42"


def test_a_merchants_key_is_not_taken_for_stripes_own_word() -> None:
    fake = FakeStripe()
    fake.pay(metadata={"stripe.reverses": "ch_other"})
    metadata = only(fake).metadata
    assert "stripe.reverses" not in metadata
    assert metadata["metadata.stripe.reverses"] == "ch_other"


def test_a_payment_in_another_currency_is_what_the_payer_paid() -> None:
    fake = FakeStripe()
    paid = fake.pay(10_000, settled=False, currency="usd")
    rate = {"currency": "eur", "exchange_rate": 0.91}
    line = fake.line("charge", 9_100, paid["id"], fee=180, **rate)
    paid["balance_transaction"] = line["id"]
    transaction = only(fake)
    assert (transaction.amount, transaction.currency) == (Decimal(100), "USD")
    assert transaction.fee is None
    assert transaction.metadata["stripe.settled_gross"] == "91.00 EUR"
    assert transaction.metadata["stripe.settled_fee"] == "1.80 EUR"
    assert transaction.metadata["stripe.exchange_rate"] == "0.91"


def test_a_payment_captured_in_part_is_the_part() -> None:
    fake = FakeStripe()
    paid = fake.pay(10_000, description="INV-1")
    paid["amount_captured"] = 6_000
    fake.line("partial_capture_reversal", -4_000, paid["id"], type="refund")
    found = mapped(fake)
    assert [t.gross for t in found.transactions] == [Decimal(60)]
    assert [a.category for a in found.aside] == ["partial_capture_reversal"]


def test_a_payment_under_way_is_pending_and_never_matched() -> None:
    fake = FakeStripe()
    fake.pay(status="pending")
    assert only(fake).status is TransactionStatus.PENDING


# --- not yet --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({}, Waits.BALANCE_TRANSACTION),
        ({"captured": False, "amount_captured": 0}, Waits.CAPTURE),
        ({"status": "pending"}, Waits.SUCCESS),
        ({"status": "failed"}, None),
        ({"refunded": True, "captured": False}, None),
    ],
)
def test_a_charge_without_a_line_is_waited_for(
    words: dict[str, Any], reason: Waits | None
) -> None:
    fake = FakeStripe()
    paid = fake.pay(settled=False, **words)
    found = mapped(fake)
    assert not found.transactions
    told = [(each.charge.id, each.waits_for) for each in found.waiting]
    assert told == ([(paid["id"], reason)] if reason else [])


# --- what is taken back ---------------------------------------------------------------


def test_a_refund_and_a_dispute_name_what_they_take_back() -> None:
    fake = FakeStripe()
    one, other = fake.pay(description="INV-1"), fake.pay(description="INV-2")
    fake.refund(one, 4_000)
    fake.dispute(other)
    back = mapped(fake).transactions
    assert {(t.amount, t.remittance, t.metadata["stripe.reverses"]) for t in back} == {
        (Decimal("-40.00"), "INV-1", one["id"]),
        (Decimal("-115.00"), "INV-2", other["id"]),
    }
    lines = {t.metadata["stripe.reverses_line"] for t in back}
    assert lines == {one["balance_transaction"], other["balance_transaction"]}
    assert {t.metadata["stripe.reason"] for t in back} == {
        "requested_by_customer",
        "fraudulent",
    }
    assert {t.gross for t in back} == {Decimal(-40), Decimal(-100)}


def test_a_payment_that_went_back_is_for_a_person() -> None:
    fake = FakeStripe()
    one, other = fake.pay(), fake.pay()
    fake.refund(one, 4_000)
    fake.dispute(other)
    told = {each.record_id: str(each) for each in mapped(fake).rejected}
    assert set(told) == {one["balance_transaction"], other["balance_transaction"]}
    assert "40.00 of the 100.00 EUR" in told[one["balance_transaction"]]
    assert "is disputed" in told[other["balance_transaction"]]


def test_a_payment_that_failed_after_all_is_for_a_person() -> None:
    fake = FakeStripe()
    paid = fake.pay(status="failed")
    fake.line("charge_failure", -10_000, paid["id"])
    found = mapped(fake)
    assert [t.amount for t in found.transactions] == [Decimal(-100)]
    assert found.transactions[0].metadata["stripe.reverses"] == paid["id"]
    assert [r.field for r in found.rejected] == ["status"]


def test_money_that_is_restored_pays_nothing() -> None:
    fake = FakeStripe()
    paid = fake.pay(description="INV-1")
    fake.line("dispute_reversal", 10_000, paid["id"], type="adjustment")
    fake.line("refund_failure", 4_000, paid["id"])
    fake.line("refund", 4_000, paid["id"])
    fake.line("topup", 5_000, "tu_1")
    fake.line("fee", -500, "", type="stripe_fee")
    found = mapped(fake)
    assert len(found.transactions) == 1
    assert Counter(each.category for each in found.aside) == {
        "dispute_reversal": 1,
        "refund_failure": 1,
        "refund": 1,
        "topup": 1,
        "fee": 1,
    }


# --- what does not add up -------------------------------------------------------------


def a_line(**words: Any) -> BalanceTransaction:
    raw = FakeStripe().line("charge", 1_000, "ch_1", fee=30)
    return evolve(BalanceTransaction.of(Fields(raw)), **words)


def a_charge(**words: Any) -> Charge:
    return evolve(Charge.of(Fields(FakeStripe().pay(1_000))), id="ch_1", **words)


@pytest.mark.parametrize(
    ("line", "charge", "field"),
    [
        (a_line(net=971), a_charge(), "net"),
        (a_line(), None, "source"),
        (a_line(), a_charge(amount_captured=1_001), "amount"),
        (a_line(), a_charge(captured=False), "captured"),
        (a_line(currency="XXQ"), a_charge(), "currency"),
        (a_line(), a_charge(currency="XXQ"), "currency"),
        (
            a_line(currency="ISK", amount=1_001, fee=0, net=1_001),
            a_charge(currency="ISK", amount_captured=1_001),
            "amount",
        ),
    ],
)
def test_a_line_at_fault_is_rejected_and_the_rest_stays(
    line: BalanceTransaction, charge: Charge | None, field: str
) -> None:
    good = a_line(id="txn_good", source="ch_good")
    charges = [evolve(a_charge(), id="ch_good"), *([charge] if charge else [])]
    found = map_ledger(Ledger(lines=(line, good), charges=tuple(charges)))
    assert [(each.record_id, each.field) for each in found.rejected] == [
        (line.id, field)
    ]
    assert [each.id for each in found.transactions] == ["txn_good"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["charge", "refund", "dispute", "charge_failure", "payout", "fee", "x"]
            ),
            st.integers(-(10**12), 10**12),
            st.integers(-1_000, 1_000),
            st.sampled_from(["EUR", "JPY", "ISK", "XXQ", "KWD"]),
        ),
        max_size=8,
    )
)
def test_every_line_ends_in_one_place_and_no_cent_is_made_up(
    rows: list[tuple[str, int, int, str]],
) -> None:
    lines = [
        a_line(
            id=f"txn_{place}",
            type="charge" if category == "charge" else "adjustment",
            reporting_category=category,
            amount=amount,
            fee=fee,
            net=amount - fee,
            currency=currency,
            source=f"ch_{place}",
        )
        for place, (category, amount, fee, currency) in enumerate(rows)
    ]
    charges = [
        a_charge(amount_captured=line.amount, currency=line.currency) for line in lines
    ]
    charges = [evolve(c, id=f"ch_{place}") for place, c in enumerate(charges)]
    found = map_ledger(Ledger(lines=tuple(lines), charges=tuple(charges)))
    ids = [
        *(t.id for t in found.transactions),
        *(r.record_id for r in found.rejected),
        *(a.line.id for a in found.aside),
    ]
    assert sorted(ids) == sorted(line.id for line in lines)
    nets = {line.id: line for line in lines}
    for record in found.transactions:
        line = nets[record.id]
        unit = EXPONENTS[line.currency]
        assert record.amount == Decimal(line.net).scaleb(-unit)
        assert record.fee == Decimal(line.fee).scaleb(-unit)


def test_what_is_mapped_is_written_and_read_again(tmp_path: Path) -> None:
    fake = FakeStripe()
    fake.pay(description="INV-1")
    fake.refund(fake.pay(500, currency="jpy"), 500)
    found = mapped(fake).transactions
    write_transactions(found, tmp_path / "stripe.jsonl")
    assert read_transactions(tmp_path / "stripe.jsonl") == list(found)


# --- payouts --------------------------------------------------------------------------


def paid_out() -> FakeStripe:
    fake = FakeStripe()
    charges = [fake.pay(10_000, description="INV-1"), fake.pay(5_000)]
    lines = [fake.objects[c["balance_transaction"]] for c in charges]
    refund = fake.refund(charges[1], 1_000)
    fake.pay_out(*lines, fake.objects[refund["balance_transaction"]])
    return fake


def test_a_payout_is_taken_apart_into_what_it_carries() -> None:
    found = found_in(paid_out())
    (carried,) = found.carried
    assert unready(carried.payout) is None
    exploded = explode(carried)
    assert exploded.amount == Decimal("137.00")
    assert exploded.arrival == date(2026, 3, 5)
    assert exploded.reference == "TRACE-1"
    assert sum(line.net for line in exploded.lines) == 13_700
    assert Counter(line.type for line in exploded.lines) == {"charge": 2, "refund": 1}


def test_records_say_which_payout_carries_them() -> None:
    found = found_in(paid_out())
    (carried,) = found.carried
    names = {t.metadata["stripe.payout"] for t in map_ledger(found).transactions}
    assert names == {carried.payout.id}


def test_a_payout_with_a_line_missing_or_too_much_is_refused() -> None:
    (carried,) = found_in(paid_out()).carried
    for lines in (carried.lines[:2], carried.lines + carried.lines[1:2]):
        with pytest.raises(FieldError, match="not 13700"):
            explode(Carried(payout=carried.payout, lines=lines))
    other = tuple(evolve(line, currency="USD") for line in carried.lines)
    with pytest.raises(FieldError, match="another currency"):
        explode(Carried(payout=carried.payout, lines=other))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"status": "failed"}, Unready.UNDONE),
        ({"status": "canceled"}, Unready.UNDONE),
        ({"automatic": False}, Unready.BY_HAND),
        ({"reconciliation_status": "in_progress"}, Unready.IN_PROGRESS),
    ],
)
def test_why_a_payout_cannot_be_taken_apart(
    words: dict[str, Any], reason: Unready
) -> None:
    payout = Payout.of(Fields(FakeStripe().pay_out()))
    assert unready(evolve(payout, **words)) is reason


# --- currencies -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "wanted"),
    [
        (1234, "EUR", "12.34"),
        (500, "JPY", "500"),
        (500, "MGA", "500"),
        (500, "ISK", "5.00"),
        (500, "UGX", "5.00"),
        (1234, "HUF", "12.34"),
        (1234, "TWD", "12.34"),
        (5120, "KWD", "5.120"),
        (-1, "EUR", "-0.01"),
    ],
)
def test_decimals_are_stripes(amount: int, currency: str, wanted: str) -> None:
    assert str(from_smallest(amount, currency)) == wanted


def test_shillings_may_be_whole_where_an_account_has_them_so() -> None:
    assert from_smallest(500, "UGX", WHOLE_SHILLINGS) == 500
    assert {c for c in EXPONENTS if EXPONENTS[c] != WHOLE_SHILLINGS[c]} == {"UGX"}


def test_no_currency_has_decimals_that_nobody_documented() -> None:
    odd = {code for code, exponent in ISO.items() if exponent != 2}
    guessed = odd - EXPONENTS.keys()
    assert guessed == {"CLF", "IQD", "LYD", "UYI", "UYW"}
    for code in guessed:
        with pytest.raises(FieldError, match="nobody says"):
            from_smallest(1, code)


def test_no_context_of_the_caller_rounds() -> None:
    with localcontext(prec=3):
        assert str(from_smallest(123_456_789_012_345, "EUR")) == "1234567890123.45"


# --- the samples ----------------------------------------------------------------------

PARSERS = {
    "charge": Charge.of,
    "payment_intent": PaymentIntent.of,
    "balance_transaction": BalanceTransaction.of,
    "payout": Payout.of,
    "refund": Refund.of,
    "dispute": Dispute.of,
}


@pytest.fixture(scope="module")
def samples() -> dict[str, Any]:
    if not SAMPLES.is_dir():
        pytest.skip("the shared samples are not beside the project")
    text = (SAMPLES / "fixtures.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["resources"]
    return found


@pytest.mark.parametrize("kind", PARSERS)
def test_every_sample_that_is_of_use_is_read(
    kind: str, samples: dict[str, Any]
) -> None:
    read: Any = PARSERS[kind](Fields(samples[kind]))
    raw = samples[kind]
    assert read.id == raw["id"]
    assert read.amount == raw["amount"]
    assert read.currency == raw["currency"].upper()
    assert read.created == datetime.fromtimestamp(raw["created"], UTC)


def test_the_samples_that_hold_no_money_are_read_as_events(
    samples: dict[str, Any],
) -> None:
    event = Event.of(json.dumps(samples["event"]).encode())
    assert (event.type, event.object_type) == ("plan.created", "plan")
    for kind, thing in samples.items():
        body = json.dumps({**samples["event"], "data": {"object": thing}}).encode()
        told = Event.of(body)
        assert (told.object_type, told.object_id) == (kind, thing["id"])


def test_a_sample_line_with_its_sample_charge_in_full_is_read(
    samples: dict[str, Any],
) -> None:
    line = samples["balance_transaction"] | {"source": samples["charge"]}
    read = BalanceTransaction.of(Fields(line))
    assert isinstance(read.full_source, Charge)
    assert read.source == samples["charge"]["id"]
    assert read.created == datetime.fromtimestamp(1234567890, UTC)
