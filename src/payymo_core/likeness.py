"""How alike two names are: of many pairs at once, each name taken apart once.

``tests/core/test_likeness.py`` holds the naive twin.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from payymo_core.customers import initials_of
from payymo_core.keys import Floats, Ints, Mask, expand, located
from payymo_core.sequences import totals
from payymo_core.words import Words


@frozen(eq=False)
class InCommon:
    """The words that pairs of names share, of many pairs at once.

    Attributes:
        words: The words of all the names.
        one: The one name of each pair.
        other: The other.
        pair: A pair for each word of its one name.
        word: The word.
        held: Whether the other has it too.
    """

    words: Words
    one: Ints
    other: Ints
    pair: Ints
    word: Ints
    held: Mask

    @classmethod
    def of(cls, texts: Sequence[str], one: Ints, other: Ints) -> "InCommon":
        """Compare some of the texts, which are sorted words, with others."""
        words = Words.read("\n".join(texts).encode("ascii"), len(texts))
        start, width = totals(words.said), len(words.distinct)
        pair, at = expand(start[one], words.said[one])
        key = words.name * width + words.word  # in order, as the texts are
        wanted = other[pair] * width + words.word[at]
        _, held = located(key, wanted)
        return cls(words, one, other, pair, words.word[at], held)

    def within(self) -> Mask:
        """Whether one name has every word of the other."""
        both, mine, yours = self._shared(np.ones(len(self.words.distinct), np.bool_))
        return (both == mine) | (both == yours)

    def may_be_slips(self) -> Mask:
        """Whether they do not differ in what is never a slip: numbers and initials."""
        exact = [len(w) == 1 or not w.isalpha() for w in self.words.distinct]
        both, mine, yours = self._shared(np.array(exact, np.bool_))
        return (mine * yours == 0) | ((both == mine) & (both == yours))

    def may_be_cut(self) -> Mask:
        """Whether each word that the other lacks begins as one of its words does."""
        letter = np.int64(1) << initials_of(self.words.distinct) - ord("0")
        letters = np.zeros(self.words.names, np.int64)
        np.bitwise_or.at(letters, self.words.name, letter[self.words.word])
        lost = letters[self.other[self.pair]] & letter[self.word] == 0
        return np.bincount(self.pair, lost, len(self.one)) == 0

    def _shared(self, kind: Mask) -> tuple[Ints, Ints, Ints]:
        """How many words of a kind the names of each pair share, and each has."""
        each = np.bincount(self.words.name, kind[self.words.word], self.words.names)
        both = np.bincount(self.pair, self.held & kind[self.word], len(self.one))
        return both, each[self.one], each[self.other]


def cut_short(one: str, other: str) -> bool:
    """Whether each word of a name, given as sorted words, is or begins one of another.

    >>> cut_short("ROSSI TRAN", "ROSSI TRANSPORTS")
    True
    """
    mine, yours = one.split(), other.split()
    left = [word for word in yours if word not in mine]
    # "S. WALKER": what is not a whole word of the name begins one that is left.
    for word in mine:
        if word not in yours:
            begun = next((w for w in left if w.startswith(word)), None)
            if begun is None:
                return False
            left.remove(begun)
    return True


def similarity(one: Sequence[str], other: Sequence[str]) -> Floats:
    """Similarity in [0, 1], pair by pair; the only place that asks for one."""
    if not one:
        return np.zeros(0)
    # Imported here, when first used: it is a tenth of the package's import time.
    from rapidfuzz import fuzz, process  # noqa: PLC0415

    return process.cpdist(one, other, scorer=fuzz.ratio, workers=1) / 100
