"""How Bank Account Data is reached."""

from typing import ClassVar

from attrs import field, frozen

from payymo_adapters.gocardless.faults import NAME, is_worth_asking_again
from payymo_adapters.gocardless.wire import ORIGIN
from payymo_adapters.http import Secret
from payymo_adapters.http_rules import Site
from payymo_adapters.settings import address_fault, hidden, plain


@frozen(kw_only=True)
class GoCardlessSettings:
    """How to reach Bank Account Data.

    Attributes:
        secret_id: Of the user secrets.
        secret_key: Likewise.
        redirect: Where the bank sends the user back to, where it is not the listener's
            own address; only for connecting.
        api: Where the interface is.
    """

    SECTION: ClassVar[str] = "gocardless"

    secret_id: Secret = field(metadata=hidden("the id of the user secrets"))
    secret_key: Secret = field(metadata=hidden("the key of the user secrets"))
    redirect: str = field(
        default="", metadata=plain("where the bank sends the user back to")
    )
    api: str = field(
        default=ORIGIN, metadata=plain("the address of the interface", address_fault)
    )

    @property
    def site(self) -> Site:
        """Where requests go."""
        return Site(provider=NAME, origin=self.api, again=is_worth_asking_again)
