"""Which column of a CSV file holds what, by its header.

Headers are compared without case, accents, punctuation, brackets and trailing numbers.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from attrs import frozen

from payymo_adapters.errors import FieldError
from payymo_adapters.files.headers import Roles
from payymo_adapters.files.texts import one_line
from payymo_core.money import EXPONENTS

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "œ": "oe"})
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_CODE = re.compile(r"\b[A-Z]{3}\b")


def fold(header: str) -> str:
    """Reduce a header to what is compared.

    >>> fold("Verwendungszweck 2"), fold("Betrag (EUR)"), fold("Bokført dato")
    ('verwendungszweck', 'betrag', 'bokfort dato')
    """
    bare = _BRACKETS.sub(" ", header).casefold().translate(_LETTERS)
    spread = unicodedata.normalize("NFKD", bare)
    letters = "".join(c if c.isalnum() else " " for c in spread if not _is_accent(c))
    return re.sub(r"[ 0-9]+$", "", " ".join(letters.split()))


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) != 0


def currency_in(header: str) -> str:
    """Currency a header names, as ``Betrag (EUR)`` does; "" where it names none."""
    found = [code for code in _CODE.findall(header) if code in EXPONENTS]
    return found[0] if len(found) == 1 else ""


@frozen
class Columns:
    """Where each role stands.

    Attributes:
        headers: The header row.
        places: Role -> columns, from 0; several where a text is spread over them.
    """

    headers: tuple[str, ...]
    places: Mapping[str, tuple[int, ...]]

    def cells(self, role: str, row: Sequence[str]) -> str:
        """Text of a role in a row, the columns joined by a space; "" for none."""
        found = (
            one_line(row[place])
            for place in self.places.get(role, ())
            if place < len(row)
        )
        return " ".join(cell for cell in found if cell)


_JOINED = ("remittance",)


def assign(headers: Sequence[str], roles: Roles) -> Columns:
    """Give each role its column: the surest header, no column twice.

    Raises:
        FieldError: Two columns are equally good for one role.
    """
    folded = [fold(header) for header in headers]
    places: dict[str, tuple[int, ...]] = {}
    taken: set[int] = set()
    for role, words in roles.items():
        found = sorted(
            (words.index(header), place)
            for place, header in enumerate(folded)
            if header in words and place not in taken
        )
        if not found:
            continue
        if role not in _JOINED:
            _refuse_rivals(role, found, headers)
            found = found[:1]
        places[role] = tuple(sorted(place for _, place in found))
        taken.update(places[role])
    return Columns(tuple(headers), places)


def _refuse_rivals(
    role: str, found: Sequence[tuple[int, int]], headers: Sequence[str]
) -> None:
    best = [place for rank, place in found if rank == found[0][0]]
    if len(best) > 1:
        shown = " and ".join(
            f"column {place + 1} ({headers[place]!r})" for place in best
        )
        msg = f"{shown} are both called so"
        raise FieldError(msg, role)
