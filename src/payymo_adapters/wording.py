"""What strangers wrote, made fit to be shown, and names, made fit to be compared."""

import unicodedata

MOST_SHOWN = 300


def readable(said: str) -> str:
    r"""Take out what moves a terminal's cursor, and shorten what does not end.

    >>> readable("one\x1b[2Jtwo  three")
    'one [2Jtwo three'
    """
    shown = "".join(c if c.isprintable() else " " for c in said)
    shown = " ".join(shown.split())
    return shown if len(shown) <= MOST_SHOWN else f"{shown[: MOST_SHOWN - 3]}..."


def plain_name(name: str) -> str:
    r"""A person's name without what the eye does not see, to be compared.

    >>> plain_name(" Ada\u00a0 Lovelace\u200b") == plain_name("ada lovelace")
    True
    """
    written = unicodedata.normalize("NFKC", name).casefold()
    # Twice: what folds may fall apart, as some Greek letters do.
    seen = (c for c in unicodedata.normalize("NFKC", written) if _is_seen(c))
    return " ".join("".join(seen).split())


def _is_seen(sign: str) -> bool:
    """Whether a sign is a space or something with a shape."""
    return sign.isspace() or unicodedata.category(sign) not in ("Cf", "Cc")
