"""Bank providers for the commands: settings, a driver, what is known of accounts."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from payymo_adapters.banking import BankAccount, BankProvider
from payymo_adapters.budget import Allowance, Both, Budget
from payymo_adapters.cli.connections import (
    connected,
    installed,
    keep_secret,
    kept_secret,
    load_settings,
    state,
)
from payymo_adapters.gocardless import BankAccountData
from payymo_adapters.gocardless.flows import Held, Tokens
from payymo_adapters.gocardless.settings import GoCardlessSettings
from payymo_adapters.http import Secret
from payymo_adapters.state import State

if TYPE_CHECKING:
    from payymo_adapters.httpx_driver import HttpxDriver

_TOKENS = "gocardless.tokens"


@frozen(kw_only=True)
class Reached:
    """A bank provider, and what it is run with.

    Attributes:
        command: What the commands call it.
        provider: Behind the port.
        driver: Of its site; counts the calls.
        state: What is known from before.
        redirect: The registered address; "" for the listener's own.
    """

    command: str
    provider: BankProvider
    driver: "HttpxDriver"
    state: State
    redirect: str


Reach = Callable[[Path | None], AbstractContextManager[Reached]]


@contextmanager
def gocardless(path: Path | None, also: Budget | None = None) -> Iterator[Reached]:
    """Open Bank Account Data.

    Args:
        path: The settings file.
        also: What counts the calls as well.

    Raises:
        SettingsError: A setting is missing or wrong.
    """
    settings = load_settings(GoCardlessSettings, path)
    tokens = _tokens(settings)
    provider = BankAccountData(
        secret_id=settings.secret_id, secret_key=settings.secret_key, tokens=tokens
    )
    known = state()
    with connected(settings.site, _budget(known, also)) as driver:
        try:
            yield Reached(
                command=settings.SECTION,
                provider=provider,
                driver=driver,
                state=known,
                redirect=settings.redirect,
            )
        finally:
            _keep(settings, tokens)


@contextmanager
def enable_banking(path: Path | None, also: Budget | None = None) -> Iterator[Reached]:
    """Open Enable Banking.

    Args:
        path: The settings file.
        also: What counts the calls as well.

    Raises:
        SettingsError: A setting is missing or wrong.
    """
    with installed():
        from payymo_adapters.enablebanking import EnableBanking  # noqa: PLC0415
        from payymo_adapters.enablebanking.settings import (  # noqa: PLC0415
            EnableBankingSettings,
        )
    settings = load_settings(EnableBankingSettings, path)
    provider = EnableBanking(
        application_id=settings.application,
        private_key=settings.key,
        psu_type=settings.psu_type,
    )
    known = state()
    with connected(settings.site, _budget(known, also)) as driver:
        yield Reached(
            command=settings.SECTION,
            provider=provider,
            driver=driver,
            state=known,
            redirect=settings.redirect,
        )


def allowance(known: State, account: BankAccount, now: datetime) -> Allowance:
    """How often the transactions of an account can still be asked for today."""
    return known.budget.allowance(f"{account.id}/transactions", now)


def _budget(known: State, also: Budget | None) -> Budget:
    return known.budget if also is None else Both(known.budget, also)


def _tokens(settings: GoCardlessSettings) -> Tokens:
    """Those of last time, where there is a keyring and they are of the same secrets."""
    try:
        row = json.loads(kept_secret(_TOKENS) or "{}")
        if row.get("of") != _mark(settings):
            return Tokens()
        return Tokens(access=_held(row["access"]), refresh=_held(row["refresh"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Tokens()


def _held(row: tuple[str, str]) -> Held:
    value, until = row
    return Held(Secret(value), datetime.fromisoformat(until))


def _keep(settings: GoCardlessSettings, tokens: Tokens) -> None:
    if not (tokens.access and tokens.refresh):
        return
    pairs = {"access": tokens.access, "refresh": tokens.refresh}
    row = {name: (h.value.reveal(), h.until.isoformat()) for name, h in pairs.items()}
    keep_secret(_TOKENS, json.dumps({"of": _mark(settings), **row}))


def _mark(settings: GoCardlessSettings) -> str:
    return sha256(settings.secret_id.reveal().encode()).hexdigest()[:16]
