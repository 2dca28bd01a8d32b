"""Stripe's webhooks: signed, in time, once; held against the official package."""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.errors import PayloadError
from payymo_adapters.http import Secret
from payymo_adapters.stripe.webhook import (
    DEAUTHORISED,
    KNOWN,
    TOLERANCE,
    InboxInMemory,
    Received,
    Standing,
    receive,
    verify,
)
from tests.fakes.stripe import NOON, FakeStripe, signed

SECRET = "whsec_of_the_tests"
SECRETS = (Secret(SECRET),)
NOW = datetime.fromtimestamp(NOON, UTC)


def event(kind: str = "charge.updated", **words: Any) -> bytes:
    fake = FakeStripe()
    return fake.event(kind, fake.pay(), **words)


def taken(
    body: bytes, inbox: InboxInMemory | None = None, signature: str = ""
) -> Received:
    signature = signature or signed(body, SECRET, NOON)
    return receive(body, signature, SECRETS, inbox or InboxInMemory(), NOW)


def refusal(body: bytes, signature: str, *secrets: str) -> str:
    with pytest.raises(PayloadError) as raised:
        verify(body, signature, [Secret(s) for s in secrets or (SECRET,)], NOW)
    assert raised.value.field == "stripe-signature"
    return str(raised.value)


# --- who signed -----------------------------------------------------------------------


def test_what_stripe_signed_is_taken() -> None:
    received = taken(event())
    assert received.standing is Standing.NEW
    assert received.status == 200
    told = received.event
    assert (told.type, told.object_type) == ("charge.updated", "charge")
    assert told.object_id.startswith("ch_")


@pytest.mark.parametrize(
    ("signature", "fault"),
    [
        ("", "no time"),
        ("v1=abc", "no time"),
        ("t=,v1=abc", "no time"),
        ("t=-1,v1=abc", "no time"),
        ("t=1e3,v1=abc", "no time"),
        ("t=٣,v1=abc", "no time"),
        (f"t={'9' * 5000},v1=abc", "no time"),
        (f"t={NOON}", "no signature"),
        (f"t={NOON},v0=abc", "no signature"),
        (f"t={NOON},v1=", "nobody"),
        (f"t={NOON},v1=é", "nobody"),
    ],
)
def test_a_header_that_is_none_is_refused(signature: str, fault: str) -> None:
    assert fault in refusal(b"{}", signature)


def test_a_signature_of_the_old_scheme_opens_nothing() -> None:
    body = event()
    assert "no signature" in refusal(
        body, signed(body, SECRET, NOON).replace("v1=", "v0=")
    )


def test_either_secret_will_do_while_one_replaces_the_other() -> None:
    body = event()
    both = [Secret("whsec_new"), Secret(SECRET)]
    verify(body, signed(body, SECRET, NOON), both, NOW)
    verify(body, signed(body, "whsec_new", NOON), both, NOW)
    assert "nobody" in refusal(body, signed(body, "whsec_x", NOON), "whsec_new", SECRET)


def test_any_of_several_signatures_will_do() -> None:
    body = event()
    right = signed(body, SECRET, NOON)
    verify(body, right.replace("v1=", "v1=0000,v1=") + ",v1=1111,v0=2", SECRETS, NOW)


@pytest.mark.parametrize("secrets", [(), (Secret(""),), (Secret(" "), Secret(SECRET))])
def test_no_secret_or_an_empty_one_is_our_own_fault(
    secrets: tuple[Secret, ...],
) -> None:
    body = event()
    with pytest.raises(ValueError, match="secret"):
        verify(body, signed(body, "", NOON), secrets, NOW)


def test_a_body_without_end_is_not_even_hashed() -> None:
    assert "larger than" in refusal(b" " * 1_000_001, f"t={NOON},v1=abc")


@pytest.mark.parametrize(
    ("age", "accepted"),
    [
        (0, True),
        (TOLERANCE, True),
        (TOLERANCE + 1, False),
        (86_400, False),
        (-600, True),
    ],
)
def test_a_signature_is_believed_for_five_minutes(age: int, *, accepted: bool) -> None:
    body = event()
    signature = signed(body, SECRET, NOON - age)
    if accepted:
        verify(body, signature, SECRETS, NOW)
    else:
        assert "seconds ago" in refusal(body, signature)


def test_no_refusal_holds_the_secret_or_the_body() -> None:
    body = event()
    told = refusal(body, signed(body, "whsec_other", NOON))
    assert SECRET not in told
    assert "nora" not in told


def tampered(random: Random, begun: int) -> tuple[bytes, str]:
    """A delivery, two in three of them with something changed."""
    body = json.dumps({"id": f"evt_{random.random()}", "é": "ü" * 3}).encode()
    # Not at the edge itself: the official package has a clock of its own.
    seconds = begun - random.choice([0, 1, 200, 400, 4000, -50])
    header = signed(body, random.choice([SECRET, SECRET, "whsec_other"]), seconds)
    way = random.randrange(9)
    place = random.randrange(len(header))
    if way == 0:
        body = body.replace(b"evt", b"evx")
    elif way == 1:
        header = header[:place] + random.choice("0a=,tv1") + header[place + 1 :]
    elif way == 2:
        header = header.replace("v1=", random.choice(["v0=", "v1", "v2=", "V1="]))
    elif way == 3:
        header += random.choice([",v1=00", ",v0=00", ",t=1", ","])
    elif way == 4:
        header = random.choice(["", "t=1", "nonsense", header[:place]])
    elif way == 5:
        header = header.replace(f"t={seconds}", f"t={seconds + 1}")
    return body, header


def test_a_thousand_deliveries_are_judged_as_by_the_official_package() -> None:
    random, now = Random(20260301), datetime.now(UTC)
    told = []
    for _ in range(1_000):
        body, header = tampered(random, int(now.timestamp()))
        told.append(is_ours(body, header, now))
        assert told[-1] == is_theirs(body, header), (body, header)
    assert 200 < sum(told) < 800


def is_ours(body: bytes, header: str, now: datetime = NOW) -> bool:
    try:
        verify(body, header, SECRETS, now)
    except PayloadError:
        return False
    return True


def is_theirs(body: bytes, header: str) -> bool:
    check = stripe.WebhookSignature.verify_header
    try:
        return bool(check(body, header, SECRET, TOLERANCE))
    except stripe.SignatureVerificationError:
        return False


def test_what_the_official_package_signs_is_taken() -> None:
    body = event()
    sign = stripe.WebhookSignature.generate_signature_header
    assert taken(body, signature=sign(body.decode(), SECRET, NOON)).status == 200


# --- what is told ---------------------------------------------------------------------


def test_an_event_that_comes_again_is_acknowledged_and_nothing_more() -> None:
    inbox = InboxInMemory()
    body = event(DEAUTHORISED, account="acct_9")
    assert taken(body, inbox).disconnected == "acct_9"
    again = taken(body, inbox, signed(body, SECRET, NOON - 60))
    assert again.standing is Standing.REPEATED
    assert again.status == 200
    assert again.disconnected == ""
    assert len(inbox.events) == 1


def test_an_event_of_a_type_that_did_not_exist_is_acknowledged_and_kept() -> None:
    inbox = InboxInMemory()
    body = event("charge.teleported")
    received = taken(body, inbox)
    assert received.standing is Standing.UNKNOWN
    assert received.status == 200
    assert [kept.body for kept in inbox.events.values()] == [body]


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_every_type_that_changes_a_ledger_is_new_once(kind: str) -> None:
    assert taken(event(kind)).standing is Standing.NEW


def test_a_forged_event_is_not_kept() -> None:
    inbox = InboxInMemory()
    body = event()
    with pytest.raises(PayloadError):
        taken(body, inbox, signed(body, "whsec_other", NOON))
    assert not inbox.events


def test_a_thin_event_points_at_what_it_happened_to() -> None:
    thin = {
        "object": "v2.core.event",
        "id": "evt_thin",
        "type": "v1.billing.meter.no_meter_found",
        "created": "2026-03-01T12:00:00.000Z",
        "context": "acct_9",
        "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/x"},
    }
    received = taken(json.dumps(thin).encode())
    assert received.standing is Standing.UNKNOWN
    told = received.event
    assert (told.account, told.object_type, told.object_id) == (
        "acct_9",
        "billing.meter",
        "mtr_1",
    )


@given(
    st.one_of(
        st.binary(max_size=80),
        st.dictionaries(
            st.sampled_from(["id", "type", "data", "account", "related_object"]),
            st.recursive(
                st.none() | st.text(max_size=4) | st.integers(),
                lambda inner: st.dictionaries(
                    st.sampled_from(["object", "id", "type"]), inner, max_size=3
                ),
                max_leaves=6,
            ),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_whatever_is_signed_is_an_event_or_an_error_of_the_tree(body: bytes) -> None:
    inbox = InboxInMemory()
    try:
        taken(body, inbox)
    except PayloadError:
        assert not inbox.events
    else:
        assert len(inbox.events) == 1


@given(st.binary(max_size=40), st.text(max_size=60))
def test_no_header_opens_without_the_secret(body: bytes, header: str) -> None:
    assert not is_ours(body, header)
    assert not is_ours(body, f"t={NOON},v1={header}")
