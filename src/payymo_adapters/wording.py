"""What strangers wrote, made fit to be shown."""

MOST_SHOWN = 300


def readable(said: str) -> str:
    r"""Take out what moves a terminal's cursor, and shorten what does not end.

    >>> readable("one\x1b[2Jtwo  three")
    'one [2Jtwo three'
    """
    shown = "".join(c if c.isprintable() else " " for c in said)
    shown = " ".join(shown.split())
    return shown if len(shown) <= MOST_SHOWN else f"{shown[: MOST_SHOWN - 3]}..."
