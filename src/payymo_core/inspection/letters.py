"""Many texts folded at once."""

from collections.abc import Sequence

from payymo_core.normalisation import fold_column

_SIGNS = bytes(
    sign for sign in range(256) if not (chr(sign).isalnum() and sign < 128)
).replace(b"\n", b"")


def folded(texts: Sequence[str]) -> list[str]:
    r"""Give each text in upper-case ASCII, on one line.

    >>> folded(["é", "a\nb"])
    ['E', 'A B']
    """
    return fold_column(texts).decode("ascii").split("\n") if texts else []


def compacted(texts: Sequence[str]) -> list[str]:
    """Give letters and digits of each text, folded: ``compact`` of a whole column.

    >>> compacted(["INV-7", "n° 8"])
    ['INV7', 'N8']
    """
    bare = fold_column(texts).translate(None, _SIGNS)
    return bare.decode("ascii").split("\n") if texts else []
