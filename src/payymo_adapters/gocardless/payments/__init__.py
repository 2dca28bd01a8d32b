"""GoCardless Payments: what payouts carry, and the events that tell of them."""

from payymo_adapters.gocardless.payments.flows import Payments

__all__ = ["Payments"]
