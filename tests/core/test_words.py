"""The words of a column of names, against each name read by itself."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from payymo_core.normalisation import name_sequences, name_words
from payymo_core.words import Words
from tests import strategies

NAMES = st.lists(
    strategies.ANY_TEXT
    | st.lists(st.sampled_from(["Berg", "ab", "GmbH", "17", "B.", "Aa"])).map(" ".join),
    max_size=6,
)


@given(NAMES)
@example([])
@example(["", "GmbH", "", "Berg Berg"])
def test_each_name_has_the_words_that_it_has_alone(names):
    words = Words.of(names)
    assert words.texts() == list(map(" ".join, name_sequences(names)))
    assert words.in_order().texts() == list(map(name_words, name_sequences(names)))
    assert words.distinct == sorted(set(" ".join(words.texts()).split()))


@given(NAMES, st.data())
def test_of_chosen_names_the_words_are_left(names, data):
    keep = data.draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    some = Words.of(names).where(np.array(keep, np.bool_))
    alone = zip(keep, Words.of(names).texts(), strict=True)
    assert some.texts() == [text if kept else "" for kept, text in alone]
    assert some.said.tolist() == [len(text.split()) for text in some.texts()]


def test_a_line_ends_each_name():
    assert Words.of(["Nord, Anna", "AG", "Lund"]).lines() == "NORD ANNA \n \n LUND \n"
