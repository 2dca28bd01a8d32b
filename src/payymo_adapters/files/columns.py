"""Which column of a CSV file holds what, by its header.

Headers are compared without case, accents, punctuation, brackets and trailing numbers.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from attrs import evolve, frozen

from payymo_adapters.errors import FieldError
from payymo_adapters.files.amounts import SIGNS, currency_of
from payymo_adapters.files.headers import Roles
from payymo_adapters.files.texts import one_line

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "œ": "oe"})
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
# Zahlungspflichtige*r, Begünstigte(r), Empfänger:in, Auftraggeber/-in.
_BOTH_GENDERS = re.compile(
    r"(?<=[a-zäöü])[*:(](?:in|(r))\)?(?!\w)|(?<=er)/-?in(?!\w)", re.IGNORECASE
)
_UMLAUT_AS_TWO = re.compile(r"(?<=[aou])e")
_WORD = re.compile(r"[^\W\d_]+|[^\w\s]")


# A file's headers are compared with every role's words, and its first rows are tried.
@lru_cache(maxsize=4096)
def fold(header: str) -> str:
    """Reduce a header to what is compared.

    >>> fold("Verwendungszweck 2"), fold("Betrag (EUR)"), fold("Bokført dato")
    ('verwendungszweck', 'betrag', 'bokfort dato')
    >>> fold("Zahlungspflichtige*r"), fold("Auftraggeber(in)")
    ('zahlungspflichtiger', 'auftraggeber')
    """
    plain = _BRACKETS.sub(" ", _BOTH_GENDERS.sub(r"\1", header))
    spread = unicodedata.normalize("NFKD", plain.casefold().translate(_LETTERS))
    letters = "".join(c if c.isalnum() else " " for c in spread if not _is_accent(c))
    return re.sub(r"[ 0-9]+$", "", " ".join(letters.split()))


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) != 0


def rank(header: str, words: tuple[str, ...]) -> int | None:
    """Place of a header in the list of a role, 0 the surest; None: it is not in it.

    >>> rank("Waehrung", ("currency", "wahrung")), rank("Text", ("currency",))
    (1, None)
    """
    return _ranks(words).get(_spelling(fold(header)))


@lru_cache
def _ranks(words: tuple[str, ...]) -> Mapping[str, int]:
    listed = [_spelling(word) for word in words]
    return {word: listed.index(word) for word in listed}


def _spelling(folded: str) -> str:
    """Write an umlaut spelt as two letters as the one that an accent leaves."""
    return _UMLAUT_AS_TWO.sub("", folded)


def currency_in(header: str) -> str:
    """Currency a header names, as ``Betrag (EUR)`` does; "" where it names none."""
    words = (word for word in _WORD.findall(header) if word.isupper() or word in SIGNS)
    found = {code for code in map(currency_of, words) if code}
    return found.pop() if len(found) == 1 else ""


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


JOINED = ("remittance",)
"""Roles that take the texts of several columns."""


def assign(headers: Sequence[str], roles: Roles) -> Columns:
    """Give each role its column: the surest header, no column twice.

    Columns that are equally good for a role are all given to it: what they hold tells
    whether they are one, to ``without_twins``.
    """
    places: dict[str, tuple[int, ...]] = {}
    taken: set[int] = set()
    for role, words in roles.items():
        ranked = [(rank(header, words), place) for place, header in enumerate(headers)]
        found = [(r, p) for r, p in ranked if r is not None and p not in taken]
        if not found:
            continue
        best = min(found)[0]
        wanted = [p for r, p in found if role in JOINED or r == best]
        places[role] = tuple(wanted)
        taken.update(wanted)
    return Columns(tuple(headers), places)


def without_twins(
    columns: Columns, roles: set[str], rows: Sequence[Sequence[str]]
) -> Columns:
    """Keep one of several columns for a role, where all of them hold the same.

    Args:
        columns: As assigned.
        roles: Those that want one column.
        rows: The cells of the whole file.

    Raises:
        FieldError: The columns of a role differ.
    """
    places = dict(columns.places)
    for role in roles & places.keys():
        first, *others = places[role]
        for other in others:
            if any(row[first : first + 1] != row[other : other + 1] for row in rows):
                both = " and ".join(
                    f"column {place + 1} ({columns.headers[place]!r})"
                    for place in (first, other)
                )
                msg = f"{both} are both called so, and differ"
                raise FieldError(msg, role)
        places[role] = (first,)
    return evolve(columns, places=places)
