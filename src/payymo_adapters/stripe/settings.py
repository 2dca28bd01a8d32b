"""How Stripe is reached."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from attrs import field, frozen

from payymo_adapters.http import Secret
from payymo_adapters.http_rules import Site
from payymo_adapters.settings import address_fault, hidden, plain
from payymo_adapters.stripe.currencies import EXPONENTS, WHOLE_SHILLINGS
from payymo_adapters.stripe.failures import PROVIDER
from payymo_adapters.stripe.flows import API, CONNECT, Access
from payymo_adapters.stripe.retry import is_worth_repeating

_SHILLINGS = {"2": EXPONENTS, "0": WHOLE_SHILLINGS}


def _prefixed(prefix: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        return "" if text.startswith(prefix) else f"does not begin with {prefix}"

    return check


def _shillings_fault(text: str) -> str:
    return "" if text in _SHILLINGS else "is neither 2 nor 0"


def _site(origin: str) -> Site:
    return Site(provider=PROVIDER, origin=origin, again=is_worth_repeating)


@frozen(kw_only=True)
class StripeSettings:
    """How to reach Stripe.

    Attributes:
        key: The secret or restricted key, of the platform or of the account itself.
        account: The connected account; "" for the key's own.
        client_id: Of the platform; only for connecting.
        redirect: The registered redirect address, where it is not the listener's own;
            only for connecting.
        ugx_decimals: Of Ugandan shillings in Stripe's whole numbers.
        api: Where the interface is.
        connect: Where the consent page is.
    """

    SECTION: ClassVar[str] = "stripe"

    key: Secret = field(metadata=hidden("the secret key, as sk_live_..."))
    account: str = field(
        default="",
        metadata=plain("the connected account, as acct_...", _prefixed("acct_")),
    )
    client_id: str = field(
        default="",
        metadata=plain("the client id of the platform, as ca_...", _prefixed("ca_")),
    )
    redirect: str = field(
        default="", metadata=plain("the redirect address registered with Stripe")
    )
    ugx_decimals: str = field(
        default="2",
        metadata=plain("2, or 0 where shillings come whole", _shillings_fault),
    )
    api: str = field(
        default=API, metadata=plain("the address of the interface", address_fault)
    )
    connect: str = field(
        default=CONNECT,
        metadata=plain("the address of the consent page", address_fault),
    )

    @property
    def access(self) -> Access:
        """On whose behalf Stripe is asked."""
        return Access(key=self.key, account=self.account)

    @property
    def exponents(self) -> Mapping[str, int]:
        """Decimals of a currency in Stripe's whole numbers."""
        return _SHILLINGS[self.ugx_decimals]

    @property
    def api_site(self) -> Site:
        """Where all but connecting goes."""
        return _site(self.api)

    @property
    def connect_site(self) -> Site:
        """Where connecting goes."""
        return _site(self.connect)
