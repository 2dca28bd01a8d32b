"""Enable Banking: the second way to bank accounts, behind the same port."""

from payymo_adapters.enablebanking.flows import EnableBanking

__all__ = ["EnableBanking"]
