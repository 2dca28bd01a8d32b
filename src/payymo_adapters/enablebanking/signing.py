"""The application's own token: a JWT by RS256, made here and never asked for."""

from datetime import datetime, timedelta

import jwt

from payymo_adapters.enablebanking.faults import NAME
from payymo_adapters.errors import UnauthorisedError
from payymo_adapters.http import Secret

LIFETIME = timedelta(hours=1)
"""A day is the most that is accepted; no flow takes an hour."""

_ISSUER, _AUDIENCE = "enablebanking.com", "api.enablebanking.com"


def application_token(
    application_id: str, private_key: Secret, now: datetime
) -> Secret:
    """Sign a token.

    Args:
        application_id: As the control panel shows it.
        private_key: RSA, in PEM.
        now: In UTC.

    Raises:
        UnauthorisedError: The key is none; it is not quoted.
    """
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    try:
        token = jwt.encode(
            claims, private_key.reveal(), "RS256", headers={"kid": application_id}
        )
    # The libraries below raise a dozen types for a key that is none, some of them
    # with pieces of it in their texts.
    except Exception:  # noqa: BLE001
        raise UnauthorisedError(
            NAME,
            "the private key is not an RSA key in PEM",
            advice="Give the file that was made when the application was registered",
        ) from None
    return Secret(token)
