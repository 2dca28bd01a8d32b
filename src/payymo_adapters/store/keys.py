"""What a provider knows a posting by."""

import json
from hashlib import sha256

from attrs import frozen

from payymo_adapters.store.kinds import PostingKind


@frozen
class Owed:
    """What is posted.

    Attributes:
        transaction: Its id.
        invoice: Its id.
        amount: Minor units, signed as the invoice's outstanding was.
        currency: ISO 4217 code.
    """

    transaction: str
    invoice: str
    amount: int
    currency: str


def posting_key(tenant: str, number: int, kind: PostingKind, owed: Owed) -> str:
    """Name a posting: the same after a crash, never the same for two.

    >>> owed = Owed("main/t1", "4711", 11900, "EUR")
    >>> posting_key("acme", 1, PostingKind.PAYMENT, owed)
    'payymo-5f87ee34fae2c57a2749cc3c'
    """
    said = [
        *(tenant, number, kind, owed.transaction),
        *(owed.invoice, owed.amount, owed.currency),
    ]
    return "payymo-" + sha256(json.dumps(said).encode()).hexdigest()[:24]
