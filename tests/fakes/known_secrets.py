"""What the fakes let in, and hand out: no test may see it said."""

from tests.fakes import banks, receivers, whmcs
from tests.fakes.stripe import OWNERS, FakeStripe

KNOWN_SECRETS = (
    *banks.SECRETS,
    whmcs.IDENTIFIER,
    whmcs.SECRET,
    whmcs.ACCESS_KEY,
    receivers.SECRET,
    FakeStripe().key,
    *OWNERS,
)
