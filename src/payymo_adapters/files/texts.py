"""Text files: their encoding, and white space in what they say."""

import codecs
from os import PathLike
from pathlib import Path
from typing import TextIO

from attrs import frozen

# A file that begins with one of these says itself what it is.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AT_ONCE = 65_536


@frozen
class Text:
    """A file's text.

    Attributes:
        content: The text, every line end a line feed.
        encoding: The encoding it was read in.
    """

    content: str
    encoding: str


def decode(data: bytes) -> Text:
    r"""Read bytes as UTF-8 or UTF-16 where they are, else as Western European.

    Every byte means something in Latin-1, so the last resort cannot fail; at worst a
    letter of a name is another one. Digits and punctuation are the same in all.

    >>> decode(b"M\xc3\xbcller")
    Text(content='Müller', encoding='utf-8')
    >>> decode(b"M\xfcller \x80 5")
    Text(content='Müller € 5', encoding='cp1252')
    """
    marked = [name for mark, name in _MARKS if data.startswith(mark)]
    for encoding in (*marked, "utf-8", "cp1252"):
        try:
            content = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return Text(_lines(content), encoding)
    return Text(_lines(data.decode("latin-1")), "latin-1")


def open_text(path: str | PathLike[str]) -> TextIO:
    """Open a file of any size in the encoding that ``decode`` finds it to be in.

    Every line of it ends with a line feed.
    """
    with Path(path).open("rb") as stream:
        start = stream.read(4)
    marked = [name for mark, name in _MARKS if start.startswith(mark)]
    for encoding in (*marked, "utf-8", "cp1252"):
        with Path(path).open(encoding=encoding) as text:
            try:
                while text.read(_AT_ONCE):
                    pass
            except UnicodeDecodeError:
                continue
        return Path(path).open(encoding=encoding)
    return Path(path).open(encoding="latin-1")


def _lines(content: str) -> str:
    return content.replace("\r\n", "\n").replace("\r", "\n")


def counted(number: int, thing: str) -> str:
    """Say how many there are of a thing.

    >>> counted(1, "record"), counted(1200, "record")
    ('1 record', '1,200 records')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def one_line(text: str) -> str:
    """Collapse white space, line breaks included.

    >>> one_line("  two  words ")
    'two words'
    """
    return " ".join(text.split())
