"""The ``state`` of a consent: ties a redirect to the user who asked for it; no I/O.

A user goes to a provider's page with a state that nobody can guess, and comes back
with it. Only its digest is kept, so that a store that leaks opens nothing; the first
redirect that shows it takes it out of the store, right or wrong: it is of use once.

>>> from datetime import datetime, timezone
>>> now = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
>>> store = ConsentsInMemory()
>>> begun = begin(provider="Stripe", user="u1", entropy=bytes(32), now=now)
>>> store.put(begun.consent)
>>> answer = read_redirect(f"state={begun.state}&code=ac_1", provider="Stripe")
>>> accept(store, answer, user="u1", now=now).code
Secret('***')
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from enum import StrEnum, unique
from hashlib import sha256
from typing import Protocol
from urllib.parse import parse_qsl

from attrs import field, frozen

from payymo_adapters.errors import Bar, UnauthorisedError
from payymo_adapters.http import Secret
from payymo_adapters.wording import readable

LIFETIME = timedelta(minutes=15)
"""How long a user has at the provider's page, where nobody says otherwise."""

_LEAST_ENTROPY = 16  # bytes: what RFC 6749, section 10.10, asks of such a value
_MOST_PARAMETERS = 32


@unique
class ConsentFault(StrEnum):
    """Why a redirect was not accepted."""

    UNREADABLE = "unreadable"
    NO_STATE = "no_state"
    UNKNOWN_STATE = "unknown_state"
    EXPIRED = "expired"
    OTHER_USER = "other_user"
    OTHER_PROVIDER = "other_provider"
    DENIED = "denied"
    NO_CODE = "no_code"
    NO_ANSWER = "no_answer"


_SAYS = {
    ConsentFault.UNREADABLE: "the redirect is not the provider's: a parameter of it "
    "stands twice, or there are too many",
    ConsentFault.NO_STATE: "the redirect carries no state",
    ConsentFault.UNKNOWN_STATE: "the redirect carries a state that was never given out "
    "or was used before",
    ConsentFault.EXPIRED: "the consent came too late; its state had expired",
    ConsentFault.OTHER_USER: "the consent was begun by another user",
    ConsentFault.OTHER_PROVIDER: "the consent was begun with another provider",
    ConsentFault.DENIED: "the consent was not given",
    ConsentFault.NO_CODE: "the redirect carries no code",
    ConsentFault.NO_ANSWER: "nobody came back from the provider's page in time",
}


class ConsentError(UnauthorisedError):
    """A redirect that connects nothing; the user has to begin again.

    Attributes:
        reason: Why, for a program.
    """

    def __init__(self, provider: str, reason: ConsentFault, said: str = "") -> None:
        fault = f"{_SAYS[reason]}: {said}" if said else _SAYS[reason]
        super().__init__(
            provider, fault, advice="Connect again", code=reason, bar=Bar.CONSENT
        )
        self.reason = reason


@frozen(kw_only=True)
class Consent:
    """A consent that was begun and is not finished: what a store keeps.

    Attributes:
        digest: SHA-256 of the state, which itself is kept nowhere.
        provider: Whom the user was sent to.
        user: Who began it; nobody else may finish it.
        begun_at: When, in UTC.
        expires_at: From when on it is refused, in UTC.
        subject: The provider's own id of it, as of a requisition; or "".
    """

    digest: bytes = field(repr=False)
    provider: str
    user: str
    begun_at: datetime
    expires_at: datetime
    subject: str = ""


class ConsentStore(Protocol):
    """Where consents wait for their redirect."""

    def put(self, consent: Consent) -> None:
        """Keep one; expired ones may go."""
        ...

    def take(self, digest: bytes) -> Consent | None:
        """Give the one of a digest and forget it, in one step: two never get it."""
        ...


class ConsentsInMemory:
    """A store for one process, as the command line is."""

    def __init__(self) -> None:
        self._held: dict[bytes, Consent] = {}

    def put(self, consent: Consent) -> None:
        """Keep one, and drop those that have expired by when it was begun."""
        for digest, held in tuple(self._held.items()):
            if held.expires_at <= consent.begun_at:
                self._held.pop(digest, None)
        self._held[consent.digest] = consent

    def take(self, digest: bytes) -> Consent | None:
        """Give the one of a digest and forget it."""
        return self._held.pop(digest, None)


@frozen(kw_only=True)
class Begun:
    """A consent to be kept, and the state to send along with the user.

    Attributes:
        state: For the link to the provider; 43 characters safe in a URL.
        consent: For the store.
    """

    state: str = field(repr=False)
    consent: Consent


def begin(
    *,
    provider: str,
    user: str,
    entropy: bytes,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> Begun:
    """Begin a consent.

    Args:
        provider: Whom the user is sent to, as a person knows it.
        user: Who begins it.
        entropy: Random bytes, 16 at the least, 32 for choice; never used before.
        now: In UTC.
        lifetime: How long the redirect may take.

    Raises:
        ValueError: Too few random bytes.
    """
    if len(entropy) < _LEAST_ENTROPY:
        msg = f"{len(entropy)} random bytes; {_LEAST_ENTROPY} at the least are wanted"
        raise ValueError(msg)
    state = urlsafe_b64encode(entropy).decode().rstrip("=")
    consent = Consent(
        digest=_digest(state),
        provider=provider,
        user=user,
        begun_at=now,
        expires_at=now + lifetime,
    )
    return Begun(state=state, consent=consent)


@frozen(kw_only=True)
class RedirectNames:
    """What a provider calls the parameters of its redirect.

    Attributes:
        state: The state, given back.
        code: What the consent is exchanged by; "" where there is none.
        error: Why there is no consent.
        description: The same in words.
    """

    state: str = "state"
    code: str = "code"
    error: str = "error"
    description: str = "error_description"


OAUTH = RedirectNames()
"""As RFC 6749, section 4.1.2, names them."""


@frozen(kw_only=True)
class Answer:
    """What a redirect carries, not yet believed.

    Attributes:
        provider: Whose redirect address it came to.
        state: As it came, or "".
        code: As it came, or ""; always "" where the provider has none.
        error: As it came, or "".
        description: As it came, or "".
        wants_code: Whether there is no consent without a code.
    """

    provider: str
    state: str = field(repr=False)
    code: str = field(repr=False)
    error: str
    description: str
    wants_code: bool


def read_redirect(query: str, *, provider: str, names: RedirectNames = OAUTH) -> Answer:
    """Read the query of a redirect.

    Args:
        query: As in the address, still encoded, without the question mark.
        provider: Whose redirect address it came to.
        names: What that provider calls its parameters.

    Raises:
        ConsentError: A parameter stands twice, or there are too many.
    """
    try:
        pairs = parse_qsl(query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise ConsentError(provider, ConsentFault.UNREADABLE) from None
    found = dict(pairs)
    # Two values of one parameter: what one reader checks, another one uses.
    if len(found) != len(pairs):
        raise ConsentError(provider, ConsentFault.UNREADABLE)
    return Answer(
        provider=provider,
        state=found.get(names.state, ""),
        code=found.get(names.code, ""),
        error=found.get(names.error, ""),
        description=found.get(names.description, ""),
        wants_code=bool(names.code),
    )


@frozen(kw_only=True)
class Accepted:
    """A consent that was given.

    Attributes:
        consent: As it was begun.
        code: What it is exchanged by; empty where the provider has none.
    """

    consent: Consent
    code: Secret


def accept(
    store: ConsentStore, answer: Answer, *, user: str, now: datetime
) -> Accepted:
    """Finish a consent, or say why not; its state is used up either way.

    The state is checked before all else: an error that anybody can write into a link is
    not shown to a user who asked for nothing.

    Args:
        store: Where it was kept.
        answer: What the redirect carries.
        user: Who came back, by the session or the process, never by the redirect.
        now: In UTC.

    Raises:
        ConsentError: With the reason.
    """
    if not answer.state:
        raise ConsentError(answer.provider, ConsentFault.NO_STATE)
    digest = _digest(answer.state)
    consent = store.take(digest)
    if fault := _fault_of(consent, digest, answer, user, now):
        raise ConsentError(answer.provider, fault)
    assert consent is not None
    if answer.error:
        said = readable(f"{answer.error} {answer.description}")
        raise ConsentError(answer.provider, ConsentFault.DENIED, said)
    if answer.wants_code and not answer.code:
        raise ConsentError(answer.provider, ConsentFault.NO_CODE)
    return Accepted(consent=consent, code=Secret(answer.code))


def _fault_of(
    consent: Consent | None, digest: bytes, answer: Answer, user: str, now: datetime
) -> ConsentFault | None:
    # Compared again, and in constant time: a store may look up in ways that are laxer
    # (a collation) or that tell by their time how far a guess was right.
    if consent is None or not hmac.compare_digest(consent.digest, digest):
        return ConsentFault.UNKNOWN_STATE
    if not hmac.compare_digest(consent.user.encode(), user.encode()):
        return ConsentFault.OTHER_USER
    if consent.provider != answer.provider:
        return ConsentFault.OTHER_PROVIDER
    return ConsentFault.EXPIRED if now >= consent.expires_at else None


def _digest(state: str) -> bytes:
    # What cannot be written as UTF-8 is hashed too; it is not ours, so it is not found.
    return sha256(state.encode(errors="surrogatepass")).digest()
