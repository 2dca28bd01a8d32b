"""Whom ``connect`` and ``fetch`` know; a provider is a row of the table here."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from attrs import frozen

from payymo_adapters.cli.banks import bank_connector, bank_fetcher
from payymo_adapters.cli.reaching import enable_banking, gocardless
from payymo_adapters.cli.stripe import stripe_connector, stripe_fetcher
from payymo_adapters.cli.tasks import Ask, Connector, Fetcher


@frozen(kw_only=True)
class Provider:
    """What a provider can do.

    Attributes:
        connector: Opens what connects an account.
        fetcher: Opens what fetches transactions; takes the settings file.
    """

    connector: Callable[[Ask], AbstractContextManager[Connector]]
    fetcher: Callable[[Path | None], AbstractContextManager[Fetcher]]


PROVIDERS: Mapping[str, Provider] = {
    "gocardless": Provider(
        connector=bank_connector(gocardless), fetcher=bank_fetcher(gocardless)
    ),
    "enablebanking": Provider(
        connector=bank_connector(enable_banking), fetcher=bank_fetcher(enable_banking)
    ),
    "stripe": Provider(connector=stripe_connector, fetcher=stripe_fetcher),
}
