"""Text made comparable, once per record: folded to upper-case ASCII."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# Letters that NFKD does not take apart, as the customs of their languages write them.
_PLAIN = str.maketrans(
    {
        "ß": "SS", "ẞ": "SS", "ø": "O", "Ø": "O", "đ": "D", "Đ": "D", "ł": "L",
        "Ł": "L", "æ": "AE", "Æ": "AE", "œ": "OE", "Œ": "OE", "þ": "TH", "Þ": "TH",
        "ð": "D", "Ð": "D", "\u0131": "I", "№": "NO",
    }
)  # fmt: skip

# What is left of a Latin letter after NFKD: itself and its marks.
_NOT_LATIN = re.compile("[^\x00-\x7f\u0300-\u036f]")


def fold(text: str) -> str:
    """Upper-case ASCII of the same meaning, digits and signs kept.

    A letter of another script becomes some Latin letters of its own, so that equal
    words stay equal and others differ; any other sign becomes a space.

    >>> fold("Müller & Søn, Łódź, ref. №7")
    'MULLER & SON, LODZ, REF. NO7'
    """
    if text.isascii():
        return text.upper()
    apart = unicodedata.normalize("NFKD", text)
    if _NOT_LATIN.search(apart):
        apart = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    if not _NOT_LATIN.search(apart):
        return apart.encode("ascii", "ignore").decode("ascii").upper()
    return "".join(map(_fold_character, apart)).upper()


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.combining(character):
        return ""
    if character.isdigit():
        return str(unicodedata.digit(character))
    if character.isalpha():
        # Its number in letters: no two characters become the same ones.
        code, letters = ord(character.upper()[0]), ""
        while code:
            code, letter = divmod(code, 26)
            letters += chr(ord("A") + letter)
        return letters
    return " "


def fold_column(texts: Sequence[str]) -> bytes:
    r"""One folded line a text, joined by newlines.

    >>> fold_column(["a\nb", "é"])
    b'A B\nE'
    """
    joined = "\n".join(texts)
    if not joined.isascii():
        texts = [text if text.isascii() else fold(text) for text in texts]
        joined = "\n".join(texts)
    if joined.count("\n") != max(len(texts) - 1, 0):
        joined = "\n".join([text.replace("\n", " ") for text in texts])
    return joined.encode("ascii").upper()


EMPTY_WORDS = frozenset(
    [
        "AB",
        "AG",
        "AS",
        "ASA",
        "APS",
        "BV",
        "BVBA",
        "CIE",
        "CO",
        "COMPANY",
        "CORP",
        "CORPORATION",
        "CV",
        "DOO",
        "EG",
        "EIRL",
        "EK",
        "EURL",
        "EV",
        "GBR",
        "GMBH",
        "HAFTUNGSBESCHRANKT",
        "HANDELSBOLAG",
        "HB",
        "INC",
        "INCORPORATED",
        "KFT",
        "KG",
        "KGAA",
        "KK",
        "KS",
        "LDA",
        "LIMITED",
        "LLC",
        "LLP",
        "LP",
        "LTD",
        "LTDA",
        "MBH",
        "NV",
        "OHG",
        "OY",
        "OYJ",
        "PLC",
        "PTE",
        "PTY",
        "SA",
        "SARL",
        "SAS",
        "SASU",
        "SE",
        "SICAV",
        "SL",
        "SLU",
        "SNC",
        "SPA",
        "SPK",
        "SRL",
        "SRO",
        "STIFTUNG",
        "UG",
        "ZOO",
        "DR",
        "FRAU",
        "HERR",
        "HERRN",
        "ING",
        "MADAME",
        "MISS",
        "MONSIEUR",
        "MR",
        "MRS",
        "MS",
        "PROF",
        "SENOR",
        "SENORA",
        "SIG",
        "AND",
        "ET",
        "I",
        "OCH",
        "OG",
        "UND",
        "Y",
        "THE",
    ]
)
"""Legal forms and forms of address: they say nothing of who it is."""
_WORD = re.compile("[A-Z0-9]+")
# Abbreviations written with dots: "G.m.b.H.", "S.A.", "s.r.o."
# A blank, never any white space: a newline parts two names.
# The dot stands first in the pattern: it is searched for fast.
_DOTTED = re.compile(rb"\.(?<=\b[A-Z]\.) ?(?=[A-Z]\b)")
_WORDS_ONLY = bytes.maketrans(
    bytes(range(256)),
    bytes(c if (chr(c).isalnum() and c < 128) or c == 10 else 32 for c in range(256)),
)


def name_letters(names: Sequence[str]) -> bytes:
    r"""The words of each name, a line each.

    "ae", "oe" and "ue" count as the umlaut that they may stand for.

    >>> name_letters(["Mueller, Hans", "O'Neil S.A."])
    b'MULLER  HANS\nONEIL SA '
    """
    plain = _DOTTED.sub(b"", fold_column(names).replace(b"'", b""))
    for vowel in (b"A", b"O", b"U"):
        plain = plain.replace(vowel + b"E", vowel)
    return plain.translate(_WORDS_ONLY)


def name_sequences(names: Sequence[str]) -> list[list[str]]:
    """The words of each name that tell who it is, in the order in which they stand.

    >>> name_sequences(["Mueller, Hans", "O'Neil S.A.", "B A", "AB"])
    [['MULLER', 'HANS'], ['ONEIL'], ['B', 'A'], []]
    """
    if not names:
        return []
    return [
        [word for word in line.split() if word not in EMPTY_WORDS]
        for line in name_letters(names).decode("ascii").split("\n")
    ]


def name_words(sequence: Sequence[str]) -> str:
    """The words of a name, each once, sorted and joined by spaces.

    >>> name_words(["MULLER", "HANS"])
    'HANS MULLER'
    """
    return " ".join(sorted(set(sequence)))


def compact(text: str) -> str:
    """Letters and digits only, folded.

    >>> compact(" rf18 5390-0754 7034 ")
    'RF18539007547034'
    """
    if text.isascii() and text.isalnum():
        return text.upper()
    return "".join(_WORD.findall(fold(text)))
