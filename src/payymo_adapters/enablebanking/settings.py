"""How Enable Banking is reached."""

from typing import ClassVar

from attrs import field, frozen

from payymo_adapters.enablebanking.faults import NAME, is_worth_asking_again
from payymo_adapters.enablebanking.wire import ORIGIN
from payymo_adapters.http import Secret
from payymo_adapters.http_rules import Site
from payymo_adapters.settings import address_fault, hidden, plain

_DOORS = ("business", "personal")


def _door_fault(text: str) -> str:
    return "" if text in _DOORS else f"is neither {' nor '.join(_DOORS)}"


@frozen(kw_only=True)
class EnableBankingSettings:
    """How to reach Enable Banking.

    Attributes:
        application: Id of the application.
        key: Its private key.
        psu_type: Which of a bank's doors users go to.
        redirect: The registered redirect address, where it is not the listener's own;
            only for connecting.
        api: Where the interface is.
    """

    SECTION: ClassVar[str] = "enablebanking"

    application: str = field(metadata=plain("the id of the application"))
    key: Secret = field(metadata=hidden("the private key of the application, in PEM"))
    psu_type: str = field(
        default="business", metadata=plain("business or personal", _door_fault)
    )
    redirect: str = field(
        default="", metadata=plain("the redirect address of the application")
    )
    api: str = field(
        default=ORIGIN, metadata=plain("the address of the interface", address_fault)
    )

    @property
    def site(self) -> Site:
        """Where requests go."""
        return Site(provider=NAME, origin=self.api, again=is_worth_asking_again)
