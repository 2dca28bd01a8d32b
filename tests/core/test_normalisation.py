"""Text made comparable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.normalisation import compact, fold, name_sequences, name_words
from tests import strategies


def words(name: str) -> str:
    (sequence,) = name_sequences([name])
    return name_words(sequence)


@given(strategies.ANY_TEXT)
def test_folded_text_is_ascii_without_small_letters_and_stays_so(text):
    folded = fold(text)
    assert folded.isascii()
    assert folded == folded.upper()
    assert fold(folded) == folded


@given(strategies.ANY_TEXT, strategies.ANY_TEXT)
def test_texts_are_folded_piece_by_piece(one, other):
    assert fold(f"{one} {other}") == f"{fold(one)} {fold(other)}"


@given(strategies.ANY_TEXT)
def test_case_never_matters(text):
    if text.isascii():
        assert fold(text.lower()) == fold(text.upper()) == fold(text)


@given(st.text(alphabet="abcdefgh 123", max_size=20))
def test_words_of_another_script_stay_equal_and_stay_words(text):
    greek = text.translate(str.maketrans("abcdefgh", "αβγδεζηθ"))
    of_letter = {letter: fold(sign) for letter, sign in zip(text, greek, strict=True)}
    assert len(set(of_letter.values())) == len(of_letter)
    assert len(fold(greek).split()) == len(text.split())
    assert fold(greek) == fold(greek.upper())


@given(strategies.ANY_TEXT)
def test_a_compact_text_has_its_letters_and_digits_in_order(text):
    assert compact(text) == "".join(sign for sign in fold(text) if sign.isalnum())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller, Hans", "HANS MUELLER"),
        ("Łódź Studio s.r.o.", "LODZ STUDIO SRO"),
        ("Bergwerk G.m.b.H.", "bergwerk gmbh"),
        ("Herr Dr. Jan Berg", "Jan Berg"),
        ("Søren Ærø", "SOREN AERO"),
        ("O'Brien & Sons Ltd", "OBRIEN SONS"),
        ("Nordwind Hosting AB", "NORDWIND   HOSTING"),
    ],
)
def test_names_of_one_person_have_one_set_of_words(one, other):
    assert words(one) == words(other) != ""


@given(st.lists(strategies.ANY_TEXT, max_size=4))
def test_names_never_run_into_one_another(names):
    together = name_sequences(names)
    assert together == [name_sequences([name])[0] for name in names]


@given(st.permutations(["Anna", "Berg", "Consulting", "2000"]))
def test_the_words_of_a_name_do_not_depend_on_their_order(parts):
    assert words(" ".join(parts)) == words("Anna Berg Consulting 2000")


@pytest.mark.parametrize("name", ["GmbH", "AB", "Ltd. & Co. KG", "", " ", "Dr. Herr"])
def test_a_name_of_nothing_but_legal_forms_has_no_words(name):
    assert words(name) == ""
