"""Accounts of ours that a provider is asked about: which, since when, how often."""

from datetime import date, timedelta

from attrs import frozen

BANKS = {"gocardless": "GoCardless", "enablebanking": "Enable Banking"}
"""What the settings call a provider of banks -> what a person does."""
BANK = "bank"
"""What the store calls each of them: an account stays the same with any of them."""
STRIPE = "stripe"
EVERY_HOURS = 6.0
"""The strictest banks allow four calls a day: they are spread over it."""


@frozen(kw_only=True)
class BankFeed:
    """An account at a bank, reached by a provider.

    Attributes:
        id: A short name; transactions are known by it and their own id.
        name: As a person knows it.
        provider: ``gocardless`` or ``enablebanking``.
        key: As ``payymo accounts`` lists it: its IBAN, where it has one.
        since: The first day that is read.
        every: How long after it was asked it is asked again.
    """

    id: str
    name: str
    provider: str
    key: str
    since: date
    every: timedelta = timedelta(hours=EVERY_HOURS)

    @property
    def connection(self) -> str:
        """What the store knows the way to it by."""
        return f"accounts/{self.id}"

    def own(self, name: str) -> str:
        """What the account itself calls a transaction that bears its key."""
        return name.removeprefix(f"{self.key}/")


@frozen(kw_only=True)
class StripeFeed:
    """An account at Stripe: the one of the settings' section.

    Attributes:
        id: A short name; transactions are known by it and their own id.
        name: As a person knows it.
        since: The first day that is read, of UTC.
    """

    id: str
    name: str
    since: date

    @property
    def connection(self) -> str:
        """What the store knows the way to it by."""
        return f"accounts/{self.id}"
