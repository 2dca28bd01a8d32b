"""The words of a column of names: each distinct word is treated once.

``tests/core/test_words.py`` holds the naive twin.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from payymo_core.keys import Ints, Mask, sorted_unique
from payymo_core.normalisation import EMPTY_WORDS, name_letters
from payymo_core.sequences import begins

_NEWLINE, _SPACE = ord("\n"), ord(" ")


@frozen(eq=False)
class Words:
    """The words of names.

    Attributes:
        names: How many names there are.
        distinct: Every word once, in rising order.
        name: The name of each word that is said, rising.
        word: The place of each such word in the distinct ones.
    """

    names: int
    distinct: list[str]
    name: Ints
    word: Ints

    @classmethod
    def of(cls, names: Sequence[str]) -> "Words":
        """Words that tell who it is, in the order in which they stand."""
        return cls.read(name_letters(names), len(names))

    @classmethod
    def read(cls, lines: bytes, names: int) -> "Words":
        """Words of folded names, one a line, parted by spaces."""
        said = lines.decode("ascii").split()
        met: defaultdict[str, int] = defaultdict()
        met.default_factory = met.__len__
        seen = np.fromiter(map(met.__getitem__, said), np.int64, len(said))
        every = list(met)
        told = [n for n, word in enumerate(every) if word not in EMPTY_WORDS]
        told.sort(key=every.__getitem__)
        place = np.full(len(every), -1)
        place[told] = np.arange(len(told))
        word = place[seen]
        letters = np.frombuffer(lines, np.uint8)
        start = np.flatnonzero(begins(letters > _SPACE) & (letters > _SPACE))
        name = np.searchsorted(np.flatnonzero(letters == _NEWLINE), start)
        return cls(names, [every[n] for n in told], name[word >= 0], word[word >= 0])

    def in_order(self) -> "Words":
        """Each word of a name once, in rising order."""
        width = len(self.distinct) + 1
        pairs = sorted_unique(self.name * width + self.word)
        return Words(self.names, self.distinct, pairs // width, pairs % width)

    def lines(self) -> str:
        """The words of each name on a line of its own, parted by spaces."""
        # A line's end is one more word, after all others of its name.
        ends = np.searchsorted(self.name, np.arange(self.names), "right")
        said = np.insert(self.word, ends, len(self.distinct)).tolist()
        spelt = [*self.distinct, "\n"]
        return " ".join([spelt[word] for word in said])

    def texts(self) -> list[str]:
        """The words of each name, joined by spaces."""
        return [line.strip() for line in self.lines().split("\n")[: self.names]]

    @property
    def said(self) -> Ints:
        """How many words each name has."""
        return np.bincount(self.name, minlength=self.names)

    def where(self, keep: Mask) -> "Words":
        """The words of the names that a mask chooses; the others have none."""
        kept = keep[self.name]
        return Words(self.names, self.distinct, self.name[kept], self.word[kept])
