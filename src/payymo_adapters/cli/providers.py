"""Whom ``connect`` and ``fetch`` know; a provider is a row of the table here."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from attrs import frozen

from payymo_adapters.cli.stripe import stripe_connector, stripe_fetcher
from payymo_adapters.cli.tasks import Connector, Fetcher


@frozen(kw_only=True)
class Provider:
    """What a provider can do; both take the settings file, where there is one.

    Attributes:
        connector: Opens what connects an account.
        fetcher: Opens what fetches transactions.
    """

    connector: Callable[[Path | None], AbstractContextManager[Connector]]
    fetcher: Callable[[Path | None], AbstractContextManager[Fetcher]]


PROVIDERS: Mapping[str, Provider] = {
    "stripe": Provider(connector=stripe_connector, fetcher=stripe_fetcher),
}
