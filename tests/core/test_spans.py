"""Atoms, runs and hashes against naive twins."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payymo_core.normalisation import fold, fold_column
from payymo_core.spans import Spans, runs, scan, wholes
from tests import oracles, strategies

TEXTS = st.lists(strategies.REMITTANCE, max_size=5)


def everything(texts: Sequence[str]) -> tuple[Spans, list[list[oracles.Atom]]]:
    """Every run of atoms of the texts, as spans and by the oracle's letters."""
    atoms = oracles.atoms(texts)
    through = [True] * len(atoms)
    pairs = sorted(oracles.runs(atoms, range(len(atoms)), through, 99, 999))
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Spans(table[:, 0], table[:, 1]), [atoms[a : b + 1] for a, b in pairs]


@given(TEXTS | st.lists(strategies.ANY_TEXT, max_size=3))
def test_texts_are_cut_into_the_same_atoms(texts):
    seen, atoms = scan(texts), oracles.atoms(texts)
    single = Spans(np.arange(len(atoms)), np.arange(len(atoms)))
    assert seen.text.tolist() == [atom.text for atom in atoms]
    assert seen.digits.tolist() == [atom.is_number for atom in atoms]
    assert seen.attached.tolist() == [atom.attached for atom in atoms]
    assert seen.compacts(single, 40).tolist() == [
        atom.letters[:40].encode() for atom in atoms
    ]


@given(TEXTS)
def test_two_spans_have_one_key_when_they_have_the_same_letters(texts):
    spans, held = everything(texts)
    seen = scan(texts)
    keys = seen.keys(spans).tolist()
    letters = [oracles.compact(run) for run in held]
    assert (
        len(set(keys)) == len(set(letters)) == len(set(zip(keys, letters, strict=True)))
    )


@given(TEXTS)
def test_leading_zeros_do_not_tell_two_numbers_apart(texts):
    spans, held = everything(texts)
    seen = scan(texts)
    keys = seen.number_keys(spans).tolist()
    numbers = [oracles.number(run) for run in held]
    assert (
        len(set(keys)) == len(set(numbers)) == len(set(zip(keys, numbers, strict=True)))
    )
    assert seen.number_length(spans).tolist() == list(map(len, numbers))


@given(st.lists(st.text("AB01- ", max_size=30), max_size=4))
def test_a_span_has_its_length_and_its_letters(texts):
    spans, held = everything(texts)
    seen = scan(texts)
    letters = [oracles.compact(run) for run in held]
    assert seen.length(spans).tolist() == list(map(len, letters))
    assert seen.compacts(spans, 8).tolist() == [one[:8].encode() for one in letters]


@given(TEXTS)
def test_a_span_goes_on_where_a_letter_follows_directly(texts):
    spans, _ = everything(texts)
    atoms = oracles.atoms(texts)
    assert scan(texts).goes_on(spans).tolist() == [
        last + 1 < len(atoms)
        and atoms[last + 1].attached
        and atoms[last + 1].text == atoms[last].text
        for last in spans.last.tolist()
    ]


@given(TEXTS, st.integers(1, 4), st.integers(1, 12), st.data())
def test_runs_are_every_run_within_the_bounds(texts, most_atoms, most_letters, data):
    atoms = oracles.atoms(texts)
    flags = st.lists(st.booleans(), min_size=len(atoms), max_size=len(atoms))
    starts = [n for n, flag in enumerate(data.draw(flags)) if flag]
    through = data.draw(flags)
    found = runs(
        scan(texts),
        np.array(starts, np.int64),
        np.array(through, np.bool_),
        most_atoms,
        most_letters,
    )
    pairs = list(zip(found.first.tolist(), found.last.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == oracles.runs(atoms, starts, through, most_atoms, most_letters)


@given(TEXTS)
def test_wholes_are_the_texts_with_anything_in_them(texts):
    seen = scan(texts)
    found = wholes(seen)
    folded = ["".join(c for c in fold(text) if c.isalnum()) for text in texts]
    assert seen.text[found.first].tolist() == [n for n, t in enumerate(folded) if t]
    assert seen.compacts(found, 99).tolist() == [t.encode() for t in folded if t]


def test_a_number_split_by_the_bank_has_the_key_of_the_whole():
    texts = ["2026 000123", "2026000123", "2026/00-0123"]
    seen = scan(texts)
    assert len(set(seen.keys(wholes(seen)).tolist())) == 1


def test_keys_do_not_depend_on_where_a_span_stands():
    """Prefix hashes are taken from blocks of powers: cross several of them."""
    filler = "x" * 5_000
    seen = scan([f"{filler} INV7", f"{filler * 3} INV7", "INV7"])
    atoms = np.flatnonzero(seen.digits)
    assert len(set(seen.keys(Spans(atoms - 1, atoms)).tolist())) == 1


@given(st.lists(strategies.ANY_TEXT, max_size=6))
def test_a_column_is_folded_as_each_of_its_texts(texts):
    lines = fold_column(texts).decode("ascii").split("\n")
    assert list(map(_blank, lines)) == [_blank(fold(text)) for text in texts or [""]]


def _blank(text: str) -> str:
    """Control characters are separators, whichever they are."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
