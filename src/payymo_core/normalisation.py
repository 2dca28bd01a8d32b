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
        "ð": "D", "Ð": "D", "ı": "I", "№": "NO",
    }
)  # fmt: skip

_BREAKS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def fold(text: str) -> str:
    """Upper-case ASCII of the same meaning, digits and signs kept.

    A letter of another script becomes some Latin letter, always the same one, so that
    equal words stay equal; any other sign becomes a space.

    >>> fold("Müller & Søn, Łódź, ref. №7")
    'MULLER & SON, LODZ, REF. NO7'
    """
    if text.isascii():
        return text.upper()
    return "".join(
        map(_fold_character, unicodedata.normalize("NFKD", text.translate(_PLAIN)))
    ).upper()


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.combining(character):
        return ""
    if character.isdigit():
        return str(unicodedata.digit(character))
    if character.isalpha():
        return chr(ord("A") + ord(character.upper()[0]) % 26)
    return " "


def fold_column(texts: Sequence[str]) -> bytes:
    r"""One folded line a text, joined by newlines.

    >>> fold_column(["a\nb", "é"])
    b'A B\nE'
    """
    joined = "\n".join(texts)
    if not joined.isascii() or _has_breaks(joined, len(texts)):
        joined = "\n".join(fold(_BREAKS.sub(" ", text)) for text in texts)
    return joined.encode("ascii").upper()


def _has_breaks(joined: str, lines: int) -> bool:
    return joined.count("\n") != max(lines - 1, 0) or "\r" in joined


# Legal forms and forms of address: they say nothing of who it is.
_EMPTY_WORDS = frozenset(
    """
    AB AG AS ASA APS BV BVBA CIE CO COMPANY CORP CORPORATION CV DOO EG EIRL EK EURL EV
    GBR GMBH HANDELSBOLAG HB INC INCORPORATED KFT KG KGAA KS LDA LIMITED LLC LLP LP LTD
    LTDA MBH NV OHG OY OYJ PLC PTE PTY SA SARL SAS SASU SE SICAV SL SLU SNC SPA SPK SRL
    SRO STIFTUNG UG ZOO
    DR FRAU HERR HERRN ING MADAME MISS MONSIEUR MR MRS MS PROF SENOR SENORA SIG
    AND ET I OCH OG UND Y THE
    """.split()
)
_WORD = re.compile("[A-Z0-9]+")
_DIGRAPHS = re.compile("([AOU])E")
# Abbreviations written with dots: "G.m.b.H.", "S.A.", "s.r.o."
_DOTTED = re.compile(r"\b([A-Z])\.\s?(?=[A-Z]\b)")


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name that tell who it is, sorted.

    "ae", "oe" and "ue" count as the umlaut that they may stand for. A name of nothing
    but legal forms has no words.

    >>> name_words("Mueller, Hans"), name_words("Hans Müller"), name_words("AB")
    (('HANS', 'MULLER'), ('HANS', 'MULLER'), ())
    """
    return tuple(sorted(set(name_sequence(name))))


def name_sequence(name: str) -> list[str]:
    """The words of ``name_words``, in the order in which they stand."""
    plain = _DOTTED.sub(r"\1", fold(name).replace("'", ""))
    words = _WORD.findall(_DIGRAPHS.sub(r"\1", plain))
    return [word for word in words if word not in _EMPTY_WORDS]


def compact(text: str) -> str:
    """Letters and digits only, folded.

    >>> compact(" rf18 5390-0754 7034 ")
    'RF18539007547034'
    """
    return "".join(_WORD.findall(fold(text)))
