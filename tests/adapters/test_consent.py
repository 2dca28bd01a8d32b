"""The state of a consent: whose it is, once, in time, and what a redirect may say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.consent import (
    LIFETIME,
    Accepted,
    Begun,
    Consent,
    ConsentError,
    ConsentFault,
    ConsentsInMemory,
    RedirectNames,
    accept,
    begin,
    read_redirect,
)
from payymo_adapters.errors import ProviderError, UnauthorisedError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTROPY = bytes(range(32))


def begun(user: str = "anna", provider: str = "Stripe", salt: int = 0) -> Begun:
    entropy = bytes([salt]) + ENTROPY[1:]
    return begin(provider=provider, user=user, entropy=entropy, now=NOON)


def kept(*consents: Begun) -> ConsentsInMemory:
    store = ConsentsInMemory()
    for each in consents:
        store.put(each.consent)
    return store


def finish(
    store: ConsentsInMemory, query: str, user: str = "anna", now: datetime = NOON
) -> Accepted:
    return accept(store, read_redirect(query, provider="Stripe"), user=user, now=now)


def refusal(
    store: ConsentsInMemory, query: str, user: str = "anna", now: datetime = NOON
) -> ConsentError:
    with pytest.raises(ConsentError) as raised:
        finish(store, query, user, now)
    return raised.value


def test_the_user_who_began_it_gets_the_code() -> None:
    one = begun()
    accepted = finish(kept(one), f"code=ac_123&state={one.state}&scope=read_only")
    assert accepted.code.reveal() == "ac_123"
    assert accepted.consent == one.consent


def test_a_state_is_of_use_once() -> None:
    one = begun()
    store = kept(one)
    finish(store, f"code=ac_123&state={one.state}")
    again = refusal(store, f"code=ac_456&state={one.state}")
    assert again.reason is ConsentFault.UNKNOWN_STATE


def test_another_user_gets_nothing_and_uses_the_state_up() -> None:
    one = begun()
    store = kept(one)
    query = f"code=ac_123&state={one.state}"
    assert refusal(store, query, user="bert").reason is ConsentFault.OTHER_USER
    assert refusal(store, query).reason is ConsentFault.UNKNOWN_STATE


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (LIFETIME - timedelta(microseconds=1), None),
        (LIFETIME, ConsentFault.EXPIRED),
        (timedelta(days=400), ConsentFault.EXPIRED),
    ],
)
def test_a_state_expires_on_the_dot(
    after: timedelta, fault: ConsentFault | None
) -> None:
    one = begun()
    query, store = f"code=ac_123&state={one.state}", kept(one)
    if fault is None:
        assert finish(store, query, now=NOON + after).code.reveal() == "ac_123"
    else:
        assert refusal(store, query, now=NOON + after).reason is fault


def test_a_redirect_to_another_providers_address_is_refused() -> None:
    one = begun(provider="GoCardless")
    found = refusal(kept(one), f"code=ac_123&state={one.state}")
    assert found.reason is ConsentFault.OTHER_PROVIDER


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("code=ac_123", ConsentFault.NO_STATE),
        ("code=ac_123&state=", ConsentFault.NO_STATE),
        ("", ConsentFault.NO_STATE),
        ("code=ac_123&state=guessed", ConsentFault.UNKNOWN_STATE),
        ("code=ac_123&state=%ff%ed%a0%80", ConsentFault.UNKNOWN_STATE),
        ("error=access_denied&error_description=no", ConsentFault.NO_STATE),
        ("error=access_denied&state=guessed", ConsentFault.UNKNOWN_STATE),
        ("state=a&state=a", ConsentFault.UNREADABLE),
        ("&".join(f"p{n}=1" for n in range(33)), ConsentFault.UNREADABLE),
    ],
)
def test_what_is_no_redirect_of_ours_says_why(query: str, fault: ConsentFault) -> None:
    assert refusal(kept(begun()), query).reason is fault


def test_a_second_code_in_the_redirect_is_refused() -> None:
    one = begun()
    query = f"code=ac_mine&state={one.state}&code=ac_theirs"
    assert refusal(kept(one), query).reason is ConsentFault.UNREADABLE


def test_a_refusal_at_the_provider_is_said_with_its_words() -> None:
    one = begun()
    query = f"error=access_denied&error_description=The+user+said+no&state={one.state}"
    found = refusal(kept(one), query)
    assert found.reason is ConsentFault.DENIED
    assert "access_denied The user said no" in str(found)
    assert "Connect again" in str(found)


def test_words_of_a_stranger_reach_no_terminal_as_they_are() -> None:
    one = begun()
    query = f"error=%1b]0;x%07%1b[2J{'y' * 900}&state={one.state}"
    shown = str(refusal(kept(one), query))
    assert shown.isprintable()
    assert len(shown) < 400


def test_a_redirect_without_a_code_connects_nothing() -> None:
    one = begun()
    assert refusal(kept(one), f"state={one.state}").reason is ConsentFault.NO_CODE


def test_a_provider_may_have_other_names_and_no_code() -> None:
    names = RedirectNames(state="ref", code="", description="details")
    one, other = begun(provider="GoCardless"), begun(provider="GoCardless", salt=1)
    store = kept(one, other)
    answer = read_redirect(f"ref={one.state}", provider="GoCardless", names=names)
    assert accept(store, answer, user="anna", now=NOON).code.reveal() == ""
    query = f"ref={other.state}&error=UserCancelledSession&details=Cancelled"
    answer = read_redirect(query, provider="GoCardless", names=names)
    with pytest.raises(ConsentError, match="UserCancelledSession Cancelled"):
        accept(store, answer, user="anna", now=NOON)


def test_neither_the_state_nor_the_code_shows() -> None:
    one = begun()
    query = f"code=ac_123&state={one.state}"
    answer = read_redirect(query, provider="Stripe")
    accepted = finish(kept(one), query)
    for shown in map(repr, (one, one.consent, answer, accepted)):
        assert one.state not in shown
        assert "ac_123" not in shown
        assert repr(one.consent.digest) not in shown


def test_the_state_itself_is_not_kept() -> None:
    one = begun()
    assert one.state.encode() not in one.consent.digest
    assert len(one.consent.digest) == 32


def test_too_few_random_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="16 at the least"):
        begin(provider="Stripe", user="anna", entropy=bytes(15), now=NOON)


class LaxStore:
    """Finds what merely looks alike, as a database of a careless collation does."""

    def __init__(self, consent: Consent) -> None:
        self._consent = consent

    def put(self, consent: Consent) -> None:
        self._consent = consent

    def take(self, digest: bytes) -> Consent | None:
        return self._consent if digest else None


def test_a_store_that_finds_too_much_lets_nobody_in() -> None:
    answer = read_redirect("code=ac_1&state=guessed", provider="Stripe")
    with pytest.raises(ConsentError) as raised:
        accept(LaxStore(begun().consent), answer, user="anna", now=NOON)
    assert raised.value.reason is ConsentFault.UNKNOWN_STATE


def test_expired_consents_are_dropped_as_new_ones_come() -> None:
    store = ConsentsInMemory()
    old = begun()
    store.put(old.consent)
    later = NOON + LIFETIME
    new = begin(provider="Stripe", user="anna", entropy=b"\x01" * 32, now=later)
    store.put(new.consent)
    assert store.take(old.consent.digest) is None
    assert store.take(new.consent.digest) == new.consent


def test_the_error_stands_in_the_tree() -> None:
    assert issubclass(ConsentError, UnauthorisedError)
    assert issubclass(ConsentError, ProviderError)


@given(st.text(max_size=200))
def test_no_query_ends_in_anything_but_a_consent_error(query: str) -> None:
    with pytest.raises(ConsentError):
        finish(kept(begun()), query)
