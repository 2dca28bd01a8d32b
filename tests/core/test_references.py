"""What a text names: found as a whole, in all its spellings, and never by accident."""

import string
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from payymo_core import Customer, Evidence, match
from payymo_core.noise import noise
from payymo_core.spans import scan
from tests.builders import bill, payment
from tests.oracles import within_one_edit

BERG = Customer(id="berg", name="Anna Berg", ibans=("DE89370400440532013000",))
LEVELS = {"exact", "joined", "digits", "look_alike", "one_edit", "truncated"}


def found(text: str | None, number: str, **further: Any) -> Evidence | None:
    """The row that says where a number stands in a text; None where it does not.

    Payer and amount agree, so that the pair is compared whatever the text says.
    """
    invoices = [bill("i1", "119.00 EUR", number, customer=BERG)]
    transactions = [payment("t1", "119.00 EUR", text, iban=BERG.ibans[0], **further)]
    rows = match(transactions, invoices)[0].evidence
    return next((row for row in rows if row.rule == "invoice number"), None)


def level(text: str | None, number: str, **further: Any) -> str | None:
    row = found(text, number, **further)
    return row.level if row else None


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("INV-2026-004711", "INV-2026-004711", "exact"),
        ("pays inv/2026/004711.", "INV-2026-004711", "exact"),
        ("INV 2026 004711", "INV-2026-004711", "exact"),
        ("INV 2026004711", "INV-2026-004711", "joined"),
        ("INV-2026-00 4711", "INV-2026-004711", "joined"),
        ("2026-004711", "INV-2026-004711", "digits"),
        ("bill 4711 of May", "INV-2026-004711", "digits"),
        ("INV-2026-47O1", "INV-2026-4701", "look_alike"),
        ("INV-2026-4I0S", "INV-2026-4105", "look_alike"),
        ("INV-2O26-47O1", "INV-2026-4701", "look_alike"),
        ("INV-2O26-4OO1", "INV-2026-4001", "look_alike"),
        ("INV-2026-004712", "INV-2026-004711", "one_edit"),
        ("INV-2026-00471 thanks", "INV-2026-004711", "one_edit"),
        ("INV-2026-0047711", "INV-2026-004711", "one_edit"),
        ("INV-2026-004171", "INV-2026-004711", "one_edit"),
        ("bill INV-2026-00", "INV-2026-004711", "truncated"),
        ("INV-2026-00 bill", "INV-2026-004711", None),
        ("INV-2026-009999", "INV-2026-004711", None),
        ("000004711420", "4711420", "exact"),
        ("4711420", "0004711420", "exact"),
        ("91814", "1814", None),
        ("18140", "1814", None),
        ("INV-10", "INV-1", None),
        ("invoice of 04.03.2026", "2026", None),
        ("EUR 119,00", "11900", None),
        ("+49 30 4711420", "4711420", None),
        ("DE89 3704 0044 0532 0130 00", "370400", None),
        ("", "INV-1", None),
        (None, "INV-1", None),
        ("\x00\ud800", "INV-1", None),
        ("thanks", "-", None),
    ],
)
def test_a_number_is_found_as_it_may_be_written_and_no_other_way(
    text, number, expected
):
    assert level(text, number) == expected


@pytest.mark.parametrize(
    "field", ["remittance", "creditor_reference", "end_to_end_id", "metadata"]
)
def test_a_number_is_found_in_every_field_and_told_as_it_stands_there(field):
    text = "re inv-2026-4711!"
    said: dict[str, Any] = {
        "remittance": {"text": text},
        "metadata": {"text": None, "metadata": {"order": "x", "note": text}},
    }
    row = found(number="INV-2026-4711", **said.get(field, {"text": None, field: text}))
    assert row is not None
    assert row.transaction_text == "INV-2026-4711"
    assert row.invoice_text == "INV-2026-4711"


@pytest.mark.parametrize("text", [None, "rent of the hall", "order 55512"])
def test_a_payer_s_own_number_says_nothing_of_what_it_does_not_name(text):
    owed = [
        bill("i1", "119.00 EUR", "INV-2026-4711", customer=BERG),
        bill("i2", "120.00 EUR", "INV-2026-4712"),
    ]
    bare = payment("t1", "119.00 EUR", text, iban=BERG.ibans[0])
    numbered = evolve(bare, end_to_end_id="3782156316")
    assert match([numbered], owed)[0].evidence == match([bare], owed)[0].evidence


NUMBERS = st.from_regex(r"[A-Z]{2,3}[0-9]{4,7}", fullmatch=True)
_LOOK = str.maketrans("OQILSBZG", "00115826")


@given(NUMBERS, st.data())
def test_one_edit_is_found_and_two_are_not(number, data):
    """Against the naive check, on edits and on edits of edits."""
    text = number
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        sign = data.draw(st.sampled_from(string.digits))
        text = data.draw(
            st.sampled_from(
                (
                    text[:place] + sign + text[place + 1 :],
                    text[:place] + sign + text[place:],
                    text[:place] + text[place + 1 :],
                    text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
                )
            )
        )
    assume(any(map(str.isdigit, text)) and len(text) >= 5)
    near = within_one_edit(text.translate(_LOOK), number.translate(_LOOK))
    said = level(f"{text} thanks", number)
    if text == number:
        assert said == "exact"
    elif near:
        assert said in LEVELS
    else:
        assert said in (None, "digits", "joined", "exact")
        assert (said is None) == (not _other_spelling(text, number))


def _other_spelling(text: str, number: str) -> bool:
    """Whether the digits alone, but for zeros in front, are the number's."""
    digits = number.lstrip(string.ascii_uppercase).lstrip("0")
    runs = "".join(c if c.isdigit() else " " for c in text).split()
    places = range(len(runs) + 1)
    spans = ("".join(runs[i:j]) for i in places for j in places[i + 1 :])
    return any(span.lstrip("0") == digits for span in spans)


@given(NUMBERS, st.integers(1, 11))
def test_a_number_cut_off_is_found_at_the_end_of_the_text_only(number, kept):
    assume(kept < len(number) - 1)
    text = number[:kept]
    at_the_end = level(f"invoice no {text}", number)
    before_the_end = level(f"{text} thanks", number)
    enough = kept > 4 and any(map(str.isdigit, text))
    assert (at_the_end == "truncated") == enough
    assert before_the_end != "truncated"


@given(NUMBERS, st.text(alphabet="-/. ", min_size=1, max_size=3), st.data())
def test_separators_after_the_letters_never_matter(number, separator, data):
    letters = len(number.rstrip(string.digits))
    place = data.draw(st.integers(letters, len(number) - 1))
    written = number[:place] + separator + number[place:]
    assert level(f"for {written}", number) in ("exact", "joined")


@given(st.integers(1, 99_999), st.integers(0, 9), st.integers(0, 9))
def test_a_number_inside_a_longer_number_is_no_find(number, before, after):
    inside = f"{before or 1}{number:06d}{after}"
    assert level(f"order {inside} of May", str(number)) is None


@given(st.lists(st.sampled_from(("INV", "2026", "0042", "+49", "04.03.2026", "EUR",
                                 "12,50", "DE89370400440532013000", "-", "x")),
                max_size=8), st.sampled_from((" ", "", "/", "-")))  # fmt: skip
def test_any_text_at_all_is_read(parts, separator):
    assert level(separator.join(parts), "INV-2026-0042") in {None, *LEVELS}


NOISE = [
    ("paid on 04.03.2026", ["04", "03", "2026"]),
    ("2026-03-04", ["2026", "03", "04"]),
    ("3/4/26", []),
    ("03/04/26", ["03", "04", "26"]),
    ("45.13.2026", []),
    ("2026-0042-17", []),
    ("EUR 1.234,56 thanks", ["1", "234", "56"]),
    ("12.34", []),
    ("12.34 EUR", ["12", "34"]),
    ("USD 12.34", ["12", "34"]),
    ("+49 30 1234567", ["49", "30", "1234567"]),
    ("++++30", []),
    ("from DE89370400440532013000", ["DE", "89370400440532013000"]),
    ("DE8937040044053201300", []),
    ("INV-2026-0042", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), NOISE, ids=[text for text, _ in NOISE])
def test_dates_amounts_telephones_and_ibans_name_nothing(text, expected):
    seen = scan([text])
    marks = noise(seen)
    held = [
        seen.letters[seen.place[begin] : seen.place[end - 1] + 1].tobytes().decode()
        for begin, end in zip(seen.start, seen.end, strict=True)
    ]
    assert [
        atom for atom, marked in zip(held, marks, strict=True) if marked
    ] == expected


@given(st.lists(st.sampled_from([text for text, _ in NOISE]), max_size=5))
def test_what_is_noise_in_a_text_does_not_depend_on_the_texts_beside_it(texts):
    together = noise(scan(texts)).tolist()
    alone = [mark for text in texts for mark in noise(scan([text])).tolist()]
    assert together == alone


def test_a_text_of_one_letter_is_read():
    assert level("x", "INV-1") is None


def test_what_one_transaction_says_is_not_read_into_the_one_before():
    """12.34 may be a reference; an amount it is only with a currency of its own."""
    invoices = [bill("i1", "119.00 EUR", "1234", customer=BERG)]
    first = payment("t1", "119.00 EUR", "ref 12.34", iban=BERG.ibans[0])
    alone = match([first], invoices)[0]
    beside = match([first, payment("t2", "7.00 EUR", "USD 7")], invoices)[0]
    assert beside == alone


def test_a_reference_that_too_many_invoices_share_names_none_of_them():
    invoices = [bill(f"i{n:02d}", f"{n}.00 EUR", "HOSTING26") for n in range(1, 30)]
    result = match([payment("t1", "500.00 EUR", "HOSTING26")], invoices)
    assert not result[0].allocations
    assert result.capped["reference"] > 0
