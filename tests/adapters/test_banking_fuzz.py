"""No bytes from a provider end in anything but a record or an error of the tree."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from payymo_adapters.banking import Bank, BankAccount, Listing, Period, Wish
from payymo_adapters.enablebanking import EnableBanking
from payymo_adapters.errors import ProviderError
from payymo_adapters.gocardless import BankAccountData
from payymo_adapters.gocardless.flows import Held, Tokens
from payymo_adapters.gocardless.payments import Payments
from payymo_adapters.gocardless.payments.mapping import explode
from payymo_adapters.gocardless.payments.webhook import EventsInMemory, receive
from payymo_adapters.gocardless.payments.wire import Payout
from payymo_adapters.http import Flow, HttpResponse, Secret
from payymo_adapters.identity import Book, absorb
from payymo_core.money import to_minor
from tests.flows import run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEM = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
ACCOUNT = BankAccount(key="k", id="a", bank="ANY_BANK")
PERIOD = Period(since=date(2026, 1, 1))
WISH = Wish(
    bank=Bank(id="B", name="B", countries=("DE",)), redirect="http://localhost/"
)
PAYOUT = Payout(
    id="PO1", amount=100, fees=0, currency="EUR", reference="R1", status="paid"
)


def gocardless() -> BankAccountData:
    access = Held(Secret("t"), datetime(2027, 1, 1, tzinfo=UTC))
    return BankAccountData(
        secret_id=Secret("i"),
        secret_key=Secret("k"),
        tokens=Tokens(access=access),
        clock=lambda: NOW,
    )


def new_tokens() -> Flow[Any]:
    provider = BankAccountData(
        secret_id=Secret("i"), secret_key=Secret("k"), clock=lambda: NOW
    )
    return provider.banks("DE")


def enable() -> EnableBanking:
    return EnableBanking(
        application_id="a", private_key=Secret(PEM.decode()), clock=lambda: NOW
    )


def payments() -> Payments:
    return Payments(token=Secret("t"), clock=lambda: NOW)


FLOWS: dict[str, Callable[[], Flow[Any]]] = {
    "tokens": new_tokens,
    "banks": lambda: gocardless().banks("DE"),
    "connect": lambda: gocardless().connect(WISH, "s"),
    "connection": lambda: gocardless().finish("r", Secret("")),
    "balances": lambda: gocardless().balances(ACCOUNT),
    "details": lambda: gocardless().details(ACCOUNT),
    "transactions": lambda: gocardless().transactions(ACCOUNT, PERIOD),
    "eb banks": lambda: enable().banks("DE"),
    "eb connect": lambda: enable().connect(WISH, "s"),
    "eb finish": lambda: enable().finish("", Secret("c")),
    "eb connection": lambda: enable().connection("s"),
    "eb balances": lambda: enable().balances(ACCOUNT),
    "eb transactions": lambda: enable().transactions(ACCOUNT, PERIOD),
    "payouts": lambda: payments().payouts(NOW),
    "payments": lambda: payments().payments(NOW),
    "refunds": lambda: payments().refunds(NOW),
    "contents": lambda: payments().contents(PAYOUT),
}

NAMES = """transactions booked pending transactionAmount amount currency bookingDate
    valueDate transactionId internalTransactionId debtorName debtorAccount iban
    remittanceInformationUnstructured remittanceInformationUnstructuredArray
    remittanceInformationStructured balanceAfterTransaction balanceAmount accounts id
    status agreement access_valid_for_days accepted link balances account access
    access_expires refresh refresh_expires summary detail type continuation_key
    transaction_amount credit_debit_indicator booking_date entry_reference debtor name
    reference_number reference_number_schema remittance_information aspsps aspsp country
    valid_until session_id uid account_id url error message code errors reason links
    payout_items payouts payments refunds payment refund meta cursors after
    deducted_fees arrival_date fx fx_amount fx_currency events resource_type action
    created_at metadata"""
KEYS = NAMES.split()
WORDS = [
    "1.00",
    "-1e9",
    "EUR",
    "JPY",
    "2026-03-01",
    "9999-12-31",
    "0001-01-01T00:00:00+23:59",
    "2026-03-01T10:00:00Z",
    "CRDT",
    "BOOK",
    "LN",
    "SDDM",
    "payment_paid_out",
    "PM1",
    "https://x",
    "\x1b[2J",
    "\U0001f600",
    "\\UD83D",
    "A" * 400,
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
JSON = st.recursive(
    LEAVES,
    lambda held: (
        st.lists(held, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS), held, max_size=8)
    ),
    max_leaves=12,
)
BODIES = (
    st.binary(max_size=40)
    | JSON.map(lambda data: json.dumps(data).encode())
    | st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8).map(
        lambda data: json.dumps(data).encode()
    )
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["retry-after", "x-ratelimit-remaining", "ratelimit-reset"]),
        st.sampled_from(["0", "60", "9" * 30, "soon", "-1"]),
    ),
    max_size=3,
).map(tuple)
ANSWERS = st.builds(
    HttpResponse,
    status=st.sampled_from([200, 200, 200, 201, 204, 400, 401, 403, 409, 429, 500]),
    headers=HEADERS,
    body=BODIES,
)


def check(found: Any) -> None:
    """Let a result be what its type says."""
    if isinstance(found, Listing):
        for line in (*found.booked, *found.pending):
            record = line.transaction
            assert isinstance(record.amount, Decimal)
            to_minor(record.amount, record.currency)
        for rejected in found.rejected:
            assert rejected.fault
            assert rejected.where
        absorbed = absorb(Book(account=found.account), found)
        assert len(absorbed.new) + len(absorbed.doubts) == len(found.booked)


@settings(max_examples=5 * settings().max_examples)
@given(name=st.sampled_from(list(FLOWS)), answers=st.lists(ANSWERS, max_size=4))
def test_any_answer_ends_in_a_record_or_an_error_of_the_tree(
    name: str, answers: list[HttpResponse]
) -> None:
    left = list(answers)
    last = HttpResponse(status=500)
    with suppress(ProviderError):
        check(run(FLOWS[name](), lambda _: left.pop(0) if left else last))


ENTRY = {
    "transactionAmount": {"amount": "1.00", "currency": "EUR"},
    "bookingDate": "2026-03-01",
    "transactionId": "b1",
    "debtorName": "Anna Berg",
    "debtorAccount": {"iban": "DE89370400440532013000"},
    "remittanceInformationUnstructured": "INV-1",
}
EB_ENTRY = {
    "transaction_amount": {"amount": "1.00", "currency": "EUR"},
    "credit_debit_indicator": "CRDT",
    "status": "BOOK",
    "booking_date": "2026-03-01",
    "debtor": {"name": "Anna Berg"},
    "debtor_account": {"iban": "DE89370400440532013000"},
    "remittance_information": ["INV-1"],
}
QUIRKY = """ANY NATIONWIDE_NAIAGB21 HYPE_ COMMERZBANK_COBADEFF BNP_BE_GEBABEBB KBC_
    ENTERCARD_SWEDNOKK VIRGIN_NRNBGB22 NORWEGIAN_ EASYBANK_BAWAATWW SEB_KORT_AB
    LHV_LHVBEE22"""
BANKS = st.sampled_from(QUIRKY.split())


@given(spoilt=st.dictionaries(st.sampled_from([*KEYS, *ENTRY]), JSON), bank=BANKS)
def test_a_spoilt_entry_spoils_no_other(spoilt: dict[str, Any], bank: str) -> None:
    body = {"transactions": {"booked": [ENTRY, {**ENTRY, **spoilt}, ENTRY]}}
    account = BankAccount(key="k", id="a", bank=bank)
    answer = HttpResponse(status=200, body=json.dumps(body).encode())
    # Half a pair of surrogates or NaN spoil an answer as a whole.
    with suppress(ProviderError):
        found = run(gocardless().transactions(account, PERIOD), lambda _: answer)
        assert len(found.booked) + len(found.rejected) == 3
        check(found)


@given(spoilt=st.dictionaries(st.sampled_from([*KEYS, *EB_ENTRY]), JSON))
def test_a_spoilt_entry_of_the_other_provider_spoils_no_other(
    spoilt: dict[str, Any],
) -> None:
    body = {"transactions": [EB_ENTRY, {**EB_ENTRY, **spoilt}, EB_ENTRY]}
    answer = HttpResponse(status=200, body=json.dumps(body).encode())
    with suppress(ProviderError):
        found = run(enable().transactions(ACCOUNT, PERIOD), lambda _: answer)
        told = len(found.booked) + len(found.pending) + len(found.rejected)
        assert told + len(found.notes) == 3
        check(found)


ITEMS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["payment_paid_out", "gocardless_fee", "refund"]),
            "amount": st.sampled_from(["100", "100.0", "-0.5", "1e5", "50.5"]),
            "links": st.sampled_from([{}, {"payment": "PM1"}, {"refund": "RF1"}]),
        }
    ),
    max_size=4,
)


@given(items=ITEMS, currency=st.sampled_from(["EUR", "XXX", "JPY"]))
def test_any_items_are_exploded_or_refused(
    items: list[dict[str, Any]], currency: str
) -> None:
    found = {
        "/payout_items": {"payout_items": items},
        "/payments/PM1": {
            "payments": {"id": "PM1", "amount": 100, "currency": currency}
        },
        "/refunds/RF1": {"refunds": {"id": "RF1", "amount": 1, "currency": "EUR"}},
    }
    with suppress(ProviderError):
        contents = run(
            payments().contents(PAYOUT),
            lambda asked: HttpResponse(
                status=200, body=json.dumps(found[asked.path]).encode()
            ),
        )
        exploded = explode(contents)
        assert sum(r.amount for r in exploded.payments) <= 1 + sum(
            abs(c.amount) for c in exploded.charges
        ) + sum(abs(r.transaction.amount) for r in exploded.reversals)


@given(body=BODIES, signature=st.text(max_size=70))
def test_any_webhook_of_a_stranger_is_answered(body: bytes, signature: str) -> None:
    found = receive(body, signature, [Secret("s")], EventsInMemory())
    assert found.status == 498
