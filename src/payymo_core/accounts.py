"""Accounts as keys: an account is the same however it is written."""

from collections.abc import Sequence

import numpy as np

from payymo_core.keys import Keys
from payymo_core.sequences import totals
from payymo_core.spans import scan, wholes

_LEAST_DIGITS = 4
TAIL = 10
"""Digits of an account number that count: an IBAN ends with the national number."""


def text_keys(texts: Sequence[str]) -> Keys:
    """Key of the letters and digits of each text; 0 where it has none."""
    return account_keys(texts)[0]


def account_keys(texts: Sequence[str]) -> tuple[Keys, Keys]:
    """Of each text, the key of its letters and digits, and of the last of them.

    Both are 0 where it has none; the last are ``TAIL``, past leading zeros.
    """
    seen = scan(texts)
    whole = wholes(seen)
    keys, tails = np.zeros((2, len(texts)), np.uint64)
    text = seen.text[whole.first]
    keys[text] = seen.keys(whole)
    # "0" or "NOTPROVIDED" is nobody's account.
    digits = totals(np.where(seen.digits, seen.end - seen.bare, 0))
    told = digits[whole.last + 1] - digits[whole.first] >= _LEAST_DIGITS
    tails[text[told]] = seen.tail_keys(whole.where(told), TAIL)
    return keys, tails
