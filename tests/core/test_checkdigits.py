"""Check digits: examples, what they must notice, and naive twins."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from payymo_core.checkdigits import (
    Format,
    check_valid,
    compact,
    formats_of,
    is_valid,
    satisfied,
)
from payymo_core.noise import noise
from payymo_core.normalisation import fold, fold_column
from payymo_core.spans import scan
from payymo_core.structured import structured_spans
from tests import oracles, strategies
from tests.strategies import DIGITS

EXAMPLES = tomllib.loads(
    (Path(__file__).parent / "check_digits.toml").read_text("utf-8")
)
FORMATS = tuple(Format)


def examples(*kinds: str) -> list[tuple[Format, str]]:
    return [
        (form, text)
        for form in Format
        for kind in kinds
        for text in EXAMPLES[form][kind]
    ]


# --- examples -------------------------------------------------------------------------


def test_every_format_has_a_source_and_enough_examples():
    assert set(EXAMPLES) == set(Format)
    for held in EXAMPLES.values():
        assert held["source"]
        assert held["read"]
        assert len({*held["published"], *held["made"]}) >= 20
        assert len({*held["wrong"], *held["malformed"]}) >= 20


@pytest.mark.parametrize("form", Format)
def test_valid_references_satisfy_their_format(form):
    texts = EXAMPLES[form]["published"] + EXAMPLES[form]["made"]
    assert [text for text in texts if not is_valid(text, form)] == []


@pytest.mark.parametrize("form", Format)
def test_invalid_references_do_not(form):
    texts = EXAMPLES[form]["wrong"] + EXAMPLES[form]["malformed"]
    assert [text for text in texts if is_valid(text, form)] == []


def test_a_column_of_references_is_checked_as_each_of_them():
    texts = [text for _, text in examples("published", "malformed")]
    held = satisfied(texts)
    assert held.shape == (len(texts), len(Format))
    for text, row in zip(texts, held.tolist(), strict=True):
        expected = tuple(form for form in Format if is_valid(text, form))
        assert formats_of(text) == expected
        assert row == [form in expected for form in Format]


def test_no_references_satisfy_nothing():
    assert satisfied([]).shape == (0, len(Format))


def test_a_reference_too_long_to_be_one_is_not_cut_to_one():
    for form, text in examples("published", "made"):
        assert not is_valid(f"{compact(text, form)}{'0' * 40}", form)


def test_a_reference_of_a_ledger_is_written_in_other_ways_too():
    assert formats_of("rf18 5390-0754 7034") == (Format.RF,)
    assert formats_of("+++090／9337／55493+++") == (Format.OGM,)  # noqa: RUF001
    assert compact("#  1230 #", Format.OCR) == "1230"
    assert compact(">71< 000000000000018 +87654321<", Format.FIK_71).endswith("018")


# --- what a check digit notices -------------------------------------------------------


@given(strategies.strong_references(), st.data())
def test_one_changed_digit_is_always_noticed(reference, data):
    form, text = reference
    assert is_valid(text, form)
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from(DIGITS).filter(lambda d: d != text[place]))
    assert not is_valid(text[:place] + other + text[place + 1 :], form)


@given(strategies.strong_references(), st.data())
def test_one_digit_too_many_or_too_few_is_noticed_where_the_length_is_fixed(
    reference, data
):
    form, text = reference
    assume(form is not Format.RF)
    place = data.draw(st.integers(0, len(text) - 1))
    assert not is_valid(text[:place] + text[place + 1 :], form)
    assert not is_valid(text[:place] + data.draw(DIGIT) + text[place:], form)


DIGIT = st.sampled_from(DIGITS)


def swapped(text: str, place: int) -> str:
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


@given(strategies.strong_references(), st.data())
def test_two_digits_swapped_are_always_noticed_modulo_97(reference, data):
    form, text = reference
    assume(form is not Format.QRR)
    places = [
        place
        for place in range(len(text) - 1)
        if text[place : place + 2].isdigit() and text[place] != text[place + 1]
    ]
    assume(places)
    assert not is_valid(swapped(text, data.draw(st.sampled_from(places))), form)


@given(st.integers(0, 10**24 - 1).map(str), st.data())
@pytest.mark.parametrize(
    ("form", "noticed"),
    [
        (Format.KID_MOD10, lambda pair: pair != {0, 9}),
        (Format.OCR, lambda pair: pair != {0, 9}),
        (Format.VIITENUMERO, lambda pair: max(pair) - min(pair) != 5),
        (Format.KID_MOD11, len),
    ],
)
def test_two_digits_swapped_are_noticed_where_the_sum_can_tell_them(
    form, noticed, number, data
):
    body = number.zfill(3)[: 19 if form is Format.VIITENUMERO else 24]
    text = next(t for t in (f"{body}{d}" for d in f"{DIGITS}-") if is_valid(t, form))
    place = data.draw(st.integers(0, len(body) - 2))
    pair = {int(digit) for digit in text[place : place + 2]}
    assume(len(pair) > 1)
    assert is_valid(swapped(text, place), form) is not bool(noticed(pair))


@pytest.mark.parametrize("form", [f for f in Format if f != Format.SI])
def test_a_format_is_as_weak_as_it_says(form):
    """One in ten numbers is valid by chance, in eleven, in 97, in a hundred, in 970."""
    size = {Format.FIK_71: 15, Format.FIK_75: 16, Format.QRR: 27}.get(form, 12)
    front = "RF" if form in {Format.RF, Format.RF_FINNISH} else ""
    spread = (n * 1_000_003 for n in range(1, 40_000))
    numbers = [f"{front}{n:0{size}d}" for n in spread]
    share = check_valid(np.array(numbers, np.bytes_), form).mean()
    assert 1 / share == pytest.approx(
        {
            Format.RF: 97,
            Format.OGM: 100,
            Format.RF_FINNISH: 970,
            Format.KID_MOD11: 11,
            Format.OCR_LENGTH: 100,
        }.get(form, 10),
        rel=0.2,
    )


# --- twins ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", Format)
@given(st.data())
def test_a_column_is_checked_as_by_the_naive_twin(form, data):
    texts = data.draw(st.lists(strategies.compact_references(form), max_size=12))
    column = np.array([text.encode() for text in texts], "S30")
    assert check_valid(column, form).tolist() == [
        oracles.check_digits_hold(text, form) for text in texts
    ]


@given(st.integers(100, 10**19 - 1))
def test_every_number_has_exactly_one_check_digit(number):
    for form in (Format.VIITENUMERO, Format.KID_MOD10, Format.KID_MOD11, Format.OCR):
        ends = f"{DIGITS}-" if form is Format.KID_MOD11 else DIGITS
        assert sum(is_valid(f"{number}{end}", form) for end in ends) == 1


def found_in(texts: list[str]) -> list[tuple[int, str, str, bool]]:
    """Text, format, compact form and validity of what is found, noise left out."""
    seen = scan(texts)
    found = structured_spans(seen, noise(seen))
    return [
        (text, FORMATS[form].value, held.decode(), valid)
        for text, form, held, valid in zip(
            seen.text[found.spans.first].tolist(),
            found.format.tolist(),
            found.text.tolist(),
            found.valid.tolist(),
            strict=True,
        )
    ]


@given(st.lists(strategies.structured_texts(), max_size=4))
def test_structured_references_are_found_as_by_the_naive_twin(texts):
    seen = scan(texts)
    found = structured_spans(seen, np.zeros(len(seen.start), np.bool_))
    lines = np.r_[0, np.flatnonzero(seen.letters == ord("\n")) + 1]
    text = seen.text[found.spans.first]
    begin = seen.place[seen.start[found.spans.first]] - lines[text]
    end = seen.place[seen.end[found.spans.last] - 1] + 1 - lines[text]
    columns = (text, begin, end, found.format, found.text, found.valid)
    assert [
        (text, begin, end, FORMATS[form].value, held.decode(), valid)
        for text, begin, end, form, held, valid in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ] == [
        (place, *one)
        for place, line in enumerate(fold_column(texts).decode().split("\n"))
        for one in oracles.structured(line)
        if texts
    ]


# --- references in texts --------------------------------------------------------------

AROUND = [
    ("", ""),
    ("Invoice ", ""),
    ("", " thank you"),
    ("ref:", ", Anna Berg"),
    ("Rechnung vom 01.03.2026 ", " EUR 100,00"),
    ("(", ")"),
]


@pytest.mark.parametrize(("before", "after"), AROUND)
@pytest.mark.parametrize("form", [Format.RF, Format.OGM, Format.QRR])
def test_examples_are_found_among_words(form, before, after):
    texts = [
        text
        for text in EXAMPLES[form]["published"] + EXAMPLES[form]["made"]
        if len(compact(text, form)) >= 8
    ]
    assert found_in([f"{before}{text}{after}" for text in texts]) == [
        (place, form.value, compact(text, form), True)
        for place, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("text", "form", "held"),
    [
        ("+++090/9337/55494+++", Format.OGM, "090933755494"),
        ("***090933755439***", Format.OGM, "090933755439"),
        ("21 00000 00003 13947 14300 09071", Format.QRR, "210000000003139471430009071"),
        ("210000000003139471430009018", Format.QRR, "210000000003139471430009018"),
        ("RF18 5390 0754 7043", Format.RF, "RF18539007547043"),
        ("RF18539007547O34", Format.RF, "RF18539007547O34"),
        ("RF18 5390 0754 7043 12.05.2026", Format.RF, "RF18539007547043"),
    ],
)
def test_a_mistyped_reference_of_a_distinct_shape_is_told(text, form, held):
    assert found_in([f"Zahlung {text}"]) == [(0, form.value, held, False)]


@pytest.mark.parametrize(
    "text",
    [
        # Dates and times
        "Rechnung vom 01.03.2026",
        "2026-03-01T12:30:00",
        "202603010933 Kartenzahlung",  # valid modulo 97 but for being a time
        "260301091002",  # the same
        # Amounts
        "EUR 1.234.567,89",
        "***1.234,50",
        "+++ 123,45 +++",
        "123456789012,34",
        # Phone numbers, valid modulo 97 some of them
        "tel +49 30 1234567",
        "+320475120016",
        "Tel. 030 1234 56191",
        "+090933755493",
        # Accounts
        "BE68 5390 0754 7034",
        "BE68539007547034",
        "IBAN BE68 539007547034",
        "539-0075470-34",
        "CH93 0076 2011 6238 5295 7",
        "FR76 3000 6000 0112 3456 7890 189",
        "FR7630006000011234567890189",
        "DE89370400440532013000 COBADEFFXXX",
        # Numbers of invoices, customers, cards
        "RF2026",
        "RF72813",  # valid
        "RF20 MAX MUSTERMANN",
        "RF-2026-0042",
        "REF18539007547034",
        "INV-2026-004711 Kd 10012345",
        "4111 1111 1111 1111",
        "090933755494",
        "090933755493-1",
        "A090933755493",
        "090/9337/55494",
        "Beleg 12 12345 12345 12345 12345 1234",
        "000000000000",
        "+++000/0000/00000+++",
        "000000000000000000000000000",
        # References of the weak formats
        "12 34561",
        "18108401345678778",
        "036536-",
        "+71<004040400000669+12345678<",
        "SI12 1033842574531",
    ],
)
def test_ordinary_texts_are_left_alone(text):
    assert found_in([f"{text} danke", f"Zahlung {text}", text]) == []


@given(st.lists(strategies.ordinary_texts(), max_size=6))
def test_dates_amounts_phones_and_accounts_are_left_alone(texts):
    assert found_in(texts) == []


def test_twelve_digits_alone_are_a_reference_if_they_are_valid():
    assert [held for _, _, held, _ in found_in(["betaling 090933755493."])] == [
        "090933755493"
    ]


@pytest.mark.parametrize(
    ("digits", "why"),
    [
        ("191403011219", "1914-03-01 12:19"),
        ("201403011203", "2014-03-01 12:03"),
        ("260301120001", "26-03-01 12:00:01"),
        ("211303011257", ""),
        ("201513011223", ""),
        ("201300011246", ""),
        ("201503321226", ""),
        ("201503001227", ""),
        ("201403012415", ""),
        ("202803011290", ""),
        ("260301125960", ""),
    ],
)
def test_twelve_digits_that_can_be_a_time_are_one(digits, why):
    assert is_valid(digits, Format.OGM)
    assert bool(found_in([digits])) is not bool(why)


def test_what_stands_in_another_reference_is_none():
    """The digits of this RF reference are an OGM by themselves."""
    assert is_valid("539007547034", Format.OGM)
    assert found_in(["RF18 539007547034", "RF17 539007547034"]) == [
        (0, "rf", "RF18539007547034", True),
        (1, "rf", "RF17539007547034", False),
    ]


def test_a_valid_reference_ends_where_its_check_digits_say():
    assert found_in(["RF18 5390 0754 7034 2026 MAIL"]) == [
        (0, "rf", "RF18539007547034", True)
    ]


@given(st.lists(strategies.structured_texts(), max_size=5))
def test_texts_do_not_touch_one_another(texts):
    alone = [
        (place, *one[1:])
        for place, text in enumerate(texts)
        for one in found_in([text])
    ]
    assert found_in(texts) == alone


@given(strategies.strong_references(), st.data())
def test_one_changed_digit_is_never_found_as_valid(reference, data):
    form, text = reference
    assume(len(text) >= 8 and fold(text) == text)
    places = [n for n, sign in enumerate(text) if sign.isdigit()]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from(DIGITS).filter(lambda d: d != text[place]))
    changed = text[:place] + other + text[place + 1 :]
    framed = f"+++{changed}+++" if form is Format.OGM else changed
    assert found_in([f"x {framed} y"]) == [(0, form.value, changed, False)]
