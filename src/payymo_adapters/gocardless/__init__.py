"""GoCardless: bank accounts (Bank Account Data); payments are in ``payments``."""

from payymo_adapters.gocardless.flows import BankAccountData

__all__ = ["BankAccountData"]
