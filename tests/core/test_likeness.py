"""How alike names are, told of many pairs at once and of each pair alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.likeness import InCommon, cut_short

WORDS = ["A", "ANNA", "AN", "BERG", "BERGER", "17", "18", "B2", "W", "LUND"]
NAMES = st.sets(st.sampled_from(WORDS), min_size=1).map(lambda w: " ".join(sorted(w)))


def exact(words: set[str]) -> set[str]:
    return {word for word in words if len(word) == 1 or not word.isalpha()}


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1))
def test_many_pairs_tell_what_each_tells_alone(pairs):
    texts = [text for pair in pairs for text in pair]
    one = np.arange(0, len(texts), 2)
    common = InCommon.of(texts, one, one + 1)
    taken = [(set(mine.split()), set(yours.split())) for mine, yours in pairs]
    assert common.within().tolist() == [m <= y or y <= m for m, y in taken]
    slips = [(exact(mine), exact(yours)) for mine, yours in taken]
    assert common.may_be_slips().tolist() == [
        not (mine and yours and mine != yours) for mine, yours in slips
    ]
    assert common.may_be_cut().tolist() == [
        {word[0] for word in mine - yours} <= {word[0] for word in yours}
        for mine, yours in taken
    ]


@given(NAMES, NAMES)
def test_what_is_cut_short_begins_as_the_other_does(one, other):
    pair = InCommon.of([one, other], np.array([0]), np.array([1]))
    assert pair.may_be_cut()[0] or not cut_short(one, other)


def test_a_word_cut_short_stands_for_one_that_is_not_said():
    assert cut_short("S WALKER", "SARAH WALKER")
    assert not cut_short("S W WALKER", "SARAH WALKER")
    assert not cut_short("BERG BERGE", "BERG LUND")
