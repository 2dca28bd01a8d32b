"""Numbers, purchase orders and structured references, as issuers make them."""

from collections.abc import Callable
from datetime import date

from stdnum.be import ogm_vcs
from stdnum.ch import esr
from stdnum.iso7064 import mod_97_10

from benchmarks.world.dice import Dice

Numbering = Callable[[int, date], str]
"""Serial and issue date to number."""

BUSINESS_NUMBERINGS: tuple[Numbering, ...] = (
    lambda serial, day: f"INV-{day.year}-{serial:06d}",
    lambda serial, day: f"RE{day.year}/{serial:05d}",
    lambda serial, day: f"{day.year}-{serial:05d}",
    lambda serial, day: f"F{day.year % 100}/{serial:05d}",
    lambda serial, day: f"SI{day.year % 100}-{serial:06d}",
)
"""One of them is a world's own; the serial is dense and starts anywhere."""

# Without the letters and digits that are read for one another.
_CODE_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_CODE_DIGITS = "23456789"


def client_code(dice: Dice, place: int) -> str:
    """An agency's code of a client; ``place`` makes it unlike any other's."""
    letter, place = place % 23, place // 23
    digit, place = place % 8, place // 8
    tail, place = place % 23, place // 23
    shape = (_CODE_LETTERS[letter], _CODE_DIGITS[digit], _CODE_LETTERS[tail])
    code = (
        "".join(shape) if dice.chance(0.5) else "".join((shape[0], shape[2], shape[1]))
    )
    return code + (str(place) if place else "")


def purchase_order(dice: Dice) -> str:
    """A customer's order number, as large buyers print it."""
    if dice.chance(0.6):
        return f"PO{dice.digits(6)}"
    return f"45{dice.digits(8)}"


def structured_reference(country: str, serial: int) -> str:
    """A reference with check digits: OGM/VCS, QRR, viitenumero or ISO 11649.

    >>> structured_reference("DE", 4711), structured_reference("FI", 4711)
    ('RF9900004711', '000047114')
    """
    if country == "BE":
        body = f"{serial:010d}"
        return ogm_vcs.format(body + ogm_vcs.calc_check_digits(body))
    if country == "CH":
        body = f"21{serial:024d}"
        return body + esr.calc_check_digit(body)
    if country == "FI":
        body = f"{serial:08d}"
        return body + _viite_check(body)
    body = f"{serial:08d}"
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"


def _viite_check(body: str) -> str:
    # Finanssiala, "Viitenumero": weights 7, 3, 1 from the right, up to the next ten.
    total = sum(
        int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(body))
    )
    return str(-total % 10)
